"""A run that is written down and done again on paper is the run itself, in virtual time on both backends."""

import logging
from contextlib import asynccontextmanager
from enum import StrEnum
from io import StringIO

import anyio
import pytest
from attrs import evolve, field, frozen

from statekit import (
    EVERY,
    Kind,
    Machine,
    Rejected,
    Rows,
    Signal,
    Stimulus,
    System,
    Unhandled,
    after,
    keyed,
    spawn,
    wire,
)
from statekit.codec import NotSavable
from statekit.codec.journal import JournalForm
from statekit.run import Driver, Policy, performs
from statekit.run.journal import journal
from statekit.testing.system_walk import SystemWalk
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.timers import Fired

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
class Start:
    pass


@frozen
class Cut:
    pass


@frozen
class Opened:
    speed: float


@frozen
class Failed:
    why: str


@frozen
class Dial:
    attempt: int


@frozen
class Stray:
    token: str = field(repr=False)


class Door(StrEnum):
    OPEN = "open"


class Line(StrEnum):
    IDLE = "idle"
    DIALING = "dialing"
    LINKED = "linked"
    RESTING = "resting"


@frozen
class Tries:
    made: int = 0
    patience_seconds: float = 2.0


def wanted(_: object, event: Want) -> Wanted:
    return Wanted(event.line)


def start_it(_: Wanted) -> Start:
    return Start()


def cut(_: AllCut) -> Cut:
    return Cut()


def line_of(signal: Wanted) -> str:
    return signal.line


def count(tries: Tries) -> Tries:
    return evolve(tries, made=tries.made + 1)


def dial(tries: Tries) -> Dial:
    return Dial(tries.made)


def patience(tries: Tries) -> float:
    return tries.patience_seconds


def failed(failure) -> Failed:
    return Failed(failure.error)


D = Rows[Door, object, object]()
FRONT = Machine(
    "front",
    initial=Door.OPEN,
    context=Tries(),
    states=(D.state(Door.OPEN, Kind.STEADY, "somebody may come"),),
    table=(D.stay(Door.OPEN, Want, wanted), D.stay(Door.OPEN, CutAll, AllCut())),
)
R = Rows[Line, Tries, Dial]()
LINE = Machine(
    "line",
    initial=Line.IDLE,
    context=Tries(),
    states=(
        R.state(Line.IDLE, Kind.REST, "nothing is wanted"),
        R.state(Line.DIALING, Kind.BUSY, "it was asked for"),
        R.state(Line.LINKED, Kind.STEADY, "it is there"),
        R.state(Line.RESTING, Kind.WAITING, "soon again"),
    ),
    table=(
        R.row(Line.IDLE, Start, Line.DIALING, dial, update=count),
        R.row(Line.DIALING, Opened, Line.LINKED),
        R.row(Line.DIALING, Failed, Line.RESTING),
        R.row(Line.RESTING, after(patience), Line.DIALING, dial, update=count),
        R.row(Line.LINKED, Cut, Line.IDLE),
        R.ignore(Line.IDLE, Cut, because="it is cut"),
        R.row(Line.DIALING, Cut, Line.IDLE),
        R.row(Line.RESTING, Cut, Line.IDLE),
        R.stay(Line.DIALING, Start),
    ),
    answering=(R.answering(Dial, Opened, Failed, scope=Line.DIALING, failed=failed),),
)
LINES = System(
    "lines",
    (FRONT, keyed(LINE, per="address")),
    (spawn(FRONT, Wanted, LINE, start_it, key=line_of), wire(FRONT, AllCut, LINE, cut, key=EVERY)),
)
CONTEXTS = {"line": Tries(patience_seconds=0.5)}


async def third_time(effect, reply):
    await anyio.sleep(1)
    reply(Failed("busy: ü\u2028") if effect.attempt < 3 else Opened(1.5))


@asynccontextmanager
async def running(observe, policy=Policy.RAISE, contexts=CONTEXTS):
    driver = Driver(LINES, [performs(Dial, third_time)], contexts=contexts, policy=policy, observe=observe)
    async with anyio.create_task_group() as tasks:
        await tasks.start(driver.run)
        yield driver
        driver.stop()


def stimuli(lines):
    """What a journal says that happened."""
    form = JournalForm(LINES)
    (found,) = form.read(lines)
    contexts = form.contexts(found)
    return contexts, [(each.member, Stimulus(form.event(each), each.at_seconds, each.ticket)) for each in found.entries]


