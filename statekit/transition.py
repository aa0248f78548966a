"""The primitive: which row answers an event in a state, and what it makes of the context.

Theory. A state tries its arrows for the event in order of precedence. The first whose guard holds on the *old* context
is taken: its update makes the new context, choices on the way are decided on the new one, and then every effect of the
move (exit, row, branches, entry, in that order) is made from the context as it ends up. Nothing is stored and nothing
is changed here, so a function that raises leaves no trace: the verdict is `Broken` and names it. Tickets, timers and
postponed events belong to `step`, one layer up.

A *point* is a state with its context. Points are interned: where no function of a cell looks at the event, what the
event's class leads to from a point is worked out once and remembered at the point, so that a machine whose contexts
are few turns by itself into a table of points. Nothing but speed depends on it.
"""

from collections.abc import Hashable
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias, cast

from statekit.acts import WrongResult, beginning, cell_of, culprit, wrong_context
from statekit.folded import Cell, Folded, Motion, Outcome
from statekit.timers import Fired, is_arm, is_disarm
from statekit.verdicts import Broken, Started, Verdict

NOTHING: frozenset[str] = frozenset()


class Point:
    """A state with its context, as `transition` takes and gives it; made by `point_of`. Not to be changed."""

    __slots__ = ("context", "folded", "memo", "state")

    def __init__(self, folded: Folded, state: StrEnum, context: object, memo: "dict[type, Followed]") -> None:
        """Keep the machine that it belongs to, and what is known of it."""
        self.folded: Folded = folded
        self.state: StrEnum = state
        self.context: object = context
        self.memo: dict[type, Followed] = memo

    def __repr__(self) -> str:
        """Show the state and the context."""
        return f"Point({self.state!r}, {self.context!r})"


Followed: TypeAlias = tuple[Point, tuple[object, ...], Verdict]
"""The next point, the effects in their order, and the verdict, which is a constant of the row."""

FORGETFUL = cast("dict[type, Followed]", MappingProxyType({}))
"""The memo of a point that remembers nothing."""


def point_of(folded: Folded, state: StrEnum, context: object) -> Point:
    """Make the point of a state and a context, or find it."""
    points = folded.points
    if not points.on:
        return Point(folded, state, context, FORGETFUL)
    kept = points.one(cast("Hashable", (state, context)), Point(folded, state, context, {}))
    return Point(folded, state, context, FORGETFUL) if kept is None else cast("Point", kept)


def transition(point: Point, event: object) -> Followed:
    """Follow an event from a point: the next point, the effects, and what became of the event.

    Unless the verdict is `Taken`, the point is the one that came in and there are no effects. Never raises for what the
    table's functions do. Orders to arm and disarm timers are not among the effects: they are for `step`.
    """
    known = point.memo.get(type(event))
    return _followed(point, event) if known is None else known


def _followed(point: Point, event: object) -> Followed:
    folded = point.folded
    key: object = event.name if isinstance(event, Fired) else event.__class__
    cell = cell_in(folded, point.state, key)
    state, context, orders, motion = decide(folded, point.state, point.context, event, cell)
    if motion.leaf is None:
        return point, (), motion.verdict
    if not motion.plain:
        orders = tuple(order for order in orders if not (is_arm(order) or is_disarm(order)))
    followed = point_of(folded, state, context), orders, motion.verdict
    if cell.blind and point.memo is not FORGETFUL and key is event.__class__:
        point.memo[event.__class__] = followed
    return followed


def cell_in(folded: Folded, state: StrEnum, key: object) -> Cell:
    """Find the moves of a cell, or make them; a blank cell has one too."""
    cells = folded.acts[state]
    cell = cells.get(key)
    if cell is None:
        arrows = folded.cells[state].get(key, ())
        cell = cells[key] = cell_of(state, arrows, folded.answering, ended=not folded.scopes[state])
        if cell.plain and isinstance(key, type) and key not in folded.fenced:
            folded.quick[state][key] = cell.move
    return cell


def broken(folded: Folded, state: StrEnum, context: object, error: Exception) -> Outcome:
    """Make the outcome of a cell whose function raised."""
    name = culprit(error, folded.functions)
    verdict = Broken(name, TypeError(str(error)) if isinstance(error, WrongResult) else error)
    return state, context, (), Motion(verdict, (verdict,), state, None, moved=False, plain=False, ended=NOTHING)


def decide(folded: Folded, state: StrEnum, context: object, event: object, cell: Cell | None = None) -> Outcome:
    """Decide what an event does in a state with a context: the primitive in its plain form.

    The motion has a leaf exactly if its verdict is `Taken`. Never raises for what the table's functions do. Orders to
    timers stand among the effects, as the row lists them. A timer's event is `Fired` with the timer's id. `cell` is
    there if it is known.
    """
    if cell is None:
        key = type(event)
        cell = folded.acts[state].get(key) or cell_in(folded, state, event.name if isinstance(event, Fired) else key)
    move = cell.move
    try:
        while (guard := move.guard) is not None:
            if guard.function(context, event) if guard.takes_event else guard.function(context):
                break
            move = move.otherwise
        if (act := move.act) is not None:
            return act(context, event)
        motion, update, after = move.motion, move.update, context
        if update is not None:
            after = update.function(context, event) if update.takes_event else update.function(context)
            if after.__class__ is not context.__class__:
                raise wrong_context(update.function, after, context)
    except Exception as error:  # noqa: BLE001 - it is the answer
        return broken(folded, state, context, error)
    return motion.state, after, move.orders, motion


def begin(folded: Folded, context: object) -> Outcome:
    """Decide what starting does: the entry effects of the initial state; what they raise is raised."""
    cells = folded.acts[folded.begin.state]
    cell = cells.get(Started)
    if cell is None:
        cell = cells[Started] = beginning(folded.begin, folded.answering)
    move = cell.move
    return move.act(context, None) if move.act else (move.motion.state, context, move.orders, move.motion)
