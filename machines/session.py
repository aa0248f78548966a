"""Session: the lifecycles wired into one client.

Who tells whom what stands in WIRING; no machine knows another. What depends on the states of several, or would have to
be told again and again, is derived in DERIVED instead: which gates are shut, whether operations are to be kept, whether
the connection has failed for good. So no number of wakes can be forgotten, and nothing is opened by the wrong owner.

One message may concern several machines. It reaches them in this order: what ends a document or a permission, then
the token, then the storm, which counts an error after everyone concerned has heard of it; the derived facts come last,
so a gate that shuts finds the link as that left it.

There is a conflict recovery for each document that is open. What the server says of a document leads to that one, what
concerns the link or its user to all of them, and so does what the pacer says: it knows an operation by its name, which
is one document's only. The document of the URL is there from the start.
"""

from typing import Final, TypeAlias

from attrs import evolve, field, frozen

from machines import (
    auth_refresh,
    circuit_breaker,
    conflict_recovery,
    connection,
    document,
    error_storm,
    facts,
    heartbeat,
    hold,
    link,
    rate_limit,
)
from machines.auth_refresh import AUTH_REFRESH
from machines.auth_refresh import Options as AuthRefreshOptions
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.circuit_breaker import Options as CircuitBreakerOptions
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.conflict_recovery import Options as ConflictRecoveryOptions
from machines.connection import CONNECTION
from machines.connection import Options as ConnectionOptions
from machines.error_storm import ERROR_STORM
from machines.error_storm import Options as ErrorStormOptions
from machines.heartbeat import HEARTBEAT
from machines.heartbeat import Options as HeartbeatOptions
from machines.hold import HOLD
from machines.hold import Options as HoldOptions
from machines.options import of_kind
from machines.policy import routed, router
from machines.policy.error_codes import ERROR_POLICIES, ErrorCode, ErrorPolicies
from machines.policy.router import ROUTER
from machines.rate_limit import RATE_LIMIT
from machines.rate_limit import Options as RateLimitOptions
from machines.replica import Replica
from machines.wire.messages import Inbound
from statekit import EVERY, System, derive, keyed, publish, spawn, wire
from statekit.keyed import address


@frozen
class Options:
    """The options of every lifecycle in the session, each as its own file documents them."""

    connection: ConnectionOptions = field(default=ConnectionOptions(), validator=of_kind(ConnectionOptions))
    heartbeat: HeartbeatOptions = field(default=HeartbeatOptions(), validator=of_kind(HeartbeatOptions))
    auth_refresh: AuthRefreshOptions = field(default=AuthRefreshOptions(), validator=of_kind(AuthRefreshOptions))
    circuit_breaker: CircuitBreakerOptions = field(
        default=CircuitBreakerOptions(), validator=of_kind(CircuitBreakerOptions)
    )
    conflict_recovery: ConflictRecoveryOptions = field(
        default=ConflictRecoveryOptions(), validator=of_kind(ConflictRecoveryOptions)
    )
    rate_limit: RateLimitOptions = field(default=RateLimitOptions(), validator=of_kind(RateLimitOptions))
    error_storm: ErrorStormOptions = field(default=ErrorStormOptions(), validator=of_kind(ErrorStormOptions))
    hold: HoldOptions = field(default=HoldOptions(), validator=of_kind(HoldOptions))
    error_policies: ErrorPolicies = field(default=ERROR_POLICIES, validator=of_kind(ErrorPolicies), repr=False)


