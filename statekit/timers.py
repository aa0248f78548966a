"""Timers: what a row may wait for beside an event, and how long.

A delay is a number of seconds, a named function of the context, or a `Jitter`: a description that the driver draws
from, so that the pure core never holds a random number it did not receive.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Generic, Never, TypeAlias, TypeGuard, TypeVar, final, overload

from attrs import frozen

from statekit.states import Group
from statekit.value import Value

C_contra = TypeVar("C_contra", contravariant=True)
E_contra = TypeVar("E_contra", contravariant=True)
C = TypeVar("C")
E = TypeVar("E")


@frozen(eq=False, repr=False)
class Jitter(Value):
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
        """Return the delay in seconds for one draw; `chance` is in [0, 1], and rounding never leads beyond an end."""
        return min(self.low_seconds + (self.high_seconds - self.low_seconds) * chance, self.high_seconds)


Duration: TypeAlias = float | Jitter
"""What a delay comes to: a number of seconds, or a range of them to draw from."""

Delay: TypeAlias = Duration | Callable[[C], Duration]
"""A duration, or a named pure function of the context that gives one."""

Key: TypeAlias = str | int | None
"""What tells timers of one name apart, or effects of one class; what a snapshot can be saved with."""


@final
@frozen(eq=False, repr=False)
class Fired(Value):
    """The event of every timer: which one, how long it was armed for, and how late it came (both in seconds)."""

    name: str
    key: object = None
    delay_seconds: float = 0.0
    late_by_seconds: float = 0.0

    def __init_subclass__(cls) -> None:
        """Raise TypeError: an event of another class would be taken for a timer's and have no ticket to show."""
        raise TypeError(f"{cls.__name__} cannot be a kind of Fired, which is the event of every timer: name the timer")


@frozen(eq=False, repr=False)
class ClockJumped(Value):
    """The machine was away for `gap_seconds`: the world's clock ran on while the monotonic one stood still.

    A suspended laptop or a paused virtual machine does that. Timers have not moved, peers may have given up: probe what
    was open. The driver delivers it, before anything else, to every member whose table answers it.
    """

    gap_seconds: float

    @classmethod
    def samples(cls) -> tuple[ClockJumped, ...]:
        """Give a short gap and a night."""
        return cls(1.0), cls(28_800.0)


@frozen(eq=False, repr=False)
class After(Value, Generic[C_contra]):
    """A timer that lives for the stay in its row's source: a state, or a whole group."""

    delay: Duration | Callable[[C_contra], Duration]

    @property
    def label(self) -> str:
        """How the timer reads in a table or picture: `after 10 s`, `after backoff_delay`."""
        return f"after {delay_label(self.delay)}"

    @property
    def name(self) -> str:
        """What tells it apart from the other timers of its row's source."""
        return self.label


@frozen(eq=False, repr=False)
class Idle(Value, Generic[C_contra]):
    """A timer that lives for the stay in its row's source, and starts afresh whenever one of `of` is taken there."""

    delay: Duration | Callable[[C_contra], Duration]
    of: tuple[type, ...]

    @property
    def label(self) -> str:
        """How the timer reads in a table or picture: `idle 30 s`."""
        return f"idle {delay_label(self.delay)}"

    @property
    def name(self) -> str:
        """What tells it apart from the other timers of its row's source: `idle 30 s of FrameArrived, Pong`."""
        return f"{self.label} of {', '.join(event.__name__ for event in self.of)}"


@frozen(eq=False, repr=False)
class Timer(Value, Generic[C_contra, E_contra]):
    """A timer with a name of its own, armed and disarmed by effects, for the stay in its scope.

    `scope` is a state or a group of the same table. `key`, if there is one, tells which of the timers of this name is
    meant; the others run beside it. Arming it again replaces it: the earlier one is stale.
    """

    name: str
    delay: Duration | Callable[[C_contra], Duration]
    scope: StrEnum | Group[StrEnum]
    key: Callable[[C_contra], Key] | Callable[[C_contra, E_contra], Key] | None = None

    @property
    def label(self) -> str:
        """How the timer reads in a table or picture: its name."""
        return self.name


@frozen(eq=False, repr=False)
class Arm(Value, Generic[C_contra, E_contra]):
    """The order to start a named timer; written where a row lists its effects."""

    timer: Timer[C_contra, E_contra]

    def __str__(self) -> str:
        """Read as it is drawn: `arm ping`, `arm settle per document`."""
        return f"arm {self.timer.name}{per_label(self.timer.key)}"


@frozen(eq=False, repr=False)
class Disarm(Value, Generic[C_contra, E_contra]):
    """The order to stop a named timer, if it runs; written where a row lists its effects."""

    timer: Timer[C_contra, E_contra]

    def __str__(self) -> str:
        """Read as it is drawn: `disarm ping`, `disarm settle per document`."""
        return f"disarm {self.timer.name}{per_label(self.timer.key)}"


