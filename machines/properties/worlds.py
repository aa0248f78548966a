"""Worlds: what happens around a session while it is explored, each a part of everything that can happen.

All at once nobody could wait for: gates, tokens, storms and operations hardly touch one another, and their places
multiply. So a session is explored in several worlds, one after the other, and in each what is not of it keeps quiet.
Which errors a server reports tell the worlds apart: one for each row of the policies in force, and what else happens
happens where one of its errors does (`TOGETHER`). The worlds of the default thresholds are LINK, where sockets, tokens
and permits come and go; GATES, where the network, the service and storms do; OPERATIONS, where an operation is sent
over a link that may be lost.

In all of them the document is the stand-in of `pipeline`. An operator stays away, and nobody hides the application:
`hold` and `circuit_breaker` are explored alone with both, and to the others a hidden page is a network that is gone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from attrs import evolve

from machines import (
    auth_refresh,
    circuit_breaker,
    connection,
    error_storm,
    hold,
    link,
    rate_limit,
)
from machines.auth_refresh import AUTH_REFRESH, Login, Logout, Refreshed, RefreshFailed, SignIn, Trouble
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.connection import CONNECTION, ReconnectNow
from machines.document import Submit
from machines.error_storm import ERROR_STORM
from machines.hold import HOLD, CameOnline, Hid, Shown, WentOffline
from machines.link import Closed, FrameArrived, FrameInvalid, GoAway, OpenFailed
from machines.policy import router
from machines.policy.error_codes import ERROR_POLICIES, ErrorCode, ErrorPolicies, Route
from machines.policy.retries import RetryOptions
from machines.policy.router import ROUTER, WRITE
from machines.properties.pipeline import NAMES, PIPELINE, SYNC
from machines.rate_limit import RATE_LIMIT
from machines.session import SESSION
from machines.wire.messages import (
    ConnectionAck,
    ErrorMessage,
    Inbound,
    OperationAck,
    OperationBroadcast,
    PermissionChange,
    TokenRefreshRequired,
)
from machines.wire.objects import JsonObject
from statekit import System, View
from statekit.machine import Definition
from statekit.timers import ClockJumped


# ---------------------------------------------------------------------------------------------------------- the system
def _stood_in(member: Definition) -> Definition:
    return PIPELINE if member.name == PIPELINE.name else member


STOOD_IN: Final = System(
    SESSION.name,
    members=[_stood_in(each) for each in SESSION.members],
    wiring=[
        evolve(line, source=_stood_in(line.source), target=line.target and _stood_in(line.target), key=None, spawns=False)
        for line in SESSION.wiring
    ],
    derived=[evolve(each, target=_stood_in(each.target)) for each in SESSION.derived],
    doc=SESSION.doc,
)
"""The session with the stand-in in the place of the URL's document, and no other: so there is no key to be told by."""


# --------------------------------------------------------------------------------------------------------- the server
NOW: Final = "2026-01-01T00:00:00Z"
"""What the server says of the time; nothing is computed from it."""

GREETING: Final = ConnectionAck("ann", "u1", ("read", WRITE), 0, NOW)
"""The server accepts the connection."""

NOVEL: Final = ErrorMessage("NOVEL_CODE", "as it happens", False, NOW)
"""An error that nobody knows: it counts towards a storm, and does nothing else."""


def errors(policies: ErrorPolicies) -> Iterator[ErrorMessage]:
    """Give an error for each row; it names an operation where it would be about nothing without."""
    for row in policies.rows:
        named = row.route is Route.OPERATION_REJECTED and row.route_without_operation is None
        details = JsonObject.of({"message_id": NAMES[0]}) if named else None
        yield ErrorMessage(str(row.code), "as it happens", True, NOW, details)


# --------------------------------------------------------------------------------------------------------- the worlds
LINK: Final = (ErrorCode.TOKEN_EXPIRED, ErrorCode.DOCUMENT_DELETED)
"""Sockets, tokens and permits come and go."""

GATES: Final = (ErrorCode.MAINTENANCE_MODE, ErrorCode.INSUFFICIENT_PERMISSIONS)
"""The network, the service and storms come and go."""

OPERATIONS: Final = (ErrorCode.RATE_LIMIT_EXCEEDED, ErrorCode.VERSION_CONFLICT)
"""An operation is sent over a link that may be lost."""

