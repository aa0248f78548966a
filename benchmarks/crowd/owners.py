"""Two more owners of gates: who hides or is locked out, and too many errors."""

from enum import StrEnum

from attrs import evolve, frozen

from benchmarks.crowd.shared import Nothing, Silent
from statekit import EVERY, Kind, Machine, Rows, after


class HoldState(StrEnum):
    CLEAR = "clear"
    HIDDEN = "hidden"
    LOCKED = "locked"
    BOTH = "both"


@frozen
class Hide:
    pass


@frozen
class Reveal:
    pass


@frozen
class Lock:
    pass


hold = Rows[HoldState, Nothing, Silent]()
CLEAR, HIDDEN, LOCKED, BOTH = HoldState
HOLD = Machine[HoldState, Hide | Reveal | Lock, Nothing, Silent](
    "hold",
    initial=CLEAR,
    context=Nothing(),
    states=(
        hold.state(CLEAR, Kind.STEADY, "no gate of ours is shut"),
        hold.state(HIDDEN, Kind.WAITING, "nobody looks", waits_for="a person"),
        hold.state(LOCKED, Kind.WAITING, "the server wants us away"),
        hold.state(BOTH, Kind.WAITING, "both"),
    ),
    table=(
        hold.row(CLEAR, Hide, HIDDEN),
        hold.row(LOCKED, Hide, BOTH),
        hold.ignore(EVERY, Hide, because="it is hidden"),
        hold.row(HIDDEN, Reveal, CLEAR),
        hold.row(BOTH, Reveal, LOCKED),
        hold.ignore(EVERY, Reveal, because="it is to be seen"),
        hold.row(CLEAR, Lock, LOCKED),
        hold.row(HIDDEN, Lock, BOTH),
        hold.reenter((LOCKED, BOTH), Lock),
        hold.row(LOCKED, after(60.0), CLEAR),
        hold.row(BOTH, after(60.0), HIDDEN),
    ),
)


class StormState(StrEnum):
    CALM = "calm"
    STORM = "storm"


@frozen
class Erred:
    pass


@frozen
class StormContext:
    errors: int = 0


def too_many(context: StormContext) -> bool:
    return context.errors + 1 >= 14


def add(context: StormContext) -> StormContext:
    return evolve(context, errors=context.errors + 1)


def clear(context: StormContext) -> StormContext:
    return evolve(context, errors=0)


storm = Rows[StormState, StormContext, Silent]()
CALM, STORM = StormState
ERRORS = Machine[StormState, Erred, StormContext, Silent](
    "errors",
    initial=CALM,
    context=StormContext(),
    states=(
        storm.state(CALM, Kind.STEADY, "few errors"),
        storm.state(STORM, Kind.WAITING, "too many errors of late"),
    ),
    table=(
        storm.row(CALM, Erred, STORM, guard=too_many, update=clear),
        storm.stay(CALM, Erred, update=add),
        storm.ignore(STORM, Erred, because="it is known"),
        storm.row(STORM, after(30.0), CALM),
    ),
)
