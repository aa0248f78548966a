"""Connection, what it dials with and when: the token, the gates, the breaker, and whoever wakes it."""

import pytest

from machines.connection import (
    AUTHORIZING,
    BACKING_OFF,
    CONNECTION,
    DIALING,
    FAILED,
    IDLE,
    PARKED,
    STABLE,
    SUSPENDED,
    Connect,
    Disconnect,
    ReconnectNow,
)
from machines.gates import Gate, GatesMoved
from machines.link import (
    Abandon,
    AskToken,
    Close,
    Closed,
    Denied,
    Dial,
    LinkDown,
    Opened,
    OpenFailed,
    PeerSilent,
    PermitAvailable,
    Permitted,
    RejectToken,
    ReportPermit,
    TerminalError,
    TokenReady,
    TokenRefused,
)
from statekit import Ignored, Stale
from statekit.testing.walk import Walk
from statekit.timers import ClockJumped
from tests.machines.roads import (
    ALL_OPEN,
    BACKOFF_DUE,
    CANCEL,
    OFFLINE,
    REAUTH,
    STORM,
    dialing,
    handshaking,
    settling,
    stable,
)


@pytest.fixture
def walk():
    return Walk(CONNECTION)


def test_the_token_is_asked_for_before_every_dial(walk):
    """base #2298, streamlabs #6203, openhuman #2892: URL and token were captured once."""
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    walk.fire(BACKOFF_DUE)
    walk.send(TokenReady(2), Permitted(2))
    assert walk.effects == (Dial(2),)


def test_a_refused_token_is_told_and_replaced_at_once_the_first_time(walk):
    stable(walk)
    walk.send(TokenRefused())
    assert (walk.state, walk.effects) == (
        AUTHORIZING,
        (LinkDown(), Close(4001), RejectToken(1), AskToken()),
    )


def test_a_server_that_accepts_and_then_refuses_the_token_is_not_dialled_without_a_pause(walk):
    """G7: the acceptance forgives the rejection, so only the attempts can bound this."""
    settling(walk)
    walk.send(TokenRefused())
    for _ in range(9):
        settling(walk)
        walk.send(TokenRefused())
        assert (walk.state, walk.effects[-1]) == (BACKING_OFF, RejectToken(1))
        walk.fire(BACKOFF_DUE)
    settling(walk)
    walk.answer(Closed(4001))
    assert (walk.state, walk.effects[-1]) == (SUSPENDED, RejectToken(1))


def test_defect_52_the_frame_and_the_close_that_follows_it_are_one_cause(walk):
    """C9 and G1: error and close both dialled again."""
    settling(walk)
    socket = walk.ticket(Dial)
    walk.send(TokenRefused())
    before = walk.snapshot
    assert walk.answer(Closed(4001), ticket=socket) == Stale(socket)
    assert (walk.snapshot, walk.effects) == (before, ())


def test_a_suspect_token_is_blamed_for_1008_until_it_was_accepted(walk):
    handshaking(walk)
    walk.answer(Closed(1008))
    assert (walk.state, walk.effects[1:]) == (AUTHORIZING, (RejectToken(1), AskToken()))
    settling(walk)
    walk.answer(Closed(1008))
    assert walk.state is FAILED


def test_what_no_retry_can_help_ends_a_wait_too(walk):
    """Section 7: a storm that is latched ends the connection, whose link the gate has closed before."""
    stable(walk)
    walk.send(GatesMoved(frozenset({Gate.STORM})), TerminalError("error_storm"))
    assert (walk.state, walk.context.reason) == (FAILED, "error_storm")


def test_no_dial_while_a_gate_is_shut(walk):
    """Fluid #10325, pinchy #915: attempts burnt while offline or asleep."""
    walk.send(OFFLINE, Connect())
    assert (walk.state, walk.effects, walk.context.retries.attempts) == (PARKED, (), 0)
    walk.send(GatesMoved(frozenset({Gate.OFFLINE, Gate.MAINTENANCE})))
    assert walk.state is PARKED
    walk.send(ALL_OPEN)
    assert walk.state is AUTHORIZING


def test_a_gate_that_shuts_while_it_waits_parks_it_and_wakes_it_when_it_opens(walk):
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    walk.send(OFFLINE)
    assert (walk.state, BACKOFF_DUE in walk.timers) == (PARKED, False)
    walk.send(ALL_OPEN)
    assert (walk.state, walk.context.retries.attempts) == (AUTHORIZING, 1)


def test_a_gate_that_was_shut_while_the_link_was_up_is_met_when_it_is_lost(walk):
    settling(walk)
    walk.send(OFFLINE)
    walk.answer(Closed(1006))
    assert walk.state is BACKING_OFF
    walk.fire(BACKOFF_DUE)
    assert walk.state is PARKED
    walk.begin()
    settling(walk)
    walk.send(OFFLINE)
    walk.answer(Closed(1006))
    walk.send(ALL_OPEN)
    assert (walk.state, walk.timers["wake_rested_again"]) == (AUTHORIZING, 5.0)


