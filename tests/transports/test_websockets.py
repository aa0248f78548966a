"""What only real sockets show: strange servers, TLS, flow control, and what the library would do unasked."""

import contextlib
import socket as sockets
import sys

import anyio
import pytest

from statekit.transports.socket import DialFailed, SocketClosed
from statekit.transports.websockets import WebSocketTransport

pytestmark = pytest.mark.net

UPGRADE = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"


@pytest.fixture
def net():
    """No net of the contract's."""


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


@contextlib.asynccontextmanager
async def raw(conversation):
    """Serve each TCP connection by a function of its stream; yield the port."""

    async def serve(stream):
        with contextlib.suppress(anyio.BrokenResourceError, anyio.EndOfStream, anyio.ClosedResourceError):
            async with stream:
                await conversation(stream)

    with anyio.fail_after(10):
        async with (
            await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(listener.serve, serve)
            yield listener.extra(anyio.abc.SocketAttribute.local_port)
            tasks.cancel_scope.cancel()


async def request_of(stream):
    text = b""
    while not text.endswith(b"\r\n\r\n"):
        text += await stream.receive()
    return text


async def upgrade(stream):
    """Do the server's side of a handshake by hand, without extensions."""
    from websockets.utils import accept_key

    lines = (await request_of(stream)).decode().split("\r\n")
    key = next(line.split(": ")[1] for line in lines if line.startswith("Sec-WebSocket-Key"))
    await stream.send(UPGRADE + f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode())


async def failure_of(port, scheme="ws", **options):
    with pytest.raises(DialFailed) as caught:
        await WebSocketTransport(**options).dial(f"{scheme}://127.0.0.1:{port}/?token=canary")
    return caught.value


@pytest.mark.parametrize(
    ("answer", "cause", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "not_websocket", 200),
        (b"SSH-2.0-OpenSSH_9.6\r\n", "not_websocket", None),
        (UPGRADE + b"Sec-WebSocket-Accept: bm90IGl0\r\n\r\n", "not_websocket", None),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "not_websocket", None),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "rejected", 302),
        (b"", "unreachable", None),
    ],
)
async def test_a_server_that_is_not_what_was_hoped_for(answer, cause, status):
    async def converse(stream):
        await request_of(stream)
        await stream.send(answer)

    async with raw(converse) as port:
        failed = await failure_of(port)
    assert (failed.cause, failed.status) == (cause, status)


@pytest.mark.parametrize(
    ("headers", "delay_seconds"),
    [
        (b"Retry-After: 30\r\n", 30.0),
        (b"Retry-After: Wed, 21 Oct 2026 07:28:45 GMT\r\nDate: Wed, 21 Oct 2026 07:28:00 GMT\r\n", 45.0),
        (b"Retry-After: soon\r\n", None),
        (b"", None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_how_long_to_wait_is_read_from_the_answer(status, headers, delay_seconds):
    async def converse(stream):
        await request_of(stream)
        await stream.send(f"HTTP/1.1 {status} No\r\n".encode() + headers + b"Content-Length: 0\r\n\r\n")

    async with raw(converse) as port:
        failed = await failure_of(port)
    assert (failed.cause, failed.status, failed.retry_after_seconds) == ("rejected", status, delay_seconds)


async def test_no_tls_behind_a_wss_url_is_a_failure_of_tls():
    async def converse(stream):
        await stream.receive()
        await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with raw(converse) as port:
        assert (await failure_of(port, "wss")).cause == "tls"


async def test_a_refusal_at_every_address_of_a_name_is_a_refusal():
    with sockets.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound, not listening: nobody else gets the port, and it refuses
        port = held.getsockname()[1]
        with pytest.raises(DialFailed) as caught:
            await WebSocketTransport().dial(f"ws://localhost:{port}/")
    assert caught.value.cause == "refused"


async def test_a_dial_does_not_need_trio_to_be_loaded_where_asyncio_runs(anyio_backend_name, monkeypatch):
    if anyio_backend_name == "asyncio":
        monkeypatch.delitem(sys.modules, "trio")
    with sockets.socket() as held:
        held.bind(("127.0.0.1", 0))
        assert (await failure_of(held.getsockname()[1])).cause == "refused"
    assert ("trio" in sys.modules) is (anyio_backend_name == "trio")


async def test_a_name_that_does_not_exist_is_unreachable():
    with pytest.raises(DialFailed) as caught:
        await WebSocketTransport().dial("ws://no-such-host.invalid/")
    assert caught.value.cause == "unreachable"


async def test_a_tcp_connection_that_stays_silent_times_out():
    async def converse(stream):
        await anyio.sleep_forever()

    async with raw(converse) as port:
        assert (await failure_of(port, open_timeout_seconds=0.1)).cause == "timeout"
        assert (await failure_of(port, "wss", open_timeout_seconds=0.1)).cause == "timeout"


@pytest.mark.parametrize("scheme", ["ws", "wss"])
async def test_a_dial_cancelled_in_the_handshake_drops_the_connection(scheme):
    asked, dropped = anyio.Event(), anyio.Event()

    async def converse(stream):
        try:
            await stream.receive()
            asked.set()
            await stream.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):
            dropped.set()

    async with raw(converse) as port:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(WebSocketTransport().dial, f"{scheme}://127.0.0.1:{port}/")
            await asked.wait()
            tasks.cancel_scope.cancel()
        await dropped.wait()


async def test_a_binary_message_arrives_as_bytes_and_a_close_without_a_code_as_1005():
    async def converse(stream):
        await upgrade(stream)
        await stream.send(b"\x82\x02\x00\xff" + b"\x88\x00")
        await stream.receive()

    async with raw(converse) as port:
        socket = await WebSocketTransport().dial(f"ws://127.0.0.1:{port}/")
        assert await socket.receive() == b"\x00\xff"
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
    assert (caught.value.code, caught.value.reason) == (1005, "")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x7e\x04\x01" + b"x" * 1025, 1009),
        (b"\x81\x02\xc3\x28", 1007),
        (b"\x83\x00", 1002),
        (b"\x81\x82mask\x00\x00", 1002),
    ],
    ids=["too big", "not utf-8", "unknown opcode", "masked by the server"],
)
async def test_a_peer_that_breaks_the_protocol_is_named_by_the_code_it_earned(frame, code):
    async def converse(stream):
        await upgrade(stream)
        await stream.send(frame)
        while True:
            await stream.receive()

    async with raw(converse) as port:
        socket = await WebSocketTransport(max_size_bytes=1024, close_timeout_seconds=0.1).dial(
            f"ws://127.0.0.1:{port}/"
        )
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
    assert caught.value.code == code


