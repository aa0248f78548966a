"""Hold: everything outside the link that makes dialling or sending pointless for a while, and when that is over.

Some of it concerns the link: no network, a hidden page, a service in maintenance. Then the connection's gate is shut,
and the wait costs no attempt. Some of it concerns the operations alone: a locked document, an account that may only
read. Then they are kept, and the link stays.

Theory. Several reasons may hold at once, each for as long as it holds; the context keeps them all, and the state is the
gravest of them, picked by the choice GRAVEST after whatever happened. So no reason is forgotten because another one
came or went, and a picture has one state for each.

Surprising arrows, in words:
- A locked document has two entries into one state: the error, whose wait is ours, and close 4003, after which the
  connection waits for its next attempt and tells us when that is over.
- A hint of the server goes before our own numbers; a shorter one later never ends a longer one before.
- The waits grow while nothing succeeds. A stable link ends the growth of maintenance, not the count of locks: a locked
  document has as good a link as any.
- The lock after the tenth in a row is not waited for: the operations are given back.
- Of several documents only those that are locked are kept for that; but one that locks the client out keeps them all.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, field, frozen

from machines.options import refuse_less, seconds, whole
from machines.policy.backoff import doubled
from machines.policy.error_codes import Wait
from statekit import EVERY, Fired, Jitter, Kind, Machine, Rows, Signal, arm, timer


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """How long to wait where the server gives no hint, and how often for a lock.

    A hint below `floor_seconds` counts as that long (ours), or a server that says 0 would be asked without a pause.
    Raises ValueError for a value that could never work.
    """

    maintenance_seconds: float = field(default=60.0, validator=seconds(above=0))
    unavailable_seconds: float = field(default=30.0, validator=seconds(above=0))
    cap_seconds: float = field(default=300.0, validator=seconds(above=0))
    lock_seconds: float = field(default=30.0, validator=seconds(above=0))
    locks_max: int = field(default=10, validator=whole(at_least=0))
    floor_seconds: float = field(default=1.0, validator=seconds(above=0))

    def __attrs_post_init__(self) -> None:
        """Refuse a cap below what it caps."""
        refuse_less(self, "cap_seconds", "maintenance_seconds")
        refuse_less(self, "cap_seconds", "unavailable_seconds")


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """The gravest of the reasons that hold, the gravest first."""

    OFFLINE = "offline"
    HIDDEN = "hidden"
    MAINTENANCE = "maintenance"
    UNAVAILABLE = "unavailable"
    LOCKED = "locked"
    READ_ONLY = "read_only"
    CLEAR = "clear"


OFFLINE, HIDDEN, MAINTENANCE, UNAVAILABLE, LOCKED, READ_ONLY, CLEAR = State


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class WentOffline:
    """The platform says that there is no network."""


@frozen
class CameOnline:
    """The platform says that there is a network."""


@frozen
class Hid:
    """Nobody sees the application any more."""


@frozen
class Shown:
    """Somebody sees the application again."""


@frozen
class ToldToWait:
    """The server says what is to be waited for, perhaps for how long, and of a lock which document has it."""

    wait: Wait
    hint_seconds: float | None = None
    document_id: str = ""

    @classmethod
    def samples(cls) -> "tuple[ToldToWait, ...]":
        """Give each wait without a hint, and hints that are longer, or shorter, than what we would wait."""
        return *map(cls, Wait), cls(Wait.MAINTENANCE, 600.0), cls(Wait.LOCK, 0.0)


@frozen
class LockedOut:
    """The link was closed because the document is locked; the connection waits."""


@frozen
class LetIn:
    """The connection's wait for the locked document is over."""


@frozen
class PermissionsCame:
    """The server says what this user may do."""

    may_write: bool

    @classmethod
    def samples(cls) -> "tuple[PermissionsCame, ...]":
        """Give both."""
        return cls(may_write=True), cls(may_write=False)


@frozen
class Served:
    """The server took an operation: its document is not locked, nothing is out of service."""

    document_id: str = ""

    @classmethod
    def samples(cls) -> "tuple[Served, ...]":
        """Give an operation of the document that is locked, if one is, and one of another."""
        return cls(), cls("other")


@frozen
class LinkSteady:
    """A link has become stable: the service is back."""


@frozen
class LinkShaken:
    """There is no stable link any more."""


