"""What an exploration counts, where it ends, and what it says of a lifecycle that does what none may."""

import importlib.util
import sys
from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import EVERY, Broken, Kind, Machine, Rows, Stale, after
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, on_step, sequence, witness
from statekit.check.replay import replayed
from statekit.check.search import space_of
from statekit.check.seen import Move
from statekit.errors import MalformedModel
from statekit.quantities import Ordinal
from statekit.timers import Fired
from tests.check import jobs, rfcs, rooms, small
from tests.check.small import DIALER, DIALING, DOOR, IDLE, LEASES, TALKING, TURNSTILE, WAITING, Nothing, states_of


class Two(StrEnum):
    HERE = auto()
    THERE = auto()


HERE, THERE = Two


@frozen
class Go:
    pass


@frozen
class Back:
    pass


rows = Rows[Two, Nothing, object]()
GO = rows.row(HERE, Go, THERE)
BACK = rows.row(THERE, Back, HERE)


def machine(*table, context=None, states=None):
    """Make a machine of two states."""
    states = states_of(rows, Two) if states is None else states
    return Machine("two", initial=HERE, context=context or Nothing(), states=states, table=table)


def named(model):
    return model.name


def result(explored, code):
    return next(each for each in explored.results if each.property.code == code)


# -------------------------------------------------------------------------------------------------------------- counts
COUNTS = [
    # model                                                    states edges depth
    (Model(TURNSTILE), 2, 4, 1),
    (Model(DIALER), 5, 49, 3),
    (Model(LEASES), 3, 10, 2),
    (Model(DOOR, thresholds={"default": Thresholds(ages_seconds=(5.0, 10.0))}), 5, 15, 3),
    (Model(rooms.ROOM), 8, 24, 3),
]


@pytest.mark.parametrize(("model", "states", "edges", "depth"), COUNTS, ids=lambda each: getattr(each, "name", ""))
def test_the_counts_are_those_made_by_hand(model, states, edges, depth):
    explored = explore(model)
    assert (explored.states, explored.edges, explored.depth) == (states, edges, depth)
    assert (explored.exhausted, explored.bound, explored.gaps, explored.faults) == (True, "", (), ())
    assert explored.holds


def test_two_explorations_come_to_the_same():
    assert explore(rfcs.PPP) == explore(rfcs.PPP)


@pytest.mark.parametrize("model", [rfcs.PPP, rfcs.DIAMETER, rfcs.TCP], ids=lambda model: model.name)
def test_the_machines_of_the_rfcs_are_worked_off_and_met_by_nothing_but_what_their_rfc_calls_an_error(model):
    explored = explore(model)
    assert explored.bound == ("" if model is rfcs.PPP else "more than 2 postponed events were not explored")
    assert all("though it is forbidden" in sentence for sentence, _ in explored.faults)
    assert all(each.holds for each in explored.results)


def test_a_late_answer_is_seen_once_in_every_place_and_changes_nothing():
    stale = []

    def note(seen):
        """Whatever is late is stale, and leaves everything as it is."""
        if seen.move.stale:
            stale.append((seen.before, type(seen.move.event), seen.effects))
            return isinstance(seen.verdict, Stale) and seen.after == seen.before
        return not isinstance(seen.verdict, Stale)

    explored = explore(Model(DIALER, (on_step("late", note),)))
    assert explored.holds
    assert len(stale) == explored.states * 6  # two timers, four answers
    assert [each for each in stale if each[1] is small.Answered and each[2] != (small.Drop(),)] == []


def test_an_event_of_a_stream_comes_only_once_it_has_opened():
    def in_its_time(seen):
        """Words come while there is a stream."""
        return seen.move.stale or not isinstance(seen.move.event, small.Word) or seen.before.state is TALKING

    assert explore(Model(DIALER, (on_step("stream", in_its_time),))).holds


def test_events_named_internal_do_not_come():
    assert explore(Model(TURNSTILE, internal=(small.Coin,))).states == 1


