"""Interned values: equal ones kept once, so that what was worked out for one need not be worked out again.

Bounded, and off by itself where it does not pay: when fewer than a quarter of the values that were asked for were known
already, contexts grow without end (or cannot be hashed), and remembering them would only cost. What an interned value
leads to is always what it would lead to without: the memo holds results of pure functions and nothing else.

Equal is not enough: `1 == True == 1.0`, and a field may be left out of a comparison. A value stands for another only if
no function could tell them apart, and what one machine or system found is nothing to another.
"""

from collections.abc import Hashable
from types import NoneType
from typing import Generic, TypeVar, cast

from attrs import Attribute

K = TypeVar("K")
V = TypeVar("V")

LIMIT = 4096
"""How many values are kept; one more, and all are forgotten."""

WINDOW = 1024
"""After how many questions it is looked at whether remembering pays."""


class Memo(Generic[K, V]):
    """What follows from a value that is kept, as `owner` found it; a copy of the value does not take it along."""

    __slots__ = ("known", "owner")

    def __init__(self, owner: object) -> None:
        """Begin with nothing known."""
        self.owner: object = owner
        self.known: dict[K, V] = {}  # a dict of its own, as one that is derived from dict is looked up more slowly

    def __reduce__(self) -> tuple[type[None], tuple[()]]:
        """Be None in every pickle and deep copy."""
        return NoneType, ()


def alike(one: object, other: object) -> bool:
    """Tell whether no function could tell two values apart; a class that is not known here is only like itself."""
    kind = one.__class__
    if one is other or kind is not other.__class__:
        return one is other
    if kind in (int, str, bytes):
        return one == other
    if kind is float:
        return repr(one) == repr(other)  # 0.0 and -0.0 are equal
    if kind is tuple:
        left, right = cast("tuple[object, ...]", one), cast("tuple[object, ...]", other)
        return len(left) == len(right) and all(map(alike, left, right))
    if kind is frozenset:
        some, same = cast("frozenset[object]", one), {each: each for each in cast("frozenset[object]", other)}
        return len(some) == len(same) and all(each in same and alike(each, same[each]) for each in some)
    fields: tuple[Attribute[object], ...] | None = kind.__dict__.get("__attrs_attrs__")  # its own, not its base's
    for each in fields or ():
        mine, theirs = getattr(one, each.name), getattr(other, each.name)
        if mine is not theirs and not alike(mine, theirs):
            return False
    return fields is not None


class Interned(Generic[V]):
    """Equal values kept once; `on` says whether it is worth asking."""

    __slots__ = ("_asked", "_found", "_known", "on")

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.on: bool = True
        self._known: dict[Hashable, tuple[Hashable, V]] = {}
        self._asked = 0
        self._found = 0

    def __len__(self) -> int:
        """Count what is kept."""
        return len(self._known)

    def one(self, key: Hashable, value: V) -> V | None:
        """Give the value that is kept under a like key, or keep this one; None if it is not to be kept."""
        try:
            found = self._known.get(key)
        except TypeError:  # a context that cannot be hashed
            self._stop()
            return None
        self._asked += 1
        if found is not None and alike(key, found[0]):
            self._found += 1
            return found[1]
        if self._asked >= WINDOW:
            if self._found * 4 < self._asked:
                self._stop()
                return None
            self._asked = self._found = 0
        if len(self._known) >= LIMIT:
            self._known.clear()
        self._known[key] = key, value
        return value

    def _stop(self) -> None:
        self.on = False
        self._known.clear()
