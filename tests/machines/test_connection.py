"""Connection: one socket, one permit, and success only once a link has lasted."""

import pytest

from machines.connection import (
    ACQUIRING,
    AUTHORIZING,
    BACKING_OFF,
    CLOSING,
    CONNECTION,
    DIALING,
    HANDSHAKING,
    IDLE,
    SETTLING,
    STABLE,
    SUSPENDED,
    Connect,
    Context,
    Disconnect,
    Options,
)
from machines.link import (
    AcceptToken,
    AskPermit,
    AskToken,
    Close,
    Closed,
    Dial,
    FrameArrived,
    FrameInvalid,
    FramePassed,
    GoAway,
    Hello,
    LinkDown,
    LinkUp,
    Opened,
    OpenFailed,
    Permitted,
    ReportPermit,
    SayGoodbye,
    ServiceFailed,
    TokenReady,
    TokenRefused,
)
from machines.policy.retries import RetryOptions
from machines.wire.messages import Pong
from statekit import Ignored, Jitter, Stale
from statekit.testing.walk import Walk
from tests.machines import test_connection_closes, test_connection_dials, test_connection_gates, test_connection_said
from tests.machines.roads import (
    BACKOFF_DUE,
    CANCEL,
    CLOSE_LIMIT,
    DIAL_LIMIT,
    FAIL,
    HELLO_LIMIT,
    OK,
    REAUTH,
    SETTLED,
    STORM,
    SUSPENDED_DUE,
    dialing,
    handshaking,
    settling,
    stable,
)


@pytest.fixture
def walk():
    return Walk(CONNECTION)


# --------------------------------------------------------------------------------------------------------- main paths
def test_the_way_to_a_stable_link(walk):
    walk.send(Connect())
    assert (walk.state, walk.effects) == (AUTHORIZING, (AskToken(),))
    walk.send(TokenReady(7))
    assert (walk.state, walk.effects) == (ACQUIRING, (AskPermit(25.0),))
    walk.send(Permitted(3))
    assert (walk.state, walk.effects, walk.timers[DIAL_LIMIT]) == (DIALING, (Dial(7),), 10.0)
    walk.answer(Opened())
    assert (walk.state, walk.effects, walk.timers[HELLO_LIMIT]) == (HANDSHAKING, (), 10.0)
    walk.send(Hello(0))
    assert (walk.state, walk.effects, walk.timers[SETTLED]) == (SETTLING, (AcceptToken(7), LinkUp()), 5.0)
    walk.fire(SETTLED)
    assert (walk.state, walk.effects, walk.timers) == (STABLE, (ReportPermit(3, OK),), {})


def test_frames_are_handed_on_while_the_socket_is_open(walk):
    handshaking(walk)
    for forward in (lambda: None, lambda: walk.send(Hello(0)), lambda: walk.fire(SETTLED)):
        forward()
        walk.answer(FrameArrived(Pong(1)))
        assert walk.effects == (FramePassed(Pong(1)),)


def test_a_meant_close_says_goodbye_and_waits_for_the_peer(walk):
    stable(walk)
    walk.send(Disconnect())
    assert (walk.state, walk.effects) == (CLOSING, (LinkDown(), SayGoodbye(), Close(1000)))
    assert walk.timers == {CLOSE_LIMIT: 10.0}
    for frame in (FrameArrived(Pong(1)), FrameInvalid("not JSON")):
        assert walk.answer(frame) == Ignored("nothing is read after our close")
    walk.answer(Closed(1000))
    assert (walk.state, walk.context.reason, walk.snapshot.tickets) == (IDLE, "user", ())


def test_a_peer_that_never_answers_our_close_is_not_waited_for(walk):
    """WebKit 247943: the close event never came."""
    stable(walk)
    gone = walk.ticket(Dial)
    walk.send(Disconnect())
    walk.fire(CLOSE_LIMIT)
    assert walk.state is IDLE
    assert walk.answer(Closed(1006), ticket=gone) == Stale(gone)


def test_connect_while_closing_starts_afresh_and_the_old_socket_cannot_touch_it(walk):
    """C11: Ably RTN11b."""
    stable(walk)
    old = walk.ticket(Dial)
    walk.send(Disconnect(), Connect())
    assert (walk.state, walk.effects, walk.context.reason) == (AUTHORIZING, (AskToken(),), "")
    dialing(walk)
    assert walk.answer(Closed(1000), ticket=old) == Stale(old)
    assert walk.state is DIALING


def test_disconnect_stops_every_way_to_a_link(walk):
    for road in (
        lambda: walk.send(Connect()),
        lambda: walk.send(REAUTH, Connect()),
        lambda: dialing(walk),
        lambda: (dialing(walk), walk.answer(OpenFailed("refused"))),
        lambda: (dialing(walk), walk.answer(OpenFailed("rejected", 429))),
    ):
        walk.begin()
        road()
        walk.send(Disconnect())
        assert (walk.state, walk.context.reason, walk.timers, walk.snapshot.tickets) == (IDLE, "user", {}, ())
        assert walk.send(Disconnect()) == Ignored("no connection is wanted")


