"""Replay: a trace made again by the real engine, move by move, and the moves of an exploration made ready for it.

An exploration knows ordinals by their rank and instants as ages. `concrete` runs beside it and writes each move with
the numbers that a real run would have, so that a trace needs nothing but the engine.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Protocol

from attrs import evolve

from statekit.check.alone import hops_of
from statekit.check.canonical import GAP, keys_of, quantities
from statekit.check.model import Model
from statekit.check.quantified import Mark, Numbers, numbers, replaced
from statekit.check.report import Trace
from statekit.check.seen import Move, Seen
from statekit.check.watch import Watch
from statekit.errors import Livelock
from statekit.machine import Definition
from statekit.quantities import Quantity
from statekit.snapshot import AnySnapshot, Stimulus, Ticket
from statekit.step import launch, stepped
from statekit.system import System
from statekit.timers import Fired
from statekit.transaction import Hop, SystemSnapshot
from statekit.verdicts import Broken

NEVER_ISSUED = 0
COUNTED = 1 << 10
"""What is above another by less is counted on from it, as samples that a model makes may be."""


def replayed(model: Model, trace: Trace) -> Iterator[Seen[object]]:
    """Make a trace's moves again, one after the other, from the start at the trace's thresholds.

    It runs the model's subject as it is now: with another table the same moves may come to something else. An answer
    that is not awaited then is delivered all the same, under a ticket that is over. What a move of a system leads to
    without end is `Broken`, with the `Livelock` as its exception.
    """
    run = run_of(model, model.thresholds[trace.thresholds].starts[trace.start])
    outside = model.environment
    for move in trace.moves:
        seen = run.make(move)
        if outside is not None:
            outside = outside.noticed(seen)
        yield evolve(seen, outside=outside)


class Run(Protocol):
    """A model's subject while it runs for real."""

    now_seconds: float

    @property
    def names(self) -> tuple[str, ...]:
        """Which members there are."""
        ...

    @property
    def members(self) -> tuple[AnySnapshot, ...]:
        """Where every member is."""
        ...

    def make(self, move: Move) -> Seen[object]:
        """Make one move."""
        ...


def run_of(model: Model, contexts: Mapping[str, object]) -> Run:
    """Start a model's subject."""
    if isinstance(model.subject, System):
        return SystemRun(model.subject, contexts)
    return MachineRun(model.subject, contexts)


class MachineRun:
    """A machine while it runs for real."""

    def __init__(self, definition: Definition, contexts: Mapping[str, object]) -> None:
        """Start it."""
        self.definition = definition
        self.snapshot: AnySnapshot = launch(definition, contexts.get(definition.name, definition.context)).snapshot
        self.over: dict[tuple[str, object], int] = {}
        self.now_seconds: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """See `Run.names`."""
        return (self.definition.name,)

    @property
    def members(self) -> tuple[AnySnapshot, ...]:
        """See `Run.members`."""
        return (self.snapshot,)

    def make(self, move: Move) -> Seen[object]:
        """See `Run.make`."""
        before = self.snapshot
        self.now_seconds += move.after_seconds
        stimulus = Stimulus(move.event, self.now_seconds, ticket_for(move, before, self.over))
        done = stepped(self.definition, before, stimulus)
        self.snapshot = done.snapshot
        note_over(before.tickets, done.snapshot.tickets, self.over)
        hops = tuple(hops_of(self.definition, before, stimulus, done))
        return Seen(before, move, done.snapshot, done.verdict, done.effects, (), hops)


class SystemRun:
    """A system while it runs for real."""

    def __init__(self, system: System, contexts: Mapping[str, object]) -> None:
        """Start it."""
        self.system = system
        self.snapshot: SystemSnapshot = system.start(contexts).snapshot
        self.over: dict[str, dict[tuple[str, object], int]] = {}
        self.now_seconds: float = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        """See `Run.names`."""
        return self.snapshot.names

    @property
    def members(self) -> tuple[AnySnapshot, ...]:
        """See `Run.members`."""
        return self.snapshot.members

    def make(self, move: Move) -> Seen[object]:
        """See `Run.make`."""
        before, over = self.snapshot, self.over.setdefault(move.member, {})
        # With another table an instance may not be there; the move then reaches nobody.
        member = next(
            (each for name, each in zip(before.names, before.members, strict=True) if name == move.member), None
        )
        self.now_seconds += move.after_seconds
        stimulus = Stimulus(move.event, self.now_seconds, ticket_for(move, member, over))
        try:
            done = self.system.step(before, move.member, stimulus)
        except Livelock as endless:
            verdict = Broken(self.system.name, endless)
            return Seen(before, move, before, verdict, (), (), (Hop(move.member, move.event, verdict),))
        self.snapshot = done.snapshot
        after = dict(zip(self.snapshot.names, self.snapshot.members, strict=True))
        for name, old in zip(before.names, before.members, strict=True):
            tickets = after[name].tickets if name in after else ()
            note_over(old.tickets, tickets, self.over.setdefault(name, {}))
        effects = tuple(order.effect for order in done.orders)
        return Seen(before, move, done.snapshot, done.verdict, effects, done.published, done.path)


