"""Systems: their members, facts and instances explored together, and what is remembered of their transactions."""

import pytest
from attrs import evolve, frozen

from statekit import Livelock, Machine, Rows, System, wire
from statekit.check.explore import explore
from statekit.check.hindsight import alone
from statekit.check.model import Model, Thresholds
from statekit.check.properties import hot, invariant, on_step, sequence, settled, witness
from statekit.check.replay import replayed
from statekit.check.seen import Move
from statekit.check.story import story, way_of
from statekit.effects import Failure
from statekit.errors import MalformedModel
from statekit.verdicts import Broken, Stale
from tests.check import breakers, jobs, rfcs, rooms, small
from tests.check.brute import brute, counted
from tests.check.jobs import DESK, JOB, OFFICE, Job
from tests.check.rooms import LAMPS, METER, ROOM, Lamp


def result(explored, code):
    return next(each for each in explored.results if each.property.code == code)


def lit(room):
    return sum(room.of(each).state is Lamp.ON for each in LAMPS)


def meter_counts(room):
    """The meter counts the lamps that are lit, and knows whether it is bright."""
    context = room.of(METER).context
    return (context.lamps, context.bright) == (lit(room), lit(room) > 1)


def all_are_lit(room):
    """Every lamp is lit."""
    return lit(room) == len(LAMPS)


def one_at_a_time(seen):
    """A press lights one lamp or puts one out."""
    return abs(lit(seen.after) - lit(seen.before)) == 1


def hears_facts(seen):
    """The meter is told when it becomes bright, and only then."""
    told = any(isinstance(hop.event, rooms.Bright) for hop in seen.path)
    return told == (rooms.is_bright(seen.after) != rooms.is_bright(seen.before))


def sends(seen):
    """One signal is sent for each press."""
    return len(seen.signals) == 1


CLAIMS = (
    invariant("counts", meter_counts),
    witness("all", all_are_lit),
    on_step("one", one_at_a_time),
    on_step("told", hears_facts),
    on_step("signals", sends),
)


@pytest.fixture
def doubting(monkeypatch):
    """Let every move be made for real as often as it is made."""
    monkeypatch.setattr("statekit.check.product.SAMPLED", 1)


def test_claims_of_a_system_are_shown_and_transactions_are_made_once():
    explored = explore(Model(ROOM, CLAIMS))
    assert explored.holds
    assert result(explored, "all").figure == 1
    assert (explored.states, explored.edges) == (8, 24)


def test_what_is_remembered_is_what_the_real_step_does(doubting):
    explored = explore(Model(ROOM, CLAIMS))
    assert explored.holds
    assert explored.verified == explored.edges


def test_less_is_made_than_is_walked():
    lamps = tuple(rooms.lamp(f"lamp_{each}") for each in range(10))
    wired = tuple(line for each in lamps for line in (wire_up(each)))
    explored = explore(Model(System("hall", members=(METER, *lamps), wiring=wired), internal=(rooms.Bright,)))
    assert (explored.states, explored.edges) == (2**10, 10 * 2**10)
    assert explored.steps < explored.edges / 4


def wire_up(lamp):
    """Wire one lamp to the meter."""
    return wire(lamp, rooms.Lit, METER, rooms.counted), wire(lamp, rooms.Unlit, METER, rooms.uncounted)


INTERNAL = (rooms.Bright, rooms.Uncount)
CAUTIOUS = Thresholds(postponed_max=1)
AGES = Thresholds(ages_seconds=(5.0, 10.0))
ALONE = [
    Model(small.DIALER),
    Model(small.LEASES),
    Model(small.DOOR, thresholds={"default": AGES}),
    Model(breakers.MENDED.subject, thresholds=breakers.MENDED.thresholds),
    evolve(rfcs.DIAMETER, thresholds={"default": CAUTIOUS}, properties=()),
]


