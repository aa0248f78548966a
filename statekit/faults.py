"""What makes a table malformed, and which cells it leaves blank.

Each fault is one sentence that begins with the place where it was written and says what would be right. Only what can
never be meant is refused here; what merely looks wrong is for `check` to say.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import pairwise
from types import FunctionType, UnionType
from typing import Union, get_args, get_origin

from statekit.draft import (
    AnyRow,
    Draft,
    Target,
    events_of,
    groups_in,
    is_group,
    orders_of,
    places,
    scope_name,
)
from statekit.folded import Arrow, Folded, Fork, Leaf
from statekit.states import Every, Kind, StateRow
from statekit.table import Choice, Verb, is_either
from statekit.timers import is_arm, is_disarm, is_named, is_timer

MOST_ARGUMENTS = 2
CO_COROUTINE = 0x80


def in_draft(draft: Draft) -> list[str]:
    """Find what is wrong with a draft as it was written."""
    found = [*_states(draft), *_groups(draft)]
    for row in draft.table:
        found += (f"{row.origin}: {fault}" for fault in _row(row, draft))
    for order, origin in orders_of(draft):
        found += (f"{origin}: {fault}" for fault in _order(order))
    return found + [f"{each.origin}: {fault}" for each in draft.answering for fault in _scope(each.scope, draft)]


def _states(draft: Draft) -> Iterator[str]:
    declared = [each.state for each in draft.states]
    if not draft.name.isidentifier():
        yield f"a machine's name must be an identifier such as circuit_breaker, not {draft.name!r}"
    for state in {state for state in declared if declared.count(state) > 1}:
        yield f"state {state.name} is declared twice; keep one declaration"
    for state in type(draft.initial):
        if state not in declared:
            yield f"state {state.name} of {type(state).__name__} is not declared; add state({state.name}, ...)"
    if draft.initial not in declared:
        yield f"the initial state {draft.initial!r} is not declared"


def _groups(draft: Draft) -> Iterator[str]:
    groups = groups_in(draft)
    values = {str(each.state) for each in draft.states}
    for group in groups:
        if not group.states:
            yield f"{group.origin}: group {group.name} has no states"
        if group.name in values:
            yield f"{group.origin}: group {group.name} bears the name of a state; give it another"
        for state in group.states:
            if str(state) not in values:
                yield f"{group.origin}: group {group.name} names {state!r}, which is no state of {draft.name}"


def _row(row: AnyRow, draft: Draft) -> Iterator[str]:
    declared = {each.state: each.kind for each in draft.states}
    for place in places(row.source):
        if is_group(place) or isinstance(place, Every):
            continue
        if not isinstance(place, StrEnum) or place not in declared:
            yield f"the source {place!r} is no state or group of {draft.name}"
        elif declared[place] is Kind.ENDED:
            yield f"{place.name} is of kind ended and absorbing; it can have no row"
        elif row.verb is Verb.ROW and row.target == place:
            yield f"row({place.name}, ..., {place.name}) is unclear: say stay (no exit, no entry) or reenter (both)"
    yield from _trigger(row, draft)
    yield from _function(row.guard, "guard")
    yield from _function(row.update, "update")
    if row.verb is Verb.ROW:
        yield from _target(row.target, draft)
    if row.verb in (Verb.IGNORE, Verb.FORBID, Verb.POSTPONE) and not row.because.strip():
        yield f"{row.verb} must say why: because='...'"


def _trigger(row: AnyRow, draft: Draft) -> Iterator[str]:
    trigger = row.trigger
    answers = {event for each in draft.answering for event in each.events}
    if isinstance(trigger, tuple):
        yield "a trigger cannot be a tuple (type checkers lose the events): write either(A, B)"
    elif is_timer(trigger):
        yield from _function(trigger.delay if callable(trigger.delay) else None, "delay", most=1)
        if is_named(trigger):
            yield from _scope(trigger.scope, draft)
        if row.verb is Verb.POSTPONE:
            yield "a timer cannot be postponed: it is due now or not at all"
    elif not is_either(trigger) and not isinstance(trigger, type):
        yield f"the trigger {trigger!r} is no event class, either(...), after(...) or timer(...)"
    elif row.verb is Verb.POSTPONE and any(event in answers for event in events_of(trigger)):
        yield "the outcome of an effect cannot be postponed: its scope may be over by then"


def _target(target: Target | None, draft: Draft) -> Iterator[str]:
    if isinstance(target, Choice):
        if not target.branches or target.branches[-1].guard is not None:
            yield f"{target.origin}: choice {target.name!r} needs a last branch without a guard: else no way out"
        for branch in target.branches[:-1]:
            if branch.guard is None:
                yield f"{branch.origin}: choice {target.name!r}: a branch without a guard hides those after it"
        for branch in target.branches:
            yield from _function(branch.guard, "guard", most=1)
            yield from _function(branch.update, "update", most=1)
            yield from _target(branch.target, draft)
    elif target not in {each.state for each in draft.states}:
        yield f"the target {target!r} is no state of {draft.name}"


def _function(function: object, role: str, most: int = MOST_ARGUMENTS) -> Iterator[str]:
    if function is None:
        return
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        yield f"the {role} {function!r} has no name to draw: define it with def (no lambda, partial or method)"
    elif function.__code__.co_flags & CO_COROUTINE:
        yield f"the {role} {function.__name__} is async; the core is pure: ask by an effect instead"
    elif not 1 <= function.__code__.co_argcount <= most:
        takes = "(context) or (context, event)" if most == MOST_ARGUMENTS else "(context)"
        yield f"the {role} {function.__name__} must take {takes}"


def _order(order: object) -> Iterator[str]:
    if isinstance(order, type):
        yield f"the effect {order.__name__} is a class: list an instance, {order.__name__}(...), or a maker of one"
    elif is_timer(order):
        yield f"the timer {order.label!r} stands among the effects: say arm(...) or disarm(...)"
    elif is_arm(order) or is_disarm(order):
        if callable(order.timer.delay):
            yield from _function(order.timer.delay, "delay", most=1)
    elif callable(order):
        yield from _function(order, "maker")


def _scope(scope: object, draft: Draft) -> Iterator[str]:
    if not is_group(scope) and scope not in {each.state for each in draft.states}:
        yield f"the scope {scope!r} is no state or group of {draft.name}"


def in_folded(draft: Draft, folded: Folded) -> list[str]:
    """Find what only shows when the rows of a state stand side by side."""
    found: dict[str, None] = {}
    waited = {arrow.key for cells in folded.cells.values() for arrows in cells.values() for arrow in arrows}
    for clock in folded.clocks.values():
        if clock.id not in waited:
            found[f"timer {clock.label!r} is armed, but no row waits for it in {clock.scope}"] = None
    armed = {order.timer.name for order, _ in orders_of(draft) if is_arm(order)}
    for row in draft.table:
        if is_named(row.trigger) and row.trigger.name not in armed:
            found[f"{row.origin}: nothing arms timer {row.trigger.name!r}: list arm(...) among some row's effects"] = (
                None
            )
    for state, cells in folded.cells.items():
        for arrows in cells.values():
            found.update(dict.fromkeys(_hidden(arrows)))
            found.update(dict.fromkeys(_rivals(state, arrows, folded)))
            for arrow in arrows:
                found.update(dict.fromkeys(f"{arrow.row.origin}: {fault}" for fault in _scoped(arrow, folded)))
    return list(found)


def _hidden(arrows: tuple[Arrow, ...]) -> Iterator[str]:
    for before, after in pairwise(arrows):
        if before.guard is None and before.level == after.level:
            yield f"{after.row.origin}: can never be taken: the row at {before.row.origin} comes first and has no guard"


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
    if answering is not None and not _within(arrow.source, answering.scope) and arrow.level == str(arrow.source):
        yield (
            f"{_named(arrow.key)} answers {answering.effect.__name__}, whose scope {scope_name(answering.scope)} "
            f"does not hold {arrow.source.name}: there it is Stale, and this row can never be taken"
        )
    for leaf in leaves(arrow.goal):
        for order in leaf.orders:
            inner = folded.answering.get(type(order))
            if inner is not None and not _within(leaf.state, inner.scope):
                yield (
                    f"{inner.effect.__name__} would start in {leaf.state.name}, outside its scope "
                    f"{scope_name(inner.scope)}: its answers could never arrive"
                )
            if is_arm(order) and not _within(leaf.state, order.timer.scope):
                yield f"timer {order.timer.name!r} would be armed in {leaf.state.name}, outside its scope"


def _named(key: object) -> str:
    return str(getattr(key, "__name__", key))


def _within(state: StrEnum, scope: object) -> bool:
    return state in scope if is_group(scope) else state == scope


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
            if answering is None or _within(declared.state, answering.scope):
                found += _blank(declared.state, event, cells.get(event, ()))
        scopes = {str(declared.state), *(group.name for group in folded.groups_of[declared.state])}
        for clock in folded.clocks.values():
            if clock.scope in scopes:
                found += _blank(declared.state, clock.id, cells.get(clock.id, ()))
    return tuple(found)


def _blank(state: StrEnum, key: object, arrows: tuple[Arrow, ...]) -> Iterator[tuple[StrEnum, object]]:
    if not any(arrow.guard is None for arrow in arrows):
        yield state, key


def classes_in(annotation: object) -> Iterator[type]:
    """Give the classes in a maker's return annotation: a class, a union of them, or a tuple of them."""
    if get_origin(annotation) in (Union, UnionType, tuple):
        for part in get_args(annotation):
            yield from classes_in(part)
    elif isinstance(annotation, type) and annotation is not type(None):
        yield annotation
