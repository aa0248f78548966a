"""What the client does about an error frame, by its code.

The row decides; the frame's own `recoverable` flag counts only for a code that no row names (seed defect 10).
A row names the machine event the frame becomes (`Route`) and what goes with it; how long and how often to try
again stands in the options of the machine it goes to.

Surprising rows: the two connection codes are made by this client and never arrive; TOKEN_EXPIRED is refreshed
whatever its flag says; INSUFFICIENT_PERMISSIONS and INTERNAL_ERROR mean one thing about an operation and
another about the link; codes that have a bounded machine of their own weigh nothing in an error storm.
"""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from attrs import field, frozen

from machines.options import whole


class ErrorCode(StrEnum):
    """The 19 error codes of the seed, in its order."""

    CONNECTION_FAILED = "CONNECTION_FAILED"
    CONNECTION_TIMEOUT = "CONNECTION_TIMEOUT"
    CONNECTION_LIMIT_EXCEEDED = "CONNECTION_LIMIT_EXCEEDED"
    PROTOCOL_ERROR = "PROTOCOL_ERROR"
    AUTHENTICATION_FAILED = "AUTHENTICATION_FAILED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105  the name of an error, not a token
    TOKEN_REVOKED = "TOKEN_REVOKED"  # noqa: S105  the name of an error, not a token
    INSUFFICIENT_PERMISSIONS = "INSUFFICIENT_PERMISSIONS"
    DOCUMENT_NOT_FOUND = "DOCUMENT_NOT_FOUND"
    DOCUMENT_LOCKED = "DOCUMENT_LOCKED"
    DOCUMENT_DELETED = "DOCUMENT_DELETED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    INVALID_OPERATION = "INVALID_OPERATION"
    OPERATION_REJECTED = "OPERATION_REJECTED"
    OPERATION_TIMEOUT = "OPERATION_TIMEOUT"
    RATE_LIMIT_EXCEEDED = "RATE_LIMIT_EXCEEDED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
    MAINTENANCE_MODE = "MAINTENANCE_MODE"


class Route(StrEnum):
    """Which machine's event an error becomes."""

    CONNECTION_TERMINAL = "connection_terminal"
    """The connection fails with the row's reason."""
    CONNECTION_SLOW = "connection_slow"
    """The connection goes to its slow tier and honours the server's retry hint."""
    CONNECTION_BROKEN = "connection_broken"
    """The connection closes, then follows the close policy named by `follows_close`."""
    AUTH_REJECTED = "auth_rejected"
    """The token of this generation was refused: refresh, within `retries`."""
    AUTH_REVOKED = "auth_revoked"
    """No refresh can help: keep the operations, ask the user to sign in."""
    DOCUMENT_HALTED = "document_halted"
    """The document's pipeline ends and exports its operations."""
    HELD = "held"
    """Operations wait for what `waits_for` names, or as long as the server's hint says."""
    CONFLICT = "conflict"
    """One sync, a chained rebase, then the head again."""
    OPERATION_REJECTED = "operation_rejected"
    """The head is rolled back and reported, never retried."""
    OPERATION_RETRY = "operation_retry"
    """Ask what the server has, then send the same operation again, within `retries`."""
    RATE_LIMITED = "rate_limited"
    """The pacer waits; the operation goes back to its head."""
    LOCAL = "local"
    """Made by this client; one that arrives as a frame is only reported."""
    REPORT = "report"
    """Told to the application; nothing else changes."""


class Wait(StrEnum):
    """What a server can tell a client to wait for."""

    LOCK = "lock"
    """The document is locked; the link stays."""
    MAINTENANCE = "maintenance"
    """The service is in maintenance: nothing is dialled meanwhile either."""
    UNAVAILABLE = "unavailable"
    """The service is out of order for a while: likewise."""


WEIGHT: Final = whole(at_least=0)
"""What an error may weigh: it never makes a storm less likely."""

_ENDING: Final = frozenset({Route.CONNECTION_TERMINAL, Route.DOCUMENT_HALTED})


