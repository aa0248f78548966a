"""The table: what a lifecycle is written in.

Bind the types once, take the verbs you need, and write one row a line::

    rows = Rows[State, Context, Effect]()
    row, stay, ignore, to = rows.row, rows.stay, rows.ignore, rows.to

A verb says what a row does to the stay in its source: `row` leaves it (exit and entry run), `stay` does not, `reenter`
leaves and enters it again, `postpone` keeps the event for the next state, `ignore` and `forbid` say that and why
nothing happens. All of them check the row's functions against the row's own event, so that a type checker reports a
mistake on the row where it was made; what types cannot say, `Machine` checks when it is built.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Generic, Never, TypeAlias, TypeVar, overload

from statekit.effects import Answering, Failure
from statekit.origin import written_at
from statekit.row import Branch, Choice, Either, Function, Row, Verb
from statekit.states import Every, Group, Kind, Place, StateRow
from statekit.timers import AnyTimer, Arm, Disarm, Fired, Key

S = TypeVar("S", bound=StrEnum)
C = TypeVar("C")
E = TypeVar("E")
F = TypeVar("F")

Source: TypeAlias = Place[S] | Every | tuple[Place[S], ...]
Made: TypeAlias = F | tuple[F, ...]
Order: TypeAlias = F | Callable[[C], Made[F]] | Arm[C, object] | Disarm[C, object]
"""What stands where effects are listed: a constant, a maker of one (or a tuple of them), or a timer's order."""
RowOrder: TypeAlias = Order[F, C] | Callable[[C, E], Made[F]] | Arm[C, E] | Disarm[C, E]
"""What a row may list: its makers, and the keys of its timers, may read its event."""


class Moving(Generic[S, C, F]):
    """The verb `row`: exit, the row's effects, entry."""

    __slots__ = ()

    @overload
    def __call__(
        self,
        source: Source[S],
        trigger: type[E] | Either[E],
        target: S | Choice[S, F],
        *effects: RowOrder[F, C, E],
        guard: Callable[[C], bool] | Callable[[C, E], bool] | None = None,
        update: Callable[[C], C] | Callable[[C, E], C] | None = None,
    ) -> Row[S, E, F]: ...
    @overload
    def __call__(
        self,
        source: Source[S],
        trigger: AnyTimer[C],
        target: S | Choice[S, F],
        *effects: RowOrder[F, C, Fired],
        guard: Callable[[C], bool] | Callable[[C, Fired], bool] | None = None,
        update: Callable[[C], C] | Callable[[C, Fired], C] | None = None,
    ) -> Row[S, Never, F]: ...
    def __call__(
        self,
        source: Source[S],
        trigger: object,
        target: S | Choice[S, F],
        *effects: object,
        guard: Function | None = None,
        update: Function | None = None,
    ) -> Row[S, object, F]:
        """Leave `source` for `target` when `trigger` arrives and `guard` holds; see the module's docstring."""
        return Row(Verb.ROW, source, trigger, target, effects, guard, update, "", written_at())


class Staying(Generic[S, C, F]):
    """The verbs `stay` (no exit, no entry, timers run on) and `reenter` (both, timers start afresh)."""

    __slots__ = ("verb",)

    def __init__(self, verb: Verb) -> None:
        """Keep which of the verbs it is."""
        self.verb: Final[Verb] = verb

    @overload
    def __call__(
        self,
        source: Source[S],
        trigger: type[E] | Either[E],
        *effects: RowOrder[F, C, E],
        guard: Callable[[C], bool] | Callable[[C, E], bool] | None = None,
        update: Callable[[C], C] | Callable[[C, E], C] | None = None,
    ) -> Row[S, E, F]: ...
    @overload
    def __call__(
        self,
        source: Source[S],
        trigger: AnyTimer[C],
        *effects: RowOrder[F, C, Fired],
        guard: Callable[[C], bool] | Callable[[C, Fired], bool] | None = None,
        update: Callable[[C], C] | Callable[[C, Fired], C] | None = None,
    ) -> Row[S, Never, F]: ...
    def __call__(
        self,
        source: Source[S],
        trigger: object,
        *effects: object,
        guard: Function | None = None,
        update: Function | None = None,
    ) -> Row[S, object, F]:
        """Answer `trigger` in `source` without going elsewhere; see the module's docstring."""
        return Row(self.verb, source, trigger, None, effects, guard, update, "", written_at())


class Declining(Generic[S, C, F]):
    """The verbs `ignore`, `forbid` and `postpone`: the event changes nothing here, and the table says so."""

    __slots__ = ("verb",)

    def __init__(self, verb: Verb) -> None:
        """Keep which of the verbs it is."""
        self.verb: Final[Verb] = verb

    @overload
    def __call__(
        self,
        source: Source[S],
        trigger: type[E] | Either[E],
        *,
        because: str,
        guard: Callable[[C], bool] | Callable[[C, E], bool] | None = None,
    ) -> Row[S, E, F]: ...
    @overload
    def __call__(
        self,
        source: Source[S],
        trigger: AnyTimer[C],
        *,
        because: str,
        guard: Callable[[C], bool] | Callable[[C, Fired], bool] | None = None,
    ) -> Row[S, Never, F]: ...
    def __call__(
        self,
        source: Source[S],
        trigger: object,
        *,
        because: str,
        guard: Function | None = None,
    ) -> Row[S, object, F]:
        """Say that `trigger` changes nothing in `source`, and why."""
        return Row(self.verb, source, trigger, None, (), guard, None, because, written_at())