async def test_a_peer_that_closes_but_keeps_tcp_open_is_not_waited_for():
    async def converse(stream):
        await upgrade(stream)
        await stream.send(b"\x88\x08\x0f\xa4kicked")
        await anyio.sleep_forever()

    async with raw(converse) as port:
        socket = await WebSocketTransport(close_timeout_seconds=0.1).dial(f"ws://127.0.0.1:{port}/")
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
    assert (caught.value.code, caught.value.reason) == (4004, "kicked")


async def test_a_peer_that_never_answers_a_close_is_waited_for_no_longer_than_asked():
    async def converse(stream):
        await upgrade(stream)
        await anyio.sleep_forever()

    async with raw(converse) as port:
        socket = await WebSocketTransport(close_timeout_seconds=0.1).dial(f"ws://127.0.0.1:{port}/")
        begun = anyio.current_time()
        await socket.aclose()
        assert anyio.current_time() - begun < 1.0
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
    assert caught.value.code == 1006


async def test_a_send_to_a_peer_that_reads_nothing_is_dropped_when_cancelled():
    async def converse(stream):
        await upgrade(stream)
        await anyio.sleep_forever()

    async with raw(converse) as port:
        socket = await WebSocketTransport(close_timeout_seconds=0.1).dial(f"ws://127.0.0.1:{port}/")
        with anyio.move_on_after(0.2) as scope:
            while True:
                await socket.send(incompressible(2**20))
        assert scope.cancelled_caught
        with pytest.raises(SocketClosed) as caught:
            await socket.receive()
    assert caught.value.code == 1006


async def test_a_close_behind_a_full_buffer_is_bounded_too():
    async def converse(stream):
        await upgrade(stream)
        await anyio.sleep_forever()

    async def send_on(socket):
        with contextlib.suppress(SocketClosed):
            while True:
                await socket.send(incompressible(2**20))

    async with raw(converse) as port:
        socket = await WebSocketTransport(close_timeout_seconds=0.1).dial(f"ws://127.0.0.1:{port}/")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send_on, socket)
            await anyio.sleep(0.1)
            begun = anyio.current_time()
            await socket.aclose()
            assert anyio.current_time() - begun < 1.0


def incompressible(size):
    return "".join(chr(33 + (number * 7919 + number // 90) % 90) for number in range(1024)) * (size // 1024)


@pytest.mark.parametrize("end", ["aclose", "abort"])
async def test_a_socket_whose_messages_nobody_reads_leaves_nothing_behind(end, anyio_backend):
    async def converse(stream):
        await upgrade(stream)
        while True:
            await stream.send(b"\x81\x01x" * 1000)

    async with raw(converse) as port:
        await anyio.wait_all_tasks_blocked()
        before = tasks_alive(anyio_backend)
        socket = await WebSocketTransport(close_timeout_seconds=0.1).dial(f"ws://127.0.0.1:{port}/")
        await anyio.sleep(0.05)
        await getattr(socket, end)()
        while tasks_alive(anyio_backend) > before:  # noqa: ASYNC110 (no event says it; bounded by `raw`)
            await anyio.sleep(0.01)


def tasks_alive(backend):
    if backend == "trio":
        import trio

        return trio.lowlevel.current_statistics().tasks_living
    import asyncio

    return len(asyncio.all_tasks())


async def test_a_run_that_ends_with_an_open_socket_ends():
    async def converse(stream):
        await upgrade(stream)
        await anyio.sleep_forever()

    async with raw(converse) as port:
        await WebSocketTransport().dial(f"ws://127.0.0.1:{port}/")
