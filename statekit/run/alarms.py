"""Alarms: the armed timers of every member in one heap, with lazy deletion and no task of their own.

A timer that fired and was not taken, as a guard refused it, is awaited still. What a guard says of it can only change
with the state or the context of its member, so that is when it is due again, and not before.
"""

import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush

from attrs import evolve, frozen

from statekit.timers import Jitter
from statekit.transaction import Armed, SystemSnapshot

DEAD_WEIGHT = 64
"""How many dropped alarms may lie in the heap beyond the live ones before they are swept out."""


@frozen
class Alarm:
    """A timer that runs: whose, under which ticket, its id and key, the delay that was drawn, and when it is due."""

    member: str
    number: int
    name: str
    key: object
    delay_seconds: float
    deadline_seconds: float

    @classmethod
    def of(cls, armed: Armed, now: float, chance: Callable[[], float]) -> "Alarm":
        """Let a delay count from `now`; jitter is drawn here, where chance is. One that is negative was due before."""
        ticket, delay = armed.issued.ticket, armed.issued.delay
        drawn = delay.draw(chance()) if isinstance(delay, Jitter) else delay or 0.0
        return cls(armed.member, ticket.number, ticket.name, ticket.key, max(0.0, drawn), now + drawn)


class Alarms:
    """The armed timers, the earliest first; those due at the same moment come in the order of their arming."""

    def __init__(self) -> None:
        """Begin with none."""
        self._heap: list[tuple[float, int, Alarm]] = []
        self._live: dict[tuple[str, int], Alarm] = {}
        self.fired: dict[tuple[str, int], Alarm] = {}
        self._armed = 0

    def __len__(self) -> int:
        """Count the timers that run."""
        return len(self._live)

    def arm(self, alarm: Alarm) -> None:
        """Let a timer run."""
        self._armed += 1
        self._live[alarm.member, alarm.number] = alarm
        heappush(self._heap, (alarm.deadline_seconds, self._armed, alarm))

    def drop(self, member: str, number: int) -> None:
        """Stop the timer of a ticket, if there is one."""
        self._live.pop((member, number), None)
        # A timer that every frame re-arms would otherwise fill the heap until its first deadline.
        if len(self._heap) > 2 * len(self._live) + DEAD_WEIGHT:
            self._heap = [entry for entry in self._heap if self._is_live(entry[2])]
            heapify(self._heap)

    def deadline(self, member: str, number: int) -> float | None:
        """Tell when the timer of a ticket is due, or None if none runs."""
        alarm = self._live.get((member, number))
        return None if alarm is None else alarm.deadline_seconds

    def next_seconds(self) -> float:
        """Tell when the next timer is due; infinity if none runs."""
        while self._heap and not self._is_live(self._heap[0][2]):
            heappop(self._heap)
        return self._heap[0][0] if self._heap else math.inf

    def take(self, at_seconds: float) -> Alarm | None:
        """Take out the next timer if it is due by then; it stands among the `fired` until it is looked at."""
        if self.next_seconds() > at_seconds or not self._heap:
            return None
        alarm = heappop(self._heap)[2]
        self.fired[alarm.member, alarm.number] = self._live.pop((alarm.member, alarm.number))
        return alarm

    def look(self, before: SystemSnapshot, after: SystemSnapshot, now: float) -> None:
        """Look at those that fired: one that was taken is over, one that was not is due again after a change."""
        was = dict(zip(before.names, before.members, strict=True))
        held = dict(zip(after.names, after.members, strict=True))
        for whose, alarm in tuple(self.fired.items()):
            new = held.get(alarm.member)
            if new is None or all(ticket.number != alarm.number for ticket in new.tickets):
                del self.fired[whose]
            elif new.state is not was[alarm.member].state or new.context is not was[alarm.member].context:
                del self.fired[whose]
                self.arm(evolve(alarm, deadline_seconds=now))

    def clear(self) -> None:
        """Stop every timer."""
        self._heap.clear()
        self._live.clear()
        self.fired.clear()

    def remaining(self, at_seconds: float) -> dict[tuple[str, int], float]:
        """Tell of every timer how long it still has, by whose it is and its ticket; negative if it is overdue."""
        awaited = self.fired | self._live
        return {whose: alarm.deadline_seconds - at_seconds for whose, alarm in awaited.items()}

    def _is_live(self, alarm: Alarm) -> bool:
        return self._live.get((alarm.member, alarm.number)) is alarm