def contexts(client_id: str, options: Options, *outboxes: Replica) -> dict[str, object]:
    """Make the first context of every member, for `System.start`.

    A session starts with the document of the URL, and with each whose outbox was saved and is given here; an outbox
    brings its own client id, which must be this client's.
    """
    empty = conflict_recovery.Context(Replica(client_id), options.conflict_recovery)
    replicas = {each.document_id: each for each in (empty.replica, *outboxes)}
    documents: dict[str, object] = {
        address(CONFLICT_RECOVERY.name, key): evolve(empty, replica=replica) for key, replica in replicas.items()
    }
    return documents | {
        CONNECTION.name: connection.Context(options.connection, reason="initial"),
        HEARTBEAT.name: heartbeat.Context(options.heartbeat),
        AUTH_REFRESH.name: auth_refresh.Context(options.auth_refresh),
        CIRCUIT_BREAKER.name: circuit_breaker.Context(options.circuit_breaker),
        CONFLICT_RECOVERY.name: empty,
        RATE_LIMIT.name: rate_limit.Context(options.rate_limit),
        ERROR_STORM.name: error_storm.Context(options.error_storm),
        HOLD.name: hold.Context(options.hold),
        ROUTER.name: router.Context(options.error_policies),
    }


# --------------------------------------------------------------------------------------------------------- documents
def of_document(context: conflict_recovery.Context, document_id: str) -> conflict_recovery.Context:
    """Every document is recovered alike, and knows its own name."""
    return evolve(context, replica=evolve(context.replica, document_id=document_id))


OfDocument: TypeAlias = (
    routed.DocumentOpened | routed.SyncCame | routed.AckCame | routed.BroadcastCame | routed.OperationFailed
    | routed.DocumentGone | hold.LockedTooOften
)  # fmt: skip
"""What concerns one document."""


def document_of(signal: OfDocument) -> str:
    """Which document it concerns."""
    return signal.document_id


def opened(signal: routed.DocumentOpened) -> document.Open:
    """A document that is opened hears first whether there is a link; what else there is to know is derived."""
    return document.Open(signal.opening, signal.attached)


# ------------------------------------------------------------------------------------------------------------ makers
def message_of(signal: link.FramePassed) -> Inbound:
    """The router answers to the message itself."""
    return signal.message


def heard(_: link.FramePassed) -> heartbeat.Heard:
    """Whatever was said, somebody said it."""
    return heartbeat.Heard()


def begin_listening(up: link.LinkUp) -> heartbeat.Begin:
    """There is a link to listen to."""
    return heartbeat.Begin(up.ping_seconds)


def end_listening(_: link.LinkDown) -> heartbeat.End:
    """There is no link any more."""
    return heartbeat.End()


def attach(_: link.LinkUp) -> document.Attach:
    """Operations can be sent."""
    return document.Attach()


def detach(signal: link.LinkDown) -> document.Detach:
    """Operations are kept; the one under way may be what broke the link, and so may that of each other document."""
    return document.Detach(signal.blames_operation)


def keep_operations(_: link.StopSending) -> document.Hold:
    """Nothing new is sent over this link."""
    return document.Hold()


def forget_offers(_: link.LinkDown) -> rate_limit.Detached:
    """Whatever waits for its turn will be offered again."""
    return rate_limit.Detached()


def forget_greeting(_: link.LinkDown) -> router.LinkLost:
    """The next link's token has yet to be accepted."""
    return router.LinkLost()


def need(_: link.AskToken) -> auth_refresh.Need:
    """The connection wants a token to present."""
    return auth_refresh.Need()


def rejected(signal: link.RejectToken) -> auth_refresh.Rejected:
    """The server refused the token."""
    return auth_refresh.Rejected(signal.generation)


def accepted(signal: link.AcceptToken) -> auth_refresh.Accepted:
    """The server accepted the token."""
    return auth_refresh.Accepted(signal.generation)


def token_ready(signal: auth_refresh.OfferToken) -> link.TokenReady:
    """A token may be presented."""
    return link.TokenReady(signal.generation)


def acquire(signal: link.AskPermit) -> circuit_breaker.Acquire:
    """The connection wants to make an attempt."""
    return circuit_breaker.Acquire(signal.seconds)


def reported(signal: link.ReportPermit) -> circuit_breaker.Reported:
    """The attempt is over."""
    return circuit_breaker.Reported(signal.permit, signal.result)


def permitted(signal: circuit_breaker.Grant) -> link.Permitted:
    """The attempt may be made."""
    return link.Permitted(signal.permit)


def denied(_: circuit_breaker.Deny) -> link.Denied:
    """The attempt may not be made."""
    return link.Denied()


