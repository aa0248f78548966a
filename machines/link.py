"""The link: what a socket is told and tells, what the server says over it, and what passes between its machines.

`Dial` answers with `Opened` or `OpenFailed`; after `Opened` come frames, and `Closed` once. An adapter that carries
them to a real transport is in `machines.client`. What the server says is made of messages by the router. The token to
dial with and the permit to dial at all are asked of other machines by signals, which answer by events; the signals at
the end are how those who use the link hear of it.
"""

from enum import StrEnum
from typing import Annotated, TypeAlias

from attrs import frozen

from machines.wire.messages import Inbound, Outbound, Pong
from statekit import Signal
from statekit.quantities import Ordinal

Generation: TypeAlias = Annotated[Ordinal, "token"]
"""The number of a token: a newer one has a higher one; none has 0."""

Permit: TypeAlias = Annotated[Ordinal, "permit"]
"""The number of a breaker's permit; none has 0."""


# ------------------------------------------------------------------------------------------------------- the socket
@frozen
class Dial:
    """Open a socket, presenting the token of this generation.

    `resume` asks the server to carry its earlier session on; the adapter keeps what it takes. A wire that cannot (the
    shipped one) may leave it unread: the hello then says that the session is a fresh one.
    """

    generation: Generation
    resume: bool = False


@frozen
class Send:
    """Send a message over the open socket; without one it goes nowhere, and nothing is waiting for it."""

    message: Outbound


@frozen
class Close:
    """Close the socket with this code, once what was handed over before is sent."""

    code: int


@frozen
class SayGoodbye:
    """Tell the server that the close which follows is meant."""


@frozen
class Abandon:
    """Close a socket that opened too late to be wanted."""


@frozen
class Opened:
    """The WebSocket handshake succeeded."""


@frozen
class OpenFailed:
    """The dial failed: one word of cause, and the HTTP status and Retry-After if there was an answer."""

    cause: str
    status: int | None = None
    retry_after_seconds: float | None = None

    @classmethod
    def samples(cls) -> "tuple[OpenFailed, ...]":
        """Give no answer at all, and a status for each thing that a connection does about one."""
        return (
            cls("refused"),
            cls("http", 401),
            cls("http", 404),
            cls("http", 423),
            cls("http", 503),
        )


@frozen
class FrameArrived:
    """A message came over the link."""

    message: Inbound

    @classmethod
    def samples(cls) -> "tuple[FrameArrived, ...]":
        """Give one; what it says is the router's business."""
        return (cls(Pong(timestamp_ms=1)),)


@frozen
class FrameInvalid:
    """A frame came that is no message; `problem` says what was wrong with it, never what it held."""

    problem: str

    @classmethod
    def samples(cls) -> "tuple[FrameInvalid, ...]":
        """Give one."""
        return (cls("not JSON"),)


@frozen
class Closed:
    """The link is gone: the peer's close code, 1006 if none came, and how long it asks us to stay away, if it does."""

    code: int
    reason: str = ""
    retry_after_seconds: float | None = None

    @classmethod
    def samples(cls) -> "tuple[Closed, ...]":
        """Give a code for each thing that a connection does about one."""
        return cls(1000), cls(1006), cls(1008), cls(1013, retry_after_seconds=90.0), cls(4000)


# ------------------------------------------------------------------------------------------------ the server, over it
@frozen
class Hello:
    """The server has accepted the connection.

    `resumed` says that it carries the earlier session on, `resumable` that it would do so with this one; `ping_seconds`
    is the longest silence that it wishes for. (On the shipped wire each session is fresh and has no wish.)
    """

    document_version: int
    resumed: bool = False
    resumable: bool = False
    ping_seconds: float | None = None

    @classmethod
    def samples(cls) -> "tuple[Hello, ...]":
        """Give a fresh session that cannot be resumed, and a resumed one of a server with a wish."""
        return cls(1), cls(1, resumed=True, resumable=True, ping_seconds=10.0)


