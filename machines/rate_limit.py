"""Rate limit: paces what is sent, and stands still as long as the server says.

Operations are offered and granted; between the two they wait their turn here by name only, so that what is sent is
the operation as it reads when its turn comes. What carries answers or keeps the link alive is never offered as data,
and never waits behind any.

Theory. Grants keep a distance of 1/rate: no second of any time holds more of them than the rate, so nothing can burst,
after a limit least of all. The rate is the application's to say, less a reserve for the control lane; a limit halves
it, and every second without one adds 1 until it is back. The core has no clock to compare two limits by, so each
announced limit has a timer of its own, keyed by a place, and it is over when none of them runs: a shorter one that is
announced later ends nothing. Places are few; a limit that finds none shares the place of another and waits for as long
as the longer of the two from now on, which no announcement can complain of.

Surprising arrows, in words:
- Every row leads to the choice FLOW, which reads the state off the context: FULL, LIMITED, DRAINING, PACING, FLOWING.
- A limited operation goes back to the head of the queue, which may then hold one more than it takes offers for.
- The loss of the link empties the queue, as whoever offered will ask the server what it has before offering again; it
  does not end a limit, since the server counts the user, not the socket.
- A limit of 0 s is a limit: the next grant comes with its timer, and the rate is halved.
"""

from enum import StrEnum
from itertools import count as numbers
from math import floor
from typing import TypeAlias

from attrs import evolve, field, frozen

from machines.options import number, option, seconds, whole
from statekit import Fired, Jitter, Kind, Machine, Rows, Signal, arm, timer


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """The default limit is the seed's (1000 ms); the rest is ours. Times in seconds.

    `rate_per_second` is what the server allows one user. Of that `reserve` is kept for the control lane,
    though one operation a second may always go. A limit above `limit_cap_seconds` is waited for that long, and the
    application is told the whole of it. Raises ValueError for a value that could never work.
    """

    rate_per_second: int = field(default=50, validator=whole(at_least=1))
    reserve: float = field(default=0.1, validator=number(at_most=0.9))
    climb_seconds: float = field(default=1.0, validator=seconds(above=0))
    limit_seconds: float = field(default=1.0, validator=seconds())
    limit_cap_seconds: float = field(default=60.0, validator=seconds(above=0))
    limits_max: int = field(default=8, validator=whole(at_least=1))
    queue_max: int = field(default=1000, validator=whole(at_least=1))

    @property
    def ceiling_per_second(self) -> int:
        """How many operations may go in a second when nothing is limited."""
        return max(1, floor(self.rate_per_second * (1 - self.reserve)))


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """What an offer can expect."""

    FLOWING = "flowing"
    PACING = "pacing"
    LIMITED = "limited"
    DRAINING = "draining"
    FULL = "full"


FLOWING, PACING, LIMITED, DRAINING, FULL = State


class Lane(StrEnum):
    """What is offered."""

    DATA = "data"
    CONTROL = "control"
    """What carries answers or keeps the link alive: it never waits."""


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class Offered:
    """Somebody has this to send."""

    operation: str
    lane: Lane = Lane.DATA

    @classmethod
    def samples(cls) -> "tuple[Offered, ...]":
        """Give two operations, and a message that carries answers."""
        return cls("a"), cls("b"), cls("c", Lane.CONTROL)


@frozen
class Limited:
    """The server refused an operation for coming too soon; an empty name means the last that was granted.

    `weight` is what that counts towards a storm, `weight_while_limited` what it counts besides if a limit was known.
    """

    seconds: float | None = None
    operation: str = ""
    code: str = "RATE_LIMIT_EXCEEDED"
    weight: int = 0
    weight_while_limited: int = 0

    @classmethod
    def samples(cls) -> "tuple[Limited, ...]":
        """Give one that says nothing more, and one that names an operation and a time beyond all patience."""
        return cls(), cls(90.0, "a", weight_while_limited=1)


@frozen
class Withdrawn:
    """This is not to be sent any more, whoever was told so."""

    operation: str

    @classmethod
    def samples(cls) -> "tuple[Withdrawn, ...]":
        """Give one of those that are offered."""
        return (cls("a"),)


@frozen
class Detached:
    """The link is gone."""


Event: TypeAlias = Offered | Limited | Withdrawn | Detached


# ---------------------------------------------------------------------------------------------------------- effects
@frozen
class Granted(Signal):
    """It is this one's turn: send it now."""

    operation: str


@frozen
class PutBack(Signal):
    """This one was sent in vain and waits again."""

    operation: str


@frozen
class TurnedAway(Signal):
    """There is no room for this one."""

    operation: str


@frozen
class LimitHeard(Signal):
    """The server announced a limit of `asked_seconds`; `weight` is what the error counts towards a storm."""

    asked_seconds: float
    operation: str
    code: str
    weight: int


