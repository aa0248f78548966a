"""System: several machines wired together; one stimulus is one transaction, and pure.

What a transaction is stands in `statekit.work`. Here is what is fast: one member answers, nothing follows from it, and
what was found once is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from attrs import Factory, evolve, field, frozen

from statekit.errors import MalformedSystem
from statekit.interned import Interned, Memo
from statekit.keyed import InstanceKey, Keyed, Seed, address
from statekit.machine import Definition
from statekit.plan import Plan, faults, misplaced
from statekit.snapshot import AnyStep, Stimulus
from statekit.step import launch, stepped
from statekit.transaction import (
    SYSTEM_SNAPSHOT,
    TRANSACTION,
    Lone,
    OpenSystemSnapshot,
    SystemSnapshot,
    Transaction,
    lone_of,
    system_snapshot_of,
)
from statekit.verdicts import Broken
from statekit.wiring import Derived, Wire
from statekit.work import Work


def flat(lines: Iterable[Wire | tuple[Wire, ...]]) -> tuple[Wire, ...]:
    """Lay out a wiring whose lines may be single wires or, from `publish`, several; what is none `misplaced` tells."""
    if not isinstance(cast("object", lines), Iterable):
        return cast("tuple[Wire, ...]", lines)
    return tuple(wire for line in lines for wire in (line if isinstance(line, tuple) else (line,)))


def _plan(system: System) -> Plan:
    parts = system.declared, system.wiring, system.derived
    if found := list(misplaced(*parts)) or list(faults(*parts)):
        raise MalformedSystem(system.name, found)
    return Plan(system.name, system.declared, system.wiring, system.derived)


def _members(system: System) -> tuple[Definition, ...]:
    plan = system.plan
    return (*plan.members.values(), *(each.definition for each in plan.keyed.values()))


def _places(system: System) -> Mapping[str, int]:
    return {name: at for at, name in enumerate(system.plan.names)}


@frozen(eq=False, repr=False)
class System:
    """Machines wired together, checked when it is built.

    `members` are given in their order, those of which there is an instance for each key by `keyed(...)`; the attribute
    has the machines alone, keyed ones last. Raises `MalformedSystem`, listing every signal that nobody receives, every
    wire that cannot carry anything and every mistake about keys.
    """

    name: str
    declared: tuple[Definition | Keyed, ...] = field(alias="members")
    wiring: tuple[Wire, ...] = field(default=(), converter=flat)
    derived: tuple[Derived, ...] = ()
    doc: str = ""
    plan: Plan = field(init=False, default=Factory(_plan, takes_self=True))
    members: tuple[Definition, ...] = field(init=False, default=Factory(_members, takes_self=True))
    places: Mapping[str, int] = field(init=False, default=Factory(_places, takes_self=True))
    lone: dict[int, Lone] = field(init=False, factory=dict[int, Lone])
    snapshots: Interned[object] = field(init=False, factory=Interned[object])

    def __repr__(self) -> str:
        """Say which system it is, and of what."""
        return f"<System {self.name}: {', '.join(self.plan.known())}>"

    @property
    def names(self) -> tuple[str, ...]:
        """The members' names, in their order."""
        return tuple(member.name for member in self.members)

    def address(self, member: Definition | str, key: InstanceKey | None = None) -> str:
        """Give the name under which `step` knows a member, for a keyed one its instance of `key`, there or not.

        A text is a name, or an address already. Raises `UnknownMember`, also for a keyed member without a key and for
        an address in another spelling than this gives.
        """
        name = member if isinstance(member, str) else member.name
        found = name if key is None else address(name, key)
        self.plan.addressed(found)
        return found

    def start(self, contexts: Mapping[str, object] | None = None) -> Transaction:
        """Start every member in the order they are listed, with the given contexts or their own.

        The context of a keyed member is what `keyed(context=...)` makes an instance's own; it has no instance yet but
        those that a context is given for under their addresses, which begin with that. What a function of a table or of
        the wiring raises is raised, as there is nothing yet to leave untouched. Raises `UnknownMember`.
        """
        given = contexts or {}
        instances = sorted(set(given) - set(self.names), key=self._order)
        names = (*self.plan.names, *instances)
        members = {name: self.plan.definition(name) for name in names}
        steps = [launch(member, given.get(name, member.context)) for name, member in members.items()]
        facts = tuple(derived.initially for derived in self.derived)
        keyed = ((name, each.definition.context) for name, each in self.plan.keyed.items())
        seeds = tuple(Seed(name, given.get(name, context)) for name, context in keyed)
        before = SystemSnapshot(names, tuple(evolve(done.snapshot, tickets=()) for done in steps), facts, seeds)
        work = Work(self.plan, before)
        started = work.run(lambda: work.begin(zip(names, steps, strict=True)))
        if isinstance(started.verdict, Broken):
            raise started.verdict.exception
        return started

    def _order(self, name: str) -> tuple[int, tuple[bool, int, str]]:
        """Tell where an instance stands among all; raises `UnknownMember` for what is no address."""
        self.plan.addressed(name)
        return self.plan.order(name)

    def step(self, snapshot: SystemSnapshot, member: str, stimulus: Stimulus[object]) -> Transaction:
        """Answer one stimulus for one member, and everything that follows from it; pure.

        `member` is its name, or an instance's address (see `address`). What reaches an instance that does not exist is
        `Unhandled(absent=True)`, or `Stale` if it is a timer's event or an answer. Raises `UnknownMember`, and
        `Livelock` if what follows has no end.
        """
        key = type(stimulus.event)
        memo = snapshot.memo
        if memo is not None and memo.owner is self and (known := memo.known.get((member, key))) is not None:
            return known
        at = self.places.get(member)
        if at is None:
            self.plan.addressed(member)
            return self._worked_out(snapshot, member, stimulus, None)
        before = snapshot.members[at]
        if before.postponed:
            return self._worked_out(snapshot, member, stimulus, None)
        # The fast path: one member answers, and nothing follows from it. It could be left out.
        done = stepped(self.members[at], before, stimulus)
        lone, after = self.lone.get(id(done.verdict)), done.snapshot
        if done.issued or done.ended or (self.derived and after is not before):
            return self._worked_out(snapshot, member, stimulus, done)
        if lone is None or lone.effects is not done.effects:
            lone = lone_of(member, done, stimulus.event)
            if lone is None:
                return self._worked_out(snapshot, member, stimulus, done)
            if not key.__dict__.get("__attrs_attrs__", True):  # its own, not its base's
                self.lone[id(lone.verdict)] = lone  # all events of the class are the same
        whole: SystemSnapshot | OpenSystemSnapshot = snapshot
        if after is not before:
            members = [*snapshot.members]
            members[at] = after
            whole = SYSTEM_SNAPSHOT()
            whole.names, whole.members = snapshot.names, tuple(members)
            whole.facts, whole.seeds, whole.memo = snapshot.facts, snapshot.seeds, None
            whole.__class__ = SystemSnapshot  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
        made = TRANSACTION()
        made.snapshot, made.verdict = whole, lone.verdict
        made.path, made.orders = lone.path, lone.orders
        made.published, made.armed, made.ended = (), (), ()
        made.__class__ = Transaction  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
        if before.memo is not None:
            return self._remembered(snapshot, at, key, done, cast("Transaction", made))
        return made  # type: ignore[return-value]  # pyright: ignore[reportReturnType]

    def _worked_out(
        self, snapshot: SystemSnapshot, member: str, stimulus: Stimulus[object], done: AnyStep | None
    ) -> Transaction:
        """Answer a stimulus the long way, see `step`; `done` is the member's own step, if it is known."""
        work = Work(self.plan, snapshot)
        return work.run(lambda: work.deliver(member, stimulus, done))

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
        fresh = system_snapshot_of(snapshot.names, snapshot.members, snapshot.facts, snapshot.seeds, Memo(self))
        # Which instances there are is told by the names; every kept snapshot keeps its names and seeds alive.
        seen = (*map(id, snapshot.members), id(snapshot.names), *map(id, snapshot.seeds))
        kept = self.snapshots.one((*seen, snapshot.facts), fresh)
        return snapshot if kept is None else cast("SystemSnapshot", kept)
