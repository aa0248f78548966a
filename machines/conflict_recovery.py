"""Conflict recovery: every operation that was accepted reaches the server once, in order, whatever the link does.

One message is under way at a time, so an error without a name can only mean that one, and its number stays the same
on every resend, so the server can tell a second copy. What is remembered is in `outbox`; the rows name functions of
that, of `trying` and of `keeping`; the document's arithmetic is in `replica`.

Surprising arrows, in words:
- A new link is not for resending. First the server is asked what it has (RESOLVING): an operation in flight when the
  old link died is found in the answer, or is not there and may be sent again.
- A missing acknowledgement is answered by the same question, never by a resend. Each try that comes to nothing is
  counted; from the second one on there is a pause before the question (SYNC_WAIT).
- The head is given up only on an answer that does not show it, never on a count alone. After too many conflicts that
  answer's document replaces ours whole, and after the second link in a row that broke over it the head is not sent a
  third time; nor is anything of another document meanwhile, so that the second is no other's doing (see `tries`).
- While the question is out, conflicts and remote operations are ignored: the answer covers them.
- The head is offered, and sent as it reads once it is granted, with what was queued behind it meanwhile; only then its
  acknowledgement is awaited. Once sent it is composed with nothing any more: the server may have it under its number.
- A grant that comes when there is nothing to send is let pass: whatever is to be sent later is offered again.
- A hold keeps operations, not questions: who may only read is told everything all the same, and may queue nothing.
- A document that denied an operation stays read-only, whatever holds come and go, until the server says anew that its
  user may write: in the next greeting, or when permissions change.
- Only the head is ever refused, rolled back or given up; the rest is rewritten and goes on.
- A document that is opened while a link is up asks at once; one that is closed is over, and its machine with it.
"""

from enum import StrEnum
from typing import TypeAlias

