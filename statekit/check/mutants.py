"""Mutants: a lifecycle with one small mistake in it, as somebody could make it; every one should be noticed.

Theory. If a row can be dropped, led elsewhere or robbed of its guard, and no check complains, then either the
properties are too weak or the row is not needed. So a machine has a mutant for every row and branch that is left out,
led to each other state or robbed of its guard, for every effect that is not ordered, for every timer that never runs,
and for every number among its options that is read as one more or one less. A system has one for every wire and derived
fact that is left out or leads to another member. Each mutant differs from the original in exactly one place.

An option is shifted for the machine's functions only: what it decides it decides by the shifted number, while the
context, and so every property, still holds the true one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Never, TypeAlias

from attrs import evolve, frozen

from statekit.check.options import shifts
from statekit.check.rewriting import Part, Rewriting, altered, same_order, same_part
from statekit.draft import AnyRow, branches_of, events_of, places, scope_name
from statekit.machine import Definition
from statekit.row import Branch, Choice, Verb
from statekit.system import System
from statekit.timers import AnyTimer, is_arm, is_disarm, is_named, is_timer
from statekit.wiring import Derived, Wire

Subject: TypeAlias = Definition | System


@frozen(eq=False)
class Mutant:
    """One mistake: its name, which says where and what; where the original is written; and how it is made.

    The name stays when only lines move, so that a model may overrule a mutant by it. `make` raises `MalformedTable`, or
    ValueError for an option that its own validator refuses.
    """

    name: str
    origin: str
    make: Callable[[], Subject]


def mutants(subject: Subject, contexts: Iterable[object] = ()) -> tuple[Mutant, ...]:
    """List every mutant of a machine, or of a system's wiring, in the order of the table.

    `contexts` are the first contexts that the options are shifted in, the machine's own unless others are given.
    """
    if isinstance(subject, System):
        found = tuple(_of_system(subject))
    else:
        found = tuple(_of_machine(subject, tuple(contexts) or (subject.context,)))
    seen: Counter[str] = Counter()
    named: list[Mutant] = []
    for mutant in found:
        seen[mutant.name] += 1
        count = seen[mutant.name]
        named.append(mutant if count == 1 else evolve(mutant, name=f"{mutant.name} ({count})"))
    return tuple(named)


def _of_machine(machine: Definition, contexts: tuple[object, ...]) -> Iterator[Mutant]:
    choices: dict[int, Choice[StrEnum, object]] = {}
    for row in machine.table:
        label = _row(row)
        yield _changed(machine, f"{label}: dropped", row)
        yield from _line(machine, label, row)
        yield from _effects(machine, label, row, "effects")
        for target in (row.target, *(branch.target for branch in branches_of(row.target))):
            if isinstance(target, Choice):
                choices.setdefault(id(target), target)
    for choice in choices.values():
        for branch in choice.branches:
            label = f"choice {choice.name} to {branch.target.name}{_guard(branch)}"
            yield _changed(machine, f"{label}: dropped", branch)
            yield from _line(machine, label, branch)
            yield from _effects(machine, label, branch, "effects")
    stays: list[tuple[str, Part]] = [(f"state {each.state.name}", each) for each in machine.states]
    stays += ((f"group {each.name}", each) for each in machine.folded.groups)
    for label, stay in stays:
        for moment in ("entry", "exit"):
            yield from _effects(machine, label, stay, moment)
    yield from _timers(machine)
    for shift in shifts(machine, contexts):
        yield Mutant(f"option {shift.path} read as {shift.by:+d}", shift.origin, shift.machine)


def _line(machine: Definition, label: str, line: AnyRow | Branch[StrEnum, object]) -> Iterator[Mutant]:
    """Rob a row or branch of its guard, and lead it to each other state."""
    if line.guard is not None:
        yield _changed(machine, f"{label}: without its guard", line, evolve(line, guard=None))
    if isinstance(line, Branch) or line.verb is Verb.ROW:
        for declared in machine.states:
            if declared.state != line.target:
                yield _changed(machine, f"{label}: led to {declared.state.name}", line, *_led(line, declared.state))


def _led(line: AnyRow | Branch[StrEnum, object], target: StrEnum) -> Iterator[Part]:
    """Lead a row or branch to another state; where that is a source of the row it can only be entered again."""
    if isinstance(line, Branch):
        yield evolve(line, target=target)
        return
    sources = tuple(places(line.source))
    others = tuple(place for place in sources if place is not target)
    if others:
        yield evolve(line, source=others, target=target)
    if len(others) < len(sources):
        yield evolve(line, verb=Verb.REENTER, source=target, target=None)


def _effects(machine: Definition, label: str, part: Part, where: str) -> Iterator[Mutant]:
    orders: tuple[object, ...] = getattr(part, where)
    for at, order in enumerate(orders):
        moment = "" if where == "effects" else f"{where} "
        name = f"{label}: without {moment}{_order(order)}"
        fewer = altered(part, **{where: (*orders[:at], *orders[at + 1 :])})
        yield _changed(machine, name, part, fewer)


def _timers(machine: Definition) -> Iterator[Mutant]:
    """Drop each timer that more than one line of the table speaks of; where it is one line, that is dropped anyway."""
    rows: dict[str, list[AnyRow]] = {}
    for row in machine.table:
        if is_timer(row.trigger):
            rows.setdefault(_timer(row, row.trigger), []).append(row)
    for label, waiting in rows.items():
        named = is_named(waiting[0].trigger)
        if named or len(waiting) > 1:
            yield Mutant(f"timer {label}: dropped", waiting[0].origin, _without(machine, label, waiting))


def _without(machine: Definition, label: str, waiting: list[AnyRow]) -> Callable[[], Definition]:
    def part(old: Part) -> tuple[Part, ...]:
        return () if old in waiting else (old,)

    def order(old: object) -> object:
        return None if (is_arm(old) or is_disarm(old)) and old.timer.name == label else old

    named = is_named(waiting[0].trigger)
    return lambda: Rewriting(machine, part=part, order=order if named else same_order).machine()


def _changed(machine: Definition, name: str, old: Part, *new: Part) -> Mutant:
    def part(each: Part) -> tuple[Part, ...]:
        return new if each is old else same_part(each)

    return Mutant(name, old.origin, lambda: Rewriting(machine, part=part).machine())


def _timer(row: AnyRow, trigger: AnyTimer[Never]) -> str:
    """Tell a timer from the others: a named one by its name, another also by the place whose stay it counts."""
    return trigger.name if is_named(trigger) else f"{trigger.name} in {_places(row)}"


def _row(row: AnyRow) -> str:
    trigger = row.trigger
    said = trigger.label if is_timer(trigger) else " or ".join(event.__name__ for event in events_of(trigger))
    return f"{row.verb} {_places(row)} {said}{_guard(row)}"


def _places(row: AnyRow) -> str:
    return ", ".join(place.name if isinstance(place, StrEnum) else scope_name(place) for place in places(row.source))


def _guard(line: AnyRow | Branch[StrEnum, object]) -> str:
    return f" if {line.guard.__name__}" if line.guard else ""


def _order(order: object) -> str:
    if is_arm(order) or is_disarm(order):
        return str(order)
    return str(getattr(order, "__name__", type(order).__name__))


def _of_system(system: System) -> Iterator[Mutant]:
    def rebuilt(wiring: tuple[Wire, ...], derived: tuple[Derived, ...]) -> Callable[[], System]:
        return lambda: System(system.name, system.declared, wiring, derived, system.doc)

    for at, wire in enumerate(system.wiring):
        before, after = system.wiring[:at], system.wiring[at + 1 :]
        label = (
            f"wire {wire.source.name} {wire.signal.__name__} to {wire.target.name if wire.target else 'application'}"
        )
        origin = _defined(wire.make)
        yield Mutant(f"{label}: dropped", origin, rebuilt((*before, *after), system.derived))
        for member in system.members if wire.target else ():
            if wire.target is not None and member.name != wire.target.name:
                # One member has no key to be found by; a keyed one without a key cannot be built.
                keyed = {} if member.name in system.plan.keyed else {"key": None, "spawns": False}
                led = rebuilt((*before, altered(wire, target=member, **keyed), *after), system.derived)
                yield Mutant(f"{label}: led to {member.name}", origin, led)
    for at, derived in enumerate(system.derived):
        before_it, after_it = system.derived[:at], system.derived[at + 1 :]
        label = f"fact {derived.fact.__name__} to {derived.target.name}"
        origin = _defined(derived.make)
        yield Mutant(f"{label}: dropped", origin, rebuilt(system.wiring, (*before_it, *after_it)))
        for member in system.members:
            if member.name != derived.target.name:
                facts = (*before_it, evolve(derived, target=member), *after_it)
                yield Mutant(f"{label}: led to {member.name}", origin, rebuilt(system.wiring, facts))


def _defined(make: object) -> str:
    """Name the place of a maker: wires and facts do not know their own, and it stands beside them."""
    code = getattr(make, "__code__", None)
    return f"{'/'.join(Path(code.co_filename).parts[-2:])}:{code.co_firstlineno}" if code else ""
