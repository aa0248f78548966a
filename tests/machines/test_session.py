"""The session: nine lifecycles wired into one client; what none of them can promise alone."""

import random
from typing import get_type_hints

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from machines import auth_refresh, circuit_breaker, conflict_recovery, connection, error_storm, hold, rate_limit
from machines.auth_refresh import (
    AUTH_REFRESH,
    Login,
    Logout,
    Online,
    PromptLogin,
    Refreshed,
    RefreshFailed,
    RefreshToken,
    SignIn,
    Trouble,
)
from machines.circuit_breaker import CIRCUIT_BREAKER, Disable, ForceOpen, MetricsOnly, Reset
from machines.conflict_recovery import CONFLICT_RECOVERY, DETACHED, HALTED, HELD
from machines.connection import (
    ACQUIRING,
    AUTHORIZING,
    BACKING_OFF,
    CLOSING,
    CONNECTION,
    FAILED,
    IDLE,
    PARKED,
    PERMITTED,
    READY,
    SETTLING,
    SOCKET,
    STABLE,
    SUSPENDED,
    Connect,
    Disconnect,
    ReconnectNow,
)
from machines.document import CloseDocument, OperationEnded, Outcome
from machines.error_storm import CALM, ERROR_STORM, LATCHED, PROBATION, TRIPPED, StormBegan
from machines.gates import Gate
from machines.heartbeat import DORMANT, HEARTBEAT
from machines.hold import CLEAR, HOLD, LOCKED, READ_ONLY, CameOnline, Hid, Shown, WentOffline
from machines.link import (
    Abandon,
    Close,
    Closed,
    Dial,
    FrameArrived,
    FrameInvalid,
    GoAway,
    Opened,
    OpenFailed,
    Permitted,
    Send,
)
from machines.policy.error_codes import ErrorCode
from machines.policy.retries import RetryOptions
from machines.policy.routed import ErrorReported, MessagePassed
from machines.policy.router import ROUTER, OpenDocument
from machines.rate_limit import DRAINING, LIMITED, RATE_LIMIT, LimitHeard
from machines.session import SESSION, Options, contexts
from machines.status import public_status
from machines.wire.messages import (
    URL_DOCUMENT,
    Document,
    DocumentEdit,
    OperationAck,
    OperationBroadcast,
    Passed,
    PermissionChange,
    Ping,
    Pong,
    RateLimited,
    SyncRequest,
    TokenRefreshRequired,
)
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit import Broken, Forbidden, Refused, Stale, Taken, Unhandled
from statekit.keyed import key_of, member_of
from statekit.testing.system_walk import SystemWalk
from statekit.timers import ClockJumped
from tests.machines.linked import GREETING, error, hear, settling, signed_in, stable, submit, sync_of

DROPPED = "after backoff_delay"


# ------------------------------------------------------------------------------------------------------- main paths
def test_one_stimulus_carries_a_connect_to_the_dial():
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    assert walk.effects == (Dial(1),)
    assert [hop.member for hop in walk.done.path] == [
        "connection", "auth_refresh", "connection", "circuit_breaker", "connection",
    ]  # fmt: skip


def test_the_greeting_wakes_the_heartbeat_and_asks_for_the_document():
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert walk.effects == (Send(SyncRequest(0, message_id="ann:sync:1")),)
    assert list(walk.timers(HEARTBEAT)) == ["after ping_delay"]


def test_an_operation_goes_out_and_its_end_is_published():
    walk = stable()
    submit(walk)
    assert walk.effects == (Send(DocumentEdit((Insert(0, "x"),), 0, client_id="ann", message_id="ann:1")),)
    hear(walk, OperationAck("ann:1", 1))
    assert walk.published == (OperationEnded(1, Outcome.ACKNOWLEDGED, (Insert(0, "x"),)),)


def test_a_connect_before_the_sign_in_waits_for_it():
    walk = SystemWalk(SESSION, contexts("ann", Options()))
    walk.send(CONNECTION, Connect())
    assert walk.state(CONNECTION) is PARKED
    walk.send(AUTH_REFRESH, SignIn())
    assert walk.state(CONNECTION) is AUTHORIZING
    walk.answer(AUTH_REFRESH, Refreshed())
    assert walk.effects == (Dial(1),)


def test_a_ping_of_the_server_is_answered_and_counts_as_a_sign_of_life():
    walk = stable()
    due = walk.ticket(HEARTBEAT, "after ping_delay")
    hear(walk, Ping(7))
    assert walk.effects == (Send(Pong(7)),)
    assert walk.ticket(HEARTBEAT, "after ping_delay") != due


def test_a_silent_peer_is_closed_with_4000_and_dialled_again():
    """Phoenix #3161."""
    walk = stable()
    walk.fire(HEARTBEAT, "after ping_delay")
    assert walk.effects == (Send(Ping(timestamp_ms=1)),)
    walk.fire(HEARTBEAT, "after pong_seconds")
    assert walk.effects == (Close(4000), Dial(1))
    assert walk.state(HEARTBEAT) is DORMANT


# ------------------------------------------------------------------------------------------------------------ tokens
def test_an_expired_token_s_error_and_close_are_one_refresh():
    """G1; seed defect 18: two refreshes and two reconnects."""
    walk = stable()
    socket = walk.ticket(CONNECTION, Dial)
    hear(walk, error("TOKEN_EXPIRED"))
    assert walk.effects == (Close(4001), RefreshToken(2))
    assert walk.published == (ErrorReported("TOKEN_EXPIRED", recoverable=True),)
    before = walk.snapshot
    assert walk.answer(CONNECTION, Closed(4001), ticket=socket) == Stale(socket)
    assert (walk.snapshot, walk.effects) == (before, ())
    walk.answer(AUTH_REFRESH, Refreshed(3600.0))
    assert walk.effects == (Dial(2),)


def test_the_token_is_refreshed_ahead_while_the_link_stays():
    """A8: Ably RSA4c3."""
    walk = stable()
    hear(walk, TokenRefreshRequired(30.0))
    assert walk.effects == (RefreshToken(2),)
    walk.answer(AUTH_REFRESH, RefreshFailed(Trouble.UNREACHABLE))
    assert (walk.state(CONNECTION), walk.effects) == (STABLE, ())


