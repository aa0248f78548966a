"""Transactions: where a system is, and what one stimulus did to it, as frozen values."""

from collections.abc import Callable

from attrs import field, frozen

from statekit.effects import Signal
from statekit.interned import Memo
from statekit.layout import layout_of
from statekit.snapshot import AnySnapshot, Issued, Ticket
from statekit.value import Shown, Value
from statekit.verdicts import Verdict
from statekit.wiring import View


@frozen(weakref_slot=False, eq=False, repr=False)
class Hop(Value):
    """One event of a transaction: who received it and what became of it."""

    member: str
    event: object
    verdict: Verdict


@frozen(weakref_slot=False, eq=False, repr=False)
class Ordered(Value):
    """An effect for the driver: whose it is, and its ticket if it answers (or is an orphan effect for one)."""

    member: str
    effect: object
    ticket: Ticket | int | None = None

    @property
    def started(self) -> bool:
        """Tell whether the effect will answer, under its ticket."""
        return isinstance(self.ticket, Ticket)


@frozen(eq=False, repr=False)
class Armed(Value):
    """A timer for the driver to run: whose it is, its ticket and its delay."""

    member: str
    issued: Issued[object]


@frozen(weakref_slot=False, repr=False)
class SystemSnapshot(Shown, View):
    """Where a system is: every member's snapshot, and the last value of each derived fact."""

    names: tuple[str, ...] = field(repr=False)
    members: tuple[AnySnapshot, ...]
    facts: tuple[object, ...] = ()
    memo: "Memo[tuple[str, type], Transaction] | None" = field(default=None, init=False, eq=False, repr=False)


@frozen(weakref_slot=False, eq=False, repr=False)
class Transaction(Value):
    """What one stimulus did to a system.

    Keep `snapshot`; perform `orders` in their order and hand `published` to the application; run the timers in
    `armed`; what `ended` lists (by member) may be cancelled. `verdict` is the stimulus's own unless a member broke on
    the way: then it is that `Broken`, and nothing happened. `path` has every hop.
    """

    snapshot: SystemSnapshot
    verdict: Verdict
    path: tuple[Hop, ...]
    orders: tuple[Ordered, ...] = ()
    published: tuple[Signal, ...] = ()
    armed: tuple[Armed, ...] = ()
    ended: tuple[tuple[str, Ticket], ...] = ()


SYSTEM_SNAPSHOT: Callable[..., SystemSnapshot] = layout_of(SystemSnapshot)
TRANSACTION: Callable[..., Transaction] = layout_of(Transaction)
