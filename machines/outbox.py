"""Outbox: what conflict recovery remembers of a document, and the questions that its table asks of it.

The table of `conflict_recovery` says what follows; here is what it is decided by. Every function is pure and has a name
that reads in a row. What becomes of the document itself is worked out in `replica`, how often it is tried in `tries`.
"""

from attrs import evolve, frozen

from machines.document import (
    Acknowledged,
    CloseDocument,
    Conflict,
    Granted,
    Halt,
    OperationEnded,
    Outcome,
    PutBack,
    Question,
    Refused,
    RemoteEdit,
    Submit,
    Synced,
    Unsure,
    ViewChanged,
    question_id,
)
from machines.replica import Part, Replica
from machines.tries import Options, Tries


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """The replica, and what is known of the recovery.

    `ended` and `changes` are what the present event brought to an end and changed, for the makers to tell; `asked`
    numbers the questions, `syncs` counts those in a row without an answer, `waits` the pauses between. `under_way` says
    that the head was sent over this link, `held` that nothing may be sent, `read_only` that nothing is accepted either,
    as this user may only read, and `denied` that this document was denied.
    Once halted, `reason` is why, and `given_back` the replica as it was before everything was given back.
    """

    replica: Replica
    options: Options = Options()
    ended: tuple[OperationEnded, ...] = ()
    changes: tuple[ViewChanged, ...] = ()
    asked: Question = 0
    syncs: int = 0
    waits: int = 0
    tries: Tries = Tries()
    under_way: bool = False
    held: bool = False
    read_only: bool = False
    denied: bool = False
    reason: str = ""
    given_back: Replica | None = None

    @property
    def may_write(self) -> bool:
        """Whether operations are accepted of this user."""
        return not self.read_only and not self.denied

    @property
    def sync_id(self) -> str:
        """The name of the last question."""
        return self.replica.named(question_id(self.replica.client_id, self.asked))


# ----------------------------------------------------------------------------------------------------------- guards
def queue_full(context: Context) -> bool:
    """Do as many operations wait as may?"""
    return len(context.replica.parts) >= context.options.queue_max


def acceptable(context: Context, event: Submit) -> bool:
    """May this user write, is there room, and does the edit fit the document as its author saw it not too long ago?"""
    return context.may_write and not queue_full(context) and context.replica.fits(event.edit, event.revision)


def nothing_pending(context: Context) -> bool:
    """Does the server have everything?"""
    return not context.replica.pending


def one_pending(context: Context) -> bool:
    """Is there just one message left?"""
    return len(context.replica.pending) == 1


def is_next(context: Context, event: RemoteEdit) -> bool:
    """Is it the operation after the last that we know, and does it fit the server's document as we know it?"""
    broadcast, replica = event.broadcast, context.replica
    follows = replica.loaded and broadcast.version == replica.version + 1
    return follows and broadcast.client_id != replica.client_id and replica.receives(broadcast.operation)


def is_known(context: Context, event: RemoteEdit) -> bool:
    """Do we have it already, or is it our own, which its acknowledgement tells of?"""
    broadcast, replica = event.broadcast, context.replica
    return broadcast.version <= replica.version or broadcast.client_id == replica.client_id


def acks_head(context: Context, event: Acknowledged) -> bool:
    """Is it about the head, and the version after the last that we know?"""
    return about_head(context, event) and event.ack.server_version == context.replica.version + 1


def acks_head_again(context: Context, event: Acknowledged) -> bool:
    """Is it about the head, which the server had before the version that we know?"""
    return about_head(context, event) and event.ack.server_version <= context.replica.version


def about_head(context: Context, event: Acknowledged) -> bool:
    """Is it about the head, though something before it is missing?"""
    return context.replica.is_head(event.ack.message_id)


def concerns_head(context: Context, event: Conflict | Unsure | Refused) -> bool:
    """Is the operation in flight meant?"""
    return not event.message_id or context.replica.is_head(event.message_id)


def names_head(context: Context, event: Granted | PutBack) -> bool:
    """Is the operation in flight named?"""
    return context.replica.is_head(event.message_id)


