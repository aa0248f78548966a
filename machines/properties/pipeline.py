"""A stand-in for conflict recovery, with which a session can be explored.

A document has infinitely many texts and versions, and what becomes of them is claimed of conflict recovery alone, with
a server beside it. To everybody else in a session a document is what it says and hears: it asks for a turn, sends, is
answered or not, is held, halted and opened again. This machine says and hears the same, of one operation at a time
whose text does not matter: it has the name, the events and the signals of the original, and is wired in its place.
"""

from enum import StrEnum
from typing import Final, TypeAlias

from attrs import evolve, frozen

from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.document import (
    Acknowledged,
    Attach,
    Conflict,
    Detach,
    Granted,
    Halt,
    Hold,
    Offer,
    Open,
    OperationEnded,
    Outcome,
    PermissionsCame,
    Persist,
    PutBack,
    Refused,
    Release,
    RemoteEdit,
    Reopen,
    SaveOutbox,
    Submit,
    Synced,
    Unsure,
    ViewChanged,
    Withdraw,
)
from machines.link import Send
from machines.replica import Replica
from machines.wire.messages import Document, DocumentEdit, DocumentSync, SyncRequest
from machines.wire.text import Text
from statekit import EVERY, Kind, Machine, Rows, after, either

NAMES: Final = ("ann:1", "ann:2")
"""What one operation, and the next, are called."""


class State(StrEnum):
    """What becomes of the one operation."""

    DETACHED = "detached"
    ASKING = "asking"
    SYNCED = "synced"
    OFFERED = "offered"
    SENT = "sent"
    HELD = "held"
    HALTED = "halted"


DETACHED, ASKING, SYNCED, OFFERED, SENT, HELD, HALTED = State

Event: TypeAlias = (
    Open | Submit | Attach | Detach | Acknowledged | RemoteEdit | Synced | Conflict | Unsure | Refused | Granted
    | PutBack | Hold | Release | PermissionsCame | Persist | Halt | Reopen
)  # fmt: skip

Named: TypeAlias = Granted | PutBack | Conflict | Unsure | Refused

Effect: TypeAlias = Send | Offer | Withdraw | OperationEnded | ViewChanged | SaveOutbox


@frozen
class Context:
    """What the operation and those after it are called, whether it is pending, and whether it must be kept."""

    names: tuple[str, ...] = NAMES
    pending: bool = False
    held: bool = False
    read_only: bool = False

    @property
    def name(self) -> str:
        """What the operation is called, or the next."""
        return self.names[0]


def may_submit(context: Context) -> bool:
    """Is there none, and may this user make one?"""
    return not context.pending and not context.read_only


def is_pending(context: Context) -> bool:
    """Is there one?"""
    return context.pending


def is_held(context: Context) -> bool:
    """Must it be kept?"""
    return context.held


def accept(context: Context) -> Context:
    """There is one."""
    return evolve(context, pending=True)


def end(context: Context) -> Context:
    """There is none any more, and the next is called otherwise."""
    return evolve(context, pending=False, names=(*context.names[1:], context.name))


def is_named(context: Context, event: Named) -> bool:
    """Is it about this one?"""
    return event.message_id in ("", context.name)


def is_acknowledged(context: Context, event: Acknowledged) -> bool:
    """Does the server have this one?"""
    return event.ack.message_id == context.name


def offer(context: Context) -> Offer:
    """Ask for a turn."""
    return Offer(context.name)


def withdraw(context: Context) -> Withdraw:
    """It needs no turn any more."""
    return Withdraw(context.name)


def send(context: Context) -> Send:
    """Send the operation."""
    return Send(DocumentEdit((), 0, client_id="ann", message_id=context.name))


def hold(context: Context, event: Hold) -> Context:
    """It must be kept."""
    read_only = context.read_only if event.read_only is None else event.read_only
    return evolve(context, held=True, read_only=read_only)


def release(context: Context) -> Context:
    """It may be sent."""
    return evolve(context, held=False, read_only=False)


SYNC: Final = DocumentSync(Document("d", 0, Text("")))
"""The server tells what it has."""

ASK: Final = Send(SyncRequest(0, message_id="ann:sync"))
"""Ask the server what it has."""


SAVE: Final = SaveOutbox(Replica("ann"))
"""Save what is pending."""


