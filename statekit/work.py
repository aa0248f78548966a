"""Work: one transaction of a system while it is being made.

Theory. A stimulus reaches one member. Its signals are queued and delivered in the order they were sent (FIFO across
all members), each as an event made by the wiring; when the queue is empty the postponed events that a change of state
set free are tried, then the derived facts are looked at, and a changed one is one more event. So it goes on until
nothing is left to deliver, or the bound is met (`Livelock`). Only then does anything count: if a member breaks on the
way the whole transaction is as if it had not happened, and effects are handed out only from a transaction that stands.
A ticket that was issued and dropped within one transaction never leaves it, and its effect is not performed.

An instance of a keyed member starts when a spawning wire delivers to a key that has none: it is launched, then receives
the event, and hears the facts that are not as its first context takes them to be. Once its state has ended it is gone:
what it had postponed is unhandled, what it had under way answers to nobody and is stale, and its successor under the
same key numbers its tickets on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from attrs import evolve

from statekit.effects import Signal
from statekit.errors import Livelock
from statekit.keyed import InstanceKey, Keyed, Seed, address, key_of, member_of
from statekit.plan import Asked, Plan, Route
from statekit.snapshot import AnySnapshot, AnyStep, Snapshot, Stimulus, Ticket
from statekit.states import Kind
from statekit.step import advance, launched, retry
from statekit.transaction import Armed, Hop, Ordered, SystemSnapshot, Transaction, hop_of, ordered, system_snapshot_of
from statekit.verdicts import Broken, Postponed, Stale, Started, Unhandled, Verdict
from statekit.wiring import Derived

HOP_BOUND = 1000
"""How many events one stimulus, or one postponed event that it set free, may lead to before `Livelock` is raised."""

Sent: TypeAlias = tuple[str, object, Route | None]
"""An event on its way: to whom, and by which line; to a keyed member's name if every instance receives it."""


