"""A system that one driver saves and another goes on from, in virtual time on both backends; one line per address."""

import json
from contextlib import asynccontextmanager
from enum import StrEnum

import anyio
import anyio.lowlevel
import pytest
from attrs import evolve, frozen

from statekit import (
    EVERY,
    Jitter,
    Kind,
    Machine,
    Rejected,
    Rows,
    Signal,
    System,
    Taken,
    Unhandled,
    UnknownMember,
    after,
    keyed,
    publish,
    spawn,
    wire,
)
from statekit.codec import Policy, SnapshotRefused, restore_system
from statekit.run import Awaited, Driver, DriverError, LoopClock, performs
from statekit.run import Policy as Errors
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.timers import ClockJumped, Fired

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


@frozen
class Want:
    line: str


@frozen
class CutAll:
    pass


@frozen
class Wanted(Signal):
    line: str


@frozen
class AllCut(Signal):
    pass


@frozen
class Said(Signal):
    line: str
    text: str


@frozen
class Start:
    pass


@frozen
class Cut:
    pass


@frozen
class Heard:
    text: str


@frozen
class Dial:
    pass


@frozen
class Beep:
    pass


@frozen
class Hangup:
    pass


@frozen
class Opened:
    pass


@frozen
class Lost:
    why: str = ""


@frozen
class DialFailed:
    why: str = ""


@frozen
class Frame:
    text: str


class Front(StrEnum):
    OPEN = "open"


@frozen
class Asked:
    line: str = ""
    jumps: tuple[float, ...] = ()


def note_line(context: Asked, event: Want) -> Asked:
    return evolve(context, line=event.line)


def note_jump(context: Asked, event: ClockJumped) -> Asked:
    return evolve(context, jumps=(*context.jumps, event.gap_seconds))


def tell_wanted(context: Asked) -> Wanted:
    return Wanted(context.line)


F = Rows[Front, Asked, object]()
FRONT = Machine(
    "front", initial=Front.OPEN, context=Asked(), states=(F.state(Front.OPEN, Kind.STEADY, "it asks for lines"),),
    table=(
        F.stay(Front.OPEN, Want, tell_wanted, update=note_line),
        F.stay(Front.OPEN, CutAll, AllCut()),
        F.stay(Front.OPEN, ClockJumped, update=note_jump),
    ),
)  # fmt: skip


class Line(StrEnum):
    IDLE = "idle"
    DIALING = "dialing"
    LINKED = "linked"
    RESTING = "resting"
    GONE = "gone"


@frozen
class Seen:
    name: str = ""
    events: tuple[str, ...] = ()


def note(context: Seen, event: object) -> Seen:
    return evolve(context, events=(*context.events, type(event).__name__))


def note_why(context: Seen, event: Lost | DialFailed) -> Seen:
    return evolve(context, events=(*context.events, f"{type(event).__name__} {event.why}"))


def note_frame(context: Seen, event: Frame) -> Seen:
    return evolve(context, events=(*context.events, event.text))


def note_late(context: Seen, event: Fired) -> Seen:
    said = f"{event.name.split()[1]} armed {event.delay_seconds:g} late {event.late_by_seconds:g}"
    return evolve(context, events=(*context.events, said))


def say(context: Seen) -> Said:
    return Said("", context.events[-1])


def rest(_: Seen) -> Jitter:
    return Jitter(4.0, 8.0)


def dial_failed(failure) -> DialFailed:
    return DialFailed(failure.error)


def line_lost(failure) -> Lost:
    return Lost(failure.error)


