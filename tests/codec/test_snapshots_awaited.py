"""What a restored machine awaits: timers after the time that went by, and effects that were lost."""

import pytest
from attrs import evolve, frozen

from machines.connection import CONNECTION, Connect, Disconnect
from machines.link import Closed, GoAway, Hello, Opened, OpenFailed, Permitted, TokenReady
from statekit import Answering, Jitter, Snapshot, Stimulus, Taken, Ticket, after, step
from statekit.codec import Due, Policy
from statekit.testing.walk import Walk
from tests.codec.trip import (
    AWAY,
    HOME,
    LEFT,
    TRIP,
    Ask,
    Go,
    Memory,
    Told,
    Untold,
    gone,
    refused,
    restored,
    rows,
    saved,
    trip,
    untold,
)


@frozen
class Done:
    pass


PAUSE, AGAIN = Ticket(1, "after pause in away", "away"), Ticket(3, "again", "away")


# --------------------------------------------------------------------------------------------------------------- timers
def test_resumed_timers_have_what_they_had_left_less_the_time_that_went_by():
    found = restored(saved(left=LEFT), elapsed_seconds=3.5)
    assert found.timers == (Due(AGAIN, -0.5), Due(PAUSE, 0.5))


def test_restarted_timers_have_the_delay_of_the_restored_context():
    snapshot = evolve(gone(), context=Memory(pause_seconds=7.0))
    found = restored(saved(snapshot=snapshot), elapsed_seconds=100.0, policy=Policy.RESTART)
    assert found.timers == (Due(PAUSE, 7.0), Due(AGAIN, Jitter(7.0, 14.0)))


def test_fired_timers_are_all_due_in_the_order_they_would_have_been():
    assert restored(saved(left=LEFT), policy=Policy.FIRE).timers == (Due(AGAIN, 0.0), Due(PAUSE, 0.0))


def test_without_remaining_seconds_timers_can_be_restarted_or_fired_but_not_resumed():
    found = saved()
    assert len(restored(found, policy=Policy.RESTART).timers) == len(restored(found, policy=Policy.FIRE).timers) == 2
    assert refused(found).path == "$.tickets[0].left_seconds"


def test_a_timer_that_fired_in_a_stay_that_goes_on_need_not_run():
    machine = trip(table=(rows.stay(AWAY, after(600.0)),))
    walk = Walk(machine)
    walk.send(Go())
    assert [due.delay for due in restored(saved(machine, walk.snapshot), machine, policy=Policy.RESTART).timers] == [
        5.0, 600.0, Jitter(5.0, 10.0),
    ]  # fmt: skip
    walk.fire("after 10 min")
    assert len(restored(saved(machine, walk.snapshot), machine, policy=Policy.RESTART).timers) == 2


@pytest.mark.parametrize("elapsed_seconds", [-1.0, float("inf"), float("nan")])
def test_time_that_cannot_have_gone_by_is_the_callers_error(elapsed_seconds):
    with pytest.raises(ValueError, match="elapsed_seconds"):
        restored(saved(), elapsed_seconds=elapsed_seconds, policy=Policy.FIRE)


@pytest.mark.parametrize("pause_seconds", [-1.0, 1e308])
def test_a_context_whose_delay_functions_break_is_refused_when_timers_restart(pause_seconds):
    found = saved()
    found["context"]["pause_seconds"] = pause_seconds
    assert refused(found, policy=Policy.RESTART).path.startswith("$.tickets[")
    assert restored(found, policy=Policy.FIRE).snapshot.context.pause_seconds == pause_seconds


# -------------------------------------------------------------------------------------------------------------- effects
def test_an_effect_that_was_under_way_is_told_as_failed_under_its_ticket():
    found = restored(saved(), policy=Policy.FIRE)
    assert found.lost == (Stimulus(Untold("Ask Restored"), ticket=2),)
    done = step(TRIP, found.snapshot, found.lost[0])
    assert isinstance(done.verdict, Taken)
    assert done.snapshot == Snapshot(HOME, Memory(), issued=3)


def dialled(*, far=0):
    walk = Walk(CONNECTION)
    walk.send(Connect(), TokenReady(1), Permitted(1))
    moves = (
        lambda: walk.answer(Opened()), lambda: walk.send(Hello(1)), lambda: walk.fire("after settle_delay"),
        lambda: walk.send(GoAway()), lambda: walk.send(Disconnect()),
    )  # fmt: skip
    for move in moves[:far]:
        move()
    return walk.snapshot


@pytest.mark.parametrize("far", range(6))
def test_a_stream_is_lost_by_its_loss_event_and_a_dial_without_one_by_its_failure(far):
    snapshot = dialled(far=far)
    found = restored(saved(CONNECTION, snapshot, None), CONNECTION, policy=Policy.FIRE)
    (loss,) = found.lost
    assert loss.event == (Closed(1006, "Restored") if far else OpenFailed("broken"))
    assert isinstance(step(CONNECTION, found.snapshot, loss).verdict, Taken)


@pytest.mark.parametrize("failed", [lambda _: Go(), lambda _: {}[0]])
def test_an_effect_whose_failed_function_gives_no_outcome_cannot_be_restored(failed):
    def broken(failure):
        return failed(failure)

    machine = trip(answering=Answering(Ask, (Told, Untold), AWAY, broken))
    error = refused(saved(machine), machine, policy=Policy.FIRE)
    assert (error.path, "the `failed` function of Ask" in error.problem) == ("$.tickets[1]", True)
    streaming = trip(
        answering=Answering(Ask, (Untold,), AWAY, untold, opens=Told, ends=(Done,), lost=broken),
        table=(rows.row(AWAY, Done, HOME),),
    )
    error = refused(saved(streaming), streaming, policy=Policy.FIRE)
    assert (error.path, "the `lost` function of Ask" in error.problem) == ("$.tickets[1]", True)