def permit_available(_: circuit_breaker.Available) -> link.PermitAvailable:
    """It is worth asking again."""
    return link.PermitAvailable()


def peer_silent(_: heartbeat.Silent) -> link.PeerSilent:
    """Nothing was heard in time."""
    return link.PeerSilent()


def hello(signal: routed.ServerGreeted) -> link.Hello:
    """The server accepted the connection."""
    return link.Hello(signal.document_version)


def token_refused(_: routed.TokenBad) -> link.TokenRefused:
    """The link's token is refused."""
    return link.TokenRefused()


def token_revoked(_: routed.TokenRevoked) -> auth_refresh.Revoked:
    """Only a login can help."""
    return auth_refresh.Revoked()


def token_aging(_: routed.TokenAging) -> auth_refresh.RefreshHint:
    """The token will expire soon."""
    return auth_refresh.RefreshHint()


def terminal_error(signal: routed.LinkEnded) -> link.TerminalError:
    """No retry can help."""
    return link.TerminalError(signal.reason)


def link_refused(signal: routed.LinkUnwelcome) -> link.LinkRefused:
    """The server wants us to stay away."""
    return link.LinkRefused(signal.retry_after_seconds)


def link_broken(signal: routed.LinkFaulty) -> link.LinkBroken:
    """The link is at fault."""
    return link.LinkBroken(signal.close_code)


def service_failed(_: routed.ServiceFaulty) -> link.ServiceFailed:
    """The service is at fault."""
    return link.ServiceFailed()


def synced(signal: routed.SyncCame) -> document.Synced:
    """The server told what it has."""
    return document.Synced(signal.sync)


def acknowledged(signal: routed.AckCame) -> document.Acknowledged:
    """The server has an operation of ours."""
    return document.Acknowledged(signal.ack)


def remote_edit(signal: routed.BroadcastCame) -> document.RemoteEdit:
    """The server applied somebody's operation."""
    return document.RemoteEdit(signal.broadcast)


def operation_refused(signal: routed.OperationFailed) -> document.Refused:
    """The server will never apply the operation."""
    return document.Refused(signal.message_id, signal.code)


def operation_unsure(signal: routed.OperationUnsure) -> document.Unsure:
    """The server may have applied the operation."""
    return document.Unsure(signal.message_id)


def operation_behind(signal: routed.OperationBehind) -> document.Conflict:
    """The server could not place the operation."""
    return document.Conflict(signal.message_id)


def operation_denied(signal: routed.OperationDenied) -> document.Refused:
    """The server will never apply the operation, nor the next."""
    return document.Refused(signal.message_id, signal.code, read_only=True)


def document_gone(signal: routed.DocumentGone) -> document.Halt:
    """The document takes no operations any more."""
    return document.Halt(signal.reason)


def served(signal: routed.AckCame) -> hold.Served:
    """The server takes operations."""
    return hold.Served(signal.document_id)


def told_to_wait(signal: routed.WaitAsked) -> hold.ToldToWait:
    """The server says what is to be waited for."""
    return hold.ToldToWait(signal.wait, signal.hint_seconds, signal.document_id)


def permissions(signal: routed.PermissionsTold) -> hold.PermissionsCame:
    """The server says whether this user may write."""
    return hold.PermissionsCame(signal.may_write)


def back_online(_: hold.BackOnline) -> auth_refresh.Online:
    """There is a network again."""
    return auth_refresh.Online()


def persist(_: auth_refresh.PromptLogin) -> document.Persist:
    """A login may take the user elsewhere."""
    return document.Persist()


def locked_too_often(_: hold.LockedTooOften) -> document.Halt:
    """The document stays locked."""
    return document.Halt("document_locked")


def offered(signal: document.Offer) -> rate_limit.Offered:
    """There is an operation to send."""
    return rate_limit.Offered(signal.message_id)


def granted(signal: rate_limit.Granted) -> document.Granted:
    """The operation may be sent."""
    return document.Granted(signal.operation)


