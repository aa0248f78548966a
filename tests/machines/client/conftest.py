"""A client, embedded as an application would, against the demo server in memory and under virtual time."""

from contextlib import asynccontextmanager

import anyio
import pytest
from attrs import define, field

from machines.client import AccessToken, Client
from machines.demo.memory_front import MemoryFront
from machines.demo.server import DemoServer, ServerOptions
from machines.status import Status

URL = "ws://memory/v1/ws/documents/shared"


@define
class Refresh:
    """A refresh function: each call takes the next of `script`, or else a good token from the server."""

    server: DemoServer
    client_id: str
    ttl_seconds: float = 900.0
    script: list = field(factory=list)
    calls: int = 0

    async def __call__(self):
        self.calls += 1
        await anyio.lowlevel.checkpoint()
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Exception):
            raise step
        if step is not None:
            return await step() if callable(step) else step
        issued = self.server.tokens.issue(f"user-{self.client_id}", self.ttl_seconds)
        return AccessToken(issued.token, issued.expires_in_seconds)


@define
class Watched:
    """Everything the client's news said, in order, as an application's own task hears it."""

    news: list = field(factory=list)
    changed: anyio.Event = field(factory=anyio.Event)

    async def listen(self, listener):
        async for each in listener:
            self.news.append(each)
            changed, self.changed = self.changed, anyio.Event()
            changed.set()

    def of(self, shape):
        return [each for each in self.news if isinstance(each, shape)]

    async def first(self, shape, holds=lambda _: True):
        """Wait for the first such piece of news, past or to come."""
        with anyio.fail_after(10_000):
            while True:
                for each in self.of(shape):
                    if holds(each):
                        return each
                await self.changed.wait()


@define
class World:
    server: DemoServer
    front: MemoryFront

    def refresh(self, client_id="ann", ttl_seconds=900.0, script=()):
        return Refresh(self.server, client_id, ttl_seconds, list(script))

    def client(self, client_id="ann", **options):
        defaults = {"token": self.refresh(client_id), "transport": self.front.transport(), "chance": lambda: 0.5}
        return Client(URL, client_id=client_id, **defaults | options)

    @asynccontextmanager
    async def connected(self, client_id="ann", **options):
        async with self.client(client_id, **options) as client:
            await until(client, Status.CONNECTED)
            yield client

    @property
    def text(self):
        return self.server.document.text.content


async def until(client, status, reason=None, *, within_seconds=100_000.0):
    """Wait until the client shows that status."""
    news = aiter(client)
    with anyio.fail_after(within_seconds):
        while client.status.status is not status or reason not in (None, client.status.reason):
            await anext(news)


@asynccontextmanager
async def watching(client):
    """A task that hears the client's news for the length of the block."""
    watched = Watched()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watched.listen, aiter(client))
        yield watched
        tasks.cancel_scope.cancel()


@pytest.fixture
def world():
    """The context manager that opens a server and a network in memory; its options are the server's."""

    @asynccontextmanager
    async def opened(latency_seconds=0.0, **options):
        async with (
            DemoServer(ServerOptions(**options)) as server,
            MemoryFront(server, latency_seconds=latency_seconds) as front,
        ):
            yield World(server, front)

    return opened


@pytest.fixture(name="until")
def the_wait_for_a_status():
    return until


@pytest.fixture(name="watching")
def the_watcher():
    return watching
