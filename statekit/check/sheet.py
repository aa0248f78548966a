"""Sheets: a machine's table, or a system's wiring, as plain text values that can leave the process they were read in.

Two versions of one module cannot live in one process. So this file is also a script: run by the interpreter that has
the other version on its path, it reads what `module:ATTRIBUTE` or `file.py:ATTRIBUTE` names and writes its sheets as
JSON. It therefore asks little of the statekit that it finds there: the table, the folded cells and how they read.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import cast

from attrs import asdict, field, frozen

from statekit.cells import leaves
from statekit.draft import AnyRow, branches_of, events_of, places, scope_name
from statekit.flat import tried
from statekit.machine import Definition
from statekit.row import Branch, Choice
from statekit.states import Every
from statekit.system import System
from statekit.timers import delay_label, is_timer

MARK = "sheets: "
ENUM = re.compile(r"<(\w+\.\w+): [^<>]*>")


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    """Be a tuple, also of what JSON has made a list."""
    return tuple(given)


@frozen
class Line:
    """One row as one place has it for one trigger, one branch of a choice, or one wire; all parts as they are written.

    `place` is a state, a group, `EVERY`, a choice or a machine, `target` a state, a choice or a machine. `cause` says
    why the trigger comes: an effect's answer, a timer, or somebody told.
    """

    place: str
    trigger: str
    verb: str
    target: str
    guard: str = ""
    update: str = ""
    effects: tuple[str, ...] = field(default=(), converter=_texts)
    because: str = ""
    cause: str = "told"
    origin: str = field(default="", eq=False)


@frozen
class State:
    """A state as it is declared; `doc` is not compared."""

    name: str
    kind: str
    waits_for: str
    entry: tuple[str, ...] = field(converter=_texts)
    exit: tuple[str, ...] = field(converter=_texts)
    groups: tuple[str, ...] = field(converter=_texts)
    doc: str = field(default="", eq=False)


@frozen
class Place:
    """A group, or a choice (which has no states)."""

    name: str
    states: tuple[str, ...] = field(default=(), converter=_texts)
    entry: tuple[str, ...] = field(default=(), converter=_texts)
    exit: tuple[str, ...] = field(default=(), converter=_texts)
    doc: str = field(default="", eq=False)


@frozen
class Cell:
    """What one state does with one trigger: each way that it may go, in words, and all the states it may lead to.

    A way into a choice names the choice: what becomes of it there stands in the choice's own lines.
    """

    state: str
    trigger: str
    ways: tuple[str, ...] = field(converter=_texts)
    targets: tuple[str, ...] = field(converter=_texts)


@frozen
class Sheet:
    """A machine's table, or a system's wiring, as text; `extras` has what else is declared, each under its name."""

    name: str
    doc: str
    initial: str
    rows: int
    states: tuple[State, ...]
    groups: tuple[Place, ...]
    choices: tuple[Place, ...]
    lines: tuple[Line, ...]
    cells: tuple[Cell, ...]
    extras: Mapping[str, str]


PARTS: Mapping[str, Callable[..., object]] = {
    "states": State,
    "groups": Place,
    "choices": Place,
    "lines": Line,
    "cells": Cell,
}


def sheets_of(subject: object) -> tuple[Sheet, ...]:
    """Read a machine into its sheet, or a system into that of its wiring and those of its members.

    Raises TypeError for anything else.
    """
    if isinstance(subject, System):
        return (_wiring(subject), *map(_table, subject.members))
    if isinstance(subject, Definition):
        return (_table(subject),)
    raise TypeError(f"it is no Machine and no System, but {type(subject).__name__}")


def sheets_from(text: str) -> tuple[Sheet, ...]:
    """Read the sheets that another process wrote."""
    make = cast("Callable[..., Sheet]", Sheet)
    found = cast("list[dict[str, object]]", json.loads(text))
    for each in found:
        for part, kind in PARTS.items():
            each[part] = tuple(kind(**values) for values in cast("list[dict[str, object]]", each[part]))
    return tuple(make(**each) for each in found)


def _table(machine: Definition) -> Sheet:
    choices = {
        target: None
        for row in machine.table
        for target in (row.target, *(branch.target for branch in branches_of(row.target)))
        if isinstance(target, Choice)
    }
    return Sheet(
        name=machine.name,
        doc=machine.doc,
        initial=machine.initial.name,
        rows=len(machine.table),
        states=tuple(
            State(
                each.state.name,
                str(each.kind),
                each.waits_for,
                _orders(each.entry),
                _orders(each.exit),
                tuple(group.name for group in machine.folded.groups_of[each.state]),
                each.doc,
            )
            for each in machine.states
        ),
        groups=tuple(
            Place(each.name, tuple(state.name for state in each), _orders(each.entry), _orders(each.exit), each.doc)
            for each in machine.folded.groups
        ),
        choices=tuple(Place(_choice(each)) for each in choices),
        lines=(*_rows(machine), *(_branch(each, branch) for each in choices for branch in each.branches)),
        cells=tuple(_cells(machine)),
        extras=_extras(machine),
    )


def _rows(machine: Definition) -> Iterator[Line]:
    for row in machine.table:
        for place in places(row.source):
            for trigger, cause in _triggers(machine, row):
                yield Line(
                    place=_place(place),
                    trigger=trigger,
                    verb=str(row.verb),
                    target=_target(row.target),
                    guard=_function(row.guard),
                    update=_function(row.update),
                    effects=_orders(row.effects),
                    because=row.because,
                    cause=cause,
                    origin=row.origin,
                )


def _triggers(machine: Definition, row: AnyRow) -> Iterator[tuple[str, str]]:
    if is_timer(row.trigger):
        yield row.trigger.label, "timer"
    for event in events_of(row.trigger):
        yield event.__name__, "answer" if event in machine.folded.answers else "told"


def _branch(choice: Choice[StrEnum, object], branch: Branch[StrEnum, object]) -> Line:
    return Line(
        place=_choice(choice),
        trigger="",
        verb="row",
        target=_target(branch.target),
        guard=_function(branch.guard),
        update=_function(branch.update),
        effects=_orders(branch.effects),
        origin=branch.origin,
    )


def _cells(machine: Definition) -> Iterator[Cell]:
    for state, cells in machine.folded.cells.items():
        for key, arrows in cells.items():
            ways: list[str] = []
            targets: dict[str, None] = {}
            for arrow in tried(arrows):
                goes = f"→ {_target(arrow.row.target)}" if arrow.row.target is not None else str(arrow.row.verb)
                ways.append(f"{goes} if {arrow.guard.name}" if arrow.guard else goes)
                targets.update(dict.fromkeys(leaf.state.name for leaf in leaves(arrow.goal)))
            yield Cell(state.name, machine.key_label(key), ways, targets)


def _extras(machine: Definition) -> dict[str, str]:
    found = {"the initial state": machine.initial.name}
    for clock in machine.folded.clocks.values():
        if clock.id != clock.label:
            continue  # a timer without a name is told with its rows
        key = f", one per {clock.key.name}" if clock.key else ""
        found[f"timer {clock.id}"] = f"{delay_label(clock.delay)} in {clock.scope}{key}"
    for each in machine.answering:
        names = ", ".join(event.__name__ for event in each.events)
        orphan = f", orphan {_order(each.orphan)}" if each.orphan is not None else ""
        opens = f", opened by {each.opens.__name__}" if each.opens else ""
        found[f"answers of {each.effect.__name__}"] = f"{names} in {scope_name(each.scope)}{opens}{orphan}"
    return found


def _wiring(system: System) -> Sheet:
    lines = [
        Line(
            place=line.source.name,
            trigger=line.signal.__name__,
            verb="wire" if line.target else "publish",
            target=line.target.name if line.target else "",
            update=_function(line.make),
        )
        for line in system.wiring
    ]
    lines += (
        Line(_function(each.fact), "", "derive", each.target.name, update=_function(each.make))
        for each in system.derived
    )
    extras = {"the members": ", ".join(system.names)}
    return Sheet(system.name, system.doc, "", len(lines), (), (), (), tuple(lines), (), extras)


def _place(place: object) -> str:
    if isinstance(place, Every):
        return "EVERY"
    return str(getattr(place, "name", place))


def _target(target: object) -> str:
    return _choice(cast("Choice[StrEnum, object]", target)) if isinstance(target, Choice) else _name(target)


def _name(target: object) -> str:
    return "" if target is None else str(getattr(target, "name", target))


def _choice(choice: Choice[StrEnum, object]) -> str:
    return f"{choice.name}?"


def _function(function: object) -> str:
    return "" if function is None else str(getattr(function, "__name__", function))


def _orders(orders: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(map(_order, orders))


def _order(order: object) -> str:
    """Write an order as it is listed: a maker by its name, a timer's order in words, a constant with its fields."""
    if callable(order):
        return _function(order)
    return ENUM.sub(r"\1", str(order) if type(order).__str__ is not object.__str__ else repr(order))


def named(value: str) -> object:
    """Load what `module:ATTRIBUTE` or `file.py:ATTRIBUTE` names; a file without an attribute has one machine."""
    module, _, attribute = value.partition(":") if not Path(value).exists() else (value, "", "")
    if not module.endswith(".py"):
        found: object = import_module(module)
    else:
        spec = spec_from_file_location("sheet_of_a_file", module)
        if spec is None or spec.loader is None:  # pragma: no cover - a file with this suffix has a loader
            raise ImportError(f"{module} is no Python file")
        loaded = module_from_spec(spec)
        sys.modules[spec.name] = loaded
        spec.loader.exec_module(loaded)
        own = [each for each in vars(loaded).values() if isinstance(each, Definition | System)]
        if not attribute and len(own) == 1:
            return own[0]
        if not attribute:
            raise LookupError(f"{module} has {len(own)} machines and systems: say which, as {module}:ATTRIBUTE")
        found = loaded
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    return found


if __name__ == "__main__":
    print(MARK + json.dumps([asdict(each) for each in sheets_of(named(sys.argv[1]))]))  # noqa: T201 - its only answer
