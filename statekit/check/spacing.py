"""Spacing: which ordinals are tried among those that are known, and whether it matters how far apart they stand.

Theory. Nothing but the order of ordinals may matter, so an event's are tried wherever they may stand in the order of
those that are known: equal to one, older than all, newer than all, and between any two; several in one event also on
either side of one another. That only the order matters is not taken on trust: each step in which ordinals have a part
(of the transactions of a system the first, second, fourth ... of each kind) is made once more among the smallest
numbers that stand in the same order, where counting on from one meets the next, and once more with the kinds of
ordinals far apart. It has to come to the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, product
from typing import TypeAlias

from attrs import evolve

from statekit.check.canonical import GAP, canonical, quantities, with_each
from statekit.check.model import Model
from statekit.check.quantified import Mark, Numbers, Replace, numbers, replaced
from statekit.check.seen import Move
from statekit.errors import MalformedModel
from statekit.machine import Definition
from statekit.quantities import Quantity
from statekit.snapshot import AnySnapshot, AnyStep, Issued, Stimulus
from statekit.step import stepped
from statekit.system import System
from statekit.timers import Fired
from statekit.transaction import Hop, SystemSnapshot, Transaction
from statekit.verdicts import Verdict

Keys: TypeAlias = Mapping[str, object]
"""The classes of keys that may bear ordinals, by what they are keys of (see `canonical`)."""
FAR_APART = 1000
"""How far apart the kinds stand when it is asked whether they are compared with each other."""


def substituted(given: Iterable[object], ordinals: Numbers) -> Iterator[object]:
    """Give every sample with its ordinals in each order with those in question, and among each other."""
    found: list[object] = []
    for sample in given:
        spots = [mark for mark, _ in numbers(sample, none=True)]
        orders: set[object] = set()
        choices = [
            candidates(mark, ordinals, spots.count(mark)) if mark.quantity is Quantity.ORDINAL else (0.0,)
            for mark in spots
        ]
        for chosen in product(*choices):
            order = _order((*ordinals, *zip(spots, chosen, strict=True)))
            if order in orders:
                continue
            orders.add(order)
            event = replaced(sample, _in_turn(chosen))
            if event not in found:
                found.append(event)
                yield event


def candidates(mark: Mark, ordinals: Numbers, several: int = 1) -> tuple[float, ...]:
    """Give the ordinals to try: those that are there, and as many as `several` older, between any two, and newer."""
    there = sorted({int(number) for each, number in ordinals if each == mark})
    between = (
        low + (high - low) * at // (several + 1)
        for low, high in zip((0, *there), there, strict=False)
        for at in range(1, several + 1)
    )
    newer = ((there[-1] if there else 0) + GAP * at for at in range(1, several + 1))
    return tuple(sorted({*there, *between, *newer}))


def _order(found: Numbers) -> tuple[float, ...]:
    """Give the rank of each among all of its kind."""
    rank = canonical(found, 0.0)
    return tuple(number if rank is None else rank(mark, number) for mark, number in found)


def _in_turn(chosen: tuple[float, ...]) -> Replace:
    rest = iter(chosen)
    return lambda _mark, _number: next(rest)


def spaced_alike(
    definition: Definition, before: AnySnapshot, stimulus: Stimulus[object], done: AnyStep, keys: Keys
) -> bool:
    """Tell whether a step comes to the same among other ordinals that stand in the same order."""
    for small in _spacings((*quantities(before, keys), *numbers(stimulus.event))):
        again = stepped(definition, with_each(before, small, keys), _respaced(stimulus, small, keys))
        if _told(again, [(again.snapshot, keys)], again.issued) != _told(done, [(done.snapshot, keys)], done.issued):
            return False
    return True


def transacted_alike(
    system: System,
    before: SystemSnapshot,
    member: str,
    stimulus: Stimulus[object],
    done: Transaction,
    keys_of: Callable[[str], Keys],
) -> bool:
    """Tell whether a transaction comes to the same, ordinals of all members being others in the same order."""

    def told(given: Transaction) -> object:
        after = given.snapshot
        members = [(each, keys_of(name)) for name, each in zip(after.names, after.members, strict=True)]
        return after.names, _told(given, members, [each.issued for each in given.armed])

    there = [(each, keys_of(name)) for name, each in zip(before.names, before.members, strict=True)]
    found = chain.from_iterable(quantities(each, keys) for each, keys in there)
    for small in _spacings((*found, *numbers(stimulus.event))):
        members = tuple(with_each(each, small, keys) for each, keys in there)
        view = evolve(before, members=members)
        other = evolve(view, facts=tuple(derived.fact(view) for derived in system.derived))
        if told(system.step(other, member, _respaced(stimulus, small, keys_of(member)))) != told(done):
            return False
    return True


def _spacings(given: Numbers) -> Iterator[Replace]:
    """Give the smallest ordinals that stand in the same order and, of several kinds, the same with these far apart."""
    found = tuple(pair for pair in given if pair[0].quantity is Quantity.ORDINAL)
    kinds = sorted({mark for mark, _ in found}, key=repr)
    for far in (0, FAR_APART)[: len(kinds)]:
        yield _small(found, {mark: far * at for at, mark in enumerate(kinds)})


def _respaced(stimulus: Stimulus[object], small: Replace, keys: Keys) -> Stimulus[object]:
    event = replaced(stimulus.event, small)
    if isinstance(event, Fired) and event.name in keys:
        event = evolve(event, key=replaced(event.key, small, keys[event.name]))
    return Stimulus(event, ticket=stimulus.ticket)


def _small(found: Numbers, base: dict[Mark, int]) -> Replace:
    ranked = canonical(found, 0.0)

    def small(mark: Mark, number: float) -> float:
        if mark not in base or number <= 0:
            return number
        return base[mark] + int(number if ranked is None else ranked(mark, number)) // GAP

    return small


def _told(
    done: AnyStep | Transaction, members: Iterable[tuple[AnySnapshot, Keys]], issued: Iterable[Issued[object]]
) -> object:
    """Give what a step or a transaction came to, but for how far apart its ordinals stand."""
    after = [*members]
    replace = canonical(tuple(chain.from_iterable(quantities(each, keys) for each, keys in after)), 0.0)
    told = [with_each(each, replace, keys) if replace else each for each, keys in after]
    places = [(each.state, each.context, each.tickets, each.postponed) for each in told]
    return places, [_verdict(each) for each in done.path], [each.delay for each in issued]


def _verdict(given: Verdict | Hop) -> object:
    return (given.member, type(given.verdict)) if isinstance(given, Hop) else type(given)


def not_compared(model: Model, definition: Definition, before: AnySnapshot, move: Move) -> MalformedModel:
    """Say that a step does more with ordinals than to compare them."""
    kind = definition.key_label(move.event.name if isinstance(move.event, Fired) else type(move.event))
    return MalformedModel(
        model.name,
        f"{definition.name}: {kind} in {before.state.name} comes to something else where an Ordinal is another number "
        f"in the same order: compare it with others of its kind alone, and count on from the newest alone, or let it "
        f"be a bounded int",
    )
