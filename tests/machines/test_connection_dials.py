"""Connection, its dials: what fails before there is a link is tried again, within bounds."""

import pytest

from machines.connection import (
    AUTHORIZING,
    BACKING_OFF,
    CONNECTION,
    DIALING,
    FAILED,
    IDLE,
    SUSPENDED,
    Connect,
    Context,
    Disconnect,
    Options,
    ReconnectNow,
)
from machines.link import (
    Abandon,
    AskToken,
    Close,
    Closed,
    Dial,
    Opened,
    OpenFailed,
    ReportPermit,
)
from machines.policy.retries import RetryOptions
from statekit import Ignored, Jitter, Stale
from statekit.testing.walk import Walk
from tests.machines.roads import (
    BACKOFF_DUE,
    CANCEL,
    DIAL_LIMIT,
    FAIL,
    GIVE_UP,
    HELLO_LIMIT,
    SUSPENDED_DUE,
    dialing,
    handshaking,
    settling,
)


@pytest.fixture
def walk():
    return Walk(CONNECTION)


def test_a_dial_that_fails_backs_off(walk):
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    assert (walk.state, walk.effects) == (BACKING_OFF, (ReportPermit(1, FAIL),))
    assert walk.timers[BACKOFF_DUE] == Jitter(0.1, 1.0)
    walk.fire(BACKOFF_DUE)
    assert (walk.state, walk.effects) == (AUTHORIZING, (AskToken(),))


def test_a_dial_that_never_answers_backs_off_and_its_socket_is_abandoned(walk):
    dialing(walk)
    late = walk.ticket(Dial)
    walk.fire(DIAL_LIMIT)
    assert (walk.state, walk.effects) == (BACKING_OFF, (ReportPermit(1, FAIL),))
    assert (walk.answer(Opened(), ticket=late), walk.effects) == (Stale(late), (Abandon(),))


def test_disconnect_while_dialing_leaves_no_socket_behind(walk):
    """partysocket 1.1.4, sockette #49, wasync #178: two sockets, or one after the close."""
    dialing(walk)
    late = walk.ticket(Dial)
    walk.send(Disconnect())
    assert (walk.state, walk.effects) == (IDLE, (ReportPermit(1, CANCEL),))
    assert (walk.answer(Opened(), ticket=late), walk.effects, walk.state) == (Stale(late), (Abandon(),), IDLE)
    assert walk.answer(OpenFailed("refused"), ticket=late) == Stale(late)


def test_reconnect_now_while_dialing_starts_no_second_dial(walk):
    """rowboat #1049: two live sockets, and every message twice."""
    dialing(walk)
    dial = walk.ticket(Dial)
    assert walk.send(ReconnectNow()) == Ignored("nothing waits, or it was said a moment ago")
    assert walk.send(Connect()) == Ignored("a connection is wanted already")
    assert (walk.state, walk.ticket(Dial)) == (DIALING, dial)


def test_a_server_that_accepts_the_socket_but_not_the_connection_backs_off(walk):
    handshaking(walk)
    walk.fire(HELLO_LIMIT)
    assert (walk.state, walk.effects) == (BACKING_OFF, (ReportPermit(1, FAIL), Close(4000)))


def test_a_close_may_come_before_the_hello(walk):
    handshaking(walk)
    walk.answer(Closed(1006))
    assert (walk.state, walk.effects) == (BACKING_OFF, (ReportPermit(1, FAIL),))


def test_defect_58_ten_attempts_in_the_fast_phase_then_the_slow_one(walk):
    """C4: after the tenth attempt, some three minutes, there was no state at all."""
    walk.send(Connect())
    for _ in range(10):
        dialing(walk)
        walk.answer(OpenFailed("refused"))
        assert walk.state is BACKING_OFF
        walk.fire(BACKOFF_DUE)
    lows = []
    for _ in range(6):
        dialing(walk)
        walk.answer(OpenFailed("refused"))
        assert walk.state is SUSPENDED
        lows.append(walk.timers[SUSPENDED_DUE].low_seconds)
        walk.fire(SUSPENDED_DUE)
    assert lows == [30.0, 60.0, 120.0, 240.0, 300.0, 300.0]


def test_an_application_may_want_no_slow_phase(walk):
    """The seed, literally: after the last attempt nothing more."""
    walk.begin(Context(Options(RetryOptions(attempts_max=1, after_exhaustion="fail"))))
    for answer, state in ((OpenFailed("refused"), BACKING_OFF), (OpenFailed("rejected", 503), FAILED)):
        dialing(walk)
        walk.answer(answer)
        assert (walk.state, walk.effects) == (state, (ReportPermit(1, FAIL),))
        if state is BACKING_OFF:
            walk.fire(BACKOFF_DUE)
    assert (walk.context.reason, walk.timers) == ("exhausted", {})


def test_after_a_day_without_a_stable_link_it_gives_up(walk):
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    walk.fire(GIVE_UP)
    assert (walk.state, walk.context.reason, walk.timers) == (FAILED, "exhausted", {})
    walk.send(Connect())
    assert (walk.state, walk.context.retries.attempts) == (AUTHORIZING, 0)


def test_giving_up_while_a_permit_is_held_reports_it(walk):
    """partysocket 1.1.13: the way out through the retry limit left the lock held."""
    dialing(walk)
    walk.fire(GIVE_UP)
    assert (walk.state, walk.effects) == (FAILED, (ReportPermit(1, CANCEL),))


def test_giving_up_closes_the_socket_that_is_open(walk):
    """Nobody listens to it any more, and a server would keep it."""
    for way in (handshaking, settling):
        walk.begin()
        way(walk)
        walk.fire(GIVE_UP)
        assert (walk.state, Close(1000) in walk.effects, walk.timers) == (FAILED, True, {})
