"""A system that one driver saves and another goes on from, in virtual time on both backends."""

import json
from enum import StrEnum

import anyio
import anyio.lowlevel
import pytest

from statekit import Kind, Machine, Rows, System, after, publish
from statekit.codec import Policy, SnapshotRefused, restore_system
from statekit.run import Awaited, Driver, DriverError
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.timers import ClockJumped
from tests.run.lines import (
    FRONT,
    LINE,
    LINES,
    AllCut,
    Asked,
    Cut,
    CutAll,
    Front,
    Line,
    Lost,
    Seen,
    Start,
    Want,
    Wanted,
    line,
    make,
    never_opens,
    note_jump,
)
from tests.run.running import running

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


def text(driver):
    return json.dumps(driver.save())


def resumed(saved, policy=Policy.RESUME, elapsed_seconds=0.0, **more):
    restored = restore_system(LINES, json.loads(saved), elapsed_seconds=elapsed_seconds, policy=policy)
    return make(restored=restored, **more)


async def test_a_system_goes_on_where_it_was_saved():
    async with running(make(never_opens)) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(3)
        await driver.send(FRONT, Want("b"))
        saved = text(driver)
    async with running(resumed(saved, elapsed_seconds=2.0)) as driver:
        # A dial does not outlive its process: each line was told so, and its jittered rest has begun.
        assert [line(driver, key).state for key in "ab"] == [Line.RESTING] * 2
        assert line(driver, "a").context == Seen("a", ("DialFailed Restored",))
        assert [each.due_in_seconds for each in driver.explain()] == [6.0, 6.0]
        await anyio.sleep(8)
        assert line(driver, "a").context.events[1:] == ("rest armed 6 late 0", "Opened")


async def test_a_stream_that_was_open_is_told_as_lost():
    async with running(make()) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(2)
        assert line(driver, "a").state is Line.LINKED
        saved = text(driver)
    records = []
    async with running(resumed(saved, observe=records.append)) as driver:
        assert line(driver, "a").context.events == ("Opened", "Lost Restored")
    assert [(each.member, each.stimulus.event) for each in records] == [("line[a]", Lost("Restored"))]


RESTING = "after rest"


async def rested(policy, elapsed_seconds, wait):
    """Save a line that has 4 of its 6 seconds of rest left, go on with another driver, and give what it saw."""
    async with running(make(never_opens)) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(12)
        saved = text(driver)
    records = []
    async with running(resumed(saved, policy, elapsed_seconds, dial=never_opens, observe=records.append)) as driver:
        await anyio.sleep(wait)
        return driver.explain(), line(driver, "a"), records


async def test_a_timer_resumes_with_what_it_had_left():
    due, _, _ = await rested(Policy.RESUME, 1.5, 1.0)
    assert due == (Awaited("line[a]", "RESTING", RESTING, 1.5, ""),)


async def test_a_timer_that_came_due_meanwhile_fires_first_and_says_how_late_it_is():
    _, held, records = await rested(Policy.RESUME, 100.0, 0.0)
    assert held.state is Line.DIALING
    assert held.context.events[-1] == "rest armed 0 late 96"
    assert records[0].at_seconds - records[0].stimulus.at_seconds == pytest.approx(96.0)


async def test_a_timer_may_begin_again_or_fire_at_once():
    due, _, _ = await rested(Policy.RESTART, 100.0, 1.0)
    assert due == (Awaited("line[a]", "RESTING", RESTING, 5.0, ""),)
    _, held, _ = await rested(Policy.FIRE, 0.0, 0.0)
    assert held.state is Line.DIALING


async def test_what_was_lost_is_told_before_an_overdue_timer_and_before_what_was_sent():
    async with running(make()) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(2)
        saved = text(driver)
    records = []
    driver = resumed(saved, elapsed_seconds=1000.0, observe=records.append)
    driver.send(LINE, Start(), key="a")
    async with running(driver):
        await anyio.lowlevel.checkpoint()
    events = [type(each.stimulus.event) for each in records]
    assert events == [Lost, Start], "the timer of the link is over with it"
    stamps = [each.stimulus.at_seconds for each in records]
    assert stamps == sorted(stamps)


