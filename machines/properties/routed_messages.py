"""What the router is explored with: one message of every kind, and every error with all that it may bring."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product
from typing import Final, TypeAlias

from machines.policy.error_codes import ERROR_POLICIES
from machines.policy.router import WRITE, Context, State
from machines.wire.messages import (
    URL_DOCUMENT,
    ConnectionAck,
    Document,
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
from machines.wire.objects import JsonObject
from machines.wire.text import Text
from statekit import Snapshot

Router: TypeAlias = Snapshot[State, Context]


NOW: Final = "2026-01-01T00:00:00Z"
"""What the server says of the time; nothing is computed from it."""


def greetings(_: Router) -> tuple[ConnectionAck, ...]:
    """Give one to somebody who may write, and one to somebody who may not."""
    return tuple(ConnectionAck("ann", "u1", may, 7, NOW) for may in (("read", WRITE), ("read",)))


def permission_changes(_: Router) -> tuple[PermissionChange, ...]:
    """Give the same two."""
    return PermissionChange(("read", WRITE)), PermissionChange(("read",), removed=(WRITE,))


def pings(_: Router) -> tuple[Ping, ...]:
    """Give one."""
    return (Ping(5),)


def pongs(_: Router) -> tuple[Pong, ...]:
    """Give one."""
    return (Pong(5),)


def syncs(_: Router) -> tuple[DocumentSync, ...]:
    """Give one."""
    return (DocumentSync(Document("d", 7, Text("abc"))),)


def acks(_: Router) -> tuple[OperationAck, ...]:
    """Give one."""
    return (OperationAck("ann:1", 8),)


def broadcasts(_: Router) -> tuple[OperationBroadcast, ...]:
    """Give one."""
    return (OperationBroadcast((), 8, "bob", "bob:1"),)


def limits(_: Router) -> tuple[RateLimited, ...]:
    """Give one of a time, one of no time, and one beyond every float."""
    return RateLimited(1500), RateLimited(0), RateLimited(10**400)


def agings(_: Router) -> tuple[TokenRefreshRequired, ...]:
    """Give one."""
    return (TokenRefreshRequired(60),)


def others(_: Router) -> tuple[Passed, ...]:
    """Give one."""
    return (Passed("presence", "joined"),)


DETAILS: Final = (
    None,
    JsonObject.of({"message_id": "ann:1", "retry_after": 1500}),
    JsonObject.of({"message_id": 7, "retry_after": "1500"}),
    JsonObject.of({"retry_after": -1}),
    JsonObject.of({"retry_after": True}),
    JsonObject.of({"retry_after": 10**400}),
)
"""What an error may bring: nothing, what we know, and what is not what it should be."""


def errors(_: Router) -> Iterator[ErrorMessage]:
    """Give every code, and one that nobody knows, with either flag, all that it may bring, and of either document."""
    codes = (*(row.code for row in ERROR_POLICIES.rows), "NOVEL_CODE")
    for code, recoverable, details, document in product(codes, (True, False), DETAILS, (URL_DOCUMENT, "other")):
        yield ErrorMessage(str(code), "as it happens", recoverable, NOW, details, document)


SAMPLES: Final[Mapping[type, Callable[..., Iterable[object]]]] = {
    ConnectionAck: greetings,
    PermissionChange: permission_changes,
    Ping: pings,
    Pong: pongs,
    DocumentSync: syncs,
    OperationAck: acks,
    OperationBroadcast: broadcasts,
    RateLimited: limits,
    TokenRefreshRequired: agings,
    Passed: others,
    ErrorMessage: errors,
}
"""One message of every kind, and every error."""
