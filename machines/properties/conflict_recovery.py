"""What is claimed of conflict_recovery: O1 to O12 of lifecycles section 5 (e), and what holds, halts and links do.

The claims about operations stand in `operations`; here are those about sending (O5), versions (O6), questions (O7),
timers (O8) and tries (O11), and that it all comes to rest.

True by construction, and so claimed nowhere else:
- O7, that a late answer is dropped: questions are numbered, and only the last number is remembered. What is left to
  claim is that a new number is given with every question, and that nothing else counts.
- O12, an operation is no longer pending when its end is told: orders leave after the step is committed, and are made
  from the context that it came to. What is left to claim is that this context holds it no more.
"""

from attrs import evolve

from machines.conflict_recovery import (
    ASKING,
    AWAITING,
    AWAITING_BUFFERED,
    CONFLICT_RECOVERY,
    DETACHED,
    HALTED,
    HELD,
    IN_FLIGHT,
    RESOLVING,
    RESYNCING,
    SYNC_WAIT,
    SYNCED,
    Options,
    State,
)
from machines.document import (
    Attach,
    Conflict,
    Detach,
    Granted,
    Halt,
    Hold,
    Offer,
    OperationEnded,
    Outcome,
    Persist,
    PutBack,
    Refused,
    Release,
    RemoteEdit,
    Reopen,
    SaveOutbox,
    Synced,
    Unsure,
    question_of,
)
from machines.link import Send
from machines.outbox import Context, Tries
from machines.properties.operations import OPERATIONS, Recovery, Step, edits_sent, outside
from machines.properties.outside import Outside
from machines.properties.server import STUBBORN
from machines.properties.steps import entered, fired, ordered, runs
from machines.properties.witnesses import each_state
from machines.replica import Replica
from machines.text import TEXT
from machines.wire.messages import SyncRequest
from statekit.check.model import Model, Thresholds
from statekit.check.properties import hot, invariant, on_step, settled, witness
from statekit.check.seen import Seen

TIMERS = ("after sync_seconds", "after sync_wait", "ack_overdue")
"""Every timer that there is."""


def questions(seen: Step) -> list[SyncRequest]:
    """Give the questions that a step puts."""
    return [each.message for each in ordered(seen, Send) if isinstance(each.message, SyncRequest)]


def about_head(recovery: Recovery, message_id: str) -> bool:
    """Tell whether what is said under this name, or none, is said of the head."""
    replica = recovery.context.replica
    return bool(replica.pending) and message_id in ("", f"{replica.client_id}:{replica.pending[0].sequence}")


# ------------------------------------------------------------------------------------------------------- O5: when to send
def nothing_is_sent_out_of_turn(seen: Step) -> bool:
    """An edit is sent when it is its turn, over a link on which the server has told what it has, unless it is held."""
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
    name = f"{replica.client_id}:{replica.pending[0].sequence}"
    return seen.after.state in IN_FLIGHT.states and offers == [Offer(name)] and not seen.after.context.under_way


def nothing_goes_while_held(recovery: Recovery) -> bool:
    """While operations are held none is offered or sent; who may only read is held."""
    context = recovery.context
    return not (context.held and recovery.state in IN_FLIGHT.states) and (context.held or not context.read_only)


def holds_are_noted(seen: Step) -> bool:
    """Operations are held from a hold on, or a refusal that says so, until a release, and nothing else changes that."""
    event, before, after = seen.move.event, seen.before.context, seen.after.context
    match event:
        case Hold(read_only):
            return after.held and after.read_only is (before.read_only if read_only is None else read_only)
        case Release():
            asks = seen.before.state is not HELD or (seen.after.state is RESYNCING and len(questions(seen)) == 1)
            return asks and not after.held and not after.read_only
        case Refused(message_id, _, read_only=True) if seen.before.state in IN_FLIGHT.states:
            denied = about_head(seen.before, message_id)
            return (after.held, after.read_only) == ((True, True) if denied else (before.held, before.read_only))
        case _:
            return (after.held, after.read_only) == (before.held, before.read_only)


# --------------------------------------------------------------------------------------------------- O6, O7: the versions
def versions_are_the_server_s(seen: Step) -> bool:
    """The version that is known never goes back, and never beyond the server's."""
    return seen.before.context.replica.version <= seen.after.context.replica.version <= outside(seen).server.version