class Work:
    """One transaction while it is being made."""

    def __init__(self, plan: Plan, snapshot: SystemSnapshot) -> None:
        """Begin from a snapshot."""
        self.plan = plan
        self.before = snapshot
        self.names: tuple[str, ...] = snapshot.names
        self.seeds: tuple[Seed, ...] = snapshot.seeds
        self.members: dict[str, AnySnapshot] = dict(zip(snapshot.names, snapshot.members, strict=True))
        self.facts: list[object] = list(snapshot.facts)
        self.unaware: dict[tuple[int, str], object] = {}
        self.queue: deque[Sent] = deque()
        self.freed: dict[str, tuple[int, int]] = {}
        self.waiting: int = sum(len(member.postponed) for member in snapshot.members)
        self.hops: int = 0
        self.path: list[Hop] = []
        self.orders: list[Ordered] = []
        self.published: list[Signal] = []
        self.armed: list[Armed] = []
        self.ended: list[tuple[str, Ticket]] = []

    def begin(self, steps: Iterable[tuple[str, AnyStep]]) -> Verdict:
        """Take in what every member's start did."""
        for name, done in steps:
            self.collect(name, done)
        return Started()

    def run(self, first: Callable[[], Verdict]) -> Transaction:
        """Deliver until nothing is left, then say what it comes to."""
        try:
            verdict = first()
            while not isinstance(verdict, Broken):
                delivered = self.next()
                if delivered is None:
                    return self.result(verdict)
                if self.hops > HOP_BOUND:
                    hops = [f"{hop.member}: {type(hop.event).__name__}" for hop in self.path[-6:]]
                    raise Livelock(self.plan.name, HOP_BOUND, hops)
                verdict = delivered if isinstance(delivered, Broken) else verdict
        except BrokenWiring as broken:
            verdict = broken.verdict
        return Transaction(self.before, verdict, tuple(self.path))

    def next(self) -> Verdict | None:
        """Deliver one more thing: a signal, else a postponed event, else a changed fact."""
        while self.queue:
            name, event, route = self.queue.popleft()
            if route is None or not route.every:
                return self.deliver(name, Stimulus(event), spawns=route is not None and route.spawns)
            self.queue.extendleft((each, event, None) for each in reversed(self.instances(name)))
        for name in tuple(self.freed):
            at, end = self.freed[name]
            if at < end:
                return self.retry(name)
            del self.freed[name]
        view = self.view()
        for at, derived in enumerate(self.plan.derived):
            value = asked(derived.fact, view)
            ignorant = self.ignorant(at, derived, value)
            if value != self.facts[at]:
                self.facts[at] = value
            if ignorant:
                event = asked(derived.make, value)
                self.queue += ((name, event, None) for name in ignorant)
                return self.next()
        return None

    def ignorant(self, at: int, derived: Derived, value: object) -> list[str]:
        """List who is to hear a fact: those to whom another value was told last."""
        name, told = derived.target.name, self.facts[at]
        if name not in self.plan.keyed:
            return [name] if value != told else []
        return [each for each in self.instances(name) if self.unaware.pop((at, each), told) != value]

    def deliver(
        self, name: str, stimulus: Stimulus[object], done: AnyStep | None = None, *, spawns: bool = False
    ) -> Verdict:
        """Let one member answer one stimulus; `done` is there if it has done so already."""
        definition = self.plan.definition(name)
        if spawns and name not in self.members:
            started = self.spawn(name, stimulus.event)
            if isinstance(started, Broken):
                return started
        held = self.members.get(name)
        if held is None and type(stimulus.event) not in definition.folded.fenced:
            return self.hop(name, stimulus.event, Unhandled(absent=True))
        # Where there is no instance any more, nothing can be live, so an answer or a timer is stale.
        done = done or advance(definition, held or Snapshot(definition.initial, definition.context), stimulus)
        if done.moved:
            self.freed[name] = 0, len(done.snapshot.postponed)
        self.hop(name, stimulus.event, done.verdict)
        self.collect(name, done, stimulus.ticket if isinstance(done.verdict, Stale) else None)
        return done.verdict

    def retry(self, name: str) -> Verdict:
        """Let one member try the next of its postponed events."""
        at, end = self.freed[name]
        event = self.members[name].postponed[at]
        done = retry(self.plan.definition(name), self.members[name], at)
        again = isinstance(done.verdict, Postponed)
        # What was postponed since the change of state stands behind the end, and waits for the next one.
        self.freed[name] = (0, len(done.snapshot.postponed)) if done.moved else (at + again, end - (not again))
        # A long queue is no livelock: each event that waited before has a bound of its own.
        if self.waiting and not again:
            self.waiting, self.hops = self.waiting - 1, 0
        self.path.append(hop_of(name, event, done.verdict))
        self.collect(name, done)
        return done.verdict

    def hop(self, name: str, event: object, verdict: Verdict) -> Verdict:
        """Note and count what became of a delivery."""
        self.hops += 1
        self.path.append(hop_of(name, event, verdict))
        return verdict

    def collect(self, name: str, done: AnyStep, stale: int | None = None) -> None:
        """Keep a member's step: its snapshot, its signals as further deliveries, the rest for the driver."""
        if name in self.members:
            self.members[name] = done.snapshot
        definition = self.plan.definition(name)
        tickets = iter([each.ticket for each in done.issued if each.effect is not None])
        answering = definition.folded.answering
        for effect in done.effects:
            if isinstance(effect, Signal):
                self.route(name, definition.name, effect)
            else:
                self.orders.append(ordered(name, effect, next(tickets, None) if type(effect) in answering else stale))
        self.armed += (Armed(name, each) for each in done.issued if each.delay is not None)
        self.ended += ((name, ticket) for ticket in done.ended)
        keyed = definition.name in self.plan.keyed and name in self.members
        if keyed and definition.kind(done.snapshot.state) is Kind.ENDED:
            self.remove(name)

    # --------------------------------------------------------------------------------------------------- instances
    def instances(self, member: str) -> list[str]:
        """List the instances of a keyed member."""
        return [name for name in self.names if member_of(name) == member and name != member]

    def spawn(self, name: str, event: object) -> Verdict:
        """Start an instance, since an event that may do so found none."""
        keyed = self.plan.keyed[member_of(name)]
        seed = next(each for each in self.seeds if each.member == member_of(name))
        done = launched(keyed.definition, own(keyed, seed.context, name), seed.issued)
        self.hop(name, event, done.verdict)
        if isinstance(done.verdict, Broken):
            return done.verdict
        self.members[name] = done.snapshot
        placed = sorted((*self.names[len(self.plan.names) :], name), key=self.plan.order)
        self.arrange((*self.plan.names, *placed))
        for at, derived in enumerate(self.plan.derived):
            self.unaware[at, name] = derived.initially
        self.collect(name, done)
        return done.verdict

    def remove(self, name: str) -> None:
        """Take out an instance that has ended, and remember how far it numbered its tickets."""
        left = self.members.pop(name)
        self.freed.pop(name, None)
        self.path += (hop_of(name, event, Unhandled(ended=True)) for event in left.postponed)
        self.arrange(tuple(each for each in self.names if each != name))
        self.seeds = tuple(
            evolve(seed, issued=max(seed.issued, left.issued)) if seed.member == member_of(name) else seed
            for seed in self.seeds
        )

    def arrange(self, names: tuple[str, ...]) -> None:
        """Put the members into their order, which is the same however they came about."""
        self.names = names
        self.members = {name: self.members[name] for name in names}

    # ------------------------------------------------------------------------------------------------ what leaves it
    def route(self, name: str, member: str, signal: Signal) -> None:
        """Queue a signal for those who receive it."""
        routes = self.plan.routes.get((member, type(signal)))
        if routes is None:
            unwired = LookupError(f"{member} made {type(signal).__name__}, which no maker's return annotation names")
            raise BrokenWiring(type(signal).__name__, unwired)
        for route in routes:
            made = signal if route.make is None else told(route.make, signal, name)
            if route.target is None:
                self.published.append(cast("Signal", made))
            elif route.key is None:
                self.queue.append((route.target, made, route))
            else:
                self.queue.append((receiver(route.target, route.key, signal, name), made, route))

    def view(self) -> SystemSnapshot:
        """Give the members as they are now."""
        return system_snapshot_of(self.names, tuple(self.members.values()), tuple(self.facts), self.seeds)

    def result(self, verdict: Verdict) -> Transaction:
        """Say what the transaction comes to; tickets that did not outlive it are left out."""
        after = self.view()
        old, new = _tickets(self.before), _tickets(after)
        return Transaction(
            after,
            verdict,
            tuple(self.path),
            tuple(
                each for each in self.orders if not isinstance(each.ticket, Ticket) or (each.member, each.ticket) in new
            ),
            tuple(self.published),
            tuple(each for each in self.armed if (each.member, each.issued.ticket) in new),
            tuple(each for each in self.ended if each in old),
        )