def test_a_server_that_accepts_and_then_refuses_every_token_is_dialled_ten_times_in_the_fast_phase():
    """G7: an accepted token forgives the rejections, so the attempts must bound it."""
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for generation in range(1, 12):
        walk.answer(CONNECTION, Opened())
        hear(walk, GREETING)
        hear(walk, error("TOKEN_EXPIRED"))
        walk.answer(AUTH_REFRESH, Refreshed(3600.0))
        if generation == 1:
            assert walk.effects == (Dial(2),)
        elif generation <= 10:
            assert walk.state(CONNECTION) is BACKING_OFF
            walk.fire(CONNECTION, DROPPED)
    assert walk.state(CONNECTION) is SUSPENDED


def test_a_server_that_refuses_every_token_at_the_door_leads_to_a_login_not_to_an_open_breaker():
    """A6 and B7; lasso-rpc #17, decocms #5322: 401 kept the breaker open."""
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for _ in range(20):
        if walk.state(CONNECTION) is PARKED:
            break
        if walk.answerable(CONNECTION):
            walk.answer(CONNECTION, OpenFailed("rejected", 401))
        elif walk.answerable(AUTH_REFRESH):
            walk.answer(AUTH_REFRESH, Refreshed(3600.0))
        elif "after retry_delay" in walk.timers(AUTH_REFRESH):
            walk.fire(AUTH_REFRESH, "after retry_delay")
        else:
            walk.fire(CONNECTION, DROPPED)
    assert walk.state(AUTH_REFRESH) is auth_refresh.REAUTH_REQUIRED
    assert (walk.of(AUTH_REFRESH).context.rejections, walk.of(CIRCUIT_BREAKER).context.failures) == (4, 0)
    walk.send(AUTH_REFRESH, Login(None))
    assert walk.effects[-1] == Dial(walk.of(AUTH_REFRESH).context.generation)


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(lambda walk: hear(walk, error("TOKEN_REVOKED")), id="the server revokes the token"),
        pytest.param(lambda walk: walk.send(AUTH_REFRESH, Logout()), id="the user logs out"),
        pytest.param(
            lambda walk: (
                hear(walk, TokenRefreshRequired(5.0)),
                walk.answer(AUTH_REFRESH, RefreshFailed(Trouble.REVOKED)),
            ),
            id="the refresh function says so",
        ),
    ],
)
def test_defect_25_a_login_that_ends_closes_the_link_and_keeps_the_operations(ending):
    """Section 11, TOKEN_REVOKED; seed defect 25: the redirect discarded what was pending."""
    walk = stable()
    submit(walk)
    ending(walk)
    assert Close(1000) in walk.effects
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (PARKED, DETACHED)
    assert [each.sequence for each in walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.parts] == [1]
    walk.send(AUTH_REFRESH, Login(None))
    assert walk.effects[-1] == Dial(walk.of(AUTH_REFRESH).context.generation)


# ------------------------------------------------------------------------------------------------- breaker and gates
def test_defect_65_five_failed_dials_open_the_breaker_and_its_timer_wakes_the_connection():
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for attempt in range(5):
        walk.answer(CONNECTION, OpenFailed("refused"))
        assert walk.state(CONNECTION) is BACKING_OFF
        walk.fire(CONNECTION, DROPPED)
        assert (walk.state(CONNECTION) is PARKED) == (attempt == 4)
    assert walk.timers(CIRCUIT_BREAKER) == {"after reset_delay": 60.0}
    walk.fire(CIRCUIT_BREAKER, "after reset_delay")
    assert walk.effects == (Dial(1),)
    walk.answer(CONNECTION, OpenFailed("refused"))
    assert walk.state(CIRCUIT_BREAKER) is circuit_breaker.OPEN


def test_a_probe_s_lease_outlasts_the_attempt_that_it_was_given_for():
    """C8: or a slow dial and a long settling would be judged by the lease, and reported too late."""
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for _ in range(5):
        walk.answer(CONNECTION, OpenFailed("refused"))
        walk.fire(CONNECTION, DROPPED)
    walk.fire(CIRCUIT_BREAKER, "after reset_delay")
    lease, options = walk.timers(CIRCUIT_BREAKER)["leased"], Options().connection
    dialled = walk.timers(CONNECTION)["after dial_seconds"]
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert walk.timers(CONNECTION)["after settle_delay"] == 16.0
    assert lease > dialled + options.hello_seconds + 16.0 > circuit_breaker.Options().lease_seconds


def test_a_connect_that_ends_too_soon_never_closes_the_breaker():
    """lasso-rpc #17: accept-then-drop reset the count."""
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for _ in range(5):
        walk.answer(CONNECTION, Opened())
        hear(walk, GREETING)
        walk.answer(CONNECTION, Closed(1011))
        walk.fire(CONNECTION, DROPPED)
    assert (walk.state(CIRCUIT_BREAKER), walk.state(CONNECTION)) == (circuit_breaker.OPEN, PARKED)


def test_a_connection_that_the_user_closes_gives_its_permit_back():
    walk = signed_in()
    walk.send(CONNECTION, Connect(), Disconnect())
    assert (walk.state(CONNECTION), walk.of(CIRCUIT_BREAKER).context.failures) == (IDLE, 0)


# -------------------------------------------------------------------------------------------- the fate of operations
@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (lambda walk: walk.answer(CONNECTION, Closed(4004)), "kicked"),
        (lambda walk: walk.answer(CONNECTION, Closed(4002)), "permission_denied"),
        (lambda walk: hear(walk, error("DOCUMENT_DELETED")), "deleted"),
        (lambda walk: hear(walk, error("INSUFFICIENT_PERMISSIONS")), "permission_denied"),
    ],
    ids=["4004", "4002", "deleted", "permission"],
)
def test_a_connection_that_fails_gives_every_operation_back(ending, reason):
    """Seed defects 4 and 51; a terminal error is never swallowed (S5)."""
    walk = stable()
    submit(walk, "x")
    submit(walk, "y")
    ending(walk)
    ended = [each for each in walk.published if isinstance(each, OperationEnded)]
    assert [(each.sequence, each.outcome, each.reason) for each in ended] == [
        (number, Outcome.EXPORTED, reason) for number in (1, 2)
    ]
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (FAILED, HALTED)
    walk.send(CONNECTION, Connect())
    assert walk.state(CONFLICT_RECOVERY, URL_DOCUMENT) is DETACHED


def test_a_document_that_is_not_found_halts_and_leaves_the_link():
    walk = stable()
    submit(walk)
    hear(walk, error("DOCUMENT_NOT_FOUND"))
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (STABLE, HALTED)


