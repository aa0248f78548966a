"""Walk: a machine driven by hand, one stimulus after the other; nothing waits and nothing is random.

    walk = Walk(CONNECTION)
    walk.send(Connect(), TokenReady(1), Permitted(1))
    assert walk.effects == (Dial(1),)
    walk.answer(Opened())
    walk.fire("after hello_seconds")
    assert walk.state is State.BACKING_OFF

Events are sent; outcomes and stream events answer the effect that is live; timers fire by their label. A late answer
is one with a ticket that was kept: `late = walk.ticket(Dial)`, later `walk.answer(Opened(), ticket=late)`.
"""

from enum import StrEnum
from typing import Generic, TypeVar, cast

from statekit.machine import Machine
from statekit.snapshot import Snapshot, Step, Stimulus
from statekit.step import start, step
from statekit.testing.outstanding import Outstanding
from statekit.testing.passed import passed_by
from statekit.timers import Duration
from statekit.verdicts import Broken, Stale, Verdict

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E")
C = TypeVar("C")
F = TypeVar("F")


class Walk(Generic[S, E, C, F]):
    """A machine on its way. `done` is its last step, `passed` names the lines of its table that it has passed."""

    def __init__(self, machine: Machine[S, E, C, F], context: C | None = None) -> None:
        """Start the machine, with its own context unless another is given."""
        self.machine = machine
        self.passed: dict[str, None] = {}
        self.begin(context)

    def begin(self, context: C | None = None) -> None:
        """Start it afresh; what was passed before still counts."""
        self.outstanding: Outstanding = Outstanding(self.machine)
        self.done: Step[S, C, F] = start(self.machine, context)
        self.outstanding.note(self.done.issued)

    @property
    def snapshot(self) -> Snapshot[S, C]:
        """Where the machine is."""
        return self.done.snapshot

    @property
    def state(self) -> S:
        """The state it is in."""
        return self.snapshot.state

    @property
    def context(self) -> C:
        """The data beside the state."""
        return self.snapshot.context

    @property
    def verdict(self) -> Verdict:
        """What became of the last stimulus."""
        return self.done.verdict

    @property
    def effects(self) -> tuple[F, ...]:
        """What the last stimulus ordered."""
        return self.done.effects

    @property
    def timers(self) -> dict[str, Duration]:
        """The live timers by label, with the delay each was armed for: seconds, or a `Jitter`."""
        return self.outstanding.timers(self.snapshot)

    @property
    def answerable(self) -> dict[type, int]:
        """The event classes that may answer what is live now, each with the ticket it would bear."""
        return self.outstanding.answerable(self.snapshot)

    def ticket(self, awaited: type[F] | str) -> int:
        """Give the live ticket of an effect's class, or of a timer's label; raises LookupError if it is not awaited."""
        name = awaited if isinstance(awaited, str) else awaited.__name__
        return self.outstanding.ticket(self.snapshot, name)

    def send(self, *events: E) -> Verdict:
        """Deliver events that answer nothing, one after the other; gives the last one's verdict."""
        for event in events:
            self.deliver(Stimulus(event))
        return self.verdict

    def answer(self, event: E, *, ticket: int | None = None) -> Verdict:
        """Deliver an answer under the ticket of the effect that is live, or under one that was kept.

        Raises LookupError if no effect that answers so is live and no ticket is given.
        """
        return self.deliver(self.outstanding.answered(self.snapshot, event, ticket))

    def fire(
        self, label: str, *, chance: float = 1.0, late_by_seconds: float = 0.0, ticket: int | None = None
    ) -> Verdict:
        """Let a timer fire, by its label (`after 10 s`, `after backoff_delay`, a name) or by a ticket that was kept.

        `chance` draws a jittered delay, from 0 (the shortest) to 1. Raises LookupError, naming what is awaited, if no
        such timer runs.
        """
        return self.deliver(self.outstanding.fired(self.snapshot, label, chance, late_by_seconds, ticket))

    def deliver(self, stimulus: Stimulus[object]) -> Verdict:
        """Deliver a stimulus as it is, its ticket included; the other ways all come to this one."""
        before = self.snapshot
        self.done = step(self.machine, before, cast("Stimulus[E]", stimulus))
        self.outstanding.note(self.done.issued)
        if not isinstance(self.verdict, Stale | Broken):
            self.passed.update(dict.fromkeys(passed_by(self.machine, before.state, before.context, stimulus.event)))
        return self.verdict
