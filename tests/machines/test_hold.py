"""Hold: every reason holds for as long as it holds, whatever else comes and goes; the state is the gravest of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.hold import (
    CLEAR,
    HIDDEN,
    HOLD,
    LOCKED,
    MAINTENANCE,
    OFFLINE,
    READ_ONLY,
    UNAVAILABLE,
    BackOnline,
    CameOnline,
    Context,
    Hid,
    LetIn,
    LinkShaken,
    LinkSteady,
    LockedOut,
    LockedTooOften,
    Options,
    PermissionsCame,
    Served,
    Shown,
    Told,
    ToldToWait,
    WentOffline,
    holds_link,
    is_locked,
    is_read_only,
)
from machines.policy.error_codes import Wait
from statekit import Ignored, Jitter, Stale
from statekit.testing.walk import Walk

WAITED = "waited"
LOCK, MAINTAINED, BROKEN = (ToldToWait(wait) for wait in (Wait.LOCK, Wait.MAINTENANCE, Wait.UNAVAILABLE))


@pytest.fixture
def walk():
    return Walk(HOLD)


def delay(walk):
    """The delay of the wait that was told of last."""
    return list(walk.timers.values())[-1]


# ---------------------------------------------------------------------------------------------------- what it waits for
def test_a_locked_document_is_waited_for_for_half_a_minute(walk):
    """Seed: 4003, 30 s. Seed defect 50: exactly 30 000 ms for everyone."""
    walk.send(LOCK)
    assert (walk.state, walk.timers) == (LOCKED, {WAITED: Jitter(30.0, 37.5)})
    assert (is_locked(walk.context), holds_link(walk.context)) == (True, False)
    walk.fire(WAITED)
    assert (walk.state, walk.timers, is_locked(walk.context)) == (CLEAR, {}, False)


def test_an_eleventh_lock_in_a_row_is_not_waited_for(walk):
    for _ in range(10):
        walk.send(LOCK)
        assert walk.effects == ()
        assert delay(walk) == Jitter(30.0, 37.5)
        walk.fire(WAITED)
    walk.send(LOCK)
    assert (walk.state, walk.effects, walk.context.lock) == (CLEAR, (LockedTooOften(),), Told())


def test_an_operation_that_is_served_ends_the_count_of_locks_and_a_steady_link_does_not(walk):
    for news, times in ((LinkSteady(), 2), (Served(), 1)):
        walk.begin()
        walk.send(LOCK)
        walk.fire(WAITED)
        walk.send(news, LOCK)
        assert walk.context.lock.times == times


def test_maintenance_is_waited_for_for_ever_longer_up_to_five_minutes(walk):
    """Seed defect 58: three minutes of maintenance killed the client."""
    for first, told, state in ((60.0, MAINTAINED, MAINTENANCE), (30.0, BROKEN, UNAVAILABLE)):
        walk.begin()
        waits = []
        for _ in range(6):
            walk.send(told)
            assert (walk.state, holds_link(walk.context)) == (state, True)
            waits.append(delay(walk).low_seconds)
            walk.fire(WAITED)
        assert waits == [min(first * 2**at, 300.0) for at in range(6)]
        walk.send(LinkSteady(), told)
        assert delay(walk) == Jitter(first, first * 1.25)


def test_a_hint_goes_before_our_own_numbers(walk):
    for wait in Wait:
        walk.begin()
        walk.send(ToldToWait(wait, 7.0))
        assert walk.timers == {WAITED: Jitter(7.0, 8.75)}
        walk.fire(WAITED)
        walk.send(ToldToWait(wait, 0.0))
        assert walk.timers == {WAITED: Jitter(1.0, 1.25)}


def test_a_shorter_hint_never_ends_a_longer_wait_and_is_no_second_try(walk):
    """R2, and G1: one cause is handled once."""
    walk.send(ToldToWait(Wait.LOCK, 50.0))
    first = walk.ticket(WAITED)
    for hint in (5.0, None, 49.0):
        walk.send(ToldToWait(Wait.LOCK, hint))
        assert walk.timers == {WAITED: Jitter(50.0, 62.5)}
    assert walk.fire(WAITED, ticket=first) == Stale(first)
    assert walk.context.lock.times == 1
    walk.send(ToldToWait(Wait.LOCK, 80.0))
    assert walk.timers == {WAITED: Jitter(80.0, 100.0)}


def test_a_locked_document_has_two_entries_and_one_state(walk):
    """Seed defect 53: an error, a close and a button, each with a reaction of its own."""
    walk.send(LockedOut())
    assert (walk.state, walk.timers, is_locked(walk.context)) == (LOCKED, {}, True)
    walk.send(LetIn())
    assert walk.state is CLEAR
    walk.send(LockedOut(), LOCK, LetIn())
    assert walk.state is LOCKED
    walk.fire(WAITED)
    assert walk.state is CLEAR


def test_each_thing_that_is_waited_for_has_a_timer_of_its_own(walk):
    walk.send(LOCK, MAINTAINED, BROKEN)
    assert [ticket.key for ticket in walk.snapshot.tickets] == ["lock", "maintenance", "unavailable"]
    for state in (MAINTENANCE, MAINTENANCE, UNAVAILABLE):
        assert walk.state is state
        walk.fire(WAITED)
    assert (walk.state, walk.timers) == (CLEAR, {})


# ------------------------------------------------------------------------------------------------ platform and rights
def test_no_network_and_no_viewer_concern_the_link_alone(walk):
    for begins, ends, state in ((WentOffline(), CameOnline(), OFFLINE), (Hid(), Shown(), HIDDEN)):
        walk.begin()
        walk.send(begins)
        assert (walk.state, holds_link(walk.context), is_locked(walk.context)) == (state, False, False)
        walk.send(begins)
        assert walk.state is state
        walk.send(ends)
        assert walk.state is CLEAR


def test_a_network_that_is_back_is_told_once(walk):
    assert walk.send(CameOnline()) == Ignored("it was online already")
    walk.send(WentOffline(), CameOnline())
    assert walk.effects == (BackOnline(),)
    walk.send(CameOnline())
    assert walk.effects == ()


def test_who_may_only_read_sends_nothing_until_it_may_write(walk):
    walk.send(PermissionsCame(may_write=False))
    assert (walk.state, is_read_only(walk.context), holds_link(walk.context)) == (READ_ONLY, True, False)
    walk.send(PermissionsCame(may_write=True))
    assert walk.state is CLEAR


def test_the_state_is_the_gravest_reason_and_no_reason_is_lost(walk):
    """By precedence; the way back is the way there."""
    steps = (
        (PermissionsCame(may_write=False), READ_ONLY),
        (LOCK, LOCKED),
        (BROKEN, UNAVAILABLE),
        (MAINTAINED, MAINTENANCE),
        (Hid(), HIDDEN),
        (WentOffline(), OFFLINE),
    )
    for event, state in steps:
        walk.send(event)
        assert walk.state is state
    walk.send(CameOnline())
    assert walk.state is HIDDEN
    walk.send(Shown())
    assert walk.state is MAINTENANCE
    tickets = {ticket.key: ticket.number for ticket in walk.snapshot.tickets}
    for key, state in (("maintenance", UNAVAILABLE), ("unavailable", LOCKED), ("lock", READ_ONLY)):
        walk.fire(WAITED, ticket=tickets[key])
        assert walk.state is state
    walk.send(PermissionsCame(may_write=True))
    assert walk.state is CLEAR


def test_a_link_that_is_lost_says_nothing_of_the_service(walk):
    walk.send(MAINTAINED)
    assert walk.send(LinkShaken()) == Ignored("the loss of a link says nothing of the service")
    walk.send(LinkSteady(), Served())
    assert walk.context.maintenance == Told(1, 60.0, running=True)


def test_every_row_is_taken(left_untaken):
    assert left_untaken(HOLD) == ()


# ------------------------------------------------------------------------------------------------------------ options
def test_no_lock_at_all_may_be_waited_for():
    """A zero that makes sense is honoured."""
    walk = Walk(HOLD, Context(Options(locks_max=0)))
    walk.send(LOCK)
    assert (walk.state, walk.effects) == (CLEAR, (LockedTooOften(),))


# ---------------------------------------------------------------------------------------------------------- invariants
EVENTS = (
    *(WentOffline(), CameOnline(), Hid(), Shown(), LockedOut(), LetIn(), Served(), LinkSteady(), LinkShaken()),
    *(PermissionsCame(may) for may in (True, False)),
    *(ToldToWait(wait, hint) for wait in Wait for hint in (None, 0.0, 90.0)),
    *["time"] * 6,
)


@given(st.lists(st.sampled_from(EVENTS), max_size=60))
def test_whatever_happens_the_state_is_the_gravest_reason_and_every_wait_that_runs_has_its_timer(events):
    """Law 8: what is waited for has a deadline or is somebody else's to end."""
    walk = Walk(HOLD)
    for event in events:
        if event != "time":
            walk.send(event)
        elif walk.timers:
            walk.fire(WAITED)
        context = walk.context
        running = [wait.value for wait in Wait if context.told(wait).running]
        assert sorted(str(ticket.key) for ticket in walk.snapshot.tickets) == sorted(running)
        holds = {
            OFFLINE: context.offline,
            HIDDEN: context.hidden,
            MAINTENANCE: "maintenance" in running,
            UNAVAILABLE: "unavailable" in running,
            LOCKED: "lock" in running or context.locked_out,
            READ_ONLY: context.read_only,
            CLEAR: True,
        }
        assert walk.state is next(state for state, does in holds.items() if does)
        assert context.lock.times <= 10
