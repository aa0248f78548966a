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

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Never, TypeAlias, cast

from statekit.draft import (
    AnyGroup,
    AnyRow,
    Draft,
    Target,
    events_of,
    is_group,
    places,
    scope_name,
)
from statekit.folded import Arrow, Call, Clock, Folded, Fork, Leaf, Way
from statekit.row import Choice, Function, Verb
from statekit.states import EVERY, Every, Kind, StateRow
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
        self.calls: dict[object, Call] = {}
        self.by_state: dict[StrEnum, StateRow[StrEnum]] = {declared.state: declared for declared in draft.states}
        self.names: dict[StrEnum, str] = {state: str(state) for state in self.by_state}
        self.groups_of: dict[StrEnum, tuple[AnyGroup, ...]] = {
            state: tuple(g for g in draft.groups if state in g) for state in self.by_state
        }
        self.scopes: dict[StrEnum, frozenset[str]] = {state: self.scopes_of(state) for state in self.by_state}
        by_name: dict[str, Place] = {self.names[state]: declared for state, declared in self.by_state.items()}
        by_name.update((group.name, group) for group in draft.groups)
        self.entry: dict[str, tuple[object, ...]] = {name: self.called(by_name[name].entry) for name in by_name}
        self.exit: dict[str, tuple[object, ...]] = {name: self.called(by_name[name].exit) for name in by_name}
        self.clocks: dict[str, Clock] = {}
        self.starts: dict[str, list[Clock]] = {}
        self.restarts: dict[object, list[Clock]] = {}
        for row in draft.table:
            if is_timer(row.trigger):
                for place in self.stays(row):
                    self.note_clock(row.trigger, place)
        for order, _ in draft.timed:
            if is_arm(order):
                self.note_clock(order.timer, None)

    def scopes_of(self, state: StrEnum) -> frozenset[str]:
        """Name the scopes that hold a state: its own and its groups', but none once the machine has ended."""
        if self.by_state[state].kind is Kind.ENDED:
            return frozenset()
        return frozenset({self.names[state], *(group.name for group in self.groups_of[state])})

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

    def call(self, function: Function | None) -> Call | None:
        """Wrap a function of the table, each once."""
        if function is None:
            return None
        call = self.calls.get(function)
        if call is None:
            call = self.calls[function] = Call(function)
        return call

    def called(self, orders: tuple[object, ...]) -> tuple[object, ...]:
        """Give orders with their makers wrapped."""
        if not any(map(callable, orders)):
            return orders
        return tuple(self.call(order) if callable(order) else order for order in orders)

    def ranks(self, place: object) -> Sequence[tuple[StrEnum, int, str]]:
        """Give the states that a place covers, each with its precedence there, and the place's name.

        0 is the state's own row, then its groups from inner to outer, then `EVERY`. An ended state has no cells.
        """
        if isinstance(place, StrEnum):
            return ((place, 0, self.names[place]),)
        lasting = [(state, groups) for state, groups in self.groups_of.items() if self.scopes[state]]
        if is_group(place):
            inside = [(state, groups) for state, groups in lasting if state in place]
            return [(state, len(groups) - groups.index(place), place.name) for state, groups in inside]
        return [(state, len(groups) + 1, str(EVERY)) for state, groups in lasting]

    def cells(self) -> dict[StrEnum, dict[object, tuple[Arrow, ...]]]:
        """Fold every row, in the order of the table, into the cells of the states that it concerns."""
        found: dict[StrEnum, dict[object, list[tuple[int, Arrow]]]] = {state: {} for state in self.by_state}
        for row in self.draft.table:
            guard, update, effects = self.call(row.guard), self.call(row.update), self.called(row.effects)
            for place in places(row.source):
                for state, rank, level in self.ranks(place):
                    goal = self.goal(row, state, place, effects)
                    for key in self.keys(row.trigger, state, place):
                        clocks = self.restarts.get(key)
                        at = self.restarting(goal, clocks, state) if goal and clocks else goal
                        arrow = Arrow(row, state, key, level, guard, update, at)
                        found[state].setdefault(key, []).append((rank, arrow))
        return {state: {key: in_order(ranked) for key, ranked in cells.items()} for state, cells in found.items()}

    @staticmethod
    def keys(trigger: object, state: StrEnum, place: object) -> tuple[object, ...]:
        """Name the cells of a state that a trigger fills: one for each event class, or that of its timer."""
        if is_timer(trigger):
            return (clock_of(trigger, state if isinstance(place, Every) else place).id,)
        return events_of(trigger)

    def restarting(self, goal: Goal, clocks: Sequence[Clock], state: StrEnum) -> Goal:
        """Let a goal start these timers afresh, where it does not leave the stay that they count."""
        if isinstance(goal, Fork):
            goals = [self.restarting(way.goal, clocks, state) for way in goal.ways]
            ways = (Way(way.branch, way.guard, way.update, at) for way, at in zip(goal.ways, goals, strict=True))
            return Fork(goal.choice, tuple(ways))
        kept = self.scopes[state] - goal.ended
        armed = (*(clock for clock in clocks if clock.scope in kept), *goal.armed)
        return Leaf(goal.state, goal.orders, goal.ended, armed, moved=goal.moved)

    def goal(self, row: AnyRow, state: StrEnum, place: object, effects: tuple[object, ...]) -> Goal | None:
        """Work out where a row leads from one state."""
        if row.verb is Verb.ROW and row.target is not None:
            return self.target(state, row.target, effects)
        if row.verb is Verb.STAY:
            return Leaf(state, effects, frozenset(), (), moved=False)
        if row.verb is Verb.REENTER:
            return self.leaf(state, state, effects, again=place if is_group(place) else None)
        return None

    def target(self, source: StrEnum, target: Target, effects: tuple[object, ...]) -> Goal:
        """Fold a target: a leaf for a state, a fork for a choice, the effects met on the way carried along."""
        if not isinstance(target, Choice):
            return self.leaf(source, target, effects)
        ways: list[Way] = []
        for branch in target.branches:
            goal = self.target(source, branch.target, (*effects, *self.called(branch.effects)))
            ways.append(Way(branch, self.call(branch.guard), self.call(branch.update), goal))
        return Fork(target, tuple(ways))

    def leaf(
        self, source: StrEnum, target: StrEnum, effects: tuple[object, ...], again: AnyGroup | None = None
    ) -> Leaf:
        """Work out a move: what it leaves and enters, in which order; the group `again` is re-entered."""
        before, after = self.groups_of[source], self.groups_of[target]
        left, entered, ended = [self.names[source]], [self.names[target]], self.scopes[source]
        if before or after:
            kept = [g for g in before if g in after and not (again and set(g.states) <= set(again.states))]
            left += (g.name for g in reversed(before) if g not in kept)
            entered[:0] = (g.name for g in after if g not in kept)
            ended -= self.scopes[target].difference(left)
        orders = (*self.listed(self.exit, left), *effects, *self.listed(self.entry, entered))
        return Leaf(target, orders, ended, self.started(entered, target), moved=True)

    def begin(self) -> Leaf:
        """Work out what starting does: the entry into the initial state and its groups."""
        state = self.draft.initial
        entered = [*(group.name for group in self.groups_of[state]), self.names[state]]
        return Leaf(state, self.listed(self.entry, entered), frozenset(), self.started(entered, state), moved=True)

    def started(self, entered: Sequence[str], target: StrEnum) -> tuple[Clock, ...]:
        """Collect the timers that entering these places on the way to a state starts."""
        if not self.starts:
            return ()
        scopes = self.scopes[target]
        return tuple(clock for name in entered if name in scopes for clock in self.starts.get(name, ()))

    @staticmethod
    def listed(by_place: Mapping[str, tuple[object, ...]], names: Sequence[str]) -> tuple[object, ...]:
        """Collect the entry or the exit effects of places, one after the other."""
        if len(names) == 1:
            return by_place[names[0]]
        return tuple(order for name in names for order in by_place[name])


def in_order(ranked: list[tuple[int, Arrow]]) -> tuple[Arrow, ...]:
    """Order the arrows of a cell by precedence; within one the order of the table stands."""
    if len(ranked) == 1:
        return (ranked[0][1],)
    return tuple(arrow for _, arrow in sorted(ranked, key=lambda each: each[0]))


def fold(draft: Draft) -> Folded:
    """Fold a draft that `faults.in_draft` found nothing wrong with."""
    folding = Folding(draft)
    return Folded(
        cells=folding.cells(),
        begin=folding.begin(),
        groups=draft.groups,
        groups_of=folding.groups_of,
        scopes=folding.scopes,
        clocks=folding.clocks,
        answering=draft.answering,
        events=tuple(dict.fromkeys(event for row in draft.table for event in events_of(row.trigger))),
        functions={call.function.__code__: call.name for call in folding.calls.values()},
    )
