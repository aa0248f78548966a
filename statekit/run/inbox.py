"""The inbox: what was posted and when, in its order, and the one event that wakes the driver."""

from collections import deque
from weakref import ReferenceType

import anyio
from attrs import evolve, frozen

from statekit.run.receipts import Receipt
from statekit.snapshot import Stimulus


@frozen
class Posted:
    """A stimulus on its way, and the receipt for it, if there is one and somebody still holds it."""

    member: str
    stimulus: Stimulus[object]
    receipt: "ReferenceType[Receipt] | None" = None

    def held_receipt(self) -> Receipt | None:
        """Give the receipt, unless everybody has thrown it away."""
        return None if self.receipt is None else self.receipt()


class Inbox:
    """What was posted and not yet delivered, the oldest first."""

    def __init__(self) -> None:
        """Begin empty."""
        self._posted: deque[Posted] = deque()
        self._asleep: anyio.Event | None = None

    def post(self, posted: Posted) -> None:
        """Put a stimulus behind the others and wake the driver."""
        self._posted.append(posted)
        self.wake()

    def wake(self) -> None:
        """Wake the driver, if it sleeps."""
        if self._asleep is not None:
            self._asleep.set()
            self._asleep = None

    def head_seconds(self) -> float | None:
        """Tell when the oldest was posted, or None if there is none."""
        return self._posted[0].stimulus.at_seconds if self._posted else None

    def take(self) -> Posted:
        """Take out the oldest; raises IndexError if there is none."""
        return self._posted.popleft()

    def drain(self) -> tuple[Posted, ...]:
        """Take out everything, the oldest first."""
        left = tuple(self._posted)
        self._posted.clear()
        return left

    def restamp(self, at_seconds: float) -> None:
        """Say of all that is here that it arrived at that time."""
        self._posted = deque(evolve(p, stimulus=evolve(p.stimulus, at_seconds=at_seconds)) for p in self._posted)

    async def sleep(self, scope: anyio.CancelScope) -> None:
        """Wait until something is posted, somebody calls `wake`, or the scope ends."""
        self._asleep = anyio.Event()
        try:
            with scope:
                await self._asleep.wait()
        finally:
            self._asleep = None
