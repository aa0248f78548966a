"""What a running system waits for, told to a person."""

from collections.abc import Callable, Iterator

from attrs import frozen

from statekit.machine import Definition
from statekit.run.alarms import Alarms
from statekit.snapshot import AnySnapshot
from statekit.system import System
from statekit.transaction import SystemSnapshot


@frozen
class Awaited:
    """One thing that a member waits for: a timer by its label, or an answer by its effect's class name, and its key.

    `member` is a name, or an instance's address. `due_in_seconds` is there for a timer that runs. `waits_for` is what
    the state declares of its owner; with `what` empty it is all there is to say.
    """

    member: str
    state: str
    what: str
    due_in_seconds: float | None
    waits_for: str

    def __str__(self) -> str:
        """Say it in words."""
        due = "" if self.due_in_seconds is None else f" in {self.due_in_seconds:g} s"
        what = f"{self.what}{due}" if self.what else self.waits_for
        return f"{self.member} is {self.state}, awaits {what}"


def awaited(system: System, snapshot: SystemSnapshot, alarms: Alarms, now: Callable[[], float]) -> tuple[Awaited, ...]:
    """List what every member waits for, in the order of the members and of their tickets."""
    found: list[Awaited] = []
    for name, held in zip(snapshot.names, snapshot.members, strict=True):
        found += _lines(name, system.plan.definition(name), held, alarms, now)
    return tuple(found)


def _lines(
    name: str, definition: Definition, held: AnySnapshot, alarms: Alarms, now: Callable[[], float]
) -> Iterator[Awaited]:
    owner = next(row.waits_for for row in definition.states if row.state == held.state)
    for ticket in held.tickets:
        deadline = alarms.deadline(name, ticket.number)
        due = None if deadline is None else max(0.0, deadline - now())
        label = definition.key_label(ticket.name)
        what = label if ticket.key is None else f"{label} of {ticket.key}"
        yield Awaited(name, held.state.name, what, due, owner)
    if owner and not held.tickets:
        yield Awaited(name, held.state.name, "", None, owner)