def put_back(signal: rate_limit.PutBack) -> document.PutBack:
    """The operation was sent in vain."""
    return document.PutBack(signal.operation)


def turned_away(signal: rate_limit.TurnedAway) -> document.Refused:
    """There is no room for the operation."""
    return document.Refused(signal.operation, ErrorCode.RATE_LIMIT_EXCEEDED)


def limited(signal: routed.RateLimitAsked) -> rate_limit.Limited:
    """Operations came too fast."""
    weights = signal.weight, signal.weight_while_limited
    return rate_limit.Limited(signal.seconds, signal.message_id, signal.code, *weights)


def limit_seen(signal: rate_limit.LimitHeard) -> error_storm.ErrorSeen:
    """A limit is an error too; the pacer knows what it weighs."""
    return error_storm.ErrorSeen(signal.code, signal.operation, signal.weight)


def error_seen(signal: routed.ErrorWeighed) -> error_storm.ErrorSeen:
    """The server reported an error."""
    return error_storm.ErrorSeen(signal.code, signal.message_id, signal.weight)


# ------------------------------------------------------------------------------------------------------------ wiring
# fmt: off
WIRING: Final = (
    #    from            signal                         to                 as
    wire(CONNECTION,      link.FramePassed,             HEARTBEAT,         heard),
    wire(CONNECTION,      link.FramePassed,             ROUTER,            message_of),
    wire(CONNECTION,      link.LinkUp,                  HEARTBEAT,         begin_listening),
    wire(CONNECTION,      link.LinkUp,                  CONFLICT_RECOVERY, attach, key=EVERY),
    wire(CONNECTION,      link.LinkDown,                HEARTBEAT,         end_listening),
    wire(CONNECTION,      link.LinkDown,                CONFLICT_RECOVERY, detach, key=EVERY),
    wire(CONNECTION,      link.LinkDown,                RATE_LIMIT,        forget_offers),
    wire(CONNECTION,      link.LinkDown,                ROUTER,            forget_greeting),
    wire(CONNECTION,      link.StopSending,             CONFLICT_RECOVERY, keep_operations, key=EVERY),
    wire(CONNECTION,      link.AskToken,                AUTH_REFRESH,      need),
    wire(CONNECTION,      link.RejectToken,             AUTH_REFRESH,      rejected),
    wire(CONNECTION,      link.AcceptToken,             AUTH_REFRESH,      accepted),
    wire(CONNECTION,      link.AskPermit,               CIRCUIT_BREAKER,   acquire),
    wire(CONNECTION,      link.ReportPermit,            CIRCUIT_BREAKER,   reported),
    wire(AUTH_REFRESH,    auth_refresh.OfferToken,      CONNECTION,        token_ready),
    wire(AUTH_REFRESH,    auth_refresh.PromptLogin,     CONFLICT_RECOVERY, persist, key=EVERY),
    wire(CIRCUIT_BREAKER, circuit_breaker.Grant,        CONNECTION,        permitted),
    wire(CIRCUIT_BREAKER, circuit_breaker.Deny,         CONNECTION,        denied),
    wire(CIRCUIT_BREAKER, circuit_breaker.Available,    CONNECTION,        permit_available),
    wire(HEARTBEAT,       heartbeat.Silent,             CONNECTION,        peer_silent),
    wire(ROUTER,          routed.ServerGreeted,         CONNECTION,        hello),
    wire(ROUTER,          routed.TokenBad,              CONNECTION,        token_refused),
    wire(ROUTER,          routed.TokenRevoked,          AUTH_REFRESH,      token_revoked),
    wire(ROUTER,          routed.TokenAging,            AUTH_REFRESH,      token_aging),
    wire(ROUTER,          routed.LinkEnded,             CONNECTION,        terminal_error),
    wire(ROUTER,          routed.LinkUnwelcome,         CONNECTION,        link_refused),
    wire(ROUTER,          routed.LinkFaulty,            CONNECTION,        link_broken),
    wire(ROUTER,          routed.ServiceFaulty,         CONNECTION,        service_failed),
    spawn(ROUTER,         routed.DocumentOpened,        CONFLICT_RECOVERY, opened, key=document_of),
    wire(ROUTER,          routed.SyncCame,              CONFLICT_RECOVERY, synced, key=document_of),
    wire(ROUTER,          routed.AckCame,               CONFLICT_RECOVERY, acknowledged, key=document_of),
    wire(ROUTER,          routed.BroadcastCame,         CONFLICT_RECOVERY, remote_edit, key=document_of),
    wire(ROUTER,          routed.OperationFailed,       CONFLICT_RECOVERY, operation_refused, key=document_of),
    wire(ROUTER,          routed.OperationUnsure,       CONFLICT_RECOVERY, operation_unsure, key=document_of),
    wire(ROUTER,          routed.OperationBehind,       CONFLICT_RECOVERY, operation_behind, key=document_of),
    wire(ROUTER,          routed.OperationDenied,       CONFLICT_RECOVERY, operation_denied, key=document_of),
    wire(ROUTER,          routed.DocumentGone,          CONFLICT_RECOVERY, document_gone, key=document_of),
    wire(ROUTER,          routed.AckCame,               HOLD,              served),
    wire(ROUTER,          routed.WaitAsked,             HOLD,              told_to_wait),
    wire(ROUTER,          routed.PermissionsTold,       HOLD,              permissions),
    wire(ROUTER,          routed.RateLimitAsked,        RATE_LIMIT,        limited),
    wire(ROUTER,          routed.ErrorWeighed,          ERROR_STORM,       error_seen),
    wire(CONFLICT_RECOVERY, document.Offer,    RATE_LIMIT,        offered),
    wire(RATE_LIMIT,      rate_limit.Granted,           CONFLICT_RECOVERY, granted, key=EVERY),
    wire(RATE_LIMIT,      rate_limit.PutBack,           CONFLICT_RECOVERY, put_back, key=EVERY),
    wire(RATE_LIMIT,      rate_limit.TurnedAway,        CONFLICT_RECOVERY, turned_away, key=EVERY),
    wire(RATE_LIMIT,      rate_limit.LimitHeard,        ERROR_STORM,       limit_seen),
    wire(HOLD,            hold.BackOnline,              AUTH_REFRESH,      back_online),
    wire(HOLD,            hold.LockedTooOften,          CONFLICT_RECOVERY, locked_too_often, key=document_of),
    publish(ROUTER, routed.ErrorReported, routed.MessagePassed),
    publish(RATE_LIMIT, rate_limit.LimitHeard),
    publish(ERROR_STORM, error_storm.StormBegan),
    publish(AUTH_REFRESH, auth_refresh.PromptLogin),
    publish(CONFLICT_RECOVERY, document.OperationEnded, document.ViewChanged),
)

