"""Systems: their members and facts explored together, and what is remembered of their transactions."""

import pytest
from attrs import evolve, frozen

from statekit import Machine, Rows, System, wire
from statekit.check.explore import explore
from statekit.check.hindsight import alone
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, on_step, witness
from statekit.effects import Failure
from statekit.verdicts import Stale
from tests.check import breakers, rfcs, rooms, small
from tests.check.results import result
from tests.check.rooms import LAMPS, METER, ROOM, Lamp, Porter, all_are_lit, lit


@pytest.fixture
def doubting(monkeypatch):
    """Let every move be made for real as often as it is made."""
    monkeypatch.setattr("statekit.check.product.SAMPLED", 1)


def meter_counts(room):
    """The meter counts the lamps that are lit, and knows whether it is bright."""
    context = room.of(METER).context
    return (context.lamps, context.bright) == (lit(room), lit(room) > 1)


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
