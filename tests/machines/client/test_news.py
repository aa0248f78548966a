"""What an application hears: the status, the document's changes, its operations, errors; and what it may ask."""

import anyio
import pytest

from machines.client import Lagged, StatusChanged, news
from machines.demo.faults import FINAL, UNKNOWN_EVENT_FRAME, CloseWith, Fault
from machines.demo.ledger import What
from machines.document import OperationEnded, Outcome, ViewChanged
from machines.policy.routed import ErrorReported, MessagePassed
from machines.status import Status, StatusNow
from machines.wire.messages import Passed
from machines.wire.operations import Delete, Format, Insert
from machines.wire.text import apply
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.verdicts import Ignored, Taken

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)

OFFLINE, CONNECTING, CONNECTED = StatusNow(Status.OFFLINE), StatusNow(Status.CONNECTING), StatusNow(Status.CONNECTED)


async def test_the_status_is_told_at_every_change_and_only_then(world, watching, until):
    async with world() as here:
        client = here.client()
        assert client.status == StatusNow(Status.OFFLINE, "initial")
        async with client, watching(client) as heard:
            await until(client, Status.CONNECTED)
            here.server.inflict(Fault.CLOSED_1001, client.client_id)
            await until(client, Status.RECONNECTING)
            await until(client, Status.CONNECTED)
            await client.disconnect()
            await heard.first(StatusChanged, lambda each: each.now.reason == "user")
            told = [each.now for each in heard.of(StatusChanged)]
        assert told == [
            CONNECTING,
            CONNECTED,
            StatusNow(Status.RECONNECTING),
            CONNECTING,
            CONNECTED,
            StatusNow(Status.OFFLINE),
            StatusNow(Status.OFFLINE, "user"),
        ]


async def test_remote_changes_applied_to_the_old_document_give_the_new_one(world, watching):
    edits = (
        Insert(0, "bob "),
        (Delete(0, 2), Insert(3, "!")),
        Format(1, 3, {"bold": True}),
        Delete(0, 5),
        Insert(2, "the end"),
    )
    async with world(content="some text") as here, here.connected() as ann, here.connected("bob") as bob:
        await anyio.sleep(1)
        mirror = ann.document
        async with watching(ann) as heard:
            for edit in edits:
                await bob.submit(edit)
            await anyio.sleep(1)
        changes = heard.of(ViewChanged)
        assert len(changes) == len(edits)
        for change in changes:
            mirror = apply(mirror, change.edit)
        assert mirror == ann.document == bob.document == here.server.document.text
        assert [each.version for each in changes] == [1, 2, 3, 4, 5]


class Mirror:
    """An editor's widget: it shows what the user types at once, and lays what the news says over that."""

    def __init__(self, client):
        self.client = client
        self.text = client.document

    def type(self, edit):
        receipt = self.client.offer(edit)
        self.text = apply(self.text, edit if isinstance(edit, tuple) else (edit,))
        return receipt

    async def follow(self, listener):
        async for each in listener:
            if isinstance(each, ViewChanged):
                self.text = apply(self.text, each.edit)