def a_gap_is_asked_about(seen: Step) -> bool:
    """Somebody's edit is taken if it is the next one; one that leaves a gap is asked about, where nothing is asked yet."""
    event, before, after = seen.move.event, seen.before, seen.after
    listening = before.context.replica.loaded and before.state in (SYNCED, HELD, SYNC_WAIT, *IN_FLIGHT.states)
    if not isinstance(event, RemoteEdit) or not listening:
        return not isinstance(event, RemoteEdit) or before == after
    replica = before.context.replica
    ahead = event.broadcast.version - replica.version
    if ahead == 1 and event.broadcast.client_id != replica.client_id:
        lost = len(after.context.replica.parts) < len(replica.parts)
        asks = RESYNCING if lost and before.state in IN_FLIGHT.states else before.state
        return after.context.replica.version == event.broadcast.version and after.state is asks
    known = ahead < 1 or event.broadcast.client_id == replica.client_id
    return after.state is (before.state if known or before.state is SYNC_WAIT else RESYNCING)


def only_the_last_answer_counts(seen: Step) -> bool:
    """An answer counts where it is awaited, if it is to the last question; any other changes nothing."""
    event, before = seen.move.event, seen.before
    if not isinstance(event, Synced):
        return True
    if before.state in ASKING.states and event.question == before.context.asked:
        return seen.after.state not in ASKING.states and seen.after.context.replica.loaded
    return seen.after == before


def a_question_has_its_own_number(seen: Step) -> bool:
    """Whoever begins to ask asks once, under a new number, for what is newer than the version that is known."""
    before, after = seen.before.context, seen.after.context
    asked = questions(seen)
    if not asked:
        return after.asked == before.asked and not entered(seen, ASKING.states)
    numbered = question_of(asked[0].message_id) == after.asked > before.asked
    return len(asked) == 1 and numbered and seen.after.state in ASKING.states and (
        asked[0].last_known_version == after.replica.version
    )  # fmt: skip


def a_link_begins_with_a_question(seen: Step) -> bool:
    """Without a link it is detached; a link begins with a question; only a halt lets it be."""
    event, before, after = seen.move.event, seen.before.state, seen.after.state
    if HALTED in (before, after):
        return after in (HALTED, DETACHED) or before is not HALTED
    if isinstance(event, Attach):
        return after is RESOLVING
    return (after is DETACHED) is not outside(seen).linked


# ------------------------------------------------------------------------------------------------------------ O8: timers
def the_timers_are_the_state_s(recovery: Recovery) -> bool:
    """A timer runs where an answer is awaited, and for nothing else: for a question, for the head, in a pause."""
    state = recovery.state
    expected = (
        state in ASKING.states,
        state is SYNC_WAIT,
        state in IN_FLIGHT.states and recovery.context.under_way,
    )
    return expected == tuple(runs(recovery, timer) for timer in TIMERS) and len(recovery.tickets) == sum(expected)


def times_are_as_set(seen: Step) -> bool:
    """Who does not answer a question or an edit in time is asked again, and pauses keep within their bounds."""
    options = seen.before.context.options
    sync, pause, ack = (fired(seen, timer) for timer in TIMERS)
    if pause is not None:
        least, most = options.sync_wait_seconds / 2, options.sync_wait_cap_seconds
        return least <= pause.delay_seconds <= most and seen.after.state is RESYNCING
    if sync is not None:
        again = seen.before.context.syncs < options.syncs_max
        return sync.delay_seconds == options.sync_seconds and seen.after.state is (seen.before.state if again else SYNC_WAIT)
    return ack is None or (ack.delay_seconds == options.ack_seconds and seen.after.state in (RESYNCING, SYNC_WAIT))


def an_answer_is_not_awaited_for_ever(recovery: Recovery) -> bool:
    """No question stays open for ever."""
    return recovery.state in ASKING.states


def a_pause_ends(recovery: Recovery) -> bool:
    """No pause lasts for ever."""
    return recovery.state is SYNC_WAIT


def an_edit_is_not_under_way_for_ever(recovery: Recovery) -> bool:
    """No edit is under way for ever."""
    return recovery.state in IN_FLIGHT.states and recovery.context.under_way


# ------------------------------------------------------------------------------------------------------------- O11: tries
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
    """What broke too many links, met too many conflicts or came to nothing too often is not sent once more."""
    return not edits_sent(seen) or not spent(seen.before.context)


def only_the_spent_are_given_up(seen: Step) -> bool:
    """The head is given up if it is spent and an answer does not show it, and the reason is told; never otherwise."""
    ended = [each for each in ordered(seen, OperationEnded) if each.outcome is Outcome.DISCARDED]
    return all(each.reason == spent(seen.before.context) for each in ended)


def tries_are_counted(seen: Step) -> bool:
    """Each try that nobody is sure of, each conflict and each link that broke over the head is counted, once."""
    event, before, after = seen.move.event, seen.before, seen.after
    was, now = before.context.tries, after.context.tries
    if before.state not in IN_FLIGHT.states:
        return now in (was, Tries())
    match event:
        case Conflict(message_id) if about_head(before, message_id):
            return now == Tries(was.unsure, was.rounds + 1, was.breaks) and after.state is RESYNCING
        case Unsure(message_id) if about_head(before, message_id):
            return now == Tries(was.unsure + 1, was.rounds, was.breaks)
        case Detach(blames):
            return now == Tries(was.unsure, was.rounds, was.breaks + (blames and before.context.under_way))
        case _:
            counted = Tries(was.unsure + 1, was.rounds, was.breaks)
            return now == counted if fired(seen, "ack_overdue") else now in (was, Tries())


