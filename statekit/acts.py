"""Acts: every cell of a folded table as moves to be tried in turn, made so that an event costs little beyond a lookup.

Theory. A cell tries its arrows in order, so when one is taken it is known which guards refused before it: the verdict,
like the effects that are constants, is made once, here, and only handed out later. What is left to do for an event is
to call guards and updates, which `decide` and `step` do themselves. What an arrow with makers or choices comes to is
known less well beforehand; for it there is an *act*, a closure that answers `(state, context, orders, motion)`.
`motion` says everything about the move that does not depend on the context.

Nothing is caught here. An exception leaves as it was raised, and `culprit` names the function of the table that raised
it by its code object in the traceback, so the way that does not fail pays nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from types import CodeType
from typing import cast

from statekit.folded import Act, Arrow, Call, Cell, Fork, Leaf, Motion, Move, Outcome
from statekit.row import Function, Verb
from statekit.timers import is_arm, is_disarm
from statekit.verdicts import Forbidden, Ignored, Postponed, Refused, Started, Taken, Unhandled, Verdict


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
    """Make the moves of one cell; a blank one leaves its event unhandled."""
    refused = tuple(arrow.guard.name for arrow in arrows if arrow.guard is not None)
    move = _declining(state, Refused(refused) if refused else Unhandled(ended=ended), None, None)
    end = next((at for at, arrow in enumerate(arrows) if arrow.guard is None), len(arrows) - 1) + 1
    for at in reversed(range(end)):
        move = _move(arrows[at], refused[:at], answering, move)
    blind = not any(_sees(arrow) for arrow in arrows[:end])
    repeats = blind and not any(_keyed_by_event(order) for arrow in arrows[:end] for order in _ordered(arrow))
    return Cell(move, blind=blind, repeats=repeats, plain=_plain(move))


def beginning(leaf: Leaf, answering: Mapping[type, object]) -> Cell:
    """Make the move of starting, which is in a cell like any other, though nothing arrives."""
    move = _landing(None, leaf, _motion(Started(), leaf, answering), None, None)
    return Cell(move, blind=True, repeats=True, plain=_plain(move))


def _plain(move: Move) -> bool:
    return move.act is None and move.motion.plain and (move.guard is None or _plain(move.otherwise))


def _sees(arrow: Arrow) -> bool:
    return any(True for _ in lookers(arrow))


def _keyed_by_event(order: object) -> bool:
    key = order.timer.key if is_arm(order) or is_disarm(order) else None
    return key is not None and key.__code__.co_argcount > 1


def lookers(arrow: Arrow) -> Iterator[str]:
    """Name the functions of an arrow that look at the event."""
    yield from (call.name for call in (arrow.guard, arrow.update) if call is not None and call.takes_event)
    yield from (order.name for order in _ordered(arrow) if isinstance(order, Call) and order.takes_event)


def _ordered(arrow: Arrow) -> Iterator[object]:
    goals = [arrow.goal]
    while goals:
        goal = goals.pop()
        if isinstance(goal, Fork):
            goals += (way.goal for way in goal.ways)
        elif goal is not None:
            yield from goal.orders


def _move(arrow: Arrow, refused: tuple[str, ...], answering: Mapping[type, object], otherwise: Move) -> Move:
    because, goal, guard = arrow.row.because, arrow.goal, arrow.guard
    if isinstance(goal, Leaf):
        motion = _motion(_taken(arrow, goal, refused), goal, answering)
        return _landing(arrow.update, goal, motion, guard, otherwise)
    if isinstance(goal, Fork):
        return Move(guard, otherwise, act=_choosing(arrow, goal, refused, answering))
    if arrow.row.verb is Verb.IGNORE:
        return _declining(arrow.source, Ignored(because, refused), guard, otherwise)
    verdict = Forbidden(because, refused) if arrow.row.verb is Verb.FORBID else Postponed(because)
    return _declining(arrow.source, verdict, guard, otherwise)


def _declining(state: StrEnum, verdict: Verdict, guard: Call | None, otherwise: Move | None) -> Move:
    plain = not isinstance(verdict, Postponed)
    motion = Motion(verdict, (verdict,), state, None, moved=False, plain=plain, ended=frozenset())
    return Move(guard, otherwise, motion)


def _landing(update: Call | None, leaf: Leaf, motion: Motion, guard: Call | None, otherwise: Move | None) -> Move:
    if any(isinstance(order, Call) for order in leaf.orders):
        return Move(guard, otherwise, act=_making(update, leaf, motion))
    return Move(guard, otherwise, motion, update, leaf.orders)


def _taken(arrow: Arrow, leaf: Leaf, refused: tuple[str, ...]) -> Taken:
    return Taken(arrow.row.origin, arrow.source, leaf.state, refused)


def _motion(verdict: Verdict, leaf: Leaf, answering: Mapping[type, object]) -> Motion:
    starts = any(
        is_arm(order) or is_disarm(order) or type(order) in answering or (answering and isinstance(order, Call))
        for order in leaf.orders
    )
    return Motion(
        verdict, (verdict,), leaf.state, leaf, moved=leaf.moved, plain=not starts and not leaf.armed, ended=leaf.ended
    )


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
                motions[id(way.goal)] = _motion(_taken(arrow, way.goal, refused), way.goal, answering)

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
        if made_now is None:
            raise WrongResult(
                order.name, f"maker {order.name} returned None; it must return an effect, or a tuple of them"
            )
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
