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

from typing import Final

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
from machines.meanings import (
    accepted,
    acknowledged,
    acquire,
    attach,
    back_online,
    begin_listening,
    denied,
    detach,
    document_gone,
    document_of,
    end_listening,
    error_seen,
    forget_greeting,
    forget_offers,
    granted,
    heard,
    hello,
    keep_operations,
    limit_seen,
    limited,
    link_broken,
    link_refused,
    locked_too_often,
    message_of,
    need,
    offered,
    opened,
    operation_behind,
    operation_denied,
    operation_refused,
    operation_unsure,
    peer_silent,
    permissions,
    permit_available,
    permitted,
    persist,
    put_back,
    rejected,
    remote_edit,
    reported,
    rights,
    served,
    service_failed,
    synced,
    terminal_error,
    token_aging,
    token_ready,
    token_refused,
    token_revoked,
    told_to_wait,
    turned_away,
    withdrawn,
)
from machines.options import of_kind
from machines.policy import routed, router
from machines.policy.error_codes import ERROR_POLICIES, ErrorPolicies
from machines.policy.router import ROUTER
from machines.rate_limit import RATE_LIMIT
from machines.rate_limit import Options as RateLimitOptions
from machines.replica import Replica
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
    wire(ROUTER,          routed.PermissionsTold,       CONFLICT_RECOVERY, rights, key=EVERY),
    wire(ROUTER,          routed.RateLimitAsked,        RATE_LIMIT,        limited),
    wire(ROUTER,          routed.ErrorWeighed,          ERROR_STORM,       error_seen),
    wire(CONFLICT_RECOVERY, document.Offer,             RATE_LIMIT,        offered),
    wire(CONFLICT_RECOVERY, document.Withdraw,          RATE_LIMIT,        withdrawn),
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
