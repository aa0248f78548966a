"""Operations: what is claimed of what users make: that it reaches the server once, in order, and how each one ends.

These are O1 to O4, O9, O10 and O12. The server of `Outside` takes a message twice if it comes twice, unless its
temper says otherwise, so that exactly once is shown of the client alone.
"""

from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from typing import Final, TypeAlias, cast

from machines.algebra import OperationUnfit
from machines.conflict_recovery import DETACHED, HALTED, HELD, IN_FLIGHT, RESYNCING, SYNCED, Context, State
from machines.document import (
    Acknowledged,
    CloseDocument,
    Halt,
    Open,
    OperationEnded,
    Outcome,
    Refused,
    RemoteEdit,
    Submit,
    Synced,
    ViewChanged,
)
from machines.link import Send
from machines.properties.outside import Outside
from machines.properties.server import STUBBORN, Sent
from machines.properties.settings import SETTINGS
from machines.properties.steps import ordered
from machines.replica import Part, Pending, Replica
from machines.text import TEXT
from machines.wire.messages import DocumentEdit
from machines.wire.operations import Edit
from statekit import Snapshot
from statekit.check.properties import Property, invariant, on_step
from statekit.check.seen import Seen

Recovery: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Recovery]

ENDS: Final = {
    Outcome.ACKNOWLEDGED: (Acknowledged, Synced),
    Outcome.REJECTED: (Refused,),
    Outcome.DISCARDED: (Synced,),
    Outcome.EXPORTED: (Halt, CloseDocument, Synced, RemoteEdit),
}
"""What may bring an operation to each end; the last two, where it cannot be carried past what somebody else did."""


def outside(seen: Step) -> Outside:
    """Give what is outside after a step."""
    return cast("Outside", seen.outside)


def numbers(parts: Sequence[Part | OperationEnded]) -> list[int]:
    """Give the numbers of operations."""
    return [each.sequence for each in parts]


def edits_sent(seen: Step) -> list[DocumentEdit]:
    """Give the edits that a step sends."""
    return [each.message for each in ordered(seen, Send) if isinstance(each.message, DocumentEdit)]


def accepts(seen: Step) -> bool:
    """Tell whether a step accepts an operation."""
    return seen.after.context.replica.sequence > seen.before.context.replica.sequence


def fits(replica: Replica, edit: Edit) -> bool:
    """Tell whether an edit can be carried out on what the user sees."""
    try:
        TEXT.apply(replica.view, edit)
    except OperationUnfit:
        return False
    return True


# -------------------------------------------------------------------------------------------------- O1, O2, O4: sending
def one_is_under_way(seen: Step) -> bool:
    """No more than one edit is on its way to the server, and none but the head was ever sent."""
    under_way = [each for each in outside(seen).up if isinstance(each, Sent)]
    return len(under_way) <= 1 and not any(each.sent for each in seen.after.context.replica.pending[1:])


def what_was_sent_is_not_added_to(seen: Step) -> bool:
    """An edit that was sent once may be rewritten, but brings the same operations from then on."""
    was_sent = {each.sequence: numbers(each.parts) for each in seen.before.context.replica.pending if each.sent}
    after = seen.after.context.replica.pending
    known = [each for each in after if each.sequence in was_sent]
    return all(each.sent and numbers(each.parts) == was_sent[each.sequence] for each in known)


def numbers_count_on(seen: Step) -> bool:
    """Operations are numbered in the order in which they were made, and no number is given twice."""
    before, after = seen.before.context.replica, seen.after.context.replica
    made = numbers(after.parts)
    counted = after.sequence - before.sequence == (1 if accepts(seen) else 0)
    return counted and made == sorted(set(made)) and all(0 < each <= after.sequence for each in made)


def an_opening_names_messages_apart(seen: Step) -> bool:
    """Who opens the document names its messages like no other's, as long as it has named none; the name stays."""
    event, before, after = seen.move.event, seen.before, seen.after.context.replica.opening
    unnamed = before.state is DETACHED and not (before.context.asked or before.context.replica.sequence)
    return after == (event.opening if isinstance(event, Open) and unnamed else before.context.replica.opening)


