"""What is claimed of conflict_recovery: O1 to O12, and what holds, halts and links do.

The claims about operations stand in `operations` (O1 to O4, O9, O10, O12), those about questions and versions in
`questions` (O6 to O8); here are those about turns and holds (O5), tries (O11) and halts, and that it all comes to rest.
What is outside is `outside`: a server that takes twice what comes twice, behind a link that may be lost at any time.

True by construction, and so claimed nowhere else:
- O7, an answer to an older question is dropped: questions are numbered, and only the last number is remembered. What
  is left to claim is that every question has a new number, and that no other answer changes anything.
- O8, no listener is left behind: a timer belongs to a stay, or to the group that it is armed for, and ends with it.
  What is left to claim is that those run which ought to.
- O12, what is in flight is cleared before its user hears: orders leave after the step is committed, and are made from
  the context that it came to. What is left to claim is that this context holds the operation no more.
"""

from collections.abc import Iterable

from machines.conflict_recovery import (
    CLOSED,
    CONFLICT_RECOVERY,
    DETACHED,
    HALTED,
    HELD,
    IN_FLIGHT,
    RESYNCING,
    SYNC_WAIT,
    SYNCED,
    State,
)
from machines.document import (
    CloseDocument,
    Conflict,
    Detach,
    Granted,
    Halt,
    Hold,
    Offer,
    OperationEnded,
    Outcome,
    PermissionsCame,
    Persist,
    Refused,
    Release,
    Reopen,
    SaveOutbox,
    Unsure,
    Withdraw,
)
from machines.keeping import keeps_us
from machines.link import Blame, Send
from machines.outbox import Context
from machines.properties.operations import OPERATIONS, Recovery, Step, edits_sent, outside
from machines.properties.outside import Outside
from machines.properties.questions import QUESTIONS, questions
from machines.properties.settings import SETTINGS, SHORT_LIVES
from machines.properties.steps import entered, fired, ordered
from machines.properties.witnesses import each_state
from machines.replica import Replica
from machines.tries import Tries
from machines.wire.messages import DocumentClose
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, on_step, settled, witness


def about_head(recovery: Recovery, message_id: str) -> bool:
    """Tell whether what is said under this name, or none, is said of the head."""
    replica = recovery.context.replica
    return bool(replica.pending) and message_id in ("", replica.message_id(replica.pending[0].sequence))


def is_blamed(recovery: Recovery, blame: Blame | None) -> bool:
    """Tell whether the head is under way, and whoever broke its link may be it."""
    context = recovery.context
    if blame is None or recovery.state not in IN_FLIGHT.states or not context.under_way:
        return False
    ours = about_head(recovery, blame.operation)
    return ours if blame.operation else blame.document_id in ("", context.replica.document_id)


# ----------------------------------------------------------------------------------------------------- O5: when to send
def nothing_is_sent_out_of_turn(seen: Step) -> bool:
    """An edit is sent when it is its turn, over a link on which the server has told what it has, and is not held."""
    event, before = seen.move.event, seen.before
    due = isinstance(event, Granted) and before.state in IN_FLIGHT.states and about_head(before, event.message_id)
    around = outside(seen)
    if edits_sent(seen):
        return due and around.linked and around.resolved and not before.context.held
    return not due


def the_head_is_offered(seen: Step) -> bool:
    """Whoever may send offers the head, once for each turn, and nothing else is offered."""
    replica, offers = seen.after.context.replica, ordered(seen, Offer)
    if not offers:
        return not entered(seen, IN_FLIGHT.states)
    names = [replica.message_id(each.sequence) for each in replica.pending[:1]]
    in_turn = [each.message_id for each in offers] == names and not seen.after.context.under_way
    return in_turn and seen.after.state in IN_FLIGHT.states


def nothing_goes_while_held(recovery: Recovery) -> bool:
    """While operations are kept none is offered or sent; for who may only read they are, and for no reason never."""
    context, state = recovery.context, recovery.state
    kept = context.held or context.denied
    reason = kept or not (context.read_only or state is HELD)
    return reason and not (kept and state in (SYNCED, *IN_FLIGHT.states))


