"""Explore: every place that a model can come to is looked at, and every claim is shown or refuted."""

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager

from statekit.check.liveness import distances, unfair
from statekit.check.model import DEFAULT, Model
from statekit.check.properties import Property, Sort
from statekit.check.report import Explored, Result
from statekit.check.search import Progress, Search
from statekit.check.ways import Ways
from statekit.errors import MalformedModel
from statekit.machine import Definition
from statekit.system import System

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def explore(
    model: Model, thresholds: str = DEFAULT, *, progress: Progress | None = None, stop_at_first: bool = False
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
    began_seconds = time.perf_counter()
    search = Search(model, model.thresholds[thresholds], progress, stop_at_first=stop_at_first)
    with forgetful(model.subject):
        search.walk()
        return explored(search, thresholds, began_seconds)


def explored(search: Search, thresholds: str, began_seconds: float) -> Explored:
    """Say what a search came to."""
    record, ways = search.space.record, Ways(search, thresholds)
    results = tuple(result(search, ways, each) for each in search.model.properties)
    faults = tuple((sentence, ways.to(place, move)) for sentence, (place, move) in record.faults.items())
    cut = f"more than {search.bounds.postponed_max} postponed events were not explored" if record.cut else ""
    bound = "; ".join(filter(None, (search.bound, cut)))
    return Explored(
        search.model.name,
        thresholds,
        states=len(search.places),
        edges=record.edges,
        depth=search.depth,
        exhausted=not bound,
        bound=bound,
        seconds=time.perf_counter() - began_seconds,
        peak_bytes=peak_bytes(),
        results=results,
        findings=search.space.findings(),
        gaps=tuple(record.covered.gaps()),
        faults=faults,
        steps=record.steps,
        verified=record.verified,
    )


def result(search: Search, ways: Ways, each: Property) -> Result:
    """Say what became of one property."""
    at = search.met.get(each.code)
    trace = None if at is None else ways.to(search.places[at])
    match each.sort:
        case Sort.INVARIANT:
            return Result(each, at is None, trace)
        case Sort.WITNESS:
            return Result(each, at is not None, trace, search.counts[each.code])
        case Sort.STEP | Sort.SEQUENCE:
            if each in search.space.record.watch.initially():
                return Result(each, False, ways.to(search.places[0]))
            found = search.space.record.refuted.get(each.code)
            return Result(each, found is None, None if found is None else ways.to(*found))
        case Sort.LEADS_TO | Sort.HOT:
            return in_the_end(search, ways, each)
        case Sort.SETTLED:  # pragma: no branch - there are no others, as mypy sees
            return settled(search, ways, each)


def in_the_end(search: Search, ways: Ways, each: Property) -> Result:
    """Look for a fair way on which what should come never comes."""
    holds = search.truth(each.holds, each.code)
    region = holds
    if each.goal is not None:
        region = bytearray(not reached for reached in search.truth(each.goal, each.code))
    lasso = unfair(search.graph, holds, region)
    return Result(each, lasso is None, None if lasso is None else ways.around(lasso))


def settled(search: Search, ways: Ways, each: Property) -> Result:
    """Find the longest of the shortest ways to where a property holds, by timers and answers alone."""
    goals = search.truth(each.holds, each.code)
    for at in range(len(search.graph.starts) - 1, len(goals)):
        goals[at] = 1  # not worked off: nothing is known of what follows
    found = distances(search.graph, goals)
    lost = next((at for at, distance in enumerate(found) if distance < 0), None)
    trace = None if lost is None else ways.to(search.places[lost])
    return Result(each, lost is None, trace, max(found, default=0))


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
