"""Faults that meet a dial: a shut port, a refused token, a close or status that waits; in memory, and on sockets."""

import anyio
import pytest

from machines.demo.faults import CloseWith, Fault, HttpStatus
from machines.demo.ledger import What
from machines.wire.messages import ConnectionAck, ErrorMessage, OperationAck, Ping, Pong
from machines.wire.operations import Insert
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.transports.socket import DialFailed

pytestmark = pytest.mark.parametrize(
    ("anyio_backend", "front"),
    [
        *(pytest.param(each, "memory", id=each.__name__) for each in VIRTUAL_BACKENDS),
        *(pytest.param(each, "loopback", id=f"{each}-loopback", marks=pytest.mark.net) for each in ("asyncio", "trio")),
    ],
)


async def test_a_fault_armed_while_the_client_is_away_waits_for_its_connection_ack(world):
    async with world() as here:
        here.server.inflict(Fault.CLOSED_1001, "ann")
        bob = await here.client("bob")
        assert here.server.ledger.faults(Fault.CLOSED_1001) == 0
        ann = await here.newcomer("ann")
        assert isinstance(await ann.connect(), ConnectionAck)
        assert (await ann.ended()).code == 1001
        assert here.server.ledger.faults(Fault.CLOSED_1001, "ann") == 1
        await bob.say(Ping(1))
        await bob.expect(Pong)


async def test_a_fault_armed_twice_happens_at_two_connections(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.CLOSED_1001, "ann")
        here.server.inflict(Fault.CLOSED_1001, "ann")
        assert (await ann.ended()).code == 1001
        assert here.server.ledger.faults(Fault.CLOSED_1001) == 1
        await ann.connect()
        assert (await ann.ended()).code == 1001
        await ann.connect()
        await ann.say(Ping(1))
        await ann.expect(Pong)
        assert here.server.ledger.faults(Fault.CLOSED_1001) == 2


async def test_a_dial_is_refused_by_a_port_that_opens_again(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.REFUSED_DIAL, "ann")
        assert (await ann.ended()).code == 1012
        with pytest.raises(DialFailed) as failed:
            await ann.dial()
        assert failed.value.cause == "refused"
        with anyio.fail_after(10):
            await here.server.happened(Fault.REFUSED_DIAL)
        await here.sleep(1)
        await ann.connect()
        assert here.server.ledger.dials("ann") == 3
        assert here.server.ledger.count(What.REFUSED, "ann") == 1


async def test_another_clients_refused_dial_does_not_end_the_refusal(world):
    async with world() as here:
        here.server.inflict(Fault.REFUSED_DIAL, "ann")
        bob, ann = await here.newcomer("bob"), await here.newcomer("ann")
        await here.sleep(1)
        for _ in range(2):
            with pytest.raises(DialFailed):
                await bob.dial()
        assert here.server.ledger.faults(Fault.REFUSED_DIAL) == 0
        with pytest.raises(DialFailed):
            await ann.dial()
        with anyio.fail_after(10):
            await here.server.happened(Fault.REFUSED_DIAL, client_id="ann")


async def test_a_good_token_is_rejected_once(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.TOKEN_REJECTED, "ann")
        assert (await ann.ended()).code == 1012
        with pytest.raises(DialFailed) as failed:
            await ann.dial()
        assert (failed.value.cause, failed.value.status) == ("rejected", 401)
        ann.refresh()
        await ann.connect()
        rejected = [each for each in here.server.ledger.entries if each.what is What.REJECTED]
        assert [(each.client_id, each.code, each.generation) for each in rejected] == [("ann", 401, 1)]


async def test_a_revoked_token_is_told_and_refused_and_a_later_one_is_good(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.TOKEN_REVOKED, "ann")
        assert (await ann.expect(ErrorMessage)).error_code == "TOKEN_REVOKED"
        with pytest.raises(DialFailed) as failed:
            await ann.dial()
        assert failed.value.status == 401
        ann.refresh()
        await ann.connect()


async def test_a_restart_closes_everyone_shuts_the_port_and_keeps_the_document(world):
    async with world(restart_seconds=20.0) as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        message_id = await ann.edit(Insert(0, "kept"), base_version=0)
        await ann.expect(OperationAck)
        here.server.inflict(Fault.SERVER_RESTART, "ann")
        assert (await ann.ended()).code == 1012
        assert (await bob.ended()).code == 1012
        with pytest.raises(DialFailed) as failed:
            await bob.dial()
        assert failed.value.cause == "refused"
        await here.sleep(21)
        assert (await bob.connect()).document_version == 1
        assert (await bob.sync(0)).document.text.content == "kept"
        await ann.connect()
        await ann.edit(Insert(0, "kept"), base_version=0, message_id=message_id)
        assert (await ann.expect(OperationAck)).server_version == 1
        assert here.server.document.text.content == "kept"


async def test_faults_that_shut_the_port_take_turns(world):
    async with world(restart_seconds=1.0) as here:
        ann = await here.newcomer("ann")
        for _ in range(3):
            here.server.inflict(Fault.SERVER_RESTART, "ann")
        with anyio.fail_after(10):
            await here.server.happened(Fault.SERVER_RESTART, 3)
        await here.sleep(2)
        doors = [each.what for each in here.server.ledger.entries if each.what in {What.SHUT, What.OPENED}]
        assert doors == [What.SHUT, What.OPENED] * 3
        await ann.connect()


@pytest.mark.parametrize("code", [1000, 1002, 1005, 1006, 1008, 1011, 3000, 4002, 4003, 4004, 4999])
async def test_a_close_that_is_arranged_meets_every_dial_until_lifted(world, code):
    async with world() as here:
        here.server.answer_dials("ann", CloseWith(code))
        ann = await here.newcomer("ann")
        for _ in range(2):
            await ann.dial()
            assert (await ann.ended()).code == code
        here.server.answer_dials("ann", None)
        await ann.connect()


@pytest.mark.parametrize("code", [999, 1004, 1015, 2000, 5000])
async def test_a_close_code_that_no_frame_may_carry_is_refused_when_it_is_arranged(world, code):
    with pytest.raises(ValueError, match=str(code)):
        CloseWith(code)


@pytest.mark.parametrize(("status", "retry_after_seconds"), [(403, None), (429, 7.0), (503, 3.0), (500, None)])
async def test_a_status_that_is_arranged_meets_every_handshake_until_lifted(world, status, retry_after_seconds):
    async with world() as here:
        here.server.answer_dials("ann", HttpStatus(status, retry_after_seconds))
        ann = await here.newcomer("ann")
        for _ in range(2):
            with pytest.raises(DialFailed) as failed:
                await ann.dial()
            assert (failed.value.status, failed.value.retry_after_seconds) == (status, retry_after_seconds)
        here.server.answer_dials("ann", None)
        await ann.connect()


async def test_a_fault_needs_a_server_that_runs(world):
    async with world() as here:
        server = here.server
    with pytest.raises(RuntimeError, match="async with"):
        server.inflict(Fault.CLOSED_1001, "ann")