def test_a_dropped_link_keeps_the_operations():
    walk = stable()
    submit(walk)
    walk.answer(CONNECTION, Closed(1006))
    assert (walk.state(CONFLICT_RECOVERY, URL_DOCUMENT), walk.published) == (DETACHED, ())


def test_defect_53_a_locked_document_is_waited_for_in_place():
    """Seed defect 53: one error, three reactions."""
    walk = stable()
    hear(walk, error("DOCUMENT_LOCKED"))
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (STABLE, HELD)


def test_nothing_new_is_sent_to_a_server_that_goes_away():
    walk = stable()
    walk.send(CONNECTION, GoAway())
    submit(walk)
    assert (walk.state(CONFLICT_RECOVERY, URL_DOCUMENT), walk.effects) == (HELD, ())


# ------------------------------------------------------------------------------------------------------------- storms
def storm(walk, errors=11, code="OPERATION_TIMEOUT"):
    """Let the server report so many errors, each about an operation of its own; gives what was ordered."""
    effects = []
    link = walk.ticket(CONNECTION, Dial)
    for number in range(errors):
        frame = FrameArrived(error(code, message_id=f"bob:{number}"))
        walk.answer(CONNECTION, frame, ticket=link)
        effects += walk.effects
    return effects


def test_defect_7_a_storm_closes_once_with_4999_and_the_connection_waits_for_its_end():
    """S2 and S3; seed defects 5 and 7: 4999 was sent 20 times, and the link was dialled again at once or never."""
    walk = stable()
    submit(walk)
    effects = storm(walk, 30)
    assert [each for each in effects if isinstance(each, Close | Dial)] == [Close(4999)]
    assert (walk.state(ERROR_STORM), walk.state(CONNECTION)) == (TRIPPED, PARKED)
    assert str(public_status(walk.snapshot)) == "waiting (storm)"
    walk.send(CONNECTION, ReconnectNow())
    assert walk.state(CONNECTION) is PARKED
    walk.fire(ERROR_STORM, "after cooldown")
    assert walk.effects == (Dial(1),)
    assert [each.sequence for each in walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.parts] == [1]


def test_defect_2_the_eleventh_error_is_told_as_a_storm_with_its_codes():
    """The eleventh error threw, since what should have told of the storm did not exist."""
    walk = stable()
    storm(walk, 10)
    hear(walk, error("INVALID_OPERATION", message_id="bob:99"))
    assert isinstance(walk.verdict, Taken)
    assert StormBegan(("OPERATION_TIMEOUT", "INVALID_OPERATION")) in walk.published


def test_the_first_error_after_the_reconnect_is_the_first_of_eleven():
    """S4; seed defect 6."""
    walk = stable()
    storm(walk)
    walk.fire(ERROR_STORM, "after cooldown")
    settling(walk)
    storm(walk, 10)
    assert (walk.state(ERROR_STORM), walk.state(CONNECTION)) == (PROBATION, SETTLING)


def test_probation_is_passed_by_a_link_that_is_steady_for_a_minute():
    walk = stable()
    storm(walk)
    walk.fire(ERROR_STORM, "after cooldown")
    settling(walk)
    assert "proven" not in walk.timers(ERROR_STORM)
    stable(walk)
    walk.answer(CONNECTION, Closed(1006))
    assert "proven" not in walk.timers(ERROR_STORM)
    walk.fire(CONNECTION, DROPPED)
    stable(walk)
    walk.fire(ERROR_STORM, "proven")
    assert walk.state(ERROR_STORM) is CALM


def test_the_third_storm_ends_the_connection_and_a_person_begins_afresh():
    """S3: latched ⇒ connection failed; what was pending is given back."""
    walk = stable()
    submit(walk)
    for _ in range(2):
        storm(walk)
        walk.fire(ERROR_STORM, "after cooldown")
        settling(walk)
    effects = storm(walk, 20)
    assert [each for each in effects if isinstance(each, Close | Dial)] == [Close(4999)]
    assert (walk.state(ERROR_STORM), walk.state(CONNECTION)) == (LATCHED, FAILED)
    assert str(public_status(walk.snapshot)) == "failed (error_storm)"
    assert walk.state(CONFLICT_RECOVERY, URL_DOCUMENT) is HALTED
    walk.send(CONNECTION, Connect())
    assert (walk.state(ERROR_STORM), walk.effects) == (CALM, (Dial(1),))


def test_a_third_storm_that_finds_the_link_gone_already_ends_the_connection_too():
    """A refused token moves the connection first; whatever an error does, no state waits for nobody."""
    count_all = Options(error_storm=error_storm.Options(trips_max=1, count_all=True))
    walk = stable(signed_in(count_all))
    storm(walk, 10)
    hear(walk, error("TOKEN_EXPIRED"))
    assert (walk.state(ERROR_STORM), walk.state(CONNECTION)) == (LATCHED, FAILED)
    walk.send(CONNECTION, Connect())
    walk.answer(AUTH_REFRESH, Refreshed(3600.0))
    assert walk.effects == (Dial(2),)


@pytest.mark.parametrize(
    ("last", "reason"), [("DOCUMENT_DELETED", "deleted"), ("INSUFFICIENT_PERMISSIONS", "permission_denied")]
)
def test_defect_4_a_terminal_error_is_not_swallowed_by_the_storm_that_it_sets_off(last, reason):
    """S5; seed defect 4: an eleventh DOCUMENT_DELETED went unheard."""
    walk = stable(signed_in(Options(error_storm=error_storm.Options(count_all=True))))
    storm(walk, 10)
    hear(walk, error(last))
    assert (walk.state(CONNECTION), walk.of(CONNECTION).context.reason) == (FAILED, reason)
    assert [each for each in walk.effects if isinstance(each, Close)] == [Close(1000)]
    assert walk.state(ERROR_STORM) is TRIPPED


def test_normal_editing_is_no_storm():
    """S6; seed defect 8: conflicts, limits and tokens tripped it."""
    walk = stable()
    for number in range(20):
        for code in ("VERSION_CONFLICT", "DOCUMENT_LOCKED", "MAINTENANCE_MODE"):
            hear(walk, error(code, message_id=f"bob:{number}"))
    hear(walk, error("RATE_LIMIT_EXCEEDED"))
    assert (walk.state(ERROR_STORM), walk.of(ERROR_STORM).context.counted) == (CALM, ())


