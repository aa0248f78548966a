"""What an application is promised of its operations: each accepted one ends once, in order, whoever stops waiting."""

import anyio
import pytest

from machines.client import NotAccepted
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.conflict_recovery import Options as RecoveryOptions
from machines.connection import Disconnect
from machines.demo.faults import FINAL, CloseWith, Fault
from machines.demo.ledger import What
from machines.document import OperationEnded, Outcome
from machines.session import Options
from machines.status import Status
from machines.wire.messages import URL_DOCUMENT
from machines.wire.operations import Delete, Insert, Retain
from machines.wire.text import OperationInvalid
from statekit.run.errors import Stopped
from statekit.run.receipts import Policy
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.verdicts import Ignored, Taken

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_submit_returns_how_the_operation_ended(world):
    async with world() as here, here.connected() as client:
        ended = await client.submit(Insert(0, "hello"))
        assert (ended.outcome, ended.edit, ended.reason) == (Outcome.ACKNOWLEDGED, (Insert(0, "hello"),), "")
        assert here.text == client.document.content == "hello"


async def test_an_edit_of_several_operations_is_one_operation(world):
    async with world() as here, here.connected() as client:
        await client.submit((Insert(0, "hello"), Delete(0, 1), Insert(0, "J")))
        assert here.text == "Jello"
        assert here.server.document.version == 1


async def test_an_offer_tells_the_verdict_first_and_the_outcome_later(world):
    async with world(latency_seconds=1.0) as here, here.connected() as client:
        await anyio.sleep(5)
        receipt = client.offer(Insert(0, "a"))
        assert isinstance(await receipt.verdict(), Taken)
        assert receipt.outcome_now is None, "the server is a second away"
        before = anyio.current_time()
        ended = await receipt.outcome()
        assert anyio.current_time() - before == pytest.approx(2.0)
        assert receipt.outcome_now is ended
        assert await receipt.outcome() is ended, "it may be asked again"


async def test_an_operation_made_before_there_is_a_connection_arrives(world):
    async with world(content="world") as here, here.client() as client:
        assert client.status.status is not Status.CONNECTED
        assert (await client.submit(Insert(0, "hello "))).outcome is Outcome.ACKNOWLEDGED
        assert here.text == client.document.content
        assert "hello " in here.text


async def test_cancelling_a_submit_does_not_take_it_back(world):
    async with world(latency_seconds=1.0) as here, here.connected() as client:
        await anyio.sleep(5)
        with anyio.move_on_after(0.5) as waiting:
            await client.submit(Insert(0, "kept"))
        assert waiting.cancelled_caught
        assert client.document.content == "kept"
        await anyio.sleep(5)
        assert here.text == "kept"
        assert here.server.ledger.count(What.APPLIED) == 1


async def test_a_submit_that_is_cancelled_before_its_step_is_not_taken_back_either(world):
    async with world() as here, here.connected() as client:
        with anyio.CancelScope() as waiting:
            waiting.cancel()
            await client.submit(Insert(0, "kept"))
        await anyio.sleep(1)
        assert here.text == client.document.content == "kept"


@pytest.mark.parametrize(
    ("first", "second", "becomes"),
    [
        (Insert(2, "X"), Insert(2, "Y"), "abXYcd"),
        (Insert(0, "X"), Delete(3, 1), "Xabc"),
        (Delete(1, 2), Delete(2, 2), "a"),
        (Delete(0, 4), Insert(2, "Y"), "Y"),
        ((Insert(4, "X"), Delete(0, 1)), (Insert(4, "Y"), Delete(3, 1)), "bcXY"),
    ],
    ids=["same place", "before", "overlapping", "into what goes", "of several operations"],
)
async def test_two_offers_without_an_await_between_keep_their_order_and_mean_what_was_seen(
    world, first, second, becomes
):
    async with world(content="abcd") as here, here.connected() as client:
        await anyio.sleep(1)
        receipts = [client.offer(first), client.offer(second)]
        ended = [await each.outcome() for each in receipts]
        assert [each.outcome for each in ended] == [Outcome.ACKNOWLEDGED] * 2
        assert ended[0].sequence < ended[1].sequence
        assert here.text == client.document.content == becomes


