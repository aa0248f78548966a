"""Timers: what a row may wait for beside an event, and how long.

A delay is a number of seconds, a named function of the context, or a `Jitter`: a description that the driver draws
from, so that the pure core never holds a random number it did not receive.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Generic, Never, TypeAlias, TypeGuard, TypeVar, overload

from attrs import frozen

from statekit.states import Group

C_contra = TypeVar("C_contra", contravariant=True)
C = TypeVar("C")


@frozen
class Jitter:
    """A delay drawn uniformly from `low_seconds` to `high_seconds`, both included.

    Full jitter is `Jitter(floor, cap)`, equal jitter `Jitter(cap / 2, cap)`, and the additive jitter of many guides
    `Jitter(d, min(cap, d + 1))`. Raises ValueError unless 0 <= low <= high < infinity.
    """

    low_seconds: float
    high_seconds: float

    def __attrs_post_init__(self) -> None:
        """Refuse a range that no delay could be drawn from."""
        if not 0 <= self.low_seconds <= self.high_seconds < float("inf"):
            msg = f"Jitter needs 0 <= low <= high < inf, not {self.low_seconds!r} .. {self.high_seconds!r}"
            raise ValueError(msg)

    def draw(self, chance: float) -> float:
        """Return the delay in seconds for one draw; `chance` is in [0, 1]."""
        return self.low_seconds + (self.high_seconds - self.low_seconds) * chance


Duration: TypeAlias = float | Jitter
"""What a delay comes to: a number of seconds, or a range of them to draw from."""

Delay: TypeAlias = Duration | Callable[[C], Duration]
"""A duration, or a named pure function of the context that gives one."""


@frozen
class Fired:
    """The event of every timer: which one, how long it was armed for, and how late it came (both in seconds)."""

    name: str
    key: object = None
    delay_seconds: float = 0.0
    late_by_seconds: float = 0.0


@frozen
class ClockJumped:
    """The machine was away for `gap_seconds`: the world's clock ran on while the monotonic one stood still.

    A suspended laptop or a paused virtual machine does that. Timers have not moved, peers may have given up: probe what
    was open. The driver delivers it, before anything else, to every member whose table answers it.
    """

    gap_seconds: float


@frozen
class After(Generic[C_contra]):
    """A timer that lives for the stay in its row's source: a state, or a whole group."""

    delay: Duration | Callable[[C_contra], Duration]

    @property
    def label(self) -> str:
        """How the timer reads in a table or picture: `after 10 s`, `after backoff_delay`."""
        return f"after {delay_label(self.delay)}"


@frozen
class Timer(Generic[C_contra]):
    """A timer with a name of its own, armed and disarmed by effects, for the stay in its scope.

    `scope` is a state or a group of the same table. Arming it again replaces it: the earlier one is stale.
    """

    name: str
    delay: Duration | Callable[[C_contra], Duration]
    scope: StrEnum | Group[StrEnum]

    @property
    def label(self) -> str:
        """How the timer reads in a table or picture: its name."""
        return self.name


@frozen
class Arm(Generic[C_contra]):
    """The order to start a named timer; written where a row lists its effects."""

    timer: Timer[C_contra]

    def __str__(self) -> str:
        """Read as it is drawn."""
        return f"arm {self.timer.name}"


@frozen
class Disarm(Generic[C_contra]):
    """The order to stop a named timer, if it runs; written where a row lists its effects."""

    timer: Timer[C_contra]

    def __str__(self) -> str:
        """Read as it is drawn."""
        return f"disarm {self.timer.name}"


@overload
def after(delay: Duration) -> After[object]: ...
@overload
def after(delay: Callable[[C], Duration]) -> After[C]: ...
def after(delay: Delay[C]) -> "After[object] | After[C]":
    """Make a trigger that fires once, `delay` after its row's source was entered.

    In a row whose source is a group the timer counts from the entry into the group, and moves inside the group do not
    arm it again. Two rows of one source with the same delay wait for the same timer.
    """
    return After(delay)


@overload
def timer(name: str, delay: Duration, *, scope: StrEnum | Group[StrEnum]) -> Timer[object]: ...
@overload
def timer(name: str, delay: Callable[[C], Duration], *, scope: StrEnum | Group[StrEnum]) -> Timer[C]: ...
def timer(name: str, delay: Delay[C], *, scope: StrEnum | Group[StrEnum]) -> "Timer[object] | Timer[C]":
    """Make a timer with a name, to be armed by `arm(...)`; it counts for the stay in `scope` and no longer."""
    return Timer(name, delay, scope)


def arm(timer: Timer[C]) -> Arm[C]:
    """Order a named timer to start, or to start afresh."""
    return Arm(timer)


def disarm(timer: Timer[C]) -> Disarm[C]:
    """Order a named timer to stop; nothing happens if it does not run."""
    return Disarm(timer)


def is_timer(trigger: object) -> "TypeGuard[After[Never] | Timer[Never]]":
    """Tell whether a trigger is a timer."""
    return isinstance(trigger, After | Timer)


def is_named(trigger: object) -> TypeGuard[Timer[Never]]:
    """Tell whether a trigger is a timer with a name of its own."""
    return isinstance(trigger, Timer)


def is_arm(order: object) -> TypeGuard[Arm[Never]]:
    """Tell whether an order starts a named timer."""
    return isinstance(order, Arm)


def is_disarm(order: object) -> TypeGuard[Disarm[Never]]:
    """Tell whether an order stops a named timer."""
    return isinstance(order, Disarm)


def seconds_label(seconds: float) -> str:
    """Write seconds as a person would: `0.1 s`, `10 s`, `5 min`, `24 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def delay_label(delay: object) -> str:
    """Write a delay for a table or picture: its number, its range, or its function's name."""
    if isinstance(delay, Jitter):
        return f"{delay.low_seconds:g}–{delay.high_seconds:g} s"
    if isinstance(delay, (int, float)):
        return seconds_label(delay)
    return str(getattr(delay, "__name__", delay))
