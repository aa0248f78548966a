"""A stop lets tasks clean up, closes what has opened, and fails what is pending, in virtual time on both backends."""

import anyio
import pytest

from statekit import Livelock, Machine, Rejected, System, wire
from statekit.run import Driver, DriverError, Stopped
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from tests.run.line_and_notes import (
    LINE,
    Close,
    Connect,
    Greet,
    L,
    Line,
    Noted,
    Nudge,
    Opened,
    Seen,
    Told,
    make,
    opens_and_stays,
    raises_at_once,
    state,
)
from tests.run.running import running

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_receipts_that_are_pending_at_the_stop_fail():
    async with running(make()) as driver:
        pending = driver.send(LINE, Connect())
        driver.stop()
        late = driver.send(LINE, Connect())
        for receipt in (pending, late):
            with pytest.raises(Stopped) as caught:
                await receipt
            assert (caught.value.system, caught.value.member, caught.value.event) == ("both", "line", "Connect")
            assert receipt.verdict_now is None
    assert state(driver) is Line.IDLE


def cleans_up_for(seconds, log):
    async def act(effect, reply):
        reply(Opened())
        try:
            await anyio.sleep_forever()
        finally:
            with reply.cleanup():
                await anyio.sleep(seconds)
                log.append("clean")
            log.append("end")

    return act


@pytest.mark.parametrize(("seconds", "expected"), [(2.0, ["clean", "end"]), (9.0, ["end"])])
@pytest.mark.parametrize("how", ["stop", "cancel"])
async def test_a_stop_lets_tasks_clean_up_within_close_seconds(how, seconds, expected):
    log, ended = [], []
    driver = make(cleans_up_for(seconds, log), close_seconds=3.0)

    async def run(*, task_status):
        with anyio.CancelScope() as scope:
            task_status.started(scope)
            await driver.run()
        ended.append(anyio.current_time())

    async with anyio.create_task_group() as tasks:
        scope = await tasks.start(run)
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
        driver.stop() if how == "stop" else scope.cancel()
        late = driver.send(LINE, Close())
    assert log == expected
    assert ended == [1 + min(seconds, 3.0)]
    # A cancellation may reach the driver after the event: then it was answered. Either way its sender is told.
    answered = late.verdict_now is not None
    assert not (answered and how == "stop")
    if not answered:
        with pytest.raises(Stopped):
            await late


async def test_who_holds_up_the_end_is_named(caplog):
    async def stubborn(effect, reply):
        with anyio.CancelScope(shield=True):
            await anyio.sleep(20)

    async with running(make(stubborn, close_seconds=3.0)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
    assert anyio.current_time() == 20.0
    assert caplog.messages == ["still cleaning up after 3 s, and not to be interrupted: Dial"]


async def test_a_resource_that_opens_while_the_driver_stops_meets_its_orphan_effect():
    hung_up = []

    async def dial(effect, reply):
        with anyio.CancelScope(shield=True):
            await anyio.sleep(2)
        reply(Opened())

    async with running(make(dial, hangup=lambda _, reply: hung_up.append(reply.ticket))) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(1)
    assert hung_up == [2]
    assert state(driver) is Line.DIALING


async def test_a_resource_that_opened_and_was_not_yet_told_of_meets_its_orphan_effect_too():
    hung_up = []

    async def dial(effect, reply):
        reply(Opened())
        driver.stop()

    driver = make(dial, hangup=lambda _, reply: hung_up.append(reply.ticket))
    driver.send(LINE, Connect())
    await driver.run()
    assert hung_up == [2]


async def test_an_orphan_effect_that_fails_at_the_end_is_an_error_of_the_run():
    async def dial(effect, reply):
        reply(Opened())
        driver.stop()

    driver = make(dial, hangup=raises_at_once)
    driver.send(LINE, Connect())
    with pytest.raises(DriverError, match="performing Hangup raised LookupError"):
        await driver.run()


async def test_the_first_error_leaves_the_run_and_a_later_one_is_logged(caplog):
    async def dial(effect, reply):
        driver.send(LINE, Noted("?"))
        reply(Opened())

    driver = make(dial, hangup=raises_at_once)
    driver.send(LINE, Connect())
    with pytest.raises(Rejected, match="line: Noted in DIALING: unhandled"):
        await driver.run()
    assert caplog.messages == ["both: also failed with DriverError"]


async def test_an_endless_chain_of_signals_leaves_the_run_and_fails_its_receipt():
    def again(signal: Told) -> Nudge:
        return Nudge()

    machine = Machine(
        "line",
        initial=Line.IDLE,
        context=Seen(),
        states=LINE.states,
        table=(L.stay(Line.IDLE, Nudge, Told()),),
    )
    driver = Driver(System("loop", members=(machine,), wiring=[wire(machine, Told, machine, again)]), ())
    receipt = driver.send(machine, Nudge())
    with pytest.raises(Livelock):
        await driver.run()
    with pytest.raises(Stopped):
        await receipt


async def test_a_stop_before_the_run_ends_it_at_once_and_it_runs_only_once():
    driver = make()
    receipt = driver.send(LINE, Connect())
    driver.stop()
    await driver.run()
    with pytest.raises(Stopped):
        await receipt
    with pytest.raises(DriverError, match="has run"):
        await driver.run()


@pytest.mark.parametrize("where", ["observe", "published", "greet"])
async def test_a_stop_from_inside_a_step_lets_the_step_finish(where):
    def stop(*_):
        driver.stop()

    greeted = []

    def greet(effect, reply):
        greeted.append(effect)
        if where == "greet":
            driver.stop()

    def observe(record):
        if isinstance(record.stimulus.event, Opened):
            driver.stop()

    hooks = {"observe": {"observe": observe}, "published": {"published": stop}, "greet": {}}[where]
    driver = make(opens_and_stays, greet=greet, **hooks)
    driver.send(LINE, Connect())
    await driver.run()
    assert greeted == [Greet()]
    assert state(driver) is Line.LINKED