def test_what_ignores_a_known_limit_counts_towards_a_storm():
    walk = stable()
    for number in range(12):
        assert walk.state(ERROR_STORM) is CALM
        hear(walk, error("RATE_LIMIT_EXCEEDED", message_id=f"bob:{number}"))
    assert walk.state(ERROR_STORM) is TRIPPED


# ------------------------------------------------------------------------------------------- errors, and who hears them
@pytest.mark.parametrize("code", ErrorCode)
def test_defect_3_the_application_hears_of_every_error_once_and_the_policy_is_followed_all_the_same(code):
    """Whoever listened to a code replaced its default: a deleted document's link then stayed open."""
    walk = stable()
    submit(walk)
    hear(walk, error(code, message_id="ann:1"))
    told = [each for each in walk.published if isinstance(each, ErrorReported)]
    assert [each.code for each in told] == [code]
    reacted = {hop.member for hop in walk.done.path} - {"connection", "heartbeat", "router", "error_storm"}
    assert bool(reacted) == (code not in ("CONNECTION_FAILED", "CONNECTION_TIMEOUT"))


@pytest.mark.parametrize("code", ["CONNECTION_FAILED", "CONNECTION_TIMEOUT"])
def test_defect_67_a_link_that_fails_is_noticed_here_and_cannot_be_told_over_it(code):
    """A frame that says so is passed on, and changes nothing: the link that brought it is there."""
    walk = stable()
    members = (CONNECTION, None), (ERROR_STORM, None), (CONFLICT_RECOVERY, URL_DOCUMENT), (CIRCUIT_BREAKER, None)
    before = [walk.of(member, key) for member, key in members]
    hear(walk, error(code))
    assert walk.published == (ErrorReported(code, recoverable=True),)
    after = [walk.of(member, key) for member, key in members]
    assert [(each.state, each.context) for each in after] == [(each.state, each.context) for each in before]


# -------------------------------------------------------------------------------------------------------- rate limits
def test_defect_43_a_limited_operation_is_sent_again_when_the_limit_is_over():
    """R5 and O5; seed defects 42 and 43: it was lost, and "not queued" was sent by nobody."""
    walk = stable()
    submit(walk, "x")
    submit(walk, "y")
    hear(walk, error("RATE_LIMIT_EXCEEDED", message_id="ann:1", retry_after=5000))
    assert (walk.effects, walk.published[-1]) == ((), LimitHeard(5.0, "ann:1", "RATE_LIMIT_EXCEEDED", 0))
    assert walk.timers(CONFLICT_RECOVERY, URL_DOCUMENT) == {}
    assert str(public_status(walk.snapshot)) == "connected (rate_limited)"
    walk.fire(RATE_LIMIT, "rested")
    assert walk.effects == ()
    walk.fire(RATE_LIMIT, "limit_over")
    assert walk.effects == (Send(DocumentEdit((Insert(0, "x"),), 0, client_id="ann", message_id="ann:1")),)
    assert (walk.state(RATE_LIMIT), list(walk.timers(CONFLICT_RECOVERY, URL_DOCUMENT))) == (DRAINING, ["ack_overdue"])
    hear(walk, OperationAck("ann:1", 1))
    assert walk.effects == ()
    walk.fire(RATE_LIMIT, "rested")
    assert [each.message.message_id for each in walk.effects] == ["ann:2"]


def test_a_limit_of_its_own_message_means_the_same():
    """protocol.md: rate_limited."""
    walk = stable()
    submit(walk)
    hear(walk, RateLimited(250.0))
    assert walk.published == (LimitHeard(0.25, "ann:1", "RATE_LIMIT_EXCEEDED", 0),)
    assert (walk.state(RATE_LIMIT), walk.of(RATE_LIMIT).context.queue) == (LIMITED, ("ann:1",))


def test_a_limit_outlives_the_link_and_holds_no_question():
    """R8 and R10."""
    walk = stable()
    hear(walk, RateLimited(30_000.0))
    walk.answer(CONNECTION, Closed(1006))
    walk.fire(CONNECTION, DROPPED)
    submit(walk)
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert [type(each.message) for each in walk.effects] == [SyncRequest]
    hear(walk, sync_of(walk))
    assert (walk.effects, walk.state(RATE_LIMIT)) == ((), LIMITED)
    walk.fire(RATE_LIMIT, "limit_over")
    assert [each.message.message_id for each in walk.effects] == ["ann:1"]


# ------------------------------------------------------------------------------------- locks, maintenance, permissions
def test_a_locked_operation_is_sent_again_after_the_lock():
    walk = stable()
    submit(walk)
    hear(walk, error("DOCUMENT_LOCKED", message_id="ann:1"))
    assert (walk.state(HOLD), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT), walk.state(CONNECTION)) == (
        LOCKED,
        HELD,
        STABLE,
    )
    assert str(public_status(walk.snapshot)) == "connected (document_locked)"
    walk.fire(HOLD, "waited")
    hear(walk, sync_of(walk))
    walk.fire(RATE_LIMIT, "rested")
    assert [each.message.message_id for each in walk.effects] == ["ann:1"]
    hear(walk, OperationAck("ann:1", 1))
    assert walk.of(HOLD).context.lock.times == 0


def test_a_document_that_stays_locked_gives_its_operations_back():
    """≤ 10 tries."""
    walk = stable()
    submit(walk)
    for _ in range(10):
        hear(walk, error("DOCUMENT_LOCKED", message_id="ann:1"))
        assert walk.state(HOLD) is LOCKED
        walk.fire(HOLD, "waited")
        hear(walk, sync_of(walk))
    hear(walk, error("DOCUMENT_LOCKED", message_id="ann:1"))
    ended = [each for each in walk.published if isinstance(each, OperationEnded)]
    assert [(each.outcome, each.reason) for each in ended] == [(Outcome.EXPORTED, "document_locked")]
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (STABLE, HALTED)


def test_a_close_for_a_locked_document_enters_the_same_state_and_the_connection_ends_it():
    """Seed defect 53; G8: the wait has one owner."""
    walk = stable()
    walk.answer(CONNECTION, Closed(4003))
    assert (walk.state(HOLD), walk.timers(HOLD), walk.state(CONNECTION)) == (LOCKED, {}, SUSPENDED)
    walk.fire(CONNECTION, "after suspended_delay")
    assert (walk.state(HOLD), walk.effects) == (CLEAR, (Dial(1),))


