"""Tabulated: a machine with finitely many points, none of whose functions looks at an event, as plain arrays.

Theory. Where no function of a cell looks at the event, a point and the event's class alone decide what follows. So the
primitive, closed from the first point, is a matrix: a row for each point that can be reached, a column for each
trigger. What `transition` works out is then two index operations, in any language that the arrays are handed to.
Tickets, timers' deadlines and postponed events belong to `step` and are not in it: a timer's column says what its
firing does, not when.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Generic, TypeVar

from attrs import frozen

from statekit.acts import lookers
from statekit.errors import NotTabulable
from statekit.folded import Folded, key_label
from statekit.interned import alike
from statekit.timers import is_arm, is_disarm
from statekit.transition import cell_in, decide
from statekit.verdicts import Verdict

V = TypeVar("V")


@frozen
class Tabulated:
    """What every trigger leads to from every point, row-major: entry `point * len(events) + event`.

    `points[0]` is the first state with its context. `events` are event classes and, after them, timers by their ids.
    `next` has the index of the next point, `effect_ids` and `verdict_ids` those of what was ordered and decided.
    """

    points: tuple[tuple[StrEnum, object], ...]
    events: tuple[type | str, ...]
    next: tuple[int, ...]
    effects: tuple[tuple[object, ...], ...]
    effect_ids: tuple[int, ...]
    verdicts: tuple[Verdict, ...]
    verdict_ids: tuple[int, ...]

    def follow(self, point: int, event: int) -> tuple[int, tuple[object, ...], Verdict]:
        """Follow an event (its index) from a point (its index): the next point, the effects, the verdict.

        Raises IndexError for an index that is out of range.
        """
        if not (0 <= point < len(self.points) and 0 <= event < len(self.events)):
            raise IndexError(
                f"point {point} of {len(self.points)}, event {event} of {len(self.events)}: both count from 0"
            )
        at = point * len(self.events) + event
        return self.next[at], self.effects[self.effect_ids[at]], self.verdicts[self.verdict_ids[at]]


class _Numbered(Generic[V]):
    """Values in the order they came, those that no function could tell apart once; see `statekit.interned`."""

    def __init__(self) -> None:
        self.values: list[V] = []
        self.known: dict[V, list[int]] = {}

    def number(self, value: V) -> int:
        try:
            equal = self.known.setdefault(value, [])
        except TypeError:  # it cannot be hashed, and is kept by itself
            equal = []
        for at in equal:
            if alike(value, self.values[at]):
                return at
        equal.append(len(self.values))
        self.values.append(value)
        return equal[-1]


class _Closing:
    """The work of closing one machine; thrown away once `tabulated` has its result."""

    def __init__(self, name: str, folded: Folded, limit: int) -> None:
        self.name, self.folded, self.limit = name, folded, limit
        self.events: tuple[type | str, ...] = (*folded.events, *folded.clocks)
        self.points: _Numbered[tuple[StrEnum, object]] = _Numbered()
        self.effects: _Numbered[tuple[object, ...]] = _Numbered()
        self.verdicts: _Numbered[Verdict] = _Numbered()

    def point(self, state: StrEnum, context: object) -> int:
        """Number a point; raises `NotTabulable` for a context that cannot be told from others, or one too many."""
        try:
            hash(context)
        except TypeError as error:
            raise NotTabulable(self.name, f"its context cannot be hashed ({error}): make every field a value") from None
        at = self.points.number((state, context))
        if at >= self.limit:
            bound = "bound what grows in its context, an attrs class of plain values, or raise limit="
            raise NotTabulable(self.name, f"it has more than {self.limit} points: {bound}")
        return at

    def entries(self, state: StrEnum, context: object) -> Iterator[tuple[int, int, int]]:
        """Give what each event leads to from one point: the next point, the effects and the verdict, by number."""
        for event in self.events:
            cell = cell_in(self.folded, state, event)
            if not cell.blind:
                raise self.looking(state, event)
            after, updated, orders, motion = decide(self.folded, state, context, None, cell)
            effects = tuple(order for order in orders if not (is_arm(order) or is_disarm(order)))
            yield self.point(after, updated), self.effects.number(effects), self.verdicts.number(motion.verdict)

    def looking(self, state: StrEnum, event: type | str) -> NotTabulable:
        """Name the cell, and its first function, that looks at the event."""
        function = next(name for arrow in self.folded.cells[state][event] for name in lookers(arrow))
        cell = state.name, key_label(event, self.folded.clocks)
        problem = f"{function} looks at the event when {cell[1]} arrives in {cell[0]}: read the context alone there"
        return NotTabulable(self.name, problem, cell)


def tabulated(name: str, folded: Folded, initial: StrEnum, context: object, limit: int) -> Tabulated:
    """Close a machine from its first point into arrays; see `Definition.tabulate`."""
    closing = _Closing(name, folded, limit)
    closing.point(initial, context)
    # The list grows while it is gone through, until nothing new is met.
    entries = [entry for state, seen in closing.points.values for entry in closing.entries(state, seen)]
    return Tabulated(
        points=tuple(closing.points.values),
        events=closing.events,
        next=tuple(after for after, _, _ in entries),
        effects=tuple(closing.effects.values),
        effect_ids=tuple(effects for _, effects, _ in entries),
        verdicts=tuple(closing.verdicts.values),
        verdict_ids=tuple(verdict for _, _, verdict in entries),
    )
