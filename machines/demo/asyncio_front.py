"""Real sockets on asyncio, by the library `websockets`."""

import asyncio
import socket

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from machines.demo.front_socket import CLOSE_TIMEOUT_SECONDS, LINGER_NOTHING, FrontSocket
from machines.demo.listener import Host, mute, response_of


class AsyncioFrontSocket(FrontSocket):
    """One connection on asyncio."""

    def __init__(self, connection: ServerConnection, peer: str) -> None:
        super().__init__(connection, peer)
        self._server_side = connection

    async def abort(self) -> None:
        """Drop the connection without a word."""
        self._server_side.transport.abort()

    async def _close(self, code: int, reason: str) -> None:
        await self._server_side.close(code, reason)

    async def _write(self, raw: bytes) -> None:
        self._server_side.transport.write(raw)

    def _linger_nothing(self) -> None:
        bare = self._server_side.transport.get_extra_info("socket")
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOTHING)


class AsyncioListener:
    """A port open on asyncio; the library runs each client in a task of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.port: int = server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """Close the port, as `Listener.shut` says."""
        self._server.close(close_connections=False)
        while self._server.is_serving():  # noqa: ASYNC110
            await asyncio.sleep(0)  # the library closes it in a task of its own, and says so nowhere else

    async def wait_closed(self) -> None:
        """Wait for the last connection, as `Listener.wait_closed` says."""
        await self._server.wait_closed()


async def listen(host: Host, address: str, port: int) -> AsyncioListener:
    """Open a port; 0 lets the system choose."""

    async def admit(_: ServerConnection, request: Request) -> Response | None:
        refusal = await host.admit(request.path)
        return None if refusal is None else response_of(refusal)

    async def attend(connection: ServerConnection) -> None:
        request = connection.request
        if request is not None:
            await host.attend(AsyncioFrontSocket(connection, str(connection.id)), request.path)

    server = await serve(
        attend,
        address,
        port,
        process_request=admit,
        compression=None,
        ping_interval=None,
        close_timeout=CLOSE_TIMEOUT_SECONDS,
        logger=mute(),
    )
    return AsyncioListener(server)
