"""Timers and gaps come when the clock says, and say how late they are, in virtual time on both backends."""

import anyio
import pytest

from statekit import Machine, System, arm, timer
from statekit.run import Driver, LoopClock
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.timers import ClockJumped, Fired
from tests.run.line_and_notes import (
    LINE,
    NOTES,
    Close,
    Connect,
    Line,
    N,
    Note,
    Noted,
    OpenFailed,
    Seen,
    make,
    note,
    seen,
    state,
)
from tests.run.running import running

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_timers_come_by_deadline_and_then_by_arming():
    async with running(make()) as driver:
        await driver.send(NOTES, Connect())
        await anyio.sleep(6)
        assert seen(driver, NOTES) == [Fired("c", None, 3.0), Fired("a", None, 5.0), Fired("b", None, 5.0)]


async def test_a_due_timer_comes_before_an_event_of_the_same_moment_and_after_an_earlier_one():
    async with running(make()) as driver:
        await driver.send(NOTES, Connect())
        await anyio.sleep(2)
        driver.send(NOTES, Noted("early"))
        await anyio.sleep(1)
        driver.send(NOTES, Noted("same"))
        await driver.send(NOTES, Noted("later"))
        assert [getattr(e, "name", None) or e.what for e in seen(driver, NOTES)] == ["early", "c", "same", "later"]


def whose(seen: Seen, event: Noted) -> str:
    return event.what


async def test_each_key_has_a_timer_of_its_own_that_fires_with_it():
    settle = timer("settle", 5.0, scope=Note.OPEN, key=whose)
    table = (N.stay(Note.OPEN, Noted, arm(settle)), N.stay(Note.OPEN, settle, update=note))
    machine = Machine("keyed", initial=Note.OPEN, context=Seen(), states=NOTES.states, table=table)
    async with running(Driver(System("alone", members=(machine,)), ())) as driver:
        for what, seconds in (("a", 3), ("b", 1), ("a", 6)):
            await driver.send(machine, Noted(what))
            await anyio.sleep(seconds)
        assert seen(driver, machine) == [Fired("settle", "b", 5.0), Fired("settle", "a", 5.0)]


class ByHand(LoopClock):
    """A clock that can also be pushed, as by a loop that was blocked."""

    pushed = 0.0

    def now(self):
        return super().now() + self.pushed

    def until(self, at_seconds, *, shield=False):
        return super().until(at_seconds - self.pushed, shield=shield)


async def test_a_late_timer_says_how_late_and_still_precedes_what_came_after_it():
    clock, records = ByHand(), []
    async with running(make(clock=clock, observe=records.append)) as driver:
        await driver.send(NOTES, Connect())
        clock.pushed = 2.5
        driver.send(NOTES, Noted("before"))
        clock.pushed = 4.0
        driver.send(NOTES, Noted("after"))
        clock.pushed = 4.5
        await anyio.wait_all_tasks_blocked()
        assert seen(driver, NOTES) == [Noted("before"), Fired("c", None, 3.0, 1.5), Noted("after")]
    assert [record.stimulus.at_seconds for record in records] == [0.0, 2.5, 3.0, 4.0]
    assert [record.at_seconds for record in records] == [0.0, 4.5, 4.5, 4.5]


@pytest.mark.parametrize(("drawn", "delay_seconds"), [(0.0, 2.0), (0.25, 3.0), (1.0, 6.0)])
async def test_jitter_is_drawn_by_chance_and_the_timer_says_what_was_drawn(drawn, delay_seconds):
    async def refused(effect, reply):
        reply(OpenFailed("shut"))

    async with running(make(refused, chance=lambda: drawn)) as driver:
        await driver.send(LINE, Connect())
        await anyio.sleep(delay_seconds - 0.5)
        assert state(driver) is Line.RESTING
        await anyio.sleep(1)
        assert state(driver) is Line.IDLE
        assert seen(driver)[-1].delay_seconds == delay_seconds
        assert seen(driver)[-1].late_by_seconds == 0.0


async def test_a_timer_whose_stay_is_over_does_not_come():
    records = []
    async with running(make(observe=records.append)) as driver:
        await driver.send(LINE, Connect())
        await driver.send(LINE, Close())
        await anyio.sleep(100)
    assert [type(record.stimulus.event) for record in records] == [Connect, Close]


@pytest.mark.parametrize("scale", [0.05, 1 / 3, 7.0])
async def test_a_scaled_clock_makes_everything_faster_by_one_factor(scale):
    async with running(make(clock=LoopClock(scale))) as driver:
        await driver.send(LINE, Connect())
        due = driver.explain()[0].due_in_seconds
        assert due == pytest.approx(10.0)
        await anyio.sleep(9.99 * scale)
        assert state(driver) is Line.DIALING
        await anyio.sleep(0.02 * scale)
        assert state(driver) is Line.RESTING
        assert seen(driver)[-1].delay_seconds == 10.0


async def test_a_gap_is_told_before_anything_else_to_those_who_answer_it():
    away, records = [0.0], []
    clock = ByHand(suspended=lambda: away[0])
    async with running(make(clock=clock, observe=records.append)) as driver:
        await driver.send(NOTES, Connect())
        away[0] += 30.0
        await driver.send(NOTES, Noted("a short one"))
        away[0] += 31.0
        clock.pushed = 3.5
        await driver.send(NOTES, Noted("a long one"))
        await anyio.sleep(10)
    events = [(record.member, record.stimulus.event) for record in records]
    assert events[:5] == [
        ("notes", Connect()),
        ("notes", Noted("a short one")),
        ("line", ClockJumped(31.0)),
        ("notes", Fired("c", None, 3.0, 0.5)),
        ("notes", Noted("a long one")),
    ]
    assert [type(event) for _, event in events[5:]] == [Fired, Fired]


async def test_the_stamps_never_go_back_even_where_a_gap_is_told_first():
    away, records = [0.0], []
    clock = ByHand(suspended=lambda: away[0])
    async with running(make(clock=clock, observe=records.append)) as driver:
        await driver.send(NOTES, Connect())
        sent = driver.send(NOTES, Noted("before it was known"))
        away[0], clock.pushed = 31.0, 10.0
        await sent
    assert ClockJumped(31.0) in [record.stimulus.event for record in records]
    stamps = [record.stimulus.at_seconds for record in records]
    assert stamps == sorted(stamps)


async def test_a_gap_before_the_run_concerns_nobody():
    away = [0.0]
    driver = make(clock=LoopClock(suspended=lambda: away[0]))
    away[0] += 3600.0
    async with running(driver):
        await driver.send(NOTES, Noted("x"))
        assert seen(driver) == []
