"""Steps: what claims about single steps ask of them, whatever the machine."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from statekit import Fired, Snapshot, Stale
from statekit.check.seen import Seen

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C")
T = TypeVar("T")


def entered(seen: Seen[Snapshot[S, C]], states: Iterable[S]) -> bool:
    """Tell whether a step led into these states."""
    inside = tuple(states)
    return seen.after.state in inside and seen.before.state not in inside


def left(seen: Seen[Snapshot[S, C]], states: Iterable[S]) -> bool:
    """Tell whether a step led out of these states."""
    inside = tuple(states)
    return seen.before.state in inside and seen.after.state not in inside


def counts(seen: Seen[Snapshot[S, C]]) -> bool:
    """Tell whether what came did not come too late."""
    return not isinstance(seen.verdict, Stale)


def fired(seen: Seen[Snapshot[S, C]], timer: str) -> Fired | None:
    """Give the firing of a timer that still counts, if this step is one; `timer` is a name, or `after` and a delay."""
    event = seen.move.event
    if isinstance(event, Fired) and counts(seen) and event.name.partition(" in ")[0] == timer:
        return event
    return None


def ordered(seen: Seen[Snapshot[S, C]], kind: type[T]) -> list[T]:
    """Give the orders of a class that a step made."""
    return [each for each in seen.effects if isinstance(each, kind)]


def runs(seen: Snapshot[S, C], timer: str) -> bool:
    """Tell whether a timer runs, by its name, or `after` and its delay."""
    return any(ticket.name.partition(" in ")[0] == timer for ticket in seen.tickets)


def keys(seen: Snapshot[S, C], timer: str) -> frozenset[object]:
    """Give the keys of the timers of a name that run."""
    return frozenset(ticket.key for ticket in seen.tickets if ticket.name == timer)
