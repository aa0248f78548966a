"""Memory: bytes of one live connection, and what it costs to make one.

Each instance has a three-field context of its own. Bytes are what tracemalloc counts for many instances held in a list
that was allocated before, divided by their number; of a shared object that leaves the list's pointer, 8 bytes.
"""

import gc
import tracemalloc
from collections.abc import Callable

from benchmarks import ours
from benchmarks.engines.by_hand import Connection
from benchmarks.stopwatch import Effort, Job, measure
from benchmarks.workloads.connection import ATTEMPTS_MAX, CONNECTION, Context

INSTANCES = 10_000
POINTER_BYTES = 8

H_INSTANCE = "H with its list"
OWN = "snapshot with a context of its own"
INTERNED = "interned snapshot"
RUNNER = "Runner"


def own_context() -> Context:
    """Make a context that no other instance shares."""
    return Context(0, ATTEMPTS_MAX, False)


def bytes_each(make: Callable[[], object]) -> float:
    """Measure the bytes that one instance keeps alive."""
    held: list[object] = [None] * INSTANCES
    make()
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for at in range(INSTANCES):
        held[at] = make()
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / INSTANCES


def makers() -> dict[str, Callable[[], object]]:
    """Name every way to make an instance that there is."""
    machine = CONNECTION.machine
    found: dict[str, Callable[[], object] | None] = {
        H_INSTANCE: Connection,
        OWN: ours.own_instance(machine, own_context),
        INTERNED: ours.shared_instance(machine, ()),
        RUNNER: ours.runner(machine),
    }
    return {name: make for name, make in found.items() if make}


def live_bytes() -> dict[str, float]:
    """Give the bytes of one live instance, by kind; an interned one is led to a point of its own first."""
    found = makers()
    if INTERNED in found:
        found[INTERNED] = ours.shared_instance(CONNECTION.machine, CONNECTION.script[:20])
    each = {name: bytes_each(make) for name, make in found.items()}
    return {name: size + POINTER_BYTES if name == INTERNED else size for name, size in each.items()}


def creation(effort: Effort) -> dict[str, float]:
    """Give the cost of making an instance as a multiple of making H with its list."""
    spent = measure({name: Job(make, 1) for name, make in makers().items()}, effort)
    return {name: each / spent[H_INSTANCE] for name, each in spent.items()}