def ticket_for(move: Move, member: AnySnapshot | None, over: dict[tuple[str, object], int]) -> int | None:
    """Find the ticket that a move bears: the live one, or the last that is over."""
    if not move.awaited:
        return None
    live = None if member is None else member.ticket(move.awaited, move.key)
    if live is not None and not move.stale:
        return live.number
    return over.get((move.awaited, move.key), NEVER_ISSUED)


def note_over(before: Iterable[Ticket], after: Iterable[Ticket], over: dict[tuple[str, object], int]) -> None:
    """Keep the tickets that a step has ended."""
    live = {ticket.number for ticket in after}
    over.update({(ticket.name, ticket.key): ticket.number for ticket in before if ticket.number not in live})


def concrete(model: Model, contexts: Mapping[str, object], way: Iterable[tuple[Numbers, Move]]) -> tuple[Move, ...]:
    """Write the moves of a way through an exploration, each with the quantities there were before, for a real run.

    Newer ordinals count on by one where that leaves room for what comes between them later, else by `GAP`.
    """
    steps = list(way)
    try:
        return _made(model, contexts, steps, 1)
    except Crowded:
        return _made(model, contexts, steps, GAP)


def _made(
    model: Model, contexts: Mapping[str, object], way: Iterable[tuple[Numbers, Move]], room: int
) -> tuple[Move, ...]:
    run, watch = run_of(model, contexts), Watch(model)
    remembered, made = watch.remembered(0), list[Move]()
    for explored, move in way:
        values = _pairs(explored, (*_quantities(model, run), *chain.from_iterable(map(numbers, remembered))))
        now_seconds = run.now_seconds + move.after_seconds

        def real(mark: Mark, number: float, values: Values = values, now: float = now_seconds) -> float:
            if mark.quantity is Quantity.INSTANT:
                return now
            return _real(number, values.get(mark, {}), room)

        moved = evolve(move, event=replaced(move.event, real))
        hint = keys_of(_definition(model, move.member)).get(move.awaited)
        if hint is not None:
            moved = with_key(moved, replaced(move.key, real, hint))
        made.append(moved)
        seen = run.make(moved)
        if watch.all:
            remembered, _ = watch.look(watch.packed(remembered), seen)
    return tuple(made)


def with_key(move: Move, key: object) -> Move:
    """Give a move that answers to another key, in the event of a timer too."""
    event = evolve(move.event, key=key) if isinstance(move.event, Fired) else move.event
    return evolve(move, event=event, key=key)


def _definition(model: Model, member: str) -> Definition:
    if not isinstance(model.subject, System):
        return model.subject
    return next(each for each in model.subject.members if each.name == member.partition("[")[0])


Values = dict[Mark, dict[float, float]]


class Crowded(Exception):
    """There is no whole number between two."""


def _quantities(model: Model, run: Run) -> Iterator[tuple[Mark, float]]:
    for name, member in zip(run.names, run.members, strict=True):
        yield from quantities(member, keys_of(_definition(model, name)))


def _pairs(explored: Numbers, real: Numbers) -> Values:
    """Pair the ordinals of two snapshots by their rank."""
    left, right = _sorted(explored), _sorted(real)
    return {mark: dict(zip(left[mark], right.get(mark, []), strict=False)) for mark in left}


def _sorted(given: Numbers) -> dict[Mark, list[float]]:
    found: dict[Mark, set[float]] = {}
    for mark, number in given:
        found.setdefault(mark, set()).add(number)
    return {mark: sorted(each) for mark, each in found.items()}


def _real(number: float, values: dict[float, float], room: int) -> float:
    """Give the number that stands to the real ones as this one stands to the explored ones."""
    if number <= 0 or number in values:
        return values.get(number, number)
    below = max((each for each in values if each < number), default=0)
    above = min((each for each in values if each > number), default=None)
    low = values.get(below, 0)
    if number - below < COUNTED:
        return low + number - below
    if above is None:
        return low + room * ((number - below) // GAP)
    found = low + (values[above] - low) * (number - below) // (above - below)
    if found <= low:
        if room == 1:
            raise Crowded
        return values[above] - 1
    return found
