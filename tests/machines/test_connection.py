"""Connection: one socket, one permit, bounded retries, and success only once a link has lasted."""

import pytest

from machines.connection import (
    ACQUIRING,
    AUTHORIZING,
    BACKING_OFF,
    CLOSING,
    CONNECTION,
    DIALING,
    DRAINING,
    FAILED,
    HANDSHAKING,
    IDLE,
    PARKED,
    SETTLING,
    STABLE,
    SUSPENDED,
    Connect,
    Context,
    Disconnect,
    Options,
    ReconnectNow,
)
from machines.gates import Gate, GatesMoved
from machines.link import (
    Abandon,
    AcceptToken,
    AskPermit,
    AskToken,
    Close,
    Closed,
    Denied,
    Dial,
    FrameArrived,
    FrameInvalid,
    FramePassed,
    GoAway,
    Hello,
    LinkBroken,
    LinkDown,
    LinkRefused,
    LinkUp,
    Opened,
    OpenFailed,
    PeerSilent,
    PermitAvailable,
    Permitted,
    RejectToken,
    Report,
    ReportPermit,
    SayGoodbye,
    ServiceFailed,
    StopSending,
    TerminalError,
    TokenReady,
    TokenRefused,
)
from machines.policy.retries import RetryOptions
from machines.wire.messages import Pong
from statekit import Forbidden, Ignored, Jitter, Stale
from statekit.testing.walk import Walk
from statekit.timers import ClockJumped

BACKOFF_DUE, SUSPENDED_DUE, SETTLED = "after backoff_delay", "after suspended_delay", "after settle_delay"
DIAL_LIMIT, HELLO_LIMIT, CLOSE_LIMIT = "after dial_seconds", "after hello_seconds", "after close_seconds"
DRAIN_LIMIT, GIVE_UP = "after drain_delay", "giving_up"
OFFLINE, REAUTH, STORM = (GatesMoved(frozenset({gate})) for gate in (Gate.OFFLINE, Gate.REAUTH, Gate.STORM))
ALL_OPEN = GatesMoved(frozenset())
OK, FAIL, NEUTRAL, CANCEL = Report.OK, Report.FAIL, Report.NEUTRAL, Report.CANCEL


@pytest.fixture
def walk():
    return Walk(CONNECTION)


# The roads to the states that most tests begin in.
def dialing(walk):
    if walk.state is IDLE or walk.state is FAILED:
        walk.send(Connect())
    walk.send(TokenReady(1), Permitted(1))
    assert (walk.state, walk.effects) == (DIALING, (Dial(1),))


def handshaking(walk):
    dialing(walk)
    walk.answer(Opened())
    assert walk.state is HANDSHAKING


def settling(walk):
    handshaking(walk)
    walk.send(Hello(0))
    assert walk.state is SETTLING


def stable(walk):
    settling(walk)
    walk.fire(SETTLED)
    assert walk.state is STABLE


# -------------------------------------------------------------------------------------------------------- main paths
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


# --------------------------------------------------------------------------------------------------- a dial that fails
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


# ------------------------------------------------------------------------------------------------------ what closes say
@pytest.mark.parametrize(
    ("code", "state", "reason", "report"),
    [
        (1000, IDLE, "server_closed", NEUTRAL),
        (1008, FAILED, "policy_violation", NEUTRAL),
        (1011, BACKING_OFF, "", FAIL),
        (1013, SUSPENDED, "", FAIL),
        (3000, AUTHORIZING, "", NEUTRAL),
        (4001, AUTHORIZING, "", NEUTRAL),
        (4002, FAILED, "permission_denied", NEUTRAL),
        (4003, SUSPENDED, "document_locked", NEUTRAL),
        (4004, FAILED, "kicked", NEUTRAL),
        (4999, SUSPENDED, "error_storm", NEUTRAL),
    ],
)
def test_a_close_leads_where_its_policy_says(code, state, reason, report):
    walk = Walk(CONNECTION)
    settling(walk)
    walk.answer(Closed(code))
    assert (walk.state, walk.context.reason) == (state, reason)
    assert walk.effects[:2] == (LinkDown(), ReportPermit(1, report))


@pytest.mark.parametrize(
    ("status", "state", "report"),
    [
        (401, AUTHORIZING, NEUTRAL),
        (403, AUTHORIZING, NEUTRAL),
        (404, FAILED, NEUTRAL),
        (423, SUSPENDED, NEUTRAL),
        (426, FAILED, NEUTRAL),
        (429, SUSPENDED, NEUTRAL),
        (500, BACKING_OFF, FAIL),
        (503, BACKING_OFF, FAIL),
    ],
)
def test_a_refused_handshake_leads_where_its_policy_says(status, state, report):
    walk = Walk(CONNECTION)
    dialing(walk)
    walk.answer(OpenFailed("rejected", status))
    assert (walk.state, walk.effects[0]) == (state, ReportPermit(1, report))