class BrokenWiring(Exception):
    """A function of the wiring raised, or a signal was made that the wiring cannot know of."""

    def __init__(self, function: str, error: Exception) -> None:
        """Keep the verdict on it."""
        super().__init__(function)
        self.verdict: Broken = Broken(function, error)


def asked(function: Callable[..., object], *given: object) -> object:
    """Call a function of the wiring; what it raises is `BrokenWiring`."""
    try:
        return function(*given)
    except Exception as error:
        raise BrokenWiring(str(getattr(function, "__name__", function)), error) from error


def own(keyed: Keyed, context: object, name: str) -> object:
    """Make the context that an instance begins with of the member's."""
    if keyed.context is None:
        return context
    made = asked(keyed.context, context, key_of(name))
    if made.__class__ is not context.__class__:
        function, given = keyed.context.__name__, type(made).__name__
        must = f"the context= {function} returned {given}; it must return {type(context).__name__}"
        raise BrokenWiring(function, TypeError(must))
    return made


def told(function: Asked, signal: Signal, sender: str) -> object:
    """Call a function of the wiring with a signal, and with the sender's key if it takes that."""
    given = (signal, key_of(sender)) if function.takes_key else (signal,)
    return asked(function.function, *given)


def receiver(member: str, key: Asked, signal: Signal, sender: str) -> str:
    """Work out which instance a signal is for."""
    found = told(key, signal, sender)
    # Exactly these, because a key that was saved must be equal when it is read again.
    if type(found) not in {str, int}:
        error = TypeError(f"a key must be text or a whole number, not {found!r}")
        raise BrokenWiring(str(getattr(key.function, "__name__", key.function)), error)
    return address(member, cast("InstanceKey", found))


def _tickets(snapshot: SystemSnapshot) -> set[tuple[str, Ticket]]:
    pairs = zip(snapshot.names, snapshot.members, strict=True)
    return {(name, ticket) for name, member in pairs for ticket in member.tickets}
