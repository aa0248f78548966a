"""Canonical: one member as it is explored, so that what no function of its table could tell apart is one place.

Theory. Tickets are numbered from one in the order of their names and keys, whatever they were before; beside each
stands what a snapshot need not know: whether its stream has opened, and the delay it was armed for. Ordinals become
their rank among all of their kind, times `GAP`: the gaps leave room for numbers in between, and for counting on from
one of them without meeting another. Instants become ages before now, which is always zero, clamped. The key of a ticket
is a quantity too, if the function that gave it says so by its return annotation.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import Final, NamedTuple, cast, get_type_hints

from attrs import frozen, has

from statekit.check.contexts import Told
from statekit.check.quantified import Mark, Numbers, Replace, hints, marks, numbers, replaced
from statekit.errors import MalformedModel
from statekit.machine import Definition
from statekit.quantities import Quantity
from statekit.snapshot import AnySnapshot, Issued, Ticket, snapshot_of
from statekit.timers import Duration, Key

GAP = 1 << 16
"""How far apart the ordinals of a snapshot stand."""

NO_KEYS: Final[Mapping[str, object]] = {}
"""The keys of a machine whose tickets bear no quantities."""


def keys_of(definition: Definition) -> Mapping[str, object]:
    """Give the annotation of each key that is a quantity, by the name that its tickets bear."""
    folded = definition.folded
    functions = {name: clock.key.function for name, clock in folded.clocks.items() if clock.key is not None}
    functions |= {each.__name__: how.key for each, how in folded.answering.items() if how.key is not None}
    hints = {name: get_type_hints(key, include_extras=True).get("return") for name, key in functions.items()}
    return {name: hint for name, hint in hints.items() if marks(hint)}


class Awaited(NamedTuple):
    """One live ticket as it is explored; `opened` says that its stream flows."""

    name: str
    key: Key
    scope: str
    opened: bool
    delay: Duration | None


@frozen(eq=False)
class Local:
    """One member's place in an exploration; `awaits` stands beside the tickets of its snapshot."""

    snapshot: AnySnapshot
    awaits: tuple[Awaited, ...]
    numbers: Numbers


class Growing(Exception):
    """A field of a context takes so many values that it has no bound."""


class Places:
    """Every place that one member was found in, numbered from one."""

    def __init__(self, definition: Definition, values_max: int, ages_seconds: tuple[float, ...]) -> None:
        """Begin with none."""
        self.definition = definition
        self.values_max = values_max
        self.age_max: float = max(ages_seconds, default=0.0)
        classes = (type(definition.context), *definition.folded.events)
        self.keys: Mapping[str, object] = keys_of(definition)
        self.marks: frozenset[Mark] = frozenset(
            mark for each in (*classes, *self.keys.values()) for mark in marks(each)
        )
        self.ranked: bool = any(mark.quantity is Quantity.ORDINAL for mark in self.marks)
        self.nodes: list[Local] = [cast("Local", None)]
        self.known: dict[object, int] = {}
        self.contexts: Told = Told(type(definition.context))
        self.read: dict[object, Numbers] = {}
        self.values: dict[str, set[object]] = {}

    def place(self, snapshot: AnySnapshot, awaits: tuple[Awaited, ...]) -> int:
        """Number a place whose quantities are canonical already."""
        context, postponed = snapshot.context, snapshot.postponed
        try:
            number, fresh = self.contexts.number(context)
            if fresh:
                if getattr(type(context), "__hash__", None) is None:
                    raise TypeError(type(context))  # it could be told apart by its fields, until it is changed
                self.note(type(context).__name__, context)
            key = (snapshot.state, number, awaits, postponed)
            known = self.known.get(key)
        except TypeError as error:
            raise MalformedModel(self.definition.name, _unhashable(snapshot)) from error
        if known is None:
            known = self.known[key] = len(self.nodes)
            tickets = tuple(Ticket(at + 1, each.name, each.scope, each.key) for at, each in enumerate(awaits))
            kept = snapshot_of(snapshot.state, context, tickets, postponed, len(tickets))
            self.nodes.append(Local(kept, awaits, self.quantities(kept) if self.marks else ()))
        return known

    def quantities(self, snapshot: AnySnapshot) -> Numbers:
        """Give every quantity of a snapshot; those of a context are read once."""
        context = snapshot.context
        try:
            key = self.contexts.key(context)
            found = self.read.get(key)
        except TypeError:  # `place` says what is wrong
            return ()
        if found is None:
            found = self.read[key] = numbers(context)
        if snapshot.postponed or (self.keys and snapshot.tickets):
            return (*found, *outside(snapshot, self.keys))
        return found

    def note(self, path: str, value: object) -> None:
        """Count the values that each field takes; raises `Growing` if they are too many."""
        if has(type(value)):
            for name in hints(type(value)):
                self.note(f"{path}.{name}", getattr(value, name))
            return
        seen = self.values.setdefault(path, set())
        seen.add(value)
        if len(seen) > self.values_max:
            raise Growing(
                f"{self.definition.name}: {path} took {len(seen)} values and grows on: mark it Ordinal or Instant, or "
                f"give thresholds with options that bound it"
            )

    def awaits(
        self, before: Local | None, after: AnySnapshot, issued: Iterable[Issued[object]], opened: int | None
    ) -> tuple[Awaited, ...]:
        """Tell what a snapshot that a step led to awaits; `opened` is the ticket whose stream has begun just now.

        A member that was not there before has no place to come from.
        """
        tickets = after.tickets
        if not tickets:
            return ()
        if before is not None and tickets is before.snapshot.tickets and opened is None:
            return before.awaits
        known = () if before is None else before.awaits
        delays = {each.ticket.number: each.delay for each in issued}
        found: list[Awaited] = []
        for ticket in tickets:
            number = ticket.number
            if number <= len(known):
                old, key = known[number - 1], cast("Key", ticket.key)
                if number == opened or key != old.key:
                    old = Awaited(old.name, key, old.scope, old.opened or number == opened, old.delay)
                found.append(old)
            else:
                key = cast("Key", ticket.key)
                found.append(Awaited(ticket.name, key, ticket.scope, False, delays.get(number)))
        return tuple(found) if len(found) == 1 else tuple(sorted(found, key=_order))


