"""The second interpreter: it reads a table as it was written.

It knows nothing of folding: it walks groups and choices recursively for every event. Where it and the engine disagree
on a state, a context, a ticket, an effect or a verdict, one of them misreads what a step is.
"""

import inspect
from functools import partial

from attrs import evolve, field, mutable

from statekit import (
    EVERY,
    After,
    Broken,
    Choice,
    Fired,
    Forbidden,
    Group,
    Idle,
    Ignored,
    Postponed,
    Refused,
    Stale,
    Taken,
    Unhandled,
    Verb,
)
from statekit.timers import Arm, Disarm, Timer
from tests.laws.tables import END, A, Ask, CloseLate, Context, Failed, Frame, Opened, State


class Crashed(Exception):
    def __init__(self, function):
        super().__init__(function)
        self.function = function


@mutable
class Reading:
    """What the second interpreter believes: where the machine is, and what this stimulus has done so far."""

    state: State
    context: Context
    live: dict = field(factory=dict)  # ticket number → (name, scope, key)
    postponed: list = field(factory=list)
    counter: int = 0
    effects: list = field(factory=list)  # (effect, its ticket's number or None)
    armed: dict = field(factory=dict)  # ticket number → delay
    path: list = field(factory=list)

    def fork(self):
        return evolve(
            self, live=dict(self.live), postponed=list(self.postponed), effects=list(self.effects),
            armed=dict(self.armed), path=list(self.path),
        )  # fmt: skip


