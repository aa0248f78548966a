"""What the world may hand a client on real sockets: no server, a wrong one, and one that speaks nonsense."""

import socket
from contextlib import asynccontextmanager, suppress

import anyio
import pytest

from machines.client import BadAddress
from machines.connection import CONNECTION, State
from machines.connection import Options as ConnectionOptions
from machines.demo.faults import GARBAGE_FRAME, UNKNOWN_EVENT_FRAME, WRONG_SHAPE_FRAME
from machines.demo.ledger import What
from machines.document import Outcome
from machines.policy.routed import MessagePassed
from machines.session import Options
from machines.status import Status
from machines.wire.codec import encode
from machines.wire.messages import DocumentEdit, Goodbye, SyncRequest
from machines.wire.operations import Insert

pytestmark = pytest.mark.net

SLOW_TO_TRUST = Options(connection=ConnectionOptions(stable_seconds=200.0))
"""Ten real seconds: a link that is not stable before the next bad frame, however busy the machine."""


# ------------------------------------------------------------------------------------------------------ no such server
@pytest.mark.parametrize("url", ["http://127.0.0.1/", "127.0.0.1:80", "ws://", "ws://127.0.0.1:99999/"])
async def test_a_url_that_cannot_be_dialled_is_refused_before_anything_is_tried(world, url):
    async with world() as here:
        with pytest.raises(BadAddress):
            here.client(url=url)
        assert here.server.ledger.dials() == 0


async def test_a_refused_port_is_tried_until_the_breaker_opens_and_again_when_it_is_open(world, until):
    async with world(0.01) as here:
        await here.front.shut()
        async with here.client() as client:
            kept = client.offer(Insert(0, "kept"))
            await until(client, Status.WAITING, "circuit_breaker")
            assert here.server.ledger.count(What.REFUSED) == 5
            assert kept.outcome_now is None
            await here.front.open()
            with anyio.fail_after(10):
                assert (await kept.outcome()).outcome is Outcome.ACKNOWLEDGED
            assert here.server.document.text.content == "kept"


# ------------------------------------------------------------------------------------------- a server, but another one
async def hang_up(_):
    """Say nothing, and go."""


async def greet_as_ssh(stream):
    await stream.send(b"SSH-2.0-OpenSSH_9.6\r\n")
    await anyio.sleep(0.2)


async def say_nothing(_):
    await anyio.sleep_forever()


def answer(status, *headers, body=b"hello"):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    head = "\r\n".join([*lines, "", ""])

    async def respond(stream):
        await stream.receive()
        await stream.send(head.encode() + body)

    return respond


def accept_wrongly(accept):
    """Switch protocols with an answer to the key that is not the one."""
    return answer("101 Switching Protocols", "Upgrade: websocket", f"Sec-WebSocket-Accept: {accept}", body=b"")


@asynccontextmanager
async def listening(behave):
    """A TCP server of that behaviour, with the number of its connections so far."""
    taken = []

    async def attend(stream):
        taken.append(stream)
        async with stream:
            with suppress(anyio.BrokenResourceError, anyio.EndOfStream):
                await behave(stream)

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, attend)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        yield f"ws://127.0.0.1:{port}/v1/ws/documents/shared", taken
        tasks.cancel_scope.cancel()


BREAKER = (Status.WAITING, "circuit_breaker", 5)
UNKNOWN = (Status.FAILED, "unknown_status", 3)


@pytest.mark.parametrize(
    ("behave", "status", "reason", "dials"),
    [
        (hang_up, *BREAKER),
        (greet_as_ssh, *BREAKER),
        (say_nothing, *BREAKER),
        (accept_wrongly("bm90IHRoZSBhbnN3ZXI="), *BREAKER),
        (answer("200 OK"), *UNKNOWN),
        (answer("301 Moved Permanently", "Location: ws://127.0.0.1:1/"), *UNKNOWN),
        (answer("404 Not Found"), Status.FAILED, "not_found", 1),
        (answer("426 Upgrade Required"), Status.FAILED, "upgrade_required", 1),
        (answer("502 Bad Gateway"), *BREAKER),
    ],
    ids=["hangs up", "ssh", "says nothing", "wrong accept", "200", "301", "404", "426", "502"],
)
async def test_a_server_that_is_no_websocket_server_is_left_alone_and_no_operation_is_lost(
    world, until, behave, status, reason, dials
):
    async with world(0.01) as here, listening(behave) as (url, taken):
        async with here.client(url=url) as client:
            receipt = client.offer(Insert(0, "kept"))
            await until(client, status, reason)
            assert len(taken) == dials
            assert (receipt.outcome_now is None) == (status is not Status.FAILED)
        with anyio.fail_after(1):
            ended = await receipt.outcome()
        assert (ended.outcome, ended.edit) == (Outcome.EXPORTED, (Insert(0, "kept"),))
        assert client.exported == [ended]


