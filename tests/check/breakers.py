"""A small breaker with a mistake in it, and the same one mended, each with the same claims.

Tests that were written import this module by its name, so it stands in a file of its own.
"""

from enum import StrEnum
from typing import Annotated

from attrs import evolve, field, frozen
from attrs.validators import ge

from statekit import Kind, Machine, Ordinal, Rows, Signal, Stimulus, after, arm, disarm, step, timer
from statekit.check.model import Model, Overruled, Thresholds
from statekit.check.properties import hot, invariant, leads_to, on_step, sequence, settled, witness
from statekit.check.report import Trace
from statekit.check.seen import Move
from statekit.timers import Fired

NAME = "breaker"


class State(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


CLOSED, OPEN, HALF_OPEN = State


@frozen
class Options:
    failures_max: int = field(default=3, validator=ge(1))
    probes: int = field(default=1, validator=ge(1))
    reset_seconds: float = 60.0


@frozen
class Context:
    options: Options = Options()
    generation: Annotated[Ordinal, "permit"] = 1
    failures: int = 0
    probes: int = 0


@frozen
class Acquire:
    pass


@frozen
class Reported:
    generation: Annotated[Ordinal, "permit"]
    good: bool

    @classmethod
    def samples(cls):
        return cls(1, True), cls(1, False)


@frozen
class Grant(Signal):
    generation: int


@frozen
class Deny(Signal):
    pass


@frozen
class Log:
    what: str


def reset_delay(context: Context) -> float:
    return context.options.reset_seconds


def is_old(context: Context, event: Reported) -> bool:
    return event.generation != context.generation


def is_good(context: Context, event: Reported) -> bool:
    return event.good


def is_last_straw(context: Context) -> bool:
    return context.failures + 1 >= context.options.failures_max


def probe_left(context: Context) -> bool:
    return context.probes > 0


def grant(context: Context) -> Grant:
    return Grant(context.generation)


def count(context: Context) -> Context:
    return evolve(context, failures=context.failures + 1)


def forgive(context: Context) -> Context:
    return evolve(context, failures=0)


def anew(context: Context) -> Context:
    return Context(context.options, context.generation + 1, 0, context.options.probes)


def take(context: Context) -> Context:
    return evolve(context, probes=context.probes - 1)


def breaker(*, guarded):
    """The breaker; unless it is guarded, half open gives a permit to whoever asks."""
    rows = Rows[State, Context, Grant | Deny | Log]()
    row, stay, ignore, state = rows.row, rows.stay, rows.ignore, rows.state
    lease = timer("lease", 30.0, scope=HALF_OPEN)
    asked = (
        stay(HALF_OPEN, Acquire, grant, arm(lease), guard=probe_left, update=take),
        stay(HALF_OPEN, Acquire, Deny()),
    )
    return Machine(
        NAME,
        initial=CLOSED,
        context=Context(),
        states=(
            state(CLOSED, Kind.STEADY, "attempts pass"),
            state(OPEN, Kind.WAITING, "nothing passes", exit=(Log("over"),)),
            state(HALF_OPEN, Kind.BUSY, "a probe decides", waits_for="whoever asks"),
        ),
        table=(
            stay(CLOSED, Acquire, grant),
            ignore((CLOSED, HALF_OPEN), Reported, guard=is_old, because="it is old"),
            stay(CLOSED, Reported, guard=is_good, update=forgive),
            row(CLOSED, Reported, OPEN, guard=is_last_straw, update=anew),
            stay(CLOSED, Reported, update=count),
            stay(OPEN, Acquire, Deny()),
            ignore(OPEN, Reported, because="nothing was let through"),
            row(OPEN, after(reset_delay), HALF_OPEN, update=anew),
            *(asked if guarded else (stay(HALF_OPEN, Acquire, grant, arm(lease), update=take),)),
            row(HALF_OPEN, Reported, CLOSED, disarm(lease), guard=is_good, update=anew),
            row(HALF_OPEN, Reported, OPEN, update=anew),
            row(HALF_OPEN, lease, OPEN, update=anew),
        ),
    )


def probes_are_bounded(snapshot) -> bool:
    """No more probes are out than there are."""
    return snapshot.context.probes >= 0


def open_denies(seen) -> bool:
    """An open breaker denies."""
    return seen.before.state is not OPEN or not isinstance(seen.move.event, Acquire) or seen.effects == (Deny(),)


def count_permits(given, seen) -> int:
    if seen.before.state is not HALF_OPEN or seen.after.state is not HALF_OPEN:
        return 0
    return min(given + any(isinstance(each, Grant) for each in seen.effects), 2)


def one_probe(given) -> bool:
    """No two permits are given while a probe decides."""
    return given < 2


def half_open(snapshot) -> bool:
    """A probe is let through."""
    return snapshot.state is HALF_OPEN


def stands_open(snapshot) -> bool:
    """An open breaker lets a probe through in the end."""
    return snapshot.state is OPEN


def closed_or_asked(snapshot) -> bool:
    """It comes by itself to where an attempt passes."""
    return snapshot.state is not OPEN


PROPERTIES = (
    invariant("B1", probes_are_bounded),
    on_step("B2", open_denies),
    sequence("B3", 0, count_permits, one_probe),
    witness("B4", half_open),
    leads_to("B5", stands_open, half_open),
    hot("B6", stands_open),
    settled("B7", closed_or_asked),
)
THRESHOLDS = {"default": Thresholds({NAME: Context(Options(failures_max=2))})}
UNNEEDED = "stay CLOSED Reported if is_good: dropped"
OVERRULED = (Overruled("mutant", UNNEEDED, "that one success forgives all is a wish, and no claim"),)

BROKEN = Model(breaker(guarded=False), PROPERTIES, THRESHOLDS)
MENDED = Model(breaker(guarded=True), PROPERTIES, THRESHOLDS)
EXCUSED = Model(breaker(guarded=True), PROPERTIES, THRESHOLDS, overruled=OVERRULED)

RESET = "after reset_delay in open"
TO_OPEN = (Move(NAME, Reported(1, good=False)), Move(NAME, Reported(1, good=False)))
TO_HALF_OPEN = (*TO_OPEN, Move(NAME, Fired(RESET, None, 60.0), RESET))
WAY = Trace(NAME, "default", (*TO_HALF_OPEN, Move(NAME, Acquire()), Move(NAME, Acquire())))
"""The shortest way on which the broken breaker gives out a probe that it has not."""

LASSO = Trace(NAME, "default", (*TO_OPEN, Move(NAME, Acquire())), loop_from=2)
"""A way that goes round in OPEN; no fair one, as the timer never fires."""


def deaf():
    """The mended breaker, but open it grants."""
    shipped = breaker(guarded=True)
    rows = [
        evolve(row, effects=(grant,)) if row.source is OPEN and row.effects == (Deny(),) else row
        for row in shipped.table
    ]
    return Machine(NAME, initial=CLOSED, context=Context(), states=shipped.states, table=rows)


DEAF = deaf()


def as_written(seen) -> bool:
    """It takes the very step that was written down."""
    machine, before, move = MENDED.subject, seen.before, seen.move
    ticket = before.ticket(move.awaited, move.key) if move.awaited and not move.stale else None
    stimulus = Stimulus(move.event, ticket=ticket.number if ticket else 0 if move.awaited else None)
    done = step(machine, before, stimulus)
    delays = not isinstance(move.event, Fired) or move.stale or move.event.delay_seconds == planned(before, move)
    return delays and (done.snapshot.state, done.effects) == (seen.after.state, seen.effects)


def planned(snapshot, move) -> float:
    return snapshot.context.options.reset_seconds if move.awaited == RESET else 30.0


def lease_runs(snapshot) -> bool:
    """A probe that is out has a lease."""
    out = snapshot.context.options.probes - snapshot.context.probes
    return snapshot.state is not HALF_OPEN or not out or snapshot.ticket("lease") is not None


STRICT = Model(breaker(guarded=True), (*PROPERTIES, on_step("B8", as_written), invariant("B9", lease_runs)), THRESHOLDS)
"""Claims so strict that no mutant is left."""
