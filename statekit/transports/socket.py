"""The protocol between a driver and whatever carries its frames, with the two ways in which that fails.

A URL may carry a token, so it is a secret: it stands in no attribute, text or chain of the errors below, and a
transport raises them where no cause or context hangs on to it.
"""

from typing import Literal, Protocol, TypeAlias

from statekit.errors import StatekitError

DialCause: TypeAlias = Literal["refused", "unreachable", "timeout", "tls", "rejected", "not_websocket", "bad_url"]
"""Why no socket opened.

refused: the port is shut · unreachable: no route, no such name, or the line broke before the answer · timeout: no
answer in time · tls: no trust, or no TLS there · rejected: an HTTP status other than 101 and 2xx · not_websocket:
something answered, but not with a WebSocket · bad_url: not a `ws:` or `wss:` URL, so nothing was tried.
"""

NO_CLOSE_CODE = 1005
"""The code reported when a close frame bore none (RFC 6455, section 7.1.5)."""

NO_CLOSE_FRAME = 1006
"""The code reported when no close frame came (RFC 6455, section 7.1.5)."""

MAX_REASON_BYTES = 123
"""What a close frame leaves for its reason in UTF-8 (RFC 6455, section 5.5: 125 bytes, less two for the code)."""


class SocketClosed(StatekitError):
    """The socket carries no more frames; dial a new one.

    `code` and `reason` are the peer's close frame. 1005 stands for a frame without a code, 1006 for no frame at all.
    Where this side failed the connection because the peer broke the protocol, `code` is the one it failed it with
    (1002, 1007 or 1009).
    """

    def __init__(self, code: int, reason: str = "") -> None:
        """Keep the close code and its reason."""
        super().__init__(code, reason)
        self.code = code
        self.reason = reason

    def __str__(self) -> str:
        """Say the code, and the reason if there is one."""
        return f"socket closed with {self.code}" + (f": {self.reason}" if self.reason else "")


class DialFailed(StatekitError):
    """No socket opened.

    `cause` is one of `DialCause`. `status` is the HTTP status where a server answered the handshake with one, else
    None. `retry_after_seconds` is what a 429 or a 503 asked for in Retry-After (RFC 9110, section 10.2.3), else None.
    """

    def __init__(self, cause: DialCause, status: int | None = None, retry_after_seconds: float | None = None) -> None:
        """Keep why the dial failed and what the server said about it."""
        super().__init__(cause, status, retry_after_seconds)
        self.cause: DialCause = cause
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        """Say the cause, then the status and the delay where there are any."""
        status = "" if self.status is None else f" with HTTP {self.status}"
        delay = "" if self.retry_after_seconds is None else f", retry after {self.retry_after_seconds:g} s"
        return f"dial failed: {self.cause}{status}{delay}"


class Socket(Protocol):
    """One open connection that carries messages in order; one task receives, any task may send."""

    async def send(self, text: str) -> None:
        """Send one text frame.

        Raises `SocketClosed` once the connection has ended. A cancelled send drops the connection as `abort` does,
        since half a frame may be on the wire.
        """
        ...

    async def receive(self) -> str | bytes:
        """Return the next message: a str from a text frame, bytes from a binary one.

        Raises `SocketClosed` when the peer or the net ended the connection, after what arrived before that.
        Cancelling it loses no message.
        """
        ...

    async def aclose(self, code: int = 1000, reason: str = "") -> None:
        """Send a close frame and wait, for a bounded time, for the peer's.

        Does nothing on a socket that has ended, and does not raise for a dead peer. Cancelling it drops the connection.
        Raises ValueError for a code or a reason that no close frame may carry (see `check_close`).
        """
        ...

    async def abort(self) -> None:
        """Drop the connection at once and without a close frame: both sides then see 1006."""
        ...


class Transport(Protocol):
    """What opens sockets."""

    async def dial(self, url: str) -> Socket:
        """Open a socket to a `ws:` or `wss:` URL.

        Raises `DialFailed`. Cancelling it leaves no connection behind.
        """
        ...


def check_close(code: int, reason: str) -> None:
    """Raise ValueError unless a close frame may carry this code and this reason (RFC 6455, sections 5.5 and 7.4)."""
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):  # noqa: PLR2004 (the RFC's)
        raise ValueError(f"{code} is not a close code to send; 1000 to 1003, 1007 to 1014 and 3000 to 4999 are")
    size_bytes = len(reason.encode())
    if size_bytes > MAX_REASON_BYTES:
        raise ValueError(f"the reason is {size_bytes} bytes; a close frame holds {MAX_REASON_BYTES}")
