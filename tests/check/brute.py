"""Brute: a second explorer to compare with, as plain as it can be; it shares no code with `statekit.check`.

A place is nested plain tuples. Every move is made from every place by the engine's own `step`, one frontier after the
other, by recursion. Tickets are sorted names; ordinals, which a test names by class and field, give way to their rank.
"""

import itertools

from attrs import evolve, has

from statekit import Snapshot, Stimulus, Ticket, start, step
from statekit.timers import Fired, Jitter

STEP = 1000
"""How far apart ranked ordinals stand; nothing counts on by so much in one step."""
DEAD = 10**9


def brute(machine, *, context=None, events=(), answers=(), ordinals=(), postponed=2):
    """Give every place that can be reached, each with the places that its moves lead to (None if too much waits there).

    `events` and `answers` map classes to lists of samples; `ordinals` are pairs of a class and a field.
    """
    explorer = Brute(machine, dict(events), dict(answers), set(ordinals), postponed)
    done = start(machine, context)
    first = explorer.plain(done.snapshot, {each.ticket.number: each.delay for each in done.issued}, {})
    explorer.spread([first])
    return explorer.found


class Brute:
    def __init__(self, machine, events, answers, ordinals, postponed):
        self.machine, self.events, self.answers, self.ordinals = machine, events, answers, ordinals
        self.postponed = postponed
        self.found = {}
        self.real = {}

    def spread(self, frontier):
        following = {}
        for place in frontier:
            self.found[place] = [self.after(place, *move) for move in self.moves(place)]
            following |= dict.fromkeys(self.found[place])
        if fresh := [place for place in following if place is not None and place not in self.found]:
            self.spread(fresh)

    def moves(self, place):
        tickets = place[2]
        there = sorted(set(self.numbers(self.real[place])))
        yield from ((event, None, False) for event in self.varied(self.events, there))
        for at, (name, key, opened, delay) in enumerate(tickets, 1):
            if name in self.machine.folded.clocks:
                ends = {delay.low_seconds, delay.high_seconds} if isinstance(delay, Jitter) else {delay}
                yield from ((Fired(name, key, seconds), at, False) for seconds in sorted(ends))
                continue
            spec = self.spec(name)
            live = [*spec.streams, *spec.ends] if opened or spec.opens is None else [spec.opens]
            live += [] if opened else spec.outcomes
            for event in self.varied({kind: self.answers[kind] for kind in live}, there):
                yield event, at, type(event) is spec.opens
        yield from ((Fired(name), DEAD, False) for name in self.machine.folded.clocks)
        for spec in self.machine.answering:
            late = {kind: self.answers[kind] for kind in spec.events}
            yield from ((event, DEAD, False) for event in self.varied(late, there))

    def after(self, place, event, number, opens):
        state, _, tickets, _ = place
        context, postponed = self.real[place]
        live = tuple(Ticket(at, name, self.scope(name), key) for at, (name, key, _, _) in enumerate(tickets, 1))
        done = step(self.machine, Snapshot(state, context, live, postponed, len(live)), Stimulus(event, ticket=number))
        delays = {at: delay for at, (_, _, _, delay) in enumerate(tickets, 1)}
        flows = {at: opened for at, (_, _, opened, _) in enumerate(tickets, 1)}
        delays |= {each.ticket.number: each.delay for each in done.issued}
        flows |= {number: True} if opens else {}
        return None if len(done.snapshot.postponed) > self.postponed else self.plain(done.snapshot, delays, flows)

    def spec(self, name):
        return next(each for each in self.machine.answering if each.effect.__name__ == name)

    def scope(self, name):
        clock = self.machine.folded.clocks.get(name)
        scope = self.spec(name).scope if clock is None else clock.scope
        return scope.name if has(type(scope)) else str(scope)

    def plain(self, snapshot, delays, flows):
        values = sorted(set(self.numbers((snapshot.context, snapshot.postponed))))
        ranks = {value: (at + 1) * STEP for at, value in enumerate(values)}
        context, postponed = self.ranked(snapshot.context, ranks), self.ranked(snapshot.postponed, ranks)
        tickets = [(t.name, t.key, flows.get(t.number, False), delays.get(t.number)) for t in snapshot.tickets]
        place = snapshot.state, self.flat(context), tuple(sorted(tickets, key=repr)), self.flat(postponed)
        self.real[place] = context, postponed
        return place

    def flat(self, value):
        if has(type(value)):
            return (type(value), *(self.flat(getattr(value, each.name)) for each in type(value).__attrs_attrs__))
        return tuple(map(self.flat, value)) if isinstance(value, tuple) else value

    def numbers(self, value):
        for each in value if isinstance(value, tuple) else ():
            yield from self.numbers(each)
        for each in type(value).__attrs_attrs__ if has(type(value)) else ():
            inner = getattr(value, each.name)
            if (type(value), each.name) not in self.ordinals:
                yield from self.numbers(inner)
            elif inner > 0:
                yield inner

    def ranked(self, value, ranks):
        if isinstance(value, tuple):
            return tuple(self.ranked(each, ranks) for each in value)
        for each in type(value).__attrs_attrs__ if has(type(value)) else ():
            inner = getattr(value, each.name)
            marked = (type(value), each.name) in self.ordinals
            value = evolve(value, **{each.alias: ranks.get(inner, inner) if marked else self.ranked(inner, ranks)})
        return value

    def varied(self, samples, there):
        choices = [STEP // 2, *there, there[-1] + STEP] if there else [STEP]
        made = []
        for kind, given in samples.items():
            names = [name for owner, name in self.ordinals if owner is kind]
            for sample, chosen in itertools.product(given, itertools.product(choices, repeat=len(names))):
                event = evolve(sample, **dict(zip(names, chosen, strict=True)))
                if event not in made:
                    made.append(event)
        return made
