"""A server behind either front, and clients that speak the wire by hand: no engine, no retry, no cleverness."""

from contextlib import asynccontextmanager

import anyio
import pytest
from attrs import define, field

from machines.demo.front import LoopbackFront
from machines.demo.memory_front import MemoryFront
from machines.demo.server import DemoServer, ServerOptions
from machines.wire.codec import decode, encode
from machines.wire.messages import ConnectionAck, DocumentEdit, DocumentSync, SyncRequest
from machines.wire.text import Text, apply
from machines.wire.transform import cross
from statekit.transports.socket import SocketClosed


@define
class RawClient:
    """One socket after another, under one client id; the newest token is used."""

    world: "World"
    client_id: str
    token: str = ""
    socket: object = None
    sent: int = 0

    async def dial(self):
        self.socket = await self.world.transport.dial(self.world.front.url(self.client_id, self.token))

    async def connect(self):
        """Dial and be greeted; returns the connection_ack."""
        await self.dial()
        return await self.expect(ConnectionAck)

    def refresh(self, ttl_seconds=900.0):
        self.token = self.world.server.tokens.issue(f"user-{self.client_id}", ttl_seconds).token

    async def say(self, message):
        await self.socket.send(encode(message))

    async def hear(self):
        with anyio.fail_after(20):
            return decode(await self.socket.receive())

    async def expect(self, shape):
        """The next message, which must be of that class."""
        message = await self.hear()
        assert isinstance(message, shape), message
        return message

    async def edit(self, *operations, base_version, message_id=None, document_id=""):
        self.sent += 1
        message_id = message_id or f"{self.client_id}:{self.sent}"
        await self.say(DocumentEdit(operations, base_version, self.client_id, message_id, document_id))
        return message_id

    async def sync(self, version, document_id=""):
        await self.say(SyncRequest(version, message_id="sync", document_id=document_id))
        return await self.expect(DocumentSync)

    async def ended(self):
        """How the socket ended, with everything before it thrown away."""
        with anyio.fail_after(20):
            while True:
                try:
                    await self.socket.receive()
                except SocketClosed as closed:
                    return closed


@define
class World:
    server: DemoServer
    front: object
    transport: object
    kind: str

    async def newcomer(self, client_id, ttl_seconds=900.0):
        """A client with a token, not yet connected."""
        client = RawClient(self, client_id)
        client.refresh(ttl_seconds)
        return client

    async def client(self, client_id, ttl_seconds=900.0):
        """A client that is connected and was greeted."""
        client = await self.newcomer(client_id, ttl_seconds)
        await client.connect()
        return client

    async def sleep(self, seconds):
        await self.server.clock.sleep(seconds)


@define
class Replica:
    """A client's copy of the document by the book: one edit in flight, the rest waiting."""

    client: RawClient
    text: Text = field(factory=Text)
    version: int = 0
    in_flight: tuple = ()
    waiting: list = field(factory=list)

    async def change(self, *operations):
        self.text = apply(self.text, operations)
        self.waiting.append(operations)
        await self.send_next()

    async def send_next(self):
        if not self.in_flight and self.waiting:
            edit = self.waiting.pop(0)
            self.in_flight = (edit,)
            await self.client.edit(*edit, base_version=self.version)

    async def acknowledged(self, version):
        self.in_flight, self.version = (), version
        await self.send_next()

    def take_in(self, edit, author, version):
        first = self.client.client_id < author
        pending = [*self.in_flight, *self.waiting]
        for place, own in enumerate(pending):
            pending[place], edit = cross(own, edit, first=first)
        if self.in_flight:
            self.in_flight = (pending.pop(0),)
        self.waiting = pending
        self.text = apply(self.text, edit)
        self.version = version


@pytest.fixture
def replica():
    return Replica


@pytest.fixture
def world(front):
    """The context manager that opens a world behind the front that the test was given; its options are the server's."""

    @asynccontextmanager
    async def opened(**options):
        scale = {"memory": 1.0, "loopback": 0.05}[front]
        async with DemoServer(ServerOptions(**{"scale": scale} | options)) as server:
            behind = MemoryFront(server) if front == "memory" else LoopbackFront(server)
            async with behind:
                yield World(server, behind, behind.transport(), front)

    return opened
