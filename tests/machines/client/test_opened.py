"""Documents beside the URL's: opened and closed over the one connection, and every operation of each ends once."""

import anyio
import pytest

from machines.auth_refresh import PromptLogin
from machines.client import Client, LoginRequired, NotReady
from machines.demo.faults import CloseWith, Fault
from machines.demo.ledger import What
from machines.document import OperationEnded, Outcome, ViewChanged
from machines.policy.routed import ErrorReported
from machines.replica import Replica
from machines.saving import restore_outbox, save_outbox
from machines.status import Status
from machines.wire.operations import Insert
from statekit.run.receipts import Policy
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)

OTHERS = {"notes": "abc", "plan": ""}


async def test_a_document_is_opened_edited_and_closed_over_the_one_connection(world):
    async with world(content="x", others=OTHERS) as here, here.connected(policy=Policy.RAISE) as client:
        notes = client.open("notes")
        await notes.ready()
        assert (notes.document_id, notes.document.content, client.document.content) == ("notes", "abc", "x")
        ended = await notes.submit(Insert(3, "d"))
        assert (ended.outcome, ended.document_id, ended.sequence) == (Outcome.ACKNOWLEDGED, "notes", 1)
        assert (await client.submit(Insert(1, "y"))).document_id == ""
        assert [each.text.content for each in here.server.documents.values()] == ["xy", "abcd", ""]
        await notes.close()
        assert (notes.closed, notes.document.content) == (True, "abcd")
        assert here.server.ledger.dials("ann") == 1
        assert here.server.consistent()


async def test_it_is_given_again_while_it_is_open_and_anew_after_it_was_closed(world):
    async with world(others=OTHERS) as here, here.connected() as client:
        notes = client.open("notes")
        assert client.open("notes") is notes
        await notes.submit(Insert(0, "1"))
        await notes.close()
        again = client.open("notes")
        assert again is not notes
        assert (await again.submit(Insert(0, "2"))).sequence == 1
        assert here.server.documents["notes"].text.content == again.document.content
        assert here.server.ledger.count(What.APPLIED) == 2, "a second operation of the first name would be taken for it"


async def test_what_is_offered_before_it_is_here_follows_it(world):
    async with world(latency_seconds=0.5, others=OTHERS) as here, here.client() as client:
        receipt = client.open("notes").offer(Insert(0, "me "))
        assert (await receipt.outcome()).outcome is Outcome.ACKNOWLEDGED
        assert here.server.documents["notes"].text.content in ("me abc", "abcme ")


async def test_the_documents_are_told_apart_in_what_is_awaited(world):
    async with world(latency_seconds=1.0, others=OTHERS) as here, here.connected() as client:
        await client.ready()
        client.open("notes")
        await anyio.sleep(0.5)
        awaited = {each.member: each.state for each in client.explain() if each.member.startswith("conflict")}
        assert awaited == {"conflict_recovery[]": "SYNCED", "conflict_recovery[notes]": "RESOLVING"}


async def test_its_news_bears_its_name(world, watching):
    async with world(others=OTHERS) as here, here.connected() as ann, here.connected("ben") as ben:
        for client in (ann, ben):
            await client.open("notes").ready()
        async with watching(ann) as heard:
            await ben.open("notes").submit(Insert(0, "b"))
            assert (await heard.first(ViewChanged)).document_id == "notes"
            await ben.submit(Insert(0, "b"))
            await heard.first(ViewChanged, lambda each: each.document_id == "")
        assert (ann.document.content, ann.open("notes").document.content) == ("b", "babc")


async def test_who_has_closed_it_hears_no_more_of_it(world, watching):
    async with world(others=OTHERS) as here, here.connected() as ann, here.connected("ben") as ben:
        notes = ann.open("notes")
        await notes.ready()
        await notes.close()
        async with watching(ann) as heard:
            await ben.open("notes").submit(Insert(0, "b"))
            await ben.submit(Insert(0, "b"))
            await heard.first(ViewChanged)
            assert [each.document_id for each in heard.of(ViewChanged)] == [""]


async def test_closing_it_gives_back_what_the_server_does_not_have(world, watching):
    kept = []
    async with world(latency_seconds=1.0, others=OTHERS) as here, here.connected(keep=kept.append) as client:
        notes = client.open("notes")
        await notes.ready()
        async with watching(client) as heard:
            receipts = [notes.offer(Insert(0, "a")), notes.offer(Insert(1, "b")), client.offer(Insert(0, "mine"))]
            await notes.close()
            assert [(await each.outcome()).outcome for each in receipts[:2]] == [Outcome.EXPORTED] * 2
            assert (await receipts[2].outcome()).outcome is Outcome.ACKNOWLEDGED
            assert [each.reason for each in heard.of(OperationEnded)][:2] == ["closed", "closed"]
        assert [(each.document_id, each.sequence) for each in client.exported] == [("notes", 1), ("notes", 2)]
        assert [(each.document_id, len(each.parts)) for each in kept] == [("notes", 2)]
        with pytest.raises(RuntimeError, match="closed"):
            notes.offer(Insert(0, "a"))


async def test_one_that_is_opened_again_before_its_close_arrived_is_another(world):
    async with world(latency_seconds=1.0, others=OTHERS) as here, here.connected() as client:
        first = client.open("notes")
        await first.ready()
        left = first.offer(Insert(0, "1"))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.close)
            while not first.closed:
                await anyio.lowlevel.checkpoint()
            second = client.open("notes")
            came = second.offer(Insert(0, "2"))
        assert (await left.outcome()).outcome is Outcome.EXPORTED
        assert (await came.outcome()).outcome is Outcome.ACKNOWLEDGED
        await anyio.sleep(5)
        assert second.document == here.server.documents["notes"].text


