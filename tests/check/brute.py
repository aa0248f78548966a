"""Brute: a second explorer to compare with, as plain as it can be; it shares no code with `statekit.check`'s own.

A place is nested plain tuples. Every move is made from every place by the engine's own step, one frontier after the
other, by recursion. Tickets are sorted tuples; ordinals give way to their rank among those of their kind. What is
outside of a machine is part of its place. It knows no monitors, no environment of a system, and no instants.
"""

import itertools
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Union, get_args, get_origin, get_type_hints

from attrs import evolve, has

from statekit import Livelock, Snapshot, Stimulus, System, Ticket, start, step
from statekit.check.seen import Move, Seen
from statekit.quantities import Quantity
from statekit.timers import Fired, Jitter
from statekit.transaction import SystemSnapshot

STEP = 1000
"""How far apart ranked ordinals stand; nothing counts on by so much in one step."""
DEAD = 10**9


def brute(model, thresholds="default"):
    """Give every place that can be reached, each with the places that its moves lead to (None if too much waits)."""
    kind = Members if isinstance(model.subject, System) else Member
    explorer = kind(model, model.thresholds[thresholds])
    explorer.spread(list(dict.fromkeys(explorer.started(each) for each in model.thresholds[thresholds].starts)))
    return explorer.found


def counted(found):
    """Count the places, and the moves from all of them."""
    return len(found), sum(map(len, found.values()))


class Brute:
    def __init__(self, model, thresholds):
        self.model, self.thresholds = model, thresholds
        self.found = {}
        self.real = {}

    def spread(self, frontier):
        following = {}
        for place in frontier:
            self.found[place] = [self.after(place, *move) for move in self.moves(place)]
            following |= dict.fromkeys(self.found[place])
        if fresh := [place for place in following if place is not None and place not in self.found]:
            self.spread(fresh)

    def samples(self, event, snapshot, there):
        """Give the samples of an event class, each with every ordinal that may stand in it."""
        if event in self.model.samples:
            return list(self.model.samples[event](snapshot))
        made = []
        for sample in event.samples() if hasattr(event, "samples") else (event(),):
            kinds = [kind for kind, _ in ordinals(sample, event)]
            orders = set()
            for chosen in itertools.product(*(candidates(there.get(kind, ()), kinds.count(kind)) for kind in kinds)):
                order = tuple(ranks_of(kind, zip(kinds, chosen, strict=True), there) for kind in kinds)
                if order in orders:
                    continue
                orders.add(order)
                rest = iter(chosen)
                varied = exchanged(sample, event, lambda kind, number, rest=rest: next(rest))
                if varied not in made:
                    made.append(varied)
        return made

    def moves_of(self, machine, snapshot, tickets, there, internal):
        """Give every move of one machine: its event, the ticket it answers, whether it opens that ticket's stream."""
        answers = {event: spec for spec in machine.answering for event in spec.events}
        for event in machine.folded.events:
            if event not in answers and event not in internal:
                yield from ((each, None, False) for each in self.samples(event, snapshot, there))
        for at, (name, key, opened, delay) in enumerate(tickets, 1):
            if name in machine.folded.clocks:
                ends = {delay.low_seconds, delay.high_seconds} if isinstance(delay, Jitter) else {delay}
                yield from ((Fired(name, key, seconds), at, False) for seconds in sorted(ends))
                continue
            spec = next(each for each in machine.answering if each.effect.__name__ == name)
            live = [*spec.streams, *spec.ends] if opened or spec.opens is None else [spec.opens]
            live += [] if opened else spec.outcomes
            for event in live:
                if event not in internal:
                    yield from ((each, at, event is spec.opens) for each in self.samples(event, snapshot, there))
        yield from ((Fired(name), DEAD, False) for name in machine.folded.clocks)
        for event in answers:
            if event not in internal:
                yield from ((each, DEAD, False) for each in self.samples(event, snapshot, there))

    def restored(self, machine, state, context, tickets, postponed):
        live = tuple(Ticket(at, name, scope(machine, name), key) for at, (name, key, _, _) in enumerate(tickets, 1))
        return Snapshot(state, context, live, postponed, len(live))

    def tickets(self, snapshot, before, issued, opened):
        """Tell what a snapshot awaits; `before` are the tickets, as they are told, of the one that came before."""
        facts = {at: (flows, delay) for at, (_, _, flows, delay) in enumerate(before, 1)}
        facts |= {each.ticket.number: (False, each.delay) for each in issued}
        if opened in facts:
            facts[opened] = (True, facts[opened][1])
        return [(t.name, t.key, *facts.get(t.number, (False, None))) for t in snapshot.tickets]

    def ranks(self, values):
        by_kind = {}
        for kind, number in values:
            by_kind.setdefault(kind, set()).add(number)
        return {(kind, n): (at + 1) * STEP for kind, all_ in by_kind.items() for at, n in enumerate(sorted(all_))}


