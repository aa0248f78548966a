"""What makes a table malformed as it was written; `cells` has what only shows once it is folded.

Each fault is one sentence that begins with the place where it was written and says what would be right. Only what can
never be meant is refused here; what merely looks wrong is for `check` to say.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import StrEnum
from types import FunctionType
from typing import TypeGuard, cast

from statekit.draft import (
    AnyRow,
    Draft,
    Target,
    events_of,
    groups_used,
    is_group,
    named,
    places,
)
from statekit.effects import Signal
from statekit.row import Choice, Verb, is_either
from statekit.states import Every, Group, Kind
from statekit.timers import TIMERS, Arm, Disarm, Fired, Jitter, is_arm, is_disarm, is_idle, is_named, is_timer

MOST_ARGUMENTS = 2
REASONED = (Verb.IGNORE, Verb.FORBID, Verb.POSTPONE)
NO_CONSTANTS = (Arm, Disarm, *TIMERS)
NOT_PLAIN = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR | inspect.CO_ITERABLE_COROUTINE


def in_draft(draft: Draft) -> list[str]:
    """Find what is wrong with a draft as it was written."""
    found = [*_states(draft), *_groups(draft)]
    answers = frozenset(event for each in draft.answering for event in each.events)
    for row in draft.table:
        found += [f"{row.origin}: {fault}" for fault in _row(row, draft, answers)]
        if row.verb is Verb.ROW:
            found += _target(row.target, row.origin, draft)
    for order, origin in draft.orders:
        if not _is_constant(order):
            found += [f"{origin}: {fault}" for fault in _order(order)]
    found += (*_timers(draft), *_answering(draft))
    return list(dict.fromkeys(found))


def _states(draft: Draft) -> Iterator[str]:
    if not isinstance(cast("object", draft.name), str) or not draft.name.isidentifier():
        yield f"{draft.origin}: a machine's name must be an identifier such as circuit_breaker, not {draft.name!r}"
    declared: set[StrEnum] = set()
    for each in draft.states:
        if type(each.state) is not type(draft.initial):
            enum = type(draft.initial).__name__
            yield f"{each.origin}: {named(each.state)} is no member of {enum}, as the initial is"
        elif each.state in declared:
            yield f"{each.origin}: state {each.state.name} is declared twice; keep one declaration"
        declared.add(each.state)
    for state in type(draft.initial):
        if state not in declared:
            yield (
                f"{draft.origin}: state {state.name} of {type(state).__name__} is not declared; "
                f"add state({state.name}, ...)"
            )


def _groups(draft: Draft) -> Iterator[str]:
    groups = draft.groups
    for group in dict.fromkeys(groups_used(draft)):
        if group not in groups:
            yield f"{group.origin}: group {group.name} is used but not listed: add it to groups=(...)"
    values = {str(each.state) for each in draft.states}
    names = [group.name for group in groups]
    for at, group in enumerate(groups):
        if group.name in names[:at]:
            yield f"{group.origin}: group {group.name} is listed twice; give one of them another name"
        if not group.states:
            yield f"{group.origin}: group {group.name} has no states"
        if group.name in values:
            yield f"{group.origin}: group {group.name} bears the name of a state; give it another"
        for state in group.states:
            if not _is_state(state, draft):
                yield f"{group.origin}: group {group.name} names {named(state)}, which is no state of {draft.name}"


def _row(row: AnyRow, draft: Draft, answers: frozenset[type]) -> Iterator[str]:
    for place in places(row.source):
        if _is_state(place, draft):
            if draft.kinds[place] is Kind.ENDED:
                yield f"{place.name} is of kind ended and absorbing; it can have no row"
            elif row.verb is Verb.ROW and row.target == place:
                yield f"row({place.name}, ..., {place.name}) is unclear: say stay (no exit, no entry) or reenter (both)"
        elif not isinstance(place, (Group, Every)):
            yield f"the source {named(place)} is no state or group of {draft.name}: {_meant(place, draft)}"
    if not isinstance(row.trigger, type) or row.trigger is Fired or row.verb is Verb.POSTPONE:
        yield from _trigger(row, draft, answers)
    if row.guard is not None:
        yield from _function(row.guard, "guard")
    if row.update is not None:
        yield from _function(row.update, "update")
    if row.verb in REASONED and (not isinstance(cast("object", row.because), str) or not row.because.strip()):
        yield f"{row.verb} must say why: because='...'"


def _trigger(row: AnyRow, draft: Draft, answers: frozenset[type]) -> Iterator[str]:
    trigger = row.trigger
    if isinstance(trigger, tuple):
        yield "a trigger cannot be a tuple (type checkers lose the events): write either(A, B)"
    elif is_timer(trigger):
        yield from _delay(trigger.delay)
        if is_named(trigger):
            yield from _scope(trigger.scope, draft)
            yield from _function(trigger.key, "key")
        if is_idle(trigger):
            yield from _idle(trigger.of)
        if row.verb is Verb.POSTPONE:
            yield "a timer cannot be postponed: it is due now or not at all"
    elif not is_either(trigger) and not isinstance(trigger, type):
        yield f"the trigger {named(trigger)} is no event class, either(...), after(...), idle(...) or timer(...)"
    elif no_class := [event for event in events_of(trigger) if not isinstance(cast("object", event), type)]:
        yield f"either(...) takes event classes: {no_class[0]!r} is none"
    elif Fired in events_of(trigger):
        yield "Fired is the event of every timer: name the one that is meant by after(...), idle(...) or timer(...)"
    elif row.verb is Verb.POSTPONE and any(event in answers for event in events_of(trigger)):
        yield "the outcome of an effect cannot be postponed: its scope may be over by then"


def _nameless(trigger: object) -> bool:
    return is_idle(trigger) and any(_idle(trigger.of))


def _idle(of: object) -> Iterator[str]:
    if not isinstance(of, tuple) or not of:
        yield f"idle needs the event classes that start it afresh: of=(FrameArrived, Pong), not {of!r}"
        return
    for event in cast("tuple[object, ...]", of):
        if event is Fired:
            yield "Fired is the event of every timer, and no sign of life: leave it out of of=(...)"
        elif not isinstance(event, type):
            yield f"idle starts afresh at event classes: {event!r} in of=(...) is none"


def _target(target: Target | None, origin: str, draft: Draft) -> Iterator[str]:
    if isinstance(target, Choice):
        if not target.branches or target.branches[-1].guard is not None:
            yield f"{target.origin}: choice {target.name!r} needs a last branch without a guard: else no way out"
        for branch in target.branches[:-1]:
            if branch.guard is None:
                yield f"{branch.origin}: choice {target.name!r}: a branch without a guard hides those after it"
        for branch in target.branches:
            for function, role in ((branch.guard, "guard"), (branch.update, "update")):
                yield from (f"{branch.origin}: {fault}" for fault in _function(function, role, most=1))
            yield from _target(branch.target, branch.origin, draft)
    elif is_group(target):
        yield f"{origin}: the target is the group {target.name}: name the state in it to go to"
    elif isinstance(target, tuple):
        yield f"{origin}: the target is a tuple: a choice(...) is what picks among several"
    elif not _is_state(target, draft):
        yield f"{origin}: the target {named(target)} is no state of {draft.name}: {_meant(target, draft)}"


def _meant(given: object, draft: Draft) -> str:
    """Say what would be right: the state whose text was given, or one of those that there are."""
    meant = {str(state): named(state) for state in draft.kinds}
    if type(given) is str and given in meant:
        return f"did you mean {meant[given]}?"
    # Also one whose own fault is told beside this.
    known = ", ".join(str(getattr(each.state, "name", each.state)) for each in draft.states)
    return f"name one of {known}"


def _function(function: object, role: str, most: int = MOST_ARGUMENTS, takes: str = "") -> Iterator[str]:
    if function is None:
        return
    if not callable(function):
        yield f"the {role} is {named(function)}: name a function, and do not call it"
    elif not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        shown = "<lambda>" if getattr(function, "__name__", "") == "<lambda>" else repr(function)
        yield f"the {role} {shown} has no name to draw: define it with def (no lambda, partial or method)"
    elif function.__code__.co_flags & NOT_PLAIN:
        yield f"the {role} {function.__name__} is async or a generator; the core is pure: ask by an effect instead"
    elif not 1 <= function.__code__.co_argcount <= most or function.__defaults__ or function.__code__.co_kwonlyargcount:
        usual = "(context) or (context, event)" if most == MOST_ARGUMENTS else "(context)"
        yield f"the {role} {function.__name__} must take {takes or usual}"


def _is_constant(order: object) -> bool:
    return not isinstance(order, NO_CONSTANTS) and not callable(order)


def _order(order: object) -> Iterator[str]:
    if isinstance(order, type):
        yield f"the effect {order.__name__} is a class: list an instance, {order.__name__}(...), or a maker of one"
    elif is_timer(order):
        yield f"the timer {order.label!r} stands among the effects: say arm(...) or disarm(...)"
    elif is_arm(order) or is_disarm(order):
        yield from _delay(order.timer.delay)
        yield from _function(order.timer.key, "key")
    elif callable(order):
        yield from _function(order, "maker")
        if isinstance(order, FunctionType) and order.__annotations__.get("return") is None:
            yield f"the maker {order.__name__} does not say what it makes: annotate what it returns"


def _delay(delay: object) -> Iterator[str]:
    if callable(delay):
        yield from _function(delay, "delay", most=1)
    elif not isinstance(delay, (int, float, Jitter)) or isinstance(delay, bool):
        yield f"a delay is a number of seconds, a Jitter or a function of the context that gives one, not {delay!r}"
    elif not isinstance(delay, Jitter) and not 0 <= delay < float("inf"):
        yield f"a delay must be finite and not negative, not {delay!r}"


def _timers(draft: Draft) -> Iterator[str]:
    rows = [(row.trigger, row.origin) for row in draft.table if is_timer(row.trigger) and not _nameless(row.trigger)]
    arms = [(order.timer, origin) for order, origin in draft.timed if is_arm(order) or is_disarm(order)]
    first: dict[str, object] = {}
    for trigger, origin in (*rows, *arms):
        other = first.setdefault(trigger.name, trigger)
        if other is not trigger and other != trigger:
            yield f"{origin}: another timer reads {trigger.name!r} too, with another delay, scope or key: rename one"
        if trigger.label in {each.effect.__name__ for each in draft.answering}:
            yield f"{origin}: timer {trigger.label!r} bears the name of an effect that answers: rename it"


def _answering(draft: Draft) -> Iterator[str]:
    answers: set[type] = set()
    effects = [each.effect for each in draft.answering]
    for at, each in enumerate(draft.answering):
        name = each.effect.__name__
        yield from (f"{each.origin}: {fault}" for fault in (*_scope(each.scope, draft), *_order(each.orphan)))
        yield from (f"{each.origin}: {fault}" for fault in _function(each.key, "key", most=1, takes="(effect)"))
        yield from (f"{each.origin}: {fault}" for fault in _function(each.lost, "lost=", most=1, takes="(failure)"))
        if each.lost is None and each.opens is not None and each.ends:
            ends = " or ".join(end.__name__ for end in each.ends)
            yield f"{each.origin}: {name} opens a stream: say by lost= how its loss reads, a function that gives {ends}"
        if each.lost is not None and (each.opens is None or not each.ends):
            yield f"{each.origin}: {name} opens no stream that ends: lost= has nothing to say, take it away"
        if name in {effect.__name__ for effect in effects[:at]}:
            yield f"{each.origin}: an effect {name} is declared above: declare it once, or rename one of them"
        if issubclass(each.effect, Signal):
            yield f"{each.origin}: {name} is a signal, which cannot answer: wire an event back instead"
        if type(each.orphan) in effects:
            yield f"{each.origin}: the orphan effect {type(each.orphan).__name__} answers, and nobody could hear it"
        for event in each.events:
            if event in answers:
                yield f"{each.origin}: {event.__name__} is an answer already: an event answers one effect, in one way"
            answers.add(event)


def _is_state(place: object, draft: Draft) -> TypeGuard[StrEnum]:
    # Members of two enums are equal if their values are, and every second lifecycle has an "idle".
    return type(place) is type(draft.initial) and place in draft.kinds


def _scope(scope: object, draft: Draft) -> Iterator[str]:
    if not is_group(scope) and not _is_state(scope, draft):
        yield f"the scope {named(scope)} is no state or group of {draft.name}"
