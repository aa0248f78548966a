"""Keyed members: one definition with an instance for each key, and how an instance is addressed.

An instance's *address* is text, as it stands in paths, orders, logs and errors: the machine's name and the key in
brackets, `conflict_recovery[doc-1]`. Numbers stand as they are, and text that reads like one is quoted, so that no two
keys have one address: `job[7]` is not `job['7']`.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias, TypeVar

from attrs import frozen

from statekit.machine import Definition, Machine
from statekit.value import Value

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E")
C = TypeVar("C")
F = TypeVar("F")

InstanceKey: TypeAlias = str | int
"""What tells the instances of one machine apart; what a snapshot can be saved with."""


class Keyed:
    """A member with an instance for each key; made by `keyed`, and not to be changed."""

    __slots__ = ("context", "definition", "per")

    def __init__(self, definition: Definition, per: str, context: Callable[..., object] | None) -> None:
        """Keep what was declared."""
        self.definition: Definition = definition
        self.per: str = per
        self.context: Callable[..., object] | None = context


@frozen(weakref_slot=False, eq=False, repr=False)
class Seed(Value):
    """What the next instance of a keyed member begins with: the member's context and the ticket number it goes on from.

    That is the highest number that an instance which was removed had issued, so that no answer to one of those can ever
    be taken for an answer to its successor.
    """

    member: str
    context: object
    issued: int = 0


def keyed(
    machine: Machine[S, E, C, F],
    *,
    per: str = "key",
    context: Callable[[C, str], C] | Callable[[C, int], C] | None = None,
) -> Keyed:
    """Declare a member of which a system has an instance for each key: one pipeline per document.

    `per` says in a word what a key stands for. An instance begins, when a `spawn` wire meets a key that has none, with
    the machine's context, or the one that `System.start` was given under its name; `context`, a named pure function of
    that and the key, makes it the instance's own. An instance whose state has *ended* is removed at once.
    """
    return Keyed(machine, per, context)


def address(member: str, key: InstanceKey) -> str:
    """Write the address of an instance."""
    quoted = isinstance(key, str) and (key.startswith("'") or _reads_as_number(key))
    return f"{member}['{key}']" if quoted else f"{member}[{key}]"


def member_of(address: str) -> str:
    """Give the name of the member that an address, or a name, belongs to."""
    return address.partition("[")[0]


def key_of(address: str) -> InstanceKey | None:
    """Give the key of an instance by its address; None for the name of a member that is not keyed."""
    _, bracket, rest = address.partition("[")
    if not bracket:
        return None
    key = rest.removesuffix("]")
    if key.startswith("'"):
        return key[1:-1]
    return int(key) if _reads_as_number(key) else key


def spelling(written: str) -> str:
    """Write an address, or a name, in the one spelling that it has: `page[7]`, not `page[007]`."""
    key = key_of(written)
    return written if key is None else address(member_of(written), key)


def key_order(address: str) -> tuple[bool, int, str]:
    """Tell where an instance stands among those of its machine: numbers first, text after them."""
    key = key_of(address)
    return (False, key, "") if isinstance(key, int) else (True, 0, str(key))


def _reads_as_number(key: str) -> bool:
    return key.isascii() and key.removeprefix("-").isdecimal()
