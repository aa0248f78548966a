"""Error storm: stops a link on which too much goes wrong, and gives up on one where it happens again and again.

It has no say in a single error: whoever an error concerns has heard of it before it is counted here, so a storm can
swallow none. What it says of the link is its state: while it is TRIPPED or LATCHED the connection's gate is shut, and
the connection closes with 4999 (seed: Error Storm).

Theory. The core has no clock, so the sliding window is made of timers. Each counted error takes a place and arms a
timer of its own, keyed by that place, whose firing forgets it. What is remembered are thus the errors of the last 60 s,
never more than ten, since the one that would be the eleventh trips instead. Repeats and trips are forgotten likewise.

Surprising arrows, in words:
- A trip forgets what was counted, or the first error after the cooldown would trip again.
- Codes that a machine of their own bounds weigh nothing; the same error of the same operation within 1 s counts once.
- After the cooldown comes PROBATION, which lasts until a link has been stable for 60 s: time without a link proves
  nothing. A trip before that doubles the next cooldown.
- Only a person leaves LATCHED: who connects again, or an operator.
"""

from collections import Counter
from enum import StrEnum
from itertools import count as numbers
from typing import TypeAlias

from attrs import evolve, field, frozen

from machines.options import one_of, option, refuse_less, seconds, whole
from machines.policy.backoff import doubled
from statekit import EVERY, Fired, Jitter, Kind, Machine, Rows, Signal, after, arm, disarm, timer

