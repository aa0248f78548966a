"""Every fault really happens, as a client sees it that speaks the wire by hand: in memory, and on real sockets."""

import anyio
import pytest

from machines.demo.faults import (
    GARBAGE_FRAME,
    UNKNOWN_EVENT_FRAME,
    WRONG_SHAPE_FRAME,
    CloseWith,
    Fault,
    HttpStatus,
)
from machines.demo.ledger import What
from machines.wire.codec import FrameInvalid
from machines.wire.messages import (
    ConnectionAck,
    ErrorMessage,
    OperationAck,
    OperationBroadcast,
    Passed,
    Ping,
    Pong,
)
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


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (Fault.CLOSED_1013, 1013, "retry_after=2"),
        (Fault.CLOSED_1001, 1001, "going away"),
        (Fault.RESET_1006, 1006, ""),
    ],
)
async def test_a_connected_client_is_closed_at_once(world, fault, code, reason):
    async with world() as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        here.server.inflict(fault, "ann")
        closed = await ann.ended()
        assert (closed.code, closed.reason) == (code, reason)
        assert here.server.ledger.faults(fault, "ann") == 1
        await bob.say(Ping(1))
        await bob.expect(Pong)


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


@pytest.mark.parametrize(
    ("fault", "code", "retry_after"),
    [
        (Fault.RATE_LIMITED, "RATE_LIMIT_EXCEEDED", 500),
        (Fault.DOCUMENT_LOCKED, "DOCUMENT_LOCKED", 2000),
    ],
)
async def test_an_edit_is_put_off_and_taken_when_it_comes_again(world, fault, code, retry_after):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(fault, "ann")
        message_id = await ann.edit(Insert(0, "x"), base_version=0)
        error = await ann.expect(ErrorMessage)
        assert (error.error_code, error.recoverable) == (code, True)
        assert (error.details["message_id"], error.details["retry_after"]) == (message_id, retry_after)
        assert here.server.document.version == 0
        await ann.edit(Insert(0, "x"), base_version=0, message_id=message_id)
        assert (await ann.expect(OperationAck)).message_id == message_id
        assert here.server.ledger.faults(fault, "ann") == 1


async def test_who_is_kicked_has_its_acknowledgement_first(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.KICKED, "ann")
        await ann.edit(Insert(0, "x"), base_version=0)
        await ann.expect(OperationAck)
        assert (await ann.ended()).code == 4004
        await ann.connect()


async def test_maintenance_is_announced_before_the_close(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.MAINTENANCE, "ann")
        error = await ann.expect(ErrorMessage)
        assert (error.error_code, error.details["retry_after"]) == ("MAINTENANCE_MODE", 3000)
        assert (await ann.ended()).code == 1001


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


async def test_a_storm_is_eleven_errors_about_operations_that_nobody_made(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.ERROR_STORM, "ann")
        names = {(await ann.expect(ErrorMessage)).details["message_id"] for _ in range(11)}
        assert len(names) == 11
        await ann.say(Ping(1))
        await ann.expect(Pong)


async def test_a_silent_peer_answers_nothing_until_the_client_gives_up(world):
    async with world() as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        here.server.inflict(Fault.SILENT_PEER, "ann")
        await ann.say(Ping(1))
        message_id = await ann.edit(Insert(0, "lost"), base_version=0)
        await bob.edit(Insert(0, "heard"), base_version=0)
        await bob.expect(OperationAck)
        with anyio.move_on_after(0.3) as patience:
            await ann.socket.receive()
        assert patience.cancelled_caught
        assert not here.server.connected("ann")
        assert here.server.ledger.faults(Fault.SILENT_PEER) == 0
        await ann.socket.aclose(4000, "no pong")
        with anyio.fail_after(10):
            await here.server.happened(Fault.SILENT_PEER)
        assert not here.server.document.knows("ann", message_id)
        assert (await ann.connect()).document_version == 1


