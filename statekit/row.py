"""The row: one line of a table as it was written, and what it is made of. Verbs that check their types make them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Generic, TypeAlias, TypeGuard, TypeVar, overload

from attrs import frozen

from statekit.value import Shown, Value

S_co = TypeVar("S_co", bound=StrEnum, covariant=True)
E = TypeVar("E")
E2 = TypeVar("E2")
E3 = TypeVar("E3")
E4 = TypeVar("E4")
E5 = TypeVar("E5")
E_co = TypeVar("E_co", covariant=True)
F_co = TypeVar("F_co", covariant=True)

Function: TypeAlias = Callable[..., object]
"""A guard, update, maker or delay once its types were checked on the row: `(context)` or `(context, event)`."""


class Verb(StrEnum):
    """What a row does with its event and with the stay in its source."""

    ROW = "row"
    STAY = "stay"
    REENTER = "reenter"
    POSTPONE = "postpone"
    IGNORE = "ignore"
    FORBID = "forbid"


@frozen(eq=False, repr=False)
class Either(Value, Generic[E_co]):
    """Several event classes as one trigger; made by `either`."""

    events: tuple[type[E_co], ...]


@frozen(eq=False, repr=False)
class Row(Shown, Generic[S_co, E_co, F_co]):
    """One line of the table, as it was written; made by the verbs of `Rows`."""

    verb: Verb
    source: object
    trigger: object
    target: S_co | Choice[S_co, F_co] | None = None
    effects: tuple[object, ...] = ()
    guard: Function | None = None
    update: Function | None = None
    because: str = ""
    origin: str = ""


@frozen(eq=False, repr=False)
class Branch(Shown, Generic[S_co, F_co]):
    """One way out of a choice; made by `Rows.to`."""

    target: S_co | Choice[S_co, F_co]
    effects: tuple[object, ...] = ()
    guard: Function | None = None
    update: Function | None = None
    origin: str = ""


@frozen(eq=False, repr=False)
class Choice(Shown, Generic[S_co, F_co]):
    """A target that picks among branches by the new context; made by `Rows.choice`, drawn as a diamond."""

    name: str
    branches: tuple[Branch[S_co, F_co], ...]
    origin: str = ""


@overload
def either(a: type[E], b: type[E2], /) -> Either[E | E2]: ...
@overload
def either(a: type[E], b: type[E2], c: type[E3], /) -> Either[E | E2 | E3]: ...
@overload
def either(a: type[E], b: type[E2], c: type[E3], d: type[E4], /) -> Either[E | E2 | E3 | E4]: ...
@overload
def either(a: type[E], b: type[E2], c: type[E3], d: type[E4], e: type[E5], /) -> Either[E | E2 | E3 | E4 | E5]: ...
def either(*events: type[object]) -> Either[object]:
    """Make one trigger of two to five event classes: the row's functions must accept every one of them."""
    return Either(events)


def is_either(trigger: object) -> TypeGuard[Either[object]]:
    """Tell whether a trigger is several event classes."""
    return isinstance(trigger, Either)
