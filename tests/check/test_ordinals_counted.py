"""What is not merely compared is no ordinal: exploring it so would deceive, and is refused."""

import pytest
from attrs import evolve, frozen

from statekit import Machine, Rows, System
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.errors import MalformedModel
from tests.check.small import states_of
from tests.check.versions import A, At, B, C, Got, Version


@frozen
class Tick:
    pass


@frozen
class Pair:
    mine: Version = 0
    theirs: Version = 0


def note_theirs(pair: Pair, event: Got) -> Pair:
    return evolve(pair, theirs=event.version)


def count_mine(pair: Pair) -> Pair:
    return evolve(pair, mine=pair.mine + 1)


def is_behind(pair: Pair) -> bool:
    return pair.mine < pair.theirs


def is_next(pair: Pair, event: Got) -> bool:
    return event.version == pair.theirs + 1


def is_not_next(pair: Pair, event: Got) -> bool:
    return event.version > pair.theirs + 1


def is_odd(_: Pair, event: Got) -> bool:
    return event.version % 2 == 1


def is_beyond_three(_: Pair, event: Got) -> bool:
    return event.version > 3


def pairs(*table):
    rows = Rows[At, Pair, object]()
    return Machine(
        "pairs",
        initial=A,
        context=Pair(),
        states=states_of(rows, At),
        table=(
            *table,
            rows.ignore((B, C), Got, because="it is over"),
            rows.ignore((B, C), Tick, because="it is over"),
        ),
    )


pair = Rows[At, Pair, object]()
STAY = pair.ignore(A, Tick, because="nothing is counted")
NEITHER = pair.stay(A, Got)
ARITHMETIC = {
    "counting on from another than the newest": (
        pair.stay(A, Got, update=note_theirs),
        pair.stay(A, Tick, guard=is_behind, update=count_mine),
        STAY,
    ),
    "the next one": (pair.row(A, Got, B, guard=is_next), pair.stay(A, Got, update=note_theirs), STAY),
    "more than the next one": (
        pair.row(A, Got, B, guard=is_not_next),
        pair.stay(A, Got, update=note_theirs),
        STAY,
    ),
    "odd": (pair.row(A, Got, B, guard=is_odd), NEITHER, STAY),
    "a number": (pair.row(A, Got, B, guard=is_beyond_three), NEITHER, STAY),
}


@pytest.mark.parametrize("table", ARITHMETIC.values(), ids=ARITHMETIC)
def test_what_is_not_merely_compared_is_no_ordinal(table):
    with pytest.raises(MalformedModel, match="Ordinal"):
        explore(Model(pairs(*table)))


@pytest.mark.parametrize("table", ARITHMETIC.values(), ids=ARITHMETIC)
def test_what_is_not_merely_compared_is_no_ordinal_in_a_system_either(table):
    with pytest.raises(MalformedModel, match="Ordinal"):
        explore(Model(System("alone", members=(pairs(*table),))))
