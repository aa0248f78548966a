"""The link: what a socket is told, what it tells, what the server says over it, and what others hear of it.

`Dial` answers with `Opened` or `OpenFailed`; after `Opened` come frames, and `Closed` once. An adapter that carries
them to a real transport is in `machines.client`. The events below them are made of messages by the router; the
signals at the end are how the connection tells the other machines.
"""

from enum import StrEnum

from attrs import frozen

from machines.wire.messages import Inbound, Outbound
from statekit import Signal


@frozen
class Dial:
    """Open a socket, presenting the token of this generation."""

    generation: int


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
    """The link is gone: the peer's close code, 1006 if none came."""

    code: int
    reason: str = ""


@frozen
class Hello:
    """The server has accepted the connection."""

    document_version: int


@frozen
class GoAway:
    """The server will close soon: send nothing new. (No message of the shipped wire raises it.)"""


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


@frozen
class LinkUp(Signal):
    """Messages can be exchanged from now on."""


@frozen
class LinkDown(Signal):
    """No message can be exchanged any more."""


@frozen
class StopSending(Signal):
    """The link still carries answers, but nothing new shall be sent."""


@frozen
class FramePassed(Signal):
    """A message for whoever it concerns."""

    message: Inbound


class Report(StrEnum):
    """How an attempt went, as the breaker counts it."""

    OK = "ok"
    FAIL = "fail"
    NEUTRAL = "neutral"
    CANCEL = "cancel"