@pytest.mark.parametrize(("code", "first"), [("MAINTENANCE_MODE", 60.0), ("SERVICE_UNAVAILABLE", 30.0)])
def test_a_service_that_is_out_is_not_dialled_and_keeps_the_link_it_leaves_open(code, first):
    """Seed defect 58: the attempts were used up while the service was in maintenance."""
    walk = stable()
    submit(walk)
    hear(walk, error(code, message_id="ann:1"))
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (STABLE, HELD)
    assert walk.timers(HOLD)["waited"].low_seconds == first
    walk.answer(CONNECTION, Closed(1006))
    while walk.state(CONNECTION) is BACKING_OFF:
        walk.fire(CONNECTION, DROPPED)
    assert (walk.state(CONNECTION), str(public_status(walk.snapshot))) == (PARKED, "waiting (maintenance)")
    walk.fire(HOLD, "waited")
    assert walk.effects == (Dial(1),)
    settling(walk)
    assert walk.of(HOLD).context.maintenance.times + walk.of(HOLD).context.unavailable.times == 1
    stable(walk)
    assert walk.of(HOLD).context.maintenance.times + walk.of(HOLD).context.unavailable.times == 0


def test_who_may_only_read_has_the_document_and_sends_nothing():
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    walk.answer(CONNECTION, Opened())
    hear(walk, evolve(GREETING, permissions=("read",)))
    hear(walk, sync_of(walk))
    assert (walk.state(HOLD), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (READ_ONLY, HELD)
    assert walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.view == Text("abc")
    submit(walk)
    assert (walk.effects, str(public_status(walk.snapshot))) == ((), "connected (read_only)")
    assert walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.pending == ()
    hear(walk, PermissionChange(("read", "write")))
    hear(walk, sync_of(walk))
    submit(walk)
    assert [each.message.message_id for each in walk.effects] == ["ann:1"]


def test_a_user_who_loses_the_right_to_write_loses_one_operation_and_keeps_the_rest():
    """Section 11, INSUFFICIENT_PERMISSIONS: reject the operation, and read only; the next is not even sent."""
    walk = stable()
    submit(walk, "x")
    submit(walk, "y")
    walk.fire(RATE_LIMIT, "rested")
    hear(walk, error("INSUFFICIENT_PERMISSIONS", message_id="ann:1"))
    ended = [each for each in walk.published if isinstance(each, OperationEnded)]
    assert [(each.sequence, each.outcome) for each in ended] == [(1, Outcome.REJECTED)]
    assert (walk.effects, walk.state(HOLD), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == ((), READ_ONLY, HELD)
    assert [each.sequence for each in walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.parts] == [2]


def test_a_server_that_comes_back_after_it_went_away_is_sent_what_was_kept():
    walk = stable()
    walk.send(CONNECTION, GoAway())
    submit(walk)
    walk.answer(CONNECTION, Closed(1001))
    walk.fire(CONNECTION, DROPPED)
    settling(walk)
    assert [each.message.message_id for each in walk.effects] == ["ann:1"]


# ------------------------------------------------------------------------------------------------- network and viewers
@pytest.mark.parametrize(
    ("begins", "ends", "gate"), [(WentOffline(), CameOnline(), "offline"), (Hid(), Shown(), "hidden")]
)
def test_nothing_is_dialled_without_a_network_or_a_viewer(begins, ends, gate):
    """Fluid #10325: a reconnect while offline hung; Phoenix #6578: a socket that the user closed was revived."""
    walk = signed_in()
    walk.send(HOLD, begins)
    walk.send(CONNECTION, Connect())
    assert str(public_status(walk.snapshot)) == f"waiting ({gate})"
    walk.send(HOLD, ends)
    assert walk.effects == (Dial(1),)
    stable(walk)
    walk.send(HOLD, begins)
    assert walk.state(CONNECTION) is STABLE
    walk.send(CONNECTION, Disconnect())
    walk.answer(CONNECTION, Closed(1000))
    walk.send(HOLD, ends)
    assert (walk.state(CONNECTION), walk.effects) == (IDLE, ())


def test_a_network_that_is_back_wakes_a_refresh_that_waited_for_it():
    walk = SystemWalk(SESSION, contexts("ann", Options()))
    walk.send(HOLD, WentOffline())
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, RefreshFailed(Trouble.UNREACHABLE))
    assert walk.state(AUTH_REFRESH) is auth_refresh.OFFLINE_HOLD
    walk.send(HOLD, CameOnline())
    assert walk.state(AUTH_REFRESH) is auth_refresh.REFRESHING


def test_of_several_gates_the_gravest_is_shown_and_each_has_to_open():
    walk = stable()
    storm(walk)
    walk.send(HOLD, WentOffline())
    walk.send(HOLD, Hid())
    assert str(public_status(walk.snapshot)) == "waiting (offline)"
    walk.send(HOLD, CameOnline())
    assert str(public_status(walk.snapshot)) == "waiting (storm)"
    walk.fire(ERROR_STORM, "after cooldown")
    assert (walk.state(CONNECTION), str(public_status(walk.snapshot))) == (PARKED, "waiting (hidden)")
    walk.send(HOLD, Shown())
    assert walk.effects == (Dial(1),)


# -------------------------------------------------------------------------------------------------- a random world
SMALL = Options(
    connection=connection.Options(RetryOptions(attempts_max=2)),
    auth_refresh=auth_refresh.Options(failures_max=2, rejections_max=2),
    circuit_breaker=circuit_breaker.Options(failures_max=2),
    conflict_recovery=conflict_recovery.Options(rounds_max=2, syncs_max=2, queue_max=3),
    error_storm=error_storm.Options(errors_max=4, trips_max=2),
    hold=hold.Options(locks_max=1),
    rate_limit=rate_limit.Options(queue_max=1),
)
OTHER = "other"
CLOSES = (1000, 1001, 1002, 1005, 1006, 1008, 1009, 1011, 1012, 1013, 3000, 4000, 4001, 4002, 4003, 4004, 4321, 4999)
FAILURES = (None, 401, 403, 404, 408, 423, 426, 429, 500, 503, 418)
APPLICATION = (
    (CONNECTION, Connect()),
    (CONNECTION, Connect()),
    (CONNECTION, Disconnect()),
    (CONNECTION, ReconnectNow()),
    (CONNECTION, GoAway()),
    (AUTH_REFRESH, SignIn()),
    (AUTH_REFRESH, SignIn()),
    (AUTH_REFRESH, Login(60.0)),
    (AUTH_REFRESH, Login(None)),
    (AUTH_REFRESH, Logout()),
    (AUTH_REFRESH, Online()),
    *((member, ClockJumped(60.0)) for member in (CONNECTION, HEARTBEAT, AUTH_REFRESH)),
    (CIRCUIT_BREAKER, MetricsOnly()),
    (CIRCUIT_BREAKER, ForceOpen()),
    (CIRCUIT_BREAKER, Disable()),
    (CIRCUIT_BREAKER, Reset()),
    (CIRCUIT_BREAKER, Reset()),
    (HOLD, WentOffline()),
    (HOLD, CameOnline()),
    (HOLD, CameOnline()),
    (HOLD, Hid()),
    (HOLD, Shown()),
    (HOLD, Shown()),
)


class World:
    """Everything that can reach a session, at random: a server of any temper, a person, time, and late answers.

    Besides the URL's document there is another, which is opened, closed and opened again.
    """

    def __init__(self, options=SMALL):
        self.walk = SystemWalk(SESSION, contexts("ann", options))
        self.late, self.noted = [], None
        self.granted = self.reported = 0
        self.openings, self.outcomes = 0, {}
        self.hops, self.published, self.orders = list(self.walk.done.path), [], []
        self.walk.send(AUTH_REFRESH, SignIn())
        self.walk.send(CONNECTION, Connect())
        self.note()

    def next(self, choice):
        walk, kind, rest = self.walk, choice % 16, choice // 16
        if kind < 5 and walk.answerable(CONNECTION):
            self.link(rest)
        elif kind < 7 and walk.answerable(AUTH_REFRESH):
            walk.answer(AUTH_REFRESH, (Refreshed(60.0), Refreshed(None), *map(RefreshFailed, Trouble))[rest % 5])
        elif kind < 5 and walk.state(CONNECTION) in (IDLE, FAILED):
            walk.send(CONNECTION, Connect())
        elif kind < 5 and walk.of(CONNECTION).context.gates:
            open_gates(walk, rest)
        elif kind < 11:
            due = [(name, label) for name in walk.snapshot.names for label in walk.timers(*self.member(name))]
            seldom = ("giving_up", "expiry")
            due = [each for each in due if each[1] not in seldom or rest % 40 == 0]
            if due:
                name, label = due[rest % len(due)]
                member, key = self.member(name)
                walk.fire(member, label, chance=rest % 7 / 6, key=key)
        elif kind < 13:
            submit(walk, "xyz"[rest % 3], self.document(rest // 3))
        elif kind == 13 and self.late:
            member, event, ticket = self.late[rest % len(self.late)]
            if ticket not in [each.number for each in walk.of(member).tickets]:
                walk.answer(member, event, ticket=ticket)
        elif rest % 5 == 0:
            self.open_or_close(rest // 5)
        else:
            member, event = APPLICATION[rest % len(APPLICATION)]
            walk.send(member, event)
        if walk.done is not self.noted:
            self.note()

    def member(self, name):
        return SESSION.plan.definition(name), key_of(name)

    def document(self, choice):
        """Choose one of the documents that are open."""
        there = self.walk.snapshot.keys(CONFLICT_RECOVERY)
        return there[choice % len(there)]

    def open_or_close(self, choice):
        if OTHER not in self.walk.snapshot.keys(CONFLICT_RECOVERY):
            self.openings += 1
            self.walk.send(ROUTER, OpenDocument(OTHER, f"opening{self.openings}"))
        elif choice % 3 == 0:
            replica = self.walk.of(CONFLICT_RECOVERY, OTHER).context.replica
            self.walk.send(CONFLICT_RECOVERY, CloseDocument(), key=OTHER)
            self.note()
            ends = [sequence for document, sequence in self.outcomes if document == OTHER]
            assert sorted(ends) == list(range(1, replica.sequence + 1)), "G2 and O3 of a document that is closed"
            self.outcomes = {each: how for each, how in self.outcomes.items() if each[0] != OTHER}
        else:
            self.walk.send(ROUTER, OpenDocument(OTHER, "a second time"))

    def link(self, rest):
        walk = self.walk
        ticket = walk.ticket(CONNECTION, Dial)
        if Opened in walk.answerable(CONNECTION):
            self.late.append((CONNECTION, Opened(), ticket))
            failed = FAILURES[rest // 4 % len(FAILURES)]
            event = Opened() if rest % 4 else OpenFailed("rejected" if failed else "refused", failed, rest % 50 or None)
        elif walk.state(CONNECTION) is connection.HANDSHAKING and rest % 4:
            event = FrameArrived(GREETING)
        elif rest % 12 == 1:
            event = Closed(CLOSES[rest // 12 % len(CLOSES)])
        elif rest % 12 == 2:
            event = FrameInvalid("not JSON")
        else:
            event = FrameArrived(self.message(rest // 12))
        if isinstance(event, Closed | OpenFailed):
            self.late.append((CONNECTION, Closed(1006), ticket))
        walk.answer(CONNECTION, event)

    def message(self, rest):
        document, rest = self.document(rest), rest // 2
        replica = self.walk.of(CONFLICT_RECOVERY, document).context.replica
        head = replica.message_id(replica.pending[0].sequence) if replica.pending else "ann:0"
        codes = list(ErrorCode)
        said = (
            evolve(sync_of(self.walk, document), document=Document("d", replica.version, replica.base)),
            evolve(sync_of(self.walk, document), document=Document("d", replica.version + 3, Text("abc"))),
            OperationAck(head, replica.version + 1, document_id=document),
            OperationAck(head, replica.version + rest % 4, document_id=document),
            OperationBroadcast((Insert(0, "r"),), replica.version + 1 + rest % 2, "bob", "bob:1", document_id=document),
            evolve(error(codes[rest // 7 % len(codes)], message_id=head), document_id=document),
            error(codes[rest // 7 % len(codes)]),
            error("NEVER_HEARD_OF"),
            RateLimited(float(rest % 3000)),
            PermissionChange(("read", "write") if rest % 3 else ("read",)),
            TokenRefreshRequired(5.0),
            Ping(1),
            Pong(1),
            GREETING,
            Passed("presence", "cursor"),
        )
        return said[rest % len(said)]

    def note(self):
        done = self.noted = self.walk.done
        self.hops += done.path
        self.published += done.published
        self.orders += done.orders
        self.granted += sum(isinstance(hop.event, Permitted) for hop in done.path)
        self.reported += sum(isinstance(hop.event, circuit_breaker.Reported) for hop in done.path)
        for ended in done.published:
            if isinstance(ended, OperationEnded):
                name = ended.document_id, ended.sequence
                assert name not in self.outcomes, "O3: once"
                self.outcomes[name] = ended.outcome


CHOICES = st.lists(st.integers(0, 1_000_000), min_size=70, max_size=70)
walks = settings(max_examples=60, deadline=None)


def each_step(choices):
    world = World()
    for choice in choices:
        yield world, world.walk
        world.next(choice)
    yield world, world.walk


@walks
@given(CHOICES)
def test_nothing_ever_breaks_or_is_forbidden_or_goes_unanswered(choices):
    """A law of the system: every hop of every transaction has a verdict that the tables meant."""
    for world, _ in each_step(choices):
        wrong = [hop for hop in world.hops if isinstance(hop.verdict, Broken | Forbidden | Refused | Unhandled)]
        assert wrong == []
        world.hops.clear()


@walks
@given(CHOICES)
def test_there_is_one_socket_at_most_and_none_that_nobody_wants(choices):
    """C1: a dial or socket is live exactly in the states that have one, and a late open is disposed of."""
    for _, walk in each_step(choices):
        dials = [ticket for ticket in walk.of(CONNECTION).tickets if ticket.name == "Dial"]
        assert len(dials) == (walk.state(CONNECTION) in SOCKET)
        if isinstance(walk.verdict, Stale) and isinstance(walk.done.path[0].event, Opened):
            assert walk.effects == (Abandon(),)


@walks
@given(CHOICES)
def test_no_dial_presents_a_token_that_is_refused_expired_or_gone(choices):
    """C3, A4, A5 and A10."""
    for _, walk in each_step(choices):
        auth = walk.of(AUTH_REFRESH)
        for effect in walk.effects:
            if isinstance(effect, Dial):
                assert effect.generation == auth.context.generation > auth.context.rejected
                assert not auth.context.expired
        if auth.state in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED):
            assert walk.state(CONNECTION) in (IDLE, FAILED, PARKED, CLOSING, BACKING_OFF, SUSPENDED)


@walks
@given(CHOICES)
def test_a_permit_is_reported_exactly_once_on_every_way_out(choices):
    """C8."""
    for world, walk in each_step(choices):
        assert world.granted - world.reported == (walk.state(CONNECTION) in PERMITTED)


@walks
@given(CHOICES)
def test_the_fast_phase_is_bounded_and_only_stability_or_a_new_wish_shortens_a_delay(choices):
    """C4, C5 and C10."""
    attempts = 0
    for _, walk in each_step(choices):
        context = walk.of(CONNECTION).context
        connected = any(isinstance(hop.event, Connect) for hop in walk.done.path)
        over = walk.state(CONNECTION) in (STABLE, IDLE, CLOSING, FAILED)
        assert context.retries.attempts >= attempts or over or connected
        attempts = context.retries.attempts
        for label, delay in walk.timers(CONNECTION).items():
            if label == "after backoff_delay":
                assert attempts <= 2
                assert 0.1 <= delay.low_seconds <= delay.high_seconds <= 30.0
            if label == "after suspended_delay":
                assert delay.low_seconds >= 30.0


@walks
@given(CHOICES)
def test_whoever_waits_waits_for_somebody_who_will_come(choices):
    """C6: no state of the connection is a dead end while a connection is wanted."""
    busy = (auth_refresh.REFRESHING, auth_refresh.RETRY_WAIT, auth_refresh.OFFLINE_HOLD)
    shut = (circuit_breaker.OPEN, circuit_breaker.HALF_OPEN, circuit_breaker.FORCED_OPEN)
    for _, walk in each_step(choices):
        state, gates = walk.state(CONNECTION), walk.of(CONNECTION).context.gates
        out = walk.state(AUTH_REFRESH) in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED)
        assert gates == shut_by_their_owners(walk)
        assert (Gate.REAUTH in gates) == out
        assert state is not ACQUIRING
        assert state is not AUTHORIZING or walk.state(AUTH_REFRESH) in busy
        assert state is not PARKED or gates or walk.state(CIRCUIT_BREAKER) in shut
        if state in connection.WAITING or (state in SOCKET and state is not STABLE):
            assert walk.timers(CONNECTION)


@walks
@given(CHOICES)
def test_heartbeat_and_operations_follow_the_link(choices):
    """C2 and O5: they are awake exactly while messages can flow, and nothing of the document is sent otherwise."""
    for _, walk in each_step(choices):
        ready = walk.state(CONNECTION) in READY
        assert (walk.state(HEARTBEAT) is not DORMANT) == ready
        for document in walk.snapshot.keys(CONFLICT_RECOVERY):
            assert walk.state(CONFLICT_RECOVERY, document) in (DETACHED, HALTED) or ready
        for effect in walk.effects:
            if isinstance(effect, Send) and isinstance(effect.message, DocumentEdit | SyncRequest):
                assert ready
        if walk.state(CONNECTION) is FAILED:
            assert {walk.state(CONFLICT_RECOVERY, each) for each in walk.snapshot.keys(CONFLICT_RECOVERY)} == {HALTED}


@walks
@given(CHOICES)
def test_a_gate_that_is_shut_lets_no_dial_pass_and_an_operation_that_is_kept_is_not_sent(choices):
    """Section 8.2, O5 and R1, across every interleaving of the nine."""
    for _, walk in each_step(choices):
        held, limits = walk.of(HOLD).context, walk.of(RATE_LIMIT).context.limits
        for effect in walk.effects:
            if isinstance(effect, Dial):
                assert not shut_by_their_owners(walk)
            if isinstance(effect, Send) and isinstance(effect.message, DocumentEdit):
                assert not hold.holds_link(held)
                assert not hold.is_read_only(held)
                assert not hold.locks(held, effect.message.document_id)
                assert not limits


@walks
@given(CHOICES)
def test_a_storm_closes_its_link_once_and_ends_in_another_try_or_in_giving_up(choices):
    """S2, S3 and G3: what follows from a storm never feeds it."""
    for _, walk in each_step(choices):
        storms = sum(isinstance(each, StormBegan) for each in walk.published)
        closes = walk.effects.count(Close(4999))
        assert closes <= storms <= 1
        if walk.state(ERROR_STORM) is TRIPPED:
            assert "after cooldown" in walk.timers(ERROR_STORM)
        if walk.state(ERROR_STORM) is LATCHED:
            assert walk.state(CONNECTION) in (FAILED, IDLE, CLOSING)
        assert len([hop for hop in walk.done.path if isinstance(hop.event, error_storm.ErrorSeen)]) <= 1


@walks
@given(CHOICES)
def test_no_operation_is_lost_or_ends_twice(choices):
    """G2 and O3 across every interleaving of the six."""
    for world, walk in each_step(choices):
        for document in walk.snapshot.keys(CONFLICT_RECOVERY):
            replica = walk.of(CONFLICT_RECOVERY, document).context.replica
            ended = [sequence for name, sequence in world.outcomes if name == document]
            ends = [*ended, *(each.sequence for each in replica.parts)]
            assert sorted(ends) == list(range(1, replica.sequence + 1))


@walks
@given(CHOICES)
def test_a_friendly_world_always_leads_to_a_stable_link(choices):
    """C12: from wherever a random one has led."""
    *_, (_, walk) = each_step(choices)
    walk.send(CIRCUIT_BREAKER, Reset())
    walk.send(CONNECTION, Connect())
    for _ in range(30):
        if walk.state(CONNECTION) is STABLE:
            break
        befriend(walk)
    assert walk.state(CONNECTION) is STABLE
    assert walk.state(AUTH_REFRESH) not in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED)


def shut_by_their_owners(walk):
    """Name the gates that each owner's state shuts."""
    held = walk.of(HOLD).context
    shut = {
        "reauth": walk.state(AUTH_REFRESH) in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED),
        "storm": walk.state(ERROR_STORM) in (TRIPPED, LATCHED),
        "maintenance": held.maintenance.running or held.unavailable.running,
        "offline": held.offline,
        "hidden": held.hidden,
    }
    return {gate for gate, is_shut in shut.items() if is_shut}


def open_gates(walk, choice):
    """Do something that opens one of the gates that are shut."""
    gate = sorted(walk.of(CONNECTION).context.gates)[choice % len(walk.of(CONNECTION).context.gates)]
    if gate == "reauth":
        walk.send(AUTH_REFRESH, (SignIn(), Login(60.0), Login(None))[choice % 3])
    elif gate == "storm":
        walk.fire(ERROR_STORM, "after cooldown") if walk.state(ERROR_STORM) is TRIPPED else walk.send(
            CONNECTION, Connect()
        )
    elif gate == "maintenance":
        walk.fire(HOLD, "waited")
    else:
        walk.send(HOLD, CameOnline() if gate == "offline" else Shown())


def befriend(walk):
    """Do the next thing that a friendly world would."""
    can, state = walk.answerable(CONNECTION), walk.state(CONNECTION)
    if state is PARKED and walk.of(CONNECTION).context.gates:
        open_gates(walk, 2)
    elif walk.state(AUTH_REFRESH) in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED):
        walk.send(AUTH_REFRESH, Login(None))
    elif state in (IDLE, FAILED):
        walk.send(CONNECTION, Connect())
    elif Opened in can:
        walk.answer(CONNECTION, Opened())
    elif state is connection.HANDSHAKING:
        hear(walk, GREETING)
    elif Closed in can and state is CLOSING:
        walk.answer(CONNECTION, Closed(1000))
    elif walk.answerable(AUTH_REFRESH):
        walk.answer(AUTH_REFRESH, Refreshed(None))
    else:
        due = {SETTLING: "after settle_delay", BACKING_OFF: DROPPED, SUSPENDED: "after suspended_delay"}
        label = due.get(state) or ("after drain_delay" if state is connection.DRAINING else None)
        member = CONNECTION if label else CIRCUIT_BREAKER if state is PARKED else AUTH_REFRESH
        walk.fire(member, label or next(at for at in walk.timers(member) if at not in ("expiry", "refresh_due")))


@walks
@given(CHOICES)
def test_a_disconnect_leaves_nothing_that_could_dial_again(choices):
    """G6: within the close's deadline; Phoenix #6578."""
    *_, (_, walk) = each_step(choices)
    walk.send(CONNECTION, Disconnect())
    if walk.state(CONNECTION) is CLOSING:
        walk.fire(CONNECTION, "after close_seconds")
    assert walk.state(CONNECTION) in (IDLE, FAILED)
    assert walk.of(CONNECTION).tickets == ()
    for member, event in APPLICATION:
        if not isinstance(event, Connect):
            walk.send(member, event)
            assert Dial not in map(type, walk.effects)


@walks
@given(CHOICES)
def test_a_login_is_prompted_for_once_each_time_it_is_lost(choices):
    """A10."""
    *_, (world, _) = each_step(choices)
    hops = [hop.verdict for hop in world.hops if hop.member == AUTH_REFRESH.name and isinstance(hop.verdict, Taken)]
    lost = auth_refresh.REAUTH_REQUIRED
    became = sum(verdict.target is lost and verdict.source is not lost for verdict in hops)
    assert became == sum(isinstance(each, PromptLogin) for each in world.published)


def test_equal_worlds_have_equal_histories():
    """Replays: the same stimuli give the same snapshots, orders and news."""
    ends = []
    for _ in range(2):
        chance, world = random.Random(7), World()
        for _ in range(400):
            world.next(chance.randrange(1_000_001))
        ends.append((world.walk.snapshot, world.hops, world.published, world.orders))
    assert ends[0] == ends[1]


def test_every_wire_carries_something():
    """Over a fixed set of random worlds: a wire that nothing ever takes would be one that nobody has tested."""
    carried, told = set(), set()
    stormy = evolve(SMALL, error_storm=error_storm.Options(errors_max=1, trips_max=2))
    for seed in range(50):
        chance, world = random.Random(seed), World(stormy if seed % 3 == 0 else SMALL)
        for _ in range(250):
            world.next(chance.randrange(1_000_001))
        carried |= {(member_of(hop.member), type(hop.event)) for hop in world.hops}
        told |= set(map(type, world.published))
    for line in SESSION.wiring:
        if line.target is None or line.make is None:
            assert line.signal in told, line.signal
            continue
        made = get_type_hints(line.make)["return"]
        kinds = getattr(made, "__args__", (made,))
        assert any((line.target.name, kind) in carried for kind in kinds), line.make


def test_news_of_others_is_passed_on():
    walk = stable()
    hear(walk, Passed("presence", "cursor"))
    assert walk.published == (MessagePassed(Passed("presence", "cursor")),)
