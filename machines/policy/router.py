"""Router: which machine a message concerns; the error policies decide it for errors.

It has one state, since all it remembers is whether the server has greeted; it is a machine all the same, so that where
a message goes stands in a table, is drawn, and can be checked like everything else. As every message passes here, it is
also who knows whether a document that is opened now has missed the greeting.

An error is told to whom it concerns first, to the application and to the storm after that: none is swallowed. One that
names a document beside the URL's ends that document at most, and never the link or what may be done to the others.
"""

from enum import StrEnum
from typing import TypeAlias, TypeVar

from attrs import evolve, field, frozen

from machines.link import Send
from machines.policy.error_codes import ERROR_POLICIES, ErrorCode, ErrorPolicies, ErrorPolicy, Route
from machines.policy.failures import HINT_MAX_SECONDS
from machines.policy.routed import (
    AckCame,
    BroadcastCame,
    DocumentGone,
    DocumentOpened,
    ErrorReported,
    ErrorWeighed,
    LinkEnded,
    LinkFaulty,
    LinkUnwelcome,
    MessagePassed,
    OperationBehind,
    OperationDenied,
    OperationFailed,
    OperationUnsure,
    PermissionsTold,
    RateLimitAsked,
    ServerGreeted,
    ServiceFaulty,
    SyncCame,
    TokenAging,
    TokenBad,
    TokenRevoked,
    WaitAsked,
)
from machines.wire.messages import (
    URL_DOCUMENT,
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
from statekit import Kind, Machine, Rows

T = TypeVar("T")


class State(StrEnum):
    """A router has nowhere to go."""

    ROUTING = "routing"


(ROUTING,) = State

WRITE = "write"
"""The permission without which no edit is taken."""


@frozen
class LinkLost:
    """No message can come any more, until another greeting."""


@frozen
class OpenDocument:
    """The user opens a document; `opening` is like no other of this client id, so that no message_id comes twice."""

    document_id: str
    opening: str

    @classmethod
    def samples(cls) -> "tuple[OpenDocument, ...]":
        """Give one."""
        return (cls("other", "first"),)


Event: TypeAlias = (
    LinkLost | OpenDocument | ConnectionAck | Ping | Pong | DocumentSync | ErrorMessage | RateLimited
    | TokenRefreshRequired | PermissionChange | OperationAck | OperationBroadcast | Passed
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- effects
Effect: TypeAlias = (
    Send | ServerGreeted | DocumentOpened | SyncCame | AckCame | BroadcastCame | OperationFailed | OperationDenied
    | OperationUnsure | OperationBehind | PermissionsTold | WaitAsked | RateLimitAsked | DocumentGone | TokenBad
    | TokenRevoked | TokenAging | LinkEnded | LinkUnwelcome | LinkFaulty | ServiceFaulty | ErrorReported
    | ErrorWeighed | MessagePassed
)  # fmt: skip


@frozen
class Context:
    """The error policies in force, over which a product lays its own rows, and whether the server has greeted."""

    policies: ErrorPolicies = field(default=ERROR_POLICIES, repr=False)
    greeted: bool = False


# ------------------------------------------------------------------------------------------------------------ guards
def _policy(context: Context, error: ErrorMessage) -> ErrorPolicy:
    return context.policies.row(error.error_code, recoverable=error.recoverable)


def _operation(error: ErrorMessage) -> str:
    named = None if error.details is None else error.details.get("message_id")
    return named if isinstance(named, str) else ""


def _route(context: Context, error: ErrorMessage) -> Route:
    policy, named = _policy(context, error), bool(_operation(error))
    return policy.route_for(names_operation=named, token_accepted=context.greeted)


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
    return _route(context, error) is Route.CONNECTION_TERMINAL and not error.document_id


def is_unwelcome(context: Context, error: ErrorMessage) -> bool:
    """Shall we stay away for a while?"""
    return _route(context, error) is Route.CONNECTION_SLOW


def breaks_link(context: Context, error: ErrorMessage) -> bool:
    """Is the link itself at fault?"""
    return _route(context, error) is Route.CONNECTION_BROKEN


def ends_document(context: Context, error: ErrorMessage) -> bool:
    """Does the document take no operations any more? (What would end the link ends no more than one that is named.)"""
    return _route(context, error) in (Route.DOCUMENT_HALTED, Route.CONNECTION_TERMINAL)


def asks_to_wait(context: Context, error: ErrorMessage) -> bool:
    """Must operations wait?"""
    return _route(context, error) is Route.HELD


def limits_rate(context: Context, error: ErrorMessage) -> bool:
    """Did operations come too fast?"""
    return _route(context, error) is Route.RATE_LIMITED


def is_conflict(context: Context, error: ErrorMessage) -> bool:
    """Was the operation made against a version that the server cannot use?"""
    return _route(context, error) is Route.CONFLICT


def rejects_operation(context: Context, error: ErrorMessage) -> bool:
    """Is the operation refused for good?"""
    return _route(context, error) is Route.OPERATION_REJECTED


def leaves_unsure(context: Context, error: ErrorMessage) -> bool:
    """May the operation have been applied, or not?"""
    return _route(context, error) is Route.OPERATION_RETRY


def _given(column: T | None) -> T:
    if column is None:
        raise ValueError("a row whose route needs this column cannot be made without it")
    return column


# ------------------------------------------------------------------------------------------------------------ makers
def greet(_: Context, message: ConnectionAck) -> tuple[ServerGreeted, PermissionsTold]:
    """Tell of the accepted connection, and what may be done over it."""
    return ServerGreeted(message.document_version), _permissions(message)


def open_document(context: Context, event: OpenDocument) -> DocumentOpened:
    """Say which document is opened, and whether it can be asked for at once."""
    return DocumentOpened(event.document_id, event.opening, attached=context.greeted)


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


def pass_message(_: Context, message: Passed) -> MessagePassed:
    """Hand on what concerns the application only."""
    return MessagePassed(message)


def _permissions(message: ConnectionAck | PermissionChange) -> PermissionsTold:
    return PermissionsTold(may_write=WRITE in message.permissions)


def pass_permissions(_: Context, message: PermissionChange) -> tuple[PermissionsTold, MessagePassed]:
    """Tell what may be done from now on, and the application too."""
    return _permissions(message), MessagePassed(message)


def pass_limit(context: Context, message: RateLimited) -> RateLimitAsked:
    """Tell of a limit that came as a message of its own: it means the same as the error."""
    policy = context.policies.row(ErrorCode.RATE_LIMIT_EXCEEDED, recoverable=True)
    return _limit(policy, _seconds(message.retry_after_ms), "")


def _limit(policy: ErrorPolicy, seconds: float | None, message_id: str) -> RateLimitAsked:
    return RateLimitAsked(seconds, message_id, str(policy.code), policy.storm_weight, policy.weight_added_while_limited)


def tell(context: Context, error: ErrorMessage) -> ErrorReported:
    """Tell the application of an error, whoever else deals with it."""
    contradicts = _policy(context, error).contradicts(recoverable=error.recoverable)
    return ErrorReported(error.error_code, error.recoverable, contradicts, error.document_id)


def report(context: Context, error: ErrorMessage) -> tuple[ServiceFaulty | ErrorReported | ErrorWeighed, ...]:
    """Tell the application of an error, and what it counts: against the service, and towards a storm."""
    policy = _policy(context, error)
    blamed = (ServiceFaulty(),) if policy.blames_service else ()
    return *blamed, tell(context, error), ErrorWeighed(error.error_code, _operation(error), policy.storm_weight)


def end_link(context: Context, error: ErrorMessage) -> LinkEnded:
    """Say why no retry can help."""
    return LinkEnded(_policy(context, error).terminal_reason)


def stay_away(_: Context, error: ErrorMessage) -> LinkUnwelcome:
    """Say how long the server wants to be left alone."""
    return LinkUnwelcome(_hint_seconds(error))


def break_link(context: Context, error: ErrorMessage) -> LinkFaulty:
    """Name the close policy to follow."""
    return LinkFaulty(_given(_policy(context, error).follows_close))


def end_document(context: Context, error: ErrorMessage) -> tuple[DocumentGone | LinkEnded, ...]:
    """Say why the document is gone; the URL's takes the link with it if it is deleted."""
    policy = _policy(context, error)
    closes = policy.closes and error.document_id == URL_DOCUMENT
    gone = DocumentGone(policy.terminal_reason, closes, error.document_id)
    return (gone, LinkEnded(policy.terminal_reason)) if closes else (gone,)


def ask_to_wait(context: Context, error: ErrorMessage) -> WaitAsked:
    """Say what is to be waited for, and for how long if the server says it."""
    return WaitAsked(_given(_policy(context, error).waits_for), _hint_seconds(error), error.document_id)


def limit_rate(context: Context, error: ErrorMessage) -> RateLimitAsked:
    """Say for how long, and which operation came too fast; the pacer knows what the error weighs."""
    return _limit(_policy(context, error), _hint_seconds(error), _operation(error))


def reject(context: Context, error: ErrorMessage) -> tuple[OperationFailed | OperationDenied | PermissionsTold, ...]:
    """Name the operation that is refused for good, and perhaps every further one: of the document, if it is named."""
    refused = _operation(error), error.error_code, error.document_id
    if not _policy(context, error).read_only:
        return (OperationFailed(*refused),)
    denied = OperationDenied(*refused)
    return (denied, PermissionsTold(may_write=False)) if error.document_id == URL_DOCUMENT else (denied,)


def doubt(_: Context, error: ErrorMessage) -> OperationUnsure:
    """Name the operation that nobody is sure about."""
    return OperationUnsure(_operation(error), error.error_code, error.document_id)


def conflict(_: Context, error: ErrorMessage) -> OperationBehind:
    """Name the operation that is behind."""
    return OperationBehind(_operation(error), error.error_code, error.document_id)


def note_greeting(context: Context) -> Context:
    """The server has accepted this link's token."""
    return evolve(context, greeted=True)


def forget_greeting(context: Context) -> Context:
    """The next link's token is not accepted yet."""
    return evolve(context, greeted=False)


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
stay, ignore, state = rows.stay, rows.ignore, rows.state

# fmt: off
TABLE = (
    #    source   trigger               effects, then guard= and update=
    stay(ROUTING, ConnectionAck,        greet, update=note_greeting),
    stay(ROUTING, LinkLost,             update=forget_greeting),
    stay(ROUTING, OpenDocument,         open_document),
    stay(ROUTING, Ping,                 answer_ping),
    stay(ROUTING, DocumentSync,         pass_sync),
    stay(ROUTING, OperationAck,         pass_ack),
    stay(ROUTING, OperationBroadcast,   pass_broadcast),
    stay(ROUTING, RateLimited,          pass_limit),
    stay(ROUTING, TokenRefreshRequired, TokenAging()),
    stay(ROUTING, PermissionChange,     pass_permissions),
    stay(ROUTING, Passed,               pass_message),

    stay(ROUTING, ErrorMessage,         TokenBad(), report,     guard=refuses_token),
    stay(ROUTING, ErrorMessage,         TokenRevoked(), report, guard=revokes_token),
    stay(ROUTING, ErrorMessage,         end_link, report,       guard=ends_link),
    stay(ROUTING, ErrorMessage,         stay_away, report,      guard=is_unwelcome),
    stay(ROUTING, ErrorMessage,         break_link, report,     guard=breaks_link),
    stay(ROUTING, ErrorMessage,         end_document, report,   guard=ends_document),
    stay(ROUTING, ErrorMessage,         ask_to_wait, report,    guard=asks_to_wait),
    stay(ROUTING, ErrorMessage,         limit_rate, tell,       guard=limits_rate),
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