Event: TypeAlias = (
    WentOffline | CameOnline | Hid | Shown | ToldToWait | LockedOut | LetIn | PermissionsCame | Served | LinkSteady
    | LinkShaken
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- effects
@frozen
class BackOnline(Signal):
    """There is a network again, for whoever waited for one."""


@frozen
class LockedTooOften(Signal):
    """The document stays locked: its operations should be given back."""

    document_id: str = ""


Effect: TypeAlias = BackOnline | LockedTooOften


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Told:
    """One thing to be waited for: how often in a row, for how long this time (0: it is over), and whether it runs.

    `times` stops where it makes no difference any more: at the cap of the wait, or the last lock that is waited for.
    """

    times: int = 0
    seconds: float = 0.0
    running: bool = False


@frozen
class Context:
    """Every reason there is; `latest` is the wait that was told of last.

    `locked` are the documents that the lock is about, or was last: all of them wait as long as the one that waits
    longest, and are counted together.
    """

    options: Options = Options()
    offline: bool = False
    hidden: bool = False
    maintenance: Told = Told()
    unavailable: Told = Told()
    lock: Told = Told()
    locked: frozenset[str] = frozenset({""})
    latest: Wait = Wait.LOCK
    locked_out: bool = False
    read_only: bool = False

    def told(self, wait: Wait) -> Told:
        """Give what is known of one wait."""
        return {Wait.MAINTENANCE: self.maintenance, Wait.UNAVAILABLE: self.unavailable, Wait.LOCK: self.lock}[wait]

    def telling(self, wait: Wait, told: Told) -> "Context":
        """Know something else of one wait."""
        maintenance = told if wait is Wait.MAINTENANCE else self.maintenance
        unavailable = told if wait is Wait.UNAVAILABLE else self.unavailable
        lock = told if wait is Wait.LOCK else self.lock
        return evolve(self, maintenance=maintenance, unavailable=unavailable, lock=lock, latest=wait)


def patience(context: Context) -> Jitter:
    """As long as the wait is said to last, and a quarter of jitter above."""
    low = context.told(context.latest).seconds
    return Jitter(low, low * 1.25)


def holds_link(context: Context) -> bool:
    """Does the service want to be left alone?"""
    return context.maintenance.running or context.unavailable.running


# --------------------------------------------------------------------------------------------------- guards, updates
def is_offline(context: Context) -> bool:
    """Is there no network?"""
    return context.offline


def is_hidden(context: Context) -> bool:
    """Does nobody see the application?"""
    return context.hidden


def is_maintained(context: Context) -> bool:
    """Is the service in maintenance?"""
    return context.maintenance.running


def is_unavailable(context: Context) -> bool:
    """Is the service out of order?"""
    return context.unavailable.running


def is_locked(context: Context) -> bool:
    """Is the document locked?"""
    return context.lock.running or context.locked_out


def locks(context: Context, document_id: str) -> bool:
    """Is this document locked?"""
    return context.locked_out or (context.lock.running and document_id in context.locked)


def is_read_only(context: Context) -> bool:
    """May this user only read?"""
    return context.read_only


def locked_too_often(context: Context, event: ToldToWait) -> bool:
    """Is this one lock more than is waited for?"""
    lock = context.lock
    return event.wait is Wait.LOCK and not lock.running and lock.times >= context.options.locks_max


def go_offline(context: Context) -> Context:
    """Note that there is no network."""
    return evolve(context, offline=True)


def come_online(context: Context) -> Context:
    """Note that there is a network."""
    return evolve(context, offline=False)


def hide(context: Context) -> Context:
    """Note that nobody sees the application."""
    return evolve(context, hidden=True)


def show(context: Context) -> Context:
    """Note that somebody sees the application."""
    return evolve(context, hidden=False)


def _own_seconds(context: Context, wait: Wait, times: int) -> float:
    options = context.options
    if wait is Wait.LOCK:
        return options.lock_seconds
    first = options.maintenance_seconds if wait is Wait.MAINTENANCE else options.unavailable_seconds
    return doubled(first, times - 1, options.cap_seconds)


def _times(context: Context, wait: Wait) -> int:
    told = context.told(wait)
    capped = wait is not Wait.LOCK and _own_seconds(context, wait, told.times) >= context.options.cap_seconds
    return told.times if told.running or (told.times and capped) else told.times + 1


def note_wait(context: Context, event: ToldToWait) -> Context:
    """Wait as long as is said, or as we would; what is waited for already is one wait, and never a shorter one."""
    told, hint = context.told(event.wait), event.hint_seconds
    times = _times(context, event.wait)
    own = _own_seconds(context, event.wait, times)
    said = own if hint is None else max(hint, context.options.floor_seconds)
    longest = max(said, told.seconds) if told.running else said
    noted = context.telling(event.wait, Told(times, longest, running=True))
    if event.wait is not Wait.LOCK:
        return noted
    before = context.locked if context.lock.running else frozenset[str]()
    return evolve(noted, locked=before | {event.document_id})


def end_wait(context: Context, event: Fired) -> Context:
    """Note that a wait is over; whether it was long enough, the next try will tell."""
    wait = Wait(str(event.key))
    return context.telling(wait, evolve(context.told(wait), seconds=0.0, running=False))


def give_up_lock(context: Context) -> Context:
    """Wait for this lock no longer."""
    return evolve(context, lock=Told())


def lock_out(context: Context) -> Context:
    """Note that the connection waits for the lock."""
    return evolve(context, locked_out=True)


def let_in(context: Context) -> Context:
    """Note that the connection has waited for the lock."""
    return evolve(context, locked_out=False)


def note_permissions(context: Context, event: PermissionsCame) -> Context:
    """Note whether the user may write."""
    return evolve(context, read_only=not event.may_write)


def _settled(told: Told) -> Told:
    return evolve(told, times=int(told.running))


def note_served(context: Context, event: Served) -> Context:
    """Let the next wait of every kind be a first one; for a lock only if a document that had it was served."""
    lock = _settled(context.lock) if event.document_id in context.locked else context.lock
    return evolve(note_steady(context), lock=lock)


def note_steady(context: Context) -> Context:
    """Let the next wait for the service be a first one."""
    settled = _settled(context.maintenance), _settled(context.unavailable)
    return evolve(context, maintenance=settled[0], unavailable=settled[1])


# ------------------------------------------------------------------------------------------------------------ makers
def give_back(_: Context, event: ToldToWait) -> LockedTooOften:
    """Say which document stays locked."""
    return LockedTooOften(event.document_id)


def latest_wait(context: Context) -> str:
    """The wait that was told of last."""
    return context.latest.value


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, ignore, to, state = rows.row, rows.stay, rows.ignore, rows.to, rows.state

ANY = rows.group("any", *State, doc="a wait goes on, whatever graver reason comes or goes")

waited = timer("waited", patience, scope=ANY, key=latest_wait)

# fmt: off
STATES = (
    #     state        kind          what it means
    state(CLEAR,       Kind.STEADY,  "nothing holds"),
    state(OFFLINE,     Kind.WAITING, "there is no network", waits_for="the platform"),
    state(HIDDEN,      Kind.WAITING, "nobody sees the application", waits_for="the platform"),
    state(MAINTENANCE, Kind.WAITING, "the service is in maintenance"),
    state(UNAVAILABLE, Kind.WAITING, "the service is out of order for a while"),
    state(LOCKED,      Kind.WAITING, "the document is locked", waits_for="connection"),
    state(READ_ONLY,   Kind.WAITING, "this user may only read", waits_for="a person"),
)

GRAVEST = rows.choice("gravest",
    to(OFFLINE,     guard=is_offline),
    to(HIDDEN,      guard=is_hidden),
    to(MAINTENANCE, guard=is_maintained),
    to(UNAVAILABLE, guard=is_unavailable),
    to(LOCKED,      guard=is_locked),
    to(READ_ONLY,   guard=is_read_only),
    to(CLEAR))

TABLE = (
    #   source       trigger           target     effects, then guard= and update=
    row(EVERY,       WentOffline,      GRAVEST,   update=go_offline),
    row(OFFLINE,     CameOnline,       GRAVEST,   BackOnline(), update=come_online),
    row(EVERY,       Hid,              GRAVEST,   update=hide),
    row(EVERY,       Shown,            GRAVEST,   update=show),

    row(EVERY,       ToldToWait,       GRAVEST,   give_back, guard=locked_too_often, update=give_up_lock),
    row(EVERY,       ToldToWait,       GRAVEST,   arm(waited), update=note_wait),
    row(ANY,         waited,           GRAVEST,   update=end_wait),
    row(EVERY,       LockedOut,        GRAVEST,   update=lock_out),
    row(EVERY,       LetIn,            GRAVEST,   update=let_in),
    row(EVERY,       PermissionsCame,  GRAVEST,   update=note_permissions),
    stay(EVERY,      Served,           update=note_served),
    stay(EVERY,      LinkSteady,       update=note_steady),

    ignore(EVERY,    CameOnline,       because="it was online already"),
    ignore(EVERY,    LinkShaken,       because="the loss of a link says nothing of the service"),
)
# fmt: on

HOLD = Machine[State, Event, Context, Effect](
    "hold",
    initial=CLEAR,
    context=Context(),
    states=STATES,
    groups=(ANY,),
    table=TABLE,
    doc="Everything outside the link that makes dialling or sending pointless for a while.",
)
