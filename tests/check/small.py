"""Small lifecycles to explore: so small that what can be reached can be counted by hand."""

from enum import StrEnum, auto
from typing import Annotated

from attrs import evolve, frozen

from statekit import EVERY, Kind, Machine, Rows, after
from statekit.effects import Failure
from statekit.quantities import Instant, Ordinal


@frozen
class Nothing:
    """A context that holds nothing."""


def states_of(rows, states, kind=Kind.STEADY):
    """Declare states of which nothing is to be said."""
    return tuple(rows.state(each, kind, f"it is {each}", waits_for="a person") for each in states)


# ----------------------------------------------------------------------------------------------------------- turnstile
class Turn(StrEnum):
    LOCKED = auto()
    UNLOCKED = auto()


@frozen
class Coin:
    pass


@frozen
class Push:
    pass


turn = Rows[Turn, Nothing, object]()
TURNSTILE = Machine(
    "turnstile",
    initial=Turn.LOCKED,
    context=Nothing(),
    states=states_of(turn, Turn),
    table=(
        turn.row(Turn.LOCKED, Coin, Turn.UNLOCKED),
        turn.ignore(Turn.UNLOCKED, Coin, because="it is paid for"),
        turn.row(Turn.UNLOCKED, Push, Turn.LOCKED),
        turn.ignore(Turn.LOCKED, Push, because="it is locked"),
    ),
)


# -------------------------------------------------------------------------------------------------------------- dialer
class Line(StrEnum):
    IDLE = auto()
    DIALING = auto()
    TALKING = auto()
    WAITING = auto()


IDLE, DIALING, TALKING, WAITING = Line


@frozen
class Call:
    pass


@frozen
class HangUp:
    pass


@frozen
class Answered:
    pass


@frozen
class Busy:
    pass


@frozen
class Word:
    pass


@frozen
class Gone:
    pass


@frozen
class Dial:
    pass


@frozen
class Drop:
    pass


@frozen
class Tries:
    most: int = 2
    made: int = 0


def count(tries: Tries) -> Tries:
    return evolve(tries, made=tries.made + 1)


def start_again(tries: Tries) -> Tries:
    return evolve(tries, made=0)


def tries_left(tries: Tries) -> bool:
    return tries.made < tries.most


def broke(_: Failure) -> Busy:
    return Busy()


def cut_off(_: object) -> Gone:
    return Gone()


line = Rows[Line, Tries, object]()
ON_LINE = line.group("on_line", DIALING, TALKING)
AGAIN = line.choice("again", line.to(WAITING, guard=tries_left), line.to(IDLE, update=start_again))
DIALER = Machine(
    "dialer",
    initial=IDLE,
    context=Tries(),
    states=states_of(line, Line),
    groups=(ON_LINE,),
    table=(
        line.row(IDLE, Call, DIALING, Dial()),
        line.ignore(EVERY, Call, because="a call is wanted already"),
        line.row((DIALING, TALKING, WAITING), HangUp, IDLE, update=start_again),
        line.ignore(IDLE, HangUp, because="there is no call"),
        line.row(DIALING, Answered, TALKING, update=start_again),
        line.row(DIALING, Busy, AGAIN, update=count),
        line.row(DIALING, after(20.0), AGAIN, update=count),
        line.row(WAITING, after(60.0), DIALING, Dial()),
        line.stay(TALKING, Word),
        line.row(TALKING, Gone, IDLE),
        line.ignore(DIALING, Word, because="nobody has answered"),
        line.ignore(DIALING, Gone, because="nobody has answered"),
        line.ignore(TALKING, Answered, because="somebody has answered"),
        line.ignore(TALKING, Busy, because="somebody has answered"),
    ),
    answering=(
        line.answering(
            Dial,
            Busy,
            scope=ON_LINE,
            failed=broke,
            opens=Answered,
            streams=(Word,),
            ends=(Gone,),
            lost=cut_off,
            orphan=Drop(),
        ),
    ),
)


# ------------------------------------------------------------------------------------------------- ordinals, instants
class Lease(StrEnum):
    FREE = auto()
    HELD = auto()


@frozen
class Grant:
    pass


@frozen
class Release:
    number: Annotated[Ordinal, "lease"]

    @classmethod
    def samples(cls):
        return (cls(1),)


@frozen
class Book:
    newest: Annotated[Ordinal, "lease"] = 0


def next_lease(book: Book) -> Book:
    return evolve(book, newest=book.newest + 1)


def is_newest(book: Book, event: Release) -> bool:
    return event.number == book.newest


lease = Rows[Lease, Book, object]()
LEASES = Machine(
    "leases",
    initial=Lease.FREE,
    context=Book(),
    states=states_of(lease, Lease),
    table=(
        lease.row(Lease.FREE, Grant, Lease.HELD, update=next_lease),
        lease.stay(Lease.HELD, Grant, update=next_lease),
        lease.row(Lease.HELD, Release, Lease.FREE, guard=is_newest),
        lease.ignore(Lease.HELD, Release, because="it is an old lease"),
        lease.ignore(Lease.FREE, Release, because="nothing is held"),
    ),
)


class Door(StrEnum):
    SHUT = auto()
    OPEN = auto()


@frozen
class Knock:
    at_seconds: Instant

    @classmethod
    def samples(cls):
        return (cls(0.0),)


@frozen
class Porter:
    knocked_at_seconds: Instant = float("-inf")


PATIENCE_SECONDS = 10.0


def knocks_in_time(porter: Porter, event: Knock) -> bool:
    return event.at_seconds - porter.knocked_at_seconds < PATIENCE_SECONDS


def remember(porter: Porter, event: Knock) -> Porter:
    return evolve(porter, knocked_at_seconds=event.at_seconds)


door = Rows[Door, Porter, object]()
DOOR = Machine(
    "door",
    initial=Door.SHUT,
    context=Porter(),
    states=states_of(door, Door),
    table=(
        door.row(Door.SHUT, Knock, Door.OPEN, guard=knocks_in_time),
        door.stay(Door.SHUT, Knock, update=remember),
        door.ignore(Door.OPEN, Knock, because="it is open"),
    ),
)
