"""A client, embedded as an application would, against the demo server on real loopback sockets."""

from contextlib import asynccontextmanager

import anyio
import pytest
from attrs import define

from machines.client import AccessToken, Client
from machines.demo.front import LoopbackFront
from machines.demo.server import DemoServer, ServerOptions
from statekit.run.clock import LoopClock

SCALE = 0.05
"""Loop seconds that a second of the client's and the server's takes, unless a test says otherwise."""


@define
class World:
    server: DemoServer
    front: LoopbackFront
    scale: float

    def url(self, client_id):
        return self.front.url(client_id, "").partition("?")[0]

    async def fetch(self):
        issued = self.server.tokens.issue("user-ann", 900.0)
        return AccessToken(issued.token, issued.expires_in_seconds)

    def client(self, client_id="ann", url=None, **options):
        defaults = {
            "token": self.fetch,
            "transport": self.front.transport(),
            "clock": LoopClock(self.scale),
            "chance": lambda: 0.5,
        }
        return Client(url or self.url(client_id), client_id=client_id, **defaults | options)


@pytest.fixture
def world():
    """The context manager that opens a server and its port; its options are the server's."""

    @asynccontextmanager
    async def opened(scale=SCALE, **options):
        async with DemoServer(ServerOptions(scale=scale, **options)) as server, LoopbackFront(server) as front:
            yield World(server, front, scale)

    return opened


@pytest.fixture
def until():
    """Wait, for 20 real seconds at most, until the client shows a status."""

    async def waited(client, status, reason=None):
        news = aiter(client)
        with anyio.fail_after(20):
            while client.status.status is not status or reason not in (None, client.status.reason):
                await anext(news)

    return waited