TIMERS: Final = (After, Idle, Timer)

AnyTimer: TypeAlias = After[C] | Idle[C] | Timer[C, Never]
"""A timer as a row may wait for it; a named one whichever events its key reads."""


@overload
def after(delay: Duration) -> After[object]: ...
@overload
def after(delay: Callable[[C], Duration]) -> After[C]: ...
def after(delay: Delay[C]) -> After[object] | After[C]:
    """Make a trigger that fires once, `delay` after its row's source was entered.

    In a row whose source is a group the timer counts from the entry into the group, and moves inside the group do not
    arm it again. Two rows of one source with the same delay wait for the same timer.
    """
    return After(delay)


@overload
def idle(delay: Duration, of: tuple[type, ...]) -> Idle[object]: ...
@overload
def idle(delay: Callable[[C], Duration], of: tuple[type, ...]) -> Idle[C]: ...
def idle(delay: Delay[C], of: tuple[type, ...]) -> Idle[object] | Idle[C]:
    """Make a trigger that fires once none of the events `of` was taken in its row's source for `delay`.

    It counts from the entry into the source, a state or a group, like `after`. It starts afresh, with its delay worked
    out again, whenever a row takes one of the named event classes without leaving the source, be it by `stay`. What is
    ignored, postponed or refused is no sign of life. Once it has fired it rests until the next of them.
    """
    return Idle(delay, of)


Scope: TypeAlias = StrEnum | Group[StrEnum]


@overload
def timer(name: str, delay: Duration, *, scope: Scope, key: None = None) -> Timer[object, object]: ...
@overload
def timer(
    name: str, delay: Callable[[C], Duration], *, scope: Scope, key: Callable[[C], Key] | None = None
) -> Timer[C, object]: ...
@overload
def timer(name: str, delay: Duration, *, scope: Scope, key: Callable[[C], Key]) -> Timer[C, object]: ...
@overload
def timer(name: str, delay: Delay[C], *, scope: Scope, key: Callable[[C, E], Key]) -> Timer[C, E]: ...
def timer(
    name: str, delay: Delay[C], *, scope: Scope, key: Callable[[C], Key] | Callable[[C, E], Key] | None = None
) -> Timer[object, object] | Timer[C, object] | Timer[C, E]:
    """Make a timer with a name, to be armed by `arm(...)`; it counts for the stay in `scope` and no longer.

    `key` is a named pure function of the new context, or of it and the row's event, that gives text, a whole number or
    None. Each key has a timer of its own: `arm` and `disarm` act on the one of the key they come to, and `Fired.key`
    says which it was. What the function raises, or another result, makes the event `Broken`.
    """
    return Timer(name, delay, scope, key)


def arm(timer: Timer[C, E]) -> Arm[C, E]:
    """Order a named timer to start, or to start afresh."""
    return Arm(timer)


def disarm(timer: Timer[C, E]) -> Disarm[C, E]:
    """Order a named timer to stop; nothing happens if it does not run."""
    return Disarm(timer)


def is_timer(trigger: object) -> TypeGuard[AnyTimer[Never]]:
    """Tell whether a trigger is a timer."""
    return isinstance(trigger, TIMERS)


def is_named(trigger: object) -> TypeGuard[Timer[Never, Never]]:
    """Tell whether a trigger is a timer with a name of its own."""
    return isinstance(trigger, Timer)


def is_idle(trigger: object) -> TypeGuard[Idle[Never]]:
    """Tell whether a trigger is a timer that events start afresh."""
    return isinstance(trigger, Idle)


def is_arm(order: object) -> TypeGuard[Arm[Never, Never]]:
    """Tell whether an order starts a named timer."""
    return isinstance(order, Arm)


def is_disarm(order: object) -> TypeGuard[Disarm[Never, Never]]:
    """Tell whether an order stops a named timer."""
    return isinstance(order, Disarm)


def is_to_timer(order: object) -> bool:
    """Tell whether an order starts or stops a named timer."""
    return isinstance(order, (Arm, Disarm))


def seconds_label(seconds: float) -> str:
    """Write seconds as a person would: `0.1 s`, `10 s`, `5 min`, `24 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


def per_label(key: object) -> str:
    """Write whose timer it is, for a table or picture: ` per document`; nothing if there is no key."""
    return "" if key is None else f" per {getattr(key, '__name__', key)}"


def delay_label(delay: object) -> str:
    """Write a delay for a table or picture: its number, its range, or its function's name."""
    if isinstance(delay, Jitter):
        return f"{delay.low_seconds:g}–{delay.high_seconds:g} s"
    if isinstance(delay, (int, float)):
        return seconds_label(delay)
    return str(getattr(delay, "__name__", delay))