def holds_are_noted(seen: Step) -> bool:
    """Operations are held from a hold on until a release; nothing else changes that, and who is free again asks."""
    event, before, after = seen.move.event, seen.before.context, seen.after.context
    held, read_only = before.held, before.read_only
    match event:
        case Hold(told) if keeps_us(before, event):
            held, read_only = True, read_only if told is None else told
        case Hold() | Release():
            held, read_only = False, False
        case _:
            pass
    if (after.held, after.read_only) != (held, read_only):
        return False
    if seen.before.state is not HELD or not isinstance(event, (Hold, Release, PermissionsCame)):
        return True
    kept = after.held or after.denied
    return seen.after.state is HELD if kept else seen.after.state is RESYNCING and len(questions(seen)) == 1


def denials_are_noted(seen: Step) -> bool:
    """A document is denied from a refusal of its head that says so until its user may write; a hold changes nothing."""
    event, before, after = seen.move.event, seen.before, seen.after
    denied = before.context.denied
    if isinstance(event, Refused) and event.read_only and before.state in IN_FLIGHT.states:
        denied = denied or about_head(before, event.message_id)
    if isinstance(event, PermissionsCame) and event.may_write:
        denied = False
    return after.context.denied is denied


# ----------------------------------------------------------------------------------------------------------- O11: tries
def tries_are_bounded(recovery: Recovery) -> bool:
    """What the head goes through is bounded, and so are questions in a row."""
    tries, options = recovery.context.tries, recovery.context.options
    head = tries.unsure <= options.retries_max + 1 and tries.rounds <= options.rounds_max + 1
    return head and tries.breaks <= options.breaks_max and recovery.context.syncs <= options.syncs_max


def spent(context: Context) -> str:
    """Tell why the head is not to be sent any more; empty if it is."""
    tries, options = context.tries, context.options
    if tries.breaks >= options.breaks_max:
        return "poison"
    if tries.rounds > options.rounds_max:
        return "contention"
    return "retries" if tries.unsure > options.retries_max else ""


def the_spent_are_not_sent(seen: Step) -> bool:
    """What broke too many links in a row, met too many conflicts or came to nothing too often is not sent once more."""
    return not edits_sent(seen) or not spent(seen.before.context)


def only_the_spent_are_given_up(seen: Step) -> bool:
    """The head is given up if it is spent and an answer does not show it, and the reason is told; never otherwise."""
    ended = [each for each in ordered(seen, OperationEnded) if each.outcome is Outcome.DISCARDED]
    return all(each.reason == spent(seen.before.context) != "" for each in ended)


def tries_are_counted(seen: Step) -> bool:
    """Each try that nobody is sure of, each conflict, and each link in a row that broke over the head counts, once.

    What else comes of the head, or nothing in time, clears it of the links that broke before.
    """
    event, before, after = seen.move.event, seen.before, seen.after
    was, now = before.context.tries, after.context.tries
    cleared = Tries(was.unsure, was.rounds)
    if before.state not in IN_FLIGHT.states:
        return now in ((cleared,) if entered(seen, (SYNC_WAIT,)) else (was, Tries()))
    match event:
        case Conflict(message_id) if about_head(before, message_id):
            return now == Tries(was.unsure, was.rounds + 1) and after.state is RESYNCING
        case Unsure(message_id) if about_head(before, message_id):
            return now == Tries(was.unsure + 1, was.rounds)
        case Detach(blame):
            return now == Tries(was.unsure, was.rounds, was.breaks + is_blamed(before, blame))
        case _:
            counted = Tries(was.unsure + 1, was.rounds)
            return now == counted if fired(seen, "ack_overdue") else now in (was, Tries())


def the_second_time_pauses(seen: Step) -> bool:
    """The first time that nobody is sure the server is asked at once; from the second on there is a pause before."""
    tries = seen.after.context.tries.unsure
    if tries <= seen.before.context.tries.unsure:
        return True
    return seen.after.state is (RESYNCING if tries == 1 else SYNC_WAIT)


