"""One server, written once, behind either kind of net: in memory under virtual time, or on real loopback sockets."""

import logging
from contextlib import asynccontextmanager, suppress
from functools import partial
from http import HTTPStatus

import anyio
import anyio.lowlevel
import pytest

from statekit.testing.virtual_time import virtual_backend
from statekit.transports.asyncio_websocket import AsyncioSocket
from statekit.transports.memory import MemoryNetwork, Rejected
from statekit.transports.socket import SocketClosed
from statekit.transports.trio_websocket import TrioSocket
from statekit.transports.websockets import WebSocketTransport

# The server logs URLs too, and the client is on trial.
QUIET = logging.Logger("tests.server", logging.CRITICAL + 1)  # noqa: LOG001
SERVER = {"ping_interval": None, "open_timeout": 0.5, "logger": QUIET}
BOUND_SECONDS = 10.0  # of real time, for one test over real sockets


class Script:
    """A service made of two functions, which counts what it was asked."""

    def __init__(self, serve=None, admit=None):
        self.on_serve, self.on_admit = serve, admit
        self.paths = []
        self.served = 0
        self.ended = anyio.Event()
        self.codes = []

    async def admit(self, path):
        self.paths.append(path)
        if self.on_admit:
            await self.on_admit(path)

    async def serve(self, socket, path):
        self.served += 1
        try:
            if self.on_serve:
                await self.on_serve(socket)
            while True:
                await socket.receive()
        except SocketClosed as closed:
            self.codes.append((closed.code, closed.reason))
            raise
        finally:
            self.ended.set()


class Place:
    """Where a server listens, and how to get there."""

    def __init__(self, origin, transport, shut):
        self.origin, self.shut = origin, shut
        self.transport = transport

    async def dial(self, path="/v1?token=canary", **options):
        return await self.transport(**options).dial(self.origin + path)


@asynccontextmanager
async def in_memory(script):
    async with MemoryNetwork(script, latency_seconds=0.02) as network:

        async def shut():
            network.listening = False

        yield Place("ws://memory.example", network.transport, shut)


def _answer(rejected):
    headers = {} if rejected.retry_after_seconds is None else {"Retry-After": f"{rejected.retry_after_seconds:g}"}
    return HTTPStatus(rejected.status), headers


def _hooks(script, socket_type):
    async def process_request(connection, request):
        try:
            await script.admit(request.path)
        except Rejected as rejected:
            status, headers = _answer(rejected)
            response = connection.respond(status, "no\n")
            response.headers.update(headers)
            return response

    async def handler(connection):
        socket = socket_type(connection, 1.0)
        with suppress(SocketClosed):
            await script.serve(socket, connection.request.path)

    return handler, process_request


@asynccontextmanager
async def on_asyncio(script):
    from websockets.asyncio.server import serve

    handler, process_request = _hooks(script, AsyncioSocket)
    with anyio.fail_after(BOUND_SECONDS):
        async with serve(handler, "127.0.0.1", 0, process_request=process_request, **SERVER) as server:
            port = server.sockets[0].getsockname()[1]

            async def shut():
                server.close(close_connections=False)
                await anyio.lowlevel.checkpoint()

            yield Place(f"ws://127.0.0.1:{port}", WebSocketTransport, shut)


@asynccontextmanager
async def on_trio(script):
    import trio.testing
    from websockets.trio.server import serve

    handler, process_request = _hooks(script, TrioSocket)
    with anyio.fail_after(BOUND_SECONDS):
        async with trio.open_nursery() as nursery:
            server = await nursery.start(
                partial(serve, handler, 0, host="127.0.0.1", process_request=process_request, **SERVER)
            )
            port = server.listeners[0].socket.getsockname()[1]

            async def shut():
                server.serve_nursery.cancel_scope.cancel()
                await trio.testing.wait_all_tasks_blocked()

            yield Place(f"ws://127.0.0.1:{port}", WebSocketTransport, shut)
            nursery.cancel_scope.cancel()


NETS = [
    pytest.param((virtual_backend("asyncio"), in_memory), id="memory-asyncio"),
    pytest.param((virtual_backend("trio"), in_memory), id="memory-trio"),
    pytest.param(("asyncio", on_asyncio), id="websockets-asyncio", marks=pytest.mark.net),
    pytest.param(("trio", on_trio), id="websockets-trio", marks=pytest.mark.net),
]


@pytest.fixture(params=NETS)
def net(request):
    return request.param


@pytest.fixture
def anyio_backend(net):
    """The backend that goes with the net."""
    return net[0]


@pytest.fixture
def listen(net):
    """The context manager that opens a place for a service."""
    return net[1]


@pytest.fixture
def script():
    """The class of scripted services; a fixture because tests cannot import this file."""
    return Script
