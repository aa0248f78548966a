"""A network in memory, for tests and simulations: the same protocol, on asyncio and trio, under virtual time too.

A connection is two lines, one a direction. A line is a queue of (when it arrives, what arrives), read in order, whose
last entry is the end of the connection. Latency is a time of arrival, so a frame in flight needs no task, and an end
overtakes nothing that was sent before it.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import anyio
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint
from attrs import define, field

from .socket import NO_CLOSE_CODE, NO_CLOSE_FRAME, DialFailed, Socket, SocketClosed, Transport, check_close


class Rejected(Exception):
    """What a service raises to refuse a handshake with an HTTP status.

    The client gets `DialFailed("rejected", status, retry_after_seconds)`.
    """

    def __init__(self, status: int, retry_after_seconds: float | None = None) -> None:
        """Keep the HTTP status and the delay that goes with it."""
        super().__init__(status, retry_after_seconds)
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class ServerSocket(Socket, Protocol):
    """A socket as a service sees it."""

    @property
    def peer(self) -> str:
        """A label for the client, which holds no secret: `client-1`, `client-2`, …"""
        ...


class Service(Protocol):
    """The server behind a `MemoryNetwork`. `path` is the URL's path and query, so it may hold a token."""

    async def admit(self, path: str) -> None:
        """Return to accept the handshake, or raise `Rejected`; the client waits until then."""
        ...

    async def serve(self, socket: ServerSocket, path: str) -> None:
        """Talk to one client; returning closes the socket with 1000, and `SocketClosed` may be let out."""
        ...


class MemoryNetwork:
    """A server and the way to it; an async context manager, in whose task group the service runs.

    `latency_seconds` is the time one frame takes one way, and may be changed while connections are open. While
    `listening` is False, dials are refused and open connections go on. Leaving the context drops every connection. An
    exception of the service, other than `Rejected` in `admit` and `SocketClosed` in `serve`, leaves the context in an
    exception group: it is a fault of the service, not of the net.
    """

    def __init__(self, service: Service, *, latency_seconds: float = 0.0) -> None:
        self.latency_seconds = latency_seconds
        self.listening = True
        self._service = service
        self._tasks: TaskGroup | None = None
        self._links: set[_Link] = set()
        self._dials = 0

    async def __aenter__(self) -> Self:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        tasks, self._tasks = self._tasks, None
        if tasks is None:
            raise RuntimeError("this MemoryNetwork is not entered; it is left once for each time it is entered")
        for link in self._links:
            link.cut()
        tasks.cancel_scope.cancel()
        return await tasks.__aexit__(kind, error, trace)

    @property
    def open_links(self) -> int:
        """How many handshakes and connections the service is busy with: 0 when none leaked."""
        return len(self._links)

    def transport(self, *, open_timeout_seconds: float = 10.0) -> Transport:
        """Return what clients dial this network with; whatever the host and port, a URL leads to the one service."""
        return _MemoryTransport(self._connect, open_timeout_seconds)

    async def _connect(self, path: str) -> "MemorySocket | DialFailed":
        """Carry one handshake to the service and its answer back."""
        await anyio.sleep(self.latency_seconds)
        if self._tasks is None or not self.listening:
            await anyio.sleep(self.latency_seconds)
            return DialFailed("refused")
        self._dials += 1
        link = _Link(self, f"client-{self._dials}")
        self._links.add(link)
        self._tasks.start_soon(self._attend, link, path)
        del path
        try:
            await link.settled.wait()
            await anyio.sleep(self.latency_seconds)
        except BaseException:
            link.cut()
            raise
        return link.client if link.refusal is None else link.refusal

    async def _attend(self, link: "_Link", path: str) -> None:
        """Run the service for one client, from the handshake to the end of the connection."""
        try:
            if await self._admit(link, path):
                await self._service.serve(link.server, path)
                link.close()
        except SocketClosed:
            pass
        finally:
            self._links.discard(link)
            link.cut()

    async def _admit(self, link: "_Link", path: str) -> bool:
        """Ask the service whether it accepts; False also when the client gave up meanwhile."""
        try:
            with link.handshake:
                await self._service.admit(path)
        except Rejected as answer:
            link.refusal = DialFailed("rejected", answer.status, answer.retry_after_seconds)
            return False
        if link.handshake.cancel_called:
            return False
        link.refusal = None
        link.settled.set()
        return True