def _order(awaited: Awaited) -> tuple[str, str]:
    return awaited.name, repr(awaited.key)


def quantities(snapshot: AnySnapshot, keys: Mapping[str, object] = NO_KEYS) -> Numbers:
    """Give every quantity of a snapshot: those of its context, of its postponed events, and of its tickets' keys."""
    return (*numbers(snapshot.context), *outside(snapshot, keys))


def outside(snapshot: AnySnapshot, keys: Mapping[str, object]) -> Numbers:
    """Give the quantities of a snapshot that are not in its context."""
    bearing = (ticket for ticket in snapshot.tickets if ticket.name in keys)
    found = (numbers(each.key, annotation=keys[each.name]) for each in bearing)
    return tuple(chain(*map(numbers, snapshot.postponed), *found))


def with_each(snapshot: AnySnapshot, replace: Replace, keys: Mapping[str, object] = NO_KEYS) -> AnySnapshot:
    """Give a snapshot with every quantity replaced."""
    context = replaced(snapshot.context, replace)
    postponed = tuple(replaced(event, replace) for event in snapshot.postponed)
    tickets = snapshot.tickets
    if any(ticket.name in keys for ticket in tickets):
        tickets = tuple(
            Ticket(each.number, each.name, each.scope, replaced(each.key, replace, keys[each.name]))
            if each.name in keys
            else each
            for each in tickets
        )
    return snapshot_of(snapshot.state, context, tickets, postponed, snapshot.issued)


def older(seconds: float) -> Replace:
    """Make every instant be so many seconds longer ago."""
    return lambda mark, number: number - seconds if mark.quantity is Quantity.INSTANT else number


@lru_cache(maxsize=4096)
def canonical(found: Numbers, age_max: float) -> Replace | None:
    """Make ordinals their ranks and clamp instants, given all of them; None if they are all canonical already."""
    by_mark: dict[Mark, set[float]] = {}
    for mark, number in found:
        by_mark.setdefault(mark, set()).add(number)
    made = {
        (mark, number): clamped(number, age_max) if mark.quantity is Quantity.INSTANT else (at + 1) * GAP
        for mark, each in by_mark.items()
        for at, number in enumerate(sorted(each))
    }
    if all(number == was for (_, was), number in made.items()):
        return None
    return lambda mark, number: made.get((mark, number), number)


def clamped(instant: float, age_max: float) -> float:
    """Give an instant not further from now than ages are told apart; what is infinitely far stays there."""
    if abs(instant) == float("inf"):
        return instant
    return max(-age_max, min(age_max, instant)) + 0.0


def _unhashable(snapshot: AnySnapshot) -> str:
    values = (snapshot.context, *snapshot.postponed)
    for value in values:
        for name in hints(type(value)) if has(type(value)) else ():
            if not _hashes(getattr(value, name)):
                return (
                    f"{type(value).__name__}.{name} cannot be hashed, so its snapshots cannot be told apart: "
                    f"make it a frozen value, a tuple or a frozenset"
                )
    name = next((type(value).__name__ for value in values if not _hashes(value)), type(snapshot.context).__name__)
    return (
        f"{name} cannot be hashed, since it can be changed in place: make it a frozen value, such as a class under "
        f"attrs.frozen"
    )


def _hashes(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
