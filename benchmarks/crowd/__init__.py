"""A crowd to explore: seven small lifecycles wired together, and a fact that looks at several of them.

A link dials with a permit of the shipped breaker's, tells a heart and a pipe when it is up, and waits while somebody
has shut the gate. What they come to has the better part of a million places.
"""

from benchmarks.crowd.heart import DORMANT, HEART, Begin, End
from benchmarks.crowd.link import (
    LINK,
    UP,
    AskPermit,
    Denied,
    GateMoved,
    LinkDown,
    LinkUp,
    Permitted,
    ReportPermit,
    Silenced,
)
from benchmarks.crowd.owners import CLEAR, ERRORS, HOLD, STORM
from benchmarks.crowd.pipe import PIPE, SENT, Attach, Detach
from benchmarks.crowd.shared import Silent
from benchmarks.crowd.token import NONE, TOKEN
from machines import circuit_breaker
from machines.circuit_breaker import CIRCUIT_BREAKER
from statekit import System, View, derive, wire
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, witness


def acquire(_: AskPermit) -> circuit_breaker.Acquire:
    return circuit_breaker.Acquire()


def reported(signal: ReportPermit) -> circuit_breaker.Reported:
    return circuit_breaker.Reported(signal.permit, signal.result)


def permitted(signal: circuit_breaker.Grant) -> Permitted:
    return Permitted(signal.permit)


def denied(_: circuit_breaker.Deny) -> Denied:
    return Denied()


def available(_: circuit_breaker.Available) -> Denied:
    return Denied()


def begin(_: LinkUp) -> Begin:
    return Begin()


def end(_: LinkDown) -> End:
    return End()


def attach(_: LinkUp) -> Attach:
    return Attach()


def detach(_: LinkDown) -> Detach:
    return Detach()


def silenced(_: Silent) -> Silenced:
    return Silenced()


def gate_is_shut(crowd: View) -> bool:
    """Whether somebody wants no attempt."""
    if crowd.of(TOKEN).state is NONE:
        return True
    return crowd.of(HOLD).state is not CLEAR or crowd.of(ERRORS).state is STORM


def gate_moved(shut: bool) -> GateMoved:
    return GateMoved(shut)


CROWD = System(
    "crowd",
    members=(LINK, CIRCUIT_BREAKER, HEART, PIPE, TOKEN, HOLD, ERRORS),
    wiring=(
        wire(LINK, AskPermit, CIRCUIT_BREAKER, acquire),
        wire(LINK, ReportPermit, CIRCUIT_BREAKER, reported),
        wire(LINK, LinkUp, HEART, begin),
        wire(LINK, LinkDown, HEART, end),
        wire(LINK, LinkUp, PIPE, attach),
        wire(LINK, LinkDown, PIPE, detach),
        wire(CIRCUIT_BREAKER, circuit_breaker.Grant, LINK, permitted),
        wire(CIRCUIT_BREAKER, circuit_breaker.Deny, LINK, denied),
        wire(CIRCUIT_BREAKER, circuit_breaker.Available, LINK, available),
        wire(HEART, Silent, LINK, silenced),
    ),
    derived=(derive(gate_is_shut, LINK, gate_moved, initially=False),),
)


def link_knows_of_the_gate(crowd: View) -> bool:
    """The link takes the gate for what it is."""
    return crowd.of(LINK).context.shut == gate_is_shut(crowd)


def heart_beats_with_the_link(crowd: View) -> bool:
    """The heart beats only while there is a link."""
    return crowd.of(LINK).state is UP or crowd.of(HEART).state is DORMANT


def all_is_well(crowd: View) -> bool:
    """The link is up, an operation is under way, and the breaker is half open."""
    breaker = crowd.of(CIRCUIT_BREAKER).state
    return crowd.of(LINK).state is UP and crowd.of(PIPE).state is SENT and breaker is circuit_breaker.HALF_OPEN


def model(failures_max: int = 3, states_max: int = 5_000_000) -> Model:
    """Make the crowd's model."""
    context = circuit_breaker.Context(circuit_breaker.Options(failures_max))
    return Model(
        CROWD,
        (
            invariant("X1", link_knows_of_the_gate),
            invariant("X2", heart_beats_with_the_link),
            witness("X3", all_is_well),
        ),
        {"default": Thresholds({CIRCUIT_BREAKER.name: context}, states_max=states_max)},
    )
