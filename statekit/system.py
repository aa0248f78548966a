"""System: several machines wired together; one stimulus is one transaction, and pure.

Theory. A stimulus reaches one member. Its signals are queued and delivered in the order they were sent (FIFO across
all members), each as an event made by the wiring; when the queue is empty the postponed events that a change of state
set free are tried, then the derived facts are looked at, and a changed one is one more event. So it goes on until
nothing is left to deliver, or the bound is met (`Livelock`). Only then does anything count: if a member breaks on the
way the whole transaction is as if it had not happened, and effects are handed out only from a transaction that stands.
A ticket that was issued and dropped within one transaction never leaves it, and its effect is not performed.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, cast

from attrs import Factory, evolve, field, frozen

from statekit.effects import Signal
from statekit.errors import Livelock, MalformedSystem, UnknownMember
from statekit.interned import Interned, Memo
from statekit.machine import Definition
from statekit.snapshot import AnySnapshot, AnyStep, Stimulus, Ticket
from statekit.step import advance, launch, retry, stepped
from statekit.transaction import (
    SYSTEM_SNAPSHOT,
    TRANSACTION,
    Armed,
    Hop,
    Lone,
    OpenSystemSnapshot,
    Ordered,
    SystemSnapshot,
    Transaction,
    hop_of,
    lone_of,
    ordered,
    system_snapshot_of,
)
from statekit.value import Shown
from statekit.verdicts import Broken, Postponed, Stale, Started, Verdict
from statekit.wiring import Derived, Wire

HOP_BOUND = 1000
"""How many events one stimulus, or one postponed event that it set free, may lead to before `Livelock` is raised."""


Routes: TypeAlias = Mapping[tuple[str, type], tuple[Wire, ...]]
"""(member, signal class) → the wires that carry it, in their order."""


def flat(lines: Iterable[Wire | tuple[Wire, ...]]) -> tuple[Wire, ...]:
    """Lay out a wiring whose lines may be single wires or, from `publish`, several."""
    return tuple(wire for line in lines for wire in (line if isinstance(line, tuple) else (line,)))


def _places(system: "System") -> Mapping[str, int]:
    return {member.name: at for at, member in enumerate(system.members)}


def _routes(system: "System") -> Routes:
    if faults := list(_faults(system)):
        raise MalformedSystem(system.name, faults)
    routes: dict[tuple[str, type], tuple[Wire, ...]] = {}
    for line in system.wiring:
        key = (line.source.name, line.signal)
        routes[key] = (*routes.get(key, ()), line)
    return routes


def _faults(system: "System") -> Iterator[str]:
    for name in dict.fromkeys(name for name in system.names if system.names.count(name) > 1):
        yield f"two members bear the name {name}; a member's name must be its own"
    members = {member.name: member for member in system.members}
    effects = {name: set(member.effects()) for name, member in members.items()}
    wired = {(line.source.name, line.signal) for line in system.wiring}
    for name, classes in effects.items():
        for signal in sorted((each for each in classes if issubclass(each, Signal)), key=lambda each: each.__name__):
            if (name, signal) not in wired:
                yield f"{name} sends {signal.__name__}, and nobody receives it: add wire(...) or publish(...)"
    for line in system.wiring:
        if line.signal not in effects.get(line.source.name, ()):
            yield f"a wire carries {line.signal.__name__}, which {line.source.name} never sends"
        if line.target is not None and line.target.name not in members:
            yield f"a wire leads from {line.source.name} to {line.target.name}, which is no member"
    for derived in system.derived:
        if derived.target.name not in members:
            yield f"the fact {derived.fact.__name__} is told to {derived.target.name}, which is no member"


@frozen(eq=False, repr=False)
class System(Shown):
    """Machines wired together, checked when it is built.

    Raises `MalformedSystem`, listing every signal that nobody receives and every wire that cannot carry anything.
    """

    name: str
    members: tuple[Definition, ...]
    wiring: tuple[Wire, ...] = field(default=(), converter=flat)
    derived: tuple[Derived, ...] = ()
    doc: str = ""
    routes: Routes = field(init=False, repr=False, default=Factory(_routes, takes_self=True))
    places: Mapping[str, int] = field(init=False, repr=False, default=Factory(_places, takes_self=True))
    lone: dict[int, Lone] = field(init=False, repr=False, factory=dict[int, Lone])
    snapshots: Interned[object] = field(init=False, repr=False, factory=Interned[object])

    @property
    def names(self) -> tuple[str, ...]:
        """The members' names, in their order."""
        return tuple(member.name for member in self.members)

    def index(self, name: str) -> int:
        """Find a member's place by its name; raises `UnknownMember`."""
        if name not in self.names:
            raise UnknownMember(self.name, name, self.names)
        return self.names.index(name)

    def start(self, contexts: Mapping[str, object] | None = None) -> Transaction:
        """Start every member in the order they are listed, with the given contexts or their own.

        What a function of a table or of the wiring raises is raised, as there is nothing yet to leave untouched.
        """
        given = contexts or {}
        for name in given:
            self.index(name)
        steps = [launch(member, given.get(member.name, member.context)) for member in self.members]
        facts = tuple(derived.initially for derived in self.derived)
        work = Work(self, SystemSnapshot(self.names, tuple(evolve(done.snapshot, tickets=()) for done in steps), facts))
        started = work.run(lambda: work.begin(steps))
        if isinstance(started.verdict, Broken):
            raise started.verdict.exception
        return started

    def step(self, snapshot: SystemSnapshot, member: str, stimulus: Stimulus[object]) -> Transaction:
        """Answer one stimulus for one member, and everything that follows from it; pure.

        Raises `UnknownMember`, and `Livelock` if what follows has no end.
        """
        key = type(stimulus.event)
        memo = snapshot.memo
        if memo is not None and memo.owner is self and (known := memo.known.get((member, key))) is not None:
            return known
        at = self.places.get(member)
        if at is None:
            raise UnknownMember(self.name, member, self.names)
        before = snapshot.members[at]
        if before.postponed:
            return self._worked_out(snapshot, at, stimulus, None)
        # The fast path: one member answers, and nothing follows from it. It could be left out.
        done = stepped(self.members[at], before, stimulus)
        lone, after = self.lone.get(id(done.verdict)), done.snapshot
        if done.issued or done.ended or (self.derived and after is not before):
            return self._worked_out(snapshot, at, stimulus, done)
        if lone is None or lone.effects is not done.effects:
            lone = lone_of(member, done, stimulus.event)
            if lone is None:
                return self._worked_out(snapshot, at, stimulus, done)
            if not getattr(stimulus.event, "__attrs_attrs__", True):
                self.lone[id(lone.verdict)] = lone  # all events of the class are the same
        whole: SystemSnapshot | OpenSystemSnapshot = snapshot
        if after is not before:
            members = [*snapshot.members]
            members[at] = after
            whole = SYSTEM_SNAPSHOT()
            whole.names, whole.members = snapshot.names, tuple(members)
            whole.facts, whole.memo = snapshot.facts, None
            whole.__class__ = SystemSnapshot  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
        made = TRANSACTION()
        made.snapshot, made.verdict = whole, lone.verdict
        made.path, made.orders = lone.path, lone.orders
        made.published = made.armed = made.ended = ()
        made.__class__ = Transaction  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
        if before.memo is not None:
            return self._remembered(snapshot, at, key, done, cast("Transaction", made))
        return made  # type: ignore[return-value]  # pyright: ignore[reportReturnType]

    def _worked_out(
        self, snapshot: SystemSnapshot, at: int, stimulus: Stimulus[object], done: AnyStep | None
    ) -> Transaction:
        """Answer a stimulus the long way, see `step`; `done` is the member's own step, if it is known."""
        work = Work(self, snapshot)
        return work.run(lambda: work.deliver(at, stimulus, done))

    def _remembered(
        self, snapshot: SystemSnapshot, at: int, key: type, done: AnyStep, made: Transaction
    ) -> Transaction:
        """Make the transaction one between snapshots that are kept, and keep it, if its member keeps the step.

        Its path has the event, so it is only kept if all events of that class are the same.
        """
        kept, memo = snapshot.members[at].memo, snapshot.memo
        if kept is None or kept.known.get(key) is not done or id(done.verdict) not in self.lone:
            return made
        if self.snapshots.on:
            made = evolve(made, snapshot=self._kept(made.snapshot))
        if memo is not None and memo.owner is self:
            memo.known[self.members[at].name, key] = made
        return made

    def _kept(self, snapshot: SystemSnapshot) -> SystemSnapshot:
        """Find the snapshot that is kept for all whose members are the same, or keep one."""
        if snapshot.memo is not None:
            return snapshot
        fresh = system_snapshot_of(snapshot.names, snapshot.members, snapshot.facts, Memo(self))
        kept = self.snapshots.one((*map(id, snapshot.members), snapshot.facts), fresh)
        return snapshot if kept is None else cast("SystemSnapshot", kept)