def the_second_time_pauses(seen: Step) -> bool:
    """The first time that nobody is sure the server is asked at once; from the second on there is a pause before."""
    tries = seen.after.context.tries.unsure
    if tries <= seen.before.context.tries.unsure:
        return True
    return seen.after.state is (RESYNCING if tries == 1 else SYNC_WAIT)


# --------------------------------------------------------------------------------------------------- the others, the end
def a_halt_gives_everything_back(seen: Step) -> bool:
    """A halt gives every operation back and saves them all; the user goes on seeing what they saw, and may reopen it."""
    event, before, after = seen.move.event, seen.before, seen.after
    if isinstance(event, Halt) and before.state is not HALTED:
        replica = before.context.replica
        given = [OperationEnded(each.sequence, Outcome.EXPORTED, each.edit, event.reason) for each in replica.parts]
        saved = ordered(seen, SaveOutbox) == [SaveOutbox(replica)]
        return after.state is HALTED and saved and ordered(seen, OperationEnded) == given
    if isinstance(event, Reopen) and before.state is HALTED:
        return after.state is DETACHED and not after.context.reason and after.context.given_back is None
    return after == before if HALTED in (before.state, after.state) and not isinstance(event, (Hold, Release)) else True


def what_is_pending_is_saved(seen: Step) -> bool:
    """Whoever asks for it gets everything that is pending, as it is; but for a halt nobody else does."""
    saved, open_ = ordered(seen, SaveOutbox), seen.before.state is not HALTED
    if isinstance(seen.move.event, Persist):
        return saved == [SaveOutbox(seen.before.context.replica)] * open_ and seen.after == seen.before
    return not saved or isinstance(seen.move.event, Halt)


def it_comes_to_rest(recovery: Recovery) -> bool:
    """Whatever happened, everything can still come to its end, and the user and the server to one document."""
    return recovery.state is SYNCED


# ----------------------------------------------------------------------------------------------------------- witnesses
def several_go_together(recovery: Recovery) -> bool:
    """One message brings two operations."""
    return any(each.sent and len(each.parts) > 1 for each in recovery.context.replica.pending)


def it_is_put_back(recovery: Recovery) -> bool:
    """The head was sent and waits for another turn."""
    pending = recovery.context.replica.pending
    return recovery.state in IN_FLIGHT.states and pending[0].sent and not recovery.context.under_way


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
    on_step("O5", nothing_is_sent_out_of_turn),
    on_step("O5 offers", the_head_is_offered),
    invariant("O5 held", nothing_goes_while_held),
    on_step("O5 holds", holds_are_noted),
    on_step("O6", versions_are_the_server_s),
    on_step("O6 gaps", a_gap_is_asked_about),
    on_step("O7", only_the_last_answer_counts),
    on_step("O7 numbers", a_question_has_its_own_number),
    on_step("O7 link", a_link_begins_with_a_question),
    invariant("O8", the_timers_are_the_state_s),
    on_step("O8 times", times_are_as_set),
    hot("O8 answers", an_answer_is_not_awaited_for_ever),
    hot("O8 pauses", a_pause_ends),
    hot("O8 edits", an_edit_is_not_under_way_for_ever),
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


SMALL = Options(
    syncs_max=1,
    sync_wait_seconds=1.0,
    sync_wait_cap_seconds=1.0,
    retries_max=0,
    rounds_max=0,
    breaks_max=1,
    compose_max=2,
    queue_max=2,
)
"""Little is tried again, and two operations may wait."""

ROOMY = evolve(SMALL, retries_max=1, rounds_max=1, breaks_max=2, syncs_max=2, sync_wait_cap_seconds=2.0, queue_max=1)


def beginning(client_id: str, options: Options = SMALL) -> dict[str, object]:
    """Start as this client, whose name says what its setting is."""
    algebra = STUBBORN if client_id == "ida" else TEXT
    return {CONFLICT_RECOVERY.name: Context(Replica(client_id, algebra=algebra), options)}


MODEL = Model(
    CONFLICT_RECOVERY,
    PROPERTIES,
    thresholds={
        "default": Thresholds(
            beginning("ann"),
            also=(
                beginning("cid"), beginning("ada"), beginning("eve"), beginning("abe"), beginning("fay"),
                beginning("amy"), beginning("guy", ROOMY), beginning("ida"),
            ),
        ),
    },
    environment=Outside(),
)
