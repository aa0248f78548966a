"""Uphold: whether a claim still holds along one way, as a written test asks it again.

A way that a mended table no longer allows is gone all the same: what is awaited no more is stale and changes nothing.
"""

from collections.abc import Callable
from itertools import chain
from typing import cast

from attrs import evolve

from statekit.check.canonical import canonical, quantities, with_each
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.properties import Property, Sort
from statekit.check.report import Trace
from statekit.check.story import Claim, Way, Where, story, way_of
from statekit.snapshot import AnySnapshot
from statekit.transaction import SystemSnapshot
from statekit.verdicts import Broken, Forbidden, Unhandled

WRONG = Broken, Forbidden, Unhandled


class Refuted(AssertionError):
    """A claim that does not hold along a way; the text is the way's story."""


def uphold(model: Model, code: str, trace: Trace) -> None:
    """Raise `Refuted` unless the property of this code holds along the way, from its start to its last move.

    Without a code the claim is that no function raises on the way, no forbidden row is reached and no cell is blank. A
    witness holds if it is met; that a machine settles cannot be seen along one way, so it is explored again. Raises
    LookupError if the model has no property of this code.
    """
    __tracebackhide__ = True  # what pytest shows is the story, and the line of the test
    claim = claim_named(model, code)
    way = way_of(model, trace)
    if not upheld(model, claim, way):
        raise Refuted("\n" + story(way, claim))


def claim_named(model: Model, code: str) -> Claim:
    """Find a property by its code; no code is the claim that nothing goes wrong. Raises LookupError."""
    if not code:
        return "no function raises, nothing forbidden is reached, and no cell is blank"
    found = next((each for each in model.properties if each.code == code), None)
    if found is None:
        known = ", ".join(each.code for each in model.properties) or "none"
        raise LookupError(f"the model of {model.name} has no property {code}; it has {known}")
    return found


def upheld(model: Model, claim: Claim, way: Way) -> bool:
    """Tell whether a claim holds along a way."""
    if isinstance(claim, str):
        return not any(isinstance(hop.verdict, WRONG) for seen in way.seen for hop in seen.path)
    holds = claim.holds
    match claim.sort:
        case Sort.INVARIANT:
            return all(holds(each) for each in way.places)
        case Sort.STEP:
            return all(holds(each) for each in way.seen)
        case Sort.SEQUENCE:
            return _content(claim, way)
        case Sort.WITNESS:
            return any(holds(each) for each in way.places)
        case Sort.LEADS_TO:
            return not _rests(way, lambda places: _unanswered(claim, places))
        case Sort.HOT:
            return not _rests(way, lambda places: all(map(holds, places[way.trace.loop_from or 0 :])))
        case Sort.SETTLED:  # pragma: no branch - there are no others, as mypy sees
            alone = evolve(model, properties=(claim,))
            return explore(alone, way.trace.thresholds).results[0].holds


def _content(claim: Property, way: Way) -> bool:
    memory, observe = claim.initially, cast("Callable[..., object]", claim.observe)
    for seen in way.seen:
        memory = observe(memory, seen)
        if not claim.holds(memory):
            return False
    return claim.holds(claim.initially)


def _unanswered(claim: Property, places: tuple[Where, ...]) -> bool:
    goal = cast("Callable[..., bool]", claim.goal)
    asked = next((at for at, each in enumerate(places) if claim.holds(each)), None)
    return asked is not None and not any(map(goal, places[asked:]))


def _rests(way: Way, unkind: Callable[[tuple[Where, ...]], bool]) -> bool:
    """Tell whether a way rests for ever as it was said to: it goes round, or at its end nothing is awaited."""
    places, loop = way.places, way.trace.loop_from
    if loop is None:
        return not _tickets(places[-1]) and unkind(places)
    return _alike(places[loop]) == _alike(places[-1]) and unkind(places)


def _tickets(where: Where) -> int:
    return sum(len(each.tickets) for each in _machines(where))


def _alike(where: Where) -> object:
    """Give what a place is like apart from the numbers of its tickets, and from which ordinals it holds."""
    found = tuple(chain.from_iterable(map(quantities, _machines(where))))
    replace = canonical(found, 0.0)
    return [
        (each.state, each.context, sorted((t.name, repr(t.key)) for t in each.tickets), each.postponed)
        for each in (with_each(machine, replace) if replace else machine for machine in _machines(where))
    ]


def _machines(where: Where) -> tuple[AnySnapshot, ...]:
    return where.members if isinstance(where, SystemSnapshot) else (where,)