class Work:
    """One transaction while it is being made."""

    def __init__(self, system: System, snapshot: SystemSnapshot) -> None:
        """Begin from a snapshot."""
        self.system = system
        self.before = snapshot
        self.members: list[AnySnapshot] = list(snapshot.members)
        self.facts: list[object] = list(snapshot.facts)
        self.queue: deque[tuple[int, object]] = deque()
        self.freed: dict[int, int] = {}
        self.waiting: int = sum(len(member.postponed) for member in snapshot.members)
        self.hops: int = 0
        self.path: list[Hop] = []
        self.orders: list[Ordered] = []
        self.published: list[Signal] = []
        self.armed: list[Armed] = []
        self.ended: list[tuple[str, Ticket]] = []

    def begin(self, steps: Iterable[AnyStep]) -> Verdict:
        """Take in what every member's start did."""
        for index, done in enumerate(steps):
            self.collect(index, done)
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
                    raise Livelock(self.system.name, HOP_BOUND, hops)
                verdict = delivered if isinstance(delivered, Broken) else verdict
        except BrokenWiring as broken:
            verdict = broken.verdict
        return Transaction(self.before, verdict, tuple(self.path))

    def next(self) -> Verdict | None:
        """Deliver one more thing: a signal, else a postponed event, else a changed fact."""
        if self.queue:
            index, event = self.queue.popleft()
            return self.deliver(index, Stimulus(event))
        for index in tuple(self.freed):
            if self.freed[index] < len(self.members[index].postponed):
                return self.retry(index)
            del self.freed[index]
        view = SystemSnapshot(self.system.names, tuple(self.members))
        for at, derived in enumerate(self.system.derived):
            value = _asked(derived.fact, view)
            if value != self.facts[at]:
                self.facts[at] = value
                return self.deliver(self.system.index(derived.target.name), Stimulus(_asked(derived.make, value)))
        return None

    def deliver(self, index: int, stimulus: Stimulus[object], done: AnyStep | None = None) -> Verdict:
        """Let one member answer one stimulus; `done` is there if it has done so already."""
        done = done or advance(self.system.members[index], self.members[index], stimulus)
        if done.moved:
            self.freed[index] = 0
        self.hops += 1
        self.path.append(hop_of(self.system.names[index], stimulus.event, done.verdict))
        self.collect(index, done, stimulus.ticket if isinstance(done.verdict, Stale) else None)
        return done.verdict

    def retry(self, index: int) -> Verdict:
        """Let one member try the next of its postponed events."""
        at = self.freed[index]
        event = self.members[index].postponed[at]
        done = retry(self.system.members[index], self.members[index], at)
        self.freed[index] = 0 if done.moved else at + isinstance(done.verdict, Postponed)
        # A long queue is no livelock: each event that waited before has a bound of its own.
        if self.waiting and not isinstance(done.verdict, Postponed):
            self.waiting, self.hops = self.waiting - 1, 0
        self.path.append(hop_of(self.system.names[index], event, done.verdict))
        self.collect(index, done)
        return done.verdict

    def collect(self, index: int, done: AnyStep, stale: int | None = None) -> None:
        """Keep a member's step: its snapshot, its signals as further deliveries, the rest for the driver."""
        name = self.system.names[index]
        self.members[index] = done.snapshot
        tickets = iter([each.ticket for each in done.issued if each.effect is not None])
        answering = self.system.members[index].folded.answering
        for effect in done.effects:
            if isinstance(effect, Signal):
                self.route(name, effect)
            else:
                self.orders.append(ordered(name, effect, next(tickets, None) if type(effect) in answering else stale))
        self.armed += (Armed(name, each) for each in done.issued if each.delay is not None)
        self.ended += ((name, ticket) for ticket in done.ended)

    def route(self, name: str, signal: Signal) -> None:
        """Queue a signal for those who receive it."""
        if (name, type(signal)) not in self.system.routes:
            unwired = LookupError(f"{name} made {type(signal).__name__}, which no maker's return annotation names")
            raise BrokenWiring(type(signal).__name__, unwired)
        for line in self.system.routes[name, type(signal)]:
            if line.target is None or line.make is None:
                self.published.append(signal)
            else:
                self.queue.append((self.system.index(line.target.name), _asked(line.make, signal)))

    def result(self, verdict: Verdict) -> Transaction:
        """Say what the transaction comes to; tickets that did not outlive it are left out."""
        after = SystemSnapshot(self.system.names, tuple(self.members), tuple(self.facts))
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


def _asked(function: Callable[..., object], argument: object) -> object:
    try:
        return function(argument)
    except Exception as error:
        raise BrokenWiring(str(getattr(function, "__name__", function)), error) from error


def _tickets(snapshot: SystemSnapshot) -> set[tuple[str, Ticket]]:
    pairs = zip(snapshot.names, snapshot.members, strict=True)
    return {(name, ticket) for name, member in pairs for ticket in member.tickets}
