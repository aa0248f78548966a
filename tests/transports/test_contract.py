"""What every transport promises: one suite, over memory in virtual time and over real sockets, on both backends."""

import anyio
import pytest

from statekit.transports.memory import Rejected
from statekit.transports.socket import DialFailed, SocketClosed


async def closing_of(socket):
    """Read to the end; return the messages on the way and the end's code and reason."""
    messages = []
    try:
        while True:
            messages.append(await socket.receive())
    except SocketClosed as closed:
        return messages, (closed.code, closed.reason)


async def echo(socket):
    while True:
        await socket.send(await socket.receive())


async def test_what_is_sent_comes_back_in_order(listen, script):
    async with listen(script(echo)) as place:
        socket = await place.dial()
        texts = [f"{number} é" for number in range(200)]
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send_all, socket, texts)
            assert [await socket.receive() for _ in texts] == texts
        await socket.aclose()


async def send_all(socket, texts):
    for text in texts:
        await socket.send(text)


async def test_the_server_is_asked_for_the_path_and_the_query(listen, script):
    service = script()
    async with listen(service) as place:
        socket = await place.dial("/v1/ws?token=t&client_id=c")
        await socket.aclose()
    assert service.paths == ["/v1/ws?token=t&client_id=c"]


async def test_a_close_by_the_server_is_seen_after_the_frames_before_it(listen, script):
    async def serve(socket):
        await socket.send("first")
        await socket.send("second")
        await socket.aclose(4004, "kicked")

    async with listen(script(serve)) as place:
        socket = await place.dial()
        assert await closing_of(socket) == (["first", "second"], (4004, "kicked"))
        assert await closing_of(socket) == ([], (4004, "kicked"))
        with pytest.raises(SocketClosed) as caught:
            await socket.send("too late")
        assert (caught.value.code, caught.value.reason) == (4004, "kicked")


async def test_a_close_by_the_client_is_seen_by_the_server(listen, script):
    service = script()
    async with listen(service) as place:
        socket = await place.dial()
        await socket.send("last words")
        await socket.aclose(4000, "moving")
        await service.ended.wait()
        assert await closing_of(socket) == ([], (4000, "moving"))
        with pytest.raises(SocketClosed):
            await socket.send("too late")
    assert service.codes == [(4000, "moving")]


async def test_closing_twice_changes_nothing(listen, script):
    service = script()
    async with listen(service) as place:
        socket = await place.dial()
        await socket.aclose(1000, "once")
        await socket.aclose(4999, "twice")
        await socket.abort()
        await service.ended.wait()
        assert await closing_of(socket) == ([], (1000, "once"))
    assert service.codes == [(1000, "once")]


async def test_an_abort_by_the_server_is_seen_as_1006(listen, script):
    async def serve(socket):
        await socket.receive()
        await socket.abort()

    async with listen(script(serve)) as place:
        socket = await place.dial()
        await socket.send("go")
        assert await closing_of(socket) == ([], (1006, ""))
        await socket.aclose()


async def test_an_abort_by_the_client_is_seen_as_1006_at_both_ends(listen, script):
    service = script()
    async with listen(service) as place:
        socket = await place.dial()
        await socket.abort()
        await service.ended.wait()
        assert await closing_of(socket) == ([], (1006, ""))
        with pytest.raises(SocketClosed):
            await socket.send("too late")
    assert service.codes == [(1006, "")]


@pytest.mark.parametrize("end", ["aclose", "abort"])
async def test_ending_a_socket_wakes_the_task_that_receives(listen, script, end):
    async with listen(script()) as place:
        socket = await place.dial()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(closing_of, socket)
            await anyio.wait_all_tasks_blocked()
            await getattr(socket, end)()


async def test_a_shut_port_refuses(listen, script):
    async with listen(script()) as place:
        await place.shut()
        with pytest.raises(DialFailed) as caught:
            await place.dial()
    assert caught.value.cause == "refused"


@pytest.mark.parametrize("delay_seconds", [None, 7.0])
@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
async def test_a_refused_handshake_says_its_status(listen, script, status, delay_seconds):
    async def admit(path):
        raise Rejected(status, delay_seconds if status in (429, 503) else None)

    async with listen(script(admit=admit)) as place:
        with pytest.raises(DialFailed) as caught:
            await place.dial()
    failed = caught.value
    delay_seconds = delay_seconds if status in (429, 503) else None
    assert (failed.cause, failed.status, failed.retry_after_seconds) == ("rejected", status, delay_seconds)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/v1?token=canary",
        "http://127.0.0.1/?token=canary",
        "ws://?token=canary",
        "ws://127.0.0.1:canary/",
        "ws://127.0.0.1:99999/?token=canary",
        "ws://[::1/?token=canary",
        "wss://127.0.0.1/#canary",
    ],
)
async def test_a_bad_url_is_not_tried(listen, script, url):
    service = script()
    async with listen(service) as place:
        with pytest.raises(DialFailed) as caught:
            await place.transport().dial(url)
    assert caught.value.cause == "bad_url"
    assert service.paths == []


async def test_a_server_that_does_not_answer_times_out(listen, script):
    async def admit(path):
        await anyio.sleep_forever()

    async with listen(script(admit=admit)) as place:
        with pytest.raises(DialFailed) as caught:
            await place.dial(open_timeout_seconds=0.1)
    assert caught.value.cause == "timeout"


async def test_a_dial_that_is_cancelled_opens_nothing(listen, script):
    asked, answer = anyio.Event(), anyio.Event()

    async def admit(path):
        asked.set()
        await answer.wait()

    service = script(admit=admit)
    async with listen(service) as place:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(place.dial)
            await asked.wait()
            tasks.cancel_scope.cancel()
        answer.set()
        service.on_admit = None
        socket = await place.dial()
        await socket.send("the place goes on")
        await socket.aclose()
        await service.ended.wait()
    assert service.codes in ([(1000, "")], [(1006, ""), (1000, "")], [(1000, ""), (1006, "")])


async def test_a_cancelled_receive_loses_no_message(listen, script):
    go = anyio.Event()

    async def serve(socket):
        await go.wait()
        await socket.send("kept")

    async with listen(script(serve)) as place:
        socket = await place.dial()
        for delay_seconds in (0.0, 0.01, 0.05):
            with anyio.move_on_after(delay_seconds) as scope:
                await socket.receive()
            assert scope.cancelled_caught
        go.set()
        assert await socket.receive() == "kept"
        await socket.aclose()


async def test_a_close_that_is_cancelled_leaves_no_half_open_socket(listen, script):
    service = script()
    async with listen(service) as place:
        socket = await place.dial()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await socket.aclose(4000)
        await service.ended.wait()
        _, (code, _) = await closing_of(socket)
        assert code in (4000, 1006)
    assert service.codes in ([(4000, "")], [(1006, "")])


@pytest.mark.parametrize("code", [0, 999, 1004, 1006, 1015, 2000, 2999, 5000])
async def test_a_code_that_no_frame_may_carry_is_an_error_and_closes_nothing(listen, script, code):
    async with listen(script(echo)) as place:
        socket = await place.dial()
        with pytest.raises(ValueError, match=f"{code} is not a close code to send"):
            await socket.aclose(code)
        with pytest.raises(ValueError, match="124 bytes"):
            await socket.aclose(1000, "é" * 62)
        await socket.send("still open")
        assert await socket.receive() == "still open"
        await socket.aclose(1000, "r" * 123)
