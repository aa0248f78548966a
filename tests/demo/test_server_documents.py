"""Documents at the server: edits are applied once, acked and told; a sync tells what came."""

import pytest

from machines.demo.ledger import What
from machines.wire.messages import (
    DocumentClose,
    ErrorMessage,
    OperationAck,
    OperationBroadcast,
    Ping,
    Pong,
    SyncRequest,
)
from machines.wire.operations import Delete, Insert
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

pytestmark = [
    pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS),
    pytest.mark.parametrize("front", ["memory"]),
]


async def test_an_edit_is_acked_to_its_author_and_told_to_the_others_as_it_was_applied(world):
    async with world(content="ab") as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        await bob.edit(Insert(0, "12"), base_version=0)
        assert (await bob.expect(OperationAck)).server_version == 1
        assert not (await ann.expect(OperationBroadcast)).transformed
        message_id = await ann.edit(Delete(1, 1), base_version=0)
        ack = await ann.expect(OperationAck)
        assert (ack.message_id, ack.server_version, ack.acknowledged) == (message_id, 2, True)
        told = await bob.expect(OperationBroadcast)
        assert told == OperationBroadcast((Delete(3, 1),), 2, "ann", message_id, transformed=True, original_position=1)


async def test_a_document_beside_the_url_s_is_opened_by_a_sync_and_told_to_those_alone_who_opened_it(world):
    async with world(content="ab", others={"notes": "xyz"}) as here:
        ann, bob, eve = [await here.client(name) for name in ("ann", "bob", "eve")]
        for each in (ann, bob):
            sync = await each.sync(0, "notes")
            assert (sync.document_id, sync.document.id, sync.document.text.content) == ("notes", "notes", "xyz")
        message_id = await bob.edit(Insert(0, "1"), base_version=0, document_id="notes")
        assert await bob.expect(OperationAck) == OperationAck(message_id, 1, document_id="notes")
        told = OperationBroadcast((Insert(0, "1"),), 1, "bob", message_id, document_id="notes")
        assert await ann.expect(OperationBroadcast) == told
        await bob.edit(Insert(0, "2"), base_version=0)
        for each in (ann, eve):
            assert (await each.expect(OperationBroadcast)).document_id == ""
        assert [each.text.content for each in here.server.documents.values()] == ["2ab", "1xyz"]
        assert here.server.consistent()


async def test_a_document_that_was_closed_is_told_of_no_more_until_it_is_opened_again(world):
    async with world(others={"notes": ""}) as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        await ann.sync(0, "notes")
        await ann.say(DocumentClose("notes"))
        await ann.say(Ping(1))
        await ann.expect(Pong)
        await bob.edit(Insert(0, "1"), base_version=0, document_id="notes")
        await bob.edit(Insert(0, "2"), base_version=0)
        assert (await ann.expect(OperationBroadcast)).document_id == ""
        assert (await ann.sync(0, "notes")).current_version == 1
        await bob.edit(Insert(0, "3"), base_version=1, document_id="notes")
        assert (await ann.expect(OperationBroadcast)).document_id == "notes"


async def test_what_goes_wrong_with_a_document_names_it(world):
    async with world(others={"notes": ""}) as here:
        ann = await here.client("ann")
        await ann.say(SyncRequest(0, message_id="sync", document_id="nowhere"))
        await ann.edit(Insert(0, "1"), base_version=0, document_id="nowhere")
        await ann.edit(Insert(9, "1"), base_version=0, document_id="notes")
        await ann.edit(Insert(0, "1"), base_version=9, document_id="notes")
        found = [await ann.expect(ErrorMessage) for _ in range(4)]
        assert [(each.error_code, each.document_id) for each in found] == [
            ("DOCUMENT_NOT_FOUND", "nowhere"),
            ("DOCUMENT_NOT_FOUND", "nowhere"),
            ("INVALID_OPERATION", "notes"),
            ("VERSION_CONFLICT", "notes"),
        ]


