"""Backoff: how long to wait before the next attempt, as a range to draw from; five kinds, of which full jitter serves.

Theory. The delay grows as base · 2^k, so that a service that is down is asked ever less; the range around it keeps a
fleet that failed together from coming back together. How wide it is makes the kind:

    full          floor .. high                   spreads widest, least work for all (the "Full Jitter" of AWS)
    equal         high / 2 .. high                never at once, half the spread
    decorrelated  base .. 3 · the delay before    grows by chance, not by count
    additive      high .. high + 1 s              the seed's, which spread a fleet over 1 s only (defect 55)
    none          high                            for tests and for one client alone

`high` is base · 2^k cut at the cap. Whatever the kind, both ends are then cut to floor .. cap: the seed's additive
jitter came after its cap and exceeded it.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

from attrs import frozen

from statekit import Jitter

DOUBLINGS_MAX: Final = 30
"""2^30 s is beyond every cap; a larger power could overflow."""

Kind: TypeAlias = Literal["full", "equal", "decorrelated", "additive", "none"]
"""The names of the kinds, as an application writes them."""


@frozen
class Growth:
    """What a delay is made from: the settings, `doublings` (k above), and the delay that was paid before it."""

    base_seconds: float
    cap_seconds: float
    floor_seconds: float
    doublings: int
    paid_seconds: float = 0.0

    @property
    def high_seconds(self) -> float:
        """The delay without jitter: base · 2^k, cut at the cap."""
        return doubled(self.base_seconds, self.doublings, self.cap_seconds)


def doubled(first_seconds: float, doublings: int, cap_seconds: float) -> float:
    """Give a delay that was doubled so many times, cut at its cap."""
    return min(first_seconds * 2.0 ** min(doublings, DOUBLINGS_MAX), cap_seconds)


Ends: TypeAlias = tuple[float, float]


def _full(growth: Growth) -> Ends:
    return growth.floor_seconds, growth.high_seconds


def _equal(growth: Growth) -> Ends:
    return growth.high_seconds / 2, growth.high_seconds


def _decorrelated(growth: Growth) -> Ends:
    return growth.base_seconds, 3 * max(growth.paid_seconds, growth.base_seconds)


def _additive(growth: Growth) -> Ends:
    return growth.high_seconds, growth.high_seconds + 1.0


def _none(growth: Growth) -> Ends:
    return growth.high_seconds, growth.high_seconds


KINDS: Final[Mapping[Kind, Callable[[Growth], Ends]]] = {
    "full": _full,
    "equal": _equal,
    "decorrelated": _decorrelated,
    "additive": _additive,
    "none": _none,
}


def backoff(kind: Kind, growth: Growth) -> Jitter:
    """Give the range of the next delay, in seconds; both ends lie in floor .. cap."""
    low, high = KINDS[kind](growth)
    floor, cap = growth.floor_seconds, growth.cap_seconds
    low, high = min(max(low, floor), cap), min(max(high, floor), cap)
    return Jitter(low, max(low, high))
