"""Ordinals that members of a system pass on to each other."""

import pytest
from attrs import evolve, frozen

from statekit import EVERY, Machine, Rows, Signal, System, View, derive, either, wire
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.errors import MalformedModel
from tests.check.small import states_of
from tests.check.versions import A, At, B, C, Got, Version


@frozen
class Held:
    version: Version = 0


@frozen
class Told:
    version: Version


@frozen
class Tell(Signal):
    version: Version


@frozen
class Ahead:
    value: bool


def keep(held: Held, event: Got | Told) -> Held:
    return evolve(held, version=event.version)


def is_newer(held: Held, event: Got | Told) -> bool:
    return event.version > held.version


def tell(held: Held) -> Tell:
    return Tell(held.version)


def passed_on(signal: Tell) -> Told:
    return Told(signal.version)


def two_after(signal: Tell) -> Told:
    return Told(signal.version + 2)


def rounded(signal: Tell) -> Told:
    return Told(signal.version // 2 * 2)


def ahead(value: bool) -> Ahead:
    return Ahead(value)


holding = Rows[At, Held, Tell]()
TELLER = Machine(
    "teller",
    initial=A,
    context=Held(),
    states=states_of(holding, At),
    table=(
        holding.stay(A, Got, tell, guard=is_newer, update=keep),
        holding.ignore(A, Got, because="it is old"),
        holding.ignore((B, C), Got, because="it is over"),
    ),
)
HEARER = Machine(
    "hearer",
    initial=A,
    context=Held(),
    states=states_of(holding, At),
    table=(
        holding.stay(A, Told, guard=is_newer, update=keep),
        holding.ignore(A, Told, because="it is old"),
        holding.stay(A, Got, guard=is_newer, update=keep),
        holding.ignore(A, Got, because="it is old"),
        holding.ignore((B, C), either(Told, Got), because="it is over"),
        holding.ignore(EVERY, Ahead, because="it is only told"),
    ),
)


def is_ahead(pair: View) -> bool:
    return pair.of(HEARER).context.version > pair.of(TELLER).context.version


def is_far_ahead(pair: View) -> bool:
    return pair.of(HEARER).context.version > pair.of(TELLER).context.version + 1


def tellers(make, *facts):
    """Wire a machine that tells its versions to one that keeps the newest that it heard or was given."""
    told = tuple(derive(each, HEARER, ahead, initially=False) for each in facts)
    return Model(System("tellers", (TELLER, HEARER), (wire(TELLER, Tell, HEARER, make),), told), internal=(Told, Ahead))


def test_members_that_pass_an_ordinal_on_and_compare_it_are_explored():
    explored = explore(tellers(passed_on, is_ahead))
    assert (explored.exhausted, explored.faults) == (True, ())
    assert explored.states == 4  # nothing known, the hearer alone, both the same, the hearer ahead


@pytest.mark.parametrize(
    ("make", "facts"),
    [(two_after, ()), (rounded, ()), (passed_on, (is_far_ahead,))],
    ids=["beyond the next", "rounded", "a fact that counts"],
)
def test_an_ordinal_that_is_reckoned_with_on_its_way_between_members_is_none(make, facts):
    with pytest.raises(MalformedModel, match="Got in A comes to something else where an Ordinal is another number"):
        explore(tellers(make, *facts))