# ---------------------------------------------------------------------------------------------------- success is late
def test_accept_then_drop_uses_attempts_up_and_never_shortens_the_delay(walk):
    """C5; MetaMask/core #6861, lasso-rpc #17: 1 962 connections in 2 s, since opening counted as success."""
    highs = []
    for attempt in range(1, 11):
        settling(walk)
        walk.answer(Closed(1011))
        assert (walk.state, walk.context.retries.attempts) == (BACKING_OFF, attempt)
        highs.append(walk.timers[BACKOFF_DUE].high_seconds)
        walk.fire(BACKOFF_DUE)
    assert highs == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0, 30.0, 30.0]


def test_a_link_is_stable_once_it_outlived_the_delay_paid_for_it(walk):
    for paid in (5.0, 5.0, 5.0, 5.0, 8.0, 16.0, 30.0):
        settling(walk)
        assert walk.timers[SETTLED] == paid
        walk.answer(Closed(1011))
        walk.fire(BACKOFF_DUE, chance=1.0)
    settling(walk)
    walk.answer(Closed(4003))
    walk.fire(SUSPENDED_DUE, chance=1.0)
    settling(walk)
    assert walk.timers[SETTLED] == 37.5


def test_defect_57_only_a_stable_link_resets_the_attempts(walk):
    """The point of the reset was undefined; resetting on open is what made 1 962 connections in 2 s."""
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    walk.fire(BACKOFF_DUE)
    for step, attempts in (
        (handshaking, 1),
        (lambda each: each.send(Hello(0)), 1),
        (lambda each: each.fire(SETTLED), 0),
    ):
        step(walk)
        assert walk.context.retries.attempts == attempts


def test_a_stable_link_forgives_every_failure(walk):
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    walk.fire(BACKOFF_DUE)
    stable(walk)
    assert walk.context.retries.attempts == 0
    walk.answer(Closed(1011))
    assert (walk.timers[BACKOFF_DUE], walk.effects) == (Jitter(0.1, 1.0), (LinkDown(),))


def test_an_attempt_that_met_a_faulty_service_has_failed_even_if_its_link_lasts(walk):
    """Section 11: SERVICE_UNAVAILABLE counts on whichever breaker holds the permit."""
    settling(walk)
    walk.send(ServiceFailed())
    assert (walk.state, walk.effects) == (SETTLING, ())
    walk.fire(SETTLED)
    assert (walk.state, walk.effects) == (STABLE, (ReportPermit(1, FAIL),))
    assert isinstance(walk.send(ServiceFailed()), Ignored)


@pytest.mark.parametrize(
    ("ending", "report"),
    [(Closed(1012), FAIL), (GoAway(), FAIL), (TokenRefused(), FAIL), (Disconnect(), CANCEL), (STORM, CANCEL)],
    ids=str,
)
def test_a_faulty_service_is_blamed_for_what_ends_its_attempt_unless_we_do(walk, ending, report):
    handshaking(walk)
    walk.send(ServiceFailed(), Hello(0))
    (walk.answer if isinstance(ending, Closed) else walk.send)(ending)
    assert [each for each in walk.effects if isinstance(each, ReportPermit)] == [ReportPermit(1, report)]
    assert not walk.context.faulty


def test_a_stable_link_s_loss_says_nothing_of_its_permit(walk):
    """C8: the permit was reported when the link became stable, and only then."""
    stable(walk)
    assert walk.effects == (ReportPermit(1, OK),)
    walk.answer(Closed(1006))
    assert walk.effects == (LinkDown(),)


@pytest.mark.parametrize("code", [1001, 1006, 1012])
def test_the_first_dial_after_a_server_restart_is_spread(code):
    """RFC 6455 section 7.2.3."""
    walk = Walk(CONNECTION)
    stable(walk)
    walk.answer(Closed(code))
    assert walk.timers[BACKOFF_DUE] == Jitter(0.1, 5.0)


# ------------------------------------------------------------------------------------------------------------ options
def test_defect_56_no_retry_at_all_goes_to_the_slow_phase():
    """Zero was impossible, and no number was ever enforced."""
    walk = Walk(CONNECTION, Context(Options(RetryOptions(attempts_max=0))))
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    assert walk.state is SUSPENDED


# ---------------------------------------------------------------------------------------------------------- the table
def test_every_row_is_taken(left_untaken):
    more = test_connection_closes, test_connection_dials, test_connection_gates, test_connection_said
    assert left_untaken(CONNECTION, more=more) == ()
