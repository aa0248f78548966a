"""Product: the space of a system, made by the real `System.step`, as seldom as can be.

Theory. What a transaction does depends on the members that it steps, and on what its facts look at. So it is made for
real once for each of the places that these members are in together, and everywhere else it is a number to add. A move
in which only its own member has a say comes to one number for each of that member's places. Derived facts look at many
members, but mostly nothing has changed when they are asked; so a transaction in which no fact changed is remembered by
the members that it stepped, and holds wherever the facts are found unchanged after it, each fact being remembered
itself by what it looks at. Where one did change, the members that the facts looked at count too. Every so often a place
is worked off for real all the same, and compared.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from attrs import evolve

from statekit.check.alone import owed
from statekit.check.alphabet import Alphabet, Try, resolved
from statekit.check.model import Model, Thresholds
from statekit.check.packing import Field, Packing
from statekit.check.plan import NOTHING, Known, Made, Open, Plan
from statekit.check.quantified import Mark, Numbers
from statekit.check.reading import Remembered
from statekit.check.report import Finding
from statekit.check.seen import Move
from statekit.check.space import Record
from statekit.check.transacting import Transacting, internal_to
from statekit.check.watch import WIDTH, asked
from statekit.errors import MalformedModel
from statekit.quantities import Quantity
from statekit.system import System

SAMPLED = 1000
"""One place in so many, at random, is worked off for real though its moves are known."""


class Product:
    """The space of a model of a system."""

    def __init__(self, model: Model, system: System, thresholds: Thresholds, *, labelled: bool) -> None:
        """Lay out an empty space; `labelled` says whether the labels of moves are wanted."""
        self.model = model
        self.system = system
        self.thresholds = thresholds
        self.record: Record = Record(model)
        self.packing: Packing = Packing(model, system, thresholds, self.record.watch.bits)
        self.transacting: Transacting = Transacting(self.packing, self.record, thresholds, system, labelled=labelled)
        ages = thresholds.ages_seconds
        self.alphabets: dict[str, Alphabet] = {
            name: Alphabet(model, each, frozenset(model.internal) | internal_to(system, name), ages)
            for name, each in self.packing.definitions.items()
        }
        self.plans: dict[str, dict[int, Plan]] = {}
        self.late: dict[Move, Known] = {}
        self.outside: dict[int, tuple[Open, ...]] = {}
        self.outside_mask: int = self.packing.base
        self.domains: dict[tuple[int, str], int] = {}
        self.looked: dict[str, int] = {}
        self.fact_masks: tuple[int, ...] = ()
        self.chance: random.Random = random.Random(0)

    def start(self, contexts: Mapping[str, object]) -> int:
        """See `Space.start`."""
        return self.transacting.begin(self.record.covered.call(self.system.start, contexts))

    # ------------------------------------------------------------------------------------------------------ the edges
    def edges(self, place: int) -> tuple[list[int], list[int]]:
        """See `Space.edges`."""
        self._ask_facts(place)
        targets: list[int] = []
        labels: list[int] = []
        doubted = self.chance.random() * SAMPLED < 1
        for member in self.packing.here(place):
            plans = self.plans.setdefault(member.name, {})
            plan = plans.get(place & self._base(place, member)) or self._plan(place, member)
            self.record.edges += plan.count
            targets += [place + delta for delta in plan.deltas]
            labels += plan.labels
            for each in plan.open:
                self._follow(place, each, targets, labels)
            if doubted:
                known = ((each, each.known(place) or NOTHING) for each in plan.open)
                self._doubt(place, (*plan.settled, *known))
        if self.model.environment is not None:
            offered = self._offered(place)
            self.record.edges += len(offered)
            for each in offered:
                self._follow(place, each, targets, labels)
        return targets, labels

    def _follow(self, place: int, each: Open, targets: list[int], labels: list[int]) -> None:
        made = each.known(place)
        if made is None:
            made = self._make(place, each)
        if made.delta or made.label:
            targets.append(place + made.delta)
            labels.append(made.label)

    def _make(self, place: int, each: Open) -> Made:
        outcome = self.transacting.make(place, each.member, each.each)
        self.record.steps += 1
        each.note(place, outcome)
        each.facts = tuple(fact for fact in self.packing.facts if fact.mask & each.touched)
        return outcome.made

    def _ask_facts(self, place: int) -> None:
        """Ask every fact, so that what it looks at is known; all plans are made anew where that is more than it was."""
        for fact in self.packing.facts:
            fact(place)
        masks = tuple(fact.mask for fact in self.packing.facts)
        if masks != self.fact_masks:  # it may also have grown since, when a fact was asked of where a move leads
            self.fact_masks = masks
            self.plans.clear()
            self.outside.clear()

    def _plan(self, place: int, member: Field) -> Plan:
        """Make all the moves of a member from a place, and tell those apart in which nobody else has a say."""
        tries = self._tries(place, member)
        base = self._base(place, member)
        settled: list[tuple[Open, Made]] = []
        opened: list[Open] = []
        for each in tries:
            move = Open(member, each)
            made = self._too_late(place, move) if each.move.stale else self._make(place, move)
            if move.loud.table or move.facts or move.quiet.mask & ~base:
                opened.append(move)
            else:
                settled.append((move, made))
        fixed = tuple(dict.fromkeys(made for _, made in settled if made != NOTHING))
        deltas, labels = tuple(made.delta for made in fixed), tuple(made.label for made in fixed)
        plan = Plan(len(tries), deltas, labels, tuple(settled), tuple(opened))
        self.plans.setdefault(member.name, {})[place & base] = plan
        return plan

    def _too_late(self, place: int, move: Open) -> Made:
        """Make what comes too late once for all places where those who look on look at the same: else it is alike."""
        try:
            known = self.late.setdefault(move.each.move, Known())
        except TypeError:  # an event that cannot be hashed is no mistake
            return self._make(place, move)
        made = known.table.get(place & known.mask)
        if made is None:
            made = self._make(place, move)
            known.note(place, move.quiet.mask, made)
        move.quiet.mask |= known.mask
        return made

    def _base(self, place: int, member: Field) -> int:
        """Give the bits on which the moves of a member depend: whose they are, and whose ordinals its events bear."""
        key = (place >> self.packing.names_shift & ((1 << WIDTH) - 1), member.name)
        base = self.domains.get(key)
        if base is None:
            marks = self.alphabets[self.packing.definition(member.name).name].ordinals
            base = self.packing.base | member.mask | self.looked.get(member.name, 0)
            for each in self.packing.here(place):
                if each.places.marks & marks:
                    base |= each.mask
            self.domains[key] = base
        return base

    def _tries(self, place: int, member: Field) -> tuple[Try, ...]:
        alphabet = self.alphabets[self.packing.definition(member.name).name]
        reading = self.packing.reading(place)
        tries = alphabet.tries(member.local(place), self._numbers(place, alphabet.ordinals), reading)
        mask = self.packing.mask_of(reading.seen)
        if mask & ~self._base(place, member):
            self.looked[member.name] = self.looked.get(member.name, 0) | mask
            self.domains.clear()
            self.plans.pop(member.name, None)
        return tuple(evolve(each, move=evolve(each.move, member=member.name)) for each in tries)

    def _numbers(self, place: int, marks: frozenset[Mark]) -> Numbers:
        here = (each for each in self.packing.here(place) if each.places.marks & marks)
        found = chain(self.record.watch.numbers(place), *(each.local(place).numbers for each in here))
        return tuple((mark, number) for mark, number in found if mark in marks and mark.quantity is Quantity.ORDINAL)

    def _offered(self, place: int) -> tuple[Open, ...]:
        """Give what the environment offers in a place; it is asked once for all in which it looks at the same."""
        known = self.outside.get(place & self.outside_mask)
        if known is not None:
            return known
        reading = self.packing.reading(place)
        environment = self.record.watch.outside(place)
        offers = () if environment is None else tuple(asked(self.model, "environment", environment.offers, reading))
        mask = self.packing.base | self.packing.mask_of({*reading.seen, *(move.member for move in offers)})
        if mask & ~self.outside_mask:
            self.outside_mask |= mask
            self.outside.clear()
        made = tuple(self._resolved(place, move) for move in offers)
        self.outside[place & self.outside_mask] = made
        return made

    def _resolved(self, place: int, move: Move) -> Open:
        member = self.packing.fields[move.member]
        definition = self.packing.definition(move.member)
        return Open(member, resolved(definition, member.local(place), move))

    def _doubt(self, place: int, moves: Iterable[tuple[Open, Made]]) -> None:
        """Make moves for real whose outcome is known, and compare."""
        for move, known in moves:
            made = self.transacting.make(place, move.member, move.each).made
            self.record.verified += 1
            if made != known:
                raise MalformedModel(
                    self.model.name,
                    f"{move.each.move} came to something else when it was made again: a function of a table, of the "
                    f"wiring or of a property is not pure, or does not look at members by its View",
                )

    # ----------------------------------------------------------------------------------------------------- the others
    def moves(self, place: int) -> Iterator[tuple[Move, int, int]]:
        """See `Space.moves`."""
        self._ask_facts(place)
        opened = [Open(member, each) for member in self.packing.here(place) for each in self._tries(place, member)]
        if self.model.environment is not None:
            opened += self._offered(place)
        for each in opened:
            made = self.transacting.make(place, each.member, each.each).made
            yield each.each.move, place + made.delta, made.label

    def numbers(self, place: int) -> Numbers:
        """See `Space.numbers`."""
        here = (each.local(place).numbers for each in self.packing.here(place))
        return (*chain.from_iterable(here), *self.record.watch.numbers(place))

    def judged(self, function: Callable[..., bool], code: str) -> Callable[[int], bool]:
        """See `Space.judged`."""
        remembered = Remembered(self.packing, function, code)
        return lambda place: bool(remembered(place))

    def owed(self, place: int) -> frozenset[object]:
        """See `Space.owed`."""
        return frozenset[object]().union(*(owed(each.name, each.local(place)) for each in self.packing.here(place)))

    def findings(self) -> tuple[Finding, ...]:
        """See `Space.findings`: what is noticed of a machine is noticed when it is explored alone."""
        return ()
