"""Circuit breaker: leaves a service alone that keeps failing, and finds out carefully whether it is back.

Surprising arrows, in words:
- A permit carries a generation. A result from before the last change of state is old news and changes nothing: a late
  success cannot close an open breaker, a late failure cannot prolong it.
- Half open admits as many probes as it has, no more; a probe that ends neutral, or never began, is given back.
- A probe has a lease: if nobody reports, the breaker opens again rather than waiting for ever.
"""

from enum import StrEnum
from typing import Annotated, TypeAlias

from attrs import evolve, field, frozen
from attrs.validators import ge, gt

from machines.link import Report
from statekit import EVERY, Kind, Machine, Ordinal, Rows, Signal, after, arm, disarm, timer

Generation: TypeAlias = Annotated[Ordinal, "permit"]
"""Which permits count: those of the breaker's present state."""


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Threshold and reset time are the seed's (5 and 60 s); one probe at a time, leased for 30 s."""

    failures_max: int = field(default=5, validator=ge(1))
    reset_seconds: float = field(default=60.0, validator=gt(0))
    lease_seconds: float = field(default=30.0, validator=gt(0))
    probes: int = field(default=1, validator=ge(1))


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """What the breaker lets through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"


CLOSED, OPEN, HALF_OPEN, FORCED_OPEN, DISABLED = State


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class Acquire:
    """May one attempt be made?"""


@frozen
class Reported:
    """How the attempt under a permit of this generation went."""

    generation: Generation
    result: Report

    @classmethod
    def samples(cls) -> "tuple[Reported, ...]":
        """Give one report of each result."""
        return tuple(cls(1, result) for result in Report)


@frozen
class ForceOpen:
    """An operator wants no attempt at all."""


@frozen
class Disable:
    """An operator wants every attempt let through."""


@frozen
class Reset:
    """An operator wants the breaker to work as if nothing had happened."""


Event: TypeAlias = Acquire | Reported | ForceOpen | Disable | Reset


# ---------------------------------------------------------------------------------------------------------- effects
@frozen
class Grant(Signal):
    """One attempt may be made; report it under this generation."""

    generation: Generation


@frozen
class Deny(Signal):
    """No attempt may be made now; Available will follow."""


@frozen
class Available(Signal):
    """Whoever was denied may ask again."""


Effect: TypeAlias = Grant | Deny | Available


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """The generation of the present state's permits, the failures in a row, the probes not yet given out."""

    options: Options = Options()
    generation: Generation = 1
    failures: int = 0
    probes: int = 0


def reset_delay(context: Context) -> float:
    """How long an open breaker leaves the service alone."""
    return context.options.reset_seconds


def lease(context: Context) -> float:
    """How long a probe may go unreported."""
    return context.options.lease_seconds


# --------------------------------------------------------------------------------------------------- guards, updates
def is_old(context: Context, event: Reported) -> bool:
    """Is the permit from before the last change of state?"""
    return event.generation != context.generation


def succeeded(_: Context, event: Reported) -> bool:
    """Did the attempt succeed?"""
    return event.result is Report.OK


def failed(_: Context, event: Reported) -> bool:
    """Did the service fail the attempt?"""
    return event.result is Report.FAIL


def failed_once_too_often(context: Context, event: Reported) -> bool:
    """Is this the failure that opens the breaker?"""
    return event.result is Report.FAIL and context.failures + 1 >= context.options.failures_max


def probe_left(context: Context) -> bool:
    """Is there a probe to give out?"""
    return context.probes > 0


def count_failure(context: Context) -> Context:
    """Count a failure in a row."""
    return evolve(context, failures=context.failures + 1)


def forgive(context: Context) -> Context:
    """Forget the failures."""
    return evolve(context, failures=0)


def begin_anew(context: Context) -> Context:
    """Make every permit that is still out old, and fill the probes up."""
    generation, probes = context.generation + 1, context.options.probes
    return evolve(context, generation=generation, failures=0, probes=probes)


def take_probe(context: Context) -> Context:
    """Give one probe out."""
    return evolve(context, probes=context.probes - 1)


def return_probe(context: Context) -> Context:
    """Take a probe back that proved nothing."""
    return evolve(context, probes=context.probes + 1)


def grant(context: Context) -> Grant:
    """Let one attempt through."""
    return Grant(context.generation)


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, state = rows.row, rows.stay, rows.ignore, rows.state

leased = timer("leased", lease, scope=HALF_OPEN)

# fmt: off
STATES = (
    #     state        kind          what it means
    state(CLOSED,      Kind.STEADY,  "attempts pass; failures in a row are counted"),
    state(OPEN,        Kind.WAITING, "nothing passes until the reset time is over"),
    state(HALF_OPEN,   Kind.BUSY,    "a probe decides", waits_for="whoever asks for a permit"),
    state(FORCED_OPEN, Kind.REST,    "an operator lets nothing pass", waits_for="a person"),
    state(DISABLED,    Kind.REST,    "an operator lets everything pass", waits_for="a person"),
)

TABLE = (
    #   source         trigger             target        effects, then guard= and update=
    stay(CLOSED,       Acquire,            grant),
    ignore(CLOSED,     Reported,           guard=is_old, because="the permit is from before the last change"),
    stay(CLOSED,       Reported,           guard=succeeded, update=forgive),
    row(CLOSED,        Reported,           OPEN,         guard=failed_once_too_often, update=begin_anew),
    stay(CLOSED,       Reported,           guard=failed, update=count_failure),
    ignore(CLOSED,     Reported,           because="neutral and cancelled attempts prove nothing"),

    stay(OPEN,         Acquire,            Deny()),
    row(OPEN,          after(reset_delay), HALF_OPEN,    Available(), update=begin_anew),
    ignore(OPEN,       Reported,           because="nothing was let through since it opened"),

    stay(HALF_OPEN,    Acquire,            grant, arm(leased), guard=probe_left, update=take_probe),
    stay(HALF_OPEN,    Acquire,            Deny()),
    ignore(HALF_OPEN,  Reported,           guard=is_old, because="the permit is from before the last change"),
    row(HALF_OPEN,     Reported,           CLOSED,       Available(), guard=succeeded, update=begin_anew),
    row(HALF_OPEN,     Reported,           OPEN,         guard=failed, update=begin_anew),
    stay(HALF_OPEN,    Reported,           disarm(leased), Available(), update=return_probe),
    row(HALF_OPEN,     leased,             OPEN,         update=begin_anew),

    stay(FORCED_OPEN,  Acquire,            Deny()),
    stay(DISABLED,     Acquire,            grant),
    ignore((FORCED_OPEN, DISABLED), Reported, because="an operator decides, not results"),
    row((CLOSED, OPEN, HALF_OPEN, DISABLED), ForceOpen, FORCED_OPEN, update=begin_anew),
    row((CLOSED, OPEN, HALF_OPEN, FORCED_OPEN), Disable, DISABLED, Available(), update=begin_anew),
    row((OPEN, HALF_OPEN, FORCED_OPEN, DISABLED), Reset, CLOSED, Available(), update=begin_anew),
    stay(CLOSED,       Reset,              update=forgive),
    ignore(EVERY,      ForceOpen,          because="it is forced open already"),
    ignore(EVERY,      Disable,            because="it is disabled already"),
)
# fmt: on

CIRCUIT_BREAKER = Machine[State, Event, Context, Effect](
    "circuit_breaker",
    initial=CLOSED,
    context=Context(),
    states=STATES,
    table=TABLE,
    doc="Leaves a service alone that keeps failing, and finds out carefully whether it is back.",
)
