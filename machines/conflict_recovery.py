"""Conflict recovery: every operation that was accepted reaches the server once, in order, whatever the link does.

One operation is in flight at a time, so an error without a name can only mean that one, and its number stays the same
on every resend, so the server can tell a second copy. The document's arithmetic is in `replica`.

Surprising arrows, in words:
- A new link is not for resending. First the server is asked what it has (RESOLVING): an operation in flight when the
  old link died is found in the answer, or is not there and may be sent again.
- A missing acknowledgement is answered by the same question, never by a resend. Each try that comes to nothing is
  counted, and the head is given up only on an answer that does not show it.
- While the question is out, conflicts and remote operations are ignored: the answer covers them.
- The head is offered, and sent as it reads once it is granted; only then its acknowledgement is awaited. A grant that
  comes when there is nothing to send is let pass: whatever is to be sent later is offered again.
- A hold keeps operations, not questions: who may only read is told everything all the same.
- Only the head of the queue is ever refused, rolled back or given up; the rest is rewritten and goes on.
"""

from enum import StrEnum
from typing import TypeAlias

from attrs import evolve, field, frozen
from attrs.validators import ge, gt

from machines.link import Send
from machines.replica import Replica
from machines.wire.messages import DocumentEdit, DocumentSync, OperationAck, OperationBroadcast, SyncRequest
from machines.wire.operations import Edit
from statekit import EVERY, Jitter, Kind, Machine, Rows, Signal, after, arm, disarm, either, timer


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Sync timeout and retries are the seed's (5 s, 5); the rest is lifecycles section 5 (c). Times in seconds."""

    ack_seconds: float = field(default=15.0, validator=gt(0))
    sync_seconds: float = field(default=5.0, validator=gt(0))
    syncs_max: int = field(default=3, validator=ge(1))
    sync_wait_seconds: float = field(default=1.0, validator=gt(0))
    sync_wait_cap_seconds: float = field(default=30.0, validator=gt(0))
    rounds_max: int = field(default=5, validator=ge(1))
    queue_max: int = field(default=1000, validator=ge(1))


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


DETACHED, RESOLVING, SYNCED, AWAITING, AWAITING_BUFFERED, RESYNCING, SYNC_WAIT, HELD, HALTED = State


# ----------------------------------------------------------------------------------------------------------- events
@frozen
class Submit:
    """The user made an edit on the view of this revision."""

    edit: Edit
    revision: int


@frozen
class Attach:
    """A link is up."""


@frozen
class Detach:
    """The link is gone."""


@frozen
class Acknowledged:
    """The server has an operation of ours."""

    ack: OperationAck


@frozen
class RemoteEdit:
    """The server applied somebody else's operation."""

    broadcast: OperationBroadcast


@frozen
class Synced:
    """The server told what it has."""

    sync: DocumentSync


@frozen
class Conflict:
    """The server could not place the operation; an empty `message_id` means the one in flight."""

    message_id: str


@frozen
class Unsure:
    """The server may have applied the operation, or not."""

    message_id: str


@frozen
class Refused:
    """The server will never apply the operation; `code` says why, and `holds` that it will not apply the next."""

    message_id: str
    code: str
    holds: bool = False


@frozen
class Granted:
    """It is the turn of the operation that was offered under this name."""

    message_id: str


@frozen
class PutBack:
    """The operation was sent in vain; its turn will come again."""

    message_id: str


@frozen
class Hold:
    """Operations must be kept for now."""


@frozen
class Release:
    """Operations may be sent again."""


@frozen
class Halt:
    """The document takes no operations any more."""

    reason: str


@frozen
class Reopen:
    """The document may take operations again."""