@frozen
class ErrorPolicy:
    """One row: what an error code means, in columns that machines and router read.

    `route` is read through `route_for`: an error that names no operation, or meets a token the server accepted
    before, may go elsewhere (None: it does not). `storm_weight` is what the error counts towards a storm;
    `weight_added_while_limited` comes on top when the pacer had been told to wait and we sent all the same.
    `terminal_reason` is what the connection fails or the document halts with when the row ends it; empty where it
    cannot.

    `closes`: we close with 1000 and do not come back by ourselves. `follows_close`: the close code whose policy
    rules what comes after CONNECTION_BROKEN. `read_only`: no further edits until the server allows them again.
    `waits_for`: what HELD waits for. `blames_service`: an attempt whose permit is still held has failed, as its breaker
    counts, even if the link stays. `recoverable` is the flag this row expects of the server, None where either is
    right. Raises ValueError for a row whose route lacks what it needs: a reason, a wait or a close policy to follow;
    and for a weight that is none.
    """

    code: str
    route: Route
    storm_weight: int
    route_without_operation: Route | None = field(default=None, kw_only=True)
    route_when_accepted: Route | None = field(default=None, kw_only=True)
    weight_added_while_limited: int = field(default=0, kw_only=True)
    terminal_reason: str = field(default="", kw_only=True)
    closes: bool = field(default=False, kw_only=True)
    follows_close: int | None = field(default=None, kw_only=True)
    read_only: bool = field(default=False, kw_only=True)
    waits_for: Wait | None = field(default=None, kw_only=True)
    blames_service: bool = field(default=False, kw_only=True)
    recoverable: bool | None = field(default=None, kw_only=True)
    note: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        for column in ("storm_weight", "weight_added_while_limited"):
            if (weight := getattr(self, column)) not in WEIGHT:
                raise ValueError(f"error policy {self.code}: {column} must be {WEIGHT}, not {weight!r}")
        maybe = (self.route, self.route_without_operation, self.route_when_accepted)
        routes = {route for route in maybe if route is not None}
        needs = (
            ("terminal_reason", bool(self.terminal_reason), routes & _ENDING),
            ("follows_close", self.follows_close is not None, routes & {Route.CONNECTION_BROKEN}),
            ("waits_for", self.waits_for is not None, routes & {Route.HELD}),
        )
        for column, given, needed_by in needs:
            if needed_by and not given:
                raise ValueError(
                    f"error policy {self.code}: route {min(needed_by)} needs {column}, which the row leaves out"
                )

    def route_for(self, *, names_operation: bool, token_accepted: bool = False) -> Route:
        """The route of this frame.

        `names_operation` says that the frame's details hold a `message_id`; `token_accepted` that the server
        accepted the token generation in use before.
        """
        elsewhere = None if names_operation else self.route_without_operation
        if elsewhere is None and token_accepted:
            elsewhere = self.route_when_accepted
        return elsewhere or self.route

    def contradicts(self, *, recoverable: bool) -> bool:
        """Whether the frame's flag disagrees with this row; the row wins, and the caller may report it."""
        return self.recoverable is not None and self.recoverable != recoverable


@frozen
class ErrorPolicies:
    """A total table of error policies, one row for each code and two for the codes it does not know.

    A value: it can be compared, hashed and kept in a machine's options.
    Raises ValueError when a code has two rows.
    """

    rows: tuple[ErrorPolicy, ...]
    unknown_recoverable: ErrorPolicy
    unknown_final: ErrorPolicy

    def __attrs_post_init__(self) -> None:
        _refuse_twice(self.rows)

    def row(self, error_code: str, *, recoverable: bool) -> ErrorPolicy:
        """The policy for this code; the flag counts only where no row names the code."""
        unknown = self.unknown_recoverable if recoverable else self.unknown_final
        return next((row for row in self.rows if row.code == error_code), unknown)

    def overlay(self, rows: Iterable[ErrorPolicy]) -> "ErrorPolicies":
        """This table with a product's rows laid over it, each in its code's place, or at the end.

        Raises ValueError when two of the rows are for one code.
        """
        laid = tuple(rows)
        _refuse_twice(laid)
        by_code = {row.code: row for row in (*self.rows, *laid)}
        return ErrorPolicies(tuple(by_code.values()), self.unknown_recoverable, self.unknown_final)


def _refuse_twice(rows: tuple[ErrorPolicy, ...]) -> None:
    twice = [str(code) for code, count in Counter(row.code for row in rows).items() if count > 1]
    if twice:
        raise ValueError(f"more than one error policy for {', '.join(twice)}; a code has exactly one row")


UNKNOWN_RECOVERABLE: Final = ErrorPolicy("UNKNOWN", Route.OPERATION_RETRY, 1, note="never fatal to the link")
"""The row of an unknown code that the server calls recoverable."""

UNKNOWN_FINAL: Final = ErrorPolicy("UNKNOWN", Route.REPORT, 1, note="never fatal to the link")
"""The row of an unknown code that the server calls not recoverable."""

