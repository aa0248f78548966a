"""Contexts: told apart by what is in them, at the cost of a tuple.

A context is hashed for every edge, and most of what it holds are options, large and always the same object. So a
context is known by the tuple of its fields, in which a field that holds a value with fields of its own is replaced by a
number: looked up if it is another object than the last time, at hand if it is the same.
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, cast

from attrs import has


class Told:
    """The contexts of one class that were met, numbered from zero."""

    def __init__(self, cls: type) -> None:
        """Begin with none."""
        self.numbers: dict[object, int] = {}
        fields = [each.name for each in cast("Any", cls).__attrs_attrs__ if each.eq] if has(cls) else []
        self.read: Callable[[object], object] | None = attrgetter(*fields) if len(fields) > 1 else None
        self.parts: list[Part] = [Part() for _ in fields]
        self.last: object = self
        self.last_key: object = None

    def number(self, context: object) -> tuple[int, bool]:
        """Number a context, and tell whether it was not met before; raises TypeError if it cannot be hashed."""
        key = self.key(context)
        number = self.numbers.get(key)
        if number is not None:
            return number, False
        number = self.numbers[key] = len(self.numbers)
        return number, True

    def key(self, context: object) -> object:
        """Give what tells a context apart from others of its class; raises TypeError if it cannot be hashed."""
        if self.read is None:
            return context
        if context is not self.last:
            values = cast("tuple[object, ...]", self.read(context))
            pairs = zip(values, self.parts, strict=True)
            self.last_key = tuple(
                part.number(value) if hasattr(value, "__attrs_attrs__") else value for value, part in pairs
            )
            self.last = context
        return self.last_key


class Part:
    """The values that one field had, numbered from zero; the last one is known again by what it is."""

    def __init__(self) -> None:
        """Begin with none."""
        self.numbers: dict[object, int] = {}
        self.last: object = self
        self.last_number: int = 0

    def number(self, value: object) -> "tuple[int]":
        """Number a value, in brackets, so that no number that a field may hold is taken for it."""
        if value is not self.last:
            self.last_number = self.numbers.setdefault(value, len(self.numbers))
            self.last = value
        return (self.last_number,)
