"""One line to a server (it dials, streams, backs off), a keeper of notes, and a driver of both."""

from enum import StrEnum

import anyio
from attrs import evolve, frozen

from statekit import Jitter, Kind, Machine, Rows, Signal, System, after, arm, publish, timer, wire
from statekit.run import Driver, performs
from statekit.timers import ClockJumped


class Event:
    def __repr__(self):
        return type(self).__name__

    def __eq__(self, other):
        return type(self) is type(other)

    def __hash__(self):
        return hash(type(self))


class Connect(Event): ...


class Close(Event): ...


class Opened(Event): ...


class Lost(Event): ...


class Nudge(Event): ...


class Upset(Event): ...


class Trip(Event): ...


class Retire(Event): ...


class Doubt(Event): ...


@frozen
class OpenFailed:
    why: str


@frozen
class Frame:
    text: str


@frozen
class Noted:
    what: str


class Dial(Event): ...


class Hangup(Event): ...


class Greet(Event): ...


class Up(Signal, Event):
    __slots__ = ()


class Told(Signal, Event):
    __slots__ = ()


class Broke(Signal, Event):
    __slots__ = ()


class Odd(Signal, Event):
    __slots__ = ()


class Line(StrEnum):
    IDLE = "idle"
    DIALING = "dialing"
    LINKED = "linked"
    RESTING = "resting"
    OVER = "over"


@frozen
class Seen:
    items: tuple[object, ...] = ()


def failed(failure):
    return OpenFailed(f"{failure.effect}: {failure.error}")


def cut_off(failure):
    return Lost()


def note(seen: Seen, event: object) -> Seen:
    return evolve(seen, items=(*seen.items, event))


def never(seen: Seen) -> bool:
    return False


def falls(seen: Seen, event: object) -> Seen:
    raise ZeroDivisionError("the text")


def rest_seconds(seen: Seen) -> Jitter:
    return Jitter(2.0, 6.0)


L = Rows[Line, Seen, object]()
LINK = L.group("link", Line.DIALING, Line.LINKED)
LINE = Machine(
    "line",
    initial=Line.IDLE,
    context=Seen(),
    states=(
        L.state(Line.IDLE, Kind.REST, "nothing is wanted", waits_for="the application"),
        L.state(Line.DIALING, Kind.BUSY, "a socket was asked for"),
        L.state(Line.LINKED, Kind.STEADY, "frames come"),
        L.state(Line.RESTING, Kind.WAITING, "it failed and will try again"),
        L.state(Line.OVER, Kind.ENDED, "for good"),
    ),
    groups=(LINK,),
    table=(
        L.row(Line.IDLE, Connect, Line.DIALING, Dial(), update=note),
        L.row(Line.DIALING, Opened, Line.LINKED, Greet(), Up(), update=note),
        L.row(Line.DIALING, after(10.0), Line.RESTING, update=note),
        L.row(LINK, OpenFailed, Line.RESTING, update=note),
        L.row(LINK, Close, Line.IDLE, update=note),
        L.stay(Line.LINKED, Frame, update=note),
        L.row(Line.LINKED, Lost, Line.RESTING, update=note),
        L.row(Line.RESTING, after(rest_seconds), Line.IDLE, update=note),
        L.row(Line.RESTING, Connect, Line.DIALING, Dial()),
        L.row(Line.RESTING, Close, Line.IDLE, guard=never),
        L.stay(Line.IDLE, Nudge, Told(), update=note),
        L.stay(Line.IDLE, Trip, Broke()),
        L.stay(Line.IDLE, Doubt, Odd()),
        L.stay(Line.IDLE, ClockJumped, update=note),
        L.row(Line.IDLE, Retire, Line.OVER),
        L.forbid(Line.IDLE, Upset, because="nothing may be upset"),
        L.ignore(Line.IDLE, Close, because="it is closed"),
    ),
    answering=(
        L.answering(
            Dial,
            OpenFailed,
            scope=LINK,
            failed=failed,
            opens=Opened,
            streams=(Frame,),
            ends=(Lost,),
            orphan=Hangup(),
            lost=cut_off,
        ),
    ),
)


class Note(StrEnum):
    OPEN = "open"


N = Rows[Note, Seen, object]()
FIRST, SECOND, THIRD = (timer(name, at, scope=Note.OPEN) for name, at in (("a", 5.0), ("b", 5.0), ("c", 3.0)))
NOTES = Machine(
    "notes",
    initial=Note.OPEN,
    context=Seen(),
    states=(N.state(Note.OPEN, Kind.STEADY, "it takes notes"),),
    table=(
        N.stay(Note.OPEN, Noted, update=note),
        N.stay(Note.OPEN, Connect, arm(FIRST), arm(SECOND), arm(THIRD)),
        N.stay(Note.OPEN, FIRST, update=note),
        N.stay(Note.OPEN, SECOND, update=note),
        N.stay(Note.OPEN, THIRD, update=note),
        N.stay(Note.OPEN, Trip, update=falls),
        N.forbid(Note.OPEN, Upset, because="notes are calm"),
        N.ignore(Note.OPEN, Lost, because="notes lose nothing"),
    ),
)


def note_told(signal: Told) -> Noted:
    return Noted("told")


def trip(signal: Broke) -> Trip:
    return Trip()


def upset(signal: Odd) -> Upset:
    return Upset()


WIRING = (
    wire(LINE, Told, NOTES, note_told),
    wire(LINE, Broke, NOTES, trip),
    wire(LINE, Odd, NOTES, upset),
    publish(LINE, Up),
)
BOTH = System("both", members=(LINE, NOTES), wiring=WIRING)


async def opens_and_stays(effect, reply):
    reply(Opened())
    await anyio.sleep_forever()


async def never_opens(effect, reply):
    await anyio.sleep_forever()


def nothing(effect, reply):
    pass


def make(dial=never_opens, *, hangup=nothing, greet=nothing, **more):
    return Driver(BOTH, (performs(Dial, dial), performs(Hangup, hangup), performs(Greet, greet)), **more)


def state(driver):
    return driver.snapshot.of(LINE).state


def seen(driver, machine=LINE):
    return list(driver.snapshot.of(machine).context.items)


async def returns(effect, reply):
    await anyio.sleep(1)


def raises_at_once(effect, reply):
    raise LookupError