L = Rows[Line, Seen, object]()
LINK = L.group("link", Line.DIALING, Line.LINKED)
LINE = Machine(
    "line", initial=Line.IDLE, context=Seen(), groups=(LINK,),
    states=(
        L.state(Line.IDLE, Kind.REST, "nothing is wanted"), L.state(Line.DIALING, Kind.BUSY, "it was dialled"),
        L.state(Line.LINKED, Kind.STEADY, "frames come", waits_for="the peer"),
        L.state(Line.RESTING, Kind.WAITING, "a pause"), L.state(Line.GONE, Kind.ENDED, "cut"),
    ),
    table=(
        L.row(Line.IDLE, Start, Line.DIALING, Dial()),
        L.row(Line.DIALING, Opened, Line.LINKED, Beep(), update=note),
        L.row(Line.DIALING, DialFailed, Line.RESTING, update=note_why),
        L.row(Line.DIALING, after(10.0), Line.RESTING, update=note_late),
        L.stay(Line.LINKED, Frame, say, update=note_frame),
        L.stay(Line.LINKED, after(60.0), update=note_late),
        L.row(Line.LINKED, Lost, Line.RESTING, update=note_why),
        L.row(Line.RESTING, after(rest), Line.DIALING, Dial(), update=note_late),
        L.row((Line.IDLE, LINK, Line.RESTING), Cut, Line.GONE),
        L.ignore((LINK, Line.RESTING), Start, because="it runs already"),
    ),
    answering=(
        L.answering(
            Dial, DialFailed, scope=LINK, failed=dial_failed, opens=Opened, streams=(Frame,), ends=(Lost,),
            orphan=Hangup(), lost=line_lost,
        ),
    ),
)  # fmt: skip


def named(context: Seen, key: str) -> Seen:
    return evolve(context, name=key)


def line_of(signal: Wanted) -> str:
    return signal.line


def start_it(_: Wanted) -> Start:
    return Start()


def cut(_: AllCut) -> Cut:
    return Cut()


def with_line(signal: Said, key: str) -> Said:
    return Said(key, signal.text)


LINES = System(
    "lines", (FRONT, keyed(LINE, per="address", context=named)),
    (
        spawn(FRONT, Wanted, LINE, start_it, key=line_of), wire(FRONT, AllCut, LINE, cut, key=EVERY),
        publish(LINE, Said, make=with_line),
    ),
)  # fmt: skip


async def opens(effect, reply):
    await anyio.sleep(1)
    reply(Opened())
    await anyio.sleep_forever()


async def never_opens(effect, reply):
    await anyio.sleep_forever()


def nothing(effect, reply):
    pass


def half():
    return 0.5


def make(dial=opens, beep=nothing, hangup=nothing, **more):
    performers = (performs(Dial, dial), performs(Beep, beep), performs(Hangup, hangup))
    return Driver(LINES, performers, chance=half, **more)


@asynccontextmanager
async def running(driver):
    async with anyio.create_task_group() as tasks:
        await tasks.start(driver.run)
        yield driver
        driver.stop()


def line(driver, key):
    return driver.snapshot.of(LINE, key)


def text(driver):
    return json.dumps(driver.save())


def resumed(saved, policy=Policy.RESUME, elapsed_seconds=0.0, **more):
    restored = restore_system(LINES, json.loads(saved), elapsed_seconds=elapsed_seconds, policy=policy)
    return make(restored=restored, **more)


# --------------------------------------------------------------------------------------------------------- instances
async def test_an_instance_is_sent_to_by_its_key_and_its_effects_know_it():
    performed = []

    async def dial(effect, reply):
        performed.append((reply.member, reply.key))
        await opens(effect, reply)

    def beep(effect, reply):
        performed.append((reply.member, reply.key, "beep"))

    async with running(make(dial, beep)) as driver:
        await driver.send(FRONT, Want("a"))
        await driver.send(FRONT, Want("b"))
        await anyio.sleep(2)
        assert sorted(performed) == [
            ("line[a]", "a"), ("line[a]", "a", "beep"), ("line[b]", "b"), ("line[b]", "b", "beep"),
        ]  # fmt: skip
        assert isinstance(await driver.send(LINE, Cut(), key="a"), Taken)
        assert driver.snapshot.keys(LINE) == ("b",)
        assert isinstance(await driver.send("line[b]", Cut()), Taken)
        for member, key in ((LINE, None), (FRONT, "a"), ("nobody", None)):
            with pytest.raises(UnknownMember):
                driver.send(member, Cut(), key=key)


async def test_a_member_that_is_not_keyed_has_no_key():
    keys = []

    def odd(effect, reply):
        keys.append((reply.member, reply.key))

    tell = Machine(
        "tell", initial=Front.OPEN, context=Asked(), states=FRONT.states, table=(F.stay(Front.OPEN, CutAll, Beep()),)
    )
    async with running(Driver(System("one", (tell,)), [performs(Beep, odd)])) as driver:
        await driver.send(tell, CutAll())
    assert keys == [("tell", None)]


