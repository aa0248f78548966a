"""Search: the walk through a space, breadth first, place by place.

Theory. The places of a model are finite once tickets, ordinals and instants are canonical. They are worked off in the
order in which they were found; each claim is asked of each of them, and what a step must not do is noted when it is
made. A place is remembered with the one it was found from, no more: a way is made again from that, by the real engine,
when there is something to show.
"""

import time
from array import array
from collections.abc import Callable, Mapping
from typing import TypeAlias

from statekit.check.alone import Alone
from statekit.check.canonical import Growing
from statekit.check.liveness import Graph
from statekit.check.model import Model, Thresholds
from statekit.check.product import Product
from statekit.check.properties import Property, Sort
from statekit.check.space import Space
from statekit.system import System

Progress: TypeAlias = Callable[[int, int], None]

LIVE = (Sort.LEADS_TO, Sort.HOT, Sort.SETTLED)
"""The sorts of claims that need every edge to be kept."""
PROGRESS_SECONDS = 0.2
"""How often progress is told, at most."""


class Search:
    """One walk, from the model's starts on; `bound` says what stopped it before everything was worked off.

    `met` has the place at which each property was met first, of an invariant where it does not hold, and `counts` how
    often it was.
    """

    def __init__(self, model: Model, bounds: Thresholds, progress: Progress | None, *, stop_at_first: bool) -> None:
        """Lay out the space."""
        self.model = model
        self.bounds = bounds
        self.progress = progress
        self.stop_at_first = stop_at_first
        self.live: bool = any(each.sort in LIVE for each in model.properties)
        self.space: Space = space_of(model, bounds, labelled=self.live)
        self.places: list[int] = []
        self.parents: array[int] = array("I")
        self.known: set[int] = set()
        self.index: dict[int, int] = {}  # only filled if edges are kept, as it costs more than a set
        self.graph: Graph = Graph(self.space.record.labels, lambda at: self.space.owed(self.places[at]))
        self.roots: list[int] = self.graph.roots
        self.depth: int = 0
        self.bound: str = ""
        self.met: dict[str, int] = {}
        self.counts: dict[str, int] = {each.code: 0 for each in model.properties}

    def walk(self) -> None:
        """Work off one place after the other, until none is left or a bound is hit."""
        try:
            for contexts in self.bounds.starts:
                self.begin(contexts)
            self.work_off([(each, self.space.judged(each.holds, each.code)) for each in self.asked()])
        except Growing as growing:
            self.bound = str(growing)

    def asked(self) -> list[Property]:
        """List what is asked of every place."""
        return [each for each in self.model.properties if each.sort in (Sort.INVARIANT, Sort.WITNESS)]

    def work_off(self, claims: list[tuple[Property, Callable[[int], bool]]]) -> None:
        """Follow every edge from every place, in the order in which they were found."""
        space, known, level, told = self.space, self.known, len(self.places), time.monotonic()
        for at, place in enumerate(self.places):
            if at == level:
                self.depth, level = self.depth + 1, len(self.places)
            for each, holds in claims:
                if holds(place) is not (each.sort is Sort.INVARIANT):
                    self.met.setdefault(each.code, at)
                    self.counts[each.code] += 1
            if len(self.places) >= self.bounds.states_max:
                self.bound = f"{self.bounds.states_max} states were found, and there are more"
                return
            targets, labels = space.edges(place)
            for target in targets:
                if target not in known:
                    self.find(target, at)
            if self.live:
                self.graph.add([self.index[target] for target in targets], labels)
            if self.stop_at_first and self.is_refuted():
                self.bound = "it was stopped at the first refutation"
                return
            if self.progress is not None and at % 64 == 0 and time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self.progress(len(self.places), at)

    def begin(self, contexts: Mapping[str, object]) -> None:
        """Start, and keep the first place."""
        place = self.space.start(contexts)
        self.roots.append(self.places.index(place) if place in self.known else len(self.places))
        if place not in self.known:
            self.find(place, len(self.places))

    def find(self, place: int, parent: int) -> None:
        """Keep a place that was not known."""
        if self.live:
            self.index[place] = len(self.places)
        self.known.add(place)
        self.places.append(place)
        self.parents.append(parent)

    def is_refuted(self) -> bool:
        """Tell whether anything is refuted already; what is met of witnesses is no refutation."""
        record = self.space.record
        claims = (each.code for each in self.model.properties if each.sort is Sort.INVARIANT)
        return bool(record.faults or record.refuted) or any(code in self.met for code in claims)

    def truth(self, function: Callable[..., bool], code: str) -> bytearray:
        """Tell of every place whether a function holds there."""
        return bytearray(map(self.space.judged(function, code), self.places))


def space_of(model: Model, thresholds: Thresholds, *, labelled: bool) -> Space:
    """Lay out the space of a model's subject."""
    if isinstance(model.subject, System):
        return Product(model, model.subject, thresholds, labelled=labelled)
    return Alone(model, model.subject, thresholds, labelled=labelled)