class Interpreter:
    """A step, read literally."""

    def __init__(self, machine):
        self.machine = machine
        self.declared = machine.answering[0]
        self.groups = sorted(machine.folded.groups, key=lambda group: -len(group.states))

    def around(self, state):
        """Give the groups of a state from outer to inner."""
        return [group for group in self.groups if state in group.states]

    def place(self, state):
        return next(each for each in self.machine.states if each.state == state)

    def begin(self):
        now = Reading(A, Context())
        self.commit(now, A, Context(), [], [*self.around(A), self.place(A)], [])
        return now

    def take(self, before, event, ticket):
        """Answer one stimulus and what it sets free."""
        now = evolve(before.fork(), effects=[], armed={}, path=[])
        now, moved = self.one(now, event, ticket)
        return self.settle(now, 0) if moved else now

    def settle(self, now, at):
        """Try the postponed events from a place on."""
        if at >= len(now.postponed):
            return now
        tried = now.fork()
        event = tried.postponed.pop(at)
        held, tried.postponed = tried.postponed, []
        tried, moved = self.one(tried, event, None)
        if isinstance(tried.path[-1], Postponed):
            now.path.append(tried.path[-1])
            return self.settle(now, at + 1)
        tried.postponed = held
        return self.settle(tried, 0 if moved else at)

    def one(self, now, event, ticket):
        answer = isinstance(event, Fired | Opened | Failed | Frame)
        name = event.name if isinstance(event, Fired) else "Ask"
        lives = now.live.get(ticket, ("", "", None))
        if answer and (lives[0] != name or (isinstance(event, Fired) and event.key != lives[2])):
            now.path.append(Stale(ticket))
            if isinstance(event, Opened):
                now.effects.append((CloseLate(), None))
            return now, False
        if now.state is END:
            now.path.append(Unhandled(ended=True))
            return now, False
        after_it = now.fork()
        if isinstance(event, Fired | Failed):
            del after_it.live[ticket]
        try:
            return self.decide(now, after_it, event)
        except Crashed as crashed:
            now.path.append(Broken(crashed.function, ValueError()))
            return now, False

    def decide(self, now, after_it, event):
        refused = []
        held = None
        for candidate in self.candidates(now.state, event):
            guard = candidate[0].guard
            if guard is None or call(guard, now.context, event):
                held = candidate
                break
            refused.append(guard.__name__)
        if held is None:
            now.path.append(Refused(tuple(refused)) if refused else Unhandled())
            return now, False
        line, level = held
        if line.verb is Verb.IGNORE:
            after_it.path.append(Ignored("drawn", tuple(refused)))
            return after_it, False
        if line.verb is Verb.FORBID:
            now.path.append(Forbidden("drawn", tuple(refused)))
            return now, False
        if line.verb is Verb.POSTPONE:
            full = len(now.postponed) >= 3
            now.path.append(Refused((), full=True) if full else Postponed("drawn"))
            now.postponed += [] if full else [event]
            return now, False
        target = self.move(after_it, line, level, event)
        after_it.path.append(Taken(line.origin, now.state, target, tuple(refused)))
        return after_it, line.verb is not Verb.STAY

    def candidates(self, state, event):
        """Give the rows for an event in a state: its own, its groups' from inner to outer, those for EVERY."""
        for level in (state, *reversed(self.around(state)), EVERY):
            for line in self.machine.table:
                sources = line.source if isinstance(line.source, tuple) else (line.source,)
                if level in sources and self.waits(line.trigger, state if level == EVERY else level, event):
                    yield line, level

    def waits(self, trigger, place, event):
        if isinstance(event, Fired):
            if isinstance(trigger, After | Idle):
                return event.name == clock_name(trigger, place)
            return isinstance(trigger, Timer) and trigger.name == event.name
        return type(event) in getattr(trigger, "events", (trigger,))

    def move(self, now, line, level, event):
        source, context = now.state, updated(line.update, now.context, event)
        if line.verb is Verb.STAY:
            self.commit(now, source, context, [], [], list(line.effects), event, stays=True)
            return source
        if line.verb is Verb.REENTER:
            again = [g for g in self.around(source) if isinstance(level, Group) and set(g.states) <= set(level.states)]
            target, effects, outside = source, list(line.effects), again
        else:
            target, context, effects = self.follow(line.target, context, list(line.effects), event)
            outside = [group for group in self.around(source) if target not in group.states]
        left = [self.place(source), *reversed(outside)]
        coming = [group for group in self.around(target) if group in outside or source not in group.states]
        self.commit(now, target, context, left, [*coming, self.place(target)], effects, event)
        return target

    def follow(self, target, context, effects, event):
        if not isinstance(target, Choice):
            return target, context, effects
        branch = next(b for b in target.branches if b.guard is None or call(b.guard, context, event))
        context = updated(branch.update, context, event)
        return self.follow(branch.target, context, [*effects, *branch.effects], event)

    def commit(self, now, target, context, left, coming, effects, event=None, *, stays=False):
        """Make every effect from the new context, then end, arm and issue tickets."""
        listed = [*(o for each in left for o in each.exit), *effects, *(o for each in coming for o in each.entry)]
        made = []
        for order in listed:
            result = call(order, context, event) if inspect.isfunction(order) else order
            made += result if isinstance(result, tuple) else (result,)
        scopes = set() if target is END else {str(target), *(group.name for group in self.around(target))}
        gone = {scope_of(each) for each in left}
        around = [*self.around(now.state), self.place(now.state)]
        kept = [place for place in around if scope_of(place) in scopes - gone]
        now.live = {n: each for n, each in now.live.items() if each[1] in scopes and each[1] not in gone}
        now.state, now.context = target, context
        for trigger, place in self.restarted(kept, type(event)):
            self.issue(now, clock_name(trigger, place), scope_of(place), trigger.delay)
        for place in coming:
            for trigger in () if target is END else self.clocks(place):
                self.issue(now, clock_name(trigger, place), scope_of(place), trigger.delay)
        for order in made:
            if isinstance(order, Arm):
                key = order.timer.key and partial(call, order.timer.key, context, event)
                self.issue(now, order.timer.name, scope_of(order.timer.scope), order.timer.delay, key)
            elif isinstance(order, Disarm):
                key = order.timer.key and call(order.timer.key, context, event)
                now.live = {n: each for n, each in now.live.items() if (each[0], each[2]) != (order.timer.name, key)}
            elif isinstance(order, Ask):
                if scope_of(self.declared.scope) not in scopes:
                    raise Crashed("Ask")
                key = self.declared.key and partial(call, self.declared.key, order, event)
                self.issue(now, "Ask", scope_of(self.declared.scope), key=key)
                now.effects.append((order, now.counter))
            else:
                now.effects.append((order, None))
        now.effects = [each for each in now.effects if each[1] is None or each[1] in now.live]
        now.armed = {number: delay for number, delay in now.armed.items() if number in now.live}

    def clocks(self, place):
        """Give the distinct `after` and `idle` triggers of a place, in table order."""
        found = {}
        for line in self.machine.table:
            sources = line.source if isinstance(line.source, tuple) else (line.source,)
            own = place.state if not isinstance(place, Group) else place
            if isinstance(line.trigger, After | Idle) and (own in sources or (EVERY in sources and own is not place)):
                found.setdefault(line.trigger.name, line.trigger)
        return found.values()

    def restarted(self, kept, event):
        """Give the `idle` triggers, with their places, that an event starts afresh in these stays, in table order."""
        lasting = [(trigger, place) for place in kept for trigger in self.clocks(place) if isinstance(trigger, Idle)]
        written = [id(line.trigger) for line in self.machine.table]  # two timers that are equal stand on two lines
        return sorted((each for each in lasting if event in each[0].of), key=lambda each: written.index(id(each[0])))

    def issue(self, now, name, scope, delay=None, key=None):
        if delay is not None:
            seconds = call(delay, now.context, None) if callable(delay) else delay
            if seconds < 0:
                raise Crashed(delay.__name__)
        key = key and key()
        now.live = {n: each for n, each in now.live.items() if (each[0], each[2]) != (name, key)}
        now.counter += 1
        now.live[now.counter] = (name, scope, key)
        if delay is not None:
            now.armed[now.counter] = seconds


def scope_of(place):
    return place.name if isinstance(place, Group) else str(getattr(place, "state", place))


def clock_name(trigger, place):
    return f"{trigger.name} in {scope_of(place)}"


def call(function, context, event):
    try:
        two = len(inspect.signature(function).parameters) == 2
        return function(context, event) if two else function(context)
    except Exception:  # noqa: BLE001 - that is what the engine promises to catch
        raise Crashed(function.__name__) from None


def updated(update, context, event):
    if update is None:
        return context
    context = call(update, context, event)
    if not isinstance(context, Context):
        raise Crashed(update.__name__)
    return context