Effect: TypeAlias = Granted | PutBack | TurnedAway | LimitHeard


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Limit:
    """An announced limit that runs, and its place."""

    place: int
    seconds: float


@frozen
class Context:
    """Who waits, what limits run, and how fast the rest goes; `rate` None means the ceiling.

    `rested` says that the last grant is far enough away; `last` is that grant. `known` says that the last limit was
    announced while another ran: that weighs more.
    """

    options: Options = Options()
    queue: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    rate: int | None = None
    rested: bool = True
    last: str = ""
    known: bool = False

    @property
    def rate_per_second(self) -> int:
        """How many operations may go in a second now."""
        return self.options.ceiling_per_second if self.rate is None else self.rate


def distance(context: Context) -> float:
    """How long after a grant the next one may come."""
    return 1 / context.rate_per_second


def limit_delay(context: Context) -> Jitter:
    """As long as the newest limit says, and a tenth of jitter above, a second at most."""
    low = context.limits[-1].seconds
    return Jitter(low, low + min(low / 10, 1.0))


climb_seconds = option(Options, "climb_seconds")


# --------------------------------------------------------------------------------------------------- guards, updates
def is_control(_: Context, event: Offered) -> bool:
    """Is it for the lane that never waits?"""
    return event.lane is Lane.CONTROL


def waits_already(context: Context, event: Offered) -> bool:
    """Is it in the queue?"""
    return event.operation in context.queue


def goes_at_once(context: Context) -> bool:
    """Does nothing stand in its way? (Whoever waits, waits for one of these two.)"""
    return context.rested and not context.limits


def next_may_go(context: Context) -> bool:
    """Does somebody wait for nothing but this timer?"""
    return bool(context.queue) and not context.limits


def last_limit_ends(context: Context) -> bool:
    """Does no other limit run?"""
    return len(context.limits) == 1


def last_limit_ends_for_somebody(context: Context) -> bool:
    """Does no other limit run, and does somebody wait for nothing else?"""
    return last_limit_ends(context) and context.rested and bool(context.queue)


def climbs(context: Context) -> bool:
    """Is the rate below the ceiling by more than one step, and nothing limited?"""
    return context.rate_per_second + 1 < context.options.ceiling_per_second and not context.limits


def is_full(context: Context) -> bool:
    """Do as many wait as may?"""
    return len(context.queue) >= context.options.queue_max


def is_limited(context: Context) -> bool:
    """Does a limit run?"""
    return bool(context.limits)


def is_slowed(context: Context) -> bool:
    """Is the rate not yet what it was before a limit?"""
    return context.rate is not None


def is_waited_for(context: Context) -> bool:
    """Does somebody wait?"""
    return bool(context.queue)


def let_go(context: Context, event: Offered) -> Context:
    """Note the grant."""
    return evolve(context, rested=False, last=event.operation)


def enqueue(context: Context, event: Offered) -> Context:
    """Let it wait its turn."""
    return evolve(context, queue=(*context.queue, event.operation))


def let_next_go(context: Context) -> Context:
    """Note the grant of whoever waited longest."""
    return evolve(context, queue=context.queue[1:], rested=False, last=context.queue[0])


def rest(context: Context) -> Context:
    """Note that the last grant is far enough away."""
    return evolve(context, rested=True)


def comes_back(context: Context, event: Limited) -> bool:
    """Was something sent in vain that does not wait again already?"""
    operation = _limited(context, event)
    return bool(operation) and operation not in context.queue