async def test_an_edit_that_does_not_fit_raises_and_nothing_of_it_is_kept(world):
    async with world(content="abc") as here, here.connected() as client:
        await anyio.sleep(1)
        with pytest.raises(OperationInvalid) as raised:
            client.offer((Insert(3, "d"), Delete(4, 1)))
        assert (raised.value.index, raised.value.text_length) == (1, 4)
        with pytest.raises(OperationInvalid):
            await client.submit(Retain(4))
        assert client.document.content == "abc"
        await client.submit(Insert(3, "!"))
        assert here.text == "abc!"
        assert here.server.document.version == 1


async def test_a_full_queue_accepts_no_more_and_keeps_what_it_has(world):
    options = Options(conflict_recovery=RecoveryOptions(queue_max=2))
    async with world() as here, here.client(options=options) as client:
        receipts = [client.offer(Insert(0, each)) for each in "abc"]
        with pytest.raises(NotAccepted) as refused:
            await receipts[2].outcome()
        assert isinstance(refused.value.verdict, Ignored)
        assert "too many operations" in str(refused.value)
        assert isinstance(await receipts[2].verdict(), Ignored)
        assert receipts[2].outcome_now is None
        assert {(await each.outcome()).outcome for each in receipts[:2]} == {Outcome.ACKNOWLEDGED}
        assert here.text == client.document.content == "ab"


async def test_a_refused_operation_is_rolled_back_and_the_next_one_lands(world):
    async with world(latency_seconds=1.0) as here, here.connected() as client:
        await anyio.sleep(5)
        first = client.offer(Insert(0, "abc"))
        await first.verdict()
        second = client.offer(Insert(3, "def"))
        await second.verdict()
        error = (
            '{"type":"system","event":"error","data":{"error_code":"OPERATION_REJECTED","message":"no",'
            f'"recoverable":false,"timestamp":"t","details":{{"message_id":"{client.client_id}:1"}}}}}}'
        )
        assert here.server.utter(client.client_id, error)
        ended = await first.outcome()
        assert (ended.outcome, ended.reason) == (Outcome.REJECTED, "OPERATION_REJECTED")
        assert (await second.outcome()).outcome is Outcome.ACKNOWLEDGED


async def test_operations_survive_every_fault_and_end_once_each(world, watching):
    async with world(latency_seconds=0.05) as here, here.connected() as client, watching(client) as heard:
        receipts = []
        for place, fault in enumerate(each for each in Fault if each not in FINAL):
            receipts.append(client.offer(Insert(len(client.document), "x")))
            here.server.inflict(fault, client.client_id)
            receipts.append(client.offer(Insert(0, "y")))
            with anyio.fail_after(1000):
                await here.server.happened(fault)
                for each in receipts:
                    assert (await each.outcome()).outcome is Outcome.ACKNOWLEDGED, fault
            assert here.text == client.document.content
            assert len(here.text) == 2 * (place + 1)
        await anyio.sleep(1)
        assert sorted(each.sequence for each in heard.of(OperationEnded)) == list(range(1, len(receipts) + 1))
        assert here.server.consistent()


async def test_leaving_gives_back_what_was_not_sent_and_every_receipt_resolves(world):
    async with world() as here:
        here.front.network.listening = False
        async with here.client() as client:
            receipts = [client.offer(Insert(0, each)) for each in "ab"]
            await anyio.sleep(1)
        ended = [await each.outcome() for each in receipts]
        assert [(each.outcome, each.reason) for each in ended] == [(Outcome.EXPORTED, "closed")] * 2
        assert client.exported == ended
        assert client.document.content == "ab", "who still looks sees what there was"
        assert client.status.status is Status.OFFLINE


