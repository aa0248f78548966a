"""The digest of a table: changes when a machine would behave otherwise, and stays when only lines or words move."""

from collections.abc import Iterable, Iterator
from enum import Enum
from hashlib import sha256
from typing import cast

from attrs import fields, has

from statekit.draft import scope_name
from statekit.folded import Arrow, Call, Fork, Leaf
from statekit.machine import Definition
from statekit.system import System
from statekit.timers import is_arm, is_disarm, per_label


def table_digest(definition: Definition | System) -> str:
    """Give `sha256:` and the hexadecimal digest of a machine's folded table, or of a system's tables and wiring.

    States, rows, choices, guards, updates, effects, timers and answering effects count, functions by their names. Line
    numbers, docs and reasons do not. It is the same in every run and process.
    """
    lines = _system(definition) if isinstance(definition, System) else _machine(definition)
    return "sha256:" + sha256("\n".join(lines).encode()).hexdigest()


def _system(system: System) -> Iterator[str]:
    for member in system.members:
        yield from _machine(member)
    for name, keyed in system.plan.keyed.items():
        yield f"keyed {name} {_named(keyed.context)}"
    for line in system.wiring:
        target = line.target.name if line.target else ""
        key = "" if line.key is None else f" {'spawn' if line.spawns else 'by'} {_named(line.key)}"
        yield f"wire {line.source.name} {line.signal.__name__} {target} {_named(line.make)}{key}"
    for derived in system.derived:
        yield f"derive {_named(derived.fact)} {derived.target.name} {_named(derived.make)}"


def _machine(definition: Definition) -> Iterator[str]:
    folded = definition.folded
    yield f"machine {definition.name} {definition.initial.value}"
    for declared in sorted(definition.states, key=lambda each: str(each.state.value)):
        yield f"state {declared.state.value} {declared.kind} {sorted(folded.scopes[declared.state])}"
    for clock in sorted(folded.clocks.values(), key=lambda each: each.id):
        yield f"timer {clock.id!r} {clock.scope} {_written(clock.delay)}{per_label(clock.key and clock.key.name)}"
    for each in sorted(folded.answering.values(), key=lambda each: each.effect.__name__):
        parts = (each.outcomes, () if each.opens is None else (each.opens,), each.streams, each.ends)
        said = " ; ".join(" ".join(kind.__name__ for kind in part) for part in parts)
        orphan, scope = _written(each.orphan), scope_name(each.scope)
        failed, lost = _named(each.failed), _named(each.lost)
        yield f"answering {each.effect.__name__} {scope} {said} {orphan} {failed} {lost}{per_label(each.key)}"
    yield f"start {_goal(folded.begin)}"
    for state, cells in sorted(folded.cells.items(), key=lambda cell: str(cell[0].value)):
        for key, arrows in sorted(cells.items(), key=lambda cell: _written(cell[0])):
            for arrow in arrows:
                yield f"{state.value} {_written(key)} {_arrow(arrow)}"


def _arrow(arrow: Arrow) -> str:
    return f"{arrow.row.verb} {_call(arrow.guard)} {_call(arrow.update)} {_goal(arrow.goal)}"


def _goal(goal: Leaf | Fork | None) -> str:
    if goal is None:
        return ""
    if isinstance(goal, Fork):
        ways = (f"{_call(way.guard)} {_call(way.update)} {_goal(way.goal)}" for way in goal.ways)
        return f"({' | '.join(ways)})"
    armed = [clock.id for clock in goal.armed]
    orders = " ".join(map(_order, goal.orders))
    return f"→ {goal.state.value} [{orders}] {sorted(goal.ended)} {armed} {goal.moved}"


def _order(order: object) -> str:
    if is_arm(order) or is_disarm(order):
        return str(order)
    return order.name if isinstance(order, Call) else _written(order)


def _call(call: Call | None) -> str:
    return "-" if call is None else call.name


def _named(function: object) -> str:
    return str(getattr(function, "__name__", "-"))


def _written(value: object) -> str:
    """Write a constant without what may differ between two runs: an object's address, the order of a set."""
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if value is None or isinstance(value, (bool, int, float, str)):
        return repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(_each(cast('Iterable[object]', value)))})"
    if isinstance(value, frozenset):
        return f"{{{', '.join(sorted(_each(cast('Iterable[object]', value))))}}}"
    kind = type(value)
    if has(kind):
        parts = (f"{each.name}={_written(getattr(value, each.name))}" for each in fields(kind))
        return f"{kind.__name__}({', '.join(parts)})"
    return _named(value) if callable(value) else kind.__name__


def _each(values: Iterable[object]) -> Iterator[str]:
    return map(_written, values)
