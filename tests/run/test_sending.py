"""What is sent is answered in its turn, and a receipt tells how, in virtual time on both backends."""

import anyio
import pytest

from statekit import Rejected, Taken
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from tests.run.line_and_notes import (
    LINE,
    NOTES,
    Close,
    Connect,
    Line,
    Noted,
    Nudge,
    Opened,
    Upset,
    make,
    opens_and_stays,
    seen,
    state,
)
from tests.run.running import running

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_send_never_runs_a_step_in_the_caller():
    async with running(make()) as driver:
        receipt = driver.send(LINE, Connect())
        assert state(driver) is Line.IDLE
        assert receipt.verdict_now is None
        verdict = await receipt
        assert isinstance(verdict, Taken)
        assert receipt.verdict_now is verdict
        assert state(driver) is Line.DIALING
        assert await receipt is verdict


async def test_a_receipt_is_kept_once_the_step_has_committed_and_before_its_orders():
    receipts = []

    async def dial(effect, reply):
        receipts.append(receipts[0].verdict_now)

    async with running(make(dial)) as driver:
        receipts.append(driver.send(LINE, Connect()))
        await anyio.wait_all_tasks_blocked()
    assert isinstance(receipts[1], Taken)


async def test_what_is_sent_before_the_run_arrives_when_it_begins():
    records = []
    driver = make(observe=records.append)
    receipt = driver.send(LINE, Nudge())
    await anyio.sleep(4)
    assert receipt.verdict_now is None
    async with running(driver):
        await receipt
    assert [record.stimulus.at_seconds for record in records] == [4.0]


async def test_a_cancelled_waiter_drops_its_own_wait_and_nothing_else():
    driver, verdicts = make(), []
    receipt = driver.send(LINE, Connect())

    async def wait():
        verdicts.append(await receipt)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        with anyio.move_on_after(1) as scope:
            await receipt
        assert scope.cancelled_caught
        async with running(driver):
            await receipt
    assert verdicts == [receipt.verdict_now]
    assert isinstance(receipt.verdict_now, Taken)


async def test_events_are_answered_in_the_order_of_their_sending():
    async with running(make()) as driver:
        for number in range(600):
            driver.send(NOTES, Noted(str(number)))
        await driver.send(NOTES, Noted("last"))
        assert [each.what for each in seen(driver, NOTES)] == [*map(str, range(600)), "last"]


async def test_sends_from_performers_and_observers_come_after_the_step_that_led_to_them():
    records = []

    def observe(record):
        if isinstance(record.stimulus.event, Opened):
            driver.send(NOTES, Noted("by the observer"))
        records.append((type(record.stimulus.event).__name__, len(seen(driver, NOTES))))

    def greet(effect, reply):
        driver.send(NOTES, Noted("by the performer"))
        reply(Close())
        records.append(("greeted", len(seen(driver, NOTES))))

    driver = make(opens_and_stays, greet=greet, observe=observe)
    async with running(driver):
        await driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
    assert records == [("Connect", 0), ("Opened", 0), ("greeted", 0), ("Noted", 1), ("Noted", 2), ("Close", 2)]
    assert [each.what for each in seen(driver, NOTES)] == ["by the observer", "by the performer"]
    assert state(driver) is Line.IDLE


async def test_who_keeps_a_receipt_may_wait_for_it_late():
    async with running(make()) as driver:
        receipt = driver.send(LINE, Upset())
        await anyio.sleep(5)
        with pytest.raises(Rejected):
            await receipt