class Member(Brute):
    """A machine by itself."""

    def started(self, contexts):
        machine = self.model.subject
        done = start(machine, contexts.get(machine.name))
        return self.plain(done.snapshot, self.tickets(done.snapshot, (), done.issued, None), self.model.environment)

    def moves(self, place):
        machine, (snapshot, tickets, outside) = self.model.subject, self.real[place]
        there = by_kind([*values(machine, snapshot), *ordinals(outside, type(outside))])
        owned = set() if outside is None else outside.owns
        yield from self.moves_of(machine, snapshot, tickets, there, {*self.model.internal, *owned})
        for move in () if outside is None else outside.offers(snapshot):
            live = (at for at, (name, key, *_) in enumerate(tickets, 1) if (name, key) == (move.awaited, move.key))
            opens = any(type(move.event) is spec.opens for spec in machine.answering)
            yield move.event, next(live, DEAD) if move.awaited else None, opens

    def after(self, place, event, number, opens):
        machine, (before, tickets, outside) = self.model.subject, self.real[place]
        done = step(machine, before, Stimulus(event, ticket=number))
        if len(done.snapshot.postponed) > self.thresholds.postponed_max:
            return None
        if outside is not None:
            move = Move(machine.name, event)
            outside = outside.noticed(Seen(before, move, done.snapshot, done.verdict, done.effects, (), ()))
        opened = number if opens else None
        return self.plain(done.snapshot, self.tickets(done.snapshot, tickets, done.issued, opened), outside)

    def plain(self, snapshot, tickets, outside):
        machine = self.model.subject
        ranks = self.ranks([*values(machine, snapshot), *ordinals(outside, type(outside))])
        parts = ranked(machine, snapshot, tickets, ranks)
        outside = exchanged(outside, type(outside), lambda kind, number: ranks.get((kind, number), number))
        place = (*told(*parts), flat(outside))
        self.real[place] = self.restored(machine, *parts), parts[2], outside
        return place


class Members(Brute):
    """A system: the tickets and the ordinals of all its members side by side."""

    def __init__(self, model, thresholds):
        super().__init__(model, thresholds)
        self.made = {each.name: set() for each in model.subject.members}
        for line in (*model.subject.wiring, *model.subject.derived):
            if line.target is not None:
                self.made[line.target.name].add(get_type_hints(line.make).get("return"))

    def machines(self, snapshot):
        """Give what each member, or each instance of a keyed one, is one of."""
        members = {member.name: member for member in self.model.subject.members}
        return {name: members[name.partition("[")[0]] for name in snapshot.names}

    def started(self, contexts):
        done = self.model.subject.start(contexts)
        return self.plain(done, dict.fromkeys(done.snapshot.names, ()), None)

    def moves(self, place):
        snapshot, tickets = self.real[place]
        machines = self.machines(snapshot)
        pairs = list(zip(snapshot.names, snapshot.members, strict=True))
        there = by_kind(value for name, each in pairs for value in values(machines[name], each))
        for name in snapshot.names:
            internal = {*self.model.internal, *self.made[machines[name].name]}
            for move in self.moves_of(machines[name], snapshot, tickets[name], there, internal):
                yield name, *move

    def after(self, place, name, event, number, opens):
        snapshot, tickets = self.real[place]
        try:
            done = self.model.subject.step(snapshot, name, Stimulus(event, ticket=number))
        except Livelock:
            return place
        if any(len(each.postponed) > self.thresholds.postponed_max for each in done.snapshot.members):
            return None
        return self.plain(done, tickets, (name, number) if opens else None)

    def plain(self, done, before, opened):
        machines = self.machines(done.snapshot)
        after = dict(zip(done.snapshot.names, done.snapshot.members, strict=True))
        ranks = self.ranks(value for name, each in after.items() for value in values(machines[name], each))
        parts = {}
        for name, each in after.items():
            issued = [armed.issued for armed in done.armed if armed.member == name]
            number = opened[1] if opened and opened[0] == name else None
            parts[name] = ranked(machines[name], each, self.tickets(each, before.get(name, ()), issued, number), ranks)
        place = tuple((name, told(*part)) for name, part in parts.items())
        members = tuple(self.restored(machines[name], *part) for name, part in parts.items())
        seeds = tuple(evolve(seed, issued=0) for seed in done.snapshot.seeds)
        view = SystemSnapshot(done.snapshot.names, members, done.snapshot.facts, seeds)
        self.real[place] = view, {name: part[2] for name, part in parts.items()}
        return place


