"""The way in through real sockets: a `DemoServer` on a port of this machine's loopback, on asyncio and trio.

A refused dial is real here: the port is closed, and opened again under the same number. The server cannot see such a
dial; the `Witness` that `transport` puts around a client's transport can.
"""

import sys
from types import TracebackType
from typing import Final, Self

import anyio
from anyio.abc import TaskGroup

from machines.demo.address import Address
from machines.demo.faults import HttpStatus
from machines.demo.front_socket import CLOSE_TIMEOUT_SECONDS, FrontSocket
from machines.demo.listener import Listener
from machines.demo.server import DemoServer
from machines.demo.witness import Witness
from statekit.transports.memory import Rejected
from statekit.transports.socket import SocketClosed, Transport
from statekit.transports.websockets import WebSocketTransport

LOOPBACK: Final = "127.0.0.1"


class LoopbackFront:
    """A port with the server behind it; an async context manager, to be entered inside the server's.

    Leaving it closes every connection with 1001, and raises what went wrong inside the server as an exception group.
    """

    def __init__(self, server: DemoServer) -> None:
        self._server = server
        self._tasks: TaskGroup | None = None
        self._turn = anyio.Lock()
        self._leaving = False
        self._listeners: list[Listener] = []
        self._sockets: set[FrontSocket] = set()
        self._failures: list[Exception] = []

    async def __aenter__(self) -> Self:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        await self.open()
        self._server.doors.attach(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        tasks = self._running()
        self._server.doors.detach(self)
        with anyio.move_on_after(2 * CLOSE_TIMEOUT_SECONDS, shield=True):
            await self._close_all()
        self._tasks = None
        tasks.cancel_scope.cancel()
        swallowed = await tasks.__aexit__(kind, error, trace)
        if self._failures and error is None:
            raise ExceptionGroup("the demo server failed", self._failures)
        return swallowed

    @property
    def port(self) -> int:
        """The port, the same for as long as the front lives, open or shut."""
        return self._listeners[0].port

    def transport(self, transport: Transport | None = None) -> Transport:
        """Return what clients dial with, `WebSocketTransport` unless told; refused dials are told to the server."""
        return Witness(transport or WebSocketTransport(), self._server.doors)

    def url(self, client_id: str, token: str) -> str:
        """Return what a client dials: a secret."""
        return f"ws://{LOOPBACK}:{self.port}" + Address(self._server.document.document_id, client_id, token).path

    async def shut(self) -> None:
        """Close the port, as `Door.shut` says."""
        async with self._turn:
            if not self._leaving:
                await self._listeners[-1].shut()

    async def open(self) -> None:
        """Open the port, as `Door.open` says."""
        self._running()
        async with self._turn:
            if not self._leaving:
                port = self._listeners[0].port if self._listeners else 0
                self._listeners.append(await self._listen(port))

    async def admit(self, path: str) -> HttpStatus | None:
        """Ask the server, as `Host.admit` says."""
        try:
            await self._server.admit(path)
        except Rejected as refusal:
            return HttpStatus(refusal.status, refusal.retry_after_seconds)
        return None

    async def attend(self, socket: FrontSocket, path: str) -> None:
        """Let the server talk to one client, as `Host.attend` says."""
        self._sockets.add(socket)
        try:
            await self._server.serve(socket, path)
        except SocketClosed:
            pass
        except Exception as failure:  # noqa: BLE001 (the library would only log it)
            self._failures.append(failure)
        finally:
            self._sockets.discard(socket)

    async def _listen(self, port: int) -> Listener:
        if _on_trio():
            from machines.demo import trio_front  # noqa: PLC0415 (loads trio)

            return await trio_front.listen(self, LOOPBACK, port, self._running())
        from machines.demo import asyncio_front  # noqa: PLC0415 (loads asyncio)

        return await asyncio_front.listen(self, LOOPBACK, port)

    def _running(self) -> TaskGroup:
        if self._tasks is None:
            raise RuntimeError("this LoopbackFront is not entered; use it with `async with`")
        return self._tasks

    async def _close_all(self) -> None:
        async with self._turn:  # a fault may be opening the port just now
            self._leaving = True
        await self._listeners[-1].shut()
        async with anyio.create_task_group() as closing:
            for socket in self._sockets:
                closing.start_soon(socket.aclose, 1001, "going away")
        for listener in self._listeners:
            await listener.wait_closed()


def _on_trio() -> bool:
    if "trio" not in sys.modules:
        return False
    import trio  # noqa: PLC0415 (loaded already)

    return trio.lowlevel.in_trio_task()
