"""Explore: every place that a model can come to, breadth first, so that every way that is shown is a shortest one.

Theory. The places of a model are finite once tickets, ordinals and instants are canonical. They are worked off in the
order in which they were found; each claim is asked of each of them, and what a step must not do is noted when it is
made. A place is remembered with the one it was found from, no more: a way is made again from that, by the real engine,
when there is something to show.
"""

import sys
import time
from array import array
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager

from statekit.check.alone import Alone
from statekit.check.canonical import Growing
from statekit.check.liveness import Graph, distances, unfair
from statekit.check.model import DEFAULT, Model, Thresholds
from statekit.check.product import Product
from statekit.check.properties import Property, Sort
from statekit.check.replay import concrete
from statekit.check.report import Explored, Result, Trace
from statekit.check.seen import Move
from statekit.check.space import Space
from statekit.errors import MalformedModel
from statekit.machine import Definition
from statekit.snapshot import AnySnapshot
from statekit.system import System

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

LIVE = (Sort.LEADS_TO, Sort.HOT, Sort.SETTLED)
PROGRESS_SECONDS = 0.2
"""How often progress is told, at most."""


def explore(
    model: Model,
    thresholds: str = DEFAULT,
    *,
    progress: Callable[[int, int], None] | None = None,
    stop_at_first: bool = False,
) -> Explored:
    """Explore a model at its thresholds of this name, and show or refute each of its properties.

    `progress` is told now and then how many places were found, and how many of these were worked off. With
    `stop_at_first` nothing is explored beyond the first claim that is refuted, or the first fault. Raises
    `MalformedModel` if the model lacks something: thresholds of this name, samples of an event, a property that does
    not raise.
    """
    if thresholds not in model.thresholds:
        known = ", ".join(model.thresholds)
        raise MalformedModel(model.name, f"it has no thresholds {thresholds!r}; it has {known}")
    return Search(model, thresholds, progress, stop_at_first=stop_at_first).explored()


