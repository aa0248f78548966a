"""Heartbeat: notices a peer that has fallen silent without closing.

Any frame counts as a sign of life, not only a pong. It has no say in what follows: it tells the connection, which
closes with 4000 (seed: Heartbeat Timeout).
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, field, frozen
from attrs.validators import gt

from machines.link import Send
from machines.wire.messages import Ping
from statekit import Kind, Machine, Rows, Signal, after


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Seconds of silence before we ask, and before we give up; lifecycles section 2 (c)."""

    ping_seconds: float = field(default=30.0, validator=gt(0))
    pong_seconds: float = field(default=10.0, validator=gt(0))


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
    """A link is up."""


@frozen
class End:
    """The link is gone."""


@frozen
class Heard:
    """The peer said something."""


Event: TypeAlias = Begin | End | Heard


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
    pings: int = 0


def ping_delay(context: Context) -> float:
    """How long silence is not yet worth a question."""
    return context.options.ping_seconds


def pong_limit(context: Context) -> float:
    """How long an answer may take."""
    return context.options.pong_seconds


# --------------------------------------------------------------------------------------------------- guards, updates
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
    #   source        trigger             target        effects, then guard= and update=
    row(DORMANT,      Begin,              LISTENING),
    reenter(LISTENING, Heard),
    row(LISTENING,    after(ping_delay),  PROBING,      ping, update=count_ping),
    row(PROBING,      Heard,              LISTENING),
    row(PROBING,      after(pong_limit),  DORMANT,      Silent()),
    row(ALIVE,        End,                DORMANT),

    ignore(ALIVE,     Begin,              because="it listens already"),
    ignore(DORMANT,   End,                because="it found the peer silent, or no link was up"),
    ignore(DORMANT,   Heard,              because="what comes before the link is up proves nothing"),
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
