"""The layout of a frozen class: the same slots, open while they are filled in.

The constructor of a frozen attrs class must go round its own `__setattr__`, which for a value made at every event costs
more than the event itself. The layout of such a class is a subclass that adds no slot, takes no arguments and may be
assigned to; once it is filled in, the value becomes one of the frozen class::

    made = SNAPSHOT()
    made.state, made.context = state, context  # and every other field: nothing has a default here
    made.__class__ = Snapshot

That is how, and only how, a layout may be used: in one place, before anybody else has seen the value.
"""

from typing import TypeVar, cast

T = TypeVar("T")


def layout_of(frozen: type[T]) -> type[T]:
    """Make the layout of a frozen attrs class with slots and without `__weakref__`."""
    opened = {
        "__slots__": (),
        "__init__": object.__init__,
        "__setattr__": object.__setattr__,
        "__delattr__": object.__delattr__,
    }
    return cast("type[T]", type(frozen.__name__, (frozen,), opened))