def test_two_starts_that_are_one_are_explored_once():
    once = {"dialer": small.Tries(most=1)}
    alone = explore(Model(DIALER, thresholds={"default": Thresholds(once)}))
    assert explore(Model(DIALER, thresholds={"default": Thresholds(once, also=(once,))})) == alone


def test_where_the_system_does_not_say_how_much_memory_was_held_the_peak_is_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    spec = importlib.util.find_spec("statekit.check.explore")
    elsewhere = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(elsewhere)
    assert elsewhere.explore(Model(TURNSTILE)).peak_bytes == 0
    assert explore(Model(TURNSTILE)).peak_bytes > 0


@pytest.mark.parametrize("model", [Model(DIALER), Model(LEASES), Model(rooms.ROOM), Model(jobs.OFFICE)], ids=named)
def test_the_moves_that_are_shown_are_those_that_were_explored(model):
    space = space_of(model, model.thresholds["default"], labelled=True)
    places = [space.start({})]
    known = dict.fromkeys(places)
    for place in places:
        targets, labels = space.edges(place)
        places += [each for each in dict.fromkeys(targets) if each not in known]
        known.update(dict.fromkeys(targets))
        made = {(to, label) for _, to, label in space.moves(place)}
        assert made - {(place, 0)} == set(zip(targets, labels, strict=True)) - {(place, 0)}
    assert len(places) == explore(model).states


def test_progress_is_told_with_places_found_and_worked_off(monkeypatch):
    monkeypatch.setattr("statekit.check.search.PROGRESS_SECONDS", -1.0)
    told = []
    explore(rfcs.TCP, progress=lambda found, done: told.append((found, done)))
    assert told
    assert told == sorted(told)
    assert all(done <= found for found, done in told)


# -------------------------------------------------------------------------------------------------------------- bounds
@frozen
class Tally:
    """Counts for ever."""

    count: int = 0


def more(tally: Tally) -> Tally:
    return evolve(tally, count=tally.count + 1)


tally = Rows[Two, Tally, object]()
COUNTER = machine(
    tally.stay(HERE, Go, update=more), tally.row(HERE, Back, THERE), rows.ignore(THERE, Go, because="enough"),
    rows.ignore(THERE, Back, because="enough"), context=Tally(),
)  # fmt: skip


def test_a_field_that_grows_without_bound_is_named():
    explored = explore(Model(COUNTER, thresholds={"default": Thresholds(values_max=20)}))
    assert not explored.exhausted
    assert "Tally.count took 21 values and grows on" in explored.bound


def test_a_bound_of_states_that_is_hit_is_said():
    explored = explore(Model(COUNTER, thresholds={"default": Thresholds(states_max=50)}))
    assert not explored.exhausted
    assert explored.bound == "50 states were found, and there are more"


def test_every_bound_that_was_hit_is_said():
    explored = explore(evolve(rfcs.DIAMETER, thresholds={"default": Thresholds(states_max=20, postponed_max=1)}))
    states, postponed = explored.bound.split("; ")
    assert states == "20 states were found, and there are more"
    assert postponed == "more than 1 postponed events were not explored"


def test_what_is_said_at_a_bound_holds_of_what_was_explored():
    def small_enough(snapshot):
        """It counts to less than ten."""
        return snapshot.context.count < 10

    explored = explore(Model(COUNTER, (invariant("ten", small_enough),), {"default": Thresholds(values_max=20)}))
    assert len(result(explored, "ten").trace.moves) == 10


def test_several_starts_are_explored_side_by_side():
    def reached(snapshot):
        """Three tries are made."""
        return snapshot.context.made == 2 and snapshot.state is WAITING

    once = {"dialer": small.Tries(most=1)}
    starts = {"default": Thresholds(once, also=({"dialer": small.Tries(most=3)},))}
    explored = explore(Model(DIALER, (witness("three", reached),), starts))
    trace = result(explored, "three").trace
    assert trace.start == 1
    assert [seen.after.context.most for seen in replayed(Model(DIALER, thresholds=starts), trace)] == [3] * 4


