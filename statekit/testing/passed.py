"""Passed: which lines of a table one event passes, and which no walk has passed yet.

A line is a row or a branch of a choice, named by where it is written. The verdict of a step names the row that was
taken; here the branches on the way count too, and the rows that only say why nothing happens.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from statekit.cells import leaves
from statekit.folded import Arrow, Call, Fork
from statekit.machine import Definition
from statekit.timers import Fired


def lines_of(definition: Definition) -> dict[str, str]:
    """Give every row and branch of a table by where it is written, with words to tell it by; state by state."""
    found: dict[str, str] = {}
    for state, cells in definition.folded.cells.items():
        for key, arrows in cells.items():
            for arrow in arrows:
                label = f"{arrow.row.verb} {state.name} {definition.key_label(key)}"
                found.setdefault(arrow.row.origin, label)
                found.update({at: words for at, words in _branches(arrow.goal) if at not in found})
    return found


def passed_by(definition: Definition, state: StrEnum, context: object, event: object) -> Iterator[str]:
    """Give the lines that `event` passes in `state`: the row that answers it, then the branches it takes.

    For an event that arrives in time; whether it is stale, only its ticket says. Guards and updates are called as the
    engine calls them; what they raise is raised.
    """
    key: object = event.name if isinstance(event, Fired) else type(event)
    for arrow in definition.arrows(state, key):
        if _holds(arrow.guard, context, event):
            yield arrow.row.origin
            yield from _ways(arrow, context, event)
            return


def untaken(definition: Definition, passed: Iterable[str]) -> tuple[str, ...]:
    """Name the lines of a table that are not among those passed: nothing is left when every line was walked."""
    seen = set(passed)
    return tuple(f"{origin}: {words}" for origin, words in lines_of(definition).items() if origin not in seen)


def _ways(arrow: Arrow, context: object, event: object) -> Iterator[str]:
    context, goal = _updated(arrow.update, context, event), arrow.goal
    while isinstance(goal, Fork):
        way = next(way for way in goal.ways if _holds(way.guard, context, event))
        yield way.branch.origin
        context, goal = _updated(way.update, context, event), way.goal


def _branches(goal: object) -> Iterator[tuple[str, str]]:
    if isinstance(goal, Fork):
        for way in goal.ways:
            target = ", ".join(dict.fromkeys(leaf.state.name for leaf in leaves(way.goal)))
            guard = f" if {way.guard.name}" if way.guard else ""
            yield way.branch.origin, f"choice {goal.choice.name} → {target}{guard}"
            yield from _branches(way.goal)


def _holds(guard: Call | None, context: object, event: object) -> bool:
    return guard is None or bool(_called(guard, context, event))


def _updated(update: Call | None, context: object, event: object) -> object:
    return context if update is None else _called(update, context, event)


def _called(call: Call, context: object, event: object) -> object:
    return call.function(context, event) if call.takes_event else call.function(context)