# fmt: off
ERROR_POLICIES: Final = ErrorPolicies((
    #            code                               route                    storm weight
    ErrorPolicy(ErrorCode.CONNECTION_FAILED,         Route.LOCAL,              0, recoverable=True,
                note="the dial failed: backoff"),
    ErrorPolicy(ErrorCode.CONNECTION_TIMEOUT,        Route.LOCAL,              0, recoverable=True,
                note="no open or no hello in time: abandon the socket, backoff"),
    ErrorPolicy(ErrorCode.CONNECTION_LIMIT_EXCEEDED, Route.CONNECTION_SLOW,    0, recoverable=True,
                note="honours retry_after"),
    ErrorPolicy(ErrorCode.PROTOCOL_ERROR,            Route.CONNECTION_BROKEN,  1, follows_close=1002,
                terminal_reason="protocol_error", note="one retry"),
    ErrorPolicy(ErrorCode.AUTHENTICATION_FAILED,     Route.AUTH_REJECTED,      0,
                route_when_accepted=Route.AUTH_REVOKED, note="one refresh if this token was never accepted"),
    ErrorPolicy(ErrorCode.TOKEN_EXPIRED,             Route.AUTH_REJECTED,      0,
                note="one refresh in flight, whatever the flag says"),
    ErrorPolicy(ErrorCode.TOKEN_REVOKED,             Route.AUTH_REVOKED,       0, closes=True, recoverable=False,
                note="no refresh; operations are kept first"),
    ErrorPolicy(ErrorCode.INSUFFICIENT_PERMISSIONS,  Route.OPERATION_REJECTED, 1,
                route_without_operation=Route.CONNECTION_TERMINAL, terminal_reason="permission_denied",
                read_only=True, recoverable=False),
    ErrorPolicy(ErrorCode.DOCUMENT_NOT_FOUND,        Route.DOCUMENT_HALTED,    0, terminal_reason="not_found",
                recoverable=False),
    ErrorPolicy(ErrorCode.DOCUMENT_LOCKED,           Route.HELD,               0, waits_for=Wait.LOCK,
                terminal_reason="document_locked", recoverable=True),
    ErrorPolicy(ErrorCode.DOCUMENT_DELETED,          Route.DOCUMENT_HALTED,    0, closes=True,
                terminal_reason="deleted", recoverable=False),
    ErrorPolicy(ErrorCode.VERSION_CONFLICT,          Route.CONFLICT,           0, recoverable=True,
                note="after the last round the operation is given back"),
    ErrorPolicy(ErrorCode.INVALID_OPERATION,         Route.OPERATION_REJECTED, 1, recoverable=False),
    ErrorPolicy(ErrorCode.OPERATION_REJECTED,        Route.OPERATION_REJECTED, 1, recoverable=False,
                note="the rest of the queue is rebased"),
    ErrorPolicy(ErrorCode.OPERATION_TIMEOUT,         Route.OPERATION_RETRY,    1, recoverable=True,
                note="it may have been applied: asks first, then the same seq"),
    ErrorPolicy(ErrorCode.RATE_LIMIT_EXCEEDED,       Route.RATE_LIMITED,       0, weight_added_while_limited=1,
                recoverable=True, note="the longest announced limit counts"),
    ErrorPolicy(ErrorCode.INTERNAL_ERROR,            Route.OPERATION_RETRY,    1,
                route_without_operation=Route.CONNECTION_BROKEN, follows_close=1011, blames_service=True,
                recoverable=True),
    ErrorPolicy(ErrorCode.SERVICE_UNAVAILABLE,       Route.HELD,               1, waits_for=Wait.UNAVAILABLE,
                blames_service=True, recoverable=True,
                note="a link that closes meanwhile is not dialled before the wait is over"),
    ErrorPolicy(ErrorCode.MAINTENANCE_MODE,          Route.HELD,               0, waits_for=Wait.MAINTENANCE,
                recoverable=True, note="attempts are not burnt; a banner tells the user"),
), unknown_recoverable=UNKNOWN_RECOVERABLE, unknown_final=UNKNOWN_FINAL)
# fmt: on
"""The rows of the 19 error codes; `overlay` them with a product's own."""


def error_policy(error_code: str, recoverable: bool) -> ErrorPolicy:  # noqa: FBT001  the wire's own two fields
    """The shipped policy for an error frame's code and flag, for every string."""
    return ERROR_POLICIES.row(error_code, recoverable=recoverable)


def contradicts(error_code: str, recoverable: bool) -> bool:  # noqa: FBT001  the wire's own two fields
    """Whether an error frame's flag disagrees with the shipped row of its code; never for an unknown code."""
    return error_policy(error_code, recoverable).contradicts(recoverable=recoverable)