async def test_a_silent_peer_is_silent_on_one_link_only(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.SILENT_PEER, "ann")
        given_up = ann.socket
        await ann.connect()  # before the server has heard that the first socket was given up
        await ann.say(Ping(7))
        assert (await ann.expect(Pong)).timestamp_ms == 7
        await given_up.aclose(4000, "no pong")
        with anyio.fail_after(10):
            await here.server.happened(Fault.SILENT_PEER)
        assert here.server.armed("ann") == ()


async def test_a_silent_peer_that_is_dropped_before_the_client_gave_up_is_silent_again(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.SILENT_PEER, "ann")
        here.server.inflict(Fault.SERVER_RESTART, "ann")
        assert (await ann.ended()).code == 1012
        assert here.server.ledger.faults(Fault.SILENT_PEER) == 0
        assert here.server.armed("ann") == (Fault.SILENT_PEER,)


async def test_an_expiry_by_fault_says_so_closes_4001_and_spoils_the_token(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.inflict(Fault.TOKEN_EXPIRED, "ann")
        error = await ann.expect(ErrorMessage)
        assert error.error_code == "TOKEN_EXPIRED"
        assert (await ann.ended()).code == 4001
        with pytest.raises(DialFailed) as failed:
            await ann.dial()
        assert failed.value.status == 401
        ann.refresh()
        await ann.connect()


async def test_one_edit_meets_a_version_conflict_and_the_same_message_passes_after_it(world):
    async with world() as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        await bob.edit(Insert(0, "bob"), base_version=0)
        await ann.expect(OperationBroadcast)
        here.server.inflict(Fault.VERSION_CONFLICT, "ann")
        message_id = await ann.edit(Insert(0, "ann"), base_version=0)
        error = await ann.expect(ErrorMessage)
        assert error.error_code == "VERSION_CONFLICT"
        assert dict(error.details) == {
            "message_id": message_id,
            "client_version": 0,
            "server_version": 1,
            "operations_behind": 1,
        }
        assert here.server.document.text.content == "bob"
        synced = await ann.sync(0)
        assert [each.message_id for each in synced.operations] == ["bob:1"]
        await ann.edit(Insert(0, "ann"), base_version=1, message_id=message_id)
        assert (await ann.expect(OperationAck)).server_version == 2
        assert here.server.document.text.content == "annbob"


async def test_a_lost_ack_is_an_edit_that_everybody_but_its_author_hears_of(world):
    async with world() as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        here.server.inflict(Fault.LOST_ACK, "ann")
        message_id = await ann.edit(Insert(0, "once"), base_version=0)
        assert (await bob.expect(OperationBroadcast)).message_id == message_id
        assert here.server.ledger.count(What.ACKED) == 0
        synced = await ann.sync(0)  # the very next message: no ack came before it
        assert [(each.client_id, each.message_id) for each in synced.operations] == [("ann", message_id)]
        await ann.edit(Insert(0, "once"), base_version=0, message_id=message_id)
        assert (await ann.expect(OperationAck)).server_version == 1
        assert here.server.document.text.content == "once"
        assert here.server.ledger.count(What.DUPLICATE, "ann") == 1
        assert here.server.consistent()


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


@pytest.mark.parametrize("frame", [GARBAGE_FRAME, WRONG_SHAPE_FRAME])
async def test_a_raw_frame_reaches_the_client_as_it_is(world, frame):
    async with world() as here:
        ann = await here.client("ann")
        assert here.server.utter("ann", frame)
        with pytest.raises(FrameInvalid):
            await ann.hear()
        assert not here.server.utter("bob", frame)


async def test_an_unknown_event_is_one_that_a_client_passes_on(world):
    async with world() as here:
        ann = await here.client("ann")
        here.server.utter("ann", UNKNOWN_EVENT_FRAME)
        assert (await ann.expect(Passed)).event == "coffee_ready"


async def test_a_fault_needs_a_server_that_runs(world):
    async with world() as here:
        server = here.server
    with pytest.raises(RuntimeError, match="async with"):
        server.inflict(Fault.CLOSED_1001, "ann")