async def test_a_driver_that_ended_saves_the_moment_when_it_ended():
    async with running(make(never_opens)) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(3)
        saved = driver.save()
    await anyio.sleep(50)
    assert driver.save() == saved
    (timer, effect) = saved["members"]["line[a]"]["tickets"]
    assert (timer["left_seconds"], effect["left_seconds"]) == (7.0, None)


class Gate(StrEnum):
    SHUT = "shut"
    OPEN = "open"


def has_jumped(context: Asked) -> bool:
    return bool(context.jumps)


async def test_a_timer_that_was_refused_is_due_again_when_something_has_changed_or_the_system_resumes():
    gate = Rows[Gate, Asked, object]()
    machine = Machine(
        "gate", initial=Gate.SHUT, context=Asked(),
        states=(gate.state(Gate.SHUT, Kind.WAITING, "shut"), gate.state(Gate.OPEN, Kind.REST, "open")),
        table=(
            gate.row(Gate.SHUT, after(5.0), Gate.OPEN, guard=has_jumped),
            gate.stay(Gate.SHUT, ClockJumped, update=note_jump),
        ),
    )  # fmt: skip
    system = System("gates", (machine,))
    async with running(Driver(system, ())) as driver:
        await anyio.sleep(6)
        assert driver.counts == {"Refused": 1}
        saved = driver.save()
        assert driver.explain() == (Awaited("gate", "SHUT", "after 5 s", None, ""),)
        await driver.send(machine, ClockJumped(1.0))
        await anyio.sleep(1)
        assert driver.snapshot.of(machine).state is Gate.OPEN
        assert driver.counts == {"Refused": 1, "Taken": 2}
    (timer,) = saved["members"]["gate"]["tickets"]
    assert timer["left_seconds"] == -1.0
    restored = restore_system(system, saved, elapsed_seconds=0.0, policy=Policy.RESUME)
    async with running(Driver(system, (), restored=restored)) as driver:
        await anyio.sleep(1)
        assert driver.counts == {"Refused": 1}
        await driver.send(machine, ClockJumped(1.0))
        await anyio.sleep(1)
        assert driver.snapshot.of(machine).state is Gate.OPEN


async def test_what_is_saved_can_be_saved_again_before_anything_happened():
    async with running(make()) as driver:
        await driver.send(FRONT, Want("a"))
        await driver.send(LINE, Cut(), key="a")
        await driver.send(FRONT, Want("b"))
        await anyio.sleep(2)
        await driver.send(FRONT, CutAll())
        saved = driver.save()
    async with running(resumed(json.dumps(saved))) as driver:
        assert driver.save() == saved
    assert saved["seeds"]["line"] == {"context": {"name": "", "events": []}, "issued": 5}


async def test_there_is_nothing_to_save_before_the_run():
    with pytest.raises(DriverError, match="lines does not run yet"):
        make().save()


async def test_a_version_goes_with_what_is_saved():
    async with running(make()) as driver:
        saved = driver.save(version=3)
    with pytest.raises(SnapshotRefused, match="later version"):
        restore_system(LINES, saved, elapsed_seconds=0.0, policy=Policy.FIRE)


async def test_what_is_restored_has_its_own_contexts_and_is_of_this_system():
    async with running(make()) as driver:
        await driver.send(FRONT, Want("a"))
        saved = text(driver)
    restored = restore_system(LINES, json.loads(saved), elapsed_seconds=0.0, policy=Policy.FIRE)
    with pytest.raises(ValueError, match="not both"):
        make(restored=restored, contexts={"front": Asked()})
    bare = Machine("bare", initial=Front.OPEN, context=Asked(), states=FRONT.states, table=FRONT.table[2:])
    front = System("other", (FRONT,), (publish(FRONT, Wanted, AllCut),))
    for other in (front, System("other", (bare,))):
        with pytest.raises(ValueError, match="no snapshot of other: its members are"):
            Driver(other, (), restored=restored)


async def test_a_driver_stopped_by_the_first_loss_tells_no_more():
    async with running(make()) as driver:
        await driver.send(FRONT, Want("a"))
        await driver.send(FRONT, Want("b"))
        saved = text(driver)
    records = []

    def observe(record):
        records.append(record)
        driver.stop()

    driver = resumed(saved, observe=observe)
    await driver.run()
    assert [each.member for each in records] == ["line[a]"]