async def test_a_message_sent_twice_is_applied_once_and_acked_twice_with_one_version(world):
    async with world() as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        await ann.edit(Insert(0, "x"), base_version=0, message_id="ann:1")
        first = await ann.expect(OperationAck)
        await bob.edit(Insert(0, "y"), base_version=0)
        await ann.expect(OperationBroadcast)
        await ann.edit(Insert(0, "x"), base_version=0, message_id="ann:1")
        assert await ann.expect(OperationAck) == first
        assert here.server.document.text.content == "xy"
        assert here.server.ledger.duplicates_applied() == ()


async def test_a_message_sent_again_on_another_connection_is_still_the_same(world):
    async with world() as here:
        ann = await here.client("ann")
        await ann.edit(Insert(0, "x"), base_version=0, message_id="ann:1")
        await ann.socket.abort()
        await here.sleep(1)
        await ann.connect()
        await ann.edit(Insert(0, "x"), base_version=0, message_id="ann:1")
        assert (await ann.expect(OperationAck)).server_version == 1
        assert here.server.document.text.content == "x"


async def test_a_sync_echoes_its_message_and_tells_whose_operations_came(world):
    async with world(content="z") as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        await ann.edit(Insert(0, "x"), base_version=0)
        await ann.expect(OperationAck)
        await bob.expect(OperationBroadcast)
        synced = await bob.sync(0)
        assert synced.message_id == "sync"
        assert (synced.document.version, synced.document.text.content) == (1, "xz")
        assert [(each.client_id, each.message_id, each.version) for each in synced.operations] == [("ann", "ann:1", 1)]
        assert [dict(user)["client_id"] for user in synced.active_users] == ["ann", "bob"]
        assert (await bob.sync(1)).operations == ()


async def test_a_sync_from_too_far_back_has_the_document_and_no_operations(world):
    async with world(reach_operations=2) as here:
        ann = await here.client("ann")
        for version in range(3):
            await ann.edit(Insert(0, "x"), base_version=version)
            await ann.expect(OperationAck)
        synced = await ann.sync(0)
        assert (synced.document.version, synced.document.text.content, synced.operations) == (3, "xxx", ())
        assert len((await ann.sync(1)).operations) == 2


async def test_an_edit_from_too_far_back_is_a_version_conflict_with_its_message(world):
    async with world(reach_operations=1) as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        for version in range(2):
            await ann.edit(Insert(0, "x"), base_version=version)
        await bob.expect(OperationBroadcast)
        await bob.expect(OperationBroadcast)
        message_id = await bob.edit(Insert(0, "y"), base_version=0)
        error = await bob.expect(ErrorMessage)
        assert (error.error_code, error.recoverable) == ("VERSION_CONFLICT", True)
        assert dict(error.details) == {
            "message_id": message_id,
            "client_version": 0,
            "server_version": 2,
            "operations_behind": 2,
        }


async def test_an_edit_that_does_not_fit_is_an_invalid_operation_with_its_message(world):
    async with world(content="ab") as here:
        ann = await here.client("ann")
        message_id = await ann.edit(Delete(1, 2), base_version=0)
        error = await ann.expect(ErrorMessage)
        assert (error.error_code, error.recoverable) == ("INVALID_OPERATION", False)
        assert error.details["message_id"] == message_id
        await ann.say(Ping(1))
        await ann.expect(Pong)


async def test_an_edit_in_anothers_name_is_rejected(world):
    async with world() as here:
        ann = await here.client("ann")
        ann.client_id = "bob"
        await ann.edit(Insert(0, "x"), base_version=0)
        assert (await ann.expect(ErrorMessage)).error_code == "OPERATION_REJECTED"
        assert here.server.document.version == 0


async def test_an_audit_is_noted_with_its_result(world):
    async with world(content="ab") as here:
        assert here.server.audit("ann", "ab")
        assert not here.server.audit("bob", "abc")
        audits = [(each.client_id, each.note) for each in here.server.ledger.entries if each.what is What.AUDITED]
        assert audits == [("ann", "equal"), ("bob", "different")]


async def test_a_document_that_the_ledger_does_not_explain_is_inconsistent(world):
    async with world() as here:
        assert here.server.consistent()
        here.server.document.submit(0, (Insert(0, "behind the ledger's back"),), "ann", "ann:1")
        assert not here.server.consistent()
