"""Laws of the engine over random small tables, and a second interpreter that reads the table as it was written.

The interpreter below knows nothing of folding: it walks groups and choices recursively for every event. Where the two
disagree on a state, a context, a ticket, an effect or a verdict, one of them misreads DESIGN 5.
"""

import inspect
from enum import StrEnum, auto
from functools import partial
from random import Random

from attrs import evolve, field, frozen, mutable
from hypothesis import given, settings
from hypothesis import strategies as st

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
    Kind,
    Machine,
    MalformedTable,
    NotTabulable,
    Postponed,
    Refused,
    Rows,
    Stale,
    Stimulus,
    Taken,
    Ticket,
    Unhandled,
    Verb,
    after,
    arm,
    disarm,
    either,
    idle,
    start,
    step,
    timer,
)
from statekit.timers import Arm, Disarm, Timer
from statekit.transition import point_of, transition

# ------------------------------------------------------------------------------------------ what tables are made of


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    END = auto()


A, B, C, END = State


@frozen
class Go:
    n: int = 0


@frozen
class Back:
    n: int = 1


@frozen
class Poke:
    n: int = 0


@frozen
class Opened:
    pass


@frozen
class Failed:
    pass


@frozen
class Frame:
    pass


@frozen
class Ask:
    text: str = ""


@frozen
class CloseLate:
    pass


@frozen
class Note:
    text: str


@frozen
class Context:
    n: int = 0


def small(context: Context) -> bool:
    return context.n < 2


def even(context: Context) -> bool:
    return context.n % 2 == 0


def odd_with_event(context: Context, event: Go) -> bool:
    return (context.n + event.n) % 2 == 1  # a timer's event has no n: that row breaks


def fragile(context: Context) -> bool:
    return 10 // (context.n - 3) > 0


def grow(context: Context) -> Context:
    return Context((context.n + 1) % 5)


def shrink(context: Context) -> Context:
    return Context(max(context.n - 1, 0))


