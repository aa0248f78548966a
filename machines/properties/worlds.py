"""Worlds: what happens around a session while it is explored, each a part of everything that can happen.

All at once nobody could wait for: gates, tokens, storms and operations hardly touch one another, and their places
multiply. So there are three worlds, and in each what is not of it keeps quiet: LINK, where sockets, tokens and permits
come and go; GATES, where the network, the service and storms do; OPERATIONS, where an operation is sent over a link that
may be lost. Which errors a server sends is told by the policies in force: one for each row.

In all of them the document is the stand-in of `pipeline`. An operator stays away, and nobody hides the application:
`hold` and `circuit_breaker` are explored alone with both, and to the others a hidden page is a network that is gone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
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
from machines.properties.pipeline import NAME, PIPELINE, SYNC
from machines.rate_limit import RATE_LIMIT
from machines.session import SESSION
from machines.wire.messages import (
    ConnectionAck,
    ErrorMessage,
    Inbound,
    OperationAck,
    PermissionChange,
    TokenRefreshRequired,
)
from machines.wire.objects import JsonObject
from statekit import System, View
from statekit.machine import Definition
from statekit.timers import ClockJumped

NOW: Final = "2026-01-01T00:00:00Z"
"""What the server says of the time; nothing is computed from it."""

Samples = Mapping[type, Callable[..., Iterable[object]]]


# ---------------------------------------------------------------------------------------------------------- the system
def _stood_in(member: Definition) -> Definition:
    return PIPELINE if member.name == PIPELINE.name else member


def stood_in(name: str) -> System:
    """Give the session under a name of its own, with the stand-in in the place of the document."""
    return System(
        name,
        members=[_stood_in(each) for each in SESSION.members],
        wiring=[
            evolve(line, source=_stood_in(line.source), target=line.target and _stood_in(line.target))
            for line in SESSION.wiring
        ],
        derived=[evolve(each, target=_stood_in(each.target)) for each in SESSION.derived],
        doc=SESSION.doc,
    )


# --------------------------------------------------------------------------------------------------------- the server
GREETING: Final = ConnectionAck("ann", "u1", ("read", WRITE), 0, NOW)
"""The server accepts the connection."""


def errors(policies: ErrorPolicies) -> Iterator[ErrorMessage]:
    """Give one error for each row, with an operation where that makes a difference."""
    for row in policies.rows:
        named = row.route is Route.OPERATION_REJECTED
        details = JsonObject.of({"message_id": NAME}) if named else None
        yield ErrorMessage(str(row.code), "as it happens", True, NOW, details)


def saying(*messages: Inbound) -> Callable[[View], tuple[FrameArrived, ...]]:
    """Make the samples of a server that says these, and reports every error of the policies in force."""

    def frames(session: View) -> tuple[FrameArrived, ...]:
        reported = errors(session.of(ROUTER).context.policies)
        return tuple(map(FrameArrived, (GREETING, *messages, *reported)))

    return frames


def giving(*events: object) -> Callable[[View], tuple[object, ...]]:
    """Make samples of these events."""
    return lambda _: events


QUIET: Final = (
    circuit_breaker.ForceOpen, circuit_breaker.Disable, circuit_breaker.MetricsOnly, circuit_breaker.Reset,
    error_storm.Reset, Hid, Shown, GoAway, FrameInvalid,
)  # fmt: skip
"""What happens in none of the worlds."""

PLAIN: Final[Samples] = {
    Closed: giving(Closed(1006)),
    OpenFailed: giving(OpenFailed("refused")),
    Login: giving(Login()),
    Refreshed: giving(Refreshed()),
    RefreshFailed: giving(RefreshFailed(Trouble.TRANSIENT)),
    Submit: giving(Submit((), 0)),
}
"""The least that can happen to a link, its token and its document."""


# --------------------------------------------------------------------------------------------------------- the worlds
LINK: Final[Samples] = {
    **PLAIN,
    FrameArrived: saying(),
    Closed: giving(Closed(1006), Closed(4001)),
    OpenFailed: giving(OpenFailed("refused"), OpenFailed("http", 401)),
}
NOT_LINK: Final = (*QUIET, ClockJumped, SignIn, Submit, WentOffline, CameOnline)
"""What does not happen in LINK."""

GATES: Final[Samples] = {**PLAIN, FrameArrived: saying(), Closed: giving(Closed(1006), Closed(4003))}
NOT_GATES: Final = (*QUIET, ClockJumped, SignIn, Logout, Submit, RefreshFailed)
"""What does not happen in GATES."""

OPERATIONS: Final[Samples] = {
    **PLAIN,
    FrameArrived: saying(SYNC, OperationAck(NAME, 1), PermissionChange(("read",)), PermissionChange(("read", WRITE))),
}
NOT_OPERATIONS: Final = (
    *QUIET, ClockJumped, SignIn, Logout, ReconnectNow, WentOffline, CameOnline, RefreshFailed,
)  # fmt: skip
"""What does not happen in OPERATIONS."""


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


def starting_with(*codes: ErrorCode | str, often: int = 1, storms: int | None = None) -> dict[str, object]:
    """Start a session whose server reports these errors, and where everything is bounded by `often` times.

    As many storms are forgiven as `storms` says, each after as many errors; without it no error weighs anything.
    """
    rows = tuple(row for row in ERROR_POLICIES.rows if row.code in codes)
    if storms is None:
        rows = tuple(evolve(row, storm_weight=0, weight_added_while_limited=0) for row in rows)
    retry = evolve(RETRY, attempts_max=often)
    return {
        CONNECTION.name: connection.Context(connection.Options(retry, resumes_max=0), reason="initial"),
        AUTH_REFRESH.name: auth_refresh.Context(
            auth_refresh.Options(failures_max=often, rejections_max=often, retry_jitter=0.0)
        ),
        CIRCUIT_BREAKER.name: circuit_breaker.Context(circuit_breaker.Options(failures_max=often)),
        ERROR_STORM.name: error_storm.Context(error_storm.Options(errors_max=storms or 1, trips_max=(storms or 1) + 1)),
        HOLD.name: hold.Context(hold.Options(maintenance_seconds=60, unavailable_seconds=60, cap_seconds=60, locks_max=1)),
        RATE_LIMIT.name: rate_limit.Context(rate_limit.Options(rate_per_second=1, limits_max=1, queue_max=1)),
        ROUTER.name: router.Context(evolve(ERROR_POLICIES, rows=rows)),
    }