@pytest.mark.parametrize("fault", [None, *(each for each in Fault if each not in FINAL)])
async def test_a_mirror_kept_by_the_news_alone_shows_the_document_through_every_fault(world, fault):
    async with (
        world(content="0123456789", latency_seconds=0.3) as here,
        here.connected() as ann,
        here.connected("bob") as bob,
        anyio.create_task_group() as tasks,
    ):
        await anyio.sleep(5)
        mirror = Mirror(ann)
        tasks.start_soon(mirror.follow, aiter(ann))
        if fault:
            here.server.inflict(fault, "ann")
        receipts = []
        for each in range(6):
            receipts += [mirror.type(Insert(len(mirror.text) // 2, "A")), bob.offer(Insert(each, "B"))]
            await anyio.sleep(0.4)
            assert mirror.text == ann.document
            receipts += [mirror.type(Delete(each, 1)), bob.offer(Delete(len(bob.document) - 1, 1))]
            await anyio.sleep(0.25)
        with anyio.fail_after(1000):
            if fault:
                await here.server.happened(fault)
            for receipt in receipts:
                assert (await receipt.outcome()).outcome is Outcome.ACKNOWLEDGED
        await anyio.sleep(100)  # whoever is still away comes back and hears of the last edits
        assert mirror.text == ann.document == bob.document == here.server.document.text
        tasks.cancel_scope.cancel()


async def test_the_document_that_was_there_before_arrives_as_one_change(world, watching):
    async with world(content="already here") as here, here.client() as client, watching(client) as heard:
        before = client.document
        change = await heard.first(ViewChanged)
        assert apply(before, change.edit) == client.document
        assert client.document.content == "already here"


async def test_own_operations_change_no_view_but_tell_how_they_ended(world, watching):
    async with world() as here, here.connected() as client, watching(client) as heard:
        await anyio.sleep(1)
        ended = await client.submit(Insert(0, "mine"))
        assert await heard.first(OperationEnded) == ended
        assert not [each for each in heard.of(ViewChanged) if each.edit]


async def test_errors_of_the_server_and_unknown_messages_are_passed_on(world, watching):
    error = (
        '{"type":"system","event":"error","data":'
        '{"error_code":"SOMETHING_NEW","message":"words","recoverable":true,"timestamp":"t"}}'
    )
    async with world() as here, here.connected() as client, watching(client) as heard:
        assert here.server.utter(client.client_id, error)
        assert here.server.utter(client.client_id, UNKNOWN_EVENT_FRAME)
        assert await heard.first(ErrorReported) == ErrorReported("SOMETHING_NEW", recoverable=True)
        passed = await heard.first(MessagePassed)
        assert passed.message == Passed("system", "coffee_ready", passed.message.data)
        assert dict(passed.message.data) == {"cups": 3}
        assert client.status == CONNECTED


async def test_defect_3_every_listener_hears_everything_from_its_own_beginning(world):
    async with world() as here:
        async with here.connected() as client:
            await anyio.sleep(1)
            early = aiter(client)
            await client.submit(Insert(0, "a"))
            late = aiter(client)
            await client.submit(Insert(0, "b"))
        sequences = [[each.sequence async for each in ear if isinstance(each, OperationEnded)] for ear in (early, late)]
        assert sequences == [[1, 2], [2]]


async def test_the_news_ends_when_the_client_closes_and_stays_ended(world):
    async with world() as here:
        async with here.connected() as client:
            listener = aiter(client)
        with anyio.fail_after(1):
            heard = [each async for each in listener]
            assert heard[-1] == StatusChanged(StatusNow(Status.OFFLINE, "user"))
            assert [each async for each in listener] == []
            assert [each async for each in client] == [], "who listens after the end is not kept waiting"


async def test_who_lags_hears_what_was_kept_and_then_that_there_was_more(world, monkeypatch):
    monkeypatch.setattr(news, "BACKLOG_MAX", 3)
    async with world() as here, here.connected() as client:
        await anyio.sleep(1)
        slow = aiter(client)
        receipts = [client.offer(Insert(0, each)) for each in "abcde"]
        for receipt in receipts:
            await receipt.outcome()
        heard = [await anext(slow) for _ in range(3)]
        with pytest.raises(Lagged, match="listen anew") as lagged:
            await anext(slow)
        assert lagged.value.backlog == 3
        assert [each.sequence for each in heard] == [1, 2, 3]
        anew = aiter(client)
        ended = await client.submit(Insert(0, "f"))
        assert await anext(anew) == ended
        assert here.text == client.document.content


async def test_a_listener_thrown_away_keeps_nothing(world):
    async with world() as here, here.connected() as client:
        async for each in client:
            if isinstance(each, StatusChanged | ViewChanged):
                break
        await client.submit(Insert(0, "a"))
        assert here.text == "a"


async def test_login_logout_disconnect_connect_and_reconnect_now_do_what_they_say(world, until):
    async with world() as here, here.connected() as client:
        dials = here.server.ledger.dials
        assert isinstance(await client.reconnect_now(), Ignored), "nothing waits"
        assert isinstance(await client.connect(), Ignored), "a connection is wanted already"

        await client.disconnect()
        await until(client, Status.OFFLINE, "user")
        await anyio.sleep(1000)
        assert dials() == 1
        kept = client.offer(Insert(0, "kept"))
        await client.connect()
        assert (await kept.outcome()).outcome is Outcome.ACKNOWLEDGED

        await client.logout()
        here.server.inflict(Fault.RESET_1006, client.client_id)
        await until(client, Status.WAITING, "reauth")
        await anyio.sleep(1000)
        assert dials() == 2
        issued = here.server.tokens.issue("user-ann", 900.0)
        await client.login(issued.token, issued.expires_in_seconds)
        await until(client, Status.CONNECTED, within_seconds=1)
        admitted = [each.generation for each in here.server.ledger.entries if each.what is What.ADMITTED]
        assert admitted[-1] == issued.generation

        here.server.answer_dials(client.client_id, CloseWith(1013))
        here.server.inflict(Fault.RESET_1006, client.client_id)
        await anyio.sleep(10)
        assert "after suspended_delay" in {each.what for each in client.explain()}
        here.server.answer_dials(client.client_id, None)
        assert isinstance(await client.reconnect_now(), Taken)
        await until(client, Status.CONNECTED, within_seconds=1)


async def test_explain_names_what_is_awaited_and_for_how_long(world, until):
    async with world() as here:
        here.front.network.listening = False
        async with here.client() as client:
            await until(client, Status.RECONNECTING)
            lines = {(each.member, each.what): each for each in client.explain()}
            backoff = lines["connection", "after backoff_delay"]
            assert backoff.state == "BACKING_OFF"
            assert 0 < backoff.due_in_seconds <= 0.55  # half of the way from 0.1 s to 1 s
            assert lines["connection", "giving_up"].due_in_seconds == pytest.approx(86_400, abs=1)
            assert lines["auth_refresh", "refresh_due"].due_in_seconds == pytest.approx(900 * 0.8, abs=1)
            assert lines["auth_refresh", "expiry"].due_in_seconds == pytest.approx(900, abs=1)
            assert lines["conflict_recovery[]", ""].waits_for == "connection"
            assert "awaits after backoff_delay in 0." in str(backoff)
            await anyio.sleep(0.2)
            later = {(each.member, each.what): each for each in client.explain()}["connection", "after backoff_delay"]
            assert later.due_in_seconds == pytest.approx(backoff.due_in_seconds - 0.2)


async def test_everything_that_waits_is_in_explain_with_a_time_or_with_its_owner(world):
    async with world(latency_seconds=0.5) as here:
        found = []

        def note(_):
            found.extend(client.explain())

        client = here.client(observe=note)
        async with client:
            await client.submit(Insert(0, "a"))
            for fault in (Fault.CLOSED_1013, Fault.SILENT_PEER, Fault.TOKEN_EXPIRED, Fault.LOST_ACK):
                here.server.inflict(fault, client.client_id)
                client.offer(Insert(0, "b"))
                with anyio.fail_after(1000):
                    await here.server.happened(fault)
            await anyio.sleep(100)
        answering = {"Dial", "RefreshToken"}
        named = {each.what for each in found if each.what}
        assert {
            "ack_overdue",
            "after sync_seconds",
            "after suspended_delay",
            "after pong_seconds",
        } | answering <= named
        for each in found:
            assert each.due_in_seconds is not None or each.what in answering or (not each.what and each.waits_for), each
