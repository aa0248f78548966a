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
    """One direction of a connection; `ended` once its end is on the way, and nothing follows an end."""

    latency: Latency
    ended: bool = False
    arrivals: deque[Arrival] = field(factory=deque[Arrival])
    changed: anyio.Event = field(factory=anyio.Event)

    def put(self, what: str | SocketClosed, *, trips: int = 1) -> None:
        """Let it arrive after that many latencies, and behind all that was put before."""
        if self.ended:
            return
        at_seconds = anyio.current_time() + trips * self.latency.seconds
        if self.arrivals:
            at_seconds = max(at_seconds, self.arrivals[-1].at_seconds)
        self.arrivals.append(Arrival(at_seconds, what))
        self.ended = isinstance(what, SocketClosed)
        self.changed.set()
        self.changed = anyio.Event()

    def cut(self, *, trips: int) -> None:
        """Put an end without a close frame, and lose what is in flight; an end on its way stays."""
        if not self.ended:
            self.arrivals.clear()
            self.put(SocketClosed(NO_CLOSE_FRAME), trips=trips)

    def ending(self) -> SocketClosed | None:
        """Return the end once it has arrived, even while frames before it are unread."""
        if not self.arrivals:
            return None
        last = self.arrivals[-1]
        arrived = last.at_seconds <= anyio.current_time()
        return last.what if arrived and isinstance(last.what, SocketClosed) else None

    async def get(self) -> str:
        """Take the next frame when it arrives; at the end, which stays, raise it."""
        while True:
            changed = self.changed
            if not self.arrivals:
                await changed.wait()
                continue
            head = self.arrivals[0]
            wait_seconds = head.at_seconds - anyio.current_time()
            if wait_seconds > 0:
                with anyio.move_on_after(wait_seconds):
                    await changed.wait()
            elif isinstance(head.what, SocketClosed):
                raise SocketClosed(head.what.code, head.what.reason)
            else:
                self.arrivals.popleft()
                return head.what


def close_line(incoming: Line, outgoing: Line, ending: SocketClosed) -> None:
    """Send a close frame; the peer's answer comes back by itself, as any WebSocket library gives it."""
    outgoing.put(ending, trips=1)
    incoming.put(ending, trips=2)


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
        close_line(self._incoming, self._outgoing, self._own_ending)
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
        if self._incoming.ending() is None:
            self._incoming.ended = False  # a close frame that has not arrived will not be seen any more
            self._incoming.cut(trips=0)
        self._outgoing.cut(trips=1)

    def _raise_if_ended(self) -> None:
        ending = self._own_ending or self._incoming.ending()
        if ending is not None:
            raise SocketClosed(ending.code, ending.reason)