def burst(context: Context) -> Context:
    return Context(context.n + 0 * (1 // (context.n - 2)))


def wrong(context: Context) -> Context:
    return context if context.n != 4 else 4  # type: ignore[return-value]


def note_n(context: Context) -> Note:
    return Note(f"n is {context.n}")


def ask_sometimes(context: Context) -> Ask | Note:
    return Ask("made") if context.n % 2 else Note("not asked")


def pair(context: Context) -> tuple[Note, ...]:
    return Note("first"), Note(f"{1 // (4 - context.n)}")


def sure_delay(context: Context) -> float:
    return 1.0 + context.n


def flaky_delay(context: Context) -> float:
    return 1.0 - 2 * (context.n == 1)


def parity(context: Context) -> int:
    return context.n % 2


def two_keys(context: Context, event: object) -> str:
    return "none" if getattr(event, "n", 0) == 0 else f"{context.n % 2}"


def flaky_key(context: Context) -> str | None:
    return None if context.n % 2 else f"{1 // (4 - context.n)}"


def first_letter(effect: Ask) -> str:
    return effect.text[:1]


def failed(_: object) -> Failed:
    return Failed()


rows = Rows[State, Context, object]()
GUARDS = [None, None, None, small, even, odd_with_event, fragile]
UPDATES = [None, grow, grow, grow, shrink, burst, wrong]
MAKERS = [note_n, note_n, pair]
DELAYS = [1.0, 2.0, sure_delay, flaky_delay]
KEYS = [None, None, parity, two_keys, flaky_key]
VERBS = ["row"] * 8 + ["stay", "reenter", "reenter"] + ["postpone"] * 3 + ["ignore", "forbid"]
LASTING, ANY = [A, B, C], [A, B, C] * 5 + [END]


# ---------------------------------------------------------------------------------------------------- random tables
class Author:
    """Writes a random small table; rows that a fault names are left out until it can be built."""

    def __init__(self, chance):
        self.chance = chance
        self.groups = [self.group(at) for at in range(chance.randint(0, 3))]
        self.places = [*LASTING, *self.groups]
        self.wide = sorted(self.places, key=lambda place: len(getattr(place, "states", "x")))[-2:]
        self.ping = timer("ping", chance.choice(DELAYS), scope=chance.choice(self.wide), key=chance.choice(KEYS))
        self.declared = rows.answering(
            Ask,
            Failed,
            opens=Opened,
            streams=(Frame,),
            orphan=CloseLate(),
            scope=chance.choice(self.wide),
            failed=failed,
            key=chance.choice([None, first_letter]),
        )

    def write(self):
        """Write states and table, and build them."""
        states = [
            rows.state(state, Kind.ENDED if state is END else Kind.BUSY, "", **self.moments(state)) for state in State
        ]
        table = []
        for at in range(self.chance.randint(6, 24)):
            self.origin = f"row:{at}"
            table.append(evolve(self.row(), origin=self.origin))
        return built(table, states, self.groups, self.declared)

    def group(self, at):
        states = self.chance.sample(list(State), self.chance.randint(1, 3))
        return rows.group(f"g{at}", *sorted(states), **self.moments(f"g{at}"))

    def moments(self, name):
        """Draw entry and exit effects of a place."""
        return {
            moment: tuple(self.chance.sample([Note(f"{moment} {name}"), note_n], self.chance.randint(0, 2)))
            for moment in ("entry", "exit")
        }

    def orders(self):
        """Draw effects of a row: what answers and what arms is often out of its scope, and then left out."""
        some = [Note("row"), Ask(), ask_sometimes, arm(self.ping), disarm(self.ping), *MAKERS]
        return self.chance.sample(some, self.chance.choice([0, 0, 1, 1, 2, 3]))

    def row(self):
        """Draw one row of any verb."""
        chance, verb = self.chance, self.chance.choice(VERBS)
        source = chance.choice([*self.places, *self.places, EVERY, (A, B), (B, C)])
        trigger = chance.choice(
            [Go, Go, Back, Poke, either(Go, Poke), Opened, Failed, Frame, self.ping, after(chance.choice(DELAYS)),
             idle(chance.choice(DELAYS), of=chance.choice([(Poke,), (Go, Frame), (Back, Opened)]))]
        )  # fmt: skip
        guard = chance.choice(GUARDS)
        if verb in ("ignore", "forbid", "postpone"):
            return getattr(rows, verb)(source, trigger, because="drawn", guard=guard)
        target = (chance.choice([self.choice(), *ANY]),) if verb == "row" else ()
        return getattr(rows, verb)(source, trigger, *target, *self.orders(), guard=guard, update=chance.choice(UPDATES))

    def choice(self, depth=1):
        """Draw a choice, perhaps with another inside."""
        guards = [*self.chance.sample([small, even, fragile], self.chance.randint(0, 2)), None]
        branches = []
        for guard in guards:
            target = self.choice(depth - 1) if depth and self.chance.random() < 0.3 else self.chance.choice(ANY)
            branch = rows.to(target, *self.orders(), guard=guard, update=self.chance.choice(UPDATES))
            branches.append(evolve(branch, origin=self.origin))
        return rows.choice("drawn", *branches)


# Drawing each cell by hypothesis gives mostly empty tables; a seed gives full ones, and still replays.
MACHINES = st.integers(0, 2**32).map(lambda seed: Author(Random(seed)).write())


def built(table, states, groups, declared):
    """Build the machine, leaving out the rows that its faults name."""
    while True:
        try:
            return Machine(
                "drawn", initial=A, context=Context(), states=states, groups=groups, table=table,
                answering=(declared,), postpone_limit=3,
            )  # fmt: skip
        except MalformedTable as malformed:
            named = {fault.split(": ")[0] for fault in malformed.faults}
            kept = [line for line in table if line.origin not in named]
            if len(kept) == len(table):
                raise
            table = kept


# --------------------------------------------------------------------------------------------- the second interpreter
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
    """DESIGN 5, read literally."""

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


# ----------------------------------------------------------------------------------------------------------- the laws
CAMPAIGN = settings(max_examples=100, deadline=None)
EVENTS = [Go(0), Go(1), Back(), Poke()]
ANSWERS = [Opened(), Failed(), Frame()]


def stimulus(chance, machine, snapshot):
    """Draw something to arrive: mostly with the ticket it should have, sometimes with an old or foreign one."""
    live = [ticket.name for ticket in snapshot.tickets]
    names = [name for name in live if name != "Ask"] or [*machine.folded.clocks, "ping"]
    events = [*EVENTS, *EVENTS, Fired(chance.choice(names)), *(ANSWERS if "Ask" in live else [chance.choice(ANSWERS)])]
    event = chance.choice(events)
    name = event.name if isinstance(event, Fired) else "Ask"
    right = [ticket for ticket in snapshot.tickets if ticket.name == name]
    if right and chance.random() < 0.8:
        ticket = chance.choice(right)
        keyed = isinstance(event, Fired) and chance.random() < 0.9
        return Stimulus(Fired(name, ticket.key) if keyed else event, ticket=ticket.number)
    return Stimulus(event, ticket=chance.choice([None, *range(snapshot.issued + 2)]))


def walk(machine, seed, steps=40):
    """Drive a machine by drawn stimuli, giving each with the snapshot before and the step it made."""
    chance, done = Random(seed), start(machine)
    for _ in range(steps):
        before = done.snapshot
        arrived = stimulus(chance, machine, before)
        done = step(machine, before, arrived)
        yield before, arrived, done


def started_or_broken(machine):
    """Tell whether the machine can start: what its first entry raises is raised."""
    try:
        start(machine)
    except (ValueError, ZeroDivisionError):
        return False
    return True


@CAMPAIGN
@given(MACHINES, st.integers(0, 2**32))
def test_equal_inputs_give_equal_outputs(machine, seed):
    for before, arrived, done in walk(machine, seed) if started_or_broken(machine) else ():
        assert step(machine, before, arrived) == done


@CAMPAIGN
@given(MACHINES, st.integers(0, 2**32))
def test_what_is_not_taken_ignored_or_postponed_leaves_the_snapshot_as_it_was(machine, seed):
    for before, _, done in walk(machine, seed) if started_or_broken(machine) else ():
        if isinstance(done.verdict, Refused | Forbidden | Unhandled | Broken | Stale):
            assert done.snapshot == before
            assert (done.issued, done.ended, done.moved) == ((), (), False)
            assert done.effects == () or isinstance(done.verdict, Stale)


@CAMPAIGN
@given(MACHINES, st.integers(0, 2**32))
def test_every_live_ticket_counts_for_a_scope_that_holds_the_state(machine, seed):
    for _, _, done in walk(machine, seed) if started_or_broken(machine) else ():
        after_it = done.snapshot
        holding = {str(after_it.state), *(group.name for group in machine.folded.groups if after_it.state in group)}
        assert {ticket.scope for ticket in after_it.tickets} <= (set() if after_it.state is END else holding)
        assert len({(ticket.name, ticket.key) for ticket in after_it.tickets}) == len(after_it.tickets)
        assert {each.ticket for each in done.issued} <= set(after_it.tickets)


@CAMPAIGN
@given(MACHINES, st.integers(0, 2**32))
def test_a_ticket_that_is_not_live_changes_nothing_ever(machine, seed):
    for _, _, done in walk(machine, seed) if started_or_broken(machine) else ():
        live = {ticket.number for ticket in done.snapshot.tickets}
        for event in (Opened(), Failed(), Frame(), *map(Fired, machine.folded.clocks)):
            for ticket in {None, *range(done.snapshot.issued + 2)} - live:
                late = step(machine, done.snapshot, Stimulus(event, ticket=ticket))
                assert (late.verdict, late.snapshot) == (Stale(ticket), done.snapshot)
                assert late.effects == ((CloseLate(),) if isinstance(event, Opened) else ())


def alike(verdict):
    """Make a verdict comparable: of what raised, only whose fault it was."""
    return Broken(verdict.function, ValueError()) if isinstance(verdict, Broken) else verdict


@settings(CAMPAIGN, max_examples=500)
@given(MACHINES, st.integers(0, 2**32))
def test_the_folded_machine_does_what_the_table_says(machine, seed):
    second = Interpreter(machine)
    if not started_or_broken(machine):
        return
    believed = second.begin()
    assert_alike(start(machine), believed, path=False)
    for _, arrived, done in walk(machine, seed):
        believed = second.take(believed, arrived.event, arrived.ticket)
        assert_alike(done, believed)
        assert done.verdict == done.path[0]


def assert_alike(done, believed, *, path=True):
    snapshot = done.snapshot
    assert (snapshot.state, snapshot.context) == (believed.state, believed.context)
    assert snapshot.tickets == tuple(Ticket(number, *each) for number, each in believed.live.items())
    assert (list(snapshot.postponed), snapshot.issued) == (believed.postponed, believed.counter)
    assert list(done.effects) == [effect for effect, _ in believed.effects]
    tickets = {each.ticket.number: each.delay for each in done.issued if each.delay is not None}
    assert tickets == believed.armed
    asked = [each.ticket.number for each in done.issued if each.effect is not None]
    assert asked == [number for _, number in believed.effects if number is not None]
    assert not path or [alike(verdict) for verdict in done.path] == believed.path


@settings(CAMPAIGN, max_examples=300)
@given(MACHINES, st.integers(0, 2**32))
def test_walking_the_arrays_of_a_finite_machine_is_following_the_primitive(machine, seed):
    try:
        table = machine.tabulate()
    except NotTabulable as refused:
        cell = [line for line in machine.rows if (line.state.name, line.trigger) == refused.cell]
        assert "odd_with_event" in {name for line in cell for name in line.guards}
        return
    chance, at, point = Random(seed), 0, point_of(machine.folded, machine.initial, machine.context)
    for _ in range(40 if table.events else 0):
        column = chance.randrange(len(table.events))
        trigger = table.events[column]
        point, effects, verdict = transition(point, Fired(trigger) if isinstance(trigger, str) else trigger())
        at, found_effects, found_verdict = table.follow(at, column)
        assert table.points[at] == (point.state, point.context)
        assert (found_effects, alike(found_verdict)) == (effects, alike(verdict))
