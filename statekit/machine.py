"""Machine: a checked, folded table; the immutable definition that the engine, the checks and the pictures read."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Generic, Never, TypeAlias, TypeVar, get_type_hints

from attrs import frozen

from statekit import cells, faults
from statekit.draft import AnyRow, classes_in, orders_in
from statekit.effects import Answering
from statekit.errors import MalformedTable
from statekit.fold import fold
from statekit.folded import Arrow, Folded, key_label
from statekit.origin import written_at
from statekit.parts import draft_of
from statekit.row import Row
from statekit.states import Group, Kind, StateRow
from statekit.timers import is_arm, is_disarm

if TYPE_CHECKING:
    from statekit.flat import FlatRow
    from statekit.tabulated import Tabulated

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E")
C = TypeVar("C")
F = TypeVar("F")

# Given the first kind alone, mypy would expect of each row that is written in the call what holds of the whole table:
# a guard that reads its own event should accept every event. The second kind is what a timer's row is, and no other.
Line: TypeAlias = Row[S, E, F] | Row[S, Never, object]
"""A row in the table of a machine."""


@frozen(eq=False, repr=False)
class Definition:
    """A machine with its types forgotten: what the engine, the checks and the pictures work on."""

    name: str
    initial: StrEnum
    context: object
    states: tuple[StateRow[StrEnum], ...]
    table: tuple[AnyRow, ...]
    answering: tuple[Answering, ...]
    doc: str
    postpone_limit: int
    folded: Folded

    def __repr__(self) -> str:
        """Say which machine it is, and how large; `rows` has the rest."""
        rows = len(self.table)
        return f"<Machine {self.name}: {len(self.states)} states, {rows} row{'s' * (rows != 1)}>"

    def arrows(self, state: StrEnum, key: object) -> tuple[Arrow, ...]:
        """Give the arrows that `state` tries for an event class or a timer's id, in order; none is a blank cell."""
        return self.folded.cells[state].get(key, ())

    def kind(self, state: StrEnum) -> Kind:
        """Tell what a stay in a state is like."""
        return next(declared.kind for declared in self.states if declared.state == state)

    def key_label(self, key: object) -> str:
        """Name a trigger as it is written in the table."""
        return key_label(key, self.folded.clocks)

    def possible(self, state: StrEnum) -> tuple[str, ...]:
        """Name the triggers that `state` answers, for an error or a person."""
        return tuple(self.key_label(key) for key in self.folded.cells[state])

    @property
    def rows(self) -> tuple[FlatRow, ...]:
        """The flat table: for every state, each way that each of its triggers may go, groups and choices worked in.

        States stand in the order of their declaration, events before timers in that of the table, the rows of a cell in
        that of precedence; what an unguarded row hides is left out.
        """
        from statekit.flat import flat  # noqa: PLC0415 - loaded by those who read it

        return flat((declared.state for declared in self.states), self.folded)

    def tabulate(self, context: object = None, *, limit: int = 10_000) -> Tabulated:
        """Write the primitive out as plain arrays: every point that can be reached from the first, times every trigger.

        The first point has the machine's own context unless another is given. Raises `NotTabulable` if a function of a
        cell on the way looks at the event, and if there are more than `limit` points.
        """
        from statekit.tabulated import tabulated  # noqa: PLC0415 - loaded by those who want it

        first = self.context if context is None else context
        return tabulated(self.name, self.folded, self.initial, first, limit)

    def blanks(self) -> tuple[tuple[StrEnum, object], ...]:
        """List every cell that would leave a trigger without an answer: no row, or only guarded ones.

        Outcomes, stream events and timers need an answer only inside their scope; a state of kind *ended* needs none.
        """
        return cells.blanks(self.states, self.folded)

    def effects(self) -> tuple[type, ...]:
        """List the classes of effect that the table can order, in its order: constants, makers' results, orphans.

        A maker says what it makes by its return annotation.
        """
        found: dict[type, None] = {}
        for order, _ in orders_in(self.states, self.folded.groups, self.table):
            if callable(order):
                found.update(dict.fromkeys(classes_in(get_type_hints(order).get("return"))))
            elif not is_arm(order) and not is_disarm(order):
                found[type(order)] = None
        found.update({type(each.orphan): None for each in self.answering if each.orphan is not None})
        return tuple(found)


class Machine(Definition, Generic[S, E, C, F]):
    """A lifecycle: its states, its table and its first context under one name, checked and folded when it is built.

    `states`, `groups`, `table` and `answering` list what `Rows` makes; `doc` is a line for lists and pictures. No more
    than `postpone_limit` events are kept for later: a further one is `Refused(full=True)`.

    Raises `MalformedTable`, which lists every fault with its file and line. The result is immutable and may be shared
    by any number of instances; `statekit.step` runs it.
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        *,
        initial: S,
        context: C,
        states: Iterable[StateRow[S]],
        groups: Iterable[Group[S]] = (),
        table: Iterable[Line[S, E, F]],
        answering: Iterable[Answering] = (),
        doc: str = "",
        postpone_limit: int = 1000,
    ) -> None:
        """Check the table, then fold it."""
        draft = draft_of(name, initial, context, states, groups, table, answering, written_at())
        if found := faults.in_draft(draft):
            raise MalformedTable(name, found)
        folded = fold(draft)
        if found := cells.in_folded(draft, folded):
            raise MalformedTable(name, found)
        super().__init__(
            name=name,
            initial=initial,
            context=context,
            states=draft.states,
            table=draft.table,
            answering=draft.answering,
            doc=doc,
            postpone_limit=postpone_limit,
            folded=folded,
        )
