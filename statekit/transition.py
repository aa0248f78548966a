"""The primitive: which row answers an event in a state, and what it makes of the context.

Theory. A state tries its arrows for the event in order of precedence. The first whose guard holds on the *old* context
is taken: its update makes the new context, choices on the way are decided on the new one, and then every effect of the
move (exit, row, branches, entry, in that order) is made from the context as it ends up. Nothing is stored and nothing
is changed here, so a function that raises leaves no trace: the verdict is `Broken` and names it. Tickets, timers and
postponed events belong to `step`, one layer up.
"""

from collections.abc import Iterator
from enum import StrEnum

from attrs import frozen

from statekit.folded import Arrow, Call, Folded, Fork, Leaf
from statekit.table import Verb
from statekit.verdicts import Broken, Forbidden, Ignored, Postponed, Refused, Taken, Unhandled, Verdict


@frozen(eq=False)
class Move:
    """A row that was taken: where it leads, the context there, and its orders with every maker's result in place."""

    leaf: Leaf
    context: object
    orders: tuple[object, ...]


class _Failed(Exception):
    """A function of the table raised."""

    def __init__(self, function: str, error: Exception) -> None:
        super().__init__(function)
        self.function = function
        self.error = error


def transition(
    folded: Folded, state: StrEnum, context: object, key: object, event: object
) -> tuple[Verdict, Move | None]:
    """Decide what `event` does in `state`; `key` is its class, or the id of the timer that fired.

    The move is there exactly if the verdict is `Taken`. Never raises for what the table's functions do.
    """
    refused: tuple[str, ...] = ()
    try:
        for arrow in folded.cells[state].get(key, ()):
            if arrow.guard is None or _call(arrow.guard, context, event):
                return _answer(arrow, refused, context, event)
            refused = (*refused, arrow.guard.name)
    except _Failed as failed:
        return Broken(failed.function, failed.error), None
    return (Refused(refused) if refused else Unhandled()), None


def begin(folded: Folded, context: object) -> Move:
    """Enter the initial state; what its entry effects raise is raised, as there is nothing yet to leave untouched."""
    try:
        return Move(folded.begin, context, tuple(made(folded.begin.orders, context, None)))
    except _Failed as failed:
        raise failed.error from None


def _answer(arrow: Arrow, refused: tuple[str, ...], context: object, event: object) -> tuple[Verdict, Move | None]:
    row = arrow.row
    if arrow.goal is not None:
        move = _move(arrow, context, event)
        return Taken(row.origin, arrow.source, move.leaf.state, refused), move
    if row.verb is Verb.IGNORE:
        return Ignored(row.because, refused), None
    if row.verb is Verb.FORBID:
        return Forbidden(row.because), None
    return Postponed(row.because), None


def _move(arrow: Arrow, context: object, event: object) -> Move:
    context = _updated(arrow.update, context, event)
    goal = arrow.goal
    while isinstance(goal, Fork):
        way = next(way for way in goal.ways if way.guard is None or _call(way.guard, context, event))
        context = _updated(way.update, context, event)
        goal = way.goal
    if goal is None:  # pragma: no cover - the caller asked for a move, and folding gave it a goal
        raise AssertionError(arrow)
    return Move(goal, context, tuple(made(goal.orders, context, event)))


def _updated(update: Call | None, context: object, event: object) -> object:
    if update is None:
        return context
    updated = _call(update, context, event)
    if type(updated) is not type(context):
        wrong = f"update {update.name} returned {type(updated).__name__}; it must return {type(context).__name__}"
        raise _Failed(update.name, TypeError(wrong))
    return updated


def made(orders: tuple[object, ...], context: object, event: object) -> Iterator[object]:
    """Give the orders with each maker's call replaced by what it makes: one effect, or a tuple of them in its place."""
    for order in orders:
        if not isinstance(order, Call):
            yield order
            continue
        effect = _call(order, context, event)
        if isinstance(effect, tuple):
            yield from effect
        else:
            yield effect


def _call(call: Call, context: object, event: object) -> object:
    try:
        return call.function(context, event) if call.takes_event else call.function(context)
    except Exception as error:
        raise _Failed(call.name, error) from error
