"""Packing: all that a place of a system consists of in one whole number.

The lowest bits hold what the onlookers remember, the next which members there are, then each member has `WIDTH` bits
for the number of its own place; 0 is a member that is not there, as an instance of a keyed member may not be. So a move
of one member is a number that is added, and what some members are is a number that is masked out.
"""

from collections.abc import Iterable
from typing import cast

from attrs import Factory, evolve, field, frozen

from statekit.check.canonical import Local, Places
from statekit.check.model import Model, Thresholds
from statekit.check.reading import Reading, Remembered
from statekit.check.watch import MASK, WIDTH
from statekit.machine import Definition
from statekit.system import System
from statekit.transaction import SystemSnapshot


@frozen(eq=False)
class Field:
    """The bits of one member, all of them set in `mask`, and the places that it may be in."""

    name: str
    shift: int
    places: Places
    mask: int = field(init=False, default=Factory(lambda self: MASK << self.shift, takes_self=True))

    def local(self, place: int) -> Local:
        """Give the member's own place."""
        return self.places.nodes[place >> self.shift & MASK]


class Packing:
    """How places of one system are packed."""

    def __init__(self, model: Model, system: System, thresholds: Thresholds, low_bits: int) -> None:
        """Begin without members; `low_bits` are the onlookers'."""
        self.model = model
        self.names_shift = low_bits
        self.base: int = (1 << low_bits + WIDTH) - 1
        self.definitions: dict[str, Definition] = {each.name: each for each in system.members}
        self.places: dict[str, Places] = {
            name: Places(each, thresholds.values_max, thresholds.ages_seconds)
            for name, each in self.definitions.items()
        }
        self.fields: dict[str, Field] = {}
        self.names: dict[tuple[str, ...], int] = {}
        self.present: list[tuple[Field, ...]] = []
        self.template: SystemSnapshot = cast("SystemSnapshot", None)
        self.looks: dict[tuple[int, tuple[int, ...]], tuple[tuple[int, ...], ...]] = {}
        self.facts: list[Remembered] = [Remembered(self, each.fact, each.fact.__name__) for each in system.derived]

    def definition(self, name: str) -> Definition:
        """Find what a member, or an instance, is one of."""
        return self.definitions[name.partition("[")[0]]

    def places_of(self, name: str) -> Places:
        """Give the places of a member, or of an instance that may not have been there before."""
        return self.places[self.definition(name).name]

    def begin(self, snapshot: SystemSnapshot) -> None:
        """Keep what is the same in every place of the system."""
        self.template = snapshot

    def present_in(self, names: tuple[str, ...]) -> int:
        """Number which members there are; they get bits of their own when they are first there."""
        known = self.names.get(names)
        if known is None:
            for name in names:
                shift = self.names_shift + WIDTH * (len(self.fields) + 1)
                if name not in self.fields:
                    self.fields[name] = Field(name, shift, self.places[self.definition(name).name])
            known = self.names[names] = len(self.present)
            self.present.append(tuple(self.fields[name] for name in names))
        return known << self.names_shift

    def here(self, place: int) -> tuple[Field, ...]:
        """Give the fields of the members that are there, in their order."""
        return self.present[place >> self.names_shift & MASK]

    def snapshot(self, place: int) -> SystemSnapshot:
        """Give a place as the engine knows it."""
        here = self.here(place)
        return evolve(
            self.template,
            names=tuple(each.name for each in here),
            members=tuple(each.local(place).snapshot for each in here),
            facts=tuple(fact(place) for fact in self.facts),
        )

    def reading(self, place: int) -> Reading:
        """Give a place as functions read it."""
        here = self.here(place)
        names, members = tuple(each.name for each in here), tuple(each.local(place).snapshot for each in here)
        view = evolve(self.template, names=names, members=members)
        return Reading(view, lambda: tuple(fact(place) for fact in self.facts))

    def mask_of(self, names: Iterable[str]) -> int:
        """Give the bits of some members and, which goes without saying, of which there are."""
        mask = MASK << self.names_shift
        for name in names:
            mask |= self.fields[name].mask
        return mask

    def looked_at(self, place: int) -> tuple[tuple[int, ...], ...]:
        """Give the members that each fact looks at, as places among those that are there."""
        masks = tuple(fact.mask for fact in self.facts)
        key = place >> self.names_shift & MASK, masks
        known = self.looks.get(key)
        if known is None:
            here = self.here(place)
            known = self.looks[key] = tuple(
                tuple(at for at, each in enumerate(here) if each.mask & mask) for mask in masks
            )
        return known
