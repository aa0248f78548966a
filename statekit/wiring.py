"""Wiring: who receives a signal, and which facts of several machines are told to one of them.

Machines never import each other. A `Wire` maps one machine's signal to another's event by a named maker, `publish`
says that a signal is for the application, and `derive` says that a pure function of the whole system is an event for
one machine whenever its value has changed. Of a machine with an instance for each key a wire says by `key=` which
instance it leads to; `spawn` is a wire that starts the instance where there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias, TypeVar, cast

from attrs import frozen

from statekit.effects import Signal
from statekit.keyed import InstanceKey, Seed, address, key_of, member_of
from statekit.machine import Definition, Machine
from statekit.snapshot import AnySnapshot, Snapshot
from statekit.states import Every
from statekit.value import Value

S = TypeVar("S", bound=StrEnum)
S2 = TypeVar("S2", bound=StrEnum)
E = TypeVar("E")
E2 = TypeVar("E2")
C = TypeVar("C")
C2 = TypeVar("C2")
F = TypeVar("F")
F2 = TypeVar("F2")
G = TypeVar("G", bound=Signal)
V = TypeVar("V")

Make: TypeAlias = Callable[[G], E2] | Callable[[G, str], E2] | Callable[[G, int], E2]
"""A named pure function of a signal, or of it and the key of the instance that sent it."""


@frozen(eq=False, repr=False)
class Wire(Value):
    """One line of the wiring; made by `wire`, `spawn` or `publish`. Without a target the application receives it."""

    source: Definition
    signal: type[Signal]
    target: Definition | None = None
    make: Callable[..., object] | None = None
    key: Callable[..., InstanceKey] | Every | None = None
    spawns: bool = False


@frozen(eq=False, repr=False)
class Derived(Value):
    """A derived fact; made by `derive`."""

    fact: Callable[[View], object]
    target: Definition
    make: Callable[..., object]
    initially: object = None


class View:
    """A system's members side by side, as derived facts, public status and the application read them.

    `names` are the members' names, or for instances of keyed members their addresses; these come last.
    """

    __slots__ = ()
    names: tuple[str, ...]
    members: tuple[AnySnapshot, ...]
    seeds: tuple[Seed, ...]

    def of(self, machine: Machine[S, E, C, F], key: InstanceKey | None = None) -> Snapshot[S, C]:
        """Give one member's snapshot with its types, of a keyed one the instance of `key`.

        Raises ValueError if the machine is no member here, or has no such instance.
        """
        name = machine.name if key is None else address(machine.name, key)
        if name not in self.names:
            raise ValueError(f"{name} is no member here; the members are {', '.join(self.names)}")
        return cast("Snapshot[S, C]", self.members[self.names.index(name)])

    def keys(self, machine: Machine[S, E, C, F]) -> tuple[InstanceKey, ...]:
        """Give the keys of a keyed member's instances, numbers first, each in their order.

        Raises ValueError if the machine is no keyed member here.
        """
        if machine.name not in [seed.member for seed in self.seeds]:
            raise ValueError(f"{machine.name} is no keyed member here")
        found = (key_of(name) for name in self.names if member_of(name) == machine.name)
        return tuple(key for key in found if key is not None)


def wire(
    source: Machine[S, E, C, F],
    signal: type[G],
    target: Machine[S2, E2, C2, F2],
    make: Make[G, E2],
    *,
    key: Make[G, InstanceKey] | Every | None = None,
) -> Wire:
    """Send `source`'s signal to `target`, as the event that the named function `make` makes of it.

    A signal may be wired to several targets; they receive it in the order of the wiring. If `target` is keyed, `key` is
    a named pure function of the signal that says which instance receives it, or `EVERY` for all there are; for a key
    that has no instance the verdict is `Unhandled(absent=True)`. If `source` is keyed, `make` and `key` may take the
    sender's key as well.
    """
    return Wire(source, signal, target, make, key)


def spawn(
    source: Machine[S, E, C, F],
    signal: type[G],
    target: Machine[S2, E2, C2, F2],
    make: Make[G, E2],
    *,
    key: Make[G, InstanceKey],
) -> Wire:
    """Send `source`'s signal to an instance of the keyed `target`, and start the instance first if there is none."""
    return Wire(source, signal, target, make, key, spawns=True)


def publish(source: Machine[S, E, C, F], *signals: type[G], make: Make[G, Signal] | None = None) -> tuple[Wire, ...]:
    """Say that the application receives these signals of `source`, as they are or as `make` makes them.

    If `source` is keyed, `make` may take the sender's key: the application gets nothing but the signal.
    """
    return tuple(Wire(source, signal, make=make) for signal in signals)


def derive(fact: Callable[[View], V], target: Machine[S, E, C, F], make: Callable[[V], E], *, initially: V) -> Derived:
    """Tell `target` whenever the value of `fact` has changed, by the event that `make` makes of the new value.

    `fact` is a named pure function of the members, evaluated whenever no signal is left to deliver. `initially` is the
    value that the target's first context stands for. A keyed target hears it in every instance, and an instance that is
    spawned later hears the value, once, unless that is `initially`.
    """
    return Derived(fact, target, make, initially)