# --------------------------------------------------------------------------------------- a server that speaks nonsense
BAD_FRAMES = {
    "no JSON": GARBAGE_FRAME,
    "empty": "",
    "JSON but no object": "[1, 2]",
    "no envelope": '{"hello":"world"}',
    "wrong shape": WRONG_SHAPE_FRAME,
    "NaN": '{"type":"system","event":"ping","data":{"timestamp":NaN}}',
    "too deep": '{"type":"x","event":"y","data":' + "[" * 100 + "]" * 100 + "}",
    "binary": b"\x00\xff\xfe",
    "a client's edit": encode(DocumentEdit((Insert(0, "x"),), 0, "ann", "ann:1")),
    "a client's question": encode(SyncRequest(0, "ann:sync:1")),
    "a client's goodbye": encode(Goodbye("user")),
}


def codes(here):
    return [each.code for each in here.server.ledger.entries if each.what is What.ENDED]


@pytest.mark.parametrize("frame", BAD_FRAMES.values(), ids=BAD_FRAMES)
async def test_a_bad_frame_closes_with_1002_is_forgiven_once_and_then_ends_the_session(world, until, frame):
    async with world() as here:
        async with here.client(options=SLOW_TO_TRUST) as client:
            await until(client, Status.CONNECTED)
            receipts = [client.offer(Insert(0, "a"))]
            assert here.server.utter("ann", frame)
            receipts.append(client.offer(Insert(0, "b")))
            await until(client, Status.RECONNECTING)
            await until(client, Status.CONNECTED)
            with anyio.fail_after(10):
                assert {(await each.outcome()).outcome for each in receipts} == {Outcome.ACKNOWLEDGED}
            assert here.server.utter("ann", frame)
            receipts.append(client.offer(Insert(0, "c")))
            await until(client, Status.FAILED, "protocol_error")
            ended = [await each.outcome() for each in receipts]
            await anyio.sleep(0.2)
            assert here.server.ledger.dials() == 2
            assert codes(here) == [1002, 1002]
        assert len(here.server.document.text.content) + len(client.exported) >= len(receipts)
        assert {each.reason for each in ended if each.outcome is Outcome.EXPORTED} <= {"protocol_error"}
        assert here.server.consistent()


async def test_a_stable_link_earns_the_next_bad_frame_its_forgiveness(world, until):
    stable = anyio.Event()

    def note(record):
        if record.transaction.snapshot.of(CONNECTION).state is State.STABLE:
            stable.set()

    options = Options(connection=ConnectionOptions(stable_seconds=0.1))
    async with world() as here, here.client(options=options, observe=note) as client:
        for _ in range(3):
            with anyio.fail_after(10):
                await stable.wait()
            assert here.server.utter("ann", GARBAGE_FRAME)
            await until(client, Status.RECONNECTING)
            stable = anyio.Event()
        await until(client, Status.CONNECTED)
        assert codes(here) == [1002] * 3


@pytest.mark.parametrize("frame", [UNKNOWN_EVENT_FRAME, UNKNOWN_EVENT_FRAME.encode()], ids=["text", "binary"])
async def test_an_unknown_event_is_passed_on_and_breaks_nothing(world, until, frame):
    async with world() as here, here.client() as client:
        await until(client, Status.CONNECTED)
        listener = aiter(client)
        assert here.server.utter("ann", frame)
        with anyio.fail_after(10):
            async for each in listener:
                if isinstance(each, MessagePassed):
                    break
            assert (each.message.type, each.message.event) == ("system", "coffee_ready")
            assert (await client.submit(Insert(0, "a"))).outcome is Outcome.ACKNOWLEDGED
        assert here.server.ledger.dials() == 1


async def test_a_frame_that_is_too_big_costs_the_link_and_no_operation(world, until):
    async with world() as here, here.client() as client:
        await until(client, Status.CONNECTED)
        assert here.server.utter("ann", '{"type":"x","event":"y","data":"' + "z" * 2**20 + '"}')
        await until(client, Status.RECONNECTING)
        with anyio.fail_after(10):
            assert (await client.submit(Insert(0, "a"))).outcome is Outcome.ACKNOWLEDGED
        assert codes(here) == [1009]


async def test_leaving_while_a_dial_hangs_does_not_wait_for_it(world):
    with socket.create_server(("127.0.0.1", 0)) as unattended:  # the kernel accepts, and nobody answers
        async with world() as here:
            url = f"ws://127.0.0.1:{unattended.getsockname()[1]}/"
            with anyio.fail_after(2):
                async with here.client(url=url) as client:
                    await anyio.sleep(0.1)
                    assert client.status.status is Status.CONNECTING