async def test_a_lost_connection_brings_every_operation_of_both_once(world):
    async with world(latency_seconds=0.2, others=OTHERS) as here, here.connected() as client:
        documents = (client, client.open("notes"))
        for each in documents:
            await each.ready()
        receipts = [each.offer(Insert(0, letter)) for letter in "xyz" for each in documents]
        for fault in (Fault.LOST_ACK, Fault.RESET_1006):
            here.server.inflict(fault, "ann")
            await anyio.sleep(0.3)
        assert [(await each.outcome()).outcome for each in receipts] == [Outcome.ACKNOWLEDGED] * 6
        assert here.server.ledger.dials("ann") == 2
        assert here.server.consistent()
        assert client.document == here.server.document.text
        assert client.open("notes").document == here.server.documents["notes"].text


async def test_one_that_does_not_exist_does_not_arrive_and_leaves_the_other_alone(world, watching):
    async with world(others=OTHERS) as here, here.connected() as client, watching(client) as heard:
        nowhere = client.open("nowhere")
        with pytest.raises(NotReady) as raised:
            await nowhere.ready()
        assert raised.value.reason == "not_found"
        assert (await heard.first(ErrorReported)).document_id == "nowhere"
        assert (await client.submit(Insert(0, "a"))).outcome is Outcome.ACKNOWLEDGED
        await nowhere.close()
        assert client.status.status is Status.CONNECTED


async def test_one_of_a_connection_that_has_failed_does_not_arrive(world):
    async with world(others=OTHERS) as here:
        here.server.answer_dials("ann", CloseWith(4004))
        async with here.client() as client:
            with pytest.raises(NotReady) as raised:
                await client.open("notes").ready()
            assert raised.value.reason == "kicked"


async def test_leaving_gives_back_what_was_not_sent_of_each(world):
    kept = []
    async with world(others=OTHERS) as here:
        here.front.network.listening = False
        async with here.client(keep=kept.append, policy=Policy.RAISE) as client:
            receipts = [client.offer(Insert(0, "a")), client.open("notes").offer(Insert(0, "b"))]
            await client.open("plan").close()
        assert [(await each.outcome()).document_id for each in receipts] == ["", "notes"]
        assert [(each.document_id, each.outcome) for each in client.exported] == [
            ("", Outcome.EXPORTED), ("notes", Outcome.EXPORTED),
        ]  # fmt: skip
        assert sorted(each.document_id for each in kept if each.parts) == ["", "notes"]


async def test_a_later_client_takes_the_outboxes_of_all_on(world):
    """The first program dies with an operation of each sent and not acknowledged, and one of each not yet sent."""
    kept = {}
    async with world(latency_seconds=0.5, others=OTHERS) as here:
        async with here.connected(keep=lambda replica: kept.update({replica.document_id: replica})) as client:
            documents = (client, client.open("notes"))
            for each in documents:
                await each.ready()
            for each in documents:
                each.offer(Insert(0, "1"))
            await anyio.sleep(0.6)
            assert here.server.ledger.count(What.APPLIED) == 2, "and their acknowledgements are on the way"
            for each in documents:
                each.offer(Insert(0, "2"))
        outboxes = [restore_outbox(save_outbox(each)) for each in kept.values()]
        assert [len(each.parts) for each in outboxes] == [2, 2]
        async with here.client(outbox=outboxes) as later:
            notes = later.open("notes")
            assert (later.document.content, notes.document.content) == ("21", "21abc")
            assert (await later.submit(Insert(0, "3"))).sequence == 3
            assert (await notes.submit(Insert(0, "3"))).sequence == 3
            assert (later.document, notes.document) == tuple(here.server.documents[name].text for name in ("", "notes"))
            assert (later.document.content, notes.document.content) == ("321", "321abc")
        assert here.server.consistent()


async def test_all_are_kept_before_a_login_is_asked_for(world, watching):
    kept = []
    async with world(others=OTHERS) as here:
        refresh = here.refresh(script=[LoginRequired()])
        async with here.client(token=refresh, keep=kept.append) as client, watching(client) as heard:
            client.open("notes").offer(Insert(0, "mine"))
            await heard.first(PromptLogin)
            assert [(each.document_id, len(each.parts)) for each in kept] == [("", 0), ("notes", 1)]


@pytest.mark.parametrize("name", ["", "\ud800", "shared"])
async def test_a_name_that_is_none_or_the_url_s_own_is_refused(world, name):
    async with world() as here, here.client() as client:
        with pytest.raises(ValueError, match=r"document"):
            client.open(name)


async def test_nothing_is_opened_by_a_client_that_was_not_entered(world):
    async with world() as here:
        with pytest.raises(RuntimeError, match="not entered"):
            here.client().open("notes")


@pytest.mark.parametrize(
    ("outboxes", "problem"),
    [
        ((Replica("ann"), Replica("ben", document_id="notes", opening="1")), "one client"),
        ((Replica("ann"), Replica("ann")), "each document"),
    ],
)
async def test_outboxes_that_one_client_cannot_have_left_are_refused(outboxes, problem):
    with pytest.raises(ValueError, match=problem):
        Client("ws://memory/v1/ws/documents/shared", token=LoginRequired, outbox=outboxes)