def the_head_is_what_is_sent(seen: Step) -> bool:
    """What is sent is the head, all of it, made on the newest version known, under the same name on every resend."""
    replica = seen.after.context.replica
    for each in edits_sent(seen):
        if not replica.pending:
            return False
        head = replica.head
        name = replica.message_id(head.parts[0].sequence)
        as_one = reduce(TEXT.compose, (part.edit for part in head.parts))
        if each != DocumentEdit(as_one, replica.version, client_id=replica.client_id, message_id=name) or not head.sent:
            return False
    return True


def each_arrives_once_and_in_order(seen: Step) -> bool:
    """The server applies each operation once at most, and in the order in which they were made."""
    arrived = outside(seen).server.parts
    return all(one < other for one, other in pairwise(arrived))


# ----------------------------------------------------------------------------------------------------- O3, O12: the end
def each_ends_once(seen: Step) -> bool:
    """Every accepted operation is pending until it is told how it ended, which is told once; none is lost."""
    before, after = seen.before.context.replica, seen.after.context.replica
    accepted = range(before.sequence + 1, after.sequence + 1)
    ended = ordered(seen, OperationEnded)
    return sorted([*numbers(ended), *numbers(after.parts)]) == [*numbers(before.parts), *accepted] and not after.lost


def an_end_is_true(seen: Step) -> bool:
    """What is acknowledged the server has; what is rejected or discarded it does not have, and will never have."""
    around, temper = outside(seen), SETTINGS[seen.after.context.replica.client_id].temper
    may_come = {part for each in (*around.up, *around.doubt) if isinstance(each, Sent) for part in each.parts}
    for each in ordered(seen, OperationEnded):
        arrived = each.sequence in around.server.parts
        if each.outcome is Outcome.ACKNOWLEDGED and not arrived:
            return False
        # A server that neither lists what it has nor says what it had last may have got what was given up.
        told = temper.operations or temper.last or each.outcome is Outcome.REJECTED
        gone = each.outcome in (Outcome.REJECTED, Outcome.DISCARDED)
        if gone and told and (arrived or each.sequence in may_come):
            return False
    return True


def an_end_has_its_reason(seen: Step) -> bool:
    """Nothing ends but by what can tell its end: an answer, a refusal, a halt, or what it cannot be carried past."""
    event, stubborn = seen.move.event, seen.after.context.replica.algebra == STUBBORN
    for each in ordered(seen, OperationEnded):
        halted = isinstance(event, (Halt, CloseDocument))
        exported = each.outcome is Outcome.EXPORTED
        if not isinstance(event, ENDS[each.outcome]) or (exported and not halted and not stubborn):
            return False
    return True


def what_is_said_of_the_head_counts(seen: Step) -> bool:
    """An acknowledgement settles the head; in flight one that shows a gap is asked about, and a refusal ends it."""
    event, before = seen.move.event, seen.before
    replica, held = before.context.replica, before.state is HELD
    if not (held or before.state in IN_FLIGHT.states) or not replica.pending:
        return True
    name, head = replica.message_id(replica.pending[0].sequence), numbers(replica.pending[0].parts)
    told = [(each.sequence, each.outcome) for each in ordered(seen, OperationEnded)][: len(head)]
    match event:
        case Acknowledged(ack) if ack.message_id == name and ack.server_version > replica.version + 1:
            return seen.after.state is (HELD if held else RESYNCING) and not told
        case Acknowledged(ack) if ack.message_id == name:
            return told == [(number, Outcome.ACKNOWLEDGED) for number in head]
        case Refused(message_id) if message_id in ("", name) and not held:
            return told == [(number, Outcome.REJECTED) for number in head]
        case _:
            return True


def only_the_head_is_given_up(seen: Step) -> bool:
    """Only the head is ever rejected or discarded, by the code that refused it; what was behind it is kept."""
    ended = [each for each in ordered(seen, OperationEnded) if each.outcome in (Outcome.REJECTED, Outcome.DISCARDED)]
    if not ended:
        return True
    arrived = [each for each in ordered(seen, OperationEnded) if each.outcome is Outcome.ACKNOWLEDGED]
    left = [each for each in seen.before.context.replica.pending if each.sequence not in numbers(arrived)]
    event = seen.move.event
    code = event.code if isinstance(event, Refused) else None
    heads = [numbers(each.parts) for each in left[:1]]
    return heads == [numbers(ended)] and all(code in (None, each.reason) for each in ended)


