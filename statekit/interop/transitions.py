"""The table as a live machine of the `transitions` package, for code that is written against that package.

    class Door(Model[State, Context, Effect]): ...

    door = Door()
    to_machine(DOOR, door)
    door.opened(Opened(by="us"))  # or door.opened(by="us"), or door.trigger("opened", ...)
    door.state, door.context, door.outbox, door.may_closed(), door.is_OPEN()

What is here what there: a trigger is named for its event's class; a row is a transition, a row into a choice one for
each branch; a guard is a condition; `stay` is an internal transition, `reenter` a reflexive one; what `ignore` names is
an internal one that does nothing; what `forbid` names raises. Groups, entry and exit are folded: the effects of a move
reach the outbox in our order (exit, row, branches, entry), before the state changes, and all of them or none. A
trigger returns True exactly if a row was taken; it returns False for an event that is refused by its guards or ignored
by the table, and raises `MachineError` for one that has no row or is forbidden. What a guard, update or maker raises
leaves it, and the model is as it was.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import partial
from itertools import takewhile
from typing import TypeVar, cast

import transitions
from transitions import EventData, MachineError
from transitions.extensions.nesting import HierarchicalMachine, NestedState

from statekit.errors import Rejected
from statekit.folded import Arrow
from statekit.interop.expressible import SEPARATOR, NotExpressible, inexpressible, trigger_name
from statekit.interop.path import Model, Path, called, event_of, made, model_of, paths_of
from statekit.machine import Definition, Machine
from statekit.row import Verb
from statekit.states import Kind
from statekit.verdicts import Forbidden

__all__ = ["EventForbidden", "Model", "NotExpressible", "to_machine"]

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E")
C = TypeVar("C")
F = TypeVar("F")


class EventForbidden(Rejected, MachineError):
    """An event that the table forbids in this state; a `MachineError` too, for code that catches those."""

    def __str__(self) -> str:
        """Say the sentence (a MachineError alone would print its repr)."""
        return str(self.args[0])


class _Nested(NestedState):
    separator = SEPARATOR


class _Grouping(HierarchicalMachine):
    state_cls = _Nested


def to_machine(
    machine: Machine[S, E, C, F], model: object, *, context: C | None = None, nested: bool = False
) -> transitions.Machine:
    """Make a machine of the `transitions` package that drives `model` by the table of `machine`.

    The model gets `state` (the enum's member), `context` (the machine's own unless one is given), `outbox` (a list, in
    which the effects of the initial state's entry stand already), a trigger and a `may_` for each event class, and the
    `is_` of each state. With `nested` the machine is hierarchical and the groups are its parent states, so that
    `model.is_linked(allow_substates=True)` tells a group; their names and the states' are parted by a dot.

    Raises `NotExpressible`, which lists every place of the table that `transitions` has no word for.
    """
    if reasons := inexpressible(machine, nested=nested):
        raise NotExpressible(machine.name, reasons)
    first = machine.context if context is None else context
    outbox = list(made(machine.folded.begin.orders, first, None))
    live = _Live(machine, {trigger_name(event): event for event in machine.folded.events}, nested=nested)
    built = live.build()
    for name, value in {"context": first, "outbox": outbox}.items():
        setattr(model, name, value)
    words = ("trigger", "may_trigger", *(f"may_{name}" for name in live.events))
    # As there: what a model defines itself is not touched.
    bound = [name for name in words if getattr(model, name, None) is None]
    # A hierarchical machine looks an enum's member up at the top only, so it begins there and then goes inside.
    built.add_model(model, initial=live.paths[machine.initial][0])
    built.set_state(live.place(machine.initial), model)
    for name in bound:
        setattr(model, name, live.word(name, cast("Model[StrEnum, object, object]", model)))
    return built


class _Live:
    """A table while it is at work in a `transitions` machine: reads arguments, takes paths, corrects results."""

    def __init__(self, definition: Definition, events: dict[str, type], *, nested: bool) -> None:
        self.definition = definition
        self.events = events
        self.nested = nested
        groups = definition.folded.groups_of
        self.paths = {
            each.state: [*([group.name for group in groups[each.state]] if nested else []), each.state.name]
            for each in definition.states
        }

    def build(self) -> transitions.Machine:
        """Build the machine, without a model."""
        machine_class = _Grouping if self.nested else transitions.Machine
        machine = machine_class(
            model=None,
            states=self.states(),
            initial=self.place(self.definition.initial),
            name=self.definition.name,
            auto_transitions=False,
            send_event=True,
            prepare_event=self.read,
            finalize_event=self.conclude,
        )
        for cells in self.definition.folded.cells.values():
            for arrows in cells.values():
                for arrow in _tried(arrows):
                    for path in paths_of(arrow):
                        self.add(machine, path)
        return machine

    def add(self, machine: transitions.Machine, path: Path) -> None:
        """Add one path as a transition."""
        arrow, leaf = path.arrow, path.leaf
        before: Callable[[EventData], None] = path.take
        if arrow.row.verb is Verb.IGNORE:
            before = _nothing
        elif arrow.row.verb is Verb.FORBID:
            before = partial(self.refuse, arrow)
        machine.add_transition(
            trigger_name(cast("type", arrow.key)),
            self.place(arrow.source),
            self.place(leaf.state) if leaf is not None and leaf.moved else None,
            conditions=list(path.conditions),
            before=[before],
        )

    def place(self, state: StrEnum) -> str:
        """Name a state as the machine does: by its member's name, after those of its groups if they nest."""
        return SEPARATOR.join(self.paths[state])

    def states(self) -> list[dict[str, object]]:
        """Declare the states: in a row, or inside their groups."""
        top: list[dict[str, object]] = []
        inside: dict[tuple[str, ...], list[dict[str, object]]] = {(): top}
        for each in self.definition.states:
            *groups, _ = self.paths[each.state]
            for depth in range(1, len(groups) + 1):
                path = tuple(groups[:depth])
                if path not in inside:
                    inside[path] = []
                    inside[path[:-1]].append({"name": path[-1], "children": inside[path]})
            inside[tuple(groups)].append({"name": each.state, "final": each.kind is Kind.ENDED})
        return top

    def read(self, data: EventData) -> None:
        """Leave the event itself as the only argument."""
        data.args, data.kwargs = (self.event(data.event.name, *data.args, **data.kwargs),), {}

    def event(self, trigger: str, *values: object, **fields: object) -> object:
        """Read what a trigger was called with: an event of its class, or the fields to make one of."""
        event_class = self.events[trigger]
        if len(values) == 1 and not fields and type(values[0]) is event_class:
            return values[0]
        if values:
            given, name = ", ".join(type(value).__name__ for value in values), event_class.__name__
            raise TypeError(f"{trigger} takes one {name}, or the fields of one by name; not {given}")
        return cast("object", event_class(**fields))

    def word(self, name: str, model: Model[StrEnum, object, object]) -> Callable[..., bool]:
        """Make what the model calls by this name, in place of what `transitions` bound to it."""
        if name == "trigger":
            return partial(self.trigger, cast("Callable[..., bool]", getattr(model, name)))
        if name == "may_trigger":
            return partial(self.may, model)
        return partial(self.may, model, name.removeprefix("may_"))

    def trigger(self, native: Callable[..., bool], name: str, *values: object, **fields: object) -> bool:
        """Trigger by name: the trigger's own, or its event class's."""
        named = {event_class.__name__: trigger for trigger, event_class in self.events.items()}
        return native(named.get(name, name), *values, **fields)

    def may(self, model: Model[StrEnum, object, object], name: str, *values: object, **fields: object) -> bool:
        """Tell whether a row would be taken: not for an event that is refused, ignored, forbidden or without a row."""
        if name not in self.events:
            return False
        event = self.event(name, *values, **fields)
        for arrow in self.definition.arrows(model.state, self.events[name]):
            if arrow.guard is None or called(arrow.guard, model.context, event):
                return arrow.goal is not None
        return False

    def refuse(self, arrow: Arrow, data: EventData) -> None:
        """Raise what a forbidden event raises."""
        definition, event = self.definition, type(event_of(data)).__name__
        before = takewhile(lambda each: each is not arrow, definition.arrows(arrow.source, arrow.key))
        verdict = Forbidden(arrow.row.because, tuple(each.guard.name for each in before if each.guard is not None))
        raise EventForbidden(
            definition.name, arrow.source.name, event, verdict, definition.possible(model_of(data).state)
        )

    @staticmethod
    def conclude(data: EventData) -> None:
        """Say False of an event that was ignored: an internal transition answered it, but no row was taken."""
        if data.result and data.transition is not None and _nothing in data.transition.before:
            data.result = False


def _nothing(_: EventData) -> None:
    """What an ignored event does."""


def _tried(arrows: tuple[Arrow, ...]) -> Iterator[Arrow]:
    for arrow in arrows:
        yield arrow
        if arrow.guard is None:
            return
