"""Verdicts: what became of one event, and why."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeAlias

from attrs import field, frozen

from statekit.value import Shown, Value


@frozen(eq=False, repr=False)
class Started(Value):
    """The machine was started: nothing arrived, its entry effects ran."""

    def __str__(self) -> str:
        """Say it in words."""
        return "started"


@frozen(eq=False, repr=False)
class Taken(Value):
    """A row was taken. `row` is where it is written, `target` the state afterwards; `refused` names the guards of
    earlier rows that did not hold.
    """

    row: str
    source: StrEnum
    target: StrEnum
    refused: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.source.name} → {self.target.name}" if self.source != self.target else f"stays {self.source.name}"


@frozen(eq=False, repr=False)
class Ignored(Value):
    """The table says that nothing happens, and why; `refused` names the guards that did not hold before."""

    because: str
    refused: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in words."""
        return f"ignored: {self.because}"


@frozen(eq=False, repr=False)
class Postponed(Value):
    """The event is kept and will be tried again after the next change of state."""

    because: str

    def __str__(self) -> str:
        """Say it in words."""
        return f"postponed: {self.because}"


@frozen(eq=False, repr=False)
class Refused(Value):
    """Every row that answers the event has a guard, and none held; or the queue of postponed events is full.

    Nothing has changed. A timer that is refused is therefore awaited still, and is due again once the state or the
    context has changed: only then may its guards say otherwise.
    """

    guards: tuple[str, ...]
    full: bool = False

    def __str__(self) -> str:
        """Say it in words."""
        return "refused: too many postponed events" if self.full else f"refused by {', '.join(self.guards)}"


@frozen(eq=False, repr=False)
class Forbidden(Value):
    """The table says that this event in this state is an error, and why; `refused` as in `Ignored`."""

    because: str
    refused: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in words."""
        return f"forbidden: {self.because}"


@frozen(eq=False, repr=False)
class Unhandled(Value):
    """The cell is blank, or the machine has ended, or no instance of a keyed member has the key."""

    ended: bool = False
    absent: bool = False

    def __str__(self) -> str:
        """Say it in words."""
        if self.absent:
            return "unhandled: no instance has this key"
        return "unhandled: the machine has ended" if self.ended else "unhandled: no row answers this event here"


@frozen(eq=False, repr=False)
class Stale(Value):
    """The answer, or the timer, belongs to a stay that is over; `ticket` is the number it came with, if any."""

    ticket: int | None

    def __str__(self) -> str:
        """Say it in words."""
        return "stale: no ticket" if self.ticket is None else f"stale: ticket {self.ticket} is over"


@frozen(repr=False)
class Broken(Shown):
    """A guard, update, maker or delay raised: nothing changed; equal if they read alike."""

    function: str
    exception: Exception = field(eq=repr)

    def __str__(self) -> str:
        """Say it in words."""
        return f"broken: {self.function} raised {self.exception!r}"


Verdict: TypeAlias = Started | Taken | Ignored | Postponed | Refused | Forbidden | Unhandled | Stale | Broken
"""Exactly one for every event; none of them is ever raised by `transition` or `step`."""

REJECTING: Final = (Refused, Forbidden, Unhandled, Broken)
"""Verdicts on an event that did not get through, and was not expected not to."""