def what_ended_is_gone(seen: Step) -> bool:
    """When the end of an operation is told it is no longer pending, so that who is told may submit at once."""
    return not set(numbers(ordered(seen, OperationEnded))) & set(numbers(seen.after.context.replica.parts))


# -------------------------------------------------------------------------------------------------------- O9: accepting
def an_edit_is_queued_last(seen: Step) -> bool:
    """What is accepted is queued behind everything else, whatever is asked or awaited meanwhile."""
    if not accepts(seen):
        return True
    before, after, event = seen.before.context.replica, seen.after.context.replica, seen.move.event
    if not isinstance(event, Submit):
        return False
    edit = event.edit if event.revision == before.revision else before.caught_up(event.edit, event.revision)
    return after.pending == (*before.pending, Pending((Part(after.sequence, edit),)))


def what_may_be_made_is_accepted(seen: Step) -> bool:
    """An edit is accepted if there is room, the user may write, it fits, and the document takes any."""
    event, before = seen.move.event, seen.before
    if not isinstance(event, Submit) or event.revision != before.context.replica.revision:
        return True
    replica, options = before.context.replica, before.context.options
    room = len(replica.parts) < options.queue_max
    may = before.state is not HALTED and before.context.may_write and room and fits(replica, event.edit)
    return accepts(seen) is may and (may or seen.after == before)


def the_queue_is_bounded(recovery: Recovery) -> bool:
    """No more operations wait than may, and no message brings more than may be composed."""
    replica, options = recovery.context.replica, recovery.context.options
    composed = max((len(each.parts) for each in replica.pending), default=0)
    return len(replica.parts) <= options.queue_max and composed <= options.compose_max


# ----------------------------------------------------------------------------------------------------- O10: convergence
def who_is_synced_agrees(seen: Step) -> bool:
    """Where nothing is pending the user sees the server's document, in its newest version."""
    replica, server = seen.after.context.replica, outside(seen).server
    if seen.after.state is not SYNCED:
        return True
    return (replica.version, replica.view, replica.pending) == (server.version, server.text, ())


def the_base_is_the_server_s(seen: Step) -> bool:
    """What a client holds for a version is what the server had as that version."""
    replica, server = seen.after.context.replica, outside(seen).server
    return not replica.loaded or (replica.base,) == server.texts[replica.version :][:1]


def every_change_is_told(seen: Step) -> bool:
    """The user sees what they saw before, their own edit, and the changes that are told, and nothing else."""
    before, after, event = seen.before.context.replica, seen.after.context.replica, seen.move.event
    told = [each.edit for each in ordered(seen, ViewChanged)]
    if accepts(seen) and isinstance(event, Submit):
        told.insert(0, before.caught_up(event.edit, event.revision))
    try:
        return reduce(TEXT.apply, told, before.view) == after.view
    except OperationUnfit:
        return False


def the_state_says_what_is_pending(recovery: Recovery) -> bool:
    """The state says whether none, one or several messages are pending, where they may be sent."""
    pending = len(recovery.context.replica.pending)
    if recovery.state in IN_FLIGHT.states:
        return (recovery.state.name == "AWAITING") is (pending == 1) and pending > 0
    return recovery.state is not SYNCED or not pending


OPERATIONS: tuple[Property, ...] = (
    on_step("O1", one_is_under_way),
    on_step("O2", what_was_sent_is_not_added_to),
    on_step("O3", each_ends_once),
    on_step("O3 once", each_arrives_once_and_in_order),
    on_step("O3 truth", an_end_is_true),
    on_step("O3 reason", an_end_has_its_reason),
    on_step("O3 answers", what_is_said_of_the_head_counts),
    on_step("O3 head", only_the_head_is_given_up),
    on_step("O4", numbers_count_on),
    on_step("O4 names", an_opening_names_messages_apart),
    on_step("O4 resend", the_head_is_what_is_sent),
    on_step("O9", an_edit_is_queued_last),
    on_step("O9 accepted", what_may_be_made_is_accepted),
    invariant("O9 bound", the_queue_is_bounded),
    on_step("O10", who_is_synced_agrees),
    on_step("O10 base", the_base_is_the_server_s),
    on_step("O10 told", every_change_is_told),
    invariant("O10 pending", the_state_says_what_is_pending),
    on_step("O12", what_ended_is_gone),
)
