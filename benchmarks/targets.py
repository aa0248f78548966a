"""The targets: what was promised, what one run measured, and whether that is met.

A figure that cannot be met says why in `WHY`, under its measure; no path outside the table is added to meet one.
"""

from collections.abc import Iterator
from types import MappingProxyType

from attrs import frozen

from benchmarks import memory, ours, peers
from benchmarks.measured import Measured

WHY: MappingProxyType[str, str] = MappingProxyType(
    {
        "step, of H": "it is the transition, and a step and mostly a snapshot that are made anew: values of seven and "
        "six slots, at 0.9 × H each although no constructor is run (`statekit.layout`)",
        "step of a System of 4, no signal, of H": "it is the member's step, and then a snapshot of the system and a "
        "transaction, two more values of four and seven slots",
        "import statekit, above import attrs": "forty public values are attrs classes, at 0.2 ms each although they "
        "share comparison and repr (`statekit.value`): attrs compiles a constructor for each, and the class that it "
        "was written as is garbage to collect; twenty-odd files at 0.15 ms and their types are the rest",
        "creating an instance, of H with its list": "the context is a value of its own, and making one, a frozen attrs "
        "class of three fields, is 3 × H by itself; the snapshot and the step that starting it is are 1 × H each, the "
        "calls on the way the rest",
    }
)
"""Measure → why its target is missed."""


@frozen
class Target:
    """One line: `at_least` is met from the bound upwards, the rest up to it; `found` is None where nothing is yet."""

    measure: str
    bound: float
    found: float | None
    unit: str = "×"
    at_least: bool = False

    @property
    def outcome(self) -> str:
        """Say met, missed, or not yet."""
        if self.found is None:
            return "not yet"
        return "met" if (self.found >= self.bound if self.at_least else self.found <= self.bound) else "**missed**"


def targets(measured: Measured) -> tuple[Target, ...]:
    """List every target with its figure."""
    return (*_events(measured), *_growth(measured), *_once(measured))


def _events(measured: Measured) -> Iterator[Target]:
    ratio = measured.ratio
    h, transitions, python_statemachine = peers.H, peers.TRANSITIONS, peers.PYTHON_STATEMACHINE
    yield Target("plain transition, of H", 3.3, ratio(ours.PLAIN, h))
    yield Target(
        "plain transition, faster than transitions by", 18, _faster(ratio(ours.PLAIN, transitions)), at_least=True
    )
    yield Target(
        "plain transition, faster than python-statemachine by",
        180,
        _faster(ratio(ours.PLAIN, python_statemachine)),
        at_least=True,
    )
    yield Target("memoised transition, of H", 0.85, ratio(ours.MEMO, h))
    yield Target(
        "memoised transition, faster than transitions by", 70, _faster(ratio(ours.MEMO, transitions)), at_least=True
    )
    yield Target("step, of H", 5.5, ratio(ours.STEP, h))
    yield Target("step, memoised, of H", 1.4, ratio(ours.STEP_MEMO, h))
    yield Target("Runner.send, memoised, of H", 1.2, ratio(ours.RUNNER_MEMO, h))
    yield Target("step of a System of 4, no signal, of H", 11, ratio(ours.SYSTEM, h))
    yield Target("step of a System of 4, memoised, of H", 3.2, ratio(ours.SYSTEM_MEMO, h))


def _faster(share: float | None) -> float | None:
    return None if share is None else 1 / share


def _growth(measured: Measured) -> Iterator[Target]:
    for engine, bound in ((ours.PLAIN, 1.3), (ours.STEP, 1.3), (ours.MEMO, 1.5), (ours.STEP_MEMO, 1.5)):
        for shape in ("ring", "hub"):
            each = measured.growth[engine.name, shape]
            yield Target(f"{engine.name}, 10 → 1,000 rows, {shape}", bound, each[-1] if each else None)
    for engine in (ours.PLAIN, ours.STEP):
        yield Target(f"{engine.name}, three nested groups, of flat", 1.05, measured.nesting[engine.name])


def _once(measured: Measured) -> Iterator[Target]:
    imports, live, creation = measured.imports, measured.live, measured.creation
    yield Target("define 50 states and 200 rows", 2, measured.definition["statekit"], "ms")
    yield Target("import statekit, above import attrs", 15, imports["statekit"] - imports["attrs"], "ms")
    yield Target("modules loaded that should not be", 0, float(len(measured.dragged_in)), "")
    yield Target("live instance with a context of its own", 176, live.get(memory.OWN), "bytes")
    yield Target("interned snapshot, shared", 8, _whole(live.get(memory.INTERNED)), "bytes")
    yield Target("creating an instance, of H with its list", 2, creation.get(memory.OWN))


def _whole(size: float | None) -> float | None:
    # The interned points themselves, shared by all instances, come to a fraction of a byte each.
    return None if size is None else float(round(size))
