"""What an exploration counts, what comes in it and what does not, and that its traces can be made again."""

import importlib.util
import sys

import pytest
from attrs import evolve

from statekit import Stale
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from statekit.check.properties import on_step, sequence, witness
from statekit.check.replay import replayed
from statekit.check.search import space_of
from statekit.check.seen import Move
from statekit.timers import Fired
from tests.check import jobs, rfcs, rooms, small
from tests.check.results import result
from tests.check.small import DIALER, DIALING, DOOR, IDLE, LEASES, TALKING, TURNSTILE, WAITING


def named(model):
    return model.name


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