from machines import outbox, tries
from machines.document import (
    Acknowledged,
    Attach,
    CloseDocument,
    Conflict,
    Detach,
    Granted,
    Halt,
    Hold,
    Offer,
    Open,
    OperationEnded,
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
from machines.keeping import (
    allow,
    allow_and_ask,
    frees_us,
    hold,
    is_held,
    is_read_only,
    keeps_us,
    may_write,
    may_write_at_last,
    release,
    release_and_ask,
    spares_us,
    was_not_denied,
)
from machines.link import Send
from machines.options import option
from machines.outbox import (
    about_head,
    accept,
    acceptable,
    acks_head,
    acks_head_again,
    await_turn,
    begin_again,
    concerns_head,
    could_not_follow,
    export_all,
    give_up_head,
    is_known,
    is_next,
    mark_sent,
    names_head,
    nothing_pending,
    one_pending,
    queue_full,
    roll_back,
    settle_head,
    settle_head_again,
    take_remote,
    take_sync,
)
from machines.replica import Replica
from machines.trying import (
    answers_us,
    ask,
    ask_again,
    blamed,
    count_break,
    count_round,
    count_try,
    first_try,
    given_up,
    is_new,
    is_new_on_link,
    open_and_ask,
    open_as,
    pause,
    sync_wait,
    syncs_left,
)
from machines.wire.messages import DocumentClose, DocumentEdit, SyncRequest
from statekit import EVERY, Kind, Machine, Rows, after, arm, disarm, either, timer

# ------------------------------------------------------------------------------------------------ options and context
Options: TypeAlias = tries.Options
"""What an application may set."""

Context: TypeAlias = outbox.Context
"""What is remembered beside the state."""


# ----------------------------------------------------------------------------------------------------------- states
class State(StrEnum):
    """What becomes of the queue."""

    DETACHED = "detached"
    RESOLVING = "resolving"
    SYNCED = "synced"
    AWAITING = "awaiting"
    AWAITING_BUFFERED = "awaiting_buffered"
    RESYNCING = "resyncing"
    SYNC_WAIT = "sync_wait"
    HELD = "held"
    HALTED = "halted"
    CLOSED = "closed"


DETACHED, RESOLVING, SYNCED, AWAITING, AWAITING_BUFFERED, RESYNCING, SYNC_WAIT, HELD, HALTED, CLOSED = State


# ----------------------------------------------------------------------------------------------- events and effects
Event: TypeAlias = (
    Open | Submit | Attach | Detach | Acknowledged | RemoteEdit | Synced | Conflict | Unsure | Refused | Granted
    | PutBack | Hold | Release | PermissionsCame | Persist | Halt | Reopen | CloseDocument
)  # fmt: skip

Effect: TypeAlias = Send | Offer | Withdraw | OperationEnded | ViewChanged | SaveOutbox


# ------------------------------------------------------------------------------------------------------------ makers
def send_head(context: Context) -> Send:
    """Send the first message that the server does not have, as it reads now."""
    replica = context.replica
    edit, message_id = replica.edit(replica.head), replica.message_id(replica.head.sequence)
    return Send(DocumentEdit(edit, replica.version, replica.client_id, message_id, replica.document_id))


def offer_head(context: Context) -> Offer:
    """Offer the first message that the server does not have."""
    return Offer(context.replica.message_id(context.replica.head.sequence))


def withdraw_head(context: Context) -> tuple[Withdraw, ...]:
    """Say that the message which was to be sent next, or was sent last, is given back."""
    return tuple(Withdraw(context.replica.message_id(each.sequence)) for each in context.ended[:1])


def send_sync(context: Context) -> Send:
    """Ask the server what it has."""
    return Send(SyncRequest(context.replica.version, context.sync_id, document_id=context.replica.document_id))


def send_close(context: Context) -> Send:
    """Tell the server that nothing more of the document need be sent."""
    return Send(DocumentClose(context.replica.document_id))


def tell_ended(context: Context) -> tuple[OperationEnded, ...]:
    """Tell which operations came to their end."""
    return context.ended


def tell_changes(context: Context) -> tuple[ViewChanged, ...]:
    """Tell how the view changed."""
    return context.changes


def save_outbox(context: Context) -> SaveOutbox:
    """Save what the server does not have, as it was before any of it was given back."""
    return SaveOutbox(context.given_back or context.replica)


# ------------------------------------------------------------------------------------------------------------ delays
ack_seconds = option(Options, "ack_seconds")
sync_seconds = option(Options, "sync_seconds")


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, reenter, ignore, to, state, group = (
    rows.row, rows.stay, rows.reenter, rows.ignore, rows.to, rows.state, rows.group,
)  # fmt: skip

IN_FLIGHT = group("in_flight", AWAITING, AWAITING_BUFFERED, doc="the head was offered, or sent")
ASKING = group("asking", RESOLVING, RESYNCING, doc="the server was asked what it has")
ATTACHED = group("attached", SYNCED, IN_FLIGHT, ASKING, SYNC_WAIT, HELD, doc="a link is up")
OPEN = group("open", DETACHED, ATTACHED, doc="operations are accepted")
GROUPS = (OPEN, ATTACHED, ASKING, IN_FLIGHT)

ack_overdue = timer("ack_overdue", ack_seconds, scope=IN_FLIGHT)

# fmt: off
STATES = (
    #     state              kind          what it means
    state(DETACHED,          Kind.WAITING, "no link; operations are kept", waits_for="connection"),
    state(RESOLVING,         Kind.BUSY,    "a new link: the server was asked what it has"),
    state(SYNCED,            Kind.STEADY,  "the server has everything", waits_for="the user"),
    state(AWAITING,          Kind.BUSY,    "one message was offered, or sent", waits_for="rate_limit"),
    state(AWAITING_BUFFERED, Kind.BUSY,    "one was offered, or sent, and more is waiting", waits_for="rate_limit"),
    state(RESYNCING,         Kind.BUSY,    "something is unclear: the server was asked what it has"),
    state(SYNC_WAIT,         Kind.WAITING, "a pause before asking: nobody answered, or nobody was sure again"),
    state(HELD,              Kind.WAITING, "operations must be kept for now", waits_for="whoever holds them"),
    state(HALTED,            Kind.FAILED,  "the document takes no operations any more", waits_for="a person"),
    state(CLOSED,            Kind.ENDED,   "the user is done with the document"),
)

NEXT = rows.choice("next",
    to(HELD,              guard=is_held),
    to(SYNCED,            guard=nothing_pending),
    to(AWAITING,          disarm(ack_overdue), offer_head, guard=one_pending, update=await_turn),
    to(AWAITING_BUFFERED, disarm(ack_overdue), offer_head, update=await_turn))
CAUGHT_UP = rows.choice("caught up",
    to(NEXT,              guard=given_up, update=give_up_head),
    to(NEXT))
UNSURE = rows.choice("unsure",
    to(RESYNCING,         send_sync, guard=first_try, update=ask),
    to(SYNC_WAIT))
SENT = rows.choice("sent",
    to(AWAITING,          guard=one_pending),
    to(AWAITING_BUFFERED))
FOLLOWED = rows.choice("followed",
    to(RESYNCING,         send_sync, guard=could_not_follow, update=ask),
    to(SENT))

TABLE = (
    #   source                    trigger               target             effects, then guard= and update=
    row(SYNCED,                   Submit,               NEXT,              guard=acceptable, update=accept),
    row(AWAITING,                 Submit,               AWAITING_BUFFERED, guard=acceptable, update=accept),
    stay(OPEN,                    Submit,               guard=acceptable, update=accept),
    ignore(OPEN,                  Submit,               guard=is_read_only, because="this user may only read"),
    ignore(OPEN,                  Submit,               guard=queue_full, because="too many operations are waiting"),
    ignore(OPEN,                  Submit,               because="the edit does not fit the document"),

    row(DETACHED,                 Open,                 RESOLVING,         send_sync,
        guard=is_new_on_link, update=open_and_ask),
    stay(DETACHED,                Open,                 guard=is_new, update=open_as),
    row(DETACHED,                 Attach,               RESOLVING,         send_sync, update=ask),
    row(IN_FLIGHT,                Detach,               DETACHED,          guard=blamed, update=count_break),
    row(ATTACHED,                 Detach,               DETACHED),
    row(ASKING,                   Synced,               CAUGHT_UP,         tell_ended, tell_changes,
        guard=answers_us, update=take_sync),
    reenter((RESOLVING, RESYNCING), after(sync_seconds), send_sync, guard=syncs_left, update=ask_again),
    row((RESOLVING, RESYNCING),   after(sync_seconds),  SYNC_WAIT,         update=pause),
    row(SYNC_WAIT,                after(sync_wait),     RESYNCING,         send_sync, update=ask),

    row(IN_FLIGHT,                Acknowledged,         NEXT,              tell_ended,
        guard=acks_head, update=settle_head),
    row(IN_FLIGHT,                Acknowledged,         NEXT,              tell_ended, tell_changes,
        guard=acks_head_again, update=settle_head_again),
    row(IN_FLIGHT,                Acknowledged,         RESYNCING,         send_sync, guard=about_head, update=ask),
    row(IN_FLIGHT,                Granted,              SENT,              send_head, arm(ack_overdue),
        guard=names_head, update=mark_sent),
    stay(IN_FLIGHT,               PutBack,              disarm(ack_overdue), guard=names_head, update=await_turn),
    row(IN_FLIGHT,                ack_overdue,          UNSURE,            update=count_try),
    row(IN_FLIGHT,                Conflict,             RESYNCING,         send_sync,
        guard=concerns_head, update=count_round),
    row(IN_FLIGHT,                Unsure,               UNSURE,            guard=concerns_head, update=count_try),
    row(IN_FLIGHT,                Refused,              NEXT,              tell_ended, tell_changes,
        guard=concerns_head, update=roll_back),
    stay(HELD,                    Acknowledged,         tell_ended, guard=acks_head, update=settle_head),

    row(IN_FLIGHT,                RemoteEdit,           FOLLOWED,          tell_ended, tell_changes,
        guard=is_next, update=take_remote),
    stay((SYNCED, HELD, SYNC_WAIT), RemoteEdit,         tell_ended, tell_changes,
        guard=is_next, update=take_remote),
    ignore((SYNCED, IN_FLIGHT, HELD), RemoteEdit,       guard=is_known, because="the document has it already"),
    row((SYNCED, IN_FLIGHT, HELD), RemoteEdit,          RESYNCING,         send_sync, update=ask),

    row((SYNCED, IN_FLIGHT),      Hold,                 HELD,              guard=keeps_us, update=hold),
    row(HELD,                     Hold,                 RESYNCING,         send_sync,
        guard=frees_us, update=release_and_ask),
    stay(EVERY,                   Hold,                 guard=spares_us, update=release),
    stay(EVERY,                   Hold,                 update=hold),
    row(HELD,                     Release,              RESYNCING,         send_sync,
        guard=was_not_denied, update=release_and_ask),
    stay(EVERY,                   Release,              update=release),
    row(HELD,                     PermissionsCame,      RESYNCING,         send_sync,
        guard=may_write_at_last, update=allow_and_ask),
    stay(EVERY,                   PermissionsCame,      guard=may_write, update=allow),
    stay(OPEN,                    Persist,              save_outbox),
    row(OPEN,                     Halt,                 HALTED,            save_outbox, tell_ended, withdraw_head,
        update=export_all),
    row(HALTED,                   Reopen,               DETACHED,          update=begin_again),
    row(ATTACHED,                 CloseDocument,        CLOSED,            send_close, save_outbox, tell_ended,
        withdraw_head, update=export_all),
    row(DETACHED,                 CloseDocument,        CLOSED,            save_outbox, tell_ended, update=export_all),
    row(HALTED,                   CloseDocument,        CLOSED),

    ignore(HALTED,                Submit,               because="the document takes no operations any more"),
    ignore(HALTED,                Persist,              because="it was saved when it was halted"),
    ignore(HALTED,                Open,                 because="it was halted, and is to be closed first"),
    ignore(EVERY,                 PermissionsCame,      because="who may only read is told to hold everything"),
    ignore(EVERY,                 Attach,               because="the link was up already, or nothing is to be sent"),
    ignore(EVERY,                 Detach,               because="the link was down already, or nothing is to be sent"),
    ignore(EVERY,                 Synced,               because="it answers no question that is still open"),
    ignore(EVERY,                 Acknowledged,         because="it is settled, or the next sync will tell"),
    ignore(EVERY,                 RemoteEdit,           because="the next sync will tell"),
    ignore(EVERY,                 either(Conflict, Unsure, Refused), because="the next sync will tell"),
    ignore(EVERY,                 either(Granted, PutBack), because="it is not what is to be sent now"),
    ignore(EVERY,                 Halt,                 because="it is halted already"),
    ignore(EVERY,                 either(Reopen, Open), because="it is open already"),
)
# fmt: on


CONFLICT_RECOVERY = Machine[State, Event, Context, Effect](
    "conflict_recovery",
    initial=DETACHED,
    context=Context(Replica("client")),
    states=STATES,
    groups=GROUPS,
    table=TABLE,
    doc="Every operation that was accepted reaches the server once, in order, whatever the link does.",
)
