"""The client as a context manager: what goes wrong leaves as itself, and leaving always ends."""

import anyio
import pytest

from machines.client import Client
from machines.connection import CONNECTION, State
from machines.demo.ledger import What
from machines.status import Status, StatusNow
from machines.wire.operations import Insert
from statekit.run.errors import Stopped
from statekit.run.receipts import Policy
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


class Mishap(Exception):
    """What an application raises."""


async def test_an_error_in_the_body_leaves_as_itself_and_the_connection_is_closed(world):
    async with world() as here:
        mishap = Mishap()
        with pytest.raises(Mishap) as raised:
            async with here.connected():
                raise mishap
        assert raised.value is mishap
        assert raised.value.__cause__ is None
        await anyio.sleep(1)
        assert here.front.network.open_links == 0
        ended = [each for each in here.server.ledger.entries if each.what is What.ENDED]
        assert [each.code for each in ended] == [1000]


async def test_an_error_before_there_is_a_connection_leaves_as_itself(world):
    async with world() as here:
        with pytest.raises(Mishap):
            async with here.client():
                raise Mishap
        assert here.front.network.open_links == 0


async def test_a_group_of_the_bodys_own_stays_the_group_it_is(world):
    async with world() as here:
        group = ExceptionGroup("two", [Mishap(), KeyError()])
        with pytest.raises(ExceptionGroup) as raised:
            async with here.connected():
                raise group
        assert raised.value is group


async def test_an_interrupt_in_the_body_leaves_as_itself(world):
    async with world() as here:
        with pytest.raises(SystemExit):
            async with here.connected():
                raise SystemExit
        assert here.front.network.open_links == 0


async def test_cancelling_the_body_closes_the_connection_and_ends_in_bounded_time(world):
    async with world() as here:
        with anyio.move_on_after(5) as scope:
            async with here.connected() as client:
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        assert client.status == StatusNow(Status.OFFLINE, "user")
        await anyio.sleep(1)
        assert here.front.network.open_links == 0


async def cancel_and_raise(here):
    with anyio.CancelScope() as scope:
        async with here.connected():
            scope.cancel()
            raise Mishap


async def test_an_error_in_a_body_whose_surroundings_are_cancelled_is_not_lost(world):
    async with world() as here:
        with pytest.raises(Mishap):
            await cancel_and_raise(here)


async def test_leaving_waits_no_longer_than_its_limit_for_a_peer_that_does_not_answer(world):
    async with world() as here:
        async with here.connected() as client:
            here.front.network.latency_seconds = 1e6
            before = anyio.current_time()
        assert client.status.status is Status.OFFLINE
        assert anyio.current_time() - before <= 10 + 5  # close_seconds of the connection, then those of the driver


async def test_leaving_is_not_held_up_by_who_connects_again_meanwhile(world):
    async def connect_again(client):
        await anyio.sleep(0.3)
        client.connect()
        await anyio.sleep(100)
        client.disconnect()  # else a client that waits for it would wait for ever

    async with world() as here, anyio.create_task_group() as others:
        async with here.connected() as client:
            here.front.network.latency_seconds = 0.5
            others.start_soon(connect_again, client)
            before = anyio.current_time()
        assert anyio.current_time() - before < 10
        await anyio.sleep(1)
        assert here.front.network.open_links == 0


async def test_entering_in_a_cancelled_scope_leaves_nothing_behind(world):
    async with world() as here:
        with anyio.CancelScope() as scope:
            scope.cancel()
            async with here.client():
                await anyio.sleep_forever()
        assert scope.cancelled_caught
        await anyio.sleep(1)
        assert here.front.network.open_links == 0


async def test_a_client_is_entered_once(world):
    async with world() as here:
        client = here.client()
        async with client:
            pass
        with pytest.raises(RuntimeError, match="make another"):
            async with client:
                pytest.fail("it was entered")


async def test_what_stops_the_session_cancels_the_body_and_leaves_as_itself(world):
    def break_off(record):
        if record.transaction.snapshot.of(CONNECTION).state is State.STABLE:
            raise Mishap

    async with world() as here:
        with pytest.raises(Mishap), anyio.fail_after(60):
            async with here.client(observe=break_off, policy=Policy.RAISE):
                await anyio.sleep_forever()
        assert here.front.network.open_links == 0


async def test_an_observer_that_raises_is_reported_and_nothing_else_changes(world, caplog):
    def break_always(record):
        raise Mishap("not shown")

    async with world() as here:
        with anyio.fail_after(60):
            async with here.connected(observe=break_always) as client:
                await client.submit(Insert(0, "a"))
                assert client.status.status is Status.CONNECTED
        assert here.text == "a"
        assert client.status == StatusNow(Status.OFFLINE, "user")
    assert "Mishap" in caplog.text
    assert "not shown" not in caplog.text


async def test_orders_to_a_closed_client_say_that_it_stopped(world):
    async with world() as here:
        async with here.connected() as client:
            pass
        for order in (client.connect, client.disconnect, client.reconnect_now, client.logout):
            with pytest.raises(Stopped):
                await order()
        assert client.status.status is Status.OFFLINE


async def test_two_clients_have_ids_of_their_own():
    def nobody():
        raise NotImplementedError

    clients = [Client("ws://memory/v1/ws/documents/shared", token=nobody) for _ in range(2)]
    assert len({each.client_id for each in clients}) == 2
    assert all(each.client_id for each in clients)
