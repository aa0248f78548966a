"""Values: how the engine's frozen classes are compared and shown.

attrs writes `__eq__`, `__hash__` and `__repr__` for every class anew and has them compiled when it is imported. For
the engine's forty that would be half of what importing it costs, so they inherit these, which read the same fields.
Where a comparison stands on a path that is walked often, a class has attrs write it and inherits `Shown` alone.
"""

from typing import TYPE_CHECKING, ClassVar

from attrs import Attribute


class Shown:
    """The base of a frozen attrs class that is shown by its fields, as attrs would show it."""

    __slots__ = ()
    if TYPE_CHECKING:  # not to be evaluated with the fields of those who inherit it: attrs' class takes no index
        __attrs_attrs__: ClassVar[tuple[Attribute[object], ...]]

    def __repr__(self) -> str:
        """Write the class and its fields."""
        fields = ", ".join(f"{each.name}={getattr(self, each.name)!r}" for each in self.__attrs_attrs__ if each.repr)
        return f"{type(self).__qualname__.rsplit('>.', 1)[-1]}({fields})"


class Value(Shown):
    """The base of a frozen attrs class whose instances are equal if they are of one class and their fields are."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        """Compare field by field, but for those that are declared with `eq=False`."""
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, each.name) == getattr(other, each.name) for each in self.__attrs_attrs__ if each.eq)

    def __hash__(self) -> int:
        """Hash what is compared."""
        return hash((self.__class__, *(getattr(self, each.name) for each in self.__attrs_attrs__ if each.eq)))
