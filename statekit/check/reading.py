"""Reading: a system as properties, facts and samples see it, with a note of which members they looked at.

What a pure function gave once it gives again wherever all that it looked at is the same. So a note of that is all that
is needed to ask it once for many places. A function looks at a member when it takes it out of `members`, be it by `of`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from typing import Protocol, TypeVar, cast, overload

from attrs import evolve

from statekit.check.model import Model
from statekit.check.watch import asked
from statekit.effects import Signal
from statekit.keyed import Seed
from statekit.snapshot import AnySnapshot
from statekit.system import System
from statekit.wiring import Derived, View, Wire

T = TypeVar("T")
TABLE_LIMIT = 50_000
"""How many answers of one function are kept; one more, and all are forgotten."""


class Members(Sequence[AnySnapshot]):
    """The members of a system, noting which were looked at."""

    __slots__ = ("_members", "_read")

    def __init__(self, members: tuple[AnySnapshot, ...], read: set[int]) -> None:
        """Begin with nothing looked at."""
        self._members = members
        self._read = read

    @overload
    def __getitem__(self, at: int) -> AnySnapshot: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[AnySnapshot, ...]: ...
    def __getitem__(self, at: int | slice) -> AnySnapshot | tuple[AnySnapshot, ...]:
        """Look at one of them, or at several."""
        places = range(len(self._members))[at]
        self._read.update((places,) if isinstance(places, int) else places)
        return self._members[at]

    def __len__(self) -> int:
        """Count them."""
        return len(self._members)

    def __iter__(self) -> Iterator[AnySnapshot]:
        """Look at all of them."""
        self._read.update(range(len(self._members)))
        return iter(self._members)


class Reading(View):
    """A system's members side by side; `read` has the places of those that were looked at."""

    __slots__ = ("_facts", "members", "names", "read", "seeds")

    def __init__(self, view: View, facts: Callable[[], tuple[object, ...]] = tuple) -> None:
        """Read a view afresh; `facts` gives the values of the derived facts."""
        self.names: tuple[str, ...] = view.names
        self.read: set[int] = set()
        self.members: tuple[AnySnapshot, ...] = cast("tuple[AnySnapshot, ...]", Members(view.members, self.read))
        self.seeds: tuple[Seed, ...] = view.seeds
        self._facts = facts

    @property
    def facts(self) -> tuple[object, ...]:
        """The value of each derived fact, all the members that they look at being looked at."""
        self.read.update(range(len(self.names)))
        return self._facts()

    @property
    def seen(self) -> set[str]:
        """The names of those that were looked at."""
        return {self.names[at] for at in self.read}


class Readable(Protocol):
    """The places of a system, each a whole number in which every member has bits of its own."""

    model: Model

    def reading(self, place: int) -> Reading:
        """Give a place as functions read it."""
        ...

    def mask_of(self, names: Iterable[str]) -> int:
        """Give the bits of some members."""
        ...


class Remembered:
    """A function of a system, asked once for all places in which what it looks at is the same."""

    def __init__(self, places: Readable, function: Callable[[Reading], object], code: str) -> None:
        """Begin with nothing known."""
        self.places = places
        self.function = function
        self.code = code
        self.mask: int = 0
        self.table: dict[int, object] = {}

    def __call__(self, place: int) -> object:
        """Give what the function says of a place."""
        key = place & self.mask
        if key in self.table:
            return self.table[key]
        reading = self.places.reading(place)
        value = asked(self.places.model, self.code, self.function, reading)
        mask = self.mask | self.places.mask_of(reading.seen)
        if mask != self.mask or len(self.table) >= TABLE_LIMIT:
            self.mask = mask
            self.table.clear()
        self.table[place & mask] = value
        return value


class Traced:
    """A system that does what it does, and notes what its facts look at and which signals are sent."""

    def __init__(self, system: System) -> None:
        """Make a copy whose facts and wires take notes."""
        self.read: dict[int, set[str]] = {}
        self.values: list[tuple[int, object]] = []
        self.signals: list[Signal] = []
        self.system: System = evolve(
            system,
            wiring=tuple(map(self._wire, system.wiring)),
            derived=tuple(self._derived(at, each) for at, each in enumerate(system.derived)),
        )

    def clear(self) -> None:
        """Forget the notes."""
        self.read.clear()
        self.values.clear()
        self.signals.clear()

    def _derived(self, at: int, derived: Derived) -> Derived:
        fact = derived.fact

        @wraps(fact)
        def noting(view: View) -> object:
            reading = Reading(view)
            try:
                value = fact(reading)
            finally:
                self.read.setdefault(at, set()).update(reading.seen)
            self.values.append((at, value))
            return value

        return evolve(derived, fact=noting)

    def _wire(self, line: Wire) -> Wire:
        make = line.make
        if make is None:
            return line

        @wraps(make)
        def noting(signal: Signal) -> object:
            self.note(signal)
            return make(signal)

        @wraps(make)
        def noting_key(signal: Signal, key: object) -> object:
            self.note(signal)
            return make(signal, key)

        takes_key = getattr(getattr(make, "__code__", None), "co_argcount", 1) > 1
        return evolve(line, make=noting_key if takes_key else noting)

    def note(self, signal: Signal) -> None:
        """Note a signal once, though several wires may carry it."""
        if not self.signals or self.signals[-1] is not signal:
            self.signals.append(signal)
