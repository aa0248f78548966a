"""What a folded table consists of: for every state and trigger, the arrows to try and what each move does.

Groups, entry and exit were worked into the arrows when the machine was built, so the engine looks up one tuple and
walks it. Everything here is made once by `fold` and shared by every instance of the machine, and nothing is changed but
what `Folded` says is filled later.

A table comes to thousands of these, and nobody compares or shows them: so they are plain classes with slots, which are
made in a third of the time of frozen attrs ones and cost nothing to import.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from types import CodeType
from typing import TypeAlias, cast

from statekit.draft import AnyGroup, AnyRow
from statekit.effects import Answering
from statekit.interned import Interned
from statekit.row import Branch, Choice, Function
from statekit.timers import Delay, Fired
from statekit.verdicts import Verdict


class Call:
    """A function of the table with the one fact the engine needs to call it: whether it takes the event."""

    __slots__ = ("function", "name", "takes_event")

    def __init__(self, function: Function) -> None:
        """Wrap a function; its arity comes from its code object, which is why only plain functions are allowed."""
        self.function: Function = function
        self.name: str = function.__name__
        self.takes_event: bool = function.__code__.co_argcount > 1

    @classmethod
    def of(cls, function: Function | None) -> Call | None:
        """Wrap a function, if there is one."""
        return None if function is None else cls(function)


class Clock:
    """A timer as folded: its id (unique in the machine), how it reads, whose stay it counts for, its delay.

    `of` names the events that start it afresh, `key` the function that tells apart the timers of one name.
    """

    __slots__ = ("delay", "id", "key", "label", "of", "scope")

    def __init__(
        self,
        id: str,  # noqa: A002 - what it is
        label: str,
        scope: str,
        delay: Delay[object],
        of: tuple[type, ...] = (),
        key: Call | None = None,
    ) -> None:
        """Keep the parts."""
        self.id: str = id
        self.label: str = label
        self.scope: str = scope
        self.delay: Delay[object] = delay
        self.of: tuple[type, ...] = of
        self.key: Call | None = key


class Leaf:
    """Where an arrow ends, and everything that the move there does on the way.

    `orders` are the exit effects inner to outer, the effects of the row and of the branches taken, the entry effects
    outer to inner: constants, `Call`s, `Arm`s and `Disarm`s. `ended` names the scopes the move leaves, `armed` the
    timers that its event starts afresh and those of the scopes it enters. `moved` is false for a stay.
    """

    __slots__ = ("armed", "ended", "moved", "orders", "state")

    def __init__(
        self,
        state: StrEnum,
        orders: tuple[object, ...],
        ended: frozenset[str],
        armed: tuple[Clock, ...],
        *,
        moved: bool,
    ) -> None:
        """Keep the parts of the move."""
        self.state: StrEnum = state
        self.orders: tuple[object, ...] = orders
        self.ended: frozenset[str] = ended
        self.armed: tuple[Clock, ...] = armed
        self.moved: bool = moved


class Way:
    """One branch of a folded choice."""

    __slots__ = ("branch", "goal", "guard", "update")

    def __init__(
        self, branch: Branch[StrEnum, object], guard: Call | None, update: Call | None, goal: Leaf | Fork
    ) -> None:
        """Keep the branch, and where it leads."""
        self.branch: Branch[StrEnum, object] = branch
        self.guard: Call | None = guard
        self.update: Call | None = update
        self.goal: Leaf | Fork = goal


class Fork:
    """A folded choice: its ways in order, the last one unguarded."""

    __slots__ = ("choice", "ways")

    def __init__(self, choice: Choice[StrEnum, object], ways: tuple[Way, ...]) -> None:
        """Keep the choice, and its ways."""
        self.choice: Choice[StrEnum, object] = choice
        self.ways: tuple[Way, ...] = ways


class Arrow:
    """One row as one state sees it; `level` names whose row it is: the state's, a group's, or `EVERY`'s."""

    __slots__ = ("goal", "guard", "key", "level", "row", "source", "update")

    def __init__(
        self,
        row: AnyRow,
        source: StrEnum,
        key: object,
        level: str,
        guard: Call | None,
        update: Call | None,
        goal: Leaf | Fork | None,
    ) -> None:
        """Keep the row, and what it comes to here."""
        self.row: AnyRow = row
        self.source: StrEnum = source
        self.key: object = key
        self.level: str = level
        self.guard: Call | None = guard
        self.update: Call | None = update
        self.goal: Leaf | Fork | None = goal