CODES_MAX = 3
"""How many codes a storm names."""


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Window and bound are the seed's (60 000 ms, more than 10); the rest is ours.

    `count_all` counts like the seed: every error, whatever it weighs and however soon it is repeated. Raises ValueError
    for a value that could never work.
    """

    window_seconds: float = field(default=60.0, validator=seconds(above=0))
    errors_max: int = field(default=10, validator=whole(at_least=1))
    repeat_seconds: float = field(default=1.0, validator=seconds())
    cooldown_seconds: float = field(default=30.0, validator=seconds(above=0))
    cooldown_cap_seconds: float = field(default=300.0, validator=seconds(above=0))
    probation_seconds: float = field(default=60.0, validator=seconds())
    trips_max: int = field(default=3, validator=whole(at_least=1))
    trips_window_seconds: float = field(default=1800.0, validator=seconds(above=0))
    count_all: bool = field(default=False, validator=one_of(True, False))

    def __attrs_post_init__(self) -> None:
        """Refuse a cap below what it caps."""
        refuse_less(self, "cooldown_cap_seconds", "cooldown_seconds")


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """What is thought of the link."""

    CALM = "calm"
    TRIPPED = "tripped"
    PROBATION = "probation"
    LATCHED = "latched"


CALM, TRIPPED, PROBATION, LATCHED = State


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class ErrorSeen:
    """The server reported an error, which counts `weight`; an empty `operation` means that it names none."""

    code: str
    operation: str = ""
    weight: int = 1

    @classmethod
    def samples(cls) -> "tuple[ErrorSeen, ...]":
        """Give one that weighs as most do, one of an operation that weighs more, and one that weighs nothing."""
        return cls("INTERNAL_ERROR"), cls("PROTOCOL_ERROR", "1", 2), cls("TOKEN_EXPIRED", weight=0)


@frozen
class LinkSteady:
    """A link has become stable."""


@frozen
class LinkShaken:
    """There is no stable link any more."""


@frozen
class Retried:
    """A person connects again after everything was given up."""


@frozen
class Reset:
    """An operator wants it to work as if there had been no storm."""


Event: TypeAlias = ErrorSeen | LinkSteady | LinkShaken | Retried | Reset


# ---------------------------------------------------------------------------------------------------------- effects
@frozen
class StormBegan(Signal):
    """Too many errors; `codes` are those that weighed most, the heaviest first."""

    codes: tuple[str, ...]


Effect: TypeAlias = StormBegan


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Counted:
    """An error of the last minute, and its place; `fresh` while a repeat of it does not count."""

    place: int
    code: str
    operation: str
    weight: int
    fresh: bool = True


@frozen
class Context:
    """The counted errors, the places of the trips of the last half hour, and what is to be told of the last trip.

    `unproven` counts the trips since a probation was passed, until the cooldown is at its cap.
    """

    options: Options = Options()
    counted: tuple[Counted, ...] = ()
    trips: tuple[int, ...] = ()
    unproven: int = 0
    codes: tuple[str, ...] = ()


def cooldown(context: Context) -> Jitter:
    """30 s, doubling to 5 min with every trip on probation, and a quarter of jitter above."""
    low = _cooldown_seconds(context)
    return Jitter(low, low * 1.25)


def _cooldown_seconds(context: Context) -> float:
    options = context.options
    return doubled(options.cooldown_seconds, max(context.unproven - 1, 0), options.cooldown_cap_seconds)


window_seconds = option(Options, "window_seconds")
repeat_seconds = option(Options, "repeat_seconds")
probation_seconds = option(Options, "probation_seconds")
trips_window_seconds = option(Options, "trips_window_seconds")


# --------------------------------------------------------------------------------------------------- guards, updates
def weighs_nothing(context: Context, event: ErrorSeen) -> bool:
    """Is it for a machine of its own to bound it?"""
    return _weight(context, event) <= 0


def repeats(context: Context, event: ErrorSeen) -> bool:
    """Was the same error of the same operation counted a moment ago?"""
    said = (event.code, event.operation)
    repeated = any(each.fresh and (each.code, each.operation) == said for each in context.counted)
    return repeated and not context.options.count_all


def is_one_too_many(context: Context, event: ErrorSeen) -> bool:
    """Would more be counted than may? (seed: errorCount > 10)"""
    counted = sum(each.weight for each in context.counted)
    return counted + _weight(context, event) > context.options.errors_max


def tripped_too_often(context: Context) -> bool:
    """Is this the last trip that is forgiven in half an hour?"""
    return len(context.trips) >= context.options.trips_max


def _weight(context: Context, event: ErrorSeen) -> int:
    return 1 if context.options.count_all else event.weight


def _free(taken: tuple[int, ...]) -> int:
    return next(place for place in numbers() if place not in taken)


def count(context: Context, event: ErrorSeen) -> Context:
    """Remember an error, at the first free place."""
    place = _free(tuple(each.place for each in context.counted))
    counted = Counted(place, event.code, event.operation, _weight(context, event))
    return evolve(context, counted=(*context.counted, counted))


def forget(context: Context, event: Fired) -> Context:
    """Forget an error."""
    return evolve(context, counted=tuple(each for each in context.counted if each.place != event.key))


def hear_repeats(context: Context, event: Fired) -> Context:
    """Count the next error like it."""
    counted = (evolve(each, fresh=False) if each.place == event.key else each for each in context.counted)
    return evolve(context, counted=tuple(counted))


def trip(context: Context, event: ErrorSeen) -> Context:
    """Remember the trip and what brought it about, and count afresh from here."""
    weights = Counter[str]()
    for each in (*context.counted, Counted(-1, event.code, event.operation, _weight(context, event))):
        weights[each.code] += each.weight
    codes = tuple(code for code, _ in weights.most_common(CODES_MAX))
    trips = (*context.trips, _free(context.trips))
    capped = context.unproven and _cooldown_seconds(context) >= context.options.cooldown_cap_seconds
    unproven = context.unproven if capped else context.unproven + 1
    return evolve(context, counted=(), trips=trips, unproven=unproven, codes=codes)


def forget_trip(context: Context, event: Fired) -> Context:
    """Forget a trip."""
    return evolve(context, trips=tuple(each for each in context.trips if each != event.key))


def trust(context: Context) -> Context:
    """Let the next cooldown be a short one again."""
    return evolve(context, unproven=0)


def begin_anew(context: Context) -> Context:
    """Forget everything."""
    return Context(context.options)


# ------------------------------------------------------------------------------------------------------------ makers
def newest_error(context: Context) -> int:
    """The place of the error that was counted last."""
    return context.counted[-1].place


def newest_trip(context: Context) -> int:
    """The place of the last trip."""
    return context.trips[-1]


def tell_storm(context: Context) -> StormBegan:
    """Tell what brought it about."""
    return StormBegan(context.codes)


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, to, state, group = rows.row, rows.stay, rows.ignore, rows.to, rows.state, rows.group

COUNTING = group("counting", CALM, PROBATION, doc="errors are counted")
WATCHING = group("watching", COUNTING, TRIPPED, doc="not given up")
GROUPS = (WATCHING, COUNTING)

error_forgotten = timer("error_forgotten", window_seconds, scope=COUNTING, key=newest_error)
repeat_heard = timer("repeat_heard", repeat_seconds, scope=COUNTING, key=newest_error)
trip_forgotten = timer("trip_forgotten", trips_window_seconds, scope=WATCHING, key=newest_trip)
proven = timer("proven", probation_seconds, scope=PROBATION)

# fmt: off
STATES = (
    #     state      kind          what it means
    state(CALM,      Kind.STEADY,  "the link is trusted"),
    state(TRIPPED,   Kind.WAITING, "too many errors: the connection stays away for a while"),
    state(PROBATION, Kind.WAITING, "the connection may try again, and is watched", waits_for="a stable link"),
    state(LATCHED,   Kind.FAILED,  "it stormed too often: nothing more is tried", waits_for="a person"),
)

STRUCK = rows.choice("struck",
    to(LATCHED, guard=tripped_too_often),
    to(TRIPPED, arm(trip_forgotten)))

TABLE = (
    #   source               trigger           target     effects, then guard= and update=
    ignore(COUNTING,         ErrorSeen,        guard=weighs_nothing, because="a machine of its own bounds it"),
    ignore(COUNTING,         ErrorSeen,        guard=repeats, because="it was counted a moment ago"),
    row(COUNTING,            ErrorSeen,        STRUCK,    tell_storm, guard=is_one_too_many, update=trip),
    stay(COUNTING,           ErrorSeen,        arm(error_forgotten), arm(repeat_heard), update=count),
    stay(COUNTING,           error_forgotten,  update=forget),
    stay(COUNTING,           repeat_heard,     update=hear_repeats),
    stay(WATCHING,           trip_forgotten,   update=forget_trip),

    row(TRIPPED,             after(cooldown),  PROBATION),
    stay(PROBATION,          LinkSteady,       arm(proven)),
    stay(PROBATION,          LinkShaken,       disarm(proven)),
    row(PROBATION,           proven,           CALM,      update=trust),
    row(LATCHED,             Retried,          CALM,      update=begin_anew),
    row((TRIPPED, PROBATION, LATCHED), Reset,  CALM,      update=begin_anew),
    stay(CALM,               Reset,            update=begin_anew),

    ignore((TRIPPED, LATCHED), ErrorSeen,      because="the link is given up already"),
    ignore(EVERY,            LinkSteady,       because="nothing is to be proven"),
    ignore(EVERY,            LinkShaken,       because="nothing is to be proven"),
    ignore(EVERY,            Retried,          because="not everything was given up"),
)
# fmt: on

ERROR_STORM = Machine[State, Event, Context, Effect](
    "error_storm",
    initial=CALM,
    context=Context(),
    states=STATES,
    groups=GROUPS,
    table=TABLE,
    doc="Stops a link on which too much goes wrong, and gives up on one where it happens again and again.",
)
