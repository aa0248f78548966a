"""Breaker: three states, a counter and a guard; what a call through a circuit breaker costs."""

from enum import StrEnum
from typing import cast

from attrs import frozen

from benchmarks.workload import Workload
from statekit import Kind, Machine, Rows


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


CLOSED, OPEN, HALF_OPEN = State


@frozen
class Succeeded:
    """A call succeeded."""


@frozen
class CallFailed:
    """A call failed."""


@frozen
class ResetDue:
    """The service was left alone for long enough."""


@frozen
class Trip:
    """Let nothing pass."""


@frozen
class Probe:
    """Let one call pass."""


@frozen
class Mend:
    """Let everything pass."""


TRIP, PROBE, MEND = Trip(), Probe(), Mend()
FAILURES_MAX = 3


@frozen
class Context:
    """Failures in a row, how many are too many, and whether it has been open since it last closed."""

    failures: int = 0
    failures_max: int = FAILURES_MAX
    tripped: bool = False


def once_too_often(context: Context) -> bool:
    return context.failures + 1 >= context.failures_max


def count_failure(context: Context) -> Context:
    return Context(context.failures + 1, context.failures_max, context.tripped)


def forgive(context: Context) -> Context:
    return Context(0, context.failures_max, context.tripped)


def trip(context: Context) -> Context:
    return Context(0, context.failures_max, True)


def mend(context: Context) -> Context:
    return Context(0, context.failures_max, False)


class Data:
    """The context as peers hold it: mutable."""

    __slots__ = ("__dict__", "__weakref__", "effects", "failures", "failures_max", "tripped")

    def __init__(self):
        self.failures = 0
        self.failures_max = FAILURES_MAX
        self.tripped = False
        self.effects = []

    def values(self):
        return self.failures, self.failures_max, self.tripped

    def once_too_often(self):
        return self.failures + 1 >= self.failures_max

    def count_failure(self):
        self.failures += 1

    def forgive(self):
        self.failures = 0

    def trip(self):
        self.failures = 0
        self.tripped = True

    def mend(self):
        self.failures = 0
        self.tripped = False


rows = Rows[State, Context, object]()
row, stay, state = rows.row, rows.stay, rows.state

# fmt: off
STATES = (
    state(CLOSED,    Kind.STEADY,  "calls pass; failures in a row are counted"),
    state(OPEN,      Kind.WAITING, "nothing passes", waits_for="a timer"),
    state(HALF_OPEN, Kind.BUSY,    "one call decides", waits_for="the call"),
)

TABLE = (
    #   source     trigger      target     effects, then guard= and update=
    stay(CLOSED,   Succeeded,              update=forgive),
    row(CLOSED,    CallFailed,  OPEN,      TRIP, guard=once_too_often, update=trip),
    stay(CLOSED,   CallFailed,             update=count_failure),
    row(OPEN,      ResetDue,    HALF_OPEN, PROBE),
    row(HALF_OPEN, Succeeded,   CLOSED,    MEND, update=mend),
    row(HALF_OPEN, CallFailed,  OPEN,      TRIP),
)
# fmt: on

MACHINE = Machine[State, object, Context, object](
    "breaker", initial=CLOSED, context=Context(), states=STATES, table=TABLE
)

_ok, _bad, _due = Succeeded(), CallFailed(), ResetDue()
SCRIPT = (
    *(*(_ok,) * 6, _bad, _ok, _ok, _bad, _bad, _ok, _bad, _bad, _bad),
    *(_due, _bad, _due, _ok, *(_ok,) * 4, _bad, _bad, _bad, _due, _ok, _ok),
)

BREAKER = Workload("breaker", cast("Machine", MACHINE), SCRIPT, Data)