class MemorySocket:
    """One end of a connection through a `MemoryNetwork`; a service is given the server's end."""

    def __init__(self, network: MemoryNetwork, peer: str, incoming: "_Line", outgoing: "_Line") -> None:
        self._network = network
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
        _close(self._incoming, self._outgoing, self._own_ending)
        try:
            await anyio.sleep(2 * self._network.latency_seconds)
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


class _MemoryTransport:
    """A `Transport` over a `MemoryNetwork`."""

    def __init__(
        self, connect: Callable[[str], Awaitable[MemorySocket | DialFailed]], open_timeout_seconds: float
    ) -> None:
        self._connect = connect
        self._open_timeout_seconds = open_timeout_seconds

    async def dial(self, url: str) -> Socket:
        path = _path_of(url)
        del url  # the frame of what is raised below must not hold it
        if path is None:
            raise DialFailed("bad_url")
        outcome: MemorySocket | DialFailed = DialFailed("timeout")
        with anyio.move_on_after(self._open_timeout_seconds):
            outcome = await self._connect(path)
        del path
        if isinstance(outcome, DialFailed):
            raise outcome
        return outcome


class _Link:
    """Both ends of one connection, and how its handshake stands."""

    def __init__(self, network: MemoryNetwork, peer: str) -> None:
        self._up, self._down = _Line(network), _Line(network)
        self.client = MemorySocket(network, peer, incoming=self._down, outgoing=self._up)
        self.server = MemorySocket(network, peer, incoming=self._up, outgoing=self._down)
        self.handshake = anyio.CancelScope()
        self.settled = anyio.Event()
        self.refusal: DialFailed | None = DialFailed("unreachable")  # until the service has answered

    def close(self) -> None:
        """Close from the server's side, where that has not been done."""
        _close(self._up, self._down, SocketClosed(1000))

    def cut(self) -> None:
        """Drop the handshake or the connection; one that was closed or dropped stays as it is."""
        self.handshake.cancel()
        self.settled.set()
        self._up.cut(trips=0)
        self._down.cut(trips=0)


@define
class _Arrival:
    """What reaches the end of a line, and when."""

    at_seconds: float
    what: str | SocketClosed


@define(eq=False)
class _Line:
    """One direction of a connection; `ended` once its end is on the way, and nothing follows an end."""

    network: MemoryNetwork
    ended: bool = False
    arrivals: deque[_Arrival] = field(factory=deque[_Arrival])
    changed: anyio.Event = field(factory=anyio.Event)

    def put(self, what: str | SocketClosed, *, trips: int = 1) -> None:
        """Let it arrive after that many latencies, and behind all that was put before."""
        if self.ended:
            return
        at_seconds = anyio.current_time() + trips * self.network.latency_seconds
        if self.arrivals:
            at_seconds = max(at_seconds, self.arrivals[-1].at_seconds)
        self.arrivals.append(_Arrival(at_seconds, what))
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


def _close(incoming: _Line, outgoing: _Line, ending: SocketClosed) -> None:
    """Send a close frame; the peer's answer comes back by itself, as any WebSocket library gives it."""
    outgoing.put(ending, trips=1)
    incoming.put(ending, trips=2)


def _path_of(url: str) -> str | None:
    """Return the path and query that a server would be asked for, or None for a URL that cannot be dialled."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("ws", "wss") and parts.hostname and not parts.fragment
        _ = parts.port  # raises ValueError where it is no number
    except ValueError:
        return None
    if not usable:
        return None
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
