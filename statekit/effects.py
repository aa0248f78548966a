"""Effects: frozen orders to the driver, signals to another machine, and what an effect that answers may answer."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from attrs import field, frozen

from statekit.states import Group
from statekit.value import Value


class Signal:
    """The base of effects that another machine, or the application, receives.

    A signal never reaches the driver's performers: a `System` delivers it by its wiring, inside the same transaction,
    and one that is wired to nobody fails the build of the system.
    """

    __slots__ = ()


@frozen(eq=False, repr=False)
class Failure(Value):
    """An effect's performer raised, or was lost: the effect's class and the error's class, by name.

    The error's text stays behind, because it may hold a secret; the driver logs neither.
    """

    effect: str
    error: str


@frozen(eq=False, repr=False)
class Answering(Value):
    """What an effect answers with, and for how long an answer counts; made by `Rows.answering`.

    `outcomes` each end the effect. `opens` is the outcome that begins a stream instead: after it `streams` may come any
    number of times, and `ends` once. `scope` is the state or group whose stay the answers must arrive in: later ones
    are *Stale*, and a stale `opens` is disposed of by `orphan`, which the driver gets with the stale ticket. `failed`
    is a named function that turns a performer's failure into one of the outcomes. `lost` is one that turns it into one
    of `ends`: it answers for a performer that fails once the stream is open, and for a stream that was open when the
    system was saved. `key` is a named function of the effect: one effect of this class may be under way for each key
    that it gives.
    """

    effect: type
    outcomes: tuple[type, ...]
    scope: StrEnum | Group[StrEnum]
    failed: Callable[[Failure], object]
    opens: type | None = field(default=None, kw_only=True)
    streams: tuple[type, ...] = field(default=(), kw_only=True)
    ends: tuple[type, ...] = field(default=(), kw_only=True)
    orphan: object = field(default=None, kw_only=True)
    lost: Callable[[Failure], object] | None = field(default=None, kw_only=True)
    key: Callable[..., object] | None = field(default=None, kw_only=True)
    origin: str = field(default="", kw_only=True, eq=False)

    @property
    def events(self) -> tuple[type, ...]:
        """Every event class that this effect may answer with."""
        opening = () if self.opens is None else (self.opens,)
        return (*self.outcomes, *opening, *self.streams, *self.ends)

    def finishes(self, event_class: type) -> bool:
        """Tell whether the effect is over once this event has come."""
        return event_class in self.outcomes or event_class in self.ends
