"""Transactions: where a system is, and what one stimulus did to it, as frozen values."""

from collections.abc import Callable
from typing import Protocol, cast

from attrs import field, frozen

from statekit.effects import Signal
from statekit.interned import Memo
from statekit.keyed import Seed
from statekit.layout import layout_of
from statekit.snapshot import AnySnapshot, AnyStep, Issued, Ticket
from statekit.value import Shown, Value
from statekit.verdicts import Ignored, Taken, Verdict
from statekit.wiring import View


@frozen(weakref_slot=False, eq=False, repr=False)
class Hop(Value):
    """One event of a transaction: who received it and what became of it.

    `member` is a member's name, or an instance's address. The verdict `Started` says that the event found no instance
    and started one, which receives it next.
    """

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
    """Where a system is: every member's snapshot, and the last value of each derived fact.

    The instances of keyed members stand last, by member and key; `seeds` has what the next of each begins with.
    """

    names: tuple[str, ...] = field(repr=False)
    members: tuple[AnySnapshot, ...]
    facts: tuple[object, ...] = ()
    seeds: tuple[Seed, ...] = ()
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


class OpenHop(Protocol):
    """The slots of a hop while they are filled in."""

    member: str
    event: object
    verdict: Verdict


class OpenOrdered(Protocol):
    """The slots of an ordered effect while they are filled in."""

    member: str
    effect: object
    ticket: Ticket | int | None


class OpenSystemSnapshot(Protocol):
    """The slots of a system's snapshot while they are filled in."""

    names: tuple[str, ...]
    members: tuple[AnySnapshot, ...]
    facts: tuple[object, ...]
    seeds: tuple[Seed, ...]
    memo: Memo[tuple[str, type], Transaction] | None


class OpenTransaction(Protocol):
    """The slots of a transaction while they are filled in."""

    snapshot: SystemSnapshot | OpenSystemSnapshot
    verdict: Verdict
    path: tuple[Hop, ...]
    orders: tuple[Ordered, ...]
    published: tuple[Signal, ...]
    armed: tuple[Armed, ...]
    ended: tuple[tuple[str, Ticket], ...]


HOP = cast("Callable[[], OpenHop]", layout_of(Hop))
ORDERED = cast("Callable[[], OpenOrdered]", layout_of(Ordered))
SYSTEM_SNAPSHOT = cast("Callable[[], OpenSystemSnapshot]", layout_of(SystemSnapshot))
TRANSACTION = cast("Callable[[], OpenTransaction]", layout_of(Transaction))


def system_snapshot_of(
    names: tuple[str, ...],
    members: tuple[AnySnapshot, ...],
    facts: tuple[object, ...],
    seeds: tuple[Seed, ...],
    memo: Memo[tuple[str, type], Transaction] | None = None,
) -> SystemSnapshot:
    """Make a system's snapshot, faster than its constructor does, or with a memo."""
    made = SYSTEM_SNAPSHOT()
    made.names, made.members, made.facts, made.seeds, made.memo = names, members, facts, seeds, memo
    made.__class__ = SystemSnapshot  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    return cast("SystemSnapshot", made)


def hop_of(member: str, event: object, verdict: Verdict) -> Hop:
    """Make a hop, faster than its constructor does."""
    made = HOP()
    made.member, made.event, made.verdict = member, event, verdict
    made.__class__ = Hop  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    return cast("Hop", made)


def ordered(member: str, effect: object, ticket: Ticket | int | None = None) -> Ordered:
    """Make an ordered effect, faster than its constructor does."""
    made = ORDERED()
    made.member, made.effect, made.ticket = member, effect, ticket
    made.__class__ = Ordered  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    return cast("Ordered", made)


class Lone:
    """What a step comes to that nothing follows from: its path and its orders."""

    __slots__ = ("effects", "orders", "path", "verdict")

    def __init__(
        self, verdict: Verdict, effects: tuple[object, ...], path: tuple[Hop, ...], orders: tuple[Ordered, ...]
    ) -> None:
        """Keep what the transaction is made of."""
        self.verdict: Verdict = verdict
        self.effects: tuple[object, ...] = effects
        self.path: tuple[Hop, ...] = path
        self.orders: tuple[Ordered, ...] = orders


def lone_of(member: str, done: AnyStep, event: object) -> Lone | None:
    """Work out what a member's step comes to, None if something may follow from it."""
    if not isinstance(done.verdict, (Taken, Ignored)) or any(isinstance(effect, Signal) for effect in done.effects):
        return None
    orders = tuple([ordered(member, effect) for effect in done.effects])
    return Lone(done.verdict, done.effects, (hop_of(member, event, done.verdict),), orders)
