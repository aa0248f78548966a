"""What `statekit check` is given in tests: a breaker with what exploring it came to, and a lamp with its system."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from machines.circuit_breaker import CIRCUIT_BREAKER, HALF_OPEN, ForceOpen
from statekit import Kind, Machine, Rows, System
from statekit.check.model import Model, Overruled, Thresholds
from statekit.check.properties import invariant, settled, witness
from statekit.check.report import Explored, Finding, Gap, Result, Trace, Weight
from statekit.check.seen import Move


def probes_are_bounded(breaker) -> bool:
    """No more probes are out than there are."""
    return breaker.context.probes >= 0


def half_open_is_reached(breaker) -> bool:
    """The breaker looks whether the service is back."""
    return breaker.state is HALF_OPEN


def closed_again(breaker) -> bool:
    """The breaker closes in the end."""
    return breaker.state is not HALF_OPEN


BOUNDED = invariant("B1", probes_are_bounded)
REACHED = witness("B2", half_open_is_reached)
CLOSES = settled("B3", closed_again)
MODEL = Model(
    CIRCUIT_BREAKER, (BOUNDED, REACHED, CLOSES), {"default": Thresholds(), "deep": Thresholds(states_max=10**6)}
)


WAY = Trace(
    "circuit_breaker", "default", (Move("circuit_breaker", ForceOpen()), Move("circuit_breaker", ForceOpen())), 1
)
SOUND = Explored(
    "circuit_breaker",
    "default",
    states=1234,
    edges=56789,
    depth=12,
    exhausted=True,
    bound="",
    seconds=0.5,
    peak_bytes=64 << 20,
    results=(Result(BOUNDED, True), Result(REACHED, True, WAY, 17), Result(CLOSES, True, None, 4)),
    steps=4000,
)
REFUTED = evolve(SOUND, results=(Result(BOUNDED, False, WAY), *SOUND.results[1:]))
FAULTY = evolve(SOUND, faults=(("circuit_breaker: Reset in OPEN has no row: add row(OPEN, Reset, ...)", WAY),))
GAPPED = evolve(SOUND, gaps=(Gap("failed", "machines/circuit_breaker.py:123", "the condition was never false"),))
BOUND = evolve(SOUND, exhausted=False, bound="more than 2,000,000 states")
ODD = evolve(
    SOUND,
    findings=(
        Finding("both-true", "OPEN on Reported", "here.py:1", "two guards hold", "say which", Weight.INFORMATION),
        Finding("exclusive", "CLOSED on Reported", "here.py:2", "both hold", "say which"),
    ),
)


class Lamp(StrEnum):
    OFF = auto()
    ON = auto()


@frozen
class Press: ...


@frozen
class Dim: ...


def lamp(*more, **declared):
    """Make a lamp that forgets what to do with Dim when it is off."""
    rows = Rows[Lamp, None, object]()
    table = (rows.row(Lamp.OFF, Press, Lamp.ON), rows.row(Lamp.ON, Press, Lamp.OFF), rows.stay(Lamp.ON, Dim), *more)
    states = (rows.state(Lamp.OFF, Kind.REST, "it is dark"), rows.state(Lamp.ON, Kind.STEADY, "it is light"))
    return Machine("lamp", initial=Lamp.OFF, context=None, states=states, table=table)


def lit(snapshot) -> bool:
    """It is light at some time."""
    return snapshot.state is Lamp.ON


LAMP = lamp()
MEANT = Model(LAMP, overruled=(Overruled("blank", "OFF on Dim", "nobody dims a lamp that is off"),))
CLAIMED = Model(LAMP, (witness("L1", lit),))
HOME = System("home", (LAMP,))
OTHER = lamp(Rows[Lamp, None, object]().ignore(Lamp.OFF, Dim, because="it is dark"))
DEEP_HOME = Model(HOME, thresholds={"deep": Thresholds()})
