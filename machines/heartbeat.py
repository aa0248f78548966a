"""Heartbeat: notices a peer that has fallen silent without closing.

Any frame counts as a sign of life, not only a pong. It has no say in what follows: it tells the connection, which
closes with 4000 (seed: Heartbeat Timeout).

Surprising arrows, in words:
- After the machine was asleep the peer is asked at once: it may have given us up long ago, and the timers, which stood
  still meanwhile, would not ask before the rest of their time is over.
- A peer that was found silent is told of once: DORMANT until there is another link.
"""

from enum import StrEnum
from typing import Annotated, Final, TypeAlias

from attrs import evolve, field, frozen

from machines.link import Send
from machines.options import option, seconds
from machines.wire.messages import Ping
from statekit import Kind, Machine, Rows, Signal, after
from statekit.quantities import Ordinal
from statekit.timers import ClockJumped

Question: TypeAlias = Annotated[Ordinal, "question"]
"""The number of a ping, which its timestamp bears."""

WISH_MIN_SECONDS: Final = 1.0
"""A server that wishes for a ping more often than this gets one a second (ours): a wish for 0 s must not spin."""


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Seconds of silence before we ask, and before we give up."""

    ping_seconds: float = field(default=30.0, validator=seconds(above=0))
    pong_seconds: float = field(default=10.0, validator=seconds(above=0))


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """Whether there is anything to listen to, and whether it has been asked."""

    DORMANT = "dormant"
    LISTENING = "listening"
    PROBING = "probing"


DORMANT, LISTENING, PROBING = State


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class Begin:
    """A link is up; `ping_seconds` is the longest silence that the server wishes for, if it has a wish."""

    ping_seconds: float | None = None

    @classmethod
    def samples(cls) -> "tuple[Begin, ...]":
        """Give a server without a wish, one that wishes for none, for less than we would ask, and for more."""
        return cls(), cls(0.0), cls(10.0), cls(3_600.0)


@frozen
class End:
    """The link is gone."""


@frozen
class Heard:
    """The peer said something."""


Event: TypeAlias = Begin | End | Heard | ClockJumped


# ---------------------------------------------------------------------------------------------------------- effects
@frozen
class Silent(Signal):
    """Nothing was heard in time."""


Effect: TypeAlias = Send | Silent


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """`pings` numbers the questions; a ping carries its number as the timestamp, since the core has no clock."""

    options: Options = Options()
    wish_seconds: float | None = None
    pings: Question = 0


def ping_delay(context: Context) -> float:
    """How long silence is not yet worth a question: as long as we say, and no longer than the server wishes."""
    ours, wish = context.options.ping_seconds, context.wish_seconds
    return ours if wish is None else min(ours, max(WISH_MIN_SECONDS, wish))


pong_seconds = option(Options, "pong_seconds")


# --------------------------------------------------------------------------------------------------- guards, updates
def note_wish(context: Context, event: Begin) -> Context:
    """Remember what silence the server wishes for on this link."""
    return evolve(context, wish_seconds=event.ping_seconds)


def count_ping(context: Context) -> Context:
    """Number the next question."""
    return evolve(context, pings=context.pings + 1)


def ping(context: Context) -> Send:
    """Ask whether the peer is there."""
    return Send(Ping(timestamp_ms=context.pings))


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, reenter, ignore, state = rows.row, rows.reenter, rows.ignore, rows.state

ALIVE = rows.group("alive", LISTENING, PROBING, doc="a link is up")

# fmt: off
STATES = (
    #     state       kind          what it means
    state(DORMANT,    Kind.REST,    "there is no link"),
    state(LISTENING,  Kind.STEADY,  "the peer was heard a moment ago"),
    state(PROBING,    Kind.BUSY,    "the peer was asked, and has not yet answered"),
)

TABLE = (
    #   source        trigger              target        effects, then guard= and update=
    row(DORMANT,      Begin,               LISTENING,    update=note_wish),
    reenter(LISTENING, Heard),
    row(LISTENING,    after(ping_delay),   PROBING,      ping, update=count_ping),
    row(LISTENING,    ClockJumped,         PROBING,      ping, update=count_ping),
    row(PROBING,      Heard,               LISTENING),
    row(PROBING,      after(pong_seconds), DORMANT,      Silent()),
    row(ALIVE,        End,                 DORMANT),

    ignore(ALIVE,     Begin,               because="it listens already"),
    ignore(DORMANT,   End,                 because="it found the peer silent, or no link was up"),
    ignore(DORMANT,   Heard,               because="what comes before the link is up proves nothing"),
    ignore(PROBING,   ClockJumped,         because="it is being asked already"),
    ignore(DORMANT,   ClockJumped,         because="there is no link that could have died meanwhile"),
)
# fmt: on

HEARTBEAT = Machine[State, Event, Context, Effect](
    "heartbeat",
    initial=DORMANT,
    context=Context(),
    states=STATES,
    groups=(ALIVE,),
    table=TABLE,
    doc="Notices a peer that has fallen silent without closing.",
)
