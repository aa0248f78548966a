"""Reading: a system as properties, facts and samples see it, with a note of which members they looked at.

What a pure function gave once it gives again wherever all that it looked at is the same. So a note of that is all that
is needed to ask it once for many places. A function looks at a member when it takes it out of `members`, be it by `of`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import wraps
from types import FunctionType
from typing import Protocol, TypeVar, cast, overload

from attrs import evolve

from statekit.check.covered import Covered
from statekit.check.model import Model
from statekit.check.watch import asked
from statekit.effects import Signal
from statekit.keyed import Seed
from statekit.snapshot import AnySnapshot
from statekit.system import System
from statekit.transaction import SystemSnapshot
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

    def __init__(self, system: System, covered: Covered) -> None:
        """Make a copy whose facts and wires take notes, and are looked into."""
        self.covered = covered
        self.read: dict[int, set[str]] = {}
        self.values: list[tuple[int, object]] = []
        self.signals: list[Signal] = []
        self.before: SystemSnapshot = SystemSnapshot((), ())
        self.looked_at: tuple[tuple[int, ...], ...] = ()
        self.system: System = evolve(
            system,
            wiring=tuple(map(self._wire, system.wiring)),
            derived=tuple(self._derived(at, each) for at, each in enumerate(system.derived)),
        )

    def begin(self, before: SystemSnapshot, looked_at: tuple[tuple[int, ...], ...]) -> None:
        """Forget the notes; of each fact, `looked_at` has the members that it looks at in this snapshot."""
        self.before = before
        self.looked_at = looked_at
        self.read.clear()
        self.values.clear()
        self.signals.clear()

    def is_as_before(self, at: int, view: View) -> bool:
        """Tell whether all that a fact looked at is the very same still, so that it would say the same."""
        members, before = view.members, self.before.members
        return view.names == self.before.names and all(members[each] is before[each] for each in self.looked_at[at])

    def _derived(self, at: int, derived: Derived) -> Derived:
        fact = derived.fact

        @wraps(fact)
        def noting(view: View) -> object:
            if self.is_as_before(at, view):
                return self.before.facts[at]
            reading = Reading(view)
            try:
                value = self.covered.through(fact, reading)
            finally:
                self.read.setdefault(at, set()).update(reading.seen)
            self.values.append((at, value))
            return value

        return evolve(derived, fact=noting, make=self._noting(derived.make))

    def _wire(self, line: Wire) -> Wire:
        make = None if line.make is None else self._noting(line.make, self.note)
        key = self._noting(line.key) if isinstance(line.key, FunctionType) else line.key
        return evolve(line, make=make, key=key)

    def _noting(self, function: Callable[..., T], note: Callable[[object], None] | None = None) -> Callable[..., T]:
        """Look into a function whenever it is called, and note what it is called with; its arity stays what it is."""

        @wraps(function)
        def noting(signal: object) -> T:
            if note is not None:
                note(signal)
            return self.covered.through(function, signal)

        @wraps(function)
        def noting_key(signal: object, key: object) -> T:
            if note is not None:
                note(signal)
            return self.covered.through(function, signal, key)

        takes_key = getattr(getattr(function, "__code__", None), "co_argcount", 1) > 1
        return noting_key if takes_key else noting

    def note(self, signal: object) -> None:
        """Note a signal once, though several wires may carry it."""
        if isinstance(signal, Signal) and not (self.signals and self.signals[-1] is signal):
            self.signals.append(signal)
