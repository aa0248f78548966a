"""Faults of a client's edits and link, as it sees them that speaks the wire by hand: in memory, and on real sockets."""

import anyio
import pytest

from machines.demo.faults import GARBAGE_FRAME, UNKNOWN_EVENT_FRAME, WRONG_SHAPE_FRAME, Fault
from machines.demo.ledger import What
from machines.wire.codec import FrameInvalid
from machines.wire.messages import ErrorMessage, OperationAck, OperationBroadcast, Passed, Ping, Pong
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
