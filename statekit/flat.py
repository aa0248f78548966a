"""The flat table: what each state does with each trigger once groups and choices are worked in, as rows to read.

`Machine.rows` gives it. It is for people and tools that ask what is possible where; the engine runs the folded arrows
that it is read from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum

from attrs import frozen

from statekit.folded import Arrow, Call, Clock, Folded, Fork, Leaf, key_label
from statekit.row import Verb
from statekit.timers import is_arm, is_disarm


@frozen
class FlatRow:
    """One way that a trigger may go in one state.

    A choice is flattened: each of its ways is a row, with `choices` met on the way, every guard that must hold and
    every update that is made, in their order. `target` is None where the event changes nothing. `effects` names all
    that the move orders, exit and entry included: a constant by its class, a maker by its name. `level` says whose row
    it is: the state's, a group's, or `EVERY`'s; `origin` where it is written.
    """

    state: StrEnum
    trigger: str
    verb: Verb
    target: StrEnum | None
    choices: tuple[str, ...]
    guards: tuple[str, ...]
    updates: tuple[str, ...]
    effects: tuple[str, ...]
    because: str
    level: str
    origin: str

    def __str__(self) -> str:
        """Write the row on one line, its origin last."""
        parts = [f"{self.verb} {self.state.name} on {self.trigger}"]
        if self.verb is Verb.ROW and self.target is not None:
            parts.append(f"→ {self.target.name}")
        parts += (f"via {name}" for name in self.choices)
        parts += (f"{word} {', '.join(names)}" for word, names in self._listed() if names)
        if self.because:
            parts.append(f"because {self.because}")
        return f"{' '.join(parts)} ({self.origin})"

    def _listed(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return ("if", self.guards), ("update", self.updates), ("order", self.effects)


def flat(states: Iterable[StrEnum], folded: Folded) -> tuple[FlatRow, ...]:
    """Flatten a folded table: by state as given, events before timers in table order, and rows by precedence."""
    keys = (*folded.events, *folded.clocks)
    return tuple(
        flat_row
        for state in states
        for key in keys
        for arrow in tried(folded.cells[state].get(key, ()))
        for flat_row in _of(arrow, folded.clocks)
    )


def tried(arrows: Iterable[Arrow]) -> Iterator[Arrow]:
    """Give the arrows of a cell that may be taken: none after the first that has no guard."""
    for arrow in arrows:
        yield arrow
        if arrow.guard is None:
            return


def _of(arrow: Arrow, clocks: Mapping[str, Clock]) -> Iterator[FlatRow]:
    row, guards, updates = arrow.row, _named(arrow.guard), _named(arrow.update)
    trigger = key_label(arrow.key, clocks)
    for leaf, choices, checked, made in _ways(arrow.goal):
        yield FlatRow(
            arrow.source,
            trigger,
            row.verb,
            None if leaf is None else leaf.state,
            choices,
            (*guards, *checked),
            (*updates, *made),
            () if leaf is None else tuple(map(_order, leaf.orders)),
            row.because,
            arrow.level,
            row.origin,
        )


_Names = tuple[str, ...]


def _ways(goal: Leaf | Fork | None) -> Iterator[tuple[Leaf | None, _Names, _Names, _Names]]:
    """Give every end of a goal with the choices, guards and updates on the way there."""
    if not isinstance(goal, Fork):
        yield goal, (), (), ()
        return
    for way in goal.ways:
        for leaf, choices, guards, updates in _ways(way.goal):
            yield leaf, (goal.choice.name, *choices), (*_named(way.guard), *guards), (*_named(way.update), *updates)


def _named(call: Call | None) -> _Names:
    return () if call is None else (call.name,)


def _order(order: object) -> str:
    if isinstance(order, Call):
        return order.name
    return str(order) if is_arm(order) or is_disarm(order) else type(order).__name__