@frozen
class GoAway:
    """The server will close, at the deadline if it names one: send nothing new. (The shipped wire never raises it.)"""

    deadline_seconds: float | None = None

    @classmethod
    def samples(cls) -> "tuple[GoAway, ...]":
        """Give a server that names no deadline, and one that does."""
        return cls(), cls(2.0)


@frozen
class TokenRefused:
    """The server says that the token of this link is not, or no longer, good."""


@frozen
class TerminalError:
    """The server says something that no retry can help."""

    reason: str

    @classmethod
    def samples(cls) -> "tuple[TerminalError, ...]":
        """Give one."""
        return (cls("kicked"),)


@frozen
class LinkRefused:
    """The server wants this client to stay away for a while."""

    retry_after_seconds: float | None = None


@frozen
class Blame:
    """Who may have broken a link: each operation in flight, or only the one that is named, or its document's."""

    operation: str = ""
    document_id: str = ""


@frozen
class LinkBroken:
    """The server reports an error of the link itself; `code` names the close policy that rules what follows.

    An operation in flight is to blame for it only where that policy says so, and then whoever is in `blame`.
    """

    code: int
    blame: Blame = Blame()

    @classmethod
    def samples(cls) -> "tuple[LinkBroken, ...]":
        """Give an error of the protocol, one that names an operation, and one of the server."""
        return cls(1002), cls(1002, Blame("ann:1")), cls(1011)


@frozen
class ServiceFailed:
    """The server reports that the service is at fault; the link may stay."""


@frozen
class PeerSilent:
    """heartbeat heard nothing in time."""


# ------------------------------------------------------------------------------------------- the token to dial with
@frozen
class AskToken(Signal):
    """Is there a token to present?"""


@frozen
class TokenReady:
    """auth_refresh has a token that may be presented; only its generation is said."""

    generation: Generation

    @classmethod
    def samples(cls) -> "tuple[TokenReady, ...]":
        """Give one; its generation stands for each."""
        return (cls(1),)


@frozen
class RejectToken(Signal):
    """The server refused the token of this generation."""

    generation: Generation


@frozen
class AcceptToken(Signal):
    """The server accepted the token of this generation."""

    generation: Generation


# ------------------------------------------------------------------------------------------- the permit to dial at all
class Report(StrEnum):
    """How an attempt went, as the breaker counts it."""

    OK = "ok"
    SLOW = "slow"
    """It succeeded, and took longer than it should."""
    FAIL = "fail"
    NEUTRAL = "neutral"
    """It ended by something that says nothing about the service: a refused token, a full server, a wrong document."""
    CANCEL = "cancel"
    """It was not carried through."""


@frozen
class AskPermit(Signal):
    """May an attempt be made that will have been reported after so many seconds, at the latest?"""

    seconds: float


@frozen
class Permitted:
    """circuit_breaker lets one attempt through."""

    permit: Permit

    @classmethod
    def samples(cls) -> "tuple[Permitted, ...]":
        """Give one; its number stands for each."""
        return (cls(1),)


@frozen
class Denied:
    """circuit_breaker lets nothing through now; PermitAvailable will follow."""


@frozen
class PermitAvailable:
    """circuit_breaker would let an attempt through."""


@frozen
class ReportPermit(Signal):
    """The attempt made under this permit is over."""

    permit: Permit
    result: Report


# ------------------------------------------------------------------------------------------------ who uses the link
@frozen
class LinkUp(Signal):
    """Messages can be exchanged from now on, in a session that was resumed or is fresh; see `Hello`."""

    resumed: bool = False
    ping_seconds: float | None = None


@frozen
class LinkDown(Signal):
    """No message can be exchanged any more; `blame` says which operation in flight may be why, None that none is."""

    blame: Blame | None = None


@frozen
class StopSending(Signal):
    """The link still carries answers, but nothing new shall be sent."""


@frozen
class FramePassed(Signal):
    """A message for whoever it concerns."""

    message: Inbound