@pytest.mark.parametrize("model", ALONE, ids=lambda model: model.name)
def test_a_system_of_one_machine_is_explored_as_the_machine_is(model):
    single, system = explore(model), explore(evolve(model, subject=alone(model.subject)))
    assert (system.states, system.edges, system.depth) == (single.states, single.edges, single.depth)
    assert (system.exhausted, system.bound) == (single.exhausted, single.bound)


def late(seen):
    """Something came too late."""
    return isinstance(seen.verdict, Stale)


@pytest.mark.parametrize("state", small.Line)
def test_what_comes_too_late_is_made_once_where_nobody_looks_and_wherever_somebody_does(state):
    def unseen(seen):
        """Nothing comes too late."""
        return not late(seen)

    def not_there(seen):
        """Nothing comes too late in this state."""
        return not late(seen) or seen.before.of(small.DIALER).state is not state

    made = {}
    for claim in (unseen, not_there):
        found = explore(Model(alone(small.DIALER), (on_step("late", claim),)))
        assert not found.holds
        made[claim] = found.steps
    assert made[unseen] < made[not_there]


@frozen
class Words:
    """An answer that holds a list, and so cannot be hashed."""

    heard: list[str]

    @classmethod
    def samples(cls):
        return (cls(["hello"]),)


def silence(_: Failure) -> Words:
    return Words([])


def test_what_comes_too_late_need_not_be_hashed():
    line = Rows[Lamp, small.Nothing, object]()
    caller = Machine(
        "caller", initial=Lamp.OFF, context=small.Nothing(), states=small.states_of(line, Lamp),
        table=(
            line.row(Lamp.OFF, small.Call, Lamp.ON, small.Dial()),
            line.ignore(Lamp.ON, small.Call, because="a call is wanted already"),
            line.row(Lamp.ON, Words, Lamp.OFF),
        ),
        answering=(line.answering(small.Dial, Words, scope=Lamp.ON, failed=silence),),
    )  # fmt: skip
    explored = explore(Model(alone(caller)))
    assert explored.faults == ()
    assert (explored.states, explored.edges) == (2, 5)  # a call and what is too late in each, and once an answer


def test_samples_that_look_at_other_members_are_made_anew_wherever_those_differ():
    def while_it_is_dim(room):
        return (rooms.Press(),) if room.of(METER).context.lamps < 2 else ()

    explored = explore(Model(ROOM, (witness("all", all_are_lit),), samples={rooms.Press: while_it_is_dim}))
    assert explored.states == 1 + 3 + 3  # with no lamp lit, with one, with two
    assert not result(explored, "all").holds


@frozen
class Porter:
    """Somebody who lights the first two lamps, one after the other, and goes."""

    left: tuple[str, ...] = ("lamp_a", "lamp_b")

    @property
    def owns(self):
        return frozenset({rooms.Press})

    def offers(self, room):
        yield from (Move(name, rooms.Press()) for name in self.left[:1])

    def noticed(self, seen):
        return Porter(self.left[1:]) if isinstance(seen.move.event, rooms.Press) else self


def test_what_an_environment_owns_comes_to_a_member_from_it_alone():
    def both(room):
        """The first two lamps are lit, and somebody has counted them."""
        return room.of(METER).context.lamps == 2

    explored = explore(Model(ROOM, (witness("both", both), witness("all", all_are_lit)), environment=Porter()))
    assert (explored.states, explored.edges) == (3, 2)
    assert [move.member for move in result(explored, "both").trace.moves] == ["lamp_a", "lamp_b"]
    assert not result(explored, "all").holds


def test_a_signal_that_goes_two_ways_is_sent_once():
    clerk = Machine("clerk", initial=METER.initial, context=METER.context, states=METER.states, table=METER.table)
    wired = (*wire_up(LAMPS[0]), wire(LAMPS[0], rooms.Lit, clerk, rooms.counted))
    model = Model(System("hall", (METER, clerk, LAMPS[0]), wired), (on_step("signals", sends),), internal=INTERNAL)
    explored = explore(evolve(model, thresholds={"default": Thresholds(values_max=3)}))
    assert "clerk: Meter.lamps took 4 values" in explored.bound  # it hears of every lamp that is lit, of none put out
    assert result(explored, "signals").holds


