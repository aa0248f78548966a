"""Folding: from the table as it was written to what each state does with each trigger.

It happens once, when a machine is built. Every state gets one tuple of `Arrow`s for each trigger that it answers, in
order of precedence: the state's own rows, then its groups' from inner to outer, then those of `EVERY`; within a level
the order of the table. Each arrow knows where it leads, which effects the move runs and in which order, which scopes
it ends and which timers it arms. So groups, entry and exit are gone at run time: a step looks up one tuple and walks
it. A group contains another when its states are a strict superset; groups that merely overlap are entered the larger
first, then as they are listed, and left in the reverse of it, and may not answer the same trigger in the same state.
An ended state answers nothing and lies in no scope: whatever was awaited is over when it is entered.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from types import CodeType, FunctionType
from typing import Never, TypeAlias, cast

from statekit.draft import (
    AnyGroup,
    AnyRow,
    Draft,
    Target,
    branches_of,
    events_of,
    groups_in,
    is_group,
    orders_of,
    places,
    scope_name,
)
from statekit.folded import Arrow, Call, Clock, Folded, Fork, Leaf, Way
from statekit.states import Every, Group, Kind, StateRow
from statekit.table import Choice, Verb
from statekit.timers import AnyTimer, Delay, Idle, is_arm, is_named, is_timer


def clock_of(timer: AnyTimer[Never], place: object) -> Clock:
    """Give a timer its id: a named timer's is its name; another is told apart by the place whose stay it counts."""
    delay = cast("Delay[object]", timer.delay)
    if is_named(timer):
        return Clock(timer.name, timer.name, scope_name(timer.scope), delay, key=Call.of(timer.key))
    of = timer.of if isinstance(timer, Idle) else ()
    return Clock(f"{timer.name} in {scope_name(place)}", timer.label, scope_name(place), delay, of)


Place: TypeAlias = AnyGroup | StateRow[StrEnum]
Goal: TypeAlias = Leaf | Fork