def tell(outcome: Outcome) -> OperationEnded:
    """Tell how it ended."""
    return OperationEnded(1, outcome, ())


rows = Rows[State, Context, Effect]()
row, stay, reenter, ignore, to, state, group = (
    rows.row, rows.stay, rows.reenter, rows.ignore, rows.to, rows.state, rows.group,
)  # fmt: skip

IN_FLIGHT = group("in_flight", OFFERED, SENT, doc="it was offered, or sent")
ATTACHED = group("attached", ASKING, SYNCED, IN_FLIGHT, HELD, doc="a link is up")

# fmt: off
STATES = (
    #     state     kind          what it means
    state(DETACHED, Kind.WAITING, "no link", waits_for="connection"),
    state(ASKING,   Kind.BUSY,    "the server was asked what it has"),
    state(SYNCED,   Kind.STEADY,  "there is none", waits_for="the user"),
    state(OFFERED,  Kind.BUSY,    "it waits for its turn", waits_for="rate_limit"),
    state(SENT,     Kind.BUSY,    "it was sent"),
    state(HELD,     Kind.WAITING, "it must be kept", waits_for="whoever holds it"),
    state(HALTED,   Kind.FAILED,  "none is taken any more", waits_for="a person"),
)

NEXT = rows.choice("next",
    to(HELD,    guard=is_held),
    to(OFFERED, offer, guard=is_pending),
    to(SYNCED))
ENDED = rows.choice("ended",
    to(HALTED,  tell(Outcome.EXPORTED), guard=is_pending, update=end),
    to(HALTED))

TABLE = (
    #   source                    trigger                   target    effects, then guard= and update=
    row(SYNCED,                   Submit,                   NEXT,     guard=may_submit, update=accept),
    stay((DETACHED, ASKING, HELD), Submit,                  guard=may_submit, update=accept),
    ignore(EVERY,                 Submit,                   because="it is not taken"),
    row(DETACHED,                 Attach,                   ASKING,   ASK),
    row(ATTACHED,                 Detach,                   DETACHED),
    row(ASKING,                   Synced,                   NEXT),
    reenter(ASKING,               after(5.0),               ASK),
    row(OFFERED,                  Granted,                  SENT,     send, guard=is_named),
    row(SENT,                     PutBack,                  OFFERED,  guard=is_named),
    row(SENT,                     Acknowledged,             NEXT,     tell(Outcome.ACKNOWLEDGED),
        guard=is_acknowledged, update=end),
    row(SENT,                     after(15.0),              ASKING,   ASK),
    row(IN_FLIGHT,                either(Conflict, Unsure), ASKING,   ASK, guard=is_named),
    row(IN_FLIGHT,                Refused,                  NEXT,     tell(Outcome.REJECTED),
        guard=is_named, update=end),
    row((SYNCED, IN_FLIGHT),      Hold,                     HELD,     update=hold),
    stay(EVERY,                   Hold,                     update=hold),
    row(HELD,                     Release,                  ASKING,   ASK, update=release),
    stay(EVERY,                   Release,                  update=release),
    row((DETACHED, ATTACHED),     Halt,                     ENDED,    withdraw),
    row(HALTED,                   Reopen,                   DETACHED),
    stay(ATTACHED,                RemoteEdit,               ViewChanged((), 1)),
    ignore(EVERY, either(Attach, Detach, Halt, Reopen),    because="it means nothing now"),
    stay(DETACHED,                Open),
    ignore(EVERY,                 Open,                     because="it is open already"),
    ignore(EVERY, either(Granted, PutBack),                because="it means nothing now"),
    ignore(EVERY, either(Synced, Acknowledged, Conflict, Unsure, Refused), because="it means nothing now"),
    stay(EVERY,                   Persist,                  SAVE),
    stay(EVERY,                   PermissionsCame),
    ignore(EVERY,                 RemoteEdit,               because="its text does not matter"),
)
# fmt: on

PIPELINE = Machine[State, Event, Context, Effect](
    CONFLICT_RECOVERY.name,
    initial=DETACHED,
    context=Context(),
    states=STATES,
    groups=(ATTACHED, IN_FLIGHT),
    table=TABLE,
    doc="One operation at a time, whose text does not matter.",
)
