"""What only the network in memory promises: latency to the instant, and a service whose faults come out."""

import anyio
import pytest

from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.transports.memory import MemoryNetwork, Rejected
from statekit.transports.socket import DialFailed, SocketClosed

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)

URL = "ws://anywhere/v1"


async def code_of(socket):
    try:
        while True:
            await socket.receive()
    except SocketClosed as closed:
        return closed.code


async def test_a_frame_takes_the_latency_and_a_dial_twice_that(script):
    async def serve(socket):
        while True:
            await socket.send(f"{await socket.receive()} at {anyio.current_time():g}")

    async with MemoryNetwork(script(serve), latency_seconds=0.5) as network:
        socket = await network.transport().dial(URL)
        assert anyio.current_time() == 1.0
        await socket.send("hello")
        assert anyio.current_time() == 1.0
        assert await socket.receive() == "hello at 1.5"
        assert anyio.current_time() == 2.0


async def test_a_shorter_latency_lets_no_frame_overtake(script):
    async def serve(socket):
        await socket.receive()
        network.latency_seconds = 60.0
        await socket.send("slow")
        network.latency_seconds = 0.0
        await socket.send("fast")
        await socket.aclose(4000)

    async with MemoryNetwork(script(serve)) as network:
        socket = await network.transport().dial(URL)
        await socket.send("go")
        await anyio.sleep(1.0)
        await socket.send("seen from here, it is still open")
        assert [await socket.receive(), await socket.receive()] == ["slow", "fast"]
        assert anyio.current_time() == 60.0
        assert await code_of(socket) == 4000


async def test_a_close_takes_a_round_trip(script):
    async with MemoryNetwork(script(), latency_seconds=2.0) as network:
        socket = await network.transport().dial(URL)
        await socket.aclose()
        assert anyio.current_time() == 8.0


async def test_closes_that_cross_end_each_side_with_what_the_other_sent(script):
    async def serve(socket):
        await anyio.sleep(1.0)
        await socket.aclose(4001, "from the server")

    service = script(serve)
    async with MemoryNetwork(service, latency_seconds=1.0) as network:
        socket = await network.transport().dial(URL)
        await socket.aclose(4002, "from the client")
        assert await code_of(socket) == 4001
        await service.ended.wait()
    assert service.codes == [(4002, "from the client")]


async def test_a_close_without_a_code_is_1005(script):
    async def serve(socket):
        await socket.aclose(1005)

    async with MemoryNetwork(script(serve)) as network:
        assert await code_of(await network.transport().dial(URL)) == 1005


async def test_a_service_that_returns_closes_with_1000():
    class Brief:
        async def admit(self, path):
            pass

        async def serve(self, socket, path):
            await socket.send(socket.peer)

    async with MemoryNetwork(Brief()) as network:
        for number in (1, 2):
            socket = await network.transport().dial(URL)
            assert await socket.receive() == f"client-{number}"
            assert await code_of(socket) == 1000
        assert network.open_links == 0


async def test_a_network_that_stops_listening_keeps_its_connections(script):
    async def serve(socket):
        await socket.send(await socket.receive())

    async with MemoryNetwork(script(serve)) as network:
        socket = await network.transport().dial(URL)
        network.listening = False
        with pytest.raises(DialFailed, match="refused"):
            await network.transport().dial(URL)
        await socket.send("still here")
        assert await socket.receive() == "still here"
        network.listening = True
        await network.transport().dial(URL)


async def test_leaving_the_network_drops_what_is_open_and_refuses_what_comes(script):
    async with MemoryNetwork(script()) as network:
        transport = network.transport()
        socket = await transport.dial(URL)
    assert await code_of(socket) == 1006
    assert network.open_links == 0
    with pytest.raises(DialFailed, match="refused"):
        await transport.dial(URL)


async def test_a_fault_of_the_service_comes_out_of_the_network(script):
    async def serve(socket):
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012
        async with MemoryNetwork(script(serve)) as network:
            await code_of(await network.transport().dial(URL))
            await anyio.sleep_forever()
    assert caught.group_contains(ZeroDivisionError)


async def test_a_rejection_by_a_service_that_already_serves_is_a_fault(script):
    async def serve(socket):
        raise Rejected(401)

    with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012
        async with MemoryNetwork(script(serve)) as network:
            await network.transport().dial(URL)
            await anyio.sleep_forever()
    assert caught.group_contains(Rejected)


@pytest.mark.parametrize("after_seconds", [0.0, 0.5, 1.0, 2.0, 3.0, 3.5])
async def test_a_dial_cancelled_at_any_point_leaves_no_link(script, after_seconds):
    async def admit(path):
        await anyio.sleep(1.0)

    service = script(admit=admit)
    async with MemoryNetwork(service, latency_seconds=1.0) as network:
        with anyio.move_on_after(after_seconds) as scope:
            await network.transport().dial(URL)
            await anyio.sleep(1.0)
            pytest.fail("the dial takes 3 s")
        assert scope.cancelled_caught
        await anyio.sleep(0.1)
        if after_seconds < 3.0:
            assert network.open_links == 0
            assert service.codes in ([], [(1006, "")])


async def test_a_cancelled_send_drops_the_connection(script):
    service = script()
    async with MemoryNetwork(service) as network:
        socket = await network.transport().dial(URL)
        with anyio.CancelScope() as scope:
            scope.cancel()
            await socket.send("half a frame")
        assert await code_of(socket) == 1006
        await service.ended.wait()
    assert service.codes == [(1006, "")]


async def test_what_is_sent_to_one_who_has_just_dropped_the_connection_is_lost_without_a_word(script):
    sent = []

    async def serve(socket):
        await socket.receive()
        await anyio.sleep(1.0)
        await socket.send("too late")
        sent.append(anyio.current_time())

    service = script(serve)
    async with MemoryNetwork(service, latency_seconds=1.0) as network:
        socket = await network.transport().dial(URL)
        await socket.send("hello")
        await anyio.sleep(1.5)
        await socket.abort()
        assert await code_of(socket) == 1006
        await service.ended.wait()
        assert (sent, anyio.current_time()) == ([4.0], 4.5)
    assert service.codes == [(1006, "")]


async def test_a_network_that_was_not_entered_cannot_be_left(script):
    network = MemoryNetwork(script())
    with pytest.raises(RuntimeError, match="this MemoryNetwork is not entered"):
        await network.__aexit__(None, None, None)
