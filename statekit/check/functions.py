"""Functions: every function that the steps of a subject call, and those of a single cell."""

from collections.abc import Iterator
from enum import StrEnum
from types import CodeType, FunctionType

from statekit.folded import Call, Fork, Leaf
from statekit.machine import Definition
from statekit.system import System
from statekit.timers import is_arm, is_disarm


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Give a code object and all those inside it."""
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from codes_in(each)


def functions_of(subject: Definition | System) -> Iterator[tuple[FunctionType, bool]]:
    """Give every function that a subject's steps call, and whether it is a guard.

    Of a system these are those of its wiring: those of its members are looked into where they are explored alone, with
    options and events that a system may never come to.
    """
    if isinstance(subject, System):
        wired = [function for line in subject.wiring for function in (line.make, getattr(line, "key", None))]
        wired += [function for each in subject.derived for function in (each.fact, each.make)]
        yield from ((function, False) for function in wired if isinstance(function, FunctionType))
        return
    found: dict[FunctionType, bool] = {}
    for state, cells in subject.folded.cells.items():
        for key in cells:
            for function, is_guard in functions_in(subject, state, key):
                found[function] = found.get(function, False) or is_guard
    keys = [each.key for each in subject.answering]
    for clock in subject.folded.clocks.values():
        keys += [clock.delay if callable(clock.delay) else None, clock.key.function if clock.key else None]
    calls = [order.function for order in subject.folded.begin.orders if isinstance(order, Call)]
    for each in (*keys, *calls):
        if isinstance(each, FunctionType):
            found.setdefault(each, False)
    yield from found.items()


def functions_in(definition: Definition, state: StrEnum, key: object) -> Iterator[tuple[FunctionType, bool]]:
    """Give every function that a step may call which begins in this cell, and whether it is a guard."""
    for arrow in definition.arrows(state, key):
        calls: list[tuple[Call | None, bool]] = [(arrow.guard, True), (arrow.update, False)]
        goals = [arrow.goal]
        for goal in goals:
            if isinstance(goal, Fork):
                for each in goal.ways:
                    calls += [(each.guard, True), (each.update, False)]
                    goals.append(each.goal)
            elif goal is not None:
                yield from ((function, False) for function in _in_leaf(definition, goal))
        for call, is_guard in calls:
            if call is not None and isinstance(call.function, FunctionType):
                yield call.function, is_guard


def _in_leaf(definition: Definition, leaf: Leaf) -> Iterator[FunctionType]:
    clocks = list(leaf.armed)
    for order in leaf.orders:
        if isinstance(order, Call) and isinstance(order.function, FunctionType):
            yield order.function
        elif is_arm(order) or is_disarm(order):
            clocks.append(definition.folded.clocks[order.timer.name])
    functions: list[object] = [clock.delay for clock in clocks]
    functions += [clock.key.function for clock in clocks if clock.key is not None]
    functions += [each.key for each in definition.answering]
    yield from (function for function in functions if isinstance(function, FunctionType))
