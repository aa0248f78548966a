"""The layout of a frozen class: the same slots, filled in plainly.

The constructor of a frozen attrs class must go round its own `__setattr__`, which for a value made at every event costs
more than the event itself. The layout of such a class has the same slots and an ordinary constructor, also made by
attrs; once filled in, the value becomes one of the frozen class::

    made = SNAPSHOT(state, context, ...)
    made.__class__ = Snapshot

That is how, and only how, a layout may be used: in one place, before anybody else has seen the value.
"""

from collections.abc import Callable
from typing import TypeVar, cast

from attrs import fields, make_class

T = TypeVar("T")


def layout_of(frozen: type[T]) -> Callable[..., T]:
    """Make the layout of a frozen attrs class with slots and without `__weakref__`; all its fields are positional."""
    names = [attribute.name for attribute in fields(frozen)]  # type: ignore[arg-type]
    bases: tuple[type, ...] = getattr(frozen, "__orig_bases__", frozen.__bases__)
    made = make_class(
        frozen.__name__, names, bases=bases, slots=True, weakref_slot=False, eq=False, repr=False
    )  # fmt: skip
    return cast("Callable[..., T]", made)
