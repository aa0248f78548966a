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

from machines import circuit_breaker, error_storm
from machines.auth_refresh import AUTH_REFRESH, SIGNED_IN, Login, Logout, Refreshed, RefreshFailed, SignIn, Trouble
from machines.connection import ReconnectNow
from machines.document import Submit
from machines.hold import CameOnline, Hid, Shown, WentOffline
from machines.link import Closed, FrameArrived, FrameInvalid, GoAway, OpenFailed
from machines.policy.error_codes import ErrorCode, ErrorPolicies, Route
from machines.policy.router import ROUTER, WRITE, OpenDocument
from machines.properties.pipeline import NAMES, SYNC
from machines.properties.stood_in import STOOD_IN
from machines.properties.world import World
from machines.wire.messages import (
    ConnectionAck,
    ErrorMessage,
    Inbound,
    OperationAck,
    OperationBroadcast,
    TokenRefreshRequired,
)
from machines.wire.objects import JsonObject
from statekit import View
from statekit.check.transacting import internal_to
from statekit.timers import ClockJumped

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
