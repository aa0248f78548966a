"""Facts that look at more in some places than in others are explored as they are heard."""

from enum import StrEnum, auto

import pytest
from attrs import frozen

from statekit import Machine, Rows, System, derive
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.properties import invariant
from tests.check.results import result
from tests.check.small import Nothing, states_of
from tests.check.versions import A, At, B, C


@frozen
class Go:
    pass


@frozen
class Back:
    pass


@frozen
class Both:
    value: bool


def walker(name):
    rows = Rows[At, Nothing, object]()
    return Machine(
        name,
        initial=A,
        context=Nothing(),
        states=states_of(rows, At),
        table=(
            rows.row(A, Go, B),
            rows.row(B, Go, C),
            rows.ignore(C, Go, because="it is there"),
            rows.row(C, Back, B),
            rows.row(B, Back, A),
            rows.ignore(A, Back, because="it is there"),
        ),
    )


class Bell(StrEnum):
    QUIET = auto()
    RINGING = auto()


def rings(_: Nothing, event: Both) -> bool:
    return event.value


ringing = Rows[Bell, Nothing, object]()
BELL = Machine(
    "bell",
    initial=Bell.QUIET,
    context=Nothing(),
    states=states_of(ringing, Bell),
    table=(
        ringing.row(Bell.QUIET, Both, Bell.RINGING, guard=rings),
        ringing.stay(Bell.QUIET, Both),
        ringing.stay(Bell.RINGING, Both, guard=rings),
        ringing.row(Bell.RINGING, Both, Bell.QUIET),
    ),
)
LEFT, RIGHT = walker("left"), walker("right")


def both(view) -> bool:
    return view.of(RIGHT).state is C and view.of(LEFT).state is C


def either_way(view) -> bool:
    return view.of(LEFT).state is C and view.of(RIGHT).state is C


def told(value: bool) -> Both:
    return Both(value)


def bell_rings(view):
    """The bell rings exactly while both are there."""
    return (view.of(BELL).state is Bell.RINGING) == (view.of(LEFT).state is C and view.of(RIGHT).state is C)


@pytest.mark.parametrize("fact", [both, either_way])
@pytest.mark.parametrize("members", [(LEFT, RIGHT, BELL), (RIGHT, LEFT, BELL), (BELL, RIGHT, LEFT)])
def test_a_fact_that_looks_at_more_in_some_places_is_heard_everywhere(fact, members):
    system = System("tower", members=members, derived=(derive(fact, BELL, told, initially=False),))
    explored = explore(Model(system, (invariant("rings", bell_rings),)))
    assert explored.states == 9
    assert result(explored, "rings").holds
