"""A front that asks for lines, one line per address, and a driver of them, of which half of any jitter is drawn."""

from enum import StrEnum

import anyio
from attrs import evolve, frozen

from statekit import EVERY, Jitter, Kind, Machine, Rows, Signal, System, after, keyed, publish, spawn, wire
from statekit.run import Driver, performs
from statekit.timers import ClockJumped, Fired


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


def line(driver, key):
    return driver.snapshot.of(LINE, key)
