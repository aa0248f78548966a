"""What a table says that a machine of the `transitions` package cannot: found all at once, each with its place.

That package has no clock, keeps no event for later, and cannot tell a late answer from one in time. A table that
relies on any of it would run differently there, so it is refused instead.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from statekit.draft import orders_in, scope_name
from statekit.errors import StatekitError
from statekit.machine import Definition
from statekit.row import Verb
from statekit.timers import is_arm, is_disarm, is_timer

SEPARATOR = "."
"""Stands between a group and what is in it, in the names of a nested machine."""

RESERVED = frozenset({"state", "context", "outbox", "trigger", "may_trigger", "to"})
"""What a model holds beside its triggers."""


class NotExpressible(StatekitError):
    """A table that says more than a `transitions` machine can: `reasons` holds every place, each one sentence.

    Run such a table by `statekit.step` or a driver, or leave what is named out of it.
    """

    def __init__(self, name: str, reasons: Sequence[str]) -> None:
        """Keep the machine's name and the reasons."""
        self.name = name
        self.reasons: tuple[str, ...] = tuple(reasons)
        lines = "".join(f"\n  {reason}" for reason in self.reasons)
        super().__init__(f"{name} cannot be a machine of the transitions package:{lines}")


def trigger_name(event: type) -> str:
    """Name the trigger of an event class, as `transitions` names triggers: `OpenFailed` becomes `open_failed`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", event.__name__).lower()


def inexpressible(definition: Definition, *, nested: bool) -> tuple[str, ...]:
    """Find everything that stands against a machine as a `transitions` machine; nothing if it can be one."""
    reasons = [*_rows(definition), *_orders(definition), *_answers(definition), *_names(definition)]
    if nested:
        reasons += _groups(definition)
    return tuple(dict.fromkeys(reasons))


def _rows(definition: Definition) -> Iterator[str]:
    for row in definition.table:
        if is_timer(row.trigger):
            yield f"{row.origin}: waits for {row.trigger.label}: there are no timers; let an event say that it is time"
        if row.verb is Verb.POSTPONE:
            yield f"{row.origin}: postpones its event: there no event is kept for later; ignore or forbid it"


def _orders(definition: Definition) -> Iterator[str]:
    for order, origin in orders_in(definition.states, definition.folded.groups, definition.table):
        if is_arm(order) or is_disarm(order):
            yield f"{origin}: orders {order}: there are no timers; order an effect of your own"


def _answers(definition: Definition) -> Iterator[str]:
    for each in definition.answering:
        yield (
            f"{each.origin}: {each.effect.__name__} answers within {scope_name(each.scope)}: there a late answer looks "
            f"like one in time; declare it without answering(...) if that is meant"
        )


def _names(definition: Definition) -> Iterator[str]:
    first: dict[str, type] = {}
    for event in definition.folded.events:
        name, where = trigger_name(event), f"{event.__module__}.{event.__qualname__}"
        if name in RESERVED or name.startswith(("is_", "may_")):
            yield f"{where}: its trigger would be model.{name}, which means something else there: rename the event"
        elif (other := first.setdefault(name, event)) is not event:
            yield f"{where}: its trigger would be model.{name}, as that of {other.__module__}.{other.__qualname__} is"


def _groups(definition: Definition) -> Iterator[str]:
    for outer, inner in combinations(definition.folded.groups, 2):
        shared = set(outer.states) & set(inner.states)
        if shared and shared != set(inner.states):
            yield f"{inner.origin}: groups {outer.name} and {inner.name} overlap: leave nested=True out"
    for group in definition.folded.groups:
        if SEPARATOR in group.name:
            yield f"{group.origin}: group {group.name!r} holds {SEPARATOR!r}, which parts nested names: rename it"