async def test_a_journal_done_again_is_the_run_itself():
    records, file = [], StringIO()
    write = journal(LINES, lambda line: print(line, file=file), contexts=CONTEXTS)

    def observe(record):
        records.append(record)
        write(record)

    async with running(observe) as driver:
        driver.send(FRONT, Want("north"))
        await anyio.sleep(0.25)
        driver.send(FRONT, Want("south"))
        driver.send(LINE, Start(), key="north")
        await anyio.sleep(10)
        driver.send(LINE, Cut(), key="south")
        await anyio.sleep(10)
        driver.send(FRONT, CutAll())
        await anyio.sleep(1)
    contexts, told = stimuli(file.getvalue().splitlines())
    assert contexts == CONTEXTS
    assert told == [(record.member, record.stimulus) for record in records]
    times = [(member, stimulus.at_seconds) for member, stimulus in told if isinstance(stimulus.event, Fired)]
    assert times == [("line[north]", 1.5), ("line[south]", 1.75), ("line[north]", 3.0), ("line[south]", 3.25)]
    walk = SystemWalk(LINES, contexts)
    snapshot = walk.snapshot
    for (member, stimulus), record in zip(told, records, strict=True):
        done = LINES.step(snapshot, member, stimulus)
        assert (done.path, done.orders, done.armed) == (
            record.transaction.path,
            record.transaction.orders,
            record.transaction.armed,
        )
        snapshot = done.snapshot
    assert snapshot == driver.snapshot


async def test_the_first_line_is_written_before_the_driver_is_made():
    lines = []
    journal(LINES, lines.append, contexts=CONTEXTS)
    assert lines == [JournalForm(LINES).head(CONTEXTS)]
    assert stimuli(lines) == (CONTEXTS, [])


async def test_every_line_is_there_when_its_orders_are_performed():
    lines, seen = [], []

    async def dials(effect, reply):
        seen.append(len(lines))

    driver = Driver(LINES, [performs(Dial, dials)], observe=journal(LINES, lines.append))
    async with anyio.create_task_group() as tasks:
        await tasks.start(driver.run)
        await driver.send(FRONT, Want("north"))
        await anyio.wait_all_tasks_blocked()
        driver.stop()
    assert seen == [2]


async def test_an_event_that_no_row_answers_has_no_line_and_changes_nothing_for_the_run():
    lines = []
    async with running(journal(LINES, lines.append, contexts=CONTEXTS)) as driver:
        with pytest.raises(Rejected):
            await driver.send(FRONT, Stray("sekrit"))
        await driver.send(FRONT, Want("north"))
        with pytest.raises(Rejected):
            await driver.send(LINE, Stray("sekrit"), key="north")
        await driver.send(FRONT, CutAll())
    assert [stimulus.event for _, stimulus in stimuli(lines)[1]] == [Want("north"), CutAll()]
    assert "sekrit" not in "".join(lines)


async def test_an_event_for_an_instance_that_is_not_there_has_its_line():
    lines = []
    async with running(journal(LINES, lines.append, contexts=CONTEXTS), Policy.REPORT) as driver:
        assert isinstance(await driver.send(LINE, Cut(), key="nowhere"), Unhandled)
    assert stimuli(lines)[1] == [("line[nowhere]", Stimulus(Cut(), 0.0))]


async def test_an_event_that_holds_what_its_annotations_do_not_say_stops_the_run():
    lines = []
    driver = Driver(LINES, [performs(Dial, third_time)], observe=journal(LINES, lines.append))
    driver.send(FRONT, Want(None))
    with pytest.raises(NotSavable) as caught:
        await driver.run()
    assert caught.value.path == "$.front.Want.line"
    assert len(lines) == 1


async def test_a_file_that_takes_no_more_is_reported_and_the_run_goes_on(caplog):
    def full(line):
        if '"at_seconds"' in line:
            raise OSError("no space left: sekrit")

    with caplog.at_level(logging.WARNING):
        async with running(journal(LINES, full, contexts=CONTEXTS), Policy.REPORT) as driver:
            await driver.send(FRONT, Want("north"))
            await anyio.sleep(10)
    assert driver.snapshot.of(LINE, "north").state is Line.LINKED
    assert "lines: telling of Record raised OSError" in caplog.text
    assert "sekrit" not in caplog.text