DERIVED: Final = (
    derive(facts.shut_gates,      CONNECTION,        facts.gates_moved,          initially=facts.NO_GATES),
    derive(facts.failed_for,      CONFLICT_RECOVERY, facts.fate_of_operations,   initially=""),
    derive(facts.storm_latched,   CONNECTION,        facts.end_or_try_again,     initially=False),
    derive(facts.operations_kept, CONFLICT_RECOVERY, facts.keep_or_release,      initially=None),
    derive(facts.locked_out,      HOLD,              facts.locked_out_or_let_in, initially=False),
    derive(facts.link_steady,     HOLD,              facts.steady_for_hold,      initially=False),
    derive(facts.link_steady,     ERROR_STORM,       facts.steady_for_storm,     initially=False),
    derive(facts.has_failed,      ERROR_STORM,       facts.failed_or_retried,    initially=False),
)
# fmt: on

SESSION: Final = System(
    "session",
    members=(
        CONNECTION,
        HEARTBEAT,
        AUTH_REFRESH,
        CIRCUIT_BREAKER,
        HOLD,
        ERROR_STORM,
        RATE_LIMIT,
        keyed(CONFLICT_RECOVERY, per="document", context=of_document),
        ROUTER,
    ),
    wiring=WIRING,
    derived=DERIVED,
    doc="One client's lifecycles, wired together.",
)
