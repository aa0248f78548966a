"""A cancelled run stops in order, at whichever turn, in virtual time on both backends."""

import anyio
import anyio.lowlevel
import pytest

from statekit.run import Stopped
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from tests.run.line_and_notes import LINE, NOTES, Connect, Frame, Noted, Opened, make

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_a_failure_while_the_run_is_being_cancelled_is_logged(caplog):
    async def opens_late(effect, reply):
        try:
            await anyio.sleep_forever()
        finally:
            reply(Opened())

    def breaks(effect, reply):
        raise OSError("secret")

    driver = make(opens_late, hangup=breaks)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(driver.run)
        await driver.send(LINE, Connect())
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert [record.getMessage() for record in caplog.records] == [
        "both: failed with DriverError while it was being cancelled"
    ]


async def cancelled_after(turns):
    """Cancel `run` after so many turns of the loop; return the records, what the act did, and the receipts."""
    log, records = [], []

    async def dial(effect, reply):
        try:
            await anyio.lowlevel.checkpoint()
            reply(Opened())
            log.append("opened")
            for _ in range(6):
                await anyio.lowlevel.checkpoint()
                reply(Frame("x"))
            await anyio.sleep_forever()
        finally:
            with reply.cleanup():
                await anyio.sleep(1)
            log.append("clean")

    driver = make(dial, hangup=lambda *_: log.append("hung up"), observe=records.append)
    scope, receipts = anyio.CancelScope(), []

    async def run():
        with scope:
            await driver.run()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        for turn in range(turns):
            if turn == 1:
                receipts.append(driver.send(LINE, Connect()))
            receipts.append(driver.send(NOTES, Noted("x")))
            await anyio.lowlevel.checkpoint()
        scope.cancel()
    assert driver.explain()[0].due_in_seconds is None
    return records, log, receipts


async def test_a_cancel_at_every_turn_of_the_loop_is_an_orderly_stop():
    ends = set()
    for turns in range(30):
        records, log, receipts = await cancelled_after(turns)
        events = [record.stimulus.event for record in records if record.member == "line"]
        assert events == [Connect(), Opened(), *[Frame("x")] * 6][: len(events)]
        assert log in ([], ["clean"], ["opened", "clean"], ["opened", "hung up", "clean"])
        assert ("opened" in log) == (Opened() in events or "hung up" in log)
        answered = [receipt.verdict_now is not None for receipt in receipts]
        assert answered == sorted(answered, reverse=True)
        for receipt, told in zip(receipts, answered, strict=True):
            if not told:
                with pytest.raises(Stopped):
                    await receipt
        ends.add((len(events), *log))
    # Which turns a loop gives to whom may be chance; that it was cancelled before all, after all and on the way is not.
    counts = {events for events, *_ in ends}
    assert {0, 8} < counts


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
async def test_an_interrupt_in_an_act_leaves_as_itself(error):
    async def act(effect, reply):
        raise error

    driver = make(act)
    driver.send(LINE, Connect())
    with pytest.raises(error):
        await driver.run()
