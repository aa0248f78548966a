"""SystemWalk: a system driven by hand, one transaction after the other; see `walk` for the idea.

walk = SystemWalk(SESSION)
walk.send(AUTH_REFRESH, SignIn())
walk.answer(AUTH_REFRESH, Refreshed(60.0))
walk.send(CONNECTION, Connect())
assert walk.effects == (Dial(1),)
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from statekit.effects import Signal
from statekit.machine import Definition, Machine
from statekit.snapshot import Snapshot, Stimulus
from statekit.system import System
from statekit.testing.outstanding import Outstanding
from statekit.timers import Duration
from statekit.transaction import SystemSnapshot, Transaction
from statekit.verdicts import Verdict

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E")
C = TypeVar("C")
F = TypeVar("F")


class SystemWalk:
    """A system on its way. `done` is its last transaction."""

    def __init__(self, system: System, contexts: Mapping[str, object] | None = None) -> None:
        """Start every member, with the given contexts or their own."""
        self.system = system
        self.outstanding: dict[str, Outstanding] = {member.name: Outstanding(member) for member in system.members}
        self.done: Transaction = system.start(contexts)
        self._note()

    @property
    def snapshot(self) -> SystemSnapshot:
        """Where the system is."""
        return self.done.snapshot

    @property
    def verdict(self) -> Verdict:
        """What became of the last stimulus."""
        return self.done.verdict

    @property
    def effects(self) -> tuple[object, ...]:
        """What the last stimulus ordered of the driver, whichever member it was."""
        return tuple(order.effect for order in self.done.orders)

    @property
    def published(self) -> tuple[Signal, ...]:
        """What the last stimulus told the application."""
        return self.done.published

    def of(self, machine: Machine[S, E, C, F]) -> Snapshot[S, C]:
        """Give one member's snapshot with its types."""
        return self.snapshot.of(machine)

    def state(self, machine: Machine[S, E, C, F]) -> S:
        """Give the state that a member is in."""
        return self.of(machine).state

    def timers(self, member: Definition) -> dict[str, Duration]:
        """Give a member's live timers by label, with the delay each was armed for."""
        return self.outstanding[member.name].timers(self._of(member))

    def answerable(self, member: Definition) -> dict[type, int]:
        """Give the event classes that may answer a member's live effects, each with the ticket it would bear."""
        return self.outstanding[member.name].answerable(self._of(member))

    def ticket(self, member: Definition, awaited: type | str) -> int:
        """Give a member's live ticket by an effect's class or a timer's label; raises LookupError."""
        name = awaited if isinstance(awaited, str) else awaited.__name__
        return self.outstanding[member.name].ticket(self._of(member), name)

    def send(self, machine: Machine[S, E, C, F], *events: E) -> Verdict:
        """Deliver events that answer nothing to a member, one after the other; gives the last one's verdict."""
        for event in events:
            self.deliver(machine, Stimulus(event))
        return self.verdict

    def answer(self, machine: Machine[S, E, C, F], event: E, *, ticket: int | None = None) -> Verdict:
        """Deliver an answer to a member's live effect, or under a ticket that was kept; raises LookupError."""
        return self.deliver(machine, self.outstanding[machine.name].answered(self._of(machine), event, ticket))

    def fire(
        self,
        member: Definition,
        label: str,
        *,
        chance: float = 1.0,
        late_by_seconds: float = 0.0,
        ticket: int | None = None,
    ) -> Verdict:
        """Let a member's timer fire, by its label or a ticket that was kept; see `Walk.fire`."""
        stimulus = self.outstanding[member.name].fired(self._of(member), label, chance, late_by_seconds, ticket)
        return self.deliver(member, stimulus)

    def _of(self, member: Definition) -> Snapshot[StrEnum, object]:
        return self.snapshot.members[self.snapshot.names.index(member.name)]

    def deliver(self, member: Definition, stimulus: Stimulus[object]) -> Verdict:
        """Deliver a stimulus to a member as it is, its ticket included; the other ways all come to this one."""
        self.done = self.system.step(self.snapshot, member.name, stimulus)
        self._note()
        return self.verdict

    def _note(self) -> None:
        for armed in self.done.armed:
            self.outstanding[armed.member].note((armed.issued,))
