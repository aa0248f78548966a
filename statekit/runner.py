"""Runner: one machine, sent events one by one, without any loop; for people with their own loop, threads, or none."""

from collections.abc import Callable
from enum import StrEnum
from typing import Generic, TypeVar, cast

from statekit.errors import Rejected, event_named
from statekit.machine import Definition, Machine
from statekit.snapshot import ANY_KEY, AnySnapshot, AnyStep, Issued, Snapshot, Stimulus, Ticket
from statekit.step import start, step
from statekit.timers import Fired, Jitter
from statekit.verdicts import REJECTING, Verdict

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E")
C = TypeVar("C")
F = TypeVar("F")


def middle(_: Jitter) -> float:
    """Draw every jitter as the middle of its range."""
    return 0.5


class Runner(Generic[S, E, C, F]):
    """A machine's snapshot that moves; not thread-safe, as it keeps what it was told.

    `effects` collects what the machine ordered, in order: perform them and clear the list, but do not replace it. An
    effect that answers is answered with `answer`. Timers are kept with their deadlines: call `due(now)` when time has
    passed. An event that is refused, forbidden, unhandled or broken raises `Rejected`, unless `report` asks for the
    verdict instead.

    `chance` turns a jittered delay into the place in its range, 0 to 1.
    """

    __slots__ = ("_alarms", "_chance", "_extend", "_fired", "_machine", "_now", "_report", "effects", "snapshot")

    def __init__(
        self,
        machine: Machine[S, E, C, F],
        context: C | None = None,
        *,
        now: float = 0.0,
        report: bool = False,
        chance: Callable[[Jitter], float] = middle,
    ) -> None:
        """Start the machine; `now` is the clock's reading, in seconds."""
        if not isinstance(cast("object", machine), Definition):
            kind = type(machine).__name__
            raise TypeError(f"a Runner runs one Machine, not a {kind}: a System is run by a Driver, or System.step")
        self._machine = machine
        self._report = report
        self._chance = chance
        self._now = now
        self._alarms: dict[int, tuple[float, float, Ticket]] = {}
        self._fired: dict[int, tuple[float, float, Ticket]] = {}
        self.effects: list[F] = []
        self._extend = self.effects.extend
        self.snapshot: Snapshot[S, C]
        self._keep(cast("AnyStep", start(machine, context)))

    def __repr__(self) -> str:
        """Say what runs, and where it is."""
        return f"<Runner of {self._machine.name}: {self.state.name}>"

    @property
    def state(self) -> S:
        """Where the machine is."""
        return self.snapshot.state

    @property
    def context(self) -> C:
        """What it remembers."""
        return self.snapshot.context

    @property
    def next_due(self) -> float | None:
        """When the next timer is due, on the clock of `due`; None if none runs."""
        return min((deadline for deadline, _, _ in self._alarms.values()), default=None)

    def send(self, event: E) -> Verdict:
        """Send an event and return its verdict; raises `Rejected` as the class says."""
        memo = self.snapshot.memo
        if memo is None or (known := memo.known.get(type(event))) is None:
            return self._stimulate(Stimulus(event, self._now))
        self.snapshot = known.snapshot  # type: ignore[assignment]  # the memo of this machine's own snapshot
        if effects := known.effects:
            self._extend(effects)  # type: ignore[arg-type]
        return known.verdict

    def answer(self, event: E, key: object = ANY_KEY) -> Verdict:
        """Answer the live effect that lists this event among its answers; without one the verdict is `Stale`.

        Of effects with keys it is the one of `key`, or the oldest if none is given.
        """
        answering = self._machine.folded.answers.get(type(event))
        ticket = None if answering is None else self.snapshot.ticket(answering.effect.__name__, key)
        return self._stimulate(Stimulus(event, self._now, None if ticket is None else ticket.number))

    def due(self, now: float) -> tuple[Verdict, ...]:
        """Fire every timer that is due at `now`, in the order of their deadlines, and return the verdicts.

        A delay counts from the step that arms the timer, as it does in the driver: one that is armed by a timer which
        came late counts from `now`, so however long nobody called, a timer that arms itself fires once. One that is
        not taken is awaited still, and due again once the state or the context has changed.
        """
        verdicts: list[Verdict] = []
        self._now = now
        while self._alarms:
            number, (deadline, delay, ticket) = min(self._alarms.items(), key=lambda alarm: (alarm[1][0], alarm[0]))
            if deadline > now:
                break
            self._fired[number] = self._alarms.pop(number)
            event = Fired(ticket.name, ticket.key, delay_seconds=delay, late_by_seconds=now - deadline)
            verdicts.append(self._stimulate(cast("Stimulus[E]", Stimulus(event, deadline, number))))
        return tuple(verdicts)

    def _stimulate(self, stimulus: Stimulus[E]) -> Verdict:
        before = self.snapshot.state
        done = cast("AnyStep", step(self._machine, self.snapshot, stimulus))
        self._keep(done)
        verdict = done.verdict
        if isinstance(verdict, REJECTING) and not self._report:
            event, possible = event_named(stimulus.event), self._machine.possible(before)
            raise Rejected(self._machine.name, before.name, event, verdict, possible)
        return verdict

    def _keep(self, done: AnyStep) -> None:
        if self._fired:
            self._look(done.snapshot)
        self.snapshot = cast("Snapshot[S, C]", done.snapshot)
        self._extend(cast("tuple[F, ...]", done.effects))
        for ticket in done.ended:
            self._alarms.pop(ticket.number, None)
        for issued in done.issued:
            if issued.delay is not None:
                self._arm(issued)

    def _look(self, after: AnySnapshot) -> None:
        """Look at the timers that fired: one that was taken is over, one that was not is due again after a change."""
        changed = after.state is not self.state or after.context is not self.context
        for number, (_, delay, ticket) in tuple(self._fired.items()):
            live = ticket in after.tickets
            if changed or not live:
                del self._fired[number]
            if changed and live:
                self._alarms[number] = (self._now, delay, ticket)

    def _arm(self, issued: Issued[object]) -> None:
        delay = issued.delay
        if isinstance(delay, Jitter):
            delay = delay.draw(self._chance(delay))
        seconds = float(delay or 0.0)
        self._alarms[issued.ticket.number] = (self._now + seconds, seconds, issued.ticket)