class Rows(Generic[S, C, F]):
    """The verbs of a table, bound to its states, its context and its effects.

    Binding the three types once is what makes a checker point at the bad row: a guard for another event, a foreign
    state, an effect that is not in the union.
    """

    __slots__ = ("forbid", "ignore", "postpone", "reenter", "row", "stay")

    def __init__(self) -> None:
        """Make the verbs."""
        self.row: Final[Moving[S, C, F]] = Moving()
        self.stay: Final[Staying[S, C, F]] = Staying(Verb.STAY)
        self.reenter: Final[Staying[S, C, F]] = Staying(Verb.REENTER)
        self.postpone: Final[Declining[S, C, F]] = Declining(Verb.POSTPONE)
        self.ignore: Final[Declining[S, C, F]] = Declining(Verb.IGNORE)
        self.forbid: Final[Declining[S, C, F]] = Declining(Verb.FORBID)

    def to(
        self,
        target: S | Choice[S, F],
        *effects: Order[F, C],
        guard: Callable[[C], bool] | None = None,
        update: Callable[[C], C] | None = None,
    ) -> Branch[S, F]:
        """Make a branch of a choice; its guard reads the context that the row's update has made."""
        return Branch(target, effects, guard, update, written_at())

    def choice(self, name: str, *branches: Branch[S, F]) -> Choice[S, F]:
        """Make a target that picks the first branch whose guard holds; the last branch has none."""
        return Choice(name, branches, written_at())

    def state(
        self,
        state: S,
        kind: Kind,
        doc: str,
        *,
        entry: tuple[Order[F, C], ...] = (),
        exit: tuple[Order[F, C], ...] = (),  # noqa: A002 - entry and exit are the field's own words
        waits_for: str = "",
    ) -> StateRow[S]:
        """Declare a state: its kind, one line on what it means, and the effects of entering and leaving it.

        `waits_for` names who ends the stay where no timer of its own does: another machine, or a person.
        """
        return StateRow(state, kind, doc, entry=entry, exit=exit, waits_for=waits_for, origin=written_at())

    def group(
        self,
        name: str,
        *places: Place[S],
        doc: str = "",
        entry: tuple[Order[F, C], ...] = (),
        exit: tuple[Order[F, C], ...] = (),  # noqa: A002 - entry and exit are the field's own words
    ) -> Group[S]:
        """Make a group of states, or of other groups' states, that share rows, entry and exit."""
        states: dict[S, None] = {}
        for place in places:
            states.update(dict.fromkeys(place.states if isinstance(place, Group) else (place,)))
        return Group(name, tuple(states), doc, entry=entry, exit=exit, origin=written_at())

    @overload
    def answering(
        self,
        effect: type[F],
        *outcomes: type,
        scope: S | Group[S],
        failed: Callable[[Failure], object],
        opens: type | None = None,
        streams: tuple[type, ...] = (),
        ends: tuple[type, ...] = (),
        orphan: F | None = None,
        lost: Callable[[Failure], object] | None = None,
        key: None = None,
    ) -> Answering: ...
    @overload
    def answering(
        self,
        effect: type[E],
        *outcomes: type,
        scope: S | Group[S],
        failed: Callable[[Failure], object],
        opens: type | None = None,
        streams: tuple[type, ...] = (),
        ends: tuple[type, ...] = (),
        orphan: F | None = None,
        lost: Callable[[Failure], object] | None = None,
        key: Callable[[E], Key],
    ) -> Answering: ...
    def answering(
        self,
        effect: type,
        *outcomes: type,
        scope: S | Group[S],
        failed: Callable[[Failure], object],
        opens: type | None = None,
        streams: tuple[type, ...] = (),
        ends: tuple[type, ...] = (),
        orphan: F | None = None,
        lost: Callable[[Failure], object] | None = None,
        key: Callable[[E], Key] | None = None,
    ) -> Answering:
        """Declare that an effect answers: with what, for how long it counts, and how a late resource is disposed of.

        See `Answering` for the parts; a stream that `opens` needs `lost`. `key` is a named pure function of the effect
        that gives text, a whole number or None: effects of different keys are under way side by side, and ordering one
        again replaces the one of its key. An effect that no `answering` names is fire-and-forget.
        """
        return Answering(
            effect,
            outcomes,
            scope,
            failed,
            opens=opens,
            streams=streams,
            ends=ends,
            orphan=orphan,
            lost=lost,
            key=key,
            origin=written_at(),
        )
