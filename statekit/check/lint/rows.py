"""Rows that can never be taken, cells that nothing fills, and cells that a wildcard fills."""

from collections.abc import Iterator
from enum import StrEnum

from statekit.check.lint.codes import BLANK, NEVER_TAKEN, WILDCARD
from statekit.check.lint.ways import Ways
from statekit.check.report import Finding
from statekit.draft import AnyRow
from statekit.folded import Arrow, Fork
from statekit.machine import Definition
from statekit.row import Choice, Function, Verb

EVERY_LEVEL = "EVERY"


def in_rows(machine: Definition, ways: Ways) -> Iterator[Finding]:
    """Find what is wrong with the rows of a machine and the cells between them."""
    for state, key in machine.blanks():
        yield blank(machine, state, key)
    yield from _never_taken(machine, ways)
    yield from _hidden_branches(machine)
    yield from _wildcards(machine, ways)


def blank(machine: Definition, state: StrEnum, key: object) -> Finding:
    """Say of a cell that leaves its trigger without an answer where it is, and which row would fill it."""
    trigger = _written(machine, key)
    guarded = [arrow for arrow in machine.arrows(state, key) if arrow.guard is not None]
    where = f"{state.name} on {machine.key_label(key)}"
    if guarded:
        names = " or ".join(arrow.guard.name for arrow in guarded if arrow.guard is not None)
        return BLANK.at(
            where,
            guarded[-1].row.origin,
            f"state {state.name} answers {machine.key_label(key)} only if {names}; what if not?",
            f"add below it row({state.name}, {trigger}, ...) without a guard, "
            f"or ignore({state.name}, {trigger}, because='...')",
        )
    return BLANK.at(
        where,
        next(declared.origin for declared in machine.states if declared.state == state),
        f"state {state.name} has no answer to {machine.key_label(key)}",
        f"add row({state.name}, {trigger}, ...) to the table, or ignore({state.name}, {trigger}, because='...')",
    )


def _written(machine: Definition, key: object) -> str:
    """Write a trigger as one would in a row."""
    return _code(machine.key_label(key)) if key in machine.folded.clocks else machine.key_label(key)


def _code(label: str) -> str:
    return label if label.isidentifier() else f"<the timer {label!r}>"


def _never_taken(machine: Definition, ways: Ways) -> Iterator[Finding]:
    places: dict[tuple[AnyRow, str, str], list[Arrow]] = {}
    for state in ways.awaited:
        for key, cell in machine.folded.cells[state].items():
            for arrow in cell:
                places.setdefault((arrow.row, arrow.level, machine.key_label(key)), []).append(arrow)
    for (row, level, label), arrows in places.items():
        # A forbidden cell is there not to be reached.
        if row.verb is not Verb.FORBID and not any(arrow in ways.taken for arrow in arrows):
            place = level if arrows[0].source != level else arrows[0].source.name
            yield NEVER_TAKEN.at(
                f"{place} on {label}",
                row.origin,
                f"{row.verb} on {label} in {place} can never be taken: {_why(machine, ways, arrows)}",
            )


def _why(machine: Definition, ways: Ways, arrows: list[Arrow]) -> str:
    for arrow in arrows:
        cell = machine.arrows(arrow.source, arrow.key)
        first = next((each for each in cell if each in ways.taken and _ends(each, arrow)), None)
        if first is not None:
            where = "there" if len({each.source for each in arrows}) == 1 else "in every state that it means"
            how = f"with the same guard {first.guard.name}" if first.guard else "without a guard"
            return f"{where} a row that comes first answers it {how}, at {first.row.origin}"
    key = arrows[0].key
    answering = machine.folded.answers.get(key) if isinstance(key, type) else None
    if answering is not None:
        return f"{answering.effect.__name__} is never under way there, so its answer would be Stale"
    return "the timer never runs there"


def _ends(before: Arrow, arrow: Arrow) -> bool:
    return before is not arrow and (
        before.guard is None or (arrow.guard is not None and before.guard.function is arrow.guard.function)
    )


def _hidden_branches(machine: Definition) -> Iterator[Finding]:
    seen: set[Choice[StrEnum, object]] = set()
    goals = [arrow.goal for cells in machine.folded.cells.values() for arrows in cells.values() for arrow in arrows]
    for goal in goals:
        if not isinstance(goal, Fork) or goal.choice in seen:
            continue
        seen.add(goal.choice)
        asked: dict[Function, str] = {}
        for way in goal.ways:
            goals.append(way.goal)
            guard = way.branch.guard
            if guard is not None and guard in asked:
                yield NEVER_TAKEN.at(
                    f"{goal.choice.name} if {guard.__name__}",
                    way.branch.origin,
                    f"the branch of {goal.choice.name!r} can never be taken: {guard.__name__} is asked before, at "
                    f"{asked[guard]}, and the context is the same",
                )
            elif guard is not None:
                asked[guard] = way.branch.origin


def _wildcards(machine: Definition, ways: Ways) -> Iterator[Finding]:
    reached = [declared.state for declared in machine.states if declared.state in ways.awaited]
    lasting = [state.name for state in reached if machine.folded.scopes[state]]
    filled: dict[tuple[AnyRow, str], list[str]] = {}
    for state in reached:
        for key, arrows in machine.folded.cells[state].items():
            for arrow in arrows:
                if arrow.level == EVERY_LEVEL and (arrow in ways.taken or arrow is arrows[0]):
                    filled.setdefault((arrow.row, machine.key_label(key)), []).append(state.name)
    for (row, label), names in filled.items():
        others = [name for name in lasting if name not in names]
        named = f"all but {', '.join(others)}" if 0 < len(others) < len(names) else ", ".join(names)
        what = "cell" if len(names) == 1 else "cells"
        yield WILDCARD.at(
            f"EVERY on {label}",
            row.origin,
            f"{row.verb} on {label} in EVERY state fills {len(names)} {what}: {named if others else 'all'}",
        )
