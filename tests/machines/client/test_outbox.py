"""What the server does not have yet outlives the program that made it, and arrives once all the same."""

import anyio
import pytest

from machines.auth_refresh import PromptLogin
from machines.client import AccessToken, LoginRequired
from machines.demo.faults import CloseWith, Fault
from machines.demo.ledger import What
from machines.document import OperationEnded, Outcome
from machines.saving import restore_outbox, save_outbox
from machines.status import Status
from machines.wire.operations import Insert
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


def numbers(replica):
    return [each.sequence for each in replica.parts]


async def test_what_is_pending_is_kept_before_a_login_is_asked_for(world, watching):
    """Seed defect 25: the redirect to the login discarded it."""
    kept = []
    async with world() as here:
        refresh = here.refresh(script=[LoginRequired()])
        async with here.client(token=refresh, keep=kept.append) as client, watching(client) as heard:
            receipt = client.offer(Insert(0, "mine"))
            heard_before = len(kept)
            await heard.first(PromptLogin)
            assert (heard_before, [numbers(each) for each in kept]) == (0, [[1]])
            await client.login(here.server.tokens.issue("user-ann", 900.0).token)
            assert (await receipt.outcome()).outcome is Outcome.ACKNOWLEDGED


async def test_a_later_client_takes_the_outbox_on_under_its_numbers(world, watching):
    """The first program dies with one operation sent and not acknowledged; the second finds it, and sends the rest."""
    kept = []
    async with world(latency_seconds=0.5) as here:
        async with here.connected(keep=kept.append) as client:
            await anyio.sleep(5)
            receipts = [client.offer(Insert(len(client.document), "a"))]
            await anyio.sleep(0.6)
            assert here.text == "a", "it is there, and its acknowledgement on the way"
            receipts.append(client.offer(Insert(1, "b")))
        assert [(await each.outcome()).outcome for each in receipts] == [Outcome.EXPORTED] * 2
        outbox = restore_outbox(save_outbox(kept[-1]))
        assert (outbox.client_id, numbers(outbox)) == ("ann", [1, 2])
        async with here.client(outbox=outbox) as later, watching(later) as heard:
            assert (later.client_id, later.document.content) == ("ann", "ab")
            ended = [await heard.first(OperationEnded, lambda each, at=at: each.sequence == at) for at in (1, 2)]
            assert [each.outcome for each in ended] == [Outcome.ACKNOWLEDGED] * 2
            assert here.text == later.document.content == "ab"
            assert (await later.submit(Insert(2, "c"))).sequence == 3
        assert here.server.ledger.count(What.APPLIED) == 3
        assert here.server.consistent()


async def test_what_is_given_back_when_a_session_fails_is_kept_as_it_was(world, until):
    kept = []
    async with world(latency_seconds=0.5) as here, here.connected(keep=kept.append) as client:
        await anyio.sleep(5)
        client.offer(Insert(0, "a"))
        here.server.answer_dials("ann", CloseWith(4004))
        here.server.inflict(Fault.RESET_1006, "ann")
        await until(client, Status.FAILED, "kicked")
        assert [numbers(each) for each in kept] == [[1]]


async def test_an_outbox_that_is_kept_by_nobody_ends_with_its_program(world):
    async with world() as here:
        here.front.network.listening = False
        async with here.client(token=forever) as client:
            client.offer(Insert(0, "a"))
        assert [each.outcome for each in client.exported] == [Outcome.EXPORTED]


async def forever() -> AccessToken:
    await anyio.sleep_forever()
    raise AssertionError
