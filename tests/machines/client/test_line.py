"""The line: what is sent over a socket, in which order, with which close, and what a broken transport costs."""

import json

import anyio
import pytest
from attrs import define, field

from machines.demo.faults import GARBAGE_FRAME, Fault
from machines.demo.ledger import What
from machines.document import Outcome
from machines.status import Status
from machines.wire.operations import Insert
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


def endings(here):
    return [each.code for each in here.server.ledger.entries if each.what is What.ENDED]


@define
class Brittle:
    """A transport whose first socket breaks its promise: it raises what no `Socket` may."""

    transport: object
    breaks: str
    after: int
    dials: int = 0

    async def dial(self, url):
        socket = await self.transport.dial(url)
        self.dials += 1
        return BrittleSocket(socket, self.breaks, self.after) if self.dials == 1 else socket


@define(eq=False)
class BrittleSocket:
    socket: object
    breaks: str
    after: int

    async def send(self, text):
        await self._crack("send")
        await self.socket.send(text)

    async def receive(self):
        await self._crack("receive")
        return await self.socket.receive()

    async def aclose(self, code=1000, reason=""):
        await self.socket.aclose(code, reason)

    async def abort(self):
        await self.socket.abort()

    async def _crack(self, what):
        if what == self.breaks:
            self.after -= 1
            if self.after < 0:
                raise ConnectionResetError("with words")


@pytest.mark.parametrize(("breaks", "after"), [("send", 0), ("send", 1), ("receive", 0), ("receive", 2)])
async def test_a_socket_that_raises_what_it_should_not_is_a_lost_one(world, caplog, breaks, after):
    async with world() as here:
        transport = Brittle(here.front.transport(), breaks, after)
        async with here.client(transport=transport) as client:
            with anyio.fail_after(10):
                ended = await client.submit(Insert(0, "a"))
            assert ended.outcome is Outcome.ACKNOWLEDGED
            assert transport.dials == 2
            assert here.front.network.open_links == 1
        assert endings(here)[-1] == 1000
    assert "the socket failed with ConnectionResetError" in caplog.text
    assert "with words" not in caplog.text


@pytest.mark.parametrize("latency_seconds", [0.0, 0.2])
async def test_the_code_of_our_close_arrives_whatever_cancels_the_link(world, until, latency_seconds):
    async with world(latency_seconds=latency_seconds) as here, here.connected() as client:
        await anyio.sleep(10)
        here.server.utter("ann", GARBAGE_FRAME)
        await until(client, Status.RECONNECTING)
        await until(client, Status.CONNECTED)
        await anyio.sleep(10)
        here.server.inflict(Fault.SILENT_PEER, "ann")
        await anyio.sleep(60)
        assert client.status.status is Status.CONNECTED
        await client.disconnect()
        await until(client, Status.OFFLINE, "user")
        await anyio.sleep(5)
        assert endings(here) == [1002, 4000, 1000]


@define
class Overheard:
    """A transport that notes what the client sends."""

    transport: object
    said: list = field(factory=list)

    async def dial(self, url):
        socket = await self.transport.dial(url)
        send = socket.send

        async def note(text):
            self.said.append(json.loads(text)["event"])
            await send(text)

        socket.send = note
        return socket


async def test_what_was_handed_over_before_the_close_is_sent_before_it(world):
    async with world(latency_seconds=0.1) as here:
        transport = Overheard(here.front.transport())
        async with here.connected(transport=transport) as client:
            await anyio.sleep(5)
            client.offer(Insert(0, "a"))
        await anyio.sleep(1)
        assert transport.said == ["sync_request", "document_edit", "disconnect"]
        assert here.text == "a"
        assert endings(here) == [1000]


async def test_connecting_again_at_once_leaves_one_socket(world, until):
    async with world(latency_seconds=0.2) as here, here.connected() as client:
        await anyio.sleep(10)
        client.disconnect()
        client.connect()
        await anyio.sleep(0.001)
        await until(client, Status.CONNECTED)
        await anyio.sleep(10)
        assert (await client.submit(Insert(0, "a"))).outcome is Outcome.ACKNOWLEDGED
        assert here.front.network.open_links == 1
        assert here.server.ledger.dials() == 2
        assert endings(here) == [1000]


async def test_a_dial_that_is_given_up_leaves_no_socket(world, until):
    async with world(latency_seconds=1.0) as here, here.client() as client:
        await anyio.sleep(1.5)
        assert client.status.status is Status.CONNECTING
        client.disconnect()
        await until(client, Status.OFFLINE, "user")
        await anyio.sleep(10)
        assert here.front.network.open_links == 0