def note_limit(context: Context, event: Limited) -> Context:
    """Add a limit, and halve the rate."""
    limits = _with(context, min(_asked(context, event), context.options.limit_cap_seconds))
    rate = max(1, context.rate_per_second // 2)
    return evolve(context, limits=limits, rate=rate, known=bool(context.limits))


def note_limit_and_put_back(context: Context, event: Limited) -> Context:
    """Add a limit, halve the rate, and put what was sent in vain back to the head."""
    return evolve(note_limit(context, event), queue=(_limited(context, event), *context.queue))


def _limited(context: Context, event: Limited) -> str:
    return event.operation or context.last


def _asked(context: Context, event: Limited) -> float:
    return context.options.limit_seconds if event.seconds is None else event.seconds


def _with(context: Context, said: float) -> tuple[Limit, ...]:
    limits = context.limits
    if len(limits) < context.options.limits_max:
        taken = {each.place for each in limits}
        return (*limits, Limit(next(place for place in numbers() if place not in taken), said))
    shared = min(limits, key=lambda each: each.seconds)
    others = tuple(each for each in limits if each is not shared)
    return (*others, Limit(shared.place, max(said, shared.seconds)))


def end_limit(context: Context, event: Fired) -> Context:
    """Note that a limit is over."""
    return evolve(context, limits=tuple(each for each in context.limits if each.place != event.key), known=False)


def end_limit_and_go(context: Context, event: Fired) -> Context:
    """Note that a limit is over, and the grant of whoever waited longest."""
    return let_next_go(end_limit(context, event))


def climb(context: Context) -> Context:
    """Go a little faster."""
    return evolve(context, rate=context.rate_per_second + 1)


def stop_climbing(context: Context) -> Context:
    """Go as fast as before, unless a limit runs, whose end will see to it."""
    return context if context.limits else evolve(context, rate=None)


def let_leave(context: Context, event: Withdrawn) -> Context:
    """Forget that it waits, or went last."""
    left = tuple(each for each in context.queue if each != event.operation)
    return evolve(context, queue=left, last="" if context.last == event.operation else context.last)


def let_all_leave(context: Context) -> Context:
    """Forget who waited; who still has something to send will offer it again."""
    return evolve(context, queue=(), last="")


# ------------------------------------------------------------------------------------------------------------ makers
def newest_limit(context: Context) -> int:
    """The place of the newest limit."""
    return context.limits[-1].place


def grant_offered(_: Context, event: Offered) -> Granted:
    """It is its turn at once."""
    return Granted(event.operation)


def grant_last(context: Context) -> Granted:
    """It is the turn of the one that was noted."""
    return Granted(context.last)


def turn_away(_: Context, event: Offered) -> TurnedAway:
    """Say that there is no room."""
    return TurnedAway(event.operation)


def tell_limit(context: Context, event: Limited) -> LimitHeard:
    """Tell of the limit."""
    weight = event.weight + (event.weight_while_limited if context.known else 0)
    return LimitHeard(_asked(context, event), _limited(context, event), event.code, weight)


def put_back(context: Context) -> PutBack:
    """Tell what waits again."""
    return PutBack(context.queue[0])


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, to, state = rows.row, rows.stay, rows.ignore, rows.to, rows.state

PACER = rows.group("pacer", *State, doc="a pacer is never done")

rested = timer("rested", distance, scope=PACER)
limit_over = timer("limit_over", limit_delay, scope=PACER, key=newest_limit)
climbing = timer("climbing", climb_seconds, scope=PACER)

# fmt: off
STATES = (
    #     state     kind          what it means
    state(FLOWING,  Kind.STEADY,  "an offer is granted, at the distance of the rate", waits_for="whoever has to send"),
    state(PACING,   Kind.BUSY,    "who waits goes at the distance of the rate"),
    state(LIMITED,  Kind.WAITING, "the server wants nothing for a while"),
    state(DRAINING, Kind.STEADY,  "after a limit: the rate is halved, and grows by one a second"),
    state(FULL,     Kind.BUSY,    "too many wait: offers are turned away"),
)

FLOW = rows.choice("flow",
    to(FULL,     guard=is_full),
    to(LIMITED,  guard=is_limited),
    to(DRAINING, guard=is_slowed),
    to(PACING,   guard=is_waited_for),
    to(FLOWING))

TABLE = (
    #   source    trigger      target  effects, then guard= and update=
    stay(PACER,   Offered,     grant_offered, guard=is_control),
    ignore(PACER, Offered,     guard=waits_already, because="it waits already"),
    stay(PACER,   Offered,     turn_away, guard=is_full),
    row(PACER,    Offered,     FLOW,   grant_offered, arm(rested), guard=goes_at_once, update=let_go),
    row(PACER,    Offered,     FLOW,   update=enqueue),

    row(PACER,    rested,      FLOW,   grant_last, arm(rested), guard=next_may_go, update=let_next_go),
    stay(PACER,   rested,      update=rest),
    row(PACER,    Limited,     FLOW,   tell_limit, put_back, arm(limit_over),
        guard=comes_back, update=note_limit_and_put_back),
    row(PACER,    Limited,     FLOW,   tell_limit, arm(limit_over), update=note_limit),
    row(PACER,    limit_over,  FLOW,   grant_last, arm(rested), arm(climbing),
        guard=last_limit_ends_for_somebody, update=end_limit_and_go),
    row(PACER,    limit_over,  FLOW,   arm(climbing), guard=last_limit_ends, update=end_limit),
    row(PACER,    limit_over,  FLOW,   update=end_limit),
    row(PACER,    climbing,    FLOW,   arm(climbing), guard=climbs, update=climb),
    row(PACER,    climbing,    FLOW,   update=stop_climbing),
    row(PACER,    Withdrawn,   FLOW,   update=let_leave),
    row(PACER,    Detached,    FLOW,   update=let_all_leave),
)
# fmt: on

RATE_LIMIT = Machine[State, Event, Context, Effect](
    "rate_limit",
    initial=FLOWING,
    context=Context(),
    states=STATES,
    groups=(PACER,),
    table=TABLE,
    doc="Paces what is sent, and stands still as long as the server says.",
)
