"""Interned values: equal ones kept once, so that what was worked out for one need not be worked out again.

Bounded, and off by itself where it does not pay: when fewer than a quarter of the values that were asked for were known
already, contexts grow without end (or cannot be hashed), and remembering them would only cost. What an interned value
leads to is always what it would lead to without: the memo holds results of pure functions and nothing else.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

LIMIT = 4096
"""How many values are kept; one more, and all are forgotten."""

WINDOW = 1024
"""After how many questions it is looked at whether remembering pays."""


class Interned(Generic[V]):
    """Equal values kept once; `on` says whether it is worth asking."""

    __slots__ = ("_asked", "_found", "_known", "on")

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.on = True
        self._known: dict[Hashable, V] = {}
        self._asked = 0
        self._found = 0

    def __len__(self) -> int:
        """Count what is kept."""
        return len(self._known)

    def one(self, key: Hashable, value: V) -> V | None:
        """Give the value that is kept under an equal key, or keep this one; None if it is not to be kept."""
        try:
            found = self._known.get(key)
        except TypeError:  # a context that cannot be hashed
            self._stop()
            return None
        self._asked += 1
        if found is not None:
            self._found += 1
            return found
        if self._asked >= WINDOW:
            if self._found * 4 < self._asked:
                self._stop()
                return None
            self._asked = self._found = 0
        if len(self._known) >= LIMIT:
            self._known.clear()
        self._known[key] = value
        return value

    def _stop(self) -> None:
        self.on = False
        self._known.clear()