def scope(machine, name):
    if name in machine.folded.clocks:
        return machine.folded.clocks[name].scope
    spec = next(each for each in machine.answering if each.effect.__name__ == name)
    return spec.scope.name if has(type(spec.scope)) else str(spec.scope)


def key_hint(machine, name):
    """Give the annotation of what tells a machine's tickets of one name apart."""
    clock = machine.folded.clocks.get(name)
    key = None if clock is None or clock.key is None else clock.key.function
    for spec in machine.answering:
        key = spec.key if spec.effect.__name__ == name else key
    return get_type_hints(key, include_extras=True).get("return") if key else None


def values(machine, snapshot):
    """Give every ordinal of a snapshot with its kind."""
    yield from ordinals(snapshot.context, type(snapshot.context))
    for event in snapshot.postponed:
        yield from ordinals(event, type(event))
    for ticket in snapshot.tickets:
        yield from ordinals(ticket.key, key_hint(machine, ticket.name))


def by_kind(found):
    there = {}
    for kind, number in found:
        there.setdefault(kind, set()).add(number)
    return {kind: sorted(numbers) for kind, numbers in there.items()}


def candidates(there, several):
    """Give all that are there, and so many before the first, between any two, and after the last."""
    if not there:
        return [STEP * each for each in range(1, several + 1)]
    points = [0, *there, there[-1] + STEP * (several + 1)]
    gaps = itertools.product(itertools.pairwise(points), range(1, several + 1))
    return sorted({*there, *(low + (high - low) * each // (several + 1) for (low, high), each in gaps)})


def ranks_of(kind, chosen, there):
    """Tell how the chosen ordinals of a kind stand among those that are there, and among one another."""
    mine = [number for each, number in chosen if each == kind]
    every = sorted({*mine, *there.get(kind, ())})
    return tuple(map(every.index, (*mine, *there.get(kind, ()))))


def ranked(machine, snapshot, tickets, ranks):
    """Give the parts of a snapshot, every ordinal replaced by its rank, the tickets sorted."""

    def rank(kind, number):
        return ranks.get((kind, number), number)

    context = exchanged(snapshot.context, type(snapshot.context), rank)
    postponed = tuple(exchanged(event, type(event), rank) for event in snapshot.postponed)
    keyed = [(name, exchanged(key, key_hint(machine, name), rank), *rest) for name, key, *rest in tickets]
    return snapshot.state, context, tuple(sorted(keyed, key=lambda each: (each[0], repr(each[1])))), postponed


def told(state, context, tickets, postponed):
    """Give the same as plain tuples."""
    return state, flat(context), tickets, flat(postponed)


def flat(value):
    if has(type(value)):
        return (type(value), *(flat(getattr(value, each.name)) for each in type(value).__attrs_attrs__))
    if isinstance(value, dict):
        return tuple(sorted(value.items()))
    return tuple(map(flat, value)) if isinstance(value, tuple) else value


def ordinals(value, hint):
    """Give every ordinal in a value that is annotated so, with its kind; what is not positive stands for none."""
    found = []
    exchanged(value, hint, lambda kind, number: found.append((kind, number)) or number)
    return found


@cache
def hints_of(cls):
    return get_type_hints(cls, include_extras=True)


@cache
def is_plain(hint):
    """Tell whether a value of this type, whose classes have no subclasses of their own, can hold no ordinal."""
    if isinstance(hint, type) and has(hint):
        return not hint.__subclasses__() and all(map(is_plain, hints_of(hint).values()))
    if get_origin(hint) in (tuple, frozenset, Union, UnionType):
        return all(each is ... or is_plain(each) for each in get_args(hint))
    return isinstance(hint, type) and (hint in (int, float, str, bool, NoneType) or issubclass(hint, Enum))


def exchanged(value, hint, exchange):
    """Give a value with every ordinal in it exchanged."""
    if is_plain(hint):
        return value
    args = get_args(hint)
    if get_origin(hint) is Annotated and Quantity.ORDINAL in args:
        kind = next((each for each in args if isinstance(each, str)), "")
        return exchange(kind, value) if isinstance(value, int) and value > 0 else value
    if get_origin(hint) in (Union, UnionType):
        for arg in args:
            value = exchanged(value, arg, exchange) if value is not None else value
        return value
    if isinstance(value, (tuple, frozenset)) and args:
        each = args if len(args) == len(value) and ... not in args else (args[0],) * len(value)
        return type(value)(exchanged(item, arg, exchange) for item, arg in zip(value, each, strict=True))
    if has(type(value)) and (isinstance(hint, type) and isinstance(value, hint)):
        hints = hints_of(type(value))
        for each in type(value).__attrs_attrs__:
            was = getattr(value, each.name)
            now = exchanged(was, hints.get(each.name), exchange)
            value = value if now is was or now == was else evolve(value, **{each.alias: now})
    return value
