"""Session: the lifecycles wired into one client.

Who tells whom what stands in WIRING; no machine knows another. Two facts are derived rather than told: which gates are
shut, so that no number of wakes can be forgotten, and whether the connection has failed for good, so that the
operations still waiting are given back exactly then.
"""

from typing import Final

from attrs import field, frozen

from machines import auth_refresh, circuit_breaker, conflict_recovery, connection, heartbeat, link
from machines.auth_refresh import AUTH_REFRESH
from machines.auth_refresh import Options as AuthRefreshOptions
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.circuit_breaker import Options as CircuitBreakerOptions
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.conflict_recovery import Options as ConflictRecoveryOptions
from machines.connection import CONNECTION
from machines.connection import Options as ConnectionOptions
from machines.gates import Gate, GatesMoved
from machines.heartbeat import HEARTBEAT
from machines.heartbeat import Options as HeartbeatOptions
from machines.policy import router
from machines.policy.error_codes import ERROR_POLICIES, ErrorPolicies
from machines.policy.router import ROUTER
from machines.replica import Replica
from machines.wire.messages import Inbound
from statekit import System, View, derive, publish, wire


@frozen
class Options:
    """The options of every lifecycle in the session, each as its own file documents them."""

    connection: ConnectionOptions = ConnectionOptions()
    heartbeat: HeartbeatOptions = HeartbeatOptions()
    auth_refresh: AuthRefreshOptions = AuthRefreshOptions()
    circuit_breaker: CircuitBreakerOptions = CircuitBreakerOptions()
    conflict_recovery: ConflictRecoveryOptions = ConflictRecoveryOptions()
    error_policies: ErrorPolicies = field(default=ERROR_POLICIES, repr=False)


def contexts(client_id: str, options: Options) -> dict[str, object]:
    """Make the first context of every member, for `System.start`."""
    return {
        CONNECTION.name: connection.Context(options.connection, reason="initial"),
        HEARTBEAT.name: heartbeat.Context(options.heartbeat),
        AUTH_REFRESH.name: auth_refresh.Context(options.auth_refresh),
        CIRCUIT_BREAKER.name: circuit_breaker.Context(options.circuit_breaker),
        CONFLICT_RECOVERY.name: conflict_recovery.Context(Replica(client_id), options.conflict_recovery),
        ROUTER.name: router.Context(options.error_policies),
    }


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


def attach(_: link.LinkUp) -> conflict_recovery.Attach:
    """Operations can be sent."""
    return conflict_recovery.Attach()


def detach(_: link.LinkDown) -> conflict_recovery.Detach:
    """Operations are kept."""
    return conflict_recovery.Detach()


def hold_while_draining(_: link.StopSending) -> conflict_recovery.Hold:
    """Nothing new is sent until the next link; the hold outlasts the draining."""
    return conflict_recovery.Hold(60.0)


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


def hello(signal: router.ServerGreeted) -> link.Hello:
    """The server accepted the connection."""
    return link.Hello(signal.document_version)


def token_refused(_: router.TokenBad) -> link.TokenRefused:
    """The link's token is refused."""
    return link.TokenRefused()


def token_revoked(_: router.TokenRevoked) -> auth_refresh.Revoked:
    """Only a login can help."""
    return auth_refresh.Revoked()


def token_aging(_: router.TokenAging) -> auth_refresh.RefreshHint:
    """The token will expire soon."""
    return auth_refresh.RefreshHint()


def terminal_error(signal: router.LinkEnded) -> link.TerminalError:
    """No retry can help."""
    return link.TerminalError(signal.reason)


def link_refused(signal: router.LinkUnwelcome) -> link.LinkRefused:
    """The server wants us to stay away."""
    return link.LinkRefused(signal.retry_after_seconds)


def link_broken(signal: router.LinkFaulty) -> link.LinkBroken:
    """The link is at fault."""
    return link.LinkBroken(signal.close_code)


def synced(signal: router.SyncCame) -> conflict_recovery.Synced:
    """The server told what it has."""
    return conflict_recovery.Synced(signal.sync)


def acknowledged(signal: router.AckCame) -> conflict_recovery.Acknowledged:
    """The server has an operation of ours."""
    return conflict_recovery.Acknowledged(signal.ack)


def remote_edit(signal: router.BroadcastCame) -> conflict_recovery.RemoteEdit:
    """The server applied somebody's operation."""
    return conflict_recovery.RemoteEdit(signal.broadcast)


def operation_refused(signal: router.OperationFailed) -> conflict_recovery.Refused:
    """The server will never apply the operation."""
    return conflict_recovery.Refused(signal.message_id, signal.code)


def operation_unsure(signal: router.OperationUnsure) -> conflict_recovery.Unsure:
    """The server may have applied the operation."""
    return conflict_recovery.Unsure(signal.message_id)


def operation_behind(signal: router.OperationBehind) -> conflict_recovery.Conflict:
    """The server could not place the operation."""
    return conflict_recovery.Conflict(signal.message_id)


def operations_held(signal: router.OperationsHeld) -> conflict_recovery.Hold:
    """Operations must wait."""
    return conflict_recovery.Hold(signal.seconds)


def document_gone(signal: router.DocumentGone) -> conflict_recovery.Halt:
    """The document takes no operations any more."""
    return conflict_recovery.Halt(signal.reason)


