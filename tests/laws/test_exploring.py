"""Laws of exploring: of machines and systems that chance wrote, both explorers come to the same places and moves."""

from random import Random

import pytest

from statekit import Livelock, Machine
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from statekit.errors import MalformedSystem
from tests.check.brute import brute, counted
from tests.laws import tables, test_systems
from tests.laws.tables import Author, Back, Context, Failed, Frame, Go, Opened, Poke
from tests.laws.test_systems import Calls, Keeping, call_out, drawn_system, keeping

STATES_MAX = 300
SAMPLES = {
    Go: lambda _: (Go(0), Go(1)),
    Back: lambda _: (Back(),),
    Poke: lambda _: (Poke(0),),
    Opened: lambda _: (Opened(),),
    Failed: lambda _: (Failed(),),
    Frame: lambda _: (Frame(),),
}
CANNOT_START = (ArithmeticError, ValueError, TypeError, LookupError, Livelock, MalformedSystem)


def turn(context: Context) -> Context:
    return Context((context.n + 1) % 4)


def call_on(calls: Calls) -> Calls:
    return Calls((calls.n + 1) % 3)


@pytest.fixture(autouse=True)
def bounded(monkeypatch):
    """Let no context count for ever, and let every place be worked off for real besides."""
    monkeypatch.setattr(tables, "UPDATES", [None, turn, turn, tables.burst, tables.wrong])
    keeper = Machine(
        "keeper", initial=Keeping.OPEN, context=Calls(), states=test_systems.KEEPER.states,
        table=(keeping.stay(Keeping.OPEN, test_systems.Call, call_out, update=call_on),),
    )  # fmt: skip
    monkeypatch.setattr(test_systems, "KEEPER", keeper)
    monkeypatch.setattr("statekit.check.product.SAMPLED", 1)


def compared(subject):
    """Compare two explorers on a subject; tells whether it could be: it is small enough, and starts."""
    model = Model(subject, samples=SAMPLES, thresholds={"default": Thresholds(states_max=STATES_MAX)})
    try:
        explored = explore(model)
    except CANNOT_START:
        return False
    if explored.states >= STATES_MAX:
        return False
    assert (explored.states, explored.edges) == counted(brute(model))
    assert explored == explore(model)
    return True


def machines(seeds):
    return (Author(Random(seed)).write() for seed in seeds)


def test_of_machines_that_chance_wrote_both_explorers_say_the_same():
    assert sum(map(compared, machines(range(120)))) > 60


@pytest.mark.parametrize("instances", [frozenset(), frozenset({"one"})], ids=["plain", "keyed"])
def test_of_systems_that_chance_wired_both_explorers_say_the_same(instances):
    systems = (drawn_system(seed, instances=instances) for seed in range(24))
    assert sum(map(compared, systems)) > 6


@pytest.mark.deep
@pytest.mark.parametrize("chunk", range(20))
def test_of_many_more_both_explorers_say_the_same(chunk):
    seeds = range(1000 + 100 * chunk, 1100 + 100 * chunk)
    assert sum(map(compared, machines(seeds))) > 50
    assert sum(compared(drawn_system(seed)) for seed in seeds) > 10
