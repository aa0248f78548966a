"""Worlds: what happens around a session while it is explored, each a part of everything that can happen.

All at once nobody could wait for: gates, tokens, storms and operations hardly touch one another, and their places
multiply. So a session is explored in several worlds, one after the other, and in each what is not of it keeps quiet.
The errors that a server reports tell the worlds apart, by the policies that the router has for them. What is left out
of each are the events that it does not name; every timer runs in all of them, and a person connects and disconnects.

In all of them the document is the stand-in of `pipeline`. An operator stays away, and nobody hides the application:
`hold` and `circuit_breaker` are explored alone with both, and to the others a hidden page is a network that is gone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Final

from attrs import evolve, field, frozen

from machines import (
    auth_refresh,
    circuit_breaker,
    connection,
    error_storm,
    facts,
    heartbeat,
    hold,
    rate_limit,
)
from machines.auth_refresh import AUTH_REFRESH, SIGNED_IN, Login, Logout, Refreshed, RefreshFailed, SignIn, Trouble
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.connection import CONNECTION, ReconnectNow
from machines.document import Submit
from machines.error_storm import ERROR_STORM
from machines.heartbeat import HEARTBEAT
from machines.hold import HOLD, CameOnline, Hid, Shown, WentOffline
from machines.link import Closed, FrameArrived, FrameInvalid, GoAway, OpenFailed
from machines.policy import router
from machines.policy.close_codes import CLOSE_POLICIES, ClosePolicies
from machines.policy.error_codes import ERROR_POLICIES, ErrorCode, ErrorPolicies, ErrorPolicy, Route
from machines.policy.retries import RetryOptions
from machines.policy.router import ROUTER, WRITE, OpenDocument
from machines.properties import pipeline
from machines.properties.pipeline import NAMES, PIPELINE, SYNC
from machines.rate_limit import RATE_LIMIT
from machines.session import SESSION
from machines.wire.messages import (
    ConnectionAck,
    ErrorMessage,
    Inbound,
    OperationAck,
    OperationBroadcast,
    TokenRefreshRequired,
)
from machines.wire.objects import JsonObject
from statekit import System, View
from statekit.check.transacting import internal_to
from statekit.machine import Definition
from statekit.timers import ClockJumped


# ---------------------------------------------------------------------------------------------------------- the system
def _stood_in(member: Definition) -> Definition:
    return PIPELINE if member.name == PIPELINE.name else member


def _of_one_document(fact: Callable[[View], object]) -> Callable[[View], object]:
    return facts.kept_for_others if fact is facts.operations_kept else fact


STOOD_IN: Final = System(
    SESSION.name,
    members=tuple(_stood_in(each) for each in SESSION.members),
    wiring=tuple(
        evolve(
            each, source=_stood_in(each.source), target=each.target and _stood_in(each.target), key=None, spawns=False
        )
        for each in SESSION.wiring
    ),
    derived=tuple(
        evolve(each, target=_stood_in(each.target), fact=_of_one_document(each.fact)) for each in SESSION.derived
    ),
    doc=SESSION.doc,
)
"""The session with the stand-in in the place of the URL's document, and no other.

