"""Flags: fields of the context with two values that only guards read, and that are a state by another name.

Theory. A function reads a field if the field's name is among the attributes that its code loads, or that the code of a
function loads which it names. Code objects say that without any source, and also of functions that were made by
others; a field of another class with the same name counts as read, so that a flag is told of too seldom rather than
wrongly.
"""

import sys
from collections.abc import Iterable, Iterator
from dis import get_instructions
from enum import Enum
from types import CodeType, FunctionType
from typing import cast, get_type_hints

from attrs import fields, has

from statekit.check.lint.codes import HIDDEN_STATE
from statekit.check.lint.origins import written_in
from statekit.check.report import Finding
from statekit.draft import branches_of, orders_in
from statekit.machine import Definition
from statekit.timers import is_arm, is_disarm, is_timer

TWO = 2
BELOW = frozenset({"attr", "attrs", *sys.stdlib_module_names})
"""Libraries whose functions are handed a context and have no fields of it in mind."""


def in_flags(machine: Definition) -> Iterator[Finding]:
    """Find the fields of the context that are a state by another name."""
    kind = type(machine.context)
    flags = _two_valued(kind)
    if not flags:
        return
    guards = dict.fromkeys(_guards(machine))
    asked = {guard: _read_by((guard,), kind) for guard in guards}
    elsewhere = _read_by(_others(machine), kind)
    for flag in flags:
        asking = [guard for guard in guards if flag in asked[guard]]
        if asking and flag not in elsewhere:
            names = ", ".join(guard.__name__ for guard in asking)
            what = "the guard" if len(asking) == 1 else "the guards"
            sentence = f"only {what} {names} {'reads' if len(asking) == 1 else 'read'} {flag}, which has two values"
            yield HIDDEN_STATE.at(flag, written_in(asking[0]), sentence)


def _two_valued(kind: type) -> tuple[str, ...]:
    """Name the fields of a context class that have two values."""
    if not has(kind):
        return ()
    try:
        hints = get_type_hints(kind)
    except Exception:  # noqa: BLE001 - an annotation may name what exists only for a type checker
        hints = {}
    return tuple(each.name for each in fields(kind) if _has_two(hints.get(each.name)))


def _has_two(annotation: object) -> bool:
    if annotation is bool:
        return True
    return isinstance(annotation, type) and issubclass(annotation, Enum) and len(annotation) == TWO


def _guards(machine: Definition) -> Iterator[FunctionType]:
    for row in machine.table:
        for guard in (row.guard, *(branch.guard for branch in branches_of(row.target))):
            if isinstance(guard, FunctionType):
                yield guard


def _others(machine: Definition) -> Iterator[FunctionType]:
    """Give every function of the table that is no guard: updates, makers, delays and keys."""
    found: list[object] = [answering.key for answering in machine.answering]
    for row in machine.table:
        found += (row.update, *(branch.update for branch in branches_of(row.target)))
        if is_timer(row.trigger):
            found += (row.trigger.delay, getattr(row.trigger, "key", None))
    for order, _ in orders_in(machine.states, machine.folded.groups, machine.table):
        found += (order.timer.delay, order.timer.key) if is_arm(order) or is_disarm(order) else (order,)
    return (each for each in found if isinstance(each, FunctionType))


def _read_by(functions: Iterable[FunctionType], context: type) -> set[str]:
    """Name every attribute that functions load, and that the functions and classes load which they name."""
    found: set[str] = set()
    known: set[CodeType] = set()
    waiting = list(functions)
    while waiting:
        function = waiting.pop()
        for code in _codes(function.__code__):
            if code in known:
                continue
            known.add(code)
            for each in get_instructions(code):
                name = str(each.argval)
                if each.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                    found.add(name)
                    waiting += _functions_of(vars(context).get(name))
                elif each.opname == "LOAD_GLOBAL":
                    waiting += _functions_of(function.__globals__.get(name))
    return found


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _functions_of(named: object) -> Iterator[FunctionType]:
    """Give the functions that a name may lead to: itself, a property's, or those that a class defines.

    What attrs writes into a class reads every field, and says nothing; nor does what is in a library below us.
    """
    if isinstance(named, FunctionType):
        if (named.__module__ or "").split(".")[0] not in BELOW:
            yield named
    elif isinstance(named, property):
        yield from _functions_of(named.fget)
    elif isinstance(named, (classmethod, staticmethod)):
        wrapped = cast("object", named)
        yield from _functions_of(getattr(wrapped, "__func__", None))
    elif isinstance(named, type):
        for name, each in vars(named).items():
            if not name.startswith("__") and not isinstance(each, type):
                yield from _functions_of(each)
