"""Machines that go round by timers, from the start on."""

from enum import StrEnum, auto

from attrs import evolve, frozen

from statekit import Machine, Rows, after, arm, timer
from tests.check.small import Nothing, states_of


class Ring(StrEnum):
    A = auto()
    B = auto()
    C = auto()


@frozen
class Poke:
    pass


@frozen
class Leave:
    pass


ring = Rows[Ring, Nothing, object]()
RING = Machine(
    "ring",
    initial=Ring.A,
    context=Nothing(),
    states=states_of(ring, Ring),
    table=(
        ring.row(Ring.A, after(1.0), Ring.B),
        ring.row(Ring.B, after(1.0), Ring.A),
        ring.row(Ring.A, Leave, Ring.C),
        ring.ignore((Ring.B, Ring.C), Leave, because="not from here"),
        ring.reenter(Ring.A, Poke),
        ring.ignore((Ring.B, Ring.C), Poke, because="not here"),
    ),
)


UNPOKED = Machine(
    "unpoked",
    initial=Ring.A,
    context=Nothing(),
    states=states_of(ring, Ring),
    table=(
        ring.row(Ring.A, after(1.0), Ring.B),
        ring.stay(Ring.A, Poke),
        ring.ignore((Ring.B, Ring.C), Poke, because="not here"),
        ring.row(Ring.B, Leave, Ring.C),
        ring.ignore((Ring.A, Ring.C), Leave, because="not from here"),
    ),
)


# --------------------------------------------------------------------------------------------- two timers, one starved
@frozen
class Beats:
    beats: int = 0


def beat(beats: Beats) -> Beats:
    return evolve(beats, beats=1 - beats.beats)


beating = Rows[Ring, Beats, object]()
PULSE = timer("pulse", 1.0, scope=Ring.A)
HEART = Machine(
    "heart",
    initial=Ring.B,
    context=Beats(),
    states=states_of(beating, Ring),
    table=(
        beating.row(Ring.B, Poke, Ring.A, arm(PULSE)),
        beating.ignore((Ring.A, Ring.C), Poke, because="it beats"),
        beating.stay(Ring.A, PULSE, arm(PULSE), update=beat),
        beating.row(Ring.A, after(5.0), Ring.C),
    ),
)
