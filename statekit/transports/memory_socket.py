"""One end of a connection in memory, and the two lines between the ends.

A line is one direction: a queue of (when it arrives, what arrives), read in order, whose last entry is the end of the
connection. Latency is a time of arrival, so a frame in flight needs no task, and an end overtakes nothing that was
sent before it.
"""

from collections import deque

import anyio
from anyio.lowlevel import checkpoint
from attrs import define, field

from .socket import NO_CLOSE_CODE, NO_CLOSE_FRAME, SocketClosed, check_close


class Latency:
    """How long one frame takes one way; one for a whole network, so that a test can change it in the middle."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds


@define
class Arrival:
    """What reaches the end of a line, and when."""

    at_seconds: float
    what: str | SocketClosed


@define(eq=False)
class Line:
    """One direction of a connection.

    `ended` says that its end is on the way; nothing follows an end. `echo` is the answer that a close frame sent the
    other way will bring back by itself, as from any WebSocket library; it counts unless the peer ends the line first.
    """

    latency: Latency
    ended: bool = False
    echo: Arrival | None = None
    arrivals: deque[Arrival] = field(factory=deque[Arrival])
    changed: anyio.Event = field(factory=anyio.Event)

    def put(self, what: str | SocketClosed, *, trips: int = 1) -> None:
        """Let it arrive after that many latencies, and behind all that was put before."""
        if self.ended:
            return
        self.arrivals.append(self._arrival(what, trips))
        self.ended = isinstance(what, SocketClosed)
        self._wake()

    def answer(self, ending: SocketClosed) -> None:
        """Let a close frame that went the other way come back."""
        self.echo = self._arrival(ending, 2)
        self._wake()

    def cut(self, *, trips: int) -> None:
        """Put an end without a close frame, and lose what is in flight; a close frame on its way stays."""
        if not self.ended and self.echo is None:
            self.arrivals.clear()
            self.put(SocketClosed(NO_CLOSE_FRAME), trips=trips)

    def cut_here(self) -> None:
        """End it for the reader, who will not see a close frame that has not arrived."""
        if self.ending() is None:
            self.ended, self.echo = False, None
            self.cut(trips=0)

    def ending(self) -> SocketClosed | None:
        """Return the end once it has arrived, even while frames before it are unread."""
        last = self.arrivals[-1] if self.ended else self.echo
        if last is None or isinstance(last.what, str) or last.at_seconds > anyio.current_time():
            return None
        return last.what

    async def get(self) -> str:
        """Take the next frame when it arrives; at the end, which stays, raise it."""
        while True:
            changed = self.changed
            head = self.arrivals[0] if self.arrivals else self.echo
            if head is None:
                await changed.wait()
                continue
            wait_seconds = head.at_seconds - anyio.current_time()
            if wait_seconds > 0:
                with anyio.move_on_after(wait_seconds):
                    await changed.wait()
            elif isinstance(head.what, SocketClosed):
                raise SocketClosed(head.what.code, head.what.reason)
            else:
                self.arrivals.popleft()
                return head.what

    def _arrival(self, what: str | SocketClosed, trips: int) -> Arrival:
        at_seconds = anyio.current_time() + trips * self.latency.seconds
        return Arrival(max(at_seconds, self.arrivals[-1].at_seconds) if self.arrivals else at_seconds, what)

    def _wake(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()


class MemorySocket:
    """One end of a connection through a `MemoryNetwork`; a service is given the server's end."""

    def __init__(self, latency: Latency, peer: str, incoming: Line, outgoing: Line) -> None:
        self._latency = latency
        self._peer = peer
        self._incoming = incoming
        self._outgoing = outgoing
        self._own_ending: SocketClosed | None = None

    def __repr__(self) -> str:
        return f"MemorySocket({self._peer!r})"

    @property
    def peer(self) -> str:
        """The client's label, at both ends."""
        return self._peer

    async def send(self, text: str) -> None:
        """Send one text frame, as `Socket.send` says."""
        try:
            await checkpoint()
        except BaseException:
            self._drop()
            raise
        self._raise_if_ended()
        self._outgoing.put(text)

    async def receive(self) -> str | bytes:
        """Return the next message, as `Socket.receive` says."""
        await checkpoint()
        return await self._incoming.get()

    async def aclose(self, code: int = 1000, reason: str = "") -> None:
        """Close, as `Socket.aclose` says; here 1005 is allowed too, and sends a frame without a code."""
        if code != NO_CLOSE_CODE:
            check_close(code, reason)
        if self._own_ending is not None or self._incoming.ending() is not None:
            return
        self._own_ending = SocketClosed(code, reason)
        self._outgoing.put(self._own_ending)
        self._incoming.answer(self._own_ending)
        try:
            await anyio.sleep(2 * self._latency.seconds)
        except BaseException:
            self._drop()
            raise

    async def abort(self) -> None:
        """Drop the connection, as `Socket.abort` says; what is in flight is lost, but not a close frame."""
        self._drop()

    def _drop(self) -> None:
        if self._own_ending is None:
            self._own_ending = SocketClosed(NO_CLOSE_FRAME)
        self._incoming.cut_here()
        self._outgoing.cut(trips=1)

    def _raise_if_ended(self) -> None:
        ending = self._own_ending or self._incoming.ending()
        if ending is not None:
            raise SocketClosed(ending.code, ending.reason)
