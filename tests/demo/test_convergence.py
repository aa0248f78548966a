"""Clients that follow the book agree with the document, whatever the latency; so do the ledger and its replay."""

import random

import anyio
import pytest

from machines.wire.messages import OperationAck, OperationBroadcast
from machines.wire.operations import Delete, Insert
from machines.wire.text import Text
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

LOOPBACK = [
    pytest.param(each, "loopback", id=f"{each}-loopback", marks=pytest.mark.net) for each in ("asyncio", "trio")
]
pytestmark = pytest.mark.parametrize(
    ("anyio_backend", "front"),
    [*(pytest.param(each, "memory", id=each.__name__) for each in VIRTUAL_BACKENDS), *LOOPBACK],
)


def a_change(chance, text, name):
    position = chance.randint(0, len(text))
    if position < len(text) and chance.random() < 0.4:
        return Delete(position, chance.randint(1, min(3, len(text) - position)))
    return Insert(position, name[0] * chance.randint(1, 3))


async def follow(replica, changes):
    """Take in what the server says until everything is settled everywhere."""
    while changes.left:
        message = await replica.client.hear()
        if isinstance(message, OperationAck):
            await replica.acknowledged(message.server_version)
            changes.done(replica)
        elif isinstance(message, OperationBroadcast):
            assert message.version == replica.version + 1
            replica.take_in(message.operation, message.client_id, message.version)


class Changes:
    def __init__(self, names, each):
        self.left = len(names) * each
        self.settled = anyio.Event()

    def done(self, _):
        self.left -= 1
        if not self.left:
            self.settled.set()


async def type_away(replica, chance, here, each):
    for _ in range(each):
        await here.sleep(chance.random())
        await replica.change(a_change(chance, replica.text, replica.client.client_id))


@pytest.mark.parametrize("seed", range(5))
async def test_clients_that_write_at_once_end_with_the_servers_text(world, replica, front, seed):
    names, each = ("ann", "bob", "cid"), 12
    async with world(content="the quick brown fox") as here:
        replicas = [replica(await here.client(name), Text.of("the quick brown fox")) for name in names]
        if front == "memory":
            here.front.network.latency_seconds = 0.2
        changes = Changes(names, each)
        async with anyio.create_task_group() as tasks:
            for each_replica in replicas:
                tasks.start_soon(follow, each_replica, changes)
                tasks.start_soon(
                    type_away, each_replica, random.Random(f"{seed}{each_replica.client.client_id}"), here, each
                )
            await changes.settled.wait()
            await here.sleep(2)  # the last broadcasts arrive
            tasks.cancel_scope.cancel()
        for each_replica in replicas:
            await drain(each_replica, here.server.document.version)
            assert here.server.audit(each_replica.client.client_id, each_replica.text.content)
        assert here.server.document.version == len(names) * each
        assert here.server.consistent()


async def drain(replica, version):
    while replica.version < version:
        message = await replica.client.expect(OperationBroadcast)
        replica.take_in(message.operation, message.client_id, message.version)
