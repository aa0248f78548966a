"""Real sockets on trio, by the library `websockets`."""

import socket
from functools import partial
from typing import cast

import trio
from anyio.abc import TaskGroup
from websockets.http11 import Request, Response
from websockets.trio.server import Server, ServerConnection, serve

from machines.demo.front_socket import CLOSE_TIMEOUT_SECONDS, LINGER_NOTHING, FrontSocket
from machines.demo.listener import Host, mute, response_of


class TrioFrontSocket(FrontSocket):
    """One connection on trio."""

    def __init__(self, connection: ServerConnection, peer: str) -> None:
        super().__init__(connection, peer)
        self._server_side = connection

    async def abort(self) -> None:
        """Drop the connection without a word; the shield lets that happen in a cancelled task too."""
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(self._server_side.stream)
            await self._server_side.close_stream()

    async def _close(self, code: int, reason: str) -> None:
        await self._server_side.aclose(code, reason)

    async def _write(self, raw: bytes) -> None:
        await self._stream().send_all(raw)

    def _linger_nothing(self) -> None:
        self._stream().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOTHING)

    def _stream(self) -> trio.SocketStream:
        stream = self._server_side.stream
        if not isinstance(stream, trio.SocketStream):
            raise TypeError("the front serves plain TCP; this connection is something else")
        return stream


class TrioListener:
    """A port open on trio; the library runs each client in the nursery of its `serve`."""

    def __init__(self, server: Server, tasks: TaskGroup, done: trio.Event) -> None:
        self._server = server
        self._tasks = tasks
        self._done = done
        self.port: int = server.listeners[0].socket.getsockname()[1]

    async def shut(self) -> None:
        """Close the port, as `Listener.shut` says."""
        self._tasks.start_soon(partial(self._server.aclose, close_connections=False))
        while any(listener.socket.fileno() != -1 for listener in self._server.listeners):
            await trio.lowlevel.checkpoint()

    async def wait_closed(self) -> None:
        """Wait for the last connection, as `Listener.wait_closed` says."""
        await self._done.wait()


async def listen(host: Host, address: str, port: int, tasks: TaskGroup) -> TrioListener:
    """Open a port, and run its connections in `tasks`; 0 lets the system choose."""

    async def admit(_: ServerConnection, request: Request) -> Response | None:
        refusal = await host.admit(request.path)
        return None if refusal is None else response_of(refusal)

    async def attend(connection: ServerConnection) -> None:
        request = connection.request
        if request is not None:
            await host.attend(TrioFrontSocket(connection, str(connection.id)), request.path)

    done = trio.Event()

    async def run(*, task_status: trio.TaskStatus[Server]) -> None:
        try:
            await serve(
                attend,
                port,
                host=address,
                process_request=admit,
                compression=None,
                ping_interval=None,
                close_timeout=CLOSE_TIMEOUT_SECONDS,
                logger=mute(),
                task_status=task_status,
            )
        finally:
            done.set()

    return TrioListener(cast("Server", await tasks.start(run)), tasks, done)
