"""Alone: the space of one machine, made by the real `step`, one step for every move from every place."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import partial
from itertools import chain

from attrs import evolve

from statekit.check.alphabet import Alphabet, Try, resolved
from statekit.check.canonical import Local, Places, canonical, older, with_each
from statekit.check.model import Model, Thresholds
from statekit.check.overlap import Overlaps
from statekit.check.quantified import Numbers, numbers, replaced
from statekit.check.report import Finding
from statekit.check.seen import Move, Seen
from statekit.check.space import FAULTY, Record
from statekit.check.spacing import not_compared, spaced_alike
from statekit.check.watch import asked
from statekit.machine import Definition
from statekit.snapshot import AnySnapshot, AnyStep, Stimulus
from statekit.step import advance, launch, retry, stepped
from statekit.transaction import Hop
from statekit.verdicts import Postponed, Stale

NOTHING: frozenset[object] = frozenset()


class Alone:
    """The space of a model of one machine."""

    def __init__(self, model: Model, definition: Definition, thresholds: Thresholds, *, labelled: bool) -> None:
        """Lay out an empty space; `labelled` says whether the labels of moves are wanted."""
        self.model = model
        self.definition = definition
        self.thresholds = thresholds
        self.labelled = labelled
        self.record: Record = Record(model)
        self.bits: int = self.record.watch.bits
        self.places: Places = Places(definition, thresholds.values_max, thresholds.ages_seconds)
        self.overlaps: Overlaps = Overlaps(definition)
        self.alphabet: Alphabet = Alphabet(model, definition, frozenset(model.internal), thresholds.ages_seconds)

    def start(self, contexts: Mapping[str, object]) -> int:
        """See `Space.start`."""
        context = contexts.get(self.definition.name, self.definition.context)
        done = self.record.covered.call(launch, self.definition, context)
        return self._landed(None, done, None, self.record.watch.remembered(0))

    def edges(self, place: int) -> tuple[list[int], list[int]]:
        """See `Space.edges`."""
        record, definition = self.record, self.definition
        local = self.places.nodes[place >> self.bits]
        before, watching, labelled = local.snapshot, record.watch.on, self.labelled
        tries, pending, rivals = self.tries(place, local), record.covered.pending, self.overlaps.rivals
        ranked = self.places.ranked
        record.edges += len(tries)
        record.steps += len(tries)
        targets: list[int] = []
        labels: list[int] = []
        for each in tries:
            start = self._later(before, each)
            if pending and (before.postponed or record.covered.wants(definition, before.state, each.key)):
                done = record.covered.call(stepped, definition, start, each.stimulus)
            else:
                done = stepped(definition, start, each.stimulus)
            if (cell := (start.state, each.key)) in rivals and not each.move.stale:
                self.overlaps.look(cell, start.context, each.move.event)
            if (
                ranked
                and not each.move.stale
                and not spaced_alike(definition, start, each.stimulus, done, self.places.keys)
            ):
                raise not_compared(self.model, definition, before, each.move)
            if done.verdict.__class__ in FAULTY or len(done.path) > 1:
                self._inspect(place, before, each, done)
            if done.snapshot is before and each.opens is None and not watching:
                continue
            target = self._target(place, local, each, done)
            label = self._label(local, done, each) if labelled else 0
            if target >= 0 and (target != place or label):
                targets.append(target)
                labels.append(label)
        return targets, labels

    def tries(self, place: int, local: Local) -> tuple[Try, ...]:
        """Give what may come next in a place."""
        tries = self.alphabet.tries(local, self.numbers(place), local.snapshot)
        outside = self.record.watch.outside(place)
        if outside is None:
            return tries
        offers = asked(self.model, "environment", outside.offers, local.snapshot)
        return (*tries, *(self._offered(local, move) for move in offers))

    def _offered(self, local: Local, move: Move) -> Try:
        return resolved(self.definition, local, evolve(move, member=self.definition.name))

    def moves(self, place: int) -> Iterator[tuple[Move, int, int]]:
        """See `Space.moves`."""
        local = self.places.nodes[place >> self.bits]
        for each in self.tries(place, local):
            done = stepped(self.definition, self._later(local.snapshot, each), each.stimulus)
            yield each.move, self._target(place, local, each, done), self._label(local, done, each)

    def numbers(self, place: int) -> Numbers:
        """See `Space.numbers`."""
        return (*self.places.nodes[place >> self.bits].numbers, *self.record.watch.numbers(place))

    def judged(self, function: Callable[..., bool], code: str) -> Callable[[int], bool]:
        """See `Space.judged`."""
        nodes, bits, ask = self.places.nodes, self.bits, partial(asked, self.model, code, function)
        return lambda place: bool(ask(nodes[place >> bits].snapshot))

    def owed(self, place: int) -> frozenset[object]:
        """See `Space.owed`."""
        return owed(self.definition.name, self.places.nodes[place >> self.bits])

    def findings(self) -> tuple[Finding, ...]:
        """See `Space.findings`."""
        return tuple(self.overlaps.found.values())

    def _later(self, before: AnySnapshot, each: Try) -> AnySnapshot:
        seconds = each.move.after_seconds
        return with_each(before, older(seconds), self.places.keys) if seconds else before

    def _target(self, place: int, local: Local, each: Try, done: AnyStep) -> int:
        """Number the place that a step leads to; -1 if too much is postponed there."""
        if len(done.snapshot.postponed) > self.thresholds.postponed_max:
            self.record.cut = True
            return -1
        remembered: list[Hashable] = []
        if self.record.watch.on:
            before = self._later(local.snapshot, each)
            hops = tuple(hops_of(self.definition, before, each.stimulus, done))
            seen = Seen[object](before, each.move, done.snapshot, done.verdict, done.effects, (), hops)
            remembered = self.record.look(place, seen)
        opened = None if isinstance(done.verdict, Stale) else each.opens
        if done.snapshot is local.snapshot and opened is None and remembered == self.record.watch.remembered(place):
            return place
        return self._landed(local, done, opened, remembered)

    def _landed(self, local: Local | None, done: AnyStep, opened: int | None, remembered: list[Hashable]) -> int:
        after = done.snapshot
        if self.places.marks or remembered:
            found = self.places.quantities(after)
            if remembered:
                found = (*found, *chain.from_iterable(map(numbers, remembered)))
            replace = canonical(found, self.places.age_max) if found else None
            if replace is not None:
                after = with_each(after, replace, self.places.keys)
                remembered = [replaced(memory, replace) for memory in remembered]
        number = self.places.place(after, self.places.awaits(local, after, done.issued, opened))
        return number << self.bits | self.record.watch.packed(remembered) if remembered else number << self.bits

    def _label(self, local: Local, done: AnyStep, each: Try) -> int:
        return self.record.labels.number(each.answers, lost(self.definition.name, local, done, each.opens))

    def _inspect(self, place: int, before: AnySnapshot, each: Try, done: AnyStep) -> None:
        state = before.state
        for hop in hops_of(self.definition, before, each.stimulus, done):
            self.record.inspect(place, each.move, self.definition, state.name, hop)
            state = getattr(hop.verdict, "target", state)


def lost(member: str, before: Local, done: AnyStep, opens: int | None) -> frozenset[object]:
    """Give what a step rids a member of that was owed: it came, it is over, or it was begun anew."""
    if done.snapshot.tickets is before.snapshot.tickets and opens is None:
        return NOTHING
    kept = {ticket.number for ticket in done.snapshot.tickets} - {opens}
    return frozenset(
        (member, each.name, each.key) for at, each in enumerate(before.awaits) if not each.opened and at + 1 not in kept
    )


def owed(member: str, local: Local) -> frozenset[object]:
    """Give what is owed to a member in a place."""
    return frozenset((member, each.name, each.key) for each in local.awaits if not each.opened)


def hops_of(definition: Definition, before: AnySnapshot, stimulus: Stimulus[object], done: AnyStep) -> Iterator[Hop]:
    """Tell a step's path with its events: the stimulus, then the postponed ones in the order they were tried."""
    yield Hop(definition.name, stimulus.event, done.verdict)
    if len(done.path) == 1:
        return
    now, at = advance(definition, before, stimulus), 0
    while at < len(now.snapshot.postponed):
        event = now.snapshot.postponed[at]
        now = retry(definition, now.snapshot, at)
        yield Hop(definition.name, event, now.verdict)
        at = 0 if now.moved else at + isinstance(now.verdict, Postponed)
