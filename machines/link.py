"""The link: what a socket is told and tells, what the server says over it, and what passes between its machines.

`Dial` answers with `Opened` or `OpenFailed`; after `Opened` come frames, and `Closed` once. An adapter that carries
them to a real transport is in `machines.client`. What the server says is made of messages by the router. The token to
dial with and the permit to dial at all are asked of other machines by signals, which answer by events; the signals at
the end are how those who use the link hear of it.
"""

from enum import StrEnum

from attrs import frozen

from machines.wire.messages import Inbound, Outbound
from statekit import Signal


# ------------------------------------------------------------------------------------------------------- the socket
@frozen
class Dial:
    """Open a socket, presenting the token of this generation.

    `resume` asks the server to carry its earlier session on; the adapter keeps what it takes. A wire that cannot (the
    shipped one) may leave it unread: the hello then says that the session is a fresh one.
    """

    generation: int
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


@frozen
class FrameArrived:
    """A message came over the link."""

    message: Inbound


@frozen
class FrameInvalid:
    """A frame came that is no message; `problem` says what was wrong with it, never what it held."""

    problem: str


@frozen
class Closed:
    """The link is gone: the peer's close code, 1006 if none came, and how long it asks us to stay away, if it does."""

    code: int
    reason: str = ""
    retry_after_seconds: float | None = None


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


@frozen
class GoAway:
    """The server will close, at the deadline if it names one: send nothing new. (The shipped wire never raises it.)"""

    deadline_seconds: float | None = None


@frozen
class TokenRefused:
    """The server says that the token of this link is not, or no longer, good."""


@frozen
class TerminalError:
    """The server says something that no retry can help."""

    reason: str


@frozen
class LinkRefused:
    """The server wants this client to stay away for a while."""

    retry_after_seconds: float | None = None


@frozen
class LinkBroken:
    """The server reports an error of the link itself; `code` names the close policy that rules what follows."""

    code: int


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

    generation: int


@frozen
class RejectToken(Signal):
    """The server refused the token of this generation."""

    generation: int


@frozen
class AcceptToken(Signal):
    """The server accepted the token of this generation."""

    generation: int


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

    permit: int


@frozen
class Denied:
    """circuit_breaker lets nothing through now; PermitAvailable will follow."""


@frozen
class PermitAvailable:
    """circuit_breaker would let an attempt through."""


@frozen
class ReportPermit(Signal):
    """The attempt made under this permit is over."""

    permit: int
    result: Report


# ------------------------------------------------------------------------------------------------ who uses the link
@frozen
class LinkUp(Signal):
    """Messages can be exchanged from now on, in a session that was resumed or is fresh; see `Hello`."""

    resumed: bool = False
    ping_seconds: float | None = None


@frozen
class LinkDown(Signal):
    """No message can be exchanged any more; `blames_operation` says that the one in flight may be what broke it."""

    blames_operation: bool = False


@frozen
class StopSending(Signal):
    """The link still carries answers, but nothing new shall be sent."""


@frozen
class FramePassed(Signal):
    """A message for whoever it concerns."""

    message: Inbound