@pytest.mark.parametrize(
    ("said", "delay"),
    [
        (None, Jitter(30.0, 37.5)),
        (0.0, Jitter(30.0, 37.5)),
        (600.0, Jitter(600.0, 750.0)),
        (float("inf"), Jitter(86_400.0, 108_000.0)),
    ],
)
def test_a_wish_to_be_left_alone_is_heeded_for_a_day_at_most(said, delay):
    walk = Walk(CONNECTION)
    dialing(walk)
    walk.answer(OpenFailed("rejected", 429, said))
    assert walk.timers[SUSPENDED_DUE] == delay


def test_defect_48_a_remote_normal_close_is_not_ours(walk):
    """A silent death. discord.py `is_improper_close`."""
    stable(walk)
    walk.answer(Closed(1000))
    assert (walk.state, walk.context.reason) == (IDLE, "server_closed")
    walk.begin(Context(Options(RetryOptions(after_server_close="retry"))))
    stable(walk)
    walk.answer(Closed(1000))
    assert walk.state is BACKING_OFF


def test_defect_50_a_locked_document_is_tried_again_after_30_s_with_jitter(walk):
    """Everybody came back after exactly 30 000 ms."""
    stable(walk)
    walk.answer(Closed(4003))
    assert (walk.state, walk.timers[SUSPENDED_DUE]) == (SUSPENDED, Jitter(30.0, 37.5))


def test_slow_waits_grow_to_five_minutes(walk):
    lows = []
    for _ in range(5):
        settling(walk)
        walk.answer(Closed(1013))
        lows.append(walk.timers[SUSPENDED_DUE].low_seconds)
        walk.fire(SUSPENDED_DUE)
    assert lows == [30.0, 60.0, 120.0, 240.0, 300.0]


@pytest.mark.parametrize("code", [1002, 1003, 1007, 1008, 1009, 1011, 4002, 4004, 4999])
def test_defect_47_every_documented_close_is_handled_and_none_reconnects_for_ever(code):
    """Six of the documented codes had no case: a warning, and a reconnect without end. So had 1007 to 1009."""
    walk = Walk(CONNECTION)
    settling(walk)
    for _ in range(11):
        walk.answer(Closed(code))
        if walk.state in (FAILED, SUSPENDED):
            return
        due = BACKOFF_DUE if walk.state is BACKING_OFF else None
        if due:
            walk.fire(due)
        settling(walk)
    raise AssertionError(walk.state)


def test_defect_51_a_lost_permission_ends_the_connection_and_the_user_may_connect_after_a_grant(walk):
    """What became of the wish to be connected was undefined."""
    stable(walk)
    walk.answer(Closed(4002))
    assert (walk.state, walk.context.reason, walk.timers) == (FAILED, "permission_denied", {})
    for wake in (ReconnectNow(), ALL_OPEN, PermitAvailable()):
        walk.send(wake)
        assert walk.state is FAILED
    walk.send(Connect())
    assert walk.state is AUTHORIZING


def test_an_unknown_code_is_retried_until_the_third_in_a_row(walk):
    """Section 10: 4005 to 4998, and what is reserved."""
    for state in (BACKING_OFF, BACKING_OFF, FAILED):
        settling(walk)
        walk.answer(Closed(4321))
        assert walk.state is state
        if state is BACKING_OFF:
            walk.fire(BACKOFF_DUE)
    assert walk.context.reason == "unknown_close"


def test_an_unknown_code_is_forgiven_by_a_stable_link_and_by_another_code(walk):
    for code in (4321, 4321, 4322, 4321, 4321):
        settling(walk)
        walk.answer(Closed(code))
        assert walk.state is BACKING_OFF
        walk.fire(BACKOFF_DUE)
    stable(walk)
    walk.answer(Closed(4321))
    assert walk.state is BACKING_OFF


@pytest.mark.parametrize(
    ("code", "hint", "delay"),
    [
        (1012, None, Jitter(0.1, 5.0)),
        (1012, 20.0, Jitter(0.1, 20.0)),
        (1012, 900.0, Jitter(0.1, 30.0)),
        (1013, 120.0, Jitter(120.0, 150.0)),
        (1013, float("nan"), Jitter(30.0, 37.5)),
    ],
)
def test_a_hint_in_a_close_widens_the_spread_or_lengthens_the_slow_wait(code, hint, delay):
    walk = Walk(CONNECTION)
    stable(walk)
    walk.answer(Closed(code, "", hint))
    assert delay in walk.timers.values()


