"""The cells of a folded table: rows that hide or contradict one another, waits that never end, and blanks.

Where `faults` reads the draft line by line, this sees the rows of a state side by side.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import pairwise

from statekit.draft import Draft, scope_name
from statekit.folded import Arrow, Folded, Fork, Leaf
from statekit.states import Kind, StateRow
from statekit.timers import is_arm, is_disarm, is_named


def in_folded(draft: Draft, folded: Folded) -> list[str]:
    """Find what only shows when the rows of a state stand side by side."""
    found: dict[str, None] = {}
    waited = {arrow.key for cells in folded.cells.values() for arrows in cells.values() for arrow in arrows}
    arms = {order.timer.name: origin for order, origin in draft.timed if is_arm(order)}
    for name, origin in arms.items():
        if name not in waited:
            found[f"{origin}: timer {name!r} is armed, but no row waits for it in {folded.clocks[name].scope}"] = None
    for order, origin in draft.timed:
        if is_disarm(order) and order.timer.name not in arms:
            found[f"{origin}: timer {order.timer.name!r} is disarmed, but nothing arms it"] = None
    initial = next(each for each in draft.states if each.state == draft.initial)
    found.update(dict.fromkeys(f"{initial.origin}: {fault}" for fault in _started(folded.begin, folded)))
    for row in draft.table:
        if is_named(row.trigger) and row.trigger.name not in arms:
            fault = f"{row.origin}: nothing arms timer {row.trigger.name!r}: list arm(...) among some row's effects"
            found[fault] = None
    comes_back = folded.answering or folded.clocks
    for state, cells in folded.cells.items():
        for arrows in cells.values():
            if len(arrows) > 1:
                found.update(dict.fromkeys(_hidden(arrows)))
                found.update(dict.fromkeys(_rivals(state, arrows, folded)))
            for arrow in arrows if comes_back else ():
                found.update(dict.fromkeys(f"{arrow.row.origin}: {fault}" for fault in _scoped(arrow, folded)))
    found.update(dict.fromkeys(_deaf(folded)))
    return list(found)


def _deaf(folded: Folded) -> Iterator[str]:
    """Find the events that are named to start an `idle` afresh, and are taken nowhere in its stay.

    A row for `EVERY` state means those where they are taken.
    """
    for clock in folded.clocks.values():
        inside = [cells for state, cells in folded.cells.items() if clock.scope in folded.scopes[state]]
        waiting = [arrow for cells in inside for arrow in cells.get(clock.id, ()) if arrow.level == clock.scope]
        for event in clock.of if waiting else ():
            if not any(arrow.goal for cells in inside for arrow in cells.get(event, ())):
                yield (
                    f"{waiting[0].row.origin}: {clock.label!r} starts afresh at {event.__name__}, but no row takes it "
                    f"in {clock.scope}: leave it out of of=(...), or say stay"
                )


def _hidden(arrows: tuple[Arrow, ...]) -> Iterator[str]:
    last: dict[str, Arrow] = {}
    for arrow in arrows:
        if before := last.get(arrow.level):
            yield f"{arrow.row.origin}: can never be taken: the row at {before.row.origin} comes first and has no guard"
        elif arrow.guard is None:
            last[arrow.level] = arrow


def _rivals(state: StrEnum, arrows: tuple[Arrow, ...], folded: Folded) -> Iterator[str]:
    groups = {group.name: set(group.states) for group in folded.groups_of[state]}
    for before, after in pairwise(arrows):
        inner, outer = groups.get(before.level), groups.get(after.level)
        if inner and outer and before.level != after.level and not inner < outer:
            yield (
                f"{after.row.origin}: groups {before.level} and {after.level} both answer it in {state.name}; neither "
                f"contains the other: name the states in one of the rows"
            )


def _scoped(arrow: Arrow, folded: Folded) -> Iterator[str]:
    answering = folded.answers.get(arrow.key) if isinstance(arrow.key, type) else None
    clock = folded.clocks.get(arrow.key) if isinstance(arrow.key, str) else None
    own = arrow.level == str(arrow.source)
    if own and answering is not None and not _within(arrow.source, answering.scope, folded):
        yield (
            f"{_named(arrow.key)} answers {answering.effect.__name__}, whose scope {scope_name(answering.scope)} "
            f"does not hold {arrow.source.name}: there it is Stale, and this row can never be taken"
        )
    if own and clock is not None and clock.scope not in folded.scopes[arrow.source]:
        yield (
            f"the scope {clock.scope} of timer {clock.label!r} does not hold {arrow.source.name}: there it is Stale, "
            f"and this row can never be taken"
        )
    for leaf in leaves(arrow.goal):
        yield from _started(leaf, folded)


def _started(leaf: Leaf, folded: Folded) -> Iterator[str]:
    for order in leaf.orders:
        inner = folded.answering.get(type(order))
        if inner is not None and not _within(leaf.state, inner.scope, folded):
            yield (
                f"{inner.effect.__name__} would start in {leaf.state.name}, outside its scope "
                f"{scope_name(inner.scope)}: its answers could never arrive"
            )
        if is_arm(order) and not _within(leaf.state, order.timer.scope, folded):
            yield f"timer {order.timer.name!r} would be armed in {leaf.state.name}, outside its scope"


def _named(key: object) -> str:
    return str(getattr(key, "__name__", key))


def _within(state: StrEnum, scope: object, folded: Folded) -> bool:
    return scope_name(scope) in folded.scopes[state]


def leaves(goal: Leaf | Fork | None) -> Iterator[Leaf]:
    """Give every leaf below a goal, in the order of the branches."""
    if isinstance(goal, Leaf):
        yield goal
    elif isinstance(goal, Fork):
        for way in goal.ways:
            yield from leaves(way.goal)


def blanks(states: Iterable[StateRow[StrEnum]], folded: Folded) -> tuple[tuple[StrEnum, object], ...]:
    """List the cells without an unguarded answer; see `Definition.blanks`."""
    found: list[tuple[StrEnum, object]] = []
    for declared in states:
        if declared.kind is Kind.ENDED:
            continue
        cells = folded.cells[declared.state]
        for event in folded.events:
            answering = folded.answers.get(event)
            if answering is None or _within(declared.state, answering.scope, folded):
                found += _blank(declared.state, event, cells.get(event, ()))
        for clock in folded.clocks.values():
            if clock.scope in folded.scopes[declared.state]:
                found += _blank(declared.state, clock.id, cells.get(clock.id, ()))
    return tuple(found)


def _blank(state: StrEnum, key: object, arrows: tuple[Arrow, ...]) -> Iterator[tuple[StrEnum, object]]:
    if not any(arrow.guard is None for arrow in arrows):
        yield state, key
