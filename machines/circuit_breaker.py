"""Circuit breaker: leaves a service alone that keeps failing, and finds out carefully whether it is back.

Surprising arrows, in words:
- A permit has a number, and counts only in the stay in which it was given out. A result from before the last change of
  state is old news and changes nothing: a late success cannot close an open breaker, a late failure cannot prolong it.
- Half open admits as many probes as it has, no more; a probe that ends neutral, or never began, is given back.
- A probe has a lease, longer than whoever asked for it may need: if nobody reports, the breaker opens again rather than
  waiting for ever.
- Whoever was denied is told by Available when it is worth asking again, so nobody sleeps beside the breaker's timer.
- Results are counted in METRICS_ONLY and change nothing there; an operator reads them in the context, and every change
  of state, with its cause, in the record of its step.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, field, frozen

from machines.link import Permit, Report
from machines.options import number, of_kind, or_none, refuse_less, seconds, whole
from machines.policy.window import Window, WindowOptions
from statekit import EVERY, Jitter, Kind, Machine, Rows, Signal, after, arm, disarm, timer
from statekit.timers import Duration


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Threshold and reset time are the seed's (5 in a row, 60 s), a probe's lease ours (30 s); times in seconds.

    `reset_growth` multiplies the reset time with every probe that fails, up to `reset_cap_seconds`, and `reset_jitter`
    draws it out by so large a share; both do nothing unless set. `probes` may be out at once, `successes_min` of them
    must succeed to close it. `window`, if there is one, also opens it by the share of the last calls.
    """

    failures_max: int = field(default=5, validator=whole(at_least=1))
    reset_seconds: float = field(default=60.0, validator=seconds(above=0))
    reset_growth: float = field(default=1.0, validator=number(at_least=1))
    reset_cap_seconds: float = field(default=600.0, validator=seconds(above=0))
    reset_jitter: float = field(default=0.0, validator=number())
    lease_seconds: float = field(default=30.0, validator=seconds(above=0))
    probes: int = field(default=1, validator=whole(at_least=1))
    successes_min: int = field(default=1, validator=whole(at_least=1))
    window: WindowOptions | None = field(default=None, validator=or_none(of_kind(WindowOptions)))

    def __attrs_post_init__(self) -> None:
        """Refuse a reset time that could only shrink."""
        refuse_less(self, "reset_cap_seconds", "reset_seconds")


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """What the breaker lets through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    DISABLED = "disabled"
    METRICS_ONLY = "metrics_only"


CLOSED, OPEN, HALF_OPEN, FORCED_OPEN, DISABLED, METRICS_ONLY = State


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class Acquire:
    """May one attempt be made? It will have been reported after `seconds` at the latest, if that is known."""

    seconds: float = 0.0

    @classmethod
    def samples(cls) -> "tuple[Acquire, ...]":
        """Give one that names no time, and one that needs longer than the lease."""
        return cls(), cls(60.0)


@frozen
class Reported:
    """How the attempt under this permit went."""

    permit: Permit
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
class MetricsOnly:
    """An operator wants every attempt let through, and counted."""


@frozen
class Reset:
    """An operator wants the breaker to work as if nothing had happened."""


Event: TypeAlias = Acquire | Reported | ForceOpen | Disable | MetricsOnly | Reset


# ---------------------------------------------------------------------------------------------------------- effects
@frozen
class Grant(Signal):
    """One attempt may be made; report it under this permit."""

    permit: Permit


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
    """What the breaker counts.

    `permit` is the number of the newest permit: one for a whole stay, except that in HALF_OPEN each probe has its own.
    `out` are the probes not yet reported, `needed_seconds` how long the newest may take; `failures` are those in a row,
    `successes` those of this half-open stay, `reopenings` the probes that failed since it was last closed.
    """

    options: Options = Options()
    permit: Permit = 1
    out: frozenset[Permit] = frozenset()
    needed_seconds: float = 0.0
    failures: int = 0
    successes: int = 0
    reopenings: int = 0
    window: Window = Window()


def reset_delay(context: Context) -> Duration:
    """How long an open breaker leaves the service alone: longer each time a probe has failed, if so set."""
    options = context.options
    grown = options.reset_seconds * options.reset_growth**context.reopenings
    low = min(grown, options.reset_cap_seconds)
    return Jitter(low, low * (1 + options.reset_jitter)) if options.reset_jitter else low


def lease(context: Context) -> float:
    """How long a probe may go unreported: a quarter more than it needs, so that no late timer overtakes its report."""
    return max(context.options.lease_seconds, context.needed_seconds * 1.25)


# --------------------------------------------------------------------------------------------------- guards, updates
def is_old(context: Context, event: Reported) -> bool:
    """Is the permit from before the last change of state?"""
    return event.permit != context.permit


def is_not_out(context: Context, event: Reported) -> bool:
    """Is it no probe of this stay, or one that was reported already?"""
    return event.permit not in context.out


def succeeded(_: Context, event: Reported) -> bool:
    """Did the attempt succeed, be it slowly?"""
    return event.result in (Report.OK, Report.SLOW)


def failed(_: Context, event: Reported) -> bool:
    """Did the service fail the attempt?"""
    return event.result is Report.FAIL


def proves_nothing(_: Context, event: Reported) -> bool:
    """Does the result say nothing about the service?"""
    return event.result in (Report.NEUTRAL, Report.CANCEL)


def opens(context: Context, event: Reported) -> bool:
    """Is this the result that opens the breaker: one failure in a row too many, or a bad window?"""
    options, counted = context.options, count_result(context, event)
    bad = options.window is not None and counted.window.is_bad(options.window)
    return counted.failures >= options.failures_max or bad


def closes(context: Context, event: Reported) -> bool:
    """Is this the success that closes the breaker?"""
    return succeeded(context, event) and context.successes + 1 >= context.options.successes_min


def probe_left(context: Context) -> bool:
    """Is there a probe to give out?"""
    return len(context.out) < context.options.probes


def count_result(context: Context, event: Reported) -> Context:
    """Count a result: a failure in a row, or a success that forgives them; and in the window, if there is one."""
    is_failure, options = event.result is Report.FAIL, context.options
    failures = min(context.failures + 1, options.failures_max) if is_failure else 0
    if options.window is None:
        return evolve(context, failures=failures)
    window = context.window.with_call(options.window, failed=is_failure, slow=event.result is Report.SLOW)
    return evolve(context, failures=failures, window=window)


def forgive(context: Context) -> Context:
    """Forget what was counted."""
    return evolve(context, failures=0, window=Window())


def begin_anew(context: Context) -> Context:
    """Make every permit that is still out old, and count from nothing."""
    return Context(context.options, context.permit + 1)


def begin_probing(context: Context) -> Context:
    """Make every permit that is still out old; how often a probe has failed is remembered."""
    return evolve(begin_anew(context), reopenings=context.reopenings)


def reopen(context: Context) -> Context:
    """Begin anew, and remember that one more probe has failed, as far as it can still lengthen the reset time."""
    options = context.options
    capped = options.reset_seconds * options.reset_growth**context.reopenings >= options.reset_cap_seconds
    grows = options.reset_growth > 1 and not capped
    return evolve(begin_anew(context), reopenings=context.reopenings + grows)


def take_probe(context: Context, event: Acquire) -> Context:
    """Give one probe out, under a number of its own."""
    permit = context.permit + 1
    return evolve(context, permit=permit, out=context.out | {permit}, needed_seconds=event.seconds)


def return_probe(context: Context, event: Reported) -> Context:
    """Take a probe back that proved nothing."""
    return evolve(context, out=context.out - {event.permit})


def count_success(context: Context, event: Reported) -> Context:
    """Count a probe that succeeded, while more must."""
    return evolve(return_probe(context, event), successes=context.successes + 1)


def grant(context: Context) -> Grant:
    """Let one attempt through."""
    return Grant(context.permit)


def probe(context: Context, event: Acquire | Reported) -> Permit:
    """Which probe a lease is for: the one given out now, or the one reported."""
    return event.permit if isinstance(event, Reported) else context.permit


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, state = rows.row, rows.stay, rows.ignore, rows.state

leased = timer("leased", lease, scope=HALF_OPEN, key=probe)

# fmt: off
STATES = (
    #     state         kind          what it means
    state(CLOSED,       Kind.STEADY,  "attempts pass; failures in a row are counted"),
    state(OPEN,         Kind.WAITING, "nothing passes until the reset time is over"),
    state(HALF_OPEN,    Kind.BUSY,    "a probe decides", waits_for="whoever asks for a permit"),
    state(FORCED_OPEN,  Kind.REST,    "an operator lets nothing pass", waits_for="a person"),
    state(DISABLED,     Kind.REST,    "an operator lets everything pass", waits_for="a person"),
    state(METRICS_ONLY, Kind.REST,    "an operator lets everything pass, and has it counted", waits_for="a person"),
)

TABLE = (
    #   source             trigger             target        effects, then guard= and update=
    stay((CLOSED, METRICS_ONLY, DISABLED), Acquire, grant),
    ignore((CLOSED, METRICS_ONLY), Reported,   guard=is_old,
        because="the permit is from before the last change"),
    ignore((CLOSED, METRICS_ONLY), Reported,   guard=proves_nothing,
        because="it proves nothing of the service"),
    row(CLOSED,            Reported,           OPEN,         guard=opens, update=begin_anew),
    stay((CLOSED, METRICS_ONLY), Reported,     update=count_result),

    stay((OPEN, FORCED_OPEN), Acquire,         Deny()),
    row(OPEN,              after(reset_delay), HALF_OPEN,    Available(), update=begin_probing),
    ignore(OPEN,           Reported,           because="nothing was let through since it opened"),

    stay(HALF_OPEN,        Acquire,            grant, arm(leased), guard=probe_left, update=take_probe),
    stay(HALF_OPEN,        Acquire,            Deny()),
    ignore(HALF_OPEN,      Reported,           guard=is_not_out, because="no probe of this half-open stay"),
    row(HALF_OPEN,         Reported,           OPEN,         guard=failed, update=reopen),
    row(HALF_OPEN,         Reported,           CLOSED,       Available(), guard=closes, update=begin_anew),
    stay(HALF_OPEN,        Reported,           disarm(leased), Available(), guard=succeeded,
        update=count_success),
    stay(HALF_OPEN,        Reported,           disarm(leased), Available(), update=return_probe),
    row(HALF_OPEN,         leased,             OPEN,         update=reopen),

    ignore((FORCED_OPEN, DISABLED), Reported,  because="an operator decides, not results"),
    ignore(FORCED_OPEN,    ForceOpen,          because="it is forced open already"),
    ignore(DISABLED,       Disable,            because="it is disabled already"),
    ignore(METRICS_ONLY,   MetricsOnly,        because="it only counts already"),
    row(EVERY,             ForceOpen,          FORCED_OPEN,  update=begin_anew),
    row(EVERY,             Disable,            DISABLED,     Available(), update=begin_anew),
    row(EVERY,             MetricsOnly,        METRICS_ONLY, Available(), update=begin_anew),
    stay(CLOSED,           Reset,              update=forgive),
    row(EVERY,             Reset,              CLOSED,       Available(), update=begin_anew),
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
