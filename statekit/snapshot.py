"""Snapshots and what makes the next one: stimuli, tickets and steps, as frozen values.

A snapshot that awaits nothing is kept once for all equal ones, and remembers the steps that were taken from it; see
`statekit.interned`. How snapshots and steps are made quickly is told in `statekit.layout`.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Generic, Protocol, TypeVar, cast

from attrs import field, frozen

from statekit.interned import Memo
from statekit.layout import layout_of
from statekit.timers import Duration
from statekit.value import Shown, Value
from statekit.verdicts import Verdict

S_co = TypeVar("S_co", bound=StrEnum, covariant=True)
E_co = TypeVar("E_co", covariant=True)
C_co = TypeVar("C_co", covariant=True)
F_co = TypeVar("F_co", covariant=True)


@frozen(repr=False)
class Ticket(Shown):
    """What is awaited: a timer by its id or an effect by its class's name, the scope it counts for, and its key."""

    number: int
    name: str
    scope: str
    key: object = None


ANY_KEY: Final[object] = object()
"""Whatever the key is."""


@frozen(eq=False, repr=False)
class Issued(Value, Generic[F_co]):
    """A ticket that a step issued: for an effect that answers, or for a timer with its delay (never both)."""

    ticket: Ticket
    effect: F_co | None = None
    delay: Duration | None = None


@frozen(eq=False, repr=False)
class Stimulus(Value, Generic[E_co]):
    """What arrives: the event, when (monotonic seconds, stamped by the driver), and the ticket that it answers.

    A timer's event is `Fired`. Events that no effect answers with need no ticket.
    """

    event: E_co
    at_seconds: float = 0.0
    ticket: int | None = None


@frozen(weakref_slot=False, repr=False)
class Snapshot(Shown, Generic[S_co, C_co]):
    """Where a machine is: state, context, the tickets that still count, the postponed events, the ticket counter."""

    state: S_co
    context: C_co
    tickets: tuple[Ticket, ...] = ()
    postponed: tuple[object, ...] = ()
    issued: int = 0
    memo: "Memo[type, AnyStep] | None" = field(default=None, init=False, eq=False, repr=False)

    def ticket(self, name: str, key: object = ANY_KEY) -> Ticket | None:
        """Find the live ticket of a timer (by its id) or of an effect (by its class's name).

        Of several keys it is the one of `key`, or the oldest if none is given.
        """
        named = (ticket for ticket in self.tickets if ticket.name == name)
        return next((ticket for ticket in named if key is ANY_KEY or ticket.key == key), None)


@frozen(weakref_slot=False, eq=False, repr=False)
class Step(Value, Generic[S_co, C_co, F_co]):
    """What one stimulus did.

    `effects` are to be performed in their order, after the snapshot is kept. Those whose class answers stand in
    `issued` again, in the same order, with their tickets; timers stand there with their delays. What `ended` lists
    may be cancelled. With a `Stale` verdict the effects are orphan effects, for the resource of that ticket.
    `moved` tells a change of state or a reenter from a stay.
    `verdict` is the stimulus's own; `path` has one verdict for each event that was worked off, postponed ones included.
    """

    snapshot: Snapshot[S_co, C_co]
    effects: tuple[F_co, ...]
    verdict: Verdict
    path: tuple[Verdict, ...]
    issued: tuple[Issued[F_co], ...] = ()
    ended: tuple[Ticket, ...] = ()
    moved: bool = False


AnySnapshot = Snapshot[StrEnum, object]
AnyStep = Step[StrEnum, object, object]


class OpenSnapshot(Protocol):
    """The slots of a snapshot while they are filled in."""

    state: StrEnum
    context: object
    tickets: tuple[Ticket, ...]
    postponed: tuple[object, ...]
    issued: int
    memo: Memo[type, AnyStep] | None


class OpenStep(Protocol):
    """The slots of a step while they are filled in."""

    snapshot: AnySnapshot | OpenSnapshot
    effects: tuple[object, ...]
    verdict: Verdict
    path: tuple[Verdict, ...]
    issued: tuple[Issued[object], ...]
    ended: tuple[Ticket, ...]
    moved: bool


SNAPSHOT = cast("Callable[[], OpenSnapshot]", layout_of(Snapshot))
STEP = cast("Callable[[], OpenStep]", layout_of(Step))


def snapshot_of(
    state: StrEnum,
    context: object,
    tickets: tuple[Ticket, ...],
    postponed: tuple[object, ...],
    issued: int,
    memo: Memo[type, AnyStep] | None = None,
) -> AnySnapshot:
    """Make a snapshot, faster than its constructor does."""
    made = SNAPSHOT()
    made.state, made.context, made.memo = state, context, memo
    made.tickets, made.postponed, made.issued = tickets, postponed, issued
    made.__class__ = Snapshot  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    return cast("AnySnapshot", made)


def step_of(
    snapshot: AnySnapshot,
    effects: tuple[object, ...],
    verdict: Verdict,
    path: tuple[Verdict, ...],
    issued: tuple[Issued[object], ...] = (),
    ended: tuple[Ticket, ...] = (),
    moved: bool = False,  # noqa: FBT001, FBT002 - as the field
) -> AnyStep:
    """Make a step, faster than its constructor does."""
    made = STEP()
    made.snapshot, made.effects, made.verdict, made.path = snapshot, effects, verdict, path
    made.issued, made.ended, made.moved = issued, ended, moved
    made.__class__ = Step  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    return cast("AnyStep", made)