# ------------------------------------------------------------------------------------------------------------- facts
def shut_gates(session: View) -> frozenset[Gate]:
    """Which gates are shut, by their owners' states."""
    auth = session.of(AUTH_REFRESH).state
    out = auth in (auth_refresh.SIGNED_OUT, auth_refresh.REAUTH_REQUIRED)
    return frozenset({Gate.REAUTH}) if out else frozenset()


def gates_moved(shut: frozenset[Gate]) -> GatesMoved:
    """Tell the connection which gates are shut now."""
    return GatesMoved(shut)


def failed_for(session: View) -> str:
    """Why the connection has failed for good; empty while it has not."""
    seen = session.of(CONNECTION)
    return seen.context.reason or "failed" if seen.state is connection.FAILED else ""


def fate_of_operations(reason: str) -> conflict_recovery.Halt | conflict_recovery.Reopen:
    """Operations are given back when the connection fails, and accepted again when it is wanted again."""
    return conflict_recovery.Halt(reason) if reason else conflict_recovery.Reopen()


# ------------------------------------------------------------------------------------------------------------ wiring
# fmt: off
WIRING: Final = (
    #    from            signal                         to                 as
    wire(CONNECTION,      link.FramePassed,             HEARTBEAT,         heard),
    wire(CONNECTION,      link.FramePassed,             ROUTER,            message_of),
    wire(CONNECTION,      link.LinkUp,                  HEARTBEAT,         begin_listening),
    wire(CONNECTION,      link.LinkUp,                  CONFLICT_RECOVERY, attach),
    wire(CONNECTION,      link.LinkDown,                HEARTBEAT,         end_listening),
    wire(CONNECTION,      link.LinkDown,                CONFLICT_RECOVERY, detach),
    wire(CONNECTION,      link.StopSending,             CONFLICT_RECOVERY, hold_while_draining),
    wire(CONNECTION,      link.AskToken,                AUTH_REFRESH,      need),
    wire(CONNECTION,      link.RejectToken,             AUTH_REFRESH,      rejected),
    wire(CONNECTION,      link.AcceptToken,             AUTH_REFRESH,      accepted),
    wire(CONNECTION,      link.AskPermit,               CIRCUIT_BREAKER,   acquire),
    wire(CONNECTION,      link.ReportPermit,            CIRCUIT_BREAKER,   reported),
    wire(AUTH_REFRESH,    auth_refresh.OfferToken,      CONNECTION,        token_ready),
    wire(CIRCUIT_BREAKER, circuit_breaker.Grant,        CONNECTION,        permitted),
    wire(CIRCUIT_BREAKER, circuit_breaker.Deny,         CONNECTION,        denied),
    wire(CIRCUIT_BREAKER, circuit_breaker.Available,    CONNECTION,        permit_available),
    wire(HEARTBEAT,       heartbeat.Silent,             CONNECTION,        peer_silent),
    wire(ROUTER,          router.ServerGreeted,         CONNECTION,        hello),
    wire(ROUTER,          router.TokenBad,              CONNECTION,        token_refused),
    wire(ROUTER,          router.TokenRevoked,          AUTH_REFRESH,      token_revoked),
    wire(ROUTER,          router.TokenAging,            AUTH_REFRESH,      token_aging),
    wire(ROUTER,          router.LinkEnded,             CONNECTION,        terminal_error),
    wire(ROUTER,          router.LinkUnwelcome,         CONNECTION,        link_refused),
    wire(ROUTER,          router.LinkFaulty,            CONNECTION,        link_broken),
    wire(ROUTER,          router.SyncCame,              CONFLICT_RECOVERY, synced),
    wire(ROUTER,          router.AckCame,               CONFLICT_RECOVERY, acknowledged),
    wire(ROUTER,          router.BroadcastCame,         CONFLICT_RECOVERY, remote_edit),
    wire(ROUTER,          router.OperationFailed,       CONFLICT_RECOVERY, operation_refused),
    wire(ROUTER,          router.OperationUnsure,       CONFLICT_RECOVERY, operation_unsure),
    wire(ROUTER,          router.OperationBehind,       CONFLICT_RECOVERY, operation_behind),
    wire(ROUTER,          router.OperationsHeld,        CONFLICT_RECOVERY, operations_held),
    wire(ROUTER,          router.DocumentGone,          CONFLICT_RECOVERY, document_gone),
    publish(ROUTER, router.ErrorReported, router.MessagePassed),
    publish(AUTH_REFRESH, auth_refresh.PromptLogin),
    publish(CONFLICT_RECOVERY, conflict_recovery.OperationEnded, conflict_recovery.ViewChanged),
)

DERIVED: Final = (
    derive(shut_gates, CONNECTION,        gates_moved,        initially=frozenset[Gate]()),
    derive(failed_for, CONFLICT_RECOVERY, fate_of_operations, initially=""),
)
# fmt: on

SESSION: Final = System(
    "session",
    members=(CONNECTION, HEARTBEAT, AUTH_REFRESH, CIRCUIT_BREAKER, CONFLICT_RECOVERY, ROUTER),
    wiring=WIRING,
    derived=DERIVED,
    doc="One client's lifecycles, wired together.",
)
