"""SystemWalk: a system driven by hand, one transaction after the other; see `walk` for the idea.

    walk = SystemWalk(SESSION)
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, Refreshed(60.0))
    walk.send(CONNECTION, Connect())
    assert walk.effects == (Dial(1),)

A member is named by its machine; of a keyed one `key` says which instance is meant.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from statekit.effects import Signal
from statekit.keyed import InstanceKey
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
    """A system on its way. `done` is its last transaction. Of a keyed member `key` says which instance is meant."""

    def __init__(self, system: System, contexts: Mapping[str, object] | None = None) -> None:
        """Start every member, with the given contexts or their own."""
        self.system = system
        self.outstanding: dict[str, Outstanding] = {}
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

    def of(self, machine: Machine[S, E, C, F], key: InstanceKey | None = None) -> Snapshot[S, C]:
        """Give one member's snapshot with its types."""
        return self.snapshot.of(machine, key)

    def state(self, machine: Machine[S, E, C, F], key: InstanceKey | None = None) -> S:
        """Give the state that a member is in."""
        return self.of(machine, key).state

    def timers(self, member: Definition, key: InstanceKey | None = None) -> dict[str, Duration]:
        """Give a member's live timers by label, with the delay each was armed for."""
        return self._outstanding(member, key).timers(self._of(member, key))

    def answerable(self, member: Definition, key: InstanceKey | None = None) -> dict[type, int]:
        """Give the event classes that may answer a member's live effects, each with the ticket it would bear."""
        return self._outstanding(member, key).answerable(self._of(member, key))

    def ticket(self, member: Definition, awaited: type | str, key: InstanceKey | None = None) -> int:
        """Give a member's live ticket by an effect's class or a timer's label; raises LookupError."""
        name = awaited if isinstance(awaited, str) else awaited.__name__
        return self._outstanding(member, key).ticket(self._of(member, key), name)

    def send(self, machine: Machine[S, E, C, F], *events: E, key: InstanceKey | None = None) -> Verdict:
        """Deliver events that answer nothing to a member, one after the other; gives the last one's verdict."""
        for event in events:
            self.deliver(machine, Stimulus(event), key=key)
        return self.verdict

    def answer(
        self,
        machine: Machine[S, E, C, F],
        event: E,
        *,
        ticket: int | None = None,
        key: InstanceKey | None = None,
    ) -> Verdict:
        """Deliver an answer to a member's live effect, or under a ticket that was kept; raises LookupError."""
        stimulus = self._outstanding(machine, key).answered(self._of(machine, key), event, ticket)
        return self.deliver(machine, stimulus, key=key)

    def fire(
        self,
        member: Definition,
        label: str,
        *,
        chance: float = 1.0,
        late_by_seconds: float = 0.0,
        ticket: int | None = None,
        key: InstanceKey | None = None,
    ) -> Verdict:
        """Let a member's timer fire, by its label or a ticket that was kept; see `Walk.fire`."""
        outstanding, held = self._outstanding(member, key), self._of(member, key)
        return self.deliver(member, outstanding.fired(held, label, chance, late_by_seconds, ticket), key=key)

    def deliver(self, member: Definition, stimulus: Stimulus[object], *, key: InstanceKey | None = None) -> Verdict:
        """Deliver a stimulus to a member as it is, its ticket included; the other ways all come to this one."""
        self.done = self.system.step(self.snapshot, self.system.address(member, key), stimulus)
        self._note()
        return self.verdict

    def _of(self, member: Definition, key: InstanceKey | None) -> Snapshot[StrEnum, object]:
        """Give a member's snapshot; of an instance that is not there, one in which nothing is live."""
        name = self.system.address(member, key)
        if name in self.snapshot.names:
            return self.snapshot.members[self.snapshot.names.index(name)]
        return Snapshot(member.initial, member.context)

    def _outstanding(self, member: Definition, key: InstanceKey | None) -> Outstanding:
        return self.outstanding.setdefault(self.system.address(member, key), Outstanding(member))

    def _note(self) -> None:
        for armed in self.done.armed:
            definition = self.system.plan.definition(armed.member)
            self.outstanding.setdefault(armed.member, Outstanding(definition)).note((armed.issued,))
