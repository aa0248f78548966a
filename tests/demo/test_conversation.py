"""One socket: what was said goes out in order, and an end at once loses what was still to be said."""

import anyio
import pytest
from attrs import define, field

from machines.demo.conversation import Alarm, Conversation
from machines.demo.tokens import Claims
from machines.wire.codec import encode
from machines.wire.messages import Ping
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.transports.socket import SocketClosed

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


@define
class Wire:
    """A socket whose other side never says anything, and hangs up after a while if told to."""

    hangs_up_after_seconds: float = 1000.0
    peer: str = "wire"
    seen: list = field(factory=list)

    async def send(self, text):
        await anyio.lowlevel.checkpoint()
        self.seen.append(text)

    async def receive(self):
        await anyio.sleep(self.hangs_up_after_seconds)
        raise SocketClosed(1006)

    async def aclose(self, code=1000, reason=""):
        self.seen.append(code)

    async def abort(self):
        self.seen.append("abort")


def a_conversation(wire):
    return Conversation(wire, "ann", Claims("user-ann", 1, 900.0))


async def run(conversation, *alarms):
    await conversation.run(lambda *_: None, alarms, anyio.sleep)


@pytest.mark.parametrize(("at_once", "seen"), [(False, [encode(Ping(1)), encode(Ping(2)), 1001]), (True, [1001])])
async def test_an_end_comes_after_what_was_said_unless_it_is_at_once(at_once, seen):
    wire = Wire()
    conversation = a_conversation(wire)
    conversation.say(Ping(1))
    conversation.say(Ping(2))
    conversation.end(1001, at_once=at_once)
    await run(conversation)
    assert wire.seen == seen


async def test_the_first_end_stands_and_nothing_is_said_after_it():
    wire = Wire()
    conversation = a_conversation(wire)
    conversation.end(1001)
    conversation.end(4001)
    conversation.say(Ping(1))
    await run(conversation)
    assert wire.seen == [1001]


async def test_an_end_by_1006_drops_a_socket_that_cannot_be_reset():
    wire = Wire()
    conversation = a_conversation(wire)
    conversation.end(1006)
    await run(conversation)
    assert wire.seen == ["abort"]


async def test_alarms_ring_until_the_other_side_hangs_up():
    wire = Wire(hangs_up_after_seconds=10.0)
    conversation = a_conversation(wire)
    await run(
        conversation,
        Alarm(4.0, lambda: conversation.say(Ping(4)), repeats=True),
        Alarm(5.0, lambda: conversation.say(Ping(5))),
        Alarm(11.0, lambda: conversation.say(Ping(11))),
    )
    assert wire.seen == [encode(Ping(4)), encode(Ping(5)), encode(Ping(4))]
    assert conversation.peer_code == 1006
    assert anyio.current_time() == pytest.approx(10.0)