async def test_what_reaches_no_instance_is_rejected_to_who_waits_and_harms_nobody_else(caplog):
    async with running(make()) as driver:
        with pytest.raises(Rejected) as caught:
            await driver.send(LINE, Cut(), key="x")
        assert (caught.value.verdict, caught.value.state, caught.value.possible) == (Unhandled(absent=True), "", ())
        assert str(caught.value) == "line[x]: Cut: unhandled: no instance has this key"
        driver.send(LINE, Cut(), key="x")
        await anyio.sleep(1)
        assert driver.counts == {"Unhandled": 2}
    assert caplog.records == []


async def test_the_error_of_an_instance_names_it_and_the_state_it_was_in(caplog):
    async with running(make(policy=Errors.REPORT)) as driver:
        await driver.send(FRONT, Want("a"))
        await driver.send(LINE, Frame("too soon"), key="a")
        await driver.send(FRONT, CutAll())
        await driver.send(LINE, Heard("x"), key="a")
        await driver.send(FRONT, Want("b"))
        driver.send(LINE, Heard("x"), key="b")
        await anyio.sleep(0.5)
    assert [record.getMessage() for record in caplog.records] == [
        "line[b]: Heard in DIALING: unhandled: no row answers this event here"
    ]


async def test_timers_of_instances_run_side_by_side_and_are_told_apart():
    async with running(make(never_opens)) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(4)
        await driver.send(FRONT, Want("b"))
        assert driver.explain() == (
            Awaited("line[a]", "DIALING", "after 10 s", 6.0, ""), Awaited("line[a]", "DIALING", "Dial", None, ""),
            Awaited("line[b]", "DIALING", "after 10 s", 10.0, ""), Awaited("line[b]", "DIALING", "Dial", None, ""),
        )  # fmt: skip
        await anyio.sleep(7)
        assert [line(driver, key).state for key in "ab"] == [Line.RESTING, Line.DIALING]


async def test_a_removed_instance_is_cancelled_and_what_it_still_opens_is_disposed_of_under_its_address():
    hung_up = []

    async def opens_late(effect, reply):
        try:
            await anyio.sleep_forever()
        finally:
            with reply.cleanup():
                await anyio.sleep(1)
            reply(Opened())

    def hangup(effect, reply):
        hung_up.append((reply.member, reply.key, reply.ticket))

    async with running(make(opens_late, hangup=hangup)) as driver:
        await driver.send(FRONT, Want("a"))
        await driver.send(LINE, Cut(), key="a")
        assert driver.snapshot.keys(LINE) == ()
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(2)
        assert hung_up == [("line[a]", "a", 2)]
        assert line(driver, "a").state is Line.DIALING


async def test_signals_of_an_instance_reach_the_application_as_their_maker_makes_them():
    async def speaks(effect, reply):
        reply(Opened())
        reply(Frame("hello"))
        await anyio.sleep_forever()

    heard = []
    async with running(make(speaks, published=heard.append)) as driver:
        await driver.send(FRONT, Want("a"))
        await anyio.sleep(1)
    assert heard == [Said("a", "hello")]


# ------------------------------------------------------------------------------------------------------------- saving
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


async def test_every_instance_hears_of_a_jump_of_the_clock_if_its_table_answers_it():
    hears = Machine(
        "hears", initial=Front.OPEN, context=Asked(), states=FRONT.states,
        table=(F.stay(Front.OPEN, ClockJumped, update=note_jump), F.ignore(Front.OPEN, Start, because="it is on")),
    )  # fmt: skip
    away = [0.0]
    system = System(
        "ears", (FRONT, keyed(hears)), (spawn(FRONT, Wanted, hears, start_it, key=line_of), publish(FRONT, AllCut))
    )
    driver = Driver(system, (), clock=LoopClock(suspended=lambda: away[0]))
    async with running(driver):
        await driver.send(FRONT, Want("a"))
        await driver.send(FRONT, Want("b"))
        away[0] = 100.0
        await driver.send(FRONT, CutAll())
        await anyio.sleep(1)
    assert [driver.snapshot.of(hears, key).context.jumps for key in "ab"] == [(100.0,)] * 2
