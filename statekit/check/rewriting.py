"""Rewriting: a machine built again with one part of its table changed or left out.

A choice may be the target of many rows, and a group the source of many rows and the scope of many timers: each stands
in the table once, so each is rewritten once, and everything that names it gets the new one.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any, Never, Protocol, TypeAlias, TypeVar, cast

from attrs import evolve

from statekit.draft import AnyGroup, AnyRow, Target, is_group
from statekit.machine import Definition, Machine
from statekit.row import Branch, Choice, Function
from statekit.states import StateRow
from statekit.timers import AnyTimer, is_arm, is_disarm, is_named, is_timer

AnyBranch: TypeAlias = Branch[StrEnum, object]
AnyChoice: TypeAlias = Choice[StrEnum, object]
Part: TypeAlias = AnyRow | AnyBranch | StateRow[StrEnum] | AnyGroup
"""What is written on a line of its own."""

P = TypeVar("P", AnyRow, AnyBranch, StateRow[StrEnum], AnyGroup)
T = TypeVar("T")


def altered(value: T, **fields: object) -> T:
    """Give a frozen value with other fields; what they may hold only the caller knows."""
    return cast("T", evolve(cast("Any", value), **fields))


def same_part(part: Part) -> tuple[Part, ...]:
    """Leave a part as it is."""
    return (part,)


def same_order(order: object) -> object:
    """Leave an effect, or an order to a timer, as it is."""
    return order


class Reading(Protocol):
    """Gives what is to stand instead of a function of the context: a guard, update (`updates`), maker, delay or key."""

    def __call__(self, function: Function, *, updates: bool) -> Function:
        """Give the function that is to stand instead."""
        ...


class Rewriting:
    """The work of rewriting one machine; thrown away once `machine` has its result.

    `part` gives the parts that are to stand instead of one (of a group, exactly one), `order` the order, or None to
    leave it out; `function` is asked for every function of the context.
    """

    def __init__(
        self,
        definition: Definition,
        *,
        part: Callable[[Part], tuple[Part, ...]] = same_part,
        order: Callable[[object], object] = same_order,
        function: Reading | None = None,
    ) -> None:
        """Begin with nothing rewritten."""
        self.definition = definition
        self.part = part
        self.order = order
        self.function = function
        self.groups: dict[AnyGroup, AnyGroup] = {}
        self.choices: dict[int, AnyChoice] = {}
        self.functions: dict[tuple[object, bool], Function] = {}

    def machine(self) -> Definition:
        """Build the machine again; raises `MalformedTable` if it cannot be."""
        old = self.definition
        return Machine[StrEnum, object, object, object](
            old.name,
            initial=old.initial,
            context=old.context,
            states=[self.state(each) for each in self.kept(old.states)],
            groups=[self.group(each) for each in old.folded.groups],
            table=[self.row(each) for each in self.kept(old.table)],
            answering=[altered(each, scope=self.place(each.scope)) for each in old.answering],
            doc=old.doc,
            postpone_limit=old.postpone_limit,
        )

    def kept(self, parts: Iterable[P]) -> Iterable[P]:
        """Give what is to stand instead of these parts."""
        return (cast("P", new) for part in parts for new in self.part(part))

    def row(self, row: AnyRow) -> AnyRow:
        """Rewrite what a row names."""
        return altered(
            row,
            source=self.place(row.source),
            trigger=self.timer(row.trigger) if is_timer(row.trigger) else row.trigger,
            target=self.target(row.target),
            effects=self.orders(row.effects),
            guard=self.called(row.guard),
            update=self.called(row.update, updates=True),
        )

    def branch(self, branch: AnyBranch) -> AnyBranch:
        """Rewrite what a branch names."""
        return altered(
            branch,
            target=self.target(branch.target),
            effects=self.orders(branch.effects),
            guard=self.called(branch.guard),
            update=self.called(branch.update, updates=True),
        )

    def target(self, target: Target | None) -> Target | None:
        """Rewrite a choice once, for all that lead to it."""
        if not isinstance(target, Choice):
            return target
        if id(target) not in self.choices:
            branches = tuple(self.branch(each) for each in self.kept(target.branches))
            self.choices[id(target)] = evolve(target, branches=branches)
        return self.choices[id(target)]

    def state(self, declared: StateRow[StrEnum]) -> StateRow[StrEnum]:
        """Rewrite the effects of a state."""
        return evolve(declared, entry=self.orders(declared.entry), exit=self.orders(declared.exit))

    def group(self, group: AnyGroup) -> AnyGroup:
        """Rewrite the effects of a group once, for all that name it."""
        if group not in self.groups:
            (new,) = self.kept((group,))
            self.groups[group] = evolve(new, entry=self.orders(new.entry), exit=self.orders(new.exit))
        return self.groups[group]

    def place(self, place: object) -> object:
        """Rewrite the groups among the states, groups or `EVERY` that a source or scope names."""
        if isinstance(place, tuple):
            return tuple(self.place(each) for each in cast("tuple[object, ...]", place))
        return self.group(place) if is_group(place) else place

    def orders(self, orders: tuple[object, ...]) -> tuple[object, ...]:
        """Rewrite a list of effects."""
        return tuple(self.ordered(new) for order in orders if (new := self.order(order)) is not None)

    def ordered(self, order: object) -> object:
        """Rewrite a maker, or the timer of an order to it."""
        if is_arm(order) or is_disarm(order):
            return altered(order, timer=self.timer(order.timer))
        return self.called(order) if callable(order) else order

    def timer(self, timer: "AnyTimer[Never]") -> "AnyTimer[Never]":
        """Rewrite a timer's delay, and the scope and key of one that has a name."""
        delay = cast("object", timer.delay)
        new = altered(timer, delay=self.called(delay) if callable(delay) else delay)
        return altered(new, scope=self.place(timer.scope), key=self.called(timer.key)) if is_named(timer) else new

    def called(self, function: Function | None, *, updates: bool = False) -> Function | None:
        """Rewrite a function once, for all who call it."""
        if function is None or self.function is None:
            return function
        key = function, updates
        if key not in self.functions:
            self.functions[key] = self.function(function, updates=updates)
        return self.functions[key]