class Search:
    """One exploration while it is made."""

    def __init__(
        self, model: Model, name: str, progress: Callable[[int, int], None] | None, *, stop_at_first: bool
    ) -> None:
        """Begin at the first place."""
        self.stop_at_first = stop_at_first
        self.began_seconds: float = time.perf_counter()
        self.model = model
        self.name = name
        self.progress = progress
        self.bounds: Thresholds = model.thresholds[name]
        self.live: bool = any(each.sort in LIVE for each in model.properties)
        self.space: Space = space_of(model, self.bounds, labelled=self.live)
        self.places: list[int] = []
        self.index: dict[int, int] = {}  # only filled if edges are kept, as it costs more than a set
        self.met: set[int] = set()
        self.parents: array[int] = array("I")
        self.graph: Graph = Graph(self.space.record.labels, lambda at: self.space.owed(self.places[at]))
        self.roots: list[int] = self.graph.roots
        self.depth: int = 0
        self.bound: str = ""
        self.witnessed: dict[str, int] = {}
        self.shown: dict[str, Trace | None] = {}

    def explored(self) -> Explored:
        """Walk through all of the space, then say what it came to."""
        asked = [
            (each, self.space.judged(each.holds, each.code))
            for each in self.model.properties
            if each.sort in (Sort.INVARIANT, Sort.WITNESS)
        ]
        refuted: dict[str, int] = {}
        counts = {each.code: 0 for each, _ in asked}
        with forgetful(self.model.subject):
            try:
                for contexts in self.bounds.starts:
                    self.begin(contexts)
                self.walk(asked, refuted, counts)
            except Growing as growing:
                self.bound = str(growing)
            return self.report(refuted, counts)

    def walk(
        self, asked: Iterable[tuple[Property, Callable[[int], bool]]], refuted: dict[str, int], counts: dict[str, int]
    ) -> None:
        """Work off one place after the other."""
        space, met, level, told = self.space, self.met, len(self.places), time.monotonic()
        claims, live = list(asked), self.live
        for at, place in enumerate(self.places):
            if at == level:
                self.depth, level = self.depth + 1, len(self.places)
            for each, holds in claims:
                if holds(place) is not (each.sort is Sort.INVARIANT):
                    refuted.setdefault(each.code, at)
                    counts[each.code] += 1
            if len(self.places) >= self.bounds.states_max:
                self.bound = f"{self.bounds.states_max} states were found, and there are more"
                return
            targets, labels = space.edges(place)
            for target in targets:
                if target not in met:
                    self.find(target, at)
            if live:
                self.graph.add([self.index[target] for target in targets], labels)
            if self.stop_at_first and self.refuted(refuted):
                self.bound = "it was stopped at the first refutation"
                return
            if self.progress is not None and at % 64 == 0 and time.monotonic() - told > PROGRESS_SECONDS:
                told = time.monotonic()
                self.progress(len(self.places), at)

    def begin(self, contexts: Mapping[str, object]) -> None:
        """Start, and keep the first place."""
        place = self.space.start(contexts)
        self.roots.append(self.places.index(place) if place in self.met else len(self.places))
        if place not in self.met:
            self.find(place, len(self.places))

    def refuted(self, met: dict[str, int]) -> bool:
        """Tell whether anything is refuted already; what is met of witnesses is no refutation."""
        record = self.space.record
        claims = (each.code for each in self.model.properties if each.sort is Sort.INVARIANT)
        return bool(record.faults or record.refuted) or any(code in met for code in claims)

    def find(self, place: int, parent: int) -> None:
        """Keep a place that was not known."""
        if self.live:
            self.index[place] = len(self.places)
        self.met.add(place)
        self.places.append(place)
        self.parents.append(parent)

    # ---------------------------------------------------------------------------------------------------- the report
    def report(self, refuted: dict[str, int], counts: dict[str, int]) -> Explored:
        """Say what the walk came to."""
        record = self.space.record
        results = tuple(self.result(each, refuted.get(each.code), counts) for each in self.model.properties)
        faults = tuple((sentence, self.trace(at, move)) for sentence, (at, move) in record.faults.items())
        exhausted = not self.bound
        if record.cut and exhausted:
            self.bound = f"more than {self.bounds.postponed_max} postponed events were not explored"
        return Explored(
            self.model.name,
            self.name,
            states=len(self.places),
            edges=record.edges,
            depth=self.depth,
            exhausted=exhausted,
            bound=self.bound,
            seconds=time.perf_counter() - self.began_seconds,
            peak_bytes=peak_bytes(),
            results=results,
            findings=self.space.findings(),
            gaps=tuple(record.covered.gaps()),
            faults=faults,
            steps=record.steps,
            verified=record.verified,
        )

    def result(self, each: Property, at: int | None, counts: dict[str, int]) -> Result:
        """Say what became of one property."""
        match each.sort:
            case Sort.INVARIANT:
                return Result(each, at is None, None if at is None else self.trace(self.places[at]))
            case Sort.WITNESS:
                trace = None if at is None else self.trace(self.places[at])
                return Result(each, at is not None, trace, counts[each.code])
            case Sort.STEP | Sort.SEQUENCE:
                if each in self.space.record.watch.initially():
                    return Result(each, False, self.trace(self.places[0]))
                found = self.space.record.refuted.get(each.code)
                return Result(each, found is None, None if found is None else self.trace(*found))
            case Sort.LEADS_TO | Sort.HOT:
                return self.in_the_end(each)
            case Sort.SETTLED:
                return self.settled(each)

    def truth(self, function: Callable[..., bool], code: str) -> bytearray:
        """Tell of every place whether a function holds there."""
        return bytearray(map(self.space.judged(function, code), self.places))

    def in_the_end(self, each: Property) -> Result:
        """Look for a fair way on which what should come never comes."""
        holds = self.truth(each.holds, each.code)
        region = holds
        if each.goal is not None:
            region = bytearray(not reached for reached in self.truth(each.goal, each.code))
        lasso = unfair(self.graph, holds, region)
        if lasso is None:
            return Result(each, True)
        edges = lasso.stem + lasso.loop
        start = self.roots.index(edges[0].at if edges else lasso.end)
        steps = [(self.members(edge.at), self.move(edge.at, edge.head, edge.label)) for edge in edges]
        moves = concrete(self.model, self.bounds.starts[start], steps)
        return Result(each, False, Trace(self.model.name, self.name, moves, len(lasso.stem), start))

    def settled(self, each: Property) -> Result:
        """Find the longest of the shortest ways to where a property holds, by timers and answers alone."""
        goals = self.truth(each.holds, each.code)
        for at in range(len(self.graph.starts) - 1, len(goals)):
            goals[at] = 1  # not worked off: nothing is known of what follows
        found = distances(self.graph, goals)
        lost = next((at for at, distance in enumerate(found) if distance < 0), None)
        trace = None if lost is None else self.trace(self.places[lost])
        return Result(each, lost is None, trace, max(found, default=0))

    # ------------------------------------------------------------------------------------------------------- the ways
    def trace(self, place: int, move: Move | None = None) -> Trace:
        """Show the shortest way to a place, and one move further."""
        found = at = self.places.index(place)
        way: list[tuple[int, int]] = []
        while self.parents[at] != at:
            way.append((self.parents[at], at))
            at = self.parents[at]
        steps = [(self.members(parent), self.move(parent, child)) for parent, child in reversed(way)]
        if move is not None:
            steps.append((self.members(found), move))
        start = self.roots.index(at)
        moves = concrete(self.model, self.bounds.starts[start], steps)
        return Trace(self.model.name, self.name, moves, start=start)

    def move(self, at: int, head: int, label: int | None = None) -> Move:
        """Find the first move between two places, with this label if one is given."""
        target = self.places[head]
        found = self.space.moves(self.places[at])
        return next(move for move, to, mark in found if to == target and label in (None, mark))

    def members(self, at: int) -> tuple[AnySnapshot, ...]:
        """Give the members' snapshots in a place."""
        return self.space.members(self.places[at])


def space_of(model: Model, thresholds: Thresholds, *, labelled: bool) -> Space:
    """Lay out the space of a model's subject."""
    if isinstance(model.subject, System):
        return Product(model, model.subject, thresholds, labelled=labelled)
    return Alone(model, model.subject, thresholds, labelled=labelled)


@contextmanager
def forgetful(subject: Definition | System) -> Generator[None, None, None]:
    """Let the machines of a subject remember no snapshots meanwhile: no step is made twice, so it would only cost."""
    members = subject.members if isinstance(subject, System) else (subject,)
    kept = [each.folded.snapshots for each in members]
    were_on = [each.on for each in kept]
    for each in kept:
        each.on = False
    try:
        yield
    finally:
        for each, was_on in zip(kept, were_on, strict=True):
            each.on = was_on


def peak_bytes() -> int:
    """Tell the most memory that the process ever held; 0 where the system does not say."""
    if resource is None:
        return 0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