def test_a_counterexample_of_a_system_is_made_again():
    def dark(room):
        """Not every lamp is lit."""
        return not all_are_lit(room)

    model = Model(ROOM, (invariant("dark", dark),))
    trace = result(explore(model), "dark").trace
    assert [move.member for move in trace.moves] == ["lamp_a", "lamp_b", "lamp_c"]
    *_, last = replayed(model, trace)
    assert all_are_lit(last.after)
    assert [hop.member for hop in last.path] == ["lamp_c", "meter"]


def test_monitors_and_lassos_of_a_system():
    def presses(count, seen):
        return min(count + 1, 4) if seen.move.member == "lamp_a" else count

    def twice(count):
        """The first lamp is pressed at most twice."""
        return count < 3

    def is_lit(room):
        """The first lamp is lit."""
        return room.of(LAMPS[0]).state is Lamp.ON

    explored = explore(Model(ROOM, (sequence("twice", 0, presses, twice), hot("lit", is_lit))))
    assert result(explored, "twice").trace.moves == (Move("lamp_a", rooms.Press()),) * 3
    assert result(explored, "lit").trace.moves == (Move("lamp_a", rooms.Press()),)
    assert result(explored, "lit").trace.loop_from == 1


# ------------------------------------------------------------------------------------------------------ keyed members
def finished_jobs_are_counted(seen):
    """Whatever ends by itself is counted, up to two."""
    ended = any(isinstance(hop.event, jobs.Finished) for hop in seen.path)
    before, after = (each.of(DESK).context.finished for each in (seen.before, seen.after))
    return after == min(before + ended, jobs.MOST)


def both_run(office):
    """Both jobs run."""
    return jobs.all_busy(office)


def nothing_is_left(office):
    """There is no job."""
    return not office.keys(JOB)


def test_instances_come_and_go():
    claims = (
        on_step("counted", finished_jobs_are_counted),
        witness("both", both_run),
        settled("empty", nothing_is_left),
    )
    explored = explore(Model(OFFICE, claims))
    assert explored.holds
    assert (explored.exhausted, explored.gaps) == (True, ())
    assert result(explored, "empty").figure == 4  # two jobs, each with two timers


def test_instances_are_explored_as_by_brute_force(doubting):
    model = Model(OFFICE)
    explored = explore(model)
    assert (explored.states, explored.edges) == counted(brute(model))
    assert explored.verified > 0


def test_a_way_with_instances_is_made_again():
    model = Model(OFFICE, (witness("both", both_run),))
    trace = result(explore(model), "both").trace
    assert [move.member for move in trace.moves] == ["desk", "desk", "job[a]", "job[b]"]
    *_, last = replayed(model, trace)
    assert [last.after.of(JOB, key).state for key in last.after.keys(JOB)] == [Job.RUNNING] * 2


def finished_by(_: jobs.Ended, job: str) -> jobs.Finished:
    return jobs.Finished()


def hurry_on(_: jobs.Ended) -> jobs.Hurry:
    return jobs.Hurry()


def the_other(_: jobs.Ended, job: str) -> str:
    return "b" if job == "a" else "a"


def test_a_maker_that_takes_the_senders_key_is_handed_it():
    office = evolve(OFFICE, wiring=(*OFFICE.wiring[:2], wire(JOB, jobs.Ended, DESK, finished_by)))
    explored, as_before = explore(Model(office)), explore(Model(OFFICE))
    assert (explored.states, explored.edges, explored.gaps) == (as_before.states, as_before.edges, ())