async def test_an_offer_in_the_same_breath_as_leaving_resolves_too(world):
    async with world() as here:
        async with here.connected() as client:
            receipt = client.offer(Insert(0, "late"))
        with anyio.fail_after(1):
            assert (await receipt.outcome()).outcome in (Outcome.ACKNOWLEDGED, Outcome.EXPORTED)
        assert len(client.exported) == (receipt.outcome_now.outcome is Outcome.EXPORTED)


async def test_a_client_that_is_closed_accepts_nothing(world):
    async with world() as here:
        async with here.connected() as client:
            pass
        receipt = client.offer(Insert(0, "too late"))
        with pytest.raises(Stopped):
            await receipt.outcome()
        assert client.exported == []


async def test_a_client_that_was_kicked_gives_everything_back_and_takes_nothing_until_it_may_connect_again(
    world, until
):
    async with world(latency_seconds=0.5) as here, here.connected() as client:
        await anyio.sleep(5)
        sent, kept = client.offer(Insert(0, "a")), client.offer(Insert(0, "b"))
        here.server.answer_dials(client.client_id, CloseWith(4004))
        here.server.inflict(Fault.RESET_1006, client.client_id)
        await until(client, Status.FAILED, "kicked")
        ended = [await sent.outcome(), await kept.outcome()]
        assert [each.outcome for each in ended] == [Outcome.EXPORTED] * 2
        assert {each.reason for each in ended} == {"kicked"}
        with pytest.raises(NotAccepted, match="no operations any more"):
            await client.submit(Insert(0, "c"))
        here.server.answer_dials(client.client_id, None)
        assert isinstance(await client.connect(), Taken)
        await until(client, Status.CONNECTED)
        await anyio.sleep(5)
        assert (await client.submit(Insert(0, "d"))).outcome is Outcome.ACKNOWLEDGED


async def test_a_session_that_an_error_stopped_still_ends_every_accepted_operation(world):
    def gives_up(record):
        if isinstance(record.stimulus.event, Disconnect):
            raise ZeroDivisionError

    receipts = []

    async def embed(here):
        async with here.client(observe=gives_up, policy=Policy.RAISE) as client:
            receipts.append(client.offer(Insert(0, "a")))
            await receipts[0].verdict()
            client.disconnect()
            await anyio.sleep(100)

    async with world() as here:
        here.front.network.listening = False
        with pytest.raises(ZeroDivisionError):
            await embed(here)
        with anyio.fail_after(1):
            ended = await receipts[0].outcome()
        assert (ended.outcome, ended.reason) == (Outcome.EXPORTED, "stopped")


async def test_an_outcome_that_came_in_the_step_that_stopped_the_session_is_told(world):
    def gives_up(record):
        if any(isinstance(each, OperationEnded) for each in record.transaction.published):
            raise ZeroDivisionError

    receipts = []

    async def embed(here):
        async with here.client(observe=gives_up, policy=Policy.RAISE) as client:
            receipts.append(client.offer(Insert(0, "a")))
            await anyio.sleep(100)

    async with world() as here:
        with pytest.raises(ZeroDivisionError):
            await embed(here)
        with anyio.fail_after(1):
            assert (await receipts[0].outcome()).outcome is Outcome.ACKNOWLEDGED
        assert here.text == "a"


async def test_the_driver_and_the_client_agree_on_what_is_pending(world):
    seen = []

    def note(record):
        seen.append(len(record.transaction.snapshot.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.parts))

    async with world(latency_seconds=0.1) as here, here.connected(observe=note) as client:
        await anyio.sleep(1)
        for each in [client.offer(Insert(0, "x")) for _ in range(20)]:
            await each.outcome()
        assert max(seen) == 20
        assert seen[-1] == 0
        assert here.text == client.document.content == "x" * 20
