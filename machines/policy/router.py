"""Router: which machine a message concerns; the error policies decide it for errors.

It has one state, since it remembers nothing; it is a machine all the same, so that where a message goes stands in a
table, is drawn, and can be checked like everything else.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import field, frozen

from machines.link import Send
from machines.policy.error_codes import ERROR_POLICIES, ErrorPolicies, ErrorPolicy, Route
from machines.policy.failures import HINT_MAX_SECONDS
from machines.wire.messages import (
    ConnectionAck,
    DocumentSync,
    ErrorMessage,
    OperationAck,
    OperationBroadcast,
    Passed,
    PermissionChange,
    Ping,
    Pong,
    RateLimited,
    TokenRefreshRequired,
)
from statekit import Kind, Machine, Rows, Signal


class State(StrEnum):
    """A router has nothing to remember."""

    ROUTING = "routing"


(ROUTING,) = State

Event: TypeAlias = (
    ConnectionAck | Ping | Pong | DocumentSync | ErrorMessage | RateLimited | TokenRefreshRequired | PermissionChange
    | OperationAck | OperationBroadcast | Passed
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- signals
@frozen
class ServerGreeted(Signal):
    """The server accepted the connection."""

    document_version: int


@frozen
class SyncCame(Signal):
    """The server told what it has."""

    sync: DocumentSync


@frozen
class AckCame(Signal):
    """The server has an operation of ours."""

    ack: OperationAck


@frozen
class BroadcastCame(Signal):
    """The server applied somebody's operation."""

    broadcast: OperationBroadcast


@frozen
class OperationFailed(Signal):
    """The server did not apply an operation; an empty `message_id` means the one in flight."""

    message_id: str
    code: str


@frozen
class OperationUnsure(OperationFailed):
    """It may have been applied, or not."""


@frozen
class OperationBehind(OperationFailed):
    """It was made against a version that the server cannot use."""


@frozen
class OperationsHeld(Signal):
    """Operations must wait for so many seconds."""

    seconds: float


@frozen
class DocumentGone(Signal):
    """The document takes no operations any more."""

    reason: str
    closes: bool


@frozen
class TokenBad(Signal):
    """The server refuses the link's token."""


@frozen
class TokenRevoked(Signal):
    """Only a new login can help."""


@frozen
class TokenAging(Signal):
    """The token will expire soon."""


@frozen
class LinkEnded(Signal):
    """No retry can help; `reason` says why."""

    reason: str


@frozen
class LinkUnwelcome(Signal):
    """The server wants us to stay away for a while."""

    retry_after_seconds: float | None


@frozen
class LinkFaulty(Signal):
    """The link itself is at fault; `close_code` names the policy to follow."""

    close_code: int


@frozen
class ErrorReported(Signal):
    """The server reported an error, for the application to show: `user_message(code)` has the words."""

    code: str
    recoverable: bool


@frozen
class MessagePassed(Signal):
    """A message that concerns the application only."""

    message: Passed | PermissionChange


Effect: TypeAlias = (
    Send | ServerGreeted | SyncCame | AckCame | BroadcastCame | OperationFailed | OperationUnsure | OperationBehind
    | OperationsHeld | DocumentGone | TokenBad | TokenRevoked | TokenAging | LinkEnded | LinkUnwelcome | LinkFaulty
    | ErrorReported | MessagePassed
)  # fmt: skip


@frozen
class Context:
    """The error policies in force; a product lays its own rows over them."""

    policies: ErrorPolicies = field(default=ERROR_POLICIES, repr=False)


# ------------------------------------------------------------------------------------------------------------ guards
def _policy(context: Context, error: ErrorMessage) -> ErrorPolicy:
    return context.policies.row(error.error_code, recoverable=error.recoverable)


def _operation(error: ErrorMessage) -> str:
    named = None if error.details is None else error.details.get("message_id")
    return named if isinstance(named, str) else ""


def _route(context: Context, error: ErrorMessage) -> Route:
    return _policy(context, error).route_for(names_operation=bool(_operation(error)))


def _seconds(milliseconds: float) -> float:
    # Cut before it is divided: JSON's integers have no bound, and a float of them has.
    return min(milliseconds, HINT_MAX_SECONDS * 1000) / 1000


def _hint_seconds(error: ErrorMessage) -> float | None:
    hint = None if error.details is None else error.details.get("retry_after")
    return _seconds(hint) if isinstance(hint, int | float) and not isinstance(hint, bool) and hint >= 0 else None


def refuses_token(context: Context, error: ErrorMessage) -> bool:
    """Is the token refused?"""
    return _route(context, error) is Route.AUTH_REJECTED


def revokes_token(context: Context, error: ErrorMessage) -> bool:
    """Is a refresh useless?"""
    return _route(context, error) is Route.AUTH_REVOKED


def ends_link(context: Context, error: ErrorMessage) -> bool:
    """Is a retry useless?"""
    return _route(context, error) is Route.CONNECTION_TERMINAL


def is_unwelcome(context: Context, error: ErrorMessage) -> bool:
    """Shall we stay away for a while?"""
    return _route(context, error) is Route.CONNECTION_SLOW


def breaks_link(context: Context, error: ErrorMessage) -> bool:
    """Is the link itself at fault?"""
    return _route(context, error) is Route.CONNECTION_BROKEN


def ends_document(context: Context, error: ErrorMessage) -> bool:
    """Does the document take no operations any more?"""
    return _route(context, error) is Route.DOCUMENT_HALTED


def holds_document(context: Context, error: ErrorMessage) -> bool:
    """Must operations wait?"""
    return _route(context, error) in (Route.DOCUMENT_HELD, Route.RATE_LIMITED)