def test_a_gate_that_shuts_while_a_token_is_awaited_parks_it(walk):
    """Authorizing, reauth_required → parked(reauth)."""
    walk.send(Connect(), REAUTH)
    assert walk.state is PARKED


def test_a_token_that_comes_after_a_gate_has_shut_is_not_dialled_with(walk):
    walk.send(Connect(), OFFLINE)
    assert walk.send(TokenReady(1)) == Ignored("the token will be asked for again")


def test_a_login_that_ends_takes_the_link_with_it(walk):
    """Revoked → connection close. A socket opened with a token that is gone is not used any more."""
    stable(walk)
    walk.send(REAUTH)
    assert (walk.state, walk.effects) == (PARKED, (LinkDown(), Close(1000)))
    assert "Dial" not in [ticket.name for ticket in walk.snapshot.tickets]
    walk.send(ALL_OPEN)
    dialing(walk)
    late = walk.ticket(Dial)
    walk.send(REAUTH)
    assert (walk.state, walk.effects) == (PARKED, (ReportPermit(1, CANCEL),))
    walk.answer(Opened(), ticket=late)
    assert walk.effects == (Abandon(),)


def test_any_other_gate_leaves_a_link_alone(walk):
    """Liveblocks: `offline` is not to be trusted; the heartbeat decides."""
    for gate in set(Gate) - {Gate.STORM, Gate.REAUTH}:
        for road, state in ((dialing, DIALING), (stable, STABLE)):
            walk.begin()
            road(walk)
            walk.send(GatesMoved(frozenset({gate})))
            assert (walk.state, walk.effects, walk.context.gates) == (state, (), {gate})


def test_a_denied_permit_parks_until_the_breaker_tells(walk):
    walk.send(Connect(), TokenReady(1), Denied())
    assert (walk.state, walk.effects) == (PARKED, ())
    walk.send(PermitAvailable())
    assert walk.state is AUTHORIZING
    assert walk.send(PermitAvailable()) == Ignored("only PARKED waits for the breaker")


def test_reconnect_now_while_offline_dials_nobody(walk):
    """Fluid #10325: it hung for 22 s."""
    walk.send(OFFLINE, Connect(), ReconnectNow())
    assert (walk.state, walk.effects, walk.context.gates) == (PARKED, (), {Gate.OFFLINE})


def test_an_error_storm_takes_an_established_link_down_with_4999(walk):
    """Storm → close 4999 → parked(storm)."""
    for road in (handshaking, settling, stable):
        walk.begin()
        road(walk)
        walk.send(STORM)
        assert (walk.state, walk.effects[-1], walk.context.retries.attempts) == (PARKED, Close(4999), 0)
        walk.send(ALL_OPEN)
        assert walk.state is AUTHORIZING
    dialing(walk)
    walk.send(STORM)
    assert (walk.state, walk.effects) == (PARKED, (ReportPermit(1, CANCEL),))


def test_a_network_that_flaps_is_heard_once_in_five_seconds(walk):
    """Wakes ≤ 1 per 5 s, k kept."""
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    walk.send(OFFLINE, ALL_OPEN)
    assert (walk.state, walk.timers["wake_rested_again"]) == (AUTHORIZING, 5.0)
    walk.send(OFFLINE, ALL_OPEN)
    assert (walk.state, walk.context.retries.attempts) == (BACKING_OFF, 1)
    walk.fire("wake_rested_again")
    walk.send(OFFLINE, ALL_OPEN)
    assert walk.state is AUTHORIZING


def test_after_a_sleep_nothing_that_waited_is_waited_for_again(walk):
    """Section 1, E7: the timers stood still, the world did not."""
    for answer in (OpenFailed("refused"), OpenFailed("rejected", 429)):
        walk.begin()
        dialing(walk)
        walk.answer(answer)
        walk.send(ClockJumped(60.0))
        assert (walk.state, walk.context.retries.attempts) == (AUTHORIZING, 1)
    stable(walk)
    assert walk.send(ClockJumped(60.0)) == Ignored("nothing waits; heartbeat asks if a link lives")


def test_reconnect_now_shortens_a_wait_once_in_five_seconds(walk):
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    walk.send(ReconnectNow())
    assert (walk.state, walk.timers["wake_rested_again"], walk.context.retries.attempts) == (AUTHORIZING, 5.0, 1)
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    assert isinstance(walk.send(ReconnectNow()), Ignored)
    walk.fire("wake_rested_again")
    walk.send(ReconnectNow())
    assert walk.state is AUTHORIZING


def test_nothing_wakes_a_connection_that_the_user_closed(walk):
    """Phoenix #6578."""
    stable(walk)
    walk.send(Disconnect())
    walk.answer(Closed(1000))
    for event in (ReconnectNow(), OFFLINE, ALL_OPEN, TokenReady(9), PermitAvailable(), PeerSilent()):
        walk.send(event)
        assert (walk.state, walk.effects) == (IDLE, ())