def test_whom_an_instance_tells_may_depend_on_its_own_key():
    def is_hurried(office):
        """The second job is hurried, as the first is done."""
        return office.keys(JOB) == ("b",) and office.of(JOB, "b").context.hurried

    both = (*OFFICE.wiring, wire(JOB, jobs.Ended, JOB, hurry_on, key=the_other))
    office = evolve(OFFICE, wiring=both)
    explored = explore(Model(office, (witness("hurried", is_hurried),), internal=(jobs.Hurry,)))
    assert [gap.function for gap in explored.gaps] == []
    moves = result(explored, "hurried").trace.moves
    assert [move.member for move in moves] == ["desk", "desk", "job[a]", "job[a]"]


# ---------------------------------------------------------------------------------------------------- what goes wrong
def test_what_is_not_pure_is_found_out(doubting):
    calls = []

    def fickle(_: rooms.Lit) -> rooms.Count | rooms.Uncount:
        calls.append(None)
        return rooms.Count() if len(calls) % 2 else rooms.Uncount()

    wired = (wire(LAMPS[0], rooms.Lit, METER, fickle), wire(LAMPS[0], rooms.Unlit, METER, rooms.uncounted))
    with pytest.raises(MalformedModel, match="is not pure"):
        explore(Model(System("hall", members=(METER, LAMPS[0]), wiring=wired), internal=(rooms.Bright,)))


def broken(_: rooms.Lit) -> rooms.Count:
    raise ZeroDivisionError("oops")


def test_wiring_that_raises_is_a_fault():
    wired = (wire(LAMPS[0], rooms.Lit, METER, broken), wire(LAMPS[0], rooms.Unlit, METER, rooms.uncounted))
    model = Model(System("hall", members=(METER, LAMPS[0]), wiring=wired), internal=(rooms.Bright,))
    [(sentence, trace)] = explore(model).faults
    assert "the wiring is broken: broken raised ZeroDivisionError('oops')" in sentence
    assert isinstance(next(iter(replayed(model, trace))).verdict, Broken)


def test_a_member_that_raises_is_a_fault_of_its_own_and_none_of_the_wiring():
    def jammed(_: small.Nothing) -> small.Nothing:
        raise ZeroDivisionError("oops")

    rows = Rows[Lamp, small.Nothing, object]()
    stuck = Machine(
        "stuck", initial=Lamp.OFF, context=small.Nothing(), states=small.states_of(rows, Lamp),
        table=(rows.row(Lamp.OFF, rooms.Press, Lamp.ON, update=jammed), rows.row(Lamp.ON, rooms.Press, Lamp.OFF)),
    )  # fmt: skip
    [(sentence, trace)] = explore(Model(System("hall", members=(METER, stuck)), internal=(rooms.Bright,))).faults
    assert sentence.startswith("stuck: Press in OFF is broken: jammed raised ZeroDivisionError('oops')")
    assert trace.moves == (Move("stuck", rooms.Press()),)


def again(_: rooms.Lit) -> rooms.Press:
    return rooms.Press()


def off_again(_: rooms.Unlit) -> rooms.Press:
    return rooms.Press()


def test_a_stimulus_that_leads_to_hops_without_end_is_a_fault():
    lamp = LAMPS[0]
    wired = (wire(lamp, rooms.Lit, lamp, again), wire(lamp, rooms.Unlit, lamp, off_again))
    model = Model(System("flicker", members=(lamp,), wiring=wired))
    assert explore(model).faults == ()  # what the wiring makes is internal
    [(sentence, trace)] = explore(evolve(model, environment=Porter(("lamp_a",)))).faults
    assert sentence.startswith("flicker: one stimulus led to more than 1000 hops")
    assert sentence.endswith(": break the circle")
    assert trace.moves == (Move("lamp_a", rooms.Press()),)
    [seen] = replayed(model, trace)
    assert isinstance(seen.verdict.exception, Livelock)
    assert seen.after is seen.before
    assert "lamp_a is told Press()\n     lamp_a: Press: broken: flicker raised Livelock(" in story(
        way_of(model, trace), sentence
    )