def is_conflict(context: Context, error: ErrorMessage) -> bool:
    """Was the operation made against a version that the server cannot use?"""
    return _route(context, error) is Route.CONFLICT


def rejects_operation(context: Context, error: ErrorMessage) -> bool:
    """Is the operation refused for good?"""
    return _route(context, error) is Route.OPERATION_REJECTED


def leaves_unsure(context: Context, error: ErrorMessage) -> bool:
    """May the operation have been applied, or not?"""
    return _route(context, error) is Route.OPERATION_RETRY


# ------------------------------------------------------------------------------------------------------------ makers
def greet(_: Context, message: ConnectionAck) -> ServerGreeted:
    """Tell of the accepted connection."""
    return ServerGreeted(message.document_version)


def answer_ping(_: Context, message: Ping) -> Send:
    """Answer at once, whatever else waits."""
    return Send(Pong(timestamp_ms=message.timestamp_ms))


def pass_sync(_: Context, message: DocumentSync) -> SyncCame:
    """Hand a sync on."""
    return SyncCame(message)


def pass_ack(_: Context, message: OperationAck) -> AckCame:
    """Hand an acknowledgement on."""
    return AckCame(message)


def pass_broadcast(_: Context, message: OperationBroadcast) -> BroadcastCame:
    """Hand somebody's operation on."""
    return BroadcastCame(message)


def pass_message(_: Context, message: Passed | PermissionChange) -> MessagePassed:
    """Hand on what concerns the application only."""
    return MessagePassed(message)


def hold_by_limit(_: Context, message: RateLimited) -> OperationsHeld:
    """Operations wait as long as the limit says."""
    return OperationsHeld(_seconds(message.retry_after_ms))


def report(_: Context, error: ErrorMessage) -> ErrorReported:
    """Tell the application of every error, whoever else deals with it."""
    return ErrorReported(error.error_code, error.recoverable)


def end_link(context: Context, error: ErrorMessage) -> LinkEnded:
    """Say why no retry can help."""
    return LinkEnded(_policy(context, error).terminal_reason or error.error_code.lower())


def stay_away(_: Context, error: ErrorMessage) -> LinkUnwelcome:
    """Say how long the server wants to be left alone."""
    return LinkUnwelcome(_hint_seconds(error))


def break_link(context: Context, error: ErrorMessage) -> LinkFaulty:
    """Name the close policy to follow."""
    return LinkFaulty(_policy(context, error).follows_close or 1002)


def end_document(context: Context, error: ErrorMessage) -> tuple[DocumentGone | LinkEnded, ...]:
    """Say why the document is gone; a deleted one takes the link with it."""
    policy = _policy(context, error)
    gone = DocumentGone(policy.terminal_reason, policy.closes)
    return (gone, LinkEnded(policy.terminal_reason)) if policy.closes else (gone,)


def hold_document(context: Context, error: ErrorMessage) -> OperationsHeld:
    """Operations wait as long as the server says, or as the policy does."""
    hint = _hint_seconds(error)
    return OperationsHeld((_policy(context, error).hold_seconds or 1.0) if hint is None else hint)


def reject(_: Context, error: ErrorMessage) -> OperationFailed:
    """Name the operation that is refused for good."""
    return OperationFailed(_operation(error), error.error_code)


def doubt(_: Context, error: ErrorMessage) -> OperationUnsure:
    """Name the operation that nobody is sure about."""
    return OperationUnsure(_operation(error), error.error_code)


def conflict(_: Context, error: ErrorMessage) -> OperationBehind:
    """Name the operation that is behind."""
    return OperationBehind(_operation(error), error.error_code)


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
stay, ignore, state = rows.stay, rows.ignore, rows.state

# fmt: off
TABLE = (
    #    source   trigger               effects, then guard=
    stay(ROUTING, ConnectionAck,        greet),
    stay(ROUTING, Ping,                 answer_ping),
    stay(ROUTING, DocumentSync,         pass_sync),
    stay(ROUTING, OperationAck,         pass_ack),
    stay(ROUTING, OperationBroadcast,   pass_broadcast),
    stay(ROUTING, RateLimited,          hold_by_limit),
    stay(ROUTING, TokenRefreshRequired, TokenAging()),
    stay(ROUTING, PermissionChange,     pass_message),
    stay(ROUTING, Passed,               pass_message),

    stay(ROUTING, ErrorMessage,         TokenBad(), report,     guard=refuses_token),
    stay(ROUTING, ErrorMessage,         TokenRevoked(), report, guard=revokes_token),
    stay(ROUTING, ErrorMessage,         end_link, report,       guard=ends_link),
    stay(ROUTING, ErrorMessage,         stay_away, report,      guard=is_unwelcome),
    stay(ROUTING, ErrorMessage,         break_link, report,     guard=breaks_link),
    stay(ROUTING, ErrorMessage,         end_document, report,   guard=ends_document),
    stay(ROUTING, ErrorMessage,         hold_document, report,  guard=holds_document),
    stay(ROUTING, ErrorMessage,         conflict, report,       guard=is_conflict),
    stay(ROUTING, ErrorMessage,         reject, report,         guard=rejects_operation),
    stay(ROUTING, ErrorMessage,         doubt, report,          guard=leaves_unsure),
    stay(ROUTING, ErrorMessage,         report),

    ignore(ROUTING, Pong,               because="heartbeat hears every frame"),
)
# fmt: on

ROUTER = Machine[State, Event, Context, Effect](
    "router",
    initial=ROUTING,
    context=Context(),
    states=(state(ROUTING, Kind.STEADY, "every message goes to whom it concerns"),),
    table=TABLE,
    doc="Which machine a message concerns.",
)