# ---------------------------------------------------------------------------------------------------------- quantities
def test_a_trace_has_the_ordinals_of_a_real_run():
    def never_freed(seen):
        """A lease that was renewed is never given back."""
        return not (isinstance(seen.move.event, small.Release) and seen.after != seen.before)

    def renewed(count, seen):
        return min(count + isinstance(seen.move.event, small.Grant), 3)

    def not_thrice(count):
        """Fewer than three leases are granted."""
        return count < 3

    model = Model(LEASES, (on_step("freed", never_freed), sequence("thrice", 0, renewed, not_thrice)))
    explored = explore(model)
    freed, thrice = (result(explored, code).trace for code in ("freed", "thrice"))
    assert freed.moves == (Move("leases", small.Grant()), Move("leases", small.Release(1)))
    assert [seen.after.context.newest for seen in replayed(model, thrice)] == [1, 2, 3]


def test_time_passes_before_an_event_that_carries_an_instant():
    def in_time(seen):
        """Who knocks twice in time is let in."""
        return seen.after.state is small.Door.SHUT or seen.before.state is small.Door.OPEN

    model = Model(DOOR, (on_step("in", in_time),), {"default": Thresholds(ages_seconds=(5.0, 10.0))})
    trace = result(explore(model), "in").trace
    assert [move.after_seconds for move in trace.moves] == [0.0, 0.0]
    explored = explore(evolve(model, thresholds={"default": Thresholds(ages_seconds=(20.0,))}))
    assert explored.states == 4  # shut afresh, shut, open, open for long


# -------------------------------------------------------------------------------------------------------------- faults
def fails(_: Nothing) -> Nothing:
    raise ZeroDivisionError("oops")


def never(_: Nothing) -> bool:
    return False


FAULTS = [
    # the table's rows, what is said of it, after how many moves
    ((GO, BACK, rows.ignore(THERE, Go, because="x")), "two: Back in HERE has no row: add row(HERE, Back, ...)", 1),
    (
        (GO, BACK, rows.ignore(EVERY, Go, because="x"), rows.forbid(HERE, Back, because="no")),
        "though it is forbidden",
        1,
    ),
    ((GO, rows.row(THERE, Back, HERE, update=fails), rows.ignore(THERE, Go, because="x")), "mend fails", 2),
    (
        (GO, rows.row(THERE, Back, HERE, guard=never), rows.ignore(THERE, Go, because="x")),
        "refused by all its guards",
        2,
    ),
    (
        (GO, BACK, rows.row(HERE, after(1.0), THERE, guard=never), rows.ignore(THERE, Go, because="x")),
        "after 1 s in HERE is refused by all its guards",
        1,
    ),
]


@pytest.mark.parametrize(("table", "sentence", "length"), FAULTS)
def test_a_verdict_that_none_may_come_to_is_a_fault_with_the_shortest_way_to_it(table, sentence, length):
    explored = explore(Model(machine(*table)))
    said = {each: trace for each, trace in explored.faults if sentence in each}
    assert len(said) == 1
    [trace] = said.values()
    assert len(trace.moves) == length
    assert not explored.holds


def test_a_missing_row_is_told_with_state_event_file_and_what_to_add():
    explored = explore(Model(machine(GO, BACK, rows.ignore(THERE, Go, because="x"))))
    [(sentence, trace)] = explored.faults
    assert "Back in HERE has no row" in sentence
    assert "ignore(HERE, Back, because=...)" in sentence
    assert "HERE is declared at check/small.py:" in sentence
    assert trace.moves == (Move("two", Back()),)


