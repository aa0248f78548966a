"""Two explorers that share no code come to the same places and the same number of moves."""

from importlib.metadata import entry_points

import pytest
from attrs import evolve

from statekit import System
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from tests.check import rfcs, rings, rooms, small
from tests.check.brute import brute, counted

OFFERED = [each.load() for each in entry_points(group="statekit.models")]
SHIPPED = [each for each in OFFERED if each.environment is None or not isinstance(each.subject, System)]
SMALL = [Model(each) for each in (small.TURNSTILE, small.DIALER, small.LEASES, rooms.ROOM, rings.RING, rings.HEART)]
RFCS = [rfcs.PPP, rfcs.DIAMETER, rfcs.TCP]
POSTPONED = "more than 2 postponed events were not explored"
"""The one bound that both have."""
QUICK = {"auth_refresh", "circuit_breaker", "heartbeat", "router"}
"""The others have thousands of places, over which plain dicts take minutes."""


def in_time(model):
    """Leave a model that takes minutes to the long campaigns."""
    return pytest.param(model, marks=() if model.name in QUICK else pytest.mark.deep)


@pytest.mark.parametrize("model", [*SMALL, *RFCS, *map(in_time, SHIPPED)], ids=lambda model: model.name)
def test_brute_force_comes_to_the_same_places_and_moves(model):
    bare = evolve(model, properties=())
    explored = explore(bare)
    assert explored.bound in ("", POSTPONED)
    assert (explored.states, explored.edges) == counted(brute(bare))


def test_brute_force_follows_the_same_moves_one_by_one():
    found = brute(Model(small.DIALER))
    edges = {(place, after) for place, afters in found.items() for after in afters if after != place}
    first = next(iter(found))
    assert first[0] is small.IDLE
    assert len(edges) == 9  # counted by hand


def test_the_shipped_models_are_among_those_compared():
    assert {"circuit_breaker", "heartbeat"} <= {model.name for model in SHIPPED}


def test_a_bound_of_postponed_events_is_the_same_bound_for_both():
    model = evolve(rfcs.DIAMETER, thresholds={"default": Thresholds(postponed_max=1)})
    explored = explore(model)
    assert (explored.states, explored.edges) == counted(brute(model))
    assert explored.states < explore(rfcs.DIAMETER).states
    assert not explored.exhausted
    assert explored.bound == "more than 1 postponed events were not explored"