So there is no key to be told by, and no other document that could be kept while one is tried alone.
"""


# --------------------------------------------------------------------------------------------------------- the server
NOW: Final = "2026-01-01T00:00:00Z"
"""What the server says of the time; nothing is computed from it."""

GREETING: Final = ConnectionAck("ann", "u1", ("read", WRITE), 0, NOW)
"""The server accepts the connection."""

NOVEL: Final = ErrorMessage("NOVEL_CODE", "as it happens", False, NOW)
"""An error that nobody knows: it counts towards a storm, and does nothing else."""


FORBIDDEN: Final = ErrorMessage(
    ErrorCode.INSUFFICIENT_PERMISSIONS, "as it happens", False, NOW, JsonObject.of({"message_id": NAMES[0]})
)
"""An operation is refused, and every further one would be."""


def errors(policies: ErrorPolicies) -> Iterator[ErrorMessage]:
    """Give an error for each row; it names an operation where it would be about nothing without."""
    for row in policies.rows:
        named = row.route is Route.OPERATION_REJECTED and row.route_without_operation is None
        details = JsonObject.of({"message_id": NAMES[0]}) if named else None
        yield ErrorMessage(str(row.code), "as it happens", True, NOW, details)


# --------------------------------------------------------------------------------------------------------- the worlds
@frozen
class World:
    """What happens around a session: which errors its server reports, what else comes, and how soon bounds are reached.

    Everything is bounded by `often` times, as retries are, or failures; `storms` errors are forgiven, or none weighs
    anything; so many `locks` in a row are waited for. With `gives_up` the last attempt of the fast phase is the last of
    all (the seed's stop). With `at_once` a peer that fell silent is dialled again without a pause, as it is by the
    shipped policies. What an operation is called tells it from the one before if there are two `names`.
    """

    errors: tuple[ErrorCode, ...]
    events: tuple[object, ...]
    often: int = field(default=1, kw_only=True)
    gives_up: bool = field(default=False, kw_only=True)
    at_once: bool = field(default=False, kw_only=True)
    storms: int = field(default=0, kw_only=True)
    locks: int = field(default=0, kw_only=True)
    names: tuple[str, ...] = field(default=NAMES[:1], kw_only=True)

    @property
    def policies(self) -> ErrorPolicies:
        """The rows of the errors that its server reports; nobody is told of another."""
        rows = tuple(row for row in ERROR_POLICIES.rows if row.code in self.errors)
        known = evolve(ERROR_POLICIES, rows=rows)
        return known if self.storms else _weightless(known)

    @property
    def closes(self) -> ClosePolicies:
        """The close policies: no first delay is spread, as how long it is matters to no state."""
        away, lost = (evolve(CLOSE_POLICIES.row(code), spread=False) for code in (1001, 1006))
        silent = CLOSE_POLICIES.row(4000) if self.at_once else lost
        locked = evolve(CLOSE_POLICIES.row(4003), tolerated=None, reason="")
        return CLOSE_POLICIES.overlay({1001: away, 1006: lost, 4000: silent, 4003: locked})

    @property
    def contexts(self) -> dict[str, object]:
        """The first contexts of the members whose options differ from their own."""
        often, storms = self.often, max(self.storms, 1)
        retry = evolve(RETRY, attempts_max=often, close_policies=self.closes)
        retry = evolve(retry, after_exhaustion="fail") if self.gives_up else retry
        return {
            CONNECTION.name: connection.Context(connection.Options(retry, resumes_max=0), reason="initial"),
            HEARTBEAT.name: heartbeat.Context(pings=1),
            AUTH_REFRESH.name: auth_refresh.Context(
                auth_refresh.Options(failures_max=often, rejections_max=often, retry_jitter=0.0)
            ),
            CIRCUIT_BREAKER.name: circuit_breaker.Context(circuit_breaker.Options(failures_max=often)),
            ERROR_STORM.name: error_storm.Context(
                error_storm.Options(errors_max=storms, trips_max=2, cooldown_cap_seconds=30.0)
            ),
            HOLD.name: hold.Context(
                hold.Options(maintenance_seconds=60, unavailable_seconds=60, cap_seconds=60, locks_max=self.locks)
            ),
            RATE_LIMIT.name: rate_limit.Context(rate_limit.Options(rate_per_second=1, limits_max=1, queue_max=1)),
            PIPELINE.name: pipeline.Context(names=self.names),
            ROUTER.name: router.Context(self.policies),
        }


def _weightless(policies: ErrorPolicies) -> ErrorPolicies:
    """Give the policies where no error counts towards a storm."""

    def light(row: ErrorPolicy) -> ErrorPolicy:
        return evolve(row, storm_weight=0, weight_added_while_limited=0)

    rows = tuple(map(light, policies.rows))
    return ErrorPolicies(rows, light(policies.unknown_recoverable), light(policies.unknown_final))


RETRY: Final = RetryOptions(
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
"""Every delay is a second: how long they are matters to no state."""

TRANSIENT: Final = RefreshFailed(Trouble.TRANSIENT)
"""A refresh failed, and may work later."""

ALWAYS: Final = (Closed(1006), OpenFailed("refused"), Refreshed(), GREETING)
"""The least that happens to a link and its token in every world, beside a login where nobody is signed in."""

LINK: Final = World((ErrorCode.TOKEN_EXPIRED,), (Logout(), Closed(4001)))
"""Sockets, tokens and permits come and go: a token may be refused by a message, by a close, or by both."""

TOKEN: Final = World(
    (ErrorCode.TOKEN_REVOKED, ErrorCode.INTERNAL_ERROR, ErrorCode.CONNECTION_LIMIT_EXCEEDED),
    (TokenRefreshRequired(60),),
    gives_up=True,
)
"""A token is renewed, or revoked, while a link is up, which its server may end in more than one way."""

GATES: Final = World((ErrorCode.MAINTENANCE_MODE,), (WentOffline(), CameOnline()), gives_up=True)
"""The network and the service come and go, with a link or without."""

AWAY: Final = World((), (GoAway(),))
"""A server greets and goes away again, as often as it likes."""

STORM: Final = World((), (NOVEL,), gives_up=True, storms=1)
"""Errors weigh, and one too many closes the link."""

ENDS: Final = World((ErrorCode.INSUFFICIENT_PERMISSIONS,), (Closed(4003),), gives_up=True, storms=1)
"""What ends a link for a while, for good, or because it was one error too many."""

DOCUMENT: Final = World(
    (ErrorCode.INSUFFICIENT_PERMISSIONS, ErrorCode.DOCUMENT_NOT_FOUND, ErrorCode.DOCUMENT_LOCKED),
    (Submit((), 0), SYNC, FORBIDDEN, OpenDocument("", "first")),
    gives_up=True,
    locks=1,
)
"""A server refuses every operation, or the document, while an operation waits or is under way."""

TURNS: Final = World(
    (ErrorCode.OPERATION_REJECTED, ErrorCode.OPERATION_TIMEOUT, ErrorCode.VERSION_CONFLICT),
    (Submit((), 0), SYNC, GoAway(), OperationBroadcast((), 1, "bob", "bob:1")),
    gives_up=True,
    names=NAMES,
)
"""One operation after the other waits for its turn, is sent, and is refused, or lost as the server goes away."""

OPERATIONS: Final = World(
    (ErrorCode.RATE_LIMIT_EXCEEDED,),
    (Submit((), 0), SYNC, OperationAck(NAMES[0], 1)),
    gives_up=True,
)
"""An operation is sent, refused for a while or for good, and sent again, over a link that may be lost at any time."""

SOCKETS: Final = World(
    (
        ErrorCode.TOKEN_EXPIRED,
        ErrorCode.TOKEN_REVOKED,
        ErrorCode.INTERNAL_ERROR,
        ErrorCode.CONNECTION_LIMIT_EXCEEDED,
    ),
    (Logout(), Login(), SignIn(), ReconnectNow(), TRANSIENT, Closed(4001), OpenFailed("http", 401)),
    at_once=True,
)
"""As LINK, with a login at any time, wakes, refreshes that fail, and a silent peer that is dialled again at once."""

RENEWALS: Final = World(
    (ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_REVOKED),
    (
        Logout(),
        TokenRefreshRequired(60),
        TRANSIENT,
        RefreshFailed(Trouble.UNREACHABLE),
        ClockJumped(60.0),
        Closed(4001),
    ),
)
"""As TOKEN, with a token that is refused as well, nobody to be reached for another, and a machine that sleeps."""

SIEGE: Final = World(
    (ErrorCode.MAINTENANCE_MODE, ErrorCode.TOKEN_EXPIRED),
    (WentOffline(), CameOnline(), RefreshFailed(Trouble.UNREACHABLE), Logout()),
    gives_up=True,
)
"""As GATES, with a login that comes and goes, and a refresh that waits for the network."""

OUTBURSTS: Final = World((ErrorCode.TOKEN_EXPIRED,), (NOVEL,), gives_up=True, storms=1)
"""As STORM, while tokens are refused and renewed."""

QUEUE: Final = World(
    (ErrorCode.RATE_LIMIT_EXCEEDED, ErrorCode.VERSION_CONFLICT, ErrorCode.OPERATION_REJECTED),
    (Submit((), 0), SYNC, GoAway(), *(OperationAck(name, 1) for name in NAMES)),
    names=NAMES,
)
"""As OPERATIONS and TURNS at once: one operation after the other, limits, and a server that goes away."""

WORLDS: Final = (LINK, TOKEN, GATES, AWAY, STORM, ENDS, DOCUMENT, TURNS, OPERATIONS)
"""The worlds of the default thresholds, a few thousand places each; the deep ones have those below beside them."""

DEEP: Final = (SOCKETS, RENEWALS, SIEGE, OUTBURSTS, QUEUE)
"""Worlds in which more happens at once, some ten thousand places each."""

QUIET: Final = (
    circuit_breaker.ForceOpen, circuit_breaker.Disable, circuit_breaker.MetricsOnly, circuit_breaker.Reset,
    error_storm.Reset, Hid, Shown, FrameInvalid,
)  # fmt: skip
"""What happens in no world."""

TOLD: Final = frozenset[type]().union(*(internal_to(STOOD_IN, each.name) for each in STOOD_IN.members))
"""What machines hear from one another alone, also where a wire is missing."""


# -------------------------------------------------------------------------------------------------------- the samples
def world_of(session: View) -> World:
    """Find the world that a session is in."""
    policies = session.of(ROUTER).context.policies
    return next(each for each in (*WORLDS, *DEEP) if each.policies == policies)


def happening(kind: type) -> Callable[[View], tuple[object, ...]]:
    """Make the samples of an event class: those of the world that the session is in."""

    def samples(session: View) -> tuple[object, ...]:
        return tuple(each for each in (*ALWAYS, *world_of(session).events) if isinstance(each, kind))

    return samples


def logins(session: View) -> tuple[Login, ...]:
    """Let somebody log in: who is signed in already does so in some worlds only."""
    again = Login() in world_of(session).events or session.of(AUTH_REFRESH).state not in SIGNED_IN.states
    return (Login(),) if again else ()


def frames(session: View) -> tuple[FrameArrived, ...]:
    """Give the messages of the world that the session is in, and every error that its server reports."""
    world = world_of(session)
    messages = (each for each in (*ALWAYS, *world.events) if isinstance(each, Inbound))
    return tuple(map(FrameArrived, chain(messages, errors(world.policies))))


KINDS: Final = (
    Closed, OpenFailed, Refreshed, RefreshFailed, Logout, ReconnectNow, SignIn, ClockJumped, WentOffline,
    CameOnline, Submit, GoAway, OpenDocument,
)  # fmt: skip
"""The event classes of which each world has its own."""

SAMPLES: Final[Mapping[type, Callable[..., Iterable[object]]]] = {
    FrameArrived: frames,
    Login: logins,
    **{kind: happening(kind) for kind in KINDS},
}
"""What may happen in the world that a session is in."""
