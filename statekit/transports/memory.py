"""A network in memory, for tests and simulations: the same protocol, on asyncio and trio, under virtual time too."""

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

import anyio
from anyio.abc import TaskGroup

from .memory_socket import Latency, Line, MemorySocket
from .socket import DialFailed, Socket, SocketClosed, Transport


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

    While `listening` is False, dials are refused and open connections go on. Leaving the context drops every
    connection. An exception of the service, other than `Rejected` in `admit` and `SocketClosed` in `serve`, leaves
    the context in an exception group: it is a fault of the service, not of the net.
    """

    def __init__(self, service: Service, *, latency_seconds: float = 0.0) -> None:
        self._latency = Latency(latency_seconds)
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
    def latency_seconds(self) -> float:
        """The time one frame takes one way; set it at any time, for the frames sent from then on."""
        return self._latency.seconds

    @latency_seconds.setter
    def latency_seconds(self, seconds: float) -> None:
        self._latency.seconds = seconds

    @property
    def open_links(self) -> int:
        """How many handshakes and connections the service is busy with: 0 when none leaked."""
        return len(self._links)

    def transport(self, *, open_timeout_seconds: float = 10.0) -> Transport:
        """Return what clients dial this network with; whatever the host and port, a URL leads to the one service."""
        return _MemoryTransport(self._connect, open_timeout_seconds)

    async def _connect(self, path: str) -> MemorySocket | DialFailed:
        """Carry one handshake to the service and its answer back."""
        await anyio.sleep(self.latency_seconds)
        if self._tasks is None or not self.listening:
            await anyio.sleep(self.latency_seconds)
            return DialFailed("refused")
        self._dials += 1
        link = _Link(self._latency, f"client-{self._dials}")
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

    def __init__(self, latency: Latency, peer: str) -> None:
        self._up, self._down = Line(latency), Line(latency)
        self.client = MemorySocket(latency, peer, incoming=self._down, outgoing=self._up)
        self.server = MemorySocket(latency, peer, incoming=self._up, outgoing=self._down)
        self.handshake = anyio.CancelScope()
        self.settled = anyio.Event()
        self.refusal: DialFailed | None = DialFailed("unreachable")  # until the service has answered

    def close(self) -> None:
        """Close from the server's side, where that has not been done."""
        self._down.put(SocketClosed(1000))

    def cut(self) -> None:
        """Drop the handshake or the connection; one that was closed or dropped stays as it is."""
        self.handshake.cancel()
        self.settled.set()
        self._up.cut(trips=0)
        self._down.cut(trips=0)


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
