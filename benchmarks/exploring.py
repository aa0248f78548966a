"""`python -m benchmarks.exploring`: how fast everything is explored, of one machine and of a system.

The machine is a walk over a grid, nearly every move of which takes a row: what is measured is the real step, once for
each edge. The system is the crowd. Seconds are the processor's own, so that others at work do not count.
"""

import time
from enum import StrEnum

from attrs import frozen

from benchmarks import crowd
from statekit import Kind, Machine, Rows, after
from statekit.check.explore import explore
from statekit.check.model import Model, Thresholds
from statekit.check.report import Explored

SIDE = 150
EDGES_A_SECOND = 150_000
"""What one machine is to reach, on a processor of its own."""
SYSTEM_SECONDS = 120.0
"""How long 20 million edges of a system may take."""
SYSTEM_EDGES = 20_000_000


class Pace(StrEnum):
    SLOW = "slow"
    FAST = "fast"


@frozen
class Spot:
    x: int = 0
    y: int = 0


@frozen
class North:
    pass


@frozen
class South:
    pass


@frozen
class East:
    pass


@frozen
class West:
    pass


@frozen
class Hurry:
    pass


def north(spot: Spot) -> Spot:
    return Spot(spot.x, (spot.y + 1) % SIDE)


def south(spot: Spot) -> Spot:
    return Spot(spot.x, (spot.y - 1) % SIDE)


def east(spot: Spot) -> Spot:
    return Spot((spot.x + 1) % SIDE, spot.y)


def west(spot: Spot) -> Spot:
    return Spot((spot.x - 1) % SIDE, spot.y)


def on_the_edge(spot: Spot) -> bool:
    return spot.x == 0


rows = Rows[Pace, Spot, object]()
SLOW, FAST = Pace
GRID = Machine(
    "grid",
    initial=SLOW,
    context=Spot(),
    states=(rows.state(SLOW, Kind.STEADY, "slow"), rows.state(FAST, Kind.STEADY, "fast")),
    table=(
        rows.stay((SLOW, FAST), North, update=north),
        rows.stay((SLOW, FAST), South, update=south),
        rows.stay((SLOW, FAST), East, update=east),
        rows.stay((SLOW, FAST), West, update=west),
        rows.row(SLOW, Hurry, FAST),
        rows.stay(FAST, Hurry, guard=on_the_edge),
        rows.ignore(FAST, Hurry, because="it is fast"),
        rows.row(FAST, after(60.0), SLOW),
    ),
)


def measured(model: Model) -> tuple[Explored, float]:
    """Explore a model; gives what it came to, and the seconds that the processor worked."""
    began_seconds = time.process_time()
    explored = explore(model)
    return explored, time.process_time() - began_seconds


def main() -> None:
    """Print a line for each."""
    explored, seconds = measured(Model(GRID, thresholds={"default": Thresholds(values_max=SIDE)}))
    print(
        f"exploring one machine: {explored.states:,} states, {explored.edges:,} edges, each by the real step, in "
        f"{seconds:.1f} s: {explored.edges / seconds:,.0f} edges/s (goal {EDGES_A_SECOND:,})"
    )
    explored, seconds = measured(crowd.model())
    print(
        f"exploring a system: {explored.states:,} states, {explored.edges:,} edges in {seconds:.1f} s: "
        f"{explored.edges / seconds:,.0f} edges/s; {explored.steps:,} by the real step, {explored.verified:,} of the "
        f"others made all the same; at most {explored.peak_bytes / 2**20:.0f} MiB "
        f"(goal {SYSTEM_EDGES:,} in {SYSTEM_SECONDS:.0f} s: {SYSTEM_EDGES * seconds / explored.edges:.0f} s)"
    )


if __name__ == "__main__":
    main()
