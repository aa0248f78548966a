"""Acts: every cell of a folded table as one closure, so that an event costs a lookup and the table's own functions.

Theory. A cell tries its arrows in order, so when one is taken it is known which guards refused before it: the verdict,
like the effects that are constants, is made once, here, and only handed out later. What is left to do for an event is
to call guards and updates, and for that there is a closure for each common shape of arrow (guarded or not, with or
without an update, functions that take the event or not) and a general one for choices and makers. A closure answers
`(state, context, orders, motion)`; `motion` says everything about the move that does not depend on the context.

Nothing is caught here. An exception leaves the closure as it was raised, and `culprit` names the function of the table
that raised it by its code object in the traceback, so the way that does not fail pays nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import CodeType
from typing import cast

from statekit.folded import Act, Arrow, Call, Cell, Fork, Leaf, Motion, Outcome
from statekit.table import Function, Verb
from statekit.timers import is_arm, is_disarm
from statekit.verdicts import Forbidden, Ignored, Postponed, Refused, Taken, Unhandled, Verdict


class WrongResult(TypeError):
    """A function of the table returned what it must not; `function` names it."""

    def __init__(self, function: str, sentence: str) -> None:
        """Keep whose fault it was."""
        self.function = function
        super().__init__(sentence)


def wrong_context(update: Function, returned: object, context: object) -> WrongResult:
    """Say that an update returned something that is no context of its machine."""
    name, must = update.__name__, type(context).__name__
    return WrongResult(name, f"update {name} returned {type(returned).__name__}; it must return {must}")


def cell_of(state: StrEnum, arrows: Sequence[Arrow], answering: Mapping[type, object], *, ended: bool) -> Cell:
    """Make the closure of one cell; a blank one leaves its event unhandled."""
    refused = tuple(arrow.guard.name for arrow in arrows if arrow.guard is not None)
    act = _declined(state, Refused(refused) if refused else Unhandled(ended=ended))
    end = next((at for at, arrow in enumerate(arrows) if arrow.guard is None), len(arrows) - 1) + 1
    for at in reversed(range(end)):
        arrow = arrows[at]
        act = _guarded(arrow, _answer(arrow, refused[:at], answering), act)
    return Cell(act, not any(_sees(arrow) for arrow in arrows[:end]))


def _sees(arrow: Arrow) -> bool:
    return any(True for _ in lookers(arrow))


def lookers(arrow: Arrow) -> Iterator[str]:
    """Name the functions of an arrow that look at the event."""
    yield from (call.name for call in (arrow.guard, arrow.update) if call is not None and call.takes_event)
    goals = [arrow.goal]
    while goals:
        goal = goals.pop()
        if isinstance(goal, Fork):
            goals += (way.goal for way in goal.ways)
        elif goal is not None:
            yield from (order.name for order in goal.orders if isinstance(order, Call) and order.takes_event)


def _declined(state: StrEnum, verdict: Verdict) -> Act:
    motion = Motion(verdict, (verdict,), state, None, moved=False, plain=False, ended=frozenset())

    def act(context: object, _: object) -> Outcome:
        return state, context, (), motion

    return act


def _answer(arrow: Arrow, refused: tuple[str, ...], answering: Mapping[type, object]) -> "Simple | Act":
    """Give what happens when the guard holds: a simple move as data, anything else as a closure."""
    because, goal = arrow.row.because, arrow.goal
    if isinstance(goal, Leaf):
        motion = _motion(arrow, goal, refused, answering)
        if not any(isinstance(order, Call) for order in goal.orders):
            return Simple(arrow.update, goal.state, goal.orders, motion)
        return _making(arrow.update, goal, motion)
    if isinstance(goal, Fork):
        return _choosing(arrow, goal, refused, answering)
    if arrow.row.verb is Verb.IGNORE:
        return _declined(arrow.source, Ignored(because, refused))
    if arrow.row.verb is Verb.FORBID:
        return _declined(arrow.source, Forbidden(because, refused))
    return _declined(arrow.source, Postponed(because))


def _motion(arrow: Arrow, leaf: Leaf, refused: tuple[str, ...], answering: Mapping[type, object]) -> Motion:
    verdict = Taken(arrow.row.origin, arrow.source, leaf.state, refused)
    starts = any(
        is_arm(order) or is_disarm(order) or type(order) in answering or (answering and isinstance(order, Call))
        for order in leaf.orders
    )
    return Motion(
        verdict, (verdict,), leaf.state, leaf, moved=leaf.moved, plain=not starts and not leaf.armed, ended=leaf.ended
    )


class Simple:
    """A move whose orders are constants."""

    __slots__ = ("motion", "orders", "state", "update")

    def __init__(self, update: Call | None, state: StrEnum, orders: tuple[object, ...], motion: Motion) -> None:
        """Keep the parts of the move."""
        self.update: Call | None = update
        self.state: StrEnum = state
        self.orders: tuple[object, ...] = orders
        self.motion: Motion = motion


def _guarded(arrow: Arrow, answer: Simple | Act, otherwise: Act) -> Act:
    guard = arrow.guard
    if not isinstance(answer, Simple):
        return answer if guard is None else _either(guard, answer, otherwise)
    if guard is None:
        return _simple(answer)
    if answer.update is not None and answer.update.takes_event:
        return _either(guard, _simple(answer), otherwise)
    return _guarded_simple(guard, answer, otherwise)


def _either(guard: Call, then: Act, otherwise: Act) -> Act:
    holds = guard.function
    if guard.takes_event:
        return lambda context, event: (then if holds(context, event) else otherwise)(context, event)
    return lambda context, event: (then if holds(context) else otherwise)(context, event)


def _simple(simple: Simple) -> Act:
    state, orders, motion = simple.state, simple.orders, simple.motion
    if simple.update is None:
        return lambda context, _: (state, context, orders, motion)
    update = simple.update.function
    if simple.update.takes_event:

        def act(context: object, event: object) -> Outcome:
            updated = update(context, event)
            if updated.__class__ is not context.__class__:
                raise wrong_context(update, updated, context)
            return state, updated, orders, motion

        return act

    def act_blind(context: object, _: object) -> Outcome:
        updated = update(context)
        if updated.__class__ is not context.__class__:
            raise wrong_context(update, updated, context)
        return state, updated, orders, motion

    return act_blind


def _guarded_simple(guard: Call, simple: Simple, otherwise: Act) -> Act:
    state, orders, motion, holds = simple.state, simple.orders, simple.motion, guard.function
    if simple.update is None and guard.takes_event:
        return lambda context, event: (
            (state, context, orders, motion) if holds(context, event) else otherwise(context, event)
        )
    if simple.update is None:
        return lambda context, event: (state, context, orders, motion) if holds(context) else otherwise(context, event)
    update, sees = simple.update.function, guard.takes_event

    def act(context: object, event: object) -> Outcome:
        if holds(context, event) if sees else holds(context):
            updated = update(context)
            if updated.__class__ is not context.__class__:
                raise wrong_context(update, updated, context)
            return state, updated, orders, motion
        return otherwise(context, event)

    return act


def _making(update: Call | None, leaf: Leaf, motion: Motion) -> Act:
    state, calls = leaf.state, leaf.orders

    def act(context: object, event: object) -> Outcome:
        context = updated(update, context, event)
        return state, context, made(calls, context, event), motion

    return act


def _choosing(arrow: Arrow, fork: Fork, refused: tuple[str, ...], answering: Mapping[type, object]) -> Act:
    motions: dict[int, Motion] = {}
    forks = [fork]
    for each in forks:
        for way in each.ways:
            if isinstance(way.goal, Fork):
                forks.append(way.goal)
            else:
                motions[id(way.goal)] = _motion(arrow, way.goal, refused, answering)

    def act(context: object, event: object) -> Outcome:
        context = updated(arrow.update, context, event)
        goal: Leaf | Fork = fork
        while isinstance(goal, Fork):
            way = next(way for way in goal.ways if way.guard is None or way.guard.function(context))
            context = updated(way.update, context, event)
            goal = way.goal
        return goal.state, context, made(goal.orders, context, event), motions[id(goal)]

    return act


def updated(update: Call | None, context: object, event: object) -> object:
    """Make the next context; raises `WrongResult`, and what the update raises."""
    if update is None:
        return context
    after = update.function(context, event) if update.takes_event else update.function(context)
    if after.__class__ is not context.__class__:
        raise wrong_context(update.function, after, context)
    return after


def made(orders: tuple[object, ...], context: object, event: object) -> tuple[object, ...]:
    """Give the orders with each maker's call replaced by what it makes: one effect, or a tuple of them in its place."""
    results: list[object] = []
    for order in orders:
        if not isinstance(order, Call):
            results.append(order)
            continue
        made_now = order.function(context, event) if order.takes_event else order.function(context)
        effects = cast("tuple[object, ...]", made_now) if isinstance(made_now, tuple) else (made_now,)
        if any(is_arm(effect) or is_disarm(effect) for effect in effects):
            wrong = f"maker {order.name} made an order to a timer; list arm(...) or disarm(...) in the row itself"
            raise WrongResult(order.name, wrong)
        results += effects
    return tuple(results)


def culprit(error: BaseException, functions: Mapping[CodeType, str]) -> str:
    """Name the function of the table that raised an error which left an act."""
    if isinstance(error, WrongResult):
        return error.function
    trace = error.__traceback__
    while trace is not None:
        name = functions.get(trace.tb_frame.f_code)
        if name is not None:
            return name
        trace = trace.tb_next
    return "a function of the table"
