"""Where an exploration ends: every bound that was hit is said, and what grew."""

import pytest
from attrs import evolve, frozen

from statekit import Rows
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant
from statekit.errors import MalformedModel
from tests.check import rfcs
from tests.check.results import result
from tests.check.small import TURNSTILE
from tests.check.two import HERE, THERE, Back, Go, Two, machine, rows


@frozen
class Tally:
    """Counts for ever."""

    count: int = 0


def more(tally: Tally) -> Tally:
    return evolve(tally, count=tally.count + 1)


tally = Rows[Two, Tally, object]()
COUNTER = machine(
    tally.stay(HERE, Go, update=more), tally.row(HERE, Back, THERE), rows.ignore(THERE, Go, because="enough"),
    rows.ignore(THERE, Back, because="enough"), context=Tally(),
)  # fmt: skip


def test_a_field_that_grows_without_bound_is_named():
    explored = explore(Model(COUNTER, thresholds={"default": Thresholds(values_max=20)}))
    assert not explored.exhausted
    assert "Tally.count took 21 values and grows on" in explored.bound


def test_a_bound_of_states_that_is_hit_is_said():
    explored = explore(Model(COUNTER, thresholds={"default": Thresholds(states_max=50)}))
    assert not explored.exhausted
    assert explored.bound == "50 states were found, and there are more"


def test_every_bound_that_was_hit_is_said():
    explored = explore(evolve(rfcs.DIAMETER, thresholds={"default": Thresholds(states_max=20, postponed_max=1)}))
    states, postponed = explored.bound.split("; ")
    assert states == "20 states were found, and there are more"
    assert postponed == "more than 1 postponed events were not explored"


def test_what_is_said_at_a_bound_holds_of_what_was_explored():
    def small_enough(snapshot):
        """It counts to less than ten."""
        return snapshot.context.count < 10

    explored = explore(Model(COUNTER, (invariant("ten", small_enough),), {"default": Thresholds(values_max=20)}))
    assert len(result(explored, "ten").trace.moves) == 10


def test_thresholds_that_are_not_there_are_said():
    with pytest.raises(MalformedModel, match="no thresholds 'deep'; it has default"):
        explore(Model(TURNSTILE), "deep")
