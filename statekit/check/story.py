"""Story: a way through a model as a person reads it: what came, what became of it, and where every machine is then."""

from collections.abc import Iterator
from typing import TypeAlias, cast

from attrs import fields, frozen, has

from statekit.check.literals import words
from statekit.check.model import Model, Subject
from statekit.check.properties import Property, Sort
from statekit.check.replay import replayed
from statekit.check.report import Trace
from statekit.check.seen import Move, Seen
from statekit.effects import Signal
from statekit.machine import Definition
from statekit.snapshot import AnySnapshot
from statekit.step import launch
from statekit.system import System
from statekit.timers import Fired
from statekit.transaction import SystemSnapshot
from statekit.verdicts import Stale, Verdict

Where: TypeAlias = AnySnapshot | SystemSnapshot
"""Where a subject is: a machine's snapshot, or a system's."""

AnySeen: TypeAlias = Seen[Where]
Claim: TypeAlias = Property | str
"""What a way is about: a property, or a sentence that says what went wrong."""


@frozen
class Way:
    """A trace as it was gone again: where it begins, and what every move did."""

    subject: Subject
    trace: Trace
    begun: Where
    seen: tuple[AnySeen, ...]

    @property
    def places(self) -> tuple[Where, ...]:
        """Where the subject is at first, and after every move."""
        return (self.begun, *(each.after for each in self.seen))

    @property
    def machines(self) -> dict[str, Definition]:
        """Every machine that is there at some time, by its name or, of an instance, its address."""
        found = {name: machine for where in self.places for name, machine, _ in members(self.subject, where)}
        hops = (hop.member for seen in self.seen for hop in seen.path)
        return found | {name: definition_of(self.subject, name) for name in hops if name not in found}


def way_of(model: Model, trace: Trace) -> Way:
    """Go a trace again by the real step."""
    seen = cast("tuple[AnySeen, ...]", tuple(replayed(model, trace)))
    return Way(model.subject, trace, seen[0].before if seen else begun(model, trace), seen)


def begun(model: Model, trace: Trace) -> Where:
    """Start a model's subject as a trace begins."""
    contexts = model.thresholds[trace.thresholds].starts[trace.start]
    if isinstance(model.subject, System):
        return model.subject.start(contexts).snapshot
    return launch(model.subject, contexts.get(model.subject.name, model.subject.context)).snapshot


def members(subject: Subject, where: Where) -> Iterator[tuple[str, Definition, AnySnapshot]]:
    """Give every machine by its name, instances of keyed ones by their addresses, with its snapshot."""
    if isinstance(where, SystemSnapshot):
        for name, snapshot in zip(where.names, where.members, strict=True):
            yield name, definition_of(subject, name), snapshot
    else:
        yield subject.name, definition_of(subject, subject.name), where


def definition_of(subject: Subject, name: str) -> Definition:
    """Find a machine by its name, or by the address of one of its instances; raises `UnknownMember`."""
    return subject.plan.definition(name) if isinstance(subject, System) else subject


def story(way: Way, claim: Claim) -> str:
    """Tell a way: its claim, then every move with what became of it and where every machine is."""
    lines = [*_head(way, claim), "", "0. the start", *(f"     {line}" for line in states(way.subject, way.begun))]
    for number, seen in enumerate(way.seen, 1):
        if way.trace.loop_from == number - 1:
            lines.append("   -- from here it goes round for ever --")
        lines.append(f"{number}. {came(way.subject, seen.move)}")
        lines += (f"     {line}" for line in (*did(way.subject, seen), *states(way.subject, seen.after, seen)))
    return "\n".join(lines) + "\n"


def _head(way: Way, claim: Claim) -> Iterator[str]:
    moves = f"{len(way.seen)} move{'' if len(way.seen) == 1 else 's'}"
    at = f"(thresholds {way.trace.thresholds}{f', start {way.trace.start + 1}' if way.trace.start else ''})"
    if isinstance(claim, str):
        yield f"{way.trace.subject}: {claim}"
        yield f"The shortest way there has {moves} {at}."
        return
    yield f"{claim.code} of {way.trace.subject}: {claim.claim}"
    if claim.sort is Sort.WITNESS:
        yield f"It is reached in {moves} {at}."
    else:
        yield f"It does not hold; the shortest way that shows it has {moves} {at}."


