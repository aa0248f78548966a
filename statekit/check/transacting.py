"""Transacting: one transaction of a system made for real, and what came of it written as numbers."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from itertools import chain
from typing import get_type_hints

from attrs import evolve

from statekit.check.alphabet import Try
from statekit.check.canonical import Local, canonical, older, quantities, with_each
from statekit.check.model import Thresholds
from statekit.check.packing import Field, Packing
from statekit.check.plan import Made, Outcome
from statekit.check.quantified import Mark, numbers, replaced
from statekit.check.reading import Reading, Traced
from statekit.check.seen import Seen
from statekit.check.space import FAULTY, Record
from statekit.check.spacing import not_compared, transacted_alike
from statekit.check.watch import MASK
from statekit.draft import classes_in
from statekit.effects import Signal
from statekit.errors import Livelock
from statekit.quantities import Quantity
from statekit.snapshot import AnySnapshot, Issued
from statekit.system import System
from statekit.transaction import SystemSnapshot, Transaction
from statekit.verdicts import Broken, Stale


class Transacting:
    """The transactions of one system."""

    def __init__(
        self, packing: Packing, record: Record, thresholds: Thresholds, system: System, *, labelled: bool
    ) -> None:
        """Make a copy of the system that takes notes."""
        self.packing = packing
        self.record = record
        self.thresholds = thresholds
        self.age_max: float = max(thresholds.ages_seconds, default=0.0)
        self.labelled = labelled
        self.system = system
        self.traced: Traced = Traced(system, record.covered)
        self.alike: Counter[object] = Counter()

    def begin(self, started: Transaction) -> int:
        """Number the place that a system starts in."""
        snapshot = started.snapshot
        self.packing.begin(snapshot)
        after = dict(zip(snapshot.names, snapshot.members, strict=True))
        found = chain.from_iterable(quantities(each, self._keys(name)) for name, each in after.items())
        replace = canonical(tuple(found), self.age_max)
        if replace is not None:
            after = {name: with_each(each, replace, self._keys(name)) for name, each in after.items()}
        remembered = self.record.watch.remembered(0)
        return self._packed({}, after, started, None) | self.record.watch.packed(remembered)

    def make(self, place: int, member: Field, each: Try) -> Outcome:
        """Make one move from a place."""
        before = self.packing.snapshot(place)
        start, dated = self._later(before, each.move.after_seconds)
        self.traced.begin(before, self.packing.looked_at(place))
        try:
            done = self.traced.system.step(start, member.name, each.stimulus)
        except Livelock as error:
            self.record.faults.setdefault(f"{error}: break the circle", (place, each.move))
            return Outcome(Made(0, 0), -1, 0, loud=True)
        self._inspect(place, start, each, done)
        names = {member.name, *dated, *(hop.member for hop in done.path)}
        if (
            not each.move.stale
            and self._ranked(names)
            and self._is_compared(done)
            and not self._spaced_alike(start, each, done)
        ):
            definition = self.packing.definition(member.name)
            raise not_compared(self.packing.model, definition, member.local(place).snapshot, each.move)
        read, loud = self._facts(names, before)
        remembered, looked = self._watched(place, start, each, done)
        after = dict(zip(done.snapshot.names, done.snapshot.members, strict=True))
        if any(len(snapshot.postponed) > self.thresholds.postponed_max for snapshot in after.values()):
            self.record.cut = True
            target, label = place, 0
        else:
            locals_before = {field.name: field.local(place) for field in self.packing.here(place)}
            involved, replace = self._ranks(before, after, names, remembered, place)
            names |= involved
            if replace is not None:
                after |= {name: with_each(after[name], replace, self._keys(name)) for name in names if name in after}
                remembered = [replaced(memory, replace) for memory in remembered]
            opened = (member.name, each.opens) if each.opens and not isinstance(done.verdict, Stale) else None
            label = self._label(each, done, locals_before, opened) if self.labelled else 0
            target = self._target(place, locals_before, after, names, done, opened)
            if remembered:
                low = (1 << self.record.watch.bits) - 1
                target = target & ~low | self.record.watch.packed(remembered)
        if isinstance(done.verdict, Stale) and not dated and not remembered:
            names.clear()  # what comes too late comes to the same wherever its member is
        present = {name for name in (*names, *read, *looked) if name in self.packing.fields}
        mask = self.packing.mask_of(present) | self.packing.base
        return Outcome(Made(target - place, label), mask, self._touched(place, target), loud)

    def _keys(self, name: str) -> Mapping[str, object]:
        return self.packing.places_of(name).keys

    def _later(self, before: SystemSnapshot, seconds: float) -> tuple[SystemSnapshot, set[str]]:
        if not seconds:
            return before, set()
        dated = {
            name
            for name in before.names
            if any(mark.quantity is Quantity.INSTANT for mark in self.packing.fields[name].places.marks)
        }
        pairs = zip(before.names, before.members, strict=True)
        members = tuple(
            with_each(each, older(seconds), self._keys(name)) if name in dated else each for name, each in pairs
        )
        return evolve(before, members=members), dated

    def _ranked(self, stepped: set[str]) -> bool:
        """Tell whether ordinals may have a part in a transaction: somebody holds some who was stepped or looked at."""
        asked = set[str]().union(stepped, *self.traced.read.values())
        return any(self.packing.places_of(name).ranked for name in asked)

    def _is_compared(self, done: Transaction) -> bool:
        """Tell whether a transaction is compared with itself among other ordinals: the 1st, 2nd, 4th ... of its kind.

        What a member does with ordinals shows when it is explored alone; here it is about wiring and facts.
        """
        rows = tuple((hop.member, type(hop.event), getattr(hop.verdict, "row", type(hop.verdict))) for hop in done.path)
        self.alike[rows] += 1
        return self.alike[rows].bit_count() == 1

    def _spaced_alike(self, start: SystemSnapshot, each: Try, done: Transaction) -> bool:
        return transacted_alike(self.system, start, each.move.member, each.stimulus, done, self._keys)

    def _facts(self, stepped: set[str], before: SystemSnapshot) -> tuple[set[str], bool]:
        """Give whom the facts looked at that count, and whether one of them changed."""
        loud = any(value != before.facts[at] for at, value in self.traced.values)
        return set[str]().union(*(read for read in self.traced.read.values() if loud and read & stepped)), loud

    def _watched(
        self, place: int, before: SystemSnapshot, each: Try, done: Transaction
    ) -> tuple[list[Hashable], set[str]]:
        """Let the onlookers look; gives what they remember, and at whom they looked."""
        if not self.record.watch.on:
            return [], set()
        published = [each for each in done.published if not any(each is sent for sent in self.traced.signals)]
        signals: tuple[Signal, ...] = (*self.traced.signals, *published)
        effects = tuple(order.effect for order in done.orders)
        first, last = Reading(before, lambda: before.facts), Reading(done.snapshot, lambda: done.snapshot.facts)
        seen = Seen[object](first, each.move, last, done.verdict, effects, signals, done.path)
        return self.record.look(place, seen), first.seen | last.seen

    def _ranks(
        self,
        before: SystemSnapshot,
        after: Mapping[str, AnySnapshot],
        names: set[str],
        remembered: list[Hashable],
        place: int,
    ) -> tuple[set[str], Callable[[Mark, float], float] | None]:
        """Give how ordinals and instants become canonical again, and who holds ordinals of which some have changed."""
        old = dict(zip(before.names, before.members, strict=True))
        bearing = [name for name in names if self.packing.places_of(name).marks]
        was = {pair for name in bearing if name in old for pair in quantities(old[name], self._keys(name))}
        now = {pair for name in bearing if name in after for pair in quantities(after[name], self._keys(name))}
        memories = self.record.watch.remembered(place) if remembered else []
        was |= {pair for each in memories for pair in numbers(each)}
        now |= {pair for each in remembered for pair in numbers(each)}
        dirty = {mark for mark, _ in was ^ now if mark.quantity is Quantity.ORDINAL}
        involved = {name for name in after if dirty & self.packing.places_of(name).marks}
        found = {pair for pair in now if pair[0].quantity is Quantity.INSTANT}
        found |= {pair for name in involved for pair in quantities(after[name], self._keys(name)) if pair[0] in dirty}
        found |= {pair for each in remembered for pair in numbers(each) if pair[0] in dirty}
        return involved, canonical(tuple(sorted(found, key=repr)), self.age_max) if found else None

    def _target(
        self,
        place: int,
        before: Mapping[str, Local],
        after: Mapping[str, AnySnapshot],
        names: set[str],
        done: Transaction,
        opened: tuple[str, int] | None,
    ) -> int:
        """Number the place that a transaction led to, but for what the onlookers remember."""
        changed = {name: after[name] for name in names if name in after}
        present = done.snapshot.names
        target = place
        for name in names - after.keys():
            target &= ~self.packing.fields[name].mask
        target = target & ~(MASK << self.packing.names_shift) | self.packing.present_in(present)
        for name in changed:
            target &= ~self.packing.fields[name].mask
        return target | self._packed(before, changed, done, opened)

    def _packed(
        self,
        before: Mapping[str, Local],
        after: Mapping[str, AnySnapshot],
        done: Transaction,
        opened: tuple[str, int] | None,
    ) -> int:
        """Pack the places of some members, and which members there are."""
        packed = self.packing.present_in(done.snapshot.names)
        issued: dict[str, list[Issued[object]]] = {}
        for armed in done.armed:
            issued.setdefault(armed.member, []).append(armed.issued)
        for name, snapshot in after.items():
            field = self.packing.fields[name]
            opens = opened[1] if opened is not None and opened[0] == name else None
            awaits = field.places.awaits(before.get(name), snapshot, issued.get(name, ()), opens)
            packed |= field.places.place(snapshot, awaits) << field.shift
        return packed

    def _touched(self, place: int, target: int) -> int:
        """Give the bits of all that is not what it was."""
        changed, touched = place ^ target, 0
        for field in self.packing.fields.values():
            if changed & field.mask:
                touched |= field.mask
        return touched | changed & MASK << self.packing.names_shift

    def _label(self, each: Try, done: Transaction, before: Mapping[str, Local], opened: tuple[str, int] | None) -> int:
        kept = {
            (name, ticket.number)
            for name, member in zip(done.snapshot.names, done.snapshot.members, strict=True)
            for ticket in member.tickets
        } - {opened}
        lost = frozenset(
            (name, awaited.name, awaited.key)
            for name, local in before.items()
            for at, awaited in enumerate(local.awaits)
            if not awaited.opened and (name, at + 1) not in kept
        )
        return self.record.labels.number(each.answers, lost)

    def _inspect(self, place: int, before: SystemSnapshot, each: Try, done: Transaction) -> None:
        if not isinstance(done.verdict, FAULTY) and not any(isinstance(hop.verdict, FAULTY) for hop in done.path):
            return
        states = {name: member.state for name, member in zip(before.names, before.members, strict=True)}
        for hop in done.path:
            definition = self.packing.definition(hop.member)
            state = states.get(hop.member, definition.initial)
            self.record.inspect(place, each.move, definition, state.name, hop)
            states[hop.member] = getattr(hop.verdict, "target", state)
        if isinstance(done.verdict, Broken) and not any(hop.verdict is done.verdict for hop in done.path):
            name = self.packing.model.name
            sentence = f"{name}: the wiring is {done.verdict}: mend {done.verdict.function}"
            self.record.faults.setdefault(sentence, (place, each.move))


def internal_to(system: System, name: str) -> frozenset[type]:
    """List the event classes that a member receives from inside its system."""
    made = [line.make for line in system.wiring if line.target is not None and line.target.name == name]
    made += [each.make for each in system.derived if each.target.name == name]
    return frozenset(
        event for make in made if make is not None for event in classes_in(get_type_hints(make).get("return"))
    )
