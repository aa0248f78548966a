"""Virtual time costs nothing, keeps order, waits for threads, and reports a deadlock."""

import asyncio
import threading
import time

import anyio
import pytest

from statekit.testing import virtual_time
from statekit.testing.virtual_time import (
    VIRTUAL_BACKENDS,
    VirtualDeadlock,
    VirtualLoop,
    run_virtual,
    virtual_backend,
)

on_both = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
either = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@on_both
async def test_a_year_of_sleep_is_over_at_once():
    begun = time.monotonic()
    await anyio.sleep(365 * 86_400)
    assert anyio.current_time() == 365 * 86_400
    assert time.monotonic() - begun < 1.0


@on_both
@pytest.mark.parametrize("run", [1, 2])
async def test_every_run_begins_at_zero(run):
    assert anyio.current_time() == 0.0
    await anyio.sleep(run)


@on_both
async def test_sleepers_wake_in_the_order_of_their_deadlines():
    woken = []

    async def sleep(seconds):
        await anyio.sleep(seconds)
        woken.append((seconds, anyio.current_time()))

    async with anyio.create_task_group() as tasks:
        for seconds in (5.0, 0.25, 3600.0, 1.0, 86_400.5):
            tasks.start_soon(sleep, seconds)
    assert woken == [(seconds, seconds) for seconds in (0.25, 1.0, 5.0, 3600.0, 86_400.5)]


@on_both
async def test_a_deadline_passes_at_its_instant():
    with anyio.move_on_after(2.5) as scope:
        await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert anyio.current_time() == 2.5


@on_both
async def test_a_timer_that_was_cancelled_costs_no_real_time():
    begun = time.monotonic()
    for _ in range(50):
        with anyio.move_on_after(3600.0):
            await anyio.sleep(0.5)
    assert anyio.current_time() == 25.0
    assert time.monotonic() - begun < 1.0


@on_both
async def test_time_stands_still_while_a_thread_works():
    at, done = [], anyio.Event()

    async def work():
        at.append(await anyio.to_thread.run_sync(lambda: time.sleep(0.05) or "done"))
        at.append(anyio.current_time())
        done.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        with anyio.fail_after(10.0):
            await anyio.sleep(1.0)
            await done.wait()
    assert at == ["done", 0.0]


@on_both
async def test_waiting_for_all_tasks_to_block_does_not_wait_for_their_deadlines(anyio_backend_name):
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.sleep, 3600.0)
        await anyio.wait_all_tasks_blocked()
        assert anyio.current_time() < 1.0


@either
def test_a_run_returns_what_the_function_returns(backend):
    async def add(left, right):
        await anyio.sleep(3600)
        return left + right, anyio.current_time()

    assert run_virtual(add, 1, 2, backend=backend) == (3, 3600.0)


@either
def test_a_run_raises_what_the_function_raises(backend):
    async def fail():
        await anyio.sleep(1)
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run_virtual(fail, backend=backend)


def test_both_backends_read_the_same_times():
    async def walk():
        seen = []
        for step in range(1, 500):
            await anyio.sleep(step * 0.1)
            seen.append(anyio.current_time())
        return seen

    assert run_virtual(walk, backend="asyncio") == run_virtual(walk, backend="trio")


@either
def test_a_deadlock_is_reported_and_the_tasks_are_cleaned_up(backend, monkeypatch):
    monkeypatch.setattr(virtual_time, "PATIENCE_SECONDS", 0.1)
    cleaned = []

    async def wait_for_nobody():
        try:
            await anyio.Event().wait()
        finally:
            cleaned.append("up")

    async def stick():
        await anyio.sleep(10)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait_for_nobody)
            await anyio.sleep_forever()

    with pytest.raises(VirtualDeadlock, match="nothing will ever happen") as caught:
        run_virtual(stick, backend=backend)
    assert any("wait_for_nobody" in name for name in caught.value.waiting)
    assert cleaned == ["up"]
    assert caught.value.__cause__ is None


@either
def test_a_thread_that_takes_longer_than_our_patience_is_no_deadlock(backend, monkeypatch):
    monkeypatch.setattr(virtual_time, "PATIENCE_SECONDS", 0.01)

    async def work():
        return await anyio.to_thread.run_sync(lambda: time.sleep(0.2) or "done")

    assert run_virtual(work, backend=backend) == "done"


def test_a_thread_that_nobody_knows_of_may_end_the_wait_while_our_patience_lasts():
    async def work():
        answered = asyncio.Event()
        loop = asyncio.get_running_loop()
        threading.Timer(0.05, loop.call_soon_threadsafe, (answered.set,)).start()
        await answered.wait()
        return anyio.current_time()

    assert run_virtual(work, backend="asyncio") == 0.0


def test_a_loop_that_anyio_did_not_start_has_virtual_time_too():
    async def work():
        await asyncio.sleep(3600.0)
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        assert runner.run(work()) == 3600.0


def test_another_backend_is_refused():
    with pytest.raises(ValueError, match="'curio' is no backend; asyncio and trio are"):
        virtual_backend("curio")
