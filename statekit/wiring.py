"""Wiring: who receives a signal, and which facts of several machines are told to one of them.

Machines never import each other. A `Wire` maps one machine's signal to another's event by a named maker, `publish`
says that a signal is for the application, and `derive` says that a pure function of the whole system is an event for
one machine whenever its value has changed.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeVar, cast

from attrs import frozen

from statekit.effects import Signal
from statekit.machine import Definition, Machine
from statekit.snapshot import AnySnapshot, Snapshot
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


@frozen(eq=False, repr=False)
class Wire(Value):
    """One line of the wiring; made by `wire` or `publish`. Without a target the application receives the signal."""

    source: Definition
    signal: type[Signal]
    target: Definition | None = None
    make: Callable[..., object] | None = None


@frozen(eq=False, repr=False)
class Derived(Value):
    """A derived fact; made by `derive`."""

    fact: "Callable[[View], object]"
    target: Definition
    make: Callable[..., object]
    initially: object = None


class View:
    """A system's members side by side, as derived facts, public status and the application read them."""

    __slots__ = ()
    names: tuple[str, ...]
    members: tuple[AnySnapshot, ...]

    def of(self, machine: Machine[S, E, C, F]) -> Snapshot[S, C]:
        """Give one member's snapshot with its types; raises ValueError if the machine is no member."""
        if machine.name not in self.names:
            raise ValueError(f"{machine.name} is no member here; the members are {', '.join(self.names)}")
        return cast("Snapshot[S, C]", self.members[self.names.index(machine.name)])


def wire(
    source: Machine[S, E, C, F], signal: type[G], target: Machine[S2, E2, C2, F2], make: Callable[[G], E2]
) -> Wire:
    """Send `source`'s signal to `target`, as the event that the named function `make` makes of it.

    A signal may be wired to several targets; they receive it in the order of the wiring.
    """
    return Wire(source, signal, target, make)


def publish(source: Machine[S, E, C, F], *signals: type[Signal]) -> tuple[Wire, ...]:
    """Say that the application receives these signals of `source`."""
    return tuple(Wire(source, signal) for signal in signals)


def derive(fact: Callable[[View], V], target: Machine[S, E, C, F], make: Callable[[V], E], *, initially: V) -> Derived:
    """Tell `target` whenever the value of `fact` has changed, by the event that `make` makes of the new value.

    `fact` is a named pure function of the members, evaluated whenever no signal is left to deliver. `initially` is the
    value that the target's first context stands for.
    """
    return Derived(fact, target, make, initially)
