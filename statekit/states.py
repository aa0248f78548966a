"""States and groups: what a machine can be in, and what each is like to be in."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, Generic, TypeAlias, TypeVar

from attrs import field, frozen

from statekit.value import Value

S_co = TypeVar("S_co", bound=StrEnum, covariant=True)


class Kind(StrEnum):
    """What a stay in a state is like; it decides the state's colour and what the checks demand of it."""

    REST = "rest"
    """Nothing is wanted and nothing runs: only the application moves it on."""
    BUSY = "busy"
    """Something was asked for and its answer is awaited."""
    STEADY = "steady"
    """The purpose is served."""
    WAITING = "waiting"
    """A timer, a gate or another owner will move it on."""
    ENDED = "ended"
    """Absorbing: no row may leave it."""
    FAILED = "failed"
    """It gave up with a reason; only the application moves it on."""


@frozen(eq=False, repr=False)
class Group(Value, Generic[S_co]):
    """States that share rows, entry and exit; made by `Rows.group`.

    Entering it from outside runs `entry`, leaving it runs `exit`; a move between two of its states runs neither. A
    timer or an answering effect whose scope it is lives for the stay in the group.
    """

    name: str
    states: tuple[S_co, ...]
    doc: str = ""
    entry: tuple[object, ...] = field(default=(), kw_only=True)
    exit: tuple[object, ...] = field(default=(), kw_only=True)
    origin: str = field(default="", kw_only=True, eq=False)

    def __contains__(self, state: object) -> bool:
        """Tell whether a state belongs to the group."""
        return state in self.states

    def __iter__(self) -> Iterator[S_co]:
        """Give the states in the order of their declaration."""
        return iter(self.states)


@frozen(eq=False, repr=False)
class StateRow(Value, Generic[S_co]):
    """The declaration of one state; made by `Rows.state`."""

    state: S_co
    kind: Kind
    doc: str
    entry: tuple[object, ...] = field(default=(), kw_only=True)
    exit: tuple[object, ...] = field(default=(), kw_only=True)
    waits_for: str = field(default="", kw_only=True)
    origin: str = field(default="", kw_only=True, eq=False)


@frozen(eq=False, repr=False)
class Every(Value):
    """The source that means every state of the table which has no answer of its own; use the constant `EVERY`."""

    def __str__(self) -> str:
        """Read as it is written."""
        return "EVERY"


EVERY: Final = Every()

Place: TypeAlias = S_co | Group[S_co]
"""A state, or a group of states."""
