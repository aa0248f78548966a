"""Systems: their members, facts and instances explored together, and what is remembered of their transactions."""

import pytest

from statekit import System, wire
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.properties import hot, invariant, on_step, sequence, settled, witness
from statekit.check.replay import replayed
from statekit.check.seen import Move
from statekit.errors import MalformedModel
from statekit.verdicts import Broken
from tests.check import jobs, rooms
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
