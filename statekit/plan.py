"""Plan: a system's members and wiring, checked and laid out for the engine; made once, when the system is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias, cast

from statekit.draft import named
from statekit.effects import Signal
from statekit.errors import UnknownMember
from statekit.keyed import Keyed, key_order, member_of, spelling
from statekit.machine import Definition
from statekit.states import Every
from statekit.wiring import Derived, Wire

Routes: TypeAlias = "Mapping[tuple[str, type], tuple[Route, ...]]"
"""(member, signal class) → the lines that carry it, in their order."""


TWO = 2
"""What makes an instance's context takes the member's and the key."""


class Asked:
    """A function of the wiring, and whether it takes the sender's key beside the signal."""

    __slots__ = ("function", "takes_key")

    def __init__(self, function: Callable[..., object]) -> None:
        """Look at the function's parameters."""
        self.function: Callable[..., object] = function
        self.takes_key: bool = parameters(function) > 1


class Route:
    """A line of the wiring as the engine follows it: to the application if there is no target.

    Without a key the target has one instance only, or every instance that there is receives it (`every`).
    """

    __slots__ = ("every", "key", "make", "spawns", "target")

    def __init__(self, line: Wire) -> None:
        """Lay out a wire."""
        self.target: str | None = None if line.target is None else line.target.name
        self.make: Asked | None = None if line.make is None else Asked(line.make)
        self.key: Asked | None = None if line.key is None or isinstance(line.key, Every) else Asked(line.key)
        self.every: bool = isinstance(line.key, Every)
        self.spawns: bool = line.spawns


class Plan:
    """What the engine needs to know of a system; `names` are those of the members that are not keyed."""

    __slots__ = ("derived", "keyed", "members", "name", "names", "routes")

    def __init__(
        self,
        name: str,
        members: tuple[Definition | Keyed, ...],
        wiring: tuple[Wire, ...],
        derived: tuple[Derived, ...],
    ) -> None:
        """Lay out a system that has no faults."""
        routes: dict[tuple[str, type], tuple[Route, ...]] = {}
        for line in wiring:
            key = (line.source.name, line.signal)
            routes[key] = (*routes.get(key, ()), Route(line))
        singles = {each.name: each for each in members if isinstance(each, Definition)}
        self.name: str = name
        self.names: tuple[str, ...] = tuple(singles)
        self.members: Mapping[str, Definition] = singles
        self.keyed: Mapping[str, Keyed] = {each.definition.name: each for each in members if isinstance(each, Keyed)}
        self.routes: Routes = routes
        self.derived: tuple[Derived, ...] = derived

    def definition(self, address: str) -> Definition:
        """Find whose address, or name, it is; raises `UnknownMember`, also for a keyed member without a key."""
        found = self.members.get(address)
        if found is not None:
            return found
        member = member_of(address)
        if member == address or member not in self.keyed:
            raise UnknownMember(self.name, address, self.known())
        return self.keyed[member].definition

    def addressed(self, written: str) -> Definition:
        """Find whose address, or name, somebody wrote; raises `UnknownMember`, also for another spelling of it."""
        found, meant = self.definition(written), spelling(written)
        if meant != written:
            raise UnknownMember(self.name, written, self.known(), meant)
        return found

    def known(self) -> tuple[str, ...]:
        """List what members there are, keyed ones as their instances are addressed."""
        return (*self.names, *(f"{name}[{each.per}]" for name, each in self.keyed.items()))

    def order(self, address: str) -> tuple[int, tuple[bool, int, str]]:
        """Tell where an instance stands among all."""
        return list(self.keyed).index(member_of(address)), key_order(address)


def parameters(function: Callable[..., object]) -> int:
    """Count what a function must be called with; a class is taken to make its event of the signal alone."""
    code = getattr(function, "__code__", None)
    if code is None:
        return 1
    bound = getattr(function, "__self__", None) is not None
    return int(code.co_argcount) - bound - len(getattr(function, "__defaults__", None) or ())


def misplaced(members: object, wiring: object, derived: object) -> Iterator[str]:
    """Find the parts that are of another kind altogether: they make everything else unreadable."""
    listed: tuple[tuple[str, object, tuple[type, ...], str], ...] = (
        ("members", members, (Definition, Keyed), "MACHINE"),
        ("wiring", wiring, (Wire,), "wire(...)"),
        ("derived", derived, (Derived,), "derive(...)"),
    )
    for word, given, kinds, one in listed:
        if isinstance(given, (*kinds, str)) or not isinstance(given, Iterable):
            right = given.name if isinstance(given, Definition) else one
            yield f"{word} is {_given(given)}, and no list of them: write ({right},), with the comma"
            continue
        for at, each in enumerate(cast("Iterable[object]", given)):
            if not isinstance(each, kinds):
                right = "a member is a Machine, or keyed(...)" if word == "members" else f"one is made by {one}"
                yield f"{word}[{at}] is {_given(each)}; {right}"
            elif isinstance(each, Wire):
                yield from _ends(each)