def test_a_close_that_may_be_the_fault_of_an_operation_says_so(walk):
    """Poison: Zero #5982, cube #10246, Fluid #7545 sent the same operation again and again."""
    for code, blamed in ((1009, True), (1007, True), (1011, False), (1006, False)):
        walk.begin()
        stable(walk)
        walk.answer(Closed(code))
        assert walk.effects[0] == LinkDown(blames_operation=blamed)
    walk.fire(BACKOFF_DUE)
    settling(walk)
    walk.send(Disconnect())
    assert walk.effects[0] == LinkDown()


# ---------------------------------------------------------------------------------------------------- a silent peer
def test_a_silent_peer_is_closed_with_4000_and_dialled_again_at_once(walk):
    """Phoenix #3161 closed with 1000, which nobody answers by reconnecting."""
    stable(walk)
    walk.send(PeerSilent())
    assert walk.effects == (LinkDown(), Close(4000), AskToken())
    assert (walk.state, walk.timers["instant_rested"]) == (AUTHORIZING, 60.0)


def test_defect_49_the_second_immediate_retry_within_a_minute_backs_off(walk):
    """Immediate, without jitter or bound."""
    stable(walk)
    walk.send(PeerSilent())
    stable(walk)
    walk.send(PeerSilent())
    assert (walk.state, walk.timers[BACKOFF_DUE]) == (BACKING_OFF, Jitter(0.1, 1.0))
    walk.fire("instant_rested")
    walk.fire(BACKOFF_DUE)
    stable(walk)
    walk.send(PeerSilent())
    assert walk.state is AUTHORIZING


# -------------------------------------------------------------------------------------------------- tokens and gates
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
    """Section 2 (T): authorizing, reauth_required → parked(reauth)."""
    walk.send(Connect(), REAUTH)
    assert walk.state is PARKED


def test_a_token_that_comes_after_a_gate_has_shut_is_not_dialled_with(walk):
    walk.send(Connect(), OFFLINE)
    assert walk.send(TokenReady(1)) == Ignored("the token will be asked for again")


def test_a_login_that_ends_takes_the_link_with_it(walk):
    """Section 3 (T): revoked → connection close. A socket opened with a token that is gone is not used any more."""
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
    """Section 2 (T): storm → close 4999 → parked(storm)."""
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
    """Section 2 (T): wakes ≤ 1 per 5 s, k kept."""
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


# ------------------------------------------------------------------------------------------------------------ resume
def test_a_session_that_the_server_offers_to_resume_is_asked_for(walk):
    """Ably RTN15c6, 7. The hello says whether it came to that, and everybody who uses the link hears it once."""
    handshaking(walk)
    walk.send(Hello(0, resumable=True))
    assert walk.effects == (AcceptToken(1), LinkUp(resumed=False))
    walk.fire(SETTLED)
    for resumed in (True, False):
        walk.answer(Closed(1006))
        walk.fire(BACKOFF_DUE)
        walk.send(TokenReady(1), Permitted(1))
        assert walk.effects == (Dial(1, resume=True),)
        walk.answer(Opened())
        walk.send(Hello(0, resumed, resumable=True))
        assert walk.effects == (AcceptToken(1), LinkUp(resumed))
        walk.fire(SETTLED)


def test_after_three_resumes_that_came_to_nothing_a_fresh_session_is_asked_for(walk):
    """buape/carbon #364: it resumed a session that killed the server for ever."""
    handshaking(walk)
    walk.send(Hello(0, resumable=True))
    walk.answer(Closed(1006))
    asked = []
    for _ in range(5):
        walk.fire(BACKOFF_DUE)
        walk.send(TokenReady(1), Permitted(1))
        asked += [effect.resume for effect in walk.effects]
        walk.answer(Opened())
        walk.answer(Closed(1006))
    assert asked == [True, True, True, False, False]


def test_a_dial_that_reaches_nobody_is_no_try_to_resume(walk):
    handshaking(walk)
    walk.send(Hello(0, resumable=True))
    walk.answer(Closed(1006))
    for _ in range(6):
        walk.fire(BACKOFF_DUE)
        walk.send(TokenReady(1), Permitted(1))
        assert walk.effects == (Dial(1, resume=True),)
        walk.answer(OpenFailed("unreachable"))


