"""The driver's clock: monotonic machine seconds, scopes that end at a moment, and how long the machine was away."""

import math
import sys
import time
from collections.abc import Callable
from typing import Protocol

import anyio


class Clock(Protocol):
    """What a driver reads the time from; all times are monotonic seconds of the machine, from any origin."""

    def now(self) -> float:
        """Return the time in seconds; never less than before. Needs a running loop."""
        ...

    def until(self, at_seconds: float, *, shield: bool = False) -> anyio.CancelScope:
        """Make a scope that is cancelled once `now() >= at_seconds`; infinity is never."""
        ...

    def gap_seconds(self) -> float:
        """Return for how long the machine was away (suspended) since this was last asked; 0 if it was not."""
        ...


def suspended_seconds() -> float:
    """Tell how far the world's clock is ahead of the monotonic one, from any origin.

    Linux counts suspended time in a clock of its own, which nobody can set. Elsewhere the wall clock stands in, so
    setting it forward looks like a gap. Where the monotonic clock runs on through sleep (Windows) there is no gap to
    see: timers then come late, and say by how much.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.time() - time.monotonic()


class LoopClock:
    """The loop's own clock, so that virtual time works; one loop second is `1 / scale` machine seconds.

    With `scale=0.05` everything goes 20 times faster. `suspended` is what `gap_seconds` compares with its earlier
    reading: seconds that only grow while the machine is away. Raises ValueError unless `scale` is positive and finite.
    """

    def __init__(self, scale: float = 1.0, *, suspended: Callable[[], float] = suspended_seconds) -> None:
        """Take the first reading of `suspended`."""
        if not 0 < scale < math.inf:
            raise ValueError(f"scale must be positive and finite, not {scale!r}; 0.05 makes all 20 times faster")
        self.scale = scale
        self._suspended = suspended
        self._read_seconds = suspended()

    def now(self) -> float:
        """Return the loop's time in machine seconds."""
        return anyio.current_time() / self.scale

    def until(self, at_seconds: float, *, shield: bool = False) -> anyio.CancelScope:
        """Make a scope with the loop's deadline for that moment."""
        deadline_seconds = at_seconds * self.scale
        # Rounding must not end the wait a hair early: a loop whose clock is virtual would then spin for ever.
        while deadline_seconds / self.scale < at_seconds:
            deadline_seconds = math.nextafter(deadline_seconds, math.inf)
        return anyio.CancelScope(deadline=deadline_seconds, shield=shield)

    def gap_seconds(self) -> float:
        """Return what `suspended` has grown by, in machine seconds; never negative."""
        before, self._read_seconds = self._read_seconds, self._suspended()
        return max(0.0, self._read_seconds - before) / self.scale
