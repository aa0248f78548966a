"""Meanings: what a signal of one machine is to another, as the wiring of the session has it.

No machine knows another: each says what it has to say, and these functions make of it what somebody else listens to.
"""

from typing import TypeAlias

from machines import auth_refresh, circuit_breaker, document, error_storm, heartbeat, hold, link, rate_limit
from machines.policy import routed, router
from machines.policy.error_codes import ErrorCode
from machines.wire.messages import Inbound

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
    return document.Detach(signal.blame)


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
    return link.LinkBroken(signal.close_code, signal.blame)


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


def rights(signal: routed.PermissionsTold) -> document.PermissionsCame:
    """What was denied of a document may be allowed now."""
    return document.PermissionsCame(signal.may_write)


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


def withdrawn(signal: document.Withdraw) -> rate_limit.Withdrawn:
    """The operation is not to be sent any more."""
    return rate_limit.Withdrawn(signal.message_id)


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
