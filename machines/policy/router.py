"""Router: which machine a message concerns; the error policies decide it for errors.

It has one state, since all it remembers is whether the server has greeted; it is a machine all the same, so that where
a message goes stands in a table, is drawn, and can be checked like everything else. As every message passes here, it is
also who knows whether a document that is opened now has missed the greeting.

An error is told to whom it concerns first, to the application and to the storm after that: none is swallowed. One that
names a document beside the URL's ends that document at most, and never the link or what may be done to the others.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, frozen

from machines.link import Send
from machines.policy import reports
from machines.policy.reports import (
    ask_to_wait,
    asks_to_wait,
    break_link,
    breaks_link,
    conflict,
    doubt,
    end_document,
    end_link,
    ends_document,
    ends_link,
    is_conflict,
    is_unwelcome,
    leaves_unsure,
    limit_rate,
    limits_rate,
    pass_limit,
    refuses_token,
    reject,
    rejects_operation,
    report,
    revokes_token,
    stay_away,
    tell,
)
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

Context: TypeAlias = reports.Context
"""What is remembered beside the state."""


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