def could_not_follow(context: Context) -> bool:
    """Has something pending been given back, since it could not be carried past the server's operation?"""
    return bool(context.ended)


# ---------------------------------------------------------------------------------------------------------- updates
def _moved(context: Context, replica: Replica, ended: tuple[OperationEnded, ...] = (), *, told: bool = True) -> Context:
    """Take on the replica, and note what its change of the view, and what it could not carry along, come to."""
    count = replica.revision - context.replica.revision
    changed = replica.recent[-count:] if count and told else ()
    changes = tuple(ViewChanged(edit, replica.version, replica.document_id) for edit in changed)
    lost = _ended(replica, replica.lost, Outcome.EXPORTED, "untransformable")
    moved = evolve(context, replica=evolve(replica, lost=()), changes=changes, ended=(*ended, *lost))
    stays = bool(context.replica.pending) and replica.is_head(replica.message_id(context.replica.head.sequence))
    return moved if stays else evolve(moved, tries=Tries())


def _ended(of: Replica, parts: tuple[Part, ...], outcome: Outcome, reason: str = "") -> tuple[OperationEnded, ...]:
    return tuple(OperationEnded(each.sequence, outcome, each.edit, reason, of.document_id) for each in parts)


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
    ended = _ended(context.replica, context.replica.head.parts, Outcome.ACKNOWLEDGED)
    return _moved(context, context.replica.acknowledged(event.ack.server_version), ended)


def settle_head_again(context: Context) -> Context:
    """The head is in the server's document that replaced ours: ours of it is one too many."""
    ended = _ended(context.replica, context.replica.head.parts, Outcome.ACKNOWLEDGED)
    return _moved(context, context.replica.without(), ended)


def take_sync(context: Context, event: Synced) -> Context:
    """Catch up with the server, afresh after too many conflicts; what it has of ours has arrived."""
    afresh = context.tries.rounds > context.options.rounds_max
    replica = context.replica.synced(event.sync, afresh=afresh)
    left = {each.sequence for each in (*replica.parts, *replica.lost)}
    arrived = tuple(each for each in context.replica.parts if each.sequence not in left)
    moved = _moved(context, replica, _ended(replica, arrived, Outcome.ACKNOWLEDGED))
    return evolve(moved, syncs=0, waits=0)


def roll_back(context: Context, event: Refused) -> Context:
    """Undo the head, which the server will never have; nothing was held, or it would not have been in flight."""
    ended = _ended(context.replica, context.replica.head.parts, Outcome.REJECTED, event.code)
    moved = _moved(context, context.replica.without(), ended)
    return evolve(moved, denied=event.read_only)


def give_up_head(context: Context) -> Context:
    """Undo the head: the server's answer has not shown it once more."""
    replica = context.replica
    ended = _ended(replica, replica.head.parts, Outcome.DISCARDED, context.tries.given_up_for(context.options))
    moved = _moved(context, replica.without(), ended)
    return evolve(moved, ended=(*context.ended, *moved.ended), changes=(*context.changes, *moved.changes))


def export_all(context: Context, event: Halt | CloseDocument) -> Context:
    """Give every operation back; the view stays as it is, for whoever still looks at it."""
    replica = context.replica
    ended = _ended(replica, replica.parts, Outcome.EXPORTED, event.reason)
    left = evolve(replica, base=replica.view, pending=(), loaded=False)
    return evolve(_moved(context, left, ended), reason=event.reason, given_back=replica)


def begin_again(context: Context) -> Context:
    """Forget why it was halted."""
    return evolve(context, reason="", given_back=None)


def await_turn(context: Context) -> Context:
    """Note that the head is not under way: it is offered, or was sent in vain."""
    return evolve(context, under_way=False)


def mark_sent(context: Context) -> Context:
    """Note that the head is on its way, with as much of what is behind it as a message brings."""
    sent = context.replica.sent_head(context.options.compose_max)
    return evolve(context, replica=sent, under_way=True)
