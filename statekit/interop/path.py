"""A path: one way through a row, from its source over the choices to where it ends; there, a transition of its own.

Theory. A row that leads into a choice becomes one transition for each of its branches, in their order, since the first
whose conditions hold is taken there as here. A branch's guard reads the context that the row's update makes, so its
condition makes that context first: updates are pure, and making it again costs time and nothing else.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Generic, TypeVar, cast

from attrs import frozen
from transitions import EventData

from statekit.folded import Arrow, Call, Fork, Leaf, Way

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C")
F = TypeVar("F")


class Model(Generic[S, C, F]):
    """What `to_machine` adds to a model of yours, for a type checker to see: inherit from it, or leave it.

    `state` is where it is, `context` the data beside it, `outbox` the effects ordered so far: perform them in their
    order and take them out.
    """

    state: S
    context: C
    outbox: list[F]


def model_of(data: EventData) -> Model[StrEnum, object, object]:
    """Give the model that an event is for."""
    return cast("Model[StrEnum, object, object]", data.model)


def event_of(data: EventData) -> object:
    """Give the event itself, which stands alone among the arguments once they were read."""
    return next(iter(data.args))


@frozen(eq=False)
class Clause:
    """A condition: a guard, asked about the context that `updates` make of the model's."""

    guard: Call
    updates: tuple[Call, ...] = ()

    @property
    def __name__(self) -> str:
        """How pictures made there name it."""
        return self.guard.name

    def __call__(self, data: EventData) -> bool:
        """Tell whether it holds."""
        event = event_of(data)
        return bool(called(self.guard, updated(self.updates, model_of(data).context, event), event))


@frozen(eq=False)
class Path:
    """One way through a row; `leaf` is where it ends, None if the row only says why nothing happens."""

    arrow: Arrow
    ways: tuple[Way, ...]
    leaf: Leaf | None

    @property
    def conditions(self) -> list[Clause]:
        """What must hold for this path to be taken, given that none before it was."""
        guard, update = self.arrow.guard, self.arrow.update
        clauses = [] if guard is None else [Clause(guard)]
        updates = () if update is None else (update,)
        for way in self.ways:
            if way.guard is not None:
                clauses.append(Clause(way.guard, updates))
            updates = updates if way.update is None else (*updates, way.update)
        return clauses

    def take(self, data: EventData) -> None:
        """Give the model its new context and orders: all of them, or none if a function of the table raises."""
        model, event = model_of(data), event_of(data)
        updates = (self.arrow.update, *(way.update for way in self.ways))
        context = updated((update for update in updates if update is not None), model.context, event)
        orders = () if self.leaf is None else tuple(made(self.leaf.orders, context, event))
        model.context = context
        model.outbox.extend(orders)


def paths_of(arrow: Arrow) -> Iterator[Path]:
    """Give every path of an arrow, in the order in which they are tried."""
    if arrow.goal is None:
        yield Path(arrow, (), None)
    else:
        yield from (Path(arrow, ways, leaf) for ways, leaf in _ends(arrow.goal))


def _ends(goal: Leaf | Fork) -> Iterator[tuple[tuple[Way, ...], Leaf]]:
    if isinstance(goal, Leaf):
        yield (), goal
        return
    for way in goal.ways:
        yield from (((way, *ways), leaf) for ways, leaf in _ends(way.goal))


def called(call: Call, context: object, event: object) -> object:
    """Call a function of the table."""
    return call.function(context, event) if call.takes_event else call.function(context)


def updated(updates: Iterator[Call] | tuple[Call, ...], context: object, event: object) -> object:
    """Make the context that the updates lead to; raises TypeError if one of them gives something else back."""
    for update in updates:
        after = called(update, context, event)
        if type(after) is not type(context):
            wrong = f"returned {type(after).__name__}; it must return {type(context).__name__}"
            raise TypeError(f"update {update.name} {wrong}")
        context = after
    return context


def made(orders: tuple[object, ...], context: object, event: object) -> Iterator[object]:
    """Give the orders, with what each maker makes in its place; raises TypeError if it makes nothing."""
    for order in orders:
        effect = called(order, context, event) if isinstance(order, Call) else order
        if isinstance(order, Call) and effect is None:
            raise TypeError(f"maker {order.name} returned None; it must return an effect, or a tuple of them")
        if isinstance(effect, tuple):
            yield from cast("tuple[object, ...]", effect)
        else:
            yield effect