class Folding:
    """The work of folding one draft; thrown away once `fold` has its result."""

    def __init__(self, draft: Draft) -> None:
        """Lay out the groups of each state and the timers of each scope."""
        self.draft = draft
        self.by_state: dict[StrEnum, StateRow[StrEnum]] = {declared.state: declared for declared in draft.states}
        self.groups: tuple[AnyGroup, ...] = groups_in(draft)
        self.groups_of: dict[StrEnum, tuple[AnyGroup, ...]] = {
            state: tuple(g for g in self.groups if state in g) for state in self.by_state
        }
        self.scopes: dict[StrEnum, frozenset[str]] = {state: self.scopes_of(state) for state in self.by_state}
        self.clocks: dict[str, Clock] = {}
        self.starts: dict[str, list[Clock]] = {}
        self.restarts: dict[object, list[Clock]] = {}
        for row in draft.table:
            if is_timer(row.trigger):
                for place in self.stays(row):
                    self.note_clock(row.trigger, place)
        for order, _ in orders_of(draft):
            if is_arm(order):
                self.note_clock(order.timer, None)

    def scopes_of(self, state: StrEnum) -> frozenset[str]:
        """Name the scopes that hold a state: its own and its groups', but none once the machine has ended."""
        if self.by_state[state].kind is Kind.ENDED:
            return frozenset()
        return frozenset({str(state), *(group.name for group in self.groups_of[state])})

    def stays(self, row: AnyRow) -> Iterator[object]:
        """Give the places whose stay an `after` of this row counts; `EVERY` means every state by itself."""
        lasting = [state for state in self.by_state if self.scopes[state]]
        for place in places(row.source):
            yield from lasting if isinstance(place, Every) else (place,)

    def note_clock(self, timer: AnyTimer[Never], place: object) -> None:
        """Remember a timer; one without a name is also started by the entry into its place."""
        clock = clock_of(timer, place)
        if clock.id not in self.clocks:
            self.clocks[clock.id] = clock
            if not is_named(timer):
                self.starts.setdefault(clock.scope, []).append(clock)
            for event in clock.of:
                self.restarts.setdefault(event, []).append(clock)

    def ranks(self, place: object) -> Iterator[tuple[StrEnum, int]]:
        """Give the states that a place covers, each with its precedence there.

        0 is the state's own row, then its groups from inner to outer, then `EVERY`. An ended state has no cells.
        """
        if isinstance(place, Every):
            yield from ((state, len(self.groups_of[state]) + 1) for state in self.by_state if self.scopes[state])
        elif is_group(place):
            for state in place.states:
                names = [group.name for group in self.groups_of[state]]
                if self.scopes[state]:
                    yield state, len(names) - names.index(place.name)
        else:
            yield cast("StrEnum", place), 0

    def cells(self) -> dict[StrEnum, dict[object, tuple[Arrow, ...]]]:
        """Fold every row, in the order of the table, into the cells of the states that it concerns."""
        found: dict[StrEnum, dict[object, list[tuple[int, Arrow]]]] = {state: {} for state in self.by_state}
        for row in self.draft.table:
            for place in places(row.source):
                for state, rank in self.ranks(place):
                    for arrow in self.arrows(row, state, place):
                        found[state].setdefault(arrow.key, []).append((rank, arrow))
        return {state: {key: in_order(ranked) for key, ranked in cells.items()} for state, cells in found.items()}

    def arrows(self, row: AnyRow, state: StrEnum, place: object) -> Iterator[Arrow]:
        """Make a row's arrows from one state: one for each event class, or one for its timer."""
        level = "EVERY" if isinstance(place, Every) else scope_name(place)
        keys: tuple[object, ...] = events_of(row.trigger)
        if is_timer(row.trigger):
            keys = (clock_of(row.trigger, state if isinstance(place, Every) else place).id,)
        guard, update, goal = Call.of(row.guard), Call.of(row.update), self.goal(row, state, place)
        for key in keys:
            clocks = self.restarts.get(key)
            at = self.restarting(goal, clocks, state) if goal and clocks else goal
            yield Arrow(row, state, key, level, guard, update, at)

    def restarting(self, goal: Goal, clocks: Sequence[Clock], state: StrEnum) -> Goal:
        """Let a goal start these timers afresh, where it does not leave the stay that they count."""
        if isinstance(goal, Fork):
            goals = [self.restarting(way.goal, clocks, state) for way in goal.ways]
            ways = (Way(way.branch, way.guard, way.update, at) for way, at in zip(goal.ways, goals, strict=True))
            return Fork(goal.choice, tuple(ways))
        kept = self.scopes[state] - goal.ended
        armed = (*(clock for clock in clocks if clock.scope in kept), *goal.armed)
        return Leaf(goal.state, goal.orders, goal.ended, armed, moved=goal.moved)

    def goal(self, row: AnyRow, state: StrEnum, place: object) -> Leaf | Fork | None:
        """Work out where a row leads from one state."""
        effects = tuple(Call.of(o) if callable(o) else o for o in row.effects)
        if row.verb is Verb.STAY:
            return Leaf(state, effects, frozenset(), (), moved=False)
        if row.verb is Verb.REENTER:
            return self.leaf(state, state, effects, again=place if is_group(place) else None)
        if row.verb is Verb.ROW and row.target is not None:
            return self.target(state, row.target, effects)
        return None

    def target(self, source: StrEnum, target: Target, effects: tuple[object, ...]) -> Leaf | Fork:
        """Fold a target: a leaf for a state, a fork for a choice, the effects met on the way carried along."""
        if not isinstance(target, Choice):
            return self.leaf(source, target, effects)
        ways: list[Way] = []
        for branch in target.branches:
            along = (*effects, *(Call.of(o) if callable(o) else o for o in branch.effects))
            goal = self.target(source, branch.target, along)
            ways.append(Way(branch, Call.of(branch.guard), Call.of(branch.update), goal))
        return Fork(target, tuple(ways))

    def leaf(
        self, source: StrEnum, target: StrEnum, effects: tuple[object, ...], again: AnyGroup | None = None
    ) -> Leaf:
        """Work out a move: what it leaves and enters, in which order; the group `again` is re-entered."""
        before, after = self.groups_of[source], self.groups_of[target]
        kept = [g for g in before if g in after and not (again and set(g.states) <= set(again.states))]
        left: list[Place] = [self.by_state[source], *(g for g in reversed(before) if g not in kept)]
        entered: list[Place] = [*(g for g in after if g not in kept), self.by_state[target]]
        return Leaf(
            target,
            (*self.calls(left, "exit"), *effects, *self.calls(entered, "entry")),
            self.scopes[source] - (self.scopes[target] - set(map(self.name_of, left))),
            self.started(entered, target),
            moved=True,
        )

    def begin(self) -> Leaf:
        """Work out what starting does: the entry into the initial state and its groups."""
        state = self.draft.initial
        entered: list[Place] = [*self.groups_of[state], self.by_state[state]]
        return Leaf(state, self.calls(entered, "entry"), frozenset(), self.started(entered, state), moved=True)

    def started(self, entered: Sequence[Place], target: StrEnum) -> tuple[Clock, ...]:
        """Collect the timers that entering these places on the way to a state starts."""
        names = [name for name in map(self.name_of, entered) if name in self.scopes[target]]
        return tuple(clock for name in names for clock in self.starts.get(name, ()))

    @staticmethod
    def name_of(place: Place) -> str:
        """Name a place as scopes are named."""
        return place.name if isinstance(place, Group) else str(place.state)

    @staticmethod
    def calls(declared: Sequence[Place], moment: str) -> tuple[object, ...]:
        """Collect the entry or exit effects of places, their makers wrapped."""
        orders = (order for place in declared for order in (place.entry if moment == "entry" else place.exit))
        return tuple(Call.of(order) if callable(order) else order for order in orders)


def in_order(ranked: list[tuple[int, Arrow]]) -> tuple[Arrow, ...]:
    """Order the arrows of a cell by precedence; within one the order of the table stands."""
    if len(ranked) > 1:
        ranked.sort(key=lambda each: each[0])
    return tuple(arrow for _, arrow in ranked)


def functions_in(draft: Draft) -> dict[CodeType, str]:
    """Name every guard, update and maker by its code object, by which a traceback knows it."""
    found: list[object] = [order for order, _ in orders_of(draft)]
    for row in draft.table:
        found += (row.guard, row.update)
        for branch in branches_of(row.target):
            found += (branch.guard, branch.update)
    return {each.__code__: each.__name__ for each in found if isinstance(each, FunctionType)}


def fold(draft: Draft) -> Folded:
    """Fold a draft that `faults.in_draft` found nothing wrong with."""
    folding = Folding(draft)
    return Folded(
        cells=folding.cells(),
        begin=folding.begin(),
        groups=folding.groups,
        groups_of=folding.groups_of,
        scopes=folding.scopes,
        clocks=folding.clocks,
        answering=draft.answering,
        events=tuple(dict.fromkeys(event for row in draft.table for event in events_of(row.trigger))),
        functions=functions_in(draft),
    )
