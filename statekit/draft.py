"""A draft: a lifecycle as it was written, before anything is known to be right, and how to read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import Enum, StrEnum
from types import UnionType
from typing import TypeAlias, TypeGuard, Union, cast, get_args, get_origin

from statekit.effects import Answering
from statekit.row import Branch, Choice, Row, is_either
from statekit.states import Group, Kind, StateRow
from statekit.timers import is_named, is_to_timer

AnyRow: TypeAlias = Row[StrEnum, object, object]
AnyGroup: TypeAlias = Group[StrEnum]
AnyChoice: TypeAlias = Choice[StrEnum, object]
Target: TypeAlias = StrEnum | AnyChoice
LISTED = (StateRow, Group, Row, Answering, tuple, list)
"""What is too long to be written out in a fault."""


class Draft:
    """A lifecycle as it was written, before anything is known to be right.

    `groups` stand outer before inner, overlapping ones in the order they are listed.
    """

    __slots__ = ("answering", "groups", "initial", "kinds", "name", "orders", "origin", "states", "table", "timed")

    def __init__(
        self,
        name: str,
        initial: StrEnum,
        states: tuple[StateRow[StrEnum], ...],
        groups: tuple[AnyGroup, ...],
        table: tuple[AnyRow, ...],
        answering: tuple[Answering, ...],
        origin: str = "",
    ) -> None:
        """Keep the parts, and what they list as effects, each with its place; `timed` are the orders to timers."""
        self.name: str = name
        self.initial: StrEnum = initial
        self.states: tuple[StateRow[StrEnum], ...] = states
        self.groups: tuple[AnyGroup, ...] = tuple(sorted(groups, key=lambda group: -len(group.states)))
        self.table: tuple[AnyRow, ...] = table
        self.answering: tuple[Answering, ...] = answering
        self.origin: str = origin
        self.kinds: Mapping[StrEnum, Kind] = {each.state: each.kind for each in states}
        self.orders: tuple[tuple[object, str], ...] = tuple(orders_in(states, self.groups, table))
        self.timed: tuple[tuple[object, str], ...] = tuple(each for each in self.orders if is_to_timer(each[0]))


def places(source: object) -> tuple[object, ...]:
    """Give the states, groups or `EVERY` that a row's source names."""
    if not isinstance(source, tuple):
        return (source,)
    return tuple(each for place in cast("tuple[object, ...]", source) for each in places(place))


def events_of(trigger: object) -> tuple[type, ...]:
    """Give the event classes of a trigger; a timer has none."""
    if isinstance(trigger, type):
        return (trigger,)
    return trigger.events if is_either(trigger) else ()


def branches_of(target: Target | None) -> Iterator[Branch[StrEnum, object]]:
    """Give every branch below a target, a choice's own first, those of nested choices after each."""
    if isinstance(target, Choice):
        for branch in target.branches:
            yield branch
            yield from branches_of(branch.target)


def orders_in(
    states: Iterable[StateRow[StrEnum]], groups: Iterable[AnyGroup], table: Iterable[AnyRow]
) -> Iterator[tuple[object, str]]:
    """Give everything that is listed as an effect, each with its place."""
    for state in states:
        for order in (*state.entry, *state.exit):
            yield order, state.origin
    for group in groups:
        for order in (*group.entry, *group.exit):
            yield order, group.origin
    for row in table:
        for order in row.effects:
            yield order, row.origin
        if isinstance(row.target, Choice):
            for branch in branches_of(row.target):
                for order in branch.effects:
                    yield order, branch.origin


def groups_used(draft: Draft) -> Iterator[AnyGroup]:
    """Give every group that a row, a timer or an answering effect names."""
    scopes = [answering.scope for answering in draft.answering]
    scopes += [row.trigger.scope for row in draft.table if is_named(row.trigger)]
    sources = [place for row in draft.table if not isinstance(row.source, StrEnum) for place in places(row.source)]
    for place in (*sources, *scopes):
        if is_group(place):
            yield place


def is_group(place: object) -> TypeGuard[AnyGroup]:
    """Tell whether a place is a group."""
    return isinstance(place, Group)


def named(given: object) -> str:
    """Write what was given as it would be written in a table, and shortly."""
    if isinstance(given, Enum):
        return f"{type(given).__name__}.{given.name}"
    if is_group(given):
        return f"group {given.name}"
    if isinstance(given, type):
        return given.__name__
    name = type(given).__name__
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}" if isinstance(given, LISTED) else repr(given)


def scope_name(scope: object) -> str:
    """Name a scope: a state by its value, a group by its name."""
    return scope.name if is_group(scope) else str(scope)


def classes_in(annotation: object) -> Iterator[type]:
    """Give the classes in a maker's return annotation: a class, a union of them, or a tuple of them."""
    if get_origin(annotation) in (Union, UnionType, tuple):
        for part in get_args(annotation):
            yield from classes_in(part)
    elif isinstance(annotation, type) and annotation is not type(None):
        yield annotation