def came(subject: Subject, move: Move) -> str:
    """Say what came, and to whom."""
    after = f", {move.after_seconds:g} s later" if move.after_seconds else ""
    key = f" of {words(move.key)}" if move.key is not None else ""
    whose = f" of {move.member}" if isinstance(subject, System) else ""
    if isinstance(move.event, Fired):
        late = ", too late to count," if move.stale else ""
        return f"the timer {timer_label(subject, move)}{key}{whose} fires{late}{after}".rstrip(",")
    said = words(move.event)
    if move.awaited:
        late = "answers too late" if move.stale else "answers"
        return f"{move.awaited}{key}{whose} {late}: {said}{after}"
    return f"{move.member} is told {said}{after}"


def timer_label(subject: Subject, move: Move) -> str:
    """Name a timer as it is written in the table."""
    clocks = definition_of(subject, move.member).folded.clocks
    return clocks[move.awaited].label if move.awaited in clocks else move.awaited


def became(seen: AnySeen) -> str:
    """Say in a line what became of a move, hop by hop."""
    if len(seen.path) == 1:
        return verdict_words(seen.verdict)
    return "; ".join(f"{hop.member}: {verdict_words(hop.verdict)}" for hop in seen.path)


def verdict_words(verdict: Verdict) -> str:
    """Say a verdict; of what is stale the number of its ticket says nothing, as it was never issued."""
    return "stale: it comes too late" if isinstance(verdict, Stale) else str(verdict)


def ordered(seen: AnySeen) -> tuple[object, ...]:
    """Give what a move ordered of the driver."""
    return tuple(each for each in seen.effects if not isinstance(each, Signal))


def sent(seen: AnySeen) -> tuple[object, ...]:
    """Give the signals of a move; of a single machine they stand among its effects."""
    return (*(each for each in seen.effects if isinstance(each, Signal)), *seen.signals)


def did(subject: Subject, seen: AnySeen) -> Iterator[str]:
    """Say what a move did: every hop with its verdict, what was ordered, sent and remembered."""
    for at, hop in enumerate(seen.path):
        event = type(hop.event).__name__ if at == 0 else words(hop.event)
        yield f"{hop.member}: {event}: {verdict_words(hop.verdict)}"
    for word, listed in (("orders", ordered(seen)), ("sends", sent(seen))):
        if listed:
            yield f"{word} {', '.join(map(words, listed))}"
    before = {name: snapshot for name, _, snapshot in members(subject, seen.before)}
    for name, _, after in members(subject, seen.after):
        if name in before:
            yield from (f"{name}: {each}" for each in changes(before[name].context, after.context))


def changes(before: object, after: object, path: str = "") -> Iterator[str]:
    """Say which fields of a context have changed; what its class keeps from the repr is left out."""
    kind = type(after)
    if type(before) is not kind or not has(kind) or before == after:
        if before != after:
            yield f"{path or 'context'} {words(before)} → {words(after)}"
        return
    for each in fields(kind):
        if each.repr:
            dot = f"{path}.{each.name}" if path else each.name
            yield from changes(getattr(before, each.name), getattr(after, each.name), dot)


def states(subject: Subject, where: Where, seen: AnySeen | None = None) -> Iterator[str]:
    """Say where every machine is, and what it awaits; those that a move did not touch stand together on one line."""
    touched = None if seen is None else {hop.member for hop in seen.path}
    elsewhere: list[str] = []
    for name, machine, snapshot in members(subject, where):
        if touched is None or name in touched:
            yield f"{name} is {snapshot.state.name}{_awaits(machine, snapshot)}"
        else:
            elsewhere.append(f"{name} {snapshot.state.name}")
    if elsewhere:
        yield f"elsewhere: {', '.join(elsewhere)}"


def _awaits(machine: Definition, snapshot: AnySnapshot) -> str:
    clocks = machine.folded.clocks
    awaited = [
        (clocks[ticket.name].label if ticket.name in clocks else ticket.name)
        + (f" of {words(ticket.key)}" if ticket.key is not None else "")
        for ticket in snapshot.tickets
    ]
    kept = [f"{type(event).__name__} is postponed" for event in snapshot.postponed]
    return "".join(f", {word}" for word in (*([f"awaits {' and '.join(awaited)}"] if awaited else []), *kept))