class Motion:
    """What an event does, whatever the context: the verdict, where it leads, and what a step has to see to.

    `leaf` is None unless the verdict is `Taken`. `plain` says that nothing is started that will come back, no
    timer and no effect that answers, and nothing postponed.
    """

    __slots__ = ("ended", "leaf", "moved", "path", "plain", "state", "verdict")

    def __init__(
        self,
        verdict: Verdict,
        path: tuple[Verdict, ...],
        state: StrEnum,
        leaf: Leaf | None,
        *,
        moved: bool,
        plain: bool,
        ended: frozenset[str],
    ) -> None:
        """Keep what is known of the move."""
        self.verdict: Verdict = verdict
        self.path: tuple[Verdict, ...] = path
        self.state: StrEnum = state
        self.leaf: Leaf | None = leaf
        self.moved: bool = moved
        self.plain: bool = plain
        self.ended: frozenset[str] = ended


Outcome: TypeAlias = tuple[StrEnum, object, tuple[object, ...], Motion]
"""The state, the context, what was ordered (with Arm and Disarm in place), and what is known of the move."""

Act: TypeAlias = Callable[[object, object], Outcome]


class Move:
    """What an arrow comes to, as the engine runs it; not to be changed.

    Where its guard does not hold it is the turn of `otherwise`; without a guard that is the move itself. Makers and
    choices are left to `act`, and there is no `motion` then.
    """

    __slots__ = ("act", "guard", "motion", "orders", "otherwise", "update")

    def __init__(
        self,
        guard: Call | None,
        otherwise: Move | None,
        motion: Motion | None = None,
        update: Call | None = None,
        orders: tuple[object, ...] = (),
        *,
        act: Act | None = None,
    ) -> None:
        """Keep the functions and the constants; either `motion` or `act` is given."""
        self.guard: Call | None = guard
        self.otherwise: Move = otherwise or self
        self.motion: Motion = cast("Motion", motion)
        self.update: Call | None = update
        self.orders: tuple[object, ...] = orders
        self.act: Act | None = act


class Cell:
    """One cell as the engine runs it.

    `blind` says that none of its functions looks at the event, `repeats` that the keys of the timers it orders do not
    either, so that a step is the same for every event of the class, `plain` that whatever it comes to is known but for
    the context, and a plain motion.
    """

    __slots__ = ("blind", "move", "plain", "repeats")

    def __init__(self, move: Move, *, blind: bool, repeats: bool, plain: bool) -> None:
        """Keep the first move, and what is known of all."""
        self.move: Move = move
        self.blind: bool = blind
        self.repeats: bool = repeats
        self.plain: bool = plain


class Folded:
    """What folding makes of a draft.

    `cells` is state → event class or timer id → the arrows to try; `begin` is what starting does; `groups` and each
    value of `groups_of` go from outer to inner; `scopes` names the scopes that hold a state, and none holds an ended
    one, which has no cells either. `answers` finds the answering effect of an event class, `fenced` are those classes
    and `Fired`, `functions` names a function by its code. The rest is filled as the machine runs: a cell's moves are
    made when they are first needed (`quick` has those of the plain cells that no ticket guards), points and snapshots
    are remembered where that pays.
    """

    __slots__ = (
        "acts",
        "answering",
        "answers",
        "begin",
        "cells",
        "clocks",
        "events",
        "fenced",
        "functions",
        "groups",
        "groups_of",
        "points",
        "quick",
        "scopes",
        "snapshots",
    )

    def __init__(
        self,
        *,
        cells: Mapping[StrEnum, Mapping[object, tuple[Arrow, ...]]],
        begin: Leaf,
        groups: tuple[AnyGroup, ...],
        groups_of: Mapping[StrEnum, tuple[AnyGroup, ...]],
        scopes: Mapping[StrEnum, frozenset[str]],
        clocks: Mapping[str, Clock],
        answering: tuple[Answering, ...],
        events: tuple[type, ...],
        functions: Mapping[CodeType, str],
    ) -> None:
        """Keep the parts; nothing was run yet."""
        self.cells: Mapping[StrEnum, Mapping[object, tuple[Arrow, ...]]] = cells
        self.begin: Leaf = begin
        self.groups: tuple[AnyGroup, ...] = groups
        self.groups_of: Mapping[StrEnum, tuple[AnyGroup, ...]] = groups_of
        self.scopes: Mapping[StrEnum, frozenset[str]] = scopes
        self.clocks: Mapping[str, Clock] = clocks
        self.answering: Mapping[type, Answering] = {each.effect: each for each in answering}
        self.answers: Mapping[type, Answering] = {event: each for each in answering for event in each.events}
        self.events: tuple[type, ...] = events
        self.fenced: frozenset[type] = frozenset({Fired, *self.answers})
        self.functions: Mapping[CodeType, str] = functions
        self.acts: dict[StrEnum, dict[object, Cell]] = {state: {} for state in cells}
        self.quick: dict[StrEnum, dict[type, Move]] = {state: {} for state in cells}
        self.points: Interned[object] = Interned()
        self.snapshots: Interned[object] = Interned()


def key_label(key: object, clocks: Mapping[str, Clock]) -> str:
    """Name a trigger, an event class or a timer's id, as it is written in the table."""
    clock = clocks.get(key) if isinstance(key, str) else None
    return clock.label if clock else str(getattr(key, "__name__", key))