@pytest.mark.parametrize(("code", "kept"), [(1006, True), (1012, True), (4000, True), (1000, False), (1002, False)])
def test_a_close_keeps_the_session_or_drops_it_as_its_policy_says(code, kept):
    walk = Walk(CONNECTION, Context(Options(RetryOptions(after_server_close="retry"))))
    handshaking(walk)
    walk.send(Hello(0, resumable=True))
    walk.answer(Closed(code))
    assert walk.context.session.wanted(3) is kept


def test_a_session_ends_with_the_user_s_wish_and_with_the_login(walk):
    for ending in (Disconnect(), REAUTH):
        walk.begin()
        handshaking(walk)
        walk.send(Hello(0, resumable=True), ending)
        assert not walk.context.session.wanted(3)


# ---------------------------------------------------------------------------------------- what is said over the link
def test_a_goaway_is_drained_and_then_left(walk):
    for road in (settling, stable):
        walk.begin()
        road(walk)
        walk.send(GoAway())
        assert (walk.state, walk.effects[-1], walk.timers[DRAIN_LIMIT]) == (DRAINING, StopSending(), 5.0)
        assert walk.send(GoAway()) == Ignored("there is nothing to drain")
        walk.fire(DRAIN_LIMIT)
        assert (walk.state, walk.effects) == (BACKING_OFF, (LinkDown(), Close(1001)))
        assert walk.timers[BACKOFF_DUE] == Jitter(0.1, 5.0)


@pytest.mark.parametrize(("deadline", "drained"), [(None, 5.0), (2.0, 2.0), (60.0, 5.0), (-1.0, 0.0)])
def test_a_goaway_s_deadline_may_shorten_the_draining(deadline, drained):
    walk = Walk(CONNECTION)
    settling(walk)
    walk.send(GoAway(deadline))
    assert walk.timers[DRAIN_LIMIT] == drained


def test_an_error_that_no_retry_can_help_closes_for_good(walk):
    stable(walk)
    walk.send(TerminalError("kicked"))
    assert (walk.state, walk.context.reason, walk.effects) == (FAILED, "kicked", (LinkDown(), Close(1000)))


def test_a_server_that_wants_to_be_left_alone_is(walk):
    stable(walk)
    walk.send(LinkRefused(120.0))
    assert (walk.state, walk.effects, walk.timers[SUSPENDED_DUE]) == (
        SUSPENDED,
        (LinkDown(), Close(1000)),
        Jitter(120.0, 150.0),
    )


def test_an_error_of_the_link_follows_the_close_it_names(walk):
    for code, then in ((1011, BACKING_OFF), (1002, BACKING_OFF), (1002, FAILED)):
        settling(walk)
        walk.send(LinkBroken(code))
        assert (walk.state, walk.effects[-1]) == (then, Close(1002))
        if then is BACKING_OFF:
            walk.fire(BACKOFF_DUE)


def test_defect_9_a_frame_that_is_no_message_is_forgiven_once(walk):
    """Seed defect 9: a frame without `data` threw; 47: what is documented reconnects for ever."""
    settling(walk)
    walk.answer(FrameInvalid("not JSON"))
    assert (walk.state, walk.effects[-1]) == (BACKING_OFF, Close(1002))
    walk.fire(BACKOFF_DUE)
    settling(walk)
    walk.answer(FrameInvalid("not JSON"))
    assert (walk.state, walk.context.reason) == (FAILED, "protocol_error")


def test_what_was_said_on_a_link_that_is_gone_changes_nothing(walk):
    for event in (
        Hello(0),
        TokenRefused(),
        TerminalError("x"),
        LinkRefused(),
        LinkBroken(1002),
        ServiceFailed(),
        PeerSilent(),
        GoAway(),
    ):
        assert isinstance(walk.send(event), Ignored)
        assert (walk.state, walk.effects) == (IDLE, ())


def test_what_cannot_happen_is_an_error_by_decision(walk):
    """Only a broken driver or wiring could deliver these; a law test shows that nothing else does."""
    assert isinstance(walk.send(Permitted(1)), Forbidden)
    assert isinstance(walk.send(Denied()), Forbidden)
    dialing(walk)
    assert walk.answer(Closed(1006)) == Forbidden("nothing comes before the open")
    walk.answer(Opened())
    assert walk.answer(Opened()) == Forbidden("a dial has one outcome, and it came")


def test_every_row_is_taken(left_untaken):
    assert left_untaken(CONNECTION) == ()


# ----------------------------------------------------------------------------------------------------------- options
def test_defect_56_no_retry_at_all_goes_to_the_slow_phase():
    """Zero was impossible, and no number was ever enforced."""
    walk = Walk(CONNECTION, Context(Options(RetryOptions(attempts_max=0))))
    dialing(walk)
    walk.answer(OpenFailed("refused"))
    assert walk.state is SUSPENDED
