"""A breaker that somebody broke, and the shipped one, each with the same claims; imported by tests that were written."""

from attrs import evolve

from machines.circuit_breaker import (
    CIRCUIT_BREAKER,
    CLOSED,
    HALF_OPEN,
    OPEN,
    STATES,
    TABLE,
    Acquire,
    Context,
    Deny,
    Options,
    Reported,
    probe_left,
)
from machines.link import Report
from statekit import Machine
from statekit.check.model import Model, Thresholds
from statekit.check.properties import hot, invariant, leads_to, on_step, sequence, settled, witness
from statekit.check.report import Trace
from statekit.check.seen import Move
from statekit.timers import Fired

NAME = CIRCUIT_BREAKER.name


def probes_are_bounded(breaker) -> bool:
    """No more probes are out than there are."""
    return breaker.context.probes >= 0


def open_denies(seen) -> bool:
    """An open breaker denies."""
    return seen.before.state is not OPEN or not isinstance(seen.move.event, Acquire) or seen.effects == (Deny(),)


def count_probes(out, seen) -> int:
    probing = seen.after.state is HALF_OPEN and seen.before.state is HALF_OPEN
    return out + 1 if probing and isinstance(seen.move.event, Acquire) and Deny() not in seen.effects else 0


def one_probe(out) -> bool:
    """Never are two permits given in a row while a probe decides."""
    return out < 2


def half_open(breaker) -> bool:
    """A probe is let through."""
    return breaker.state is HALF_OPEN


def stands_open(breaker) -> bool:
    """An open breaker lets a probe through in the end."""
    return breaker.state is OPEN


def closed(breaker) -> bool:
    """From everywhere it closes by itself."""
    return breaker.state is CLOSED


PROPERTIES = (
    invariant("B1", probes_are_bounded),
    on_step("B2", open_denies),
    sequence("B3", 0, count_probes, one_probe),
    witness("B4", half_open),
    leads_to("B5", stands_open, half_open),
    hot("B6", stands_open),
    settled("B7", closed),
)
THRESHOLDS = {"default": Thresholds({NAME: Context(Options(failures_max=2))})}


def broken():
    """The shipped table, but half open gives a permit to whoever asks."""
    rows = [evolve(row, guard=None) if row.guard is probe_left else row for row in TABLE]
    rows = [row for row in rows if not (row.source is HALF_OPEN and row.effects == (Deny(),))]
    return Machine(NAME, initial=CLOSED, context=Context(), states=STATES, table=rows)


BROKEN = Model(broken(), PROPERTIES, THRESHOLDS)
SHIPPED = Model(CIRCUIT_BREAKER, PROPERTIES, THRESHOLDS)

RESET = "after reset_delay in open"
TO_HALF_OPEN = (
    Move(NAME, Reported(1, Report.FAIL)),
    Move(NAME, Reported(1, Report.FAIL)),
    Move(NAME, Fired(RESET, None, 60.0), RESET),
)
WAY = Trace(NAME, "default", (*TO_HALF_OPEN, Move(NAME, Acquire()), Move(NAME, Acquire())))
"""The way on which the broken breaker gives out a probe that it has not."""