TOGETHER: Final[Mapping[ErrorCode, tuple[object, ...]]] = {
    ErrorCode.TOKEN_EXPIRED: (Logout(), ReconnectNow(), Closed(4001), OpenFailed("http", 401)),
    ErrorCode.CONNECTION_LIMIT_EXCEEDED: (Closed(4003),),
    ErrorCode.TOKEN_REVOKED: (TokenRefreshRequired(60), SignIn(), RefreshFailed(Trouble.REVOKED)),
    ErrorCode.AUTHENTICATION_FAILED: (ClockJumped(60.0), RefreshFailed(Trouble.UNREACHABLE)),
    ErrorCode.MAINTENANCE_MODE: (WentOffline(), CameOnline()),
    ErrorCode.SERVICE_UNAVAILABLE: (NOVEL,),
    ErrorCode.RATE_LIMIT_EXCEEDED: (Submit((), 0), SYNC, *(OperationAck(name, 1) for name in NAMES)),
    ErrorCode.DOCUMENT_LOCKED: (PermissionChange(("read",)), PermissionChange(("read", WRITE))),
    ErrorCode.OPERATION_REJECTED: (GoAway(), OperationBroadcast((), 1, "bob", "bob:1")),
}
"""What happens in a world beside the least, by an error that is reported there."""

ALWAYS: Final = (
    Closed(1006), OpenFailed("refused"), Login(), Refreshed(), RefreshFailed(Trouble.TRANSIENT), GREETING,
)  # fmt: skip
"""The least that happens to a link and its token in every world."""

QUIET: Final = (
    circuit_breaker.ForceOpen, circuit_breaker.Disable, circuit_breaker.MetricsOnly, circuit_breaker.Reset,
    error_storm.Reset, Hid, Shown, FrameInvalid, router.OpenDocument,
)  # fmt: skip
"""What happens in no world."""


def happening(kind: type) -> Callable[[View], tuple[object, ...]]:
    """Make the samples of an event class: those of the world that the session is in."""

    def samples(session: View) -> tuple[object, ...]:
        in_force = {row.code for row in session.of(ROUTER).context.policies.rows}
        found = chain(ALWAYS, *(events for code, events in TOGETHER.items() if code in in_force))
        return tuple(each for each in found if isinstance(each, kind))

    return samples


def frames(session: View) -> tuple[FrameArrived, ...]:
    """Give the messages of the world that the session is in, and every error that its server reports."""
    policies = session.of(ROUTER).context.policies
    messages = (each for each in happening(object)(session) if isinstance(each, Inbound))
    return tuple(map(FrameArrived, chain(messages, errors(policies))))


KINDS: Final = (
    Closed, OpenFailed, Login, Refreshed, RefreshFailed, Logout, ReconnectNow, SignIn, ClockJumped, WentOffline,
    CameOnline, Submit, GoAway,
)  # fmt: skip
"""The event classes of which each world has its own."""

SAMPLES: Final[Mapping[type, Callable[..., Iterable[object]]]] = {
    FrameArrived: frames,
    **{kind: happening(kind) for kind in KINDS},
}
"""What may happen in the world that a session is in."""


# ----------------------------------------------------------------------------------------------------- the thresholds
RETRY: Final = RetryOptions(
    attempts_max=1,
    kind="none",
    base_seconds=1.0,
    cap_seconds=1.0,
    floor_seconds=1.0,
    spread_seconds=1.0,
    slow_seconds=1.0,
    slow_cap_seconds=1.0,
    slow_jitter=0.0,
    hold_seconds=1.0,
)
"""One attempt in the fast phase, and every delay a second: how long they are matters to no state."""


def starting_with(*codes: ErrorCode, often: int = 1, storms: int | None = None) -> dict[str, object]:
    """Start a session whose server reports these errors, and where everything is bounded by `often` times.

    Where that is 0 times the first failure is the last. As many storms are forgiven as `storms` says, each after as
    many errors; without it no error weighs anything.
    """
    rows = tuple(row for row in ERROR_POLICIES.rows if row.code in codes)
    if storms is None:
        rows = tuple(evolve(row, storm_weight=0, weight_added_while_limited=0) for row in rows)
    retry = evolve(RETRY, attempts_max=often, after_exhaustion="suspend" if often else "fail")
    often, storms = max(often, 1), storms or 1
    return {
        CONNECTION.name: connection.Context(connection.Options(retry, resumes_max=0), reason="initial"),
        AUTH_REFRESH.name: auth_refresh.Context(
            auth_refresh.Options(failures_max=often, rejections_max=often, retry_jitter=0.0)
        ),
        CIRCUIT_BREAKER.name: circuit_breaker.Context(circuit_breaker.Options(failures_max=often)),
        ERROR_STORM.name: error_storm.Context(error_storm.Options(errors_max=storms, trips_max=storms + 1)),
        HOLD.name: hold.Context(
            hold.Options(maintenance_seconds=60, unavailable_seconds=60, cap_seconds=60, locks_max=0)
        ),
        RATE_LIMIT.name: rate_limit.Context(rate_limit.Options(rate_per_second=1, limits_max=1, queue_max=1)),
        ROUTER.name: router.Context(evolve(ERROR_POLICIES, rows=rows)),
    }