def test_what_raises_is_told_once_however_often_it_does():
    explored = explore(Model(machine(rows.row(HERE, Go, THERE, update=fails), rows.ignore(EVERY, Back, because="x"))))
    assert len(explored.faults) == 1
    model = Model(machine(rows.row(HERE, Go, THERE, update=fails), rows.ignore(EVERY, Back, because="x")))
    [seen] = replayed(model, explore(model).faults[0][1])
    assert isinstance(seen.verdict, Broken)


def test_an_ended_machine_may_leave_events_unhandled():
    states = (rows.state(HERE, Kind.STEADY, "here"), rows.state(THERE, Kind.ENDED, "gone"))
    explored = explore(Model(machine(GO, rows.ignore(HERE, Back, because="x"), states=states)))
    assert (explored.states, explored.faults) == (2, ())


# --------------------------------------------------------------------------------------------- what cannot be explored
@frozen
class Demanding:
    what: str


@frozen
class Wrong:
    @classmethod
    def samples(cls):
        return (Go(),)


@frozen
class Listed:
    names: object = ()


def listed(_: Listed) -> Listed:
    return Listed(["a"])


listing = Rows[Two, Listed, object]()


def raises(_):
    """Never asked in earnest."""
    raise LookupError("nothing here")


@frozen
class Marked:
    version: Ordinal = 0
    names: object = ()


def marked(_: Marked) -> Marked:
    return Marked(1, ["a"])


@frozen
class Piled:
    names: object

    @classmethod
    def samples(cls):
        return (cls(["a"]),)


marking = Rows[Two, Marked, object]()
MALFORMED = [
    (Model(machine(rows.row(HERE, Demanding, THERE))), "two answers Demanding, which has no samples"),
    (Model(machine(rows.row(HERE, Wrong, THERE))), "it must give instances of Wrong"),
    (Model(machine(listing.row(HERE, Go, THERE, update=listed), context=Listed())), "Listed.names cannot be hashed"),
    (Model(machine(marking.row(HERE, Go, THERE, update=marked), context=Marked())), "Marked.names cannot be hashed"),
    (Model(machine(GO, rows.postpone(HERE, Piled, because="x"))), "Piled.names cannot be hashed"),
    (Model(machine(GO, context=["a"])), "a context or a postponed event of two cannot be hashed"),
    (Model(TURNSTILE, (invariant("odd", raises),)), "a function of odd raised LookupError"),
    (Model(TURNSTILE, (on_step("odd", raises),)), "a function of odd raised LookupError"),
]


@pytest.mark.parametrize(("model", "sentence"), MALFORMED)
def test_what_cannot_be_explored_is_said(model, sentence):
    with pytest.raises(MalformedModel, match="cannot be explored") as raised:
        explore(model)
    assert sentence in str(raised.value)


def test_thresholds_that_are_not_there_are_said():
    with pytest.raises(MalformedModel, match="no thresholds 'deep'; it has default"):
        explore(Model(TURNSTILE), "deep")


# -------------------------------------------------------------------------------------------------------------- replay
def test_a_trace_can_be_made_again():
    def is_talking(snapshot):
        """Somebody answers."""
        return snapshot.state is TALKING

    model = Model(DIALER, (witness("talks", is_talking),))
    trace = result(explore(model), "talks").trace
    steps = list(replayed(model, trace))
    assert [seen.after.state for seen in steps] == [DIALING, TALKING]
    assert is_talking(steps[-1].after)


def test_an_answer_that_is_not_awaited_is_stale_when_it_is_made_again():
    model = Model(DIALER)
    trace = evolve(
        result(explore(Model(DIALER, (witness("any", anything),))), "any").trace,
        moves=(Move("dialer", small.Answered(), "Dial"), Move("dialer", Fired("after 20 s in dialing"), "after 20 s")),
    )
    assert [type(seen.verdict) for seen in replayed(model, trace)] == [Stale, Stale]
    assert all(seen.after.state is IDLE for seen in replayed(model, trace))


def anything(_):
    """Anything at all is reached."""
    return True
