"""What only real sockets can show: a real RST, a refused port, and a token that leaks nowhere."""

import logging
import traceback
from pathlib import Path

import anyio
import pytest
from websockets.client import ClientProtocol
from websockets.http11 import Response
from websockets.uri import parse_uri

import machines
import statekit
from machines.demo.faults import Fault
from machines.demo.front import LoopbackFront
from machines.demo.ledger import What
from machines.demo.server import DemoServer
from statekit.transports.socket import DialFailed, SocketClosed
from statekit.transports.websockets import WebSocketTransport

pytestmark = pytest.mark.net


@pytest.fixture
def front():
    return "loopback"


async def upgraded(here, client_id):
    """A TCP connection after the handshake, and the bytes that came behind it."""
    ann = await here.newcomer(client_id)
    protocol = ClientProtocol(parse_uri(here.front.url(client_id, ann.token)))
    stream = await anyio.connect_tcp("127.0.0.1", here.front.port)
    protocol.send_request(protocol.connect())
    for chunk in protocol.data_to_send():
        await stream.send(chunk)
    while not any(isinstance(event, Response) for event in protocol.events_received()):
        protocol.receive_data(await stream.receive())
    return stream


async def rest_of(stream):
    """The bytes until the connection ends, and what ended it."""
    received = b""
    with anyio.fail_after(10):
        while True:
            try:
                received += await stream.receive()
            except (anyio.EndOfStream, anyio.BrokenResourceError) as error:
                return received, error


async def test_a_reset_is_half_a_frame_and_a_tcp_reset(world):
    async with world() as here, await upgraded(here, "ann") as stream:
        here.server.inflict(Fault.RESET_1006, "ann")
        received, error = await rest_of(stream)
        assert isinstance(error, anyio.BrokenResourceError), "a FIN is no reset"
        assert isinstance(error.__cause__, ConnectionResetError) or "reset" in str(error.__cause__).lower()
        assert received.endswith(b'\x817{"type":"system","event":"')


async def test_an_orderly_close_ends_with_a_fin(world):
    async with world() as here, await upgraded(here, "ann") as stream:
        here.server.inflict(Fault.CLOSED_1001, "ann")
        received, error = await rest_of(stream)
        assert isinstance(error, anyio.EndOfStream)
        assert received.endswith(b"\x88\x0c\x03\xe9going away")


async def test_the_port_is_really_closed_while_a_restart_lasts(world):
    async with world(restart_seconds=10.0) as here:
        port = here.front.port
        here.server.inflict(Fault.SERVER_RESTART, "ann")
        await here.server.happened(Fault.SERVER_RESTART)
        with pytest.raises(OSError, match=r"refused|failed"):
            await anyio.connect_tcp("127.0.0.1", port)
        await here.sleep(11)
        assert here.front.port == port
        await here.client("ann")


async def test_without_a_witness_a_refusal_lasts_a_while_and_is_taken_to_have_happened():
    async with DemoServer() as server, LoopbackFront(server) as front:
        server.inflict(Fault.REFUSED_DIAL, "ann")
        url = front.url("ann", server.tokens.issue("ann", 900.0).token)
        await anyio.sleep(0.05)
        with pytest.raises(DialFailed) as failed:
            await WebSocketTransport().dial(url)
        assert failed.value.cause == "refused"
        assert server.ledger.count(What.REFUSED) == 0


async def test_leaving_the_front_closes_its_connections_with_1001(world):
    async with world() as here:
        ann = await here.client("ann")
    assert (await ann.ended()).code == 1001


class Broken(DemoServer):
    async def serve(self, socket, path):
        raise ZeroDivisionError


async def fail_behind_a_front():
    async with Broken() as server, LoopbackFront(server) as front:
        url = front.url("ann", server.tokens.issue("ann", 900.0).token)
        socket = await front.transport().dial(url)
        with pytest.raises(SocketClosed):
            await socket.receive()


async def test_a_failure_inside_the_server_leaves_the_front():
    with pytest.raises(ExceptionGroup) as failure:
        await fail_behind_a_front()
    assert failure.group_contains(ZeroDivisionError)


async def test_a_token_is_in_no_log_and_in_no_error(world, caplog):
    with caplog.at_level(logging.DEBUG):
        async with world() as here:
            ann = await here.client("ann")
            await ann.socket.aclose()
            ann.token = "canary-token"
            with pytest.raises(DialFailed) as failed:
                await ann.dial()
            here.server.inflict(Fault.REFUSED_DIAL, "ann")
            await here.sleep(1)
            with pytest.raises(DialFailed) as refused:
                await ann.dial()
    assert "canary" not in caplog.text
    assert "token=" not in caplog.text
    for caught in (failed.value, refused.value):
        assert caught.__context__ is None
        shown = traceback.TracebackException.from_exception(caught, capture_locals=True)
        packages = [Path(package.__file__).parent for package in (machines, statekit)]
        ours = [frame.locals for frame in shown.stack if any(map(Path(frame.filename).is_relative_to, packages))]
        assert ours
        assert "canary" not in repr(ours)


async def test_a_front_that_is_not_entered_says_so(world):
    front = LoopbackFront(DemoServer())
    with pytest.raises(RuntimeError, match="async with"):
        await front.open()


async def test_a_cancelled_world_leaves_no_port_open():
    async with DemoServer() as server:
        with anyio.move_on_after(0.05):
            async with LoopbackFront(server) as front:
                port = front.port
                await anyio.sleep_forever()
        with pytest.raises(OSError, match=r"refused|failed"):
            await anyio.connect_tcp("127.0.0.1", port)