# -------------------------------------------------------------------------------------------------- the others, the end
def a_halt_gives_everything_back(seen: Step) -> bool:
    """A halt, or a close, gives every operation back and saves them all; a halted one may be reopened or closed."""
    event, before, after = seen.move.event, seen.before, seen.after
    if isinstance(event, (Halt, CloseDocument)) and before.state is not HALTED:
        replica = before.context.replica
        given = [OperationEnded(each.sequence, Outcome.EXPORTED, each.edit, event.reason) for each in replica.parts]
        saved = ordered(seen, SaveOutbox) == [SaveOutbox(replica)]
        turn = [Withdraw(replica.message_id(each.sequence)) for each in replica.pending[:1]]
        given_back = ordered(seen, Withdraw) == (turn if isinstance(event, Halt) or outside(seen).linked else [])
        said = [each.message for each in ordered(seen, Send)] == [DocumentClose()] * outside(seen).linked
        ends = after.state is HALTED if isinstance(event, Halt) else after.state is CLOSED and said
        return ends and saved and given_back and ordered(seen, OperationEnded) == given
    if isinstance(event, CloseDocument):
        return after.state is CLOSED and not seen.effects
    if isinstance(event, Reopen) and before.state is HALTED:
        return after.state is DETACHED and not after.context.reason and after.context.given_back is None
    # Who holds what, and who may write, is noted all the same.
    rests = HALTED in (before.state, after.state) and not isinstance(event, (Hold, Release, PermissionsCame))
    return not rests or after == before


def what_is_pending_is_saved(seen: Step) -> bool:
    """Whoever asks for it gets everything that is pending, as it is; but for a halt or a close nobody else does."""
    saved, open_ = ordered(seen, SaveOutbox), seen.before.state is not HALTED
    if isinstance(seen.move.event, Persist):
        return saved == [SaveOutbox(seen.before.context.replica)] * open_ and seen.after == seen.before
    return not saved or isinstance(seen.move.event, (Halt, CloseDocument))


def it_comes_to_rest(recovery: Recovery) -> bool:
    """Whatever happened, everything can still come to its end, and the user and the server to one document."""
    return recovery.state in (SYNCED, CLOSED)


# ------------------------------------------------------------------------------------------------------------ witnesses
def several_go_together(recovery: Recovery) -> bool:
    """One message brings two operations."""
    return any(each.sent and len(each.parts) > 1 for each in recovery.context.replica.pending)


def it_is_put_back(recovery: Recovery) -> bool:
    """The head was sent and waits for another turn."""
    context = recovery.context
    sent = any(each.sent for each in context.replica.pending)
    return recovery.state in IN_FLIGHT.states and sent and not context.under_way


def poison_is_found(recovery: Recovery) -> bool:
    """An operation is given up since links broke over it."""
    return any(each.reason == "poison" for each in recovery.context.ended)


def contention_is_found(recovery: Recovery) -> bool:
    """An operation is given up after too many conflicts."""
    return any(each.reason == "contention" for each in recovery.context.ended)


def retries_are_spent(recovery: Recovery) -> bool:
    """An operation is given up since nobody was ever sure of it."""
    return any(each.reason == "retries" for each in recovery.context.ended)


PROPERTIES = (
    *OPERATIONS,
    *QUESTIONS,
    on_step("O5", nothing_is_sent_out_of_turn),
    on_step("O5 offers", the_head_is_offered),
    invariant("O5 held", nothing_goes_while_held),
    on_step("O5 holds", holds_are_noted),
    on_step("O5 denied", denials_are_noted),
    invariant("O11", tries_are_bounded),
    on_step("O11 spent", the_spent_are_not_sent),
    on_step("O11 given up", only_the_spent_are_given_up),
    on_step("O11 counted", tries_are_counted),
    on_step("O11 pauses", the_second_time_pauses),
    on_step("halt", a_halt_gives_everything_back),
    on_step("saved", what_is_pending_is_saved),
    settled("rest", it_comes_to_rest),
    *each_state(State),
    witness("composed", several_go_together),
    witness("put back", it_is_put_back),
    witness("poison", poison_is_found),
    witness("contention", contention_is_found),
    witness("retries", retries_are_spent),
)


def lives(names: Iterable[str]) -> Thresholds:
    """Start once as each of these clients, whose names say what their settings are."""
    starts = [
        {CONFLICT_RECOVERY.name: Context(Replica(name, algebra=SETTINGS[name].algebra), SETTINGS[name].options)}
        for name in names
    ]
    return Thresholds(starts[0], also=tuple(starts[1:]))


MODEL = Model(
    CONFLICT_RECOVERY,
    PROPERTIES,
    thresholds={"default": lives(SHORT_LIVES), "deep": lives(SETTINGS)},
    environment=Outside(),
)