Event: TypeAlias = (
    Submit | Attach | Detach | Acknowledged | RemoteEdit | Synced | Conflict | Unsure | Refused | Granted | PutBack
    | Hold | Release | Halt | Reopen
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- effects
class Outcome(StrEnum):
    """How an accepted operation ended; each ends exactly once."""

    ACKNOWLEDGED = "acknowledged"
    """The server has it."""
    REFUSED = "refused"
    """The server will never have it: it was rolled back."""
    EXPORTED = "exported"
    """It was given back to the application, which may save it or submit it again."""


@frozen
class OperationEnded(Signal):
    """An accepted operation came to its end; `reason` says why unless it was acknowledged."""

    sequence: int
    outcome: Outcome
    edit: Edit
    reason: str = ""


@frozen
class Offer(Signal):
    """There is an operation to send; `Granted` with this name is when."""

    message_id: str


@frozen
class ViewChanged(Signal):
    """The server's side changed what the user sees; applying `edit` to the old view gives the new one."""

    edit: Edit
    version: int


Effect: TypeAlias = Send | Offer | OperationEnded | ViewChanged


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """The replica, and what is known of the recovery.

    `ended` and `changes` are what the present event brought to an end and changed, for the makers to tell; `syncs`
    counts the questions without an answer, `rounds` the conflicts of the head; `held` says that nothing may be sent.
    """

    replica: Replica
    options: Options = Options()
    ended: tuple[OperationEnded, ...] = ()
    changes: tuple[ViewChanged, ...] = ()
    asked: int = 0
    syncs: int = 0
    waits: int = 0
    rounds: int = 0
    held: bool = False


def ack_limit(context: Context) -> float:
    """How long an acknowledgement may take before the server is asked what it has."""
    return context.options.ack_seconds


def sync_limit(context: Context) -> float:
    """How long the server may take to answer a sync request (seed: 5000 ms)."""
    return context.options.sync_seconds


def sync_wait(context: Context) -> Jitter:
    """How long to wait before asking again, doubling to 30 s."""
    options = context.options
    cap = min(options.sync_wait_seconds * 2.0 ** min(context.waits, 30), options.sync_wait_cap_seconds)
    return Jitter(cap / 2, cap)


# --------------------------------------------------------------------------------------------------- guards, updates
def queue_full(context: Context) -> bool:
    """Do as many operations wait as may?"""
    return len(context.replica.pending) >= context.options.queue_max


def acceptable(context: Context, event: Submit) -> bool:
    """Is there room, and does the edit fit the text as its author saw it not too long ago?"""
    return not queue_full(context) and context.replica.fits(event.edit, event.revision)


def is_held(context: Context) -> bool:
    """Must operations be kept for now?"""
    return context.held


def nothing_pending(context: Context) -> bool:
    """Does the server have everything?"""
    return not context.replica.pending


def one_pending(context: Context) -> bool:
    """Is there just one operation left?"""
    return len(context.replica.pending) == 1


def is_next(context: Context, event: RemoteEdit) -> bool:
    """Is it the operation after the last that we know, and does it fit the server's document as we know it?"""
    broadcast, replica = event.broadcast, context.replica
    ours = broadcast.client_id == replica.client_id
    return not ours and broadcast.version == replica.version + 1 and replica.receives(broadcast.operation)


def is_known(context: Context, event: RemoteEdit) -> bool:
    """Do we have it already, or is it our own, which its acknowledgement tells of?"""
    broadcast, replica = event.broadcast, context.replica
    return broadcast.version <= replica.version or broadcast.client_id == replica.client_id


def acks_head(context: Context, event: Acknowledged) -> bool:
    """Is it about the head, and the version after the last that we know?"""
    replica = context.replica
    return _is_head(context, event.ack.message_id) and event.ack.server_version == replica.version + 1


def acks_head_again(context: Context, event: Acknowledged) -> bool:
    """Is it about the head, which the server had before the version that we know?"""
    replica = context.replica
    return _is_head(context, event.ack.message_id) and event.ack.server_version <= replica.version


def about_head(context: Context, event: Acknowledged) -> bool:
    """Is it about the head, though something before it is missing?"""
    return _is_head(context, event.ack.message_id)


def concerns_head(context: Context, event: Conflict | Unsure | Refused) -> bool:
    """Is the operation in flight meant?"""
    return not event.message_id or _is_head(context, event.message_id)


def names_head(context: Context, event: Granted | PutBack) -> bool:
    """Is the operation in flight named?"""
    return _is_head(context, event.message_id)


def _is_head(context: Context, message_id: str) -> bool:
    replica = context.replica
    return bool(replica.pending) and message_id == replica.message_id(replica.pending[0].sequence)


def tried_too_often(context: Context) -> bool:
    """Is the head still not with the server, after every round it may have?"""
    return bool(context.replica.pending) and context.rounds > context.options.rounds_max


def answers_us(context: Context, event: Synced) -> bool:
    """Is it the answer to our last question?"""
    return event.sync.message_id == _sync_id(context)


def syncs_left(context: Context) -> bool:
    """May the server be asked again at once?"""
    return context.syncs < context.options.syncs_max


def _sync_id(context: Context) -> str:
    return f"{context.replica.client_id}:sync:{context.asked}"


def _moved(context: Context, replica: Replica, *, told: bool = True) -> Context:
    count = replica.revision - context.replica.revision
    edits = replica.recent[-count:] if count and told else ()
    changes = tuple(ViewChanged(edit, replica.version) for edit in edits)
    return evolve(context, replica=replica, changes=changes, ended=())


def accept(context: Context, event: Submit) -> Context:
    """Queue the user's edit."""
    return _moved(context, context.replica.submitted(event.edit, event.revision), told=False)


def take_remote(context: Context, event: RemoteEdit) -> Context:
    """Apply somebody else's operation."""
    broadcast = event.broadcast
    received = context.replica.received(broadcast.operation, broadcast.client_id, broadcast.version)
    return _moved(context, received)


def settle_head(context: Context, event: Acknowledged) -> Context:
    """The head has arrived."""
    head = context.replica.pending[0]
    moved = _moved(context, context.replica.acknowledged(event.ack.server_version))
    return evolve(moved, ended=(OperationEnded(head.sequence, Outcome.ACKNOWLEDGED, head.edit),), rounds=0)


def settle_head_again(context: Context) -> Context:
    """The head is in the server's document that replaced ours: ours of it is one too many."""
    head = context.replica.pending[0]
    ended = (OperationEnded(head.sequence, Outcome.ACKNOWLEDGED, head.edit),)
    return evolve(_moved(context, context.replica.dropped()), ended=ended, rounds=0)


def take_sync(context: Context, event: Synced) -> Context:
    """Catch up with the server; what it has of ours has arrived."""
    replica = context.replica.synced(event.sync)
    kept = {each.sequence for each in replica.pending}
    arrived = [each for each in context.replica.pending if each.sequence not in kept]
    ended = tuple(OperationEnded(each.sequence, Outcome.ACKNOWLEDGED, each.edit) for each in arrived)
    rounds = 0 if arrived else context.rounds
    return evolve(_moved(context, replica), ended=ended, syncs=0, waits=0, rounds=rounds)


def roll_back(context: Context, event: Refused) -> Context:
    """Undo the head, which the server will never have."""
    head = context.replica.pending[0]
    ended = (OperationEnded(head.sequence, Outcome.REFUSED, head.edit, event.code),)
    held = context.held or event.holds
    return evolve(_moved(context, context.replica.dropped()), ended=ended, rounds=0, held=held)


def give_up_head(context: Context) -> Context:
    """Give the head back to the application: the server's answer has not shown it once more."""
    head = context.replica.pending[0]
    given_up = _moved(context, context.replica.dropped())
    ended = (*context.ended, OperationEnded(head.sequence, Outcome.EXPORTED, head.edit, "contention"))
    return evolve(given_up, ended=ended, changes=(*context.changes, *given_up.changes), rounds=0)


def export_all(context: Context, event: Halt) -> Context:
    """Give every operation back; the view stays as it is, for whoever still looks at it."""
    ended = tuple(
        OperationEnded(each.sequence, Outcome.EXPORTED, each.edit, event.reason) for each in context.replica.pending
    )
    replica = evolve(context.replica, base=context.replica.view, pending=(), loaded=False)
    return evolve(context, replica=replica, ended=ended, changes=(), rounds=0)


def count_round(context: Context) -> Context:
    """Count a try of the head that came to nothing."""
    return evolve(ask(context), rounds=context.rounds + 1)


def ask(context: Context) -> Context:
    """Number the next question."""
    return evolve(context, asked=context.asked + 1, syncs=1, ended=(), changes=())


def ask_again(context: Context) -> Context:
    """Number the next question, after one without an answer."""
    return evolve(context, asked=context.asked + 1, syncs=context.syncs + 1, ended=(), changes=())


def pause(context: Context) -> Context:
    """Count a pause between rounds of questions."""
    return evolve(context, waits=context.waits + 1)


def hold(context: Context) -> Context:
    """Note that operations must be kept."""
    return evolve(context, held=True)


def release(context: Context) -> Context:
    """Note that operations may be sent."""
    return evolve(context, held=False)


def release_and_ask(context: Context) -> Context:
    """Note that operations may be sent, and number the next question."""
    return ask(release(context))


def mark_sent(context: Context) -> Context:
    """Note that the head is on its way."""
    return evolve(context, replica=context.replica.sent_head())


# ------------------------------------------------------------------------------------------------------------ makers
def send_head(context: Context) -> Send:
    """Send the first operation that the server does not have, as it reads now."""
    replica = context.replica
    head = replica.pending[0]
    message_id = replica.message_id(head.sequence)
    return Send(DocumentEdit(head.edit, replica.version, client_id=replica.client_id, message_id=message_id))


def offer_head(context: Context) -> Offer:
    """Offer the first operation that the server does not have."""
    replica = context.replica
    return Offer(replica.message_id(replica.pending[0].sequence))


def send_sync(context: Context) -> Send:
    """Ask the server what it has."""
    return Send(SyncRequest(context.replica.version, message_id=_sync_id(context)))


def tell_ended(context: Context) -> tuple[OperationEnded, ...]:
    """Tell which operations came to their end."""
    return context.ended


def tell_changes(context: Context) -> tuple[ViewChanged, ...]:
    """Tell how the view changed."""
    return context.changes


# ------------------------------------------------------------------------------------------------------------- table
rows = Rows[State, Context, Effect]()
row, stay, reenter, ignore, to, state, group = (
    rows.row, rows.stay, rows.reenter, rows.ignore, rows.to, rows.state, rows.group,
)  # fmt: skip

IN_FLIGHT = group("in_flight", AWAITING, AWAITING_BUFFERED, doc="the head was sent")
ASKING = group("asking", RESOLVING, RESYNCING, doc="the server was asked what it has")
ATTACHED = group("attached", SYNCED, IN_FLIGHT, ASKING, SYNC_WAIT, HELD, doc="a link is up")
OPEN = group("open", DETACHED, ATTACHED, doc="operations are accepted")
GROUPS = (OPEN, ATTACHED, ASKING, IN_FLIGHT)

ack_overdue = timer("ack_overdue", ack_limit, scope=IN_FLIGHT)

# fmt: off
STATES = (
    #     state              kind          what it means
    state(DETACHED,          Kind.WAITING, "no link; operations are kept", waits_for="connection"),
    state(RESOLVING,         Kind.BUSY,    "a new link: the server was asked what it has"),
    state(SYNCED,            Kind.STEADY,  "the server has everything", waits_for="the user"),
    state(AWAITING,          Kind.BUSY,    "one operation was offered, or sent", waits_for="rate_limit"),
    state(AWAITING_BUFFERED, Kind.BUSY,    "one was offered, or sent, and more are waiting", waits_for="rate_limit"),
    state(RESYNCING,         Kind.BUSY,    "something is unclear: the server was asked what it has"),
    state(SYNC_WAIT,         Kind.WAITING, "no answer: a pause before asking again"),
    state(HELD,              Kind.WAITING, "operations must be kept for now", waits_for="whoever holds them"),
    state(HALTED,            Kind.FAILED,  "the document takes no operations any more", waits_for="a person"),
)

NEXT = rows.choice("next",
    to(HELD,              guard=is_held),
    to(SYNCED,            guard=nothing_pending),
    to(AWAITING,          disarm(ack_overdue), offer_head, guard=one_pending),
    to(AWAITING_BUFFERED, disarm(ack_overdue), offer_head))
CAUGHT_UP = rows.choice("caught up",
    to(NEXT,              guard=tried_too_often, update=give_up_head),
    to(NEXT))

TABLE = (
    #   source                    trigger               target             effects, then guard= and update=
    row(SYNCED,                   Submit,               NEXT,              guard=acceptable, update=accept),
    row(AWAITING,                 Submit,               AWAITING_BUFFERED, guard=acceptable, update=accept),
    stay(OPEN,                    Submit,               guard=acceptable, update=accept),
    ignore(OPEN,                  Submit,               guard=queue_full, because="too many operations are waiting"),
    ignore(OPEN,                  Submit,               because="the edit does not fit the document"),

    row(DETACHED,                 Attach,               RESOLVING,         send_sync, update=ask),
    row(ATTACHED,                 Detach,               DETACHED),
    row(ASKING,                   Synced,               CAUGHT_UP,         tell_ended, tell_changes,
        guard=answers_us, update=take_sync),
    reenter((RESOLVING, RESYNCING), after(sync_limit),  send_sync, guard=syncs_left, update=ask_again),
    row((RESOLVING, RESYNCING),   after(sync_limit),    SYNC_WAIT,         update=pause),
    row(SYNC_WAIT,                after(sync_wait),     RESYNCING,         send_sync, update=ask),

    row(IN_FLIGHT,                Acknowledged,         NEXT,              tell_ended,
        guard=acks_head, update=settle_head),
    row(IN_FLIGHT,                Acknowledged,         NEXT,              tell_ended, tell_changes,
        guard=acks_head_again, update=settle_head_again),
    row(IN_FLIGHT,                Acknowledged,         RESYNCING,         send_sync, guard=about_head, update=ask),
    stay(IN_FLIGHT,               Granted,              send_head, arm(ack_overdue),
        guard=names_head, update=mark_sent),
    stay(IN_FLIGHT,               PutBack,              disarm(ack_overdue), guard=names_head),
    row(IN_FLIGHT,                ack_overdue,          RESYNCING,         send_sync, update=count_round),
    row(IN_FLIGHT,                either(Conflict, Unsure), RESYNCING,     send_sync,
        guard=concerns_head, update=count_round),
    row(IN_FLIGHT,                Refused,              NEXT,              tell_ended, tell_changes,
        guard=concerns_head, update=roll_back),
    stay(HELD,                    Acknowledged,         tell_ended, guard=acks_head, update=settle_head),

    stay((SYNCED, IN_FLIGHT, HELD), RemoteEdit,         tell_changes, guard=is_next, update=take_remote),
    ignore((SYNCED, IN_FLIGHT, HELD), RemoteEdit,       guard=is_known, because="the document has it already"),
    row((SYNCED, IN_FLIGHT, HELD), RemoteEdit,          RESYNCING,         send_sync, update=ask),

    ignore(HELD,                  Hold,                 because="they are kept already"),
    row((SYNCED, IN_FLIGHT),      Hold,                 HELD,              update=hold),
    stay(EVERY,                   Hold,                 update=hold),
    row(HELD,                     Release,              RESYNCING,         send_sync, update=release_and_ask),
    stay(EVERY,                   Release,              update=release),
    row(OPEN,                     Halt,                 HALTED,            tell_ended, update=export_all),
    row(HALTED,                   Reopen,               DETACHED),

    ignore(HALTED,                Submit,               because="the document takes no operations any more"),
    ignore(EVERY,                 Attach,               because="the link was up already, or nothing is to be sent"),
    ignore(EVERY,                 Detach,               because="the link was down already, or nothing is to be sent"),
    ignore(EVERY,                 Synced,               because="it answers no question that is still open"),
    ignore(EVERY,                 Acknowledged,         because="it is settled, or the next sync will tell"),
    ignore(EVERY,                 RemoteEdit,           because="the next sync will tell"),
    ignore(EVERY,                 either(Conflict, Unsure, Refused), because="the next sync will tell"),
    ignore(EVERY,                 either(Granted, PutBack), because="it is not what is to be sent now"),
    ignore(EVERY,                 Halt,                 because="it is halted already"),
    ignore(EVERY,                 Reopen,               because="it is open already"),
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
