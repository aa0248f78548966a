"""The errors of statekit: the facts as attributes, then the sentence."""

from __future__ import annotations

from collections.abc import Sequence


class StatekitError(Exception):
    """The base of every error that statekit raises on purpose."""


class MalformedTable(StatekitError):
    """A lifecycle that cannot be built: raised when the machine is, never later.

    `faults` holds every fault that was found, each one sentence that begins with the place (`file:line`) and says
    what would be right. Mend the table; there is nothing to catch.
    """

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        """Keep the machine's name and its faults."""
        self.name = name
        self.faults: tuple[str, ...] = tuple(faults)
        lines = "".join(f"\n  {fault}" for fault in self.faults)
        super().__init__(f"{name or 'what has no name'} cannot be built:{lines}")


class MalformedSystem(MalformedTable):
    """A system whose wiring cannot be built; each of its `faults` names the members and signals concerned."""


class Livelock(StatekitError):
    """One stimulus set off more hops than the bound allows; `hops` names the members and events that went round."""

    def __init__(self, name: str, bound: int, hops: Sequence[str]) -> None:
        """Keep the bound and the last hops, which show the cycle."""
        self.name = name
        self.bound = bound
        self.hops: tuple[str, ...] = tuple(hops)
        super().__init__(f"{name}: one stimulus led to more than {bound} hops; the last were {' → '.join(hops)}")


def event_named(event: object) -> str:
    """Name an event by its class; a class that was sent in place of an event is called one."""
    return f"the class {event.__name__}" if isinstance(event, type) else type(event).__name__


class Rejected(StatekitError):
    """An event that the policy `raise` does not accept: refused, forbidden, unhandled or broken.

    `verdict` is the engine's own answer; `possible` names the events that the state does answer. `machine` is an
    instance's address for a keyed member, and `state` is empty if there is no such instance.
    """

    def __init__(self, machine: str, state: str, event: str, verdict: object, possible: Sequence[str]) -> None:
        """Keep what was sent where, what became of it, and what would have been answered."""
        self.machine = machine
        self.state = state
        self.event = event
        self.verdict = verdict
        self.possible: tuple[str, ...] = tuple(possible)
        place = f"{event} in {state}" if state else event
        can = f"; events with a row here: {', '.join(self.possible) or 'none'}" if state else ""
        super().__init__(f"{machine}: {place}: {verdict}{can}")


class ForeignSnapshot(StatekitError):
    """A snapshot that is not of the machine that was to step from it; `known` names the machine's own states.

    `state` is the snapshot's, with its class. Hand the machine what `start`, a step of its own or `restore` gave.
    """

    def __init__(self, machine: str, state: str, known: Sequence[str]) -> None:
        """Keep whose step it was to be, where the snapshot is, and where it could be."""
        self.machine = machine
        self.state = state
        self.known: tuple[str, ...] = tuple(known)
        super().__init__(
            f"{machine} cannot step from the snapshot of another machine, which is in {state}; the states of {machine} "
            f"are {', '.join(known)}"
        )


class UnknownMember(StatekitError, KeyError):
    """A name that no member of the system bears; `known` lists those that exist.

    `meant` is the address as it is spelled, if it was spelled otherwise.
    """

    def __init__(self, system: str, name: str, known: Sequence[str], meant: str = "") -> None:
        """Keep the name that was asked for and those that exist."""
        self.system = system
        self.name = name
        self.known: tuple[str, ...] = tuple(known)
        self.meant = meant
        right = f"; that address is spelled {meant}" if meant else ""
        StatekitError.__init__(self, f"{system} has no member {name!r}; its members are {', '.join(known)}{right}")

    def __str__(self) -> str:
        """Say the sentence (a KeyError alone would print its repr)."""
        return str(self.args[0])


class NotTabulable(StatekitError):
    """A machine that cannot be written out as plain arrays; `tabulate` raises it.

    `cell` names the state and the trigger whose functions look at the event; it is None where the points are at fault,
    because they are too many or their context cannot be hashed. Run the machine with `step` instead, or mend that.
    """

    def __init__(self, machine: str, problem: str, cell: tuple[str, str] | None = None) -> None:
        """Keep the machine's name, what is in the way, and where."""
        self.machine = machine
        self.problem = problem
        self.cell = cell
        super().__init__(f"{machine} cannot be tabulated: {problem}")


class MalformedModel(StatekitError):
    """A model that cannot be explored: an event without samples, a value that cannot be told from others, a property
    that raises.

    `problem` says what is wrong and what would be right.
    """

    def __init__(self, model: str, problem: str) -> None:
        """Keep the model's name and what is in the way."""
        self.model = model
        self.problem = problem
        super().__init__(f"{model} cannot be explored: {problem}")