def _ends(line: Wire) -> Iterator[str]:
    for end in (line.source, line.target):
        if end is not None and not isinstance(cast("object", end), Definition):
            yield f"a wire of {line.signal.__name__} names {_given(end)}: give the Machine itself"


def _given(part: object) -> str:
    """Write what was given as it would be written in a system, and shortly."""
    if isinstance(part, Definition):
        return f"the machine {part.name}"
    if isinstance(part, Keyed):
        return f"keyed({part.definition.name}, ...)"
    return f"a {type(part).__name__}" if isinstance(part, (Wire, Derived)) else named(part)


def faults(
    members: tuple[Definition | Keyed, ...], wiring: tuple[Wire, ...], derived: tuple[Derived, ...]
) -> Iterator[str]:
    """Find everything that is wrong with a system, each fault as a sentence."""
    definitions = [each.definition if isinstance(each, Keyed) else each for each in members]
    names = [each.name for each in definitions]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield f"two members bear the name {name}; a member's name must be its own"
    effects = {each.name: set(each.effects()) for each in definitions}
    wired = {(line.source.name, line.signal) for line in wiring}
    for name, classes in effects.items():
        for signal in sorted((each for each in classes if issubclass(each, Signal)), key=lambda each: each.__name__):
            if (name, signal) not in wired:
                yield f"{name} sends {signal.__name__}, and nobody receives it: add wire(...) or publish(...)"
    keyed = {each.definition.name: each for each in members if isinstance(each, Keyed)}
    for line in wiring:
        if not issubclass(cast("type", line.signal), Signal):
            name = line.signal.__name__
            yield f"a wire carries {name}, which is no signal: write class {name}(Signal)"
        elif line.source.name not in names:
            yield f"a wire leads from {line.source.name}, which is no member"
        elif line.signal not in effects[line.source.name]:
            yield f"a wire carries {line.signal.__name__}, which {line.source.name} never sends"
        if line.target is not None and line.target.name not in names:
            yield f"a wire leads from {line.source.name} to {line.target.name}, which is no member"
        else:
            yield from _of_keys(line, keyed)
    for each in derived:
        if each.target.name not in names:
            yield f"the fact {each.fact.__name__} is told to {each.target.name}, which is no member"
    yield from _of_instances(keyed, wiring)


def _of_keys(line: Wire, keyed: Mapping[str, Keyed]) -> Iterator[str]:
    """Find what is wrong with the keys of one wire."""
    functions = [each for each in (line.make, line.key) if callable(each)]
    for function in functions if line.source.name not in keyed else ():
        if parameters(function) > 1:
            yield f"{_name(function)} takes the sender's key, and {line.source.name}, which it is for, has none"
    if line.target is None:
        return
    place = f"the wire of {line.signal.__name__} from {line.source.name} to {line.target.name}"
    if line.make is not None and _unnamed(line.make):
        yield f"the make of {place} has no name to be drawn by: write it as a function"
    if line.target.name not in keyed:
        if line.spawns:
            yield f"{place} spawns, and {line.target.name} is not keyed: declare keyed(...), or use wire(...)"
        elif line.key is not None:
            yield f"{place} has a key, and {line.target.name} is not keyed: take it away, or declare keyed(...)"
    elif line.key is None or (line.spawns and not callable(line.key)):
        per = keyed[line.target.name].per
        every = "" if line.spawns else ", or key=EVERY for all of them"
        yield f"{place} does not say which {per} it leads to: give key=, a function of the signal{every}"
    elif callable(line.key) and _unnamed(line.key):
        yield f"the key of {place} has no name to be drawn by: write it as a function"


def _of_instances(keyed: Mapping[str, Keyed], wiring: tuple[Wire, ...]) -> Iterator[str]:
    """Find what is wrong with the keyed members themselves."""
    spawned = {line.target.name for line in wiring if line.spawns and line.target is not None}
    for name, each in keyed.items():
        if name not in spawned:
            yield f"{name} is keyed, and nothing starts an instance of it: add spawn(...)"
        if each.context is not None and _unnamed(each.context):
            yield f"the context= of {name} has no name: write it as a function of the context and the key"
        elif each.context is not None and parameters(each.context) != TWO:
            yield f"{_name(each.context)} must take the context and the key of {name}, and nothing else"


def _name(function: Callable[..., object]) -> str:
    return str(getattr(function, "__name__", function))


def _unnamed(function: Callable[..., object]) -> bool:
    return getattr(function, "__name__", "<lambda>") == "<lambda>"
