"""Questions: what is claimed of what conflict_recovery asks, what it learns by it, and how long it waits: O6 to O8."""

from machines.conflict_recovery import (
    ASKING,
    CLOSED,
    DETACHED,
    HALTED,
    HELD,
    IN_FLIGHT,
    RESOLVING,
    RESYNCING,
    SYNC_WAIT,
    SYNCED,
)
from machines.document import (
    Acknowledged,
    Attach,
    CloseDocument,
    Conflict,
    Hold,
    Open,
    PermissionsCame,
    Release,
    RemoteEdit,
    Synced,
    Unsure,
    question_of,
)
from machines.link import Send
from machines.properties.operations import Recovery, Step, outside
from machines.properties.steps import entered, fired, ordered, runs
from machines.wire.messages import SyncRequest
from statekit import Fired
from statekit.check.properties import Property, hot, invariant, on_step

TIMERS = ("after sync_seconds", "after sync_wait", "ack_overdue")
"""Every timer that there is."""


def questions(seen: Step) -> list[SyncRequest]:
    """Give the questions that a step puts."""
    return [each.message for each in ordered(seen, Send) if isinstance(each.message, SyncRequest)]


# ------------------------------------------------------------------------------------------------- O6, O7: the versions
def versions_are_the_server_s(seen: Step) -> bool:
    """The version that is known never goes back, and never beyond the server's."""
    return seen.before.context.replica.version <= seen.after.context.replica.version <= outside(seen).server.version


def a_gap_is_asked_about(seen: Step) -> bool:
    """Somebody's edit is taken if it is the next; one that leaves a gap is asked about, unless it is already."""
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


def nothing_is_asked_for_no_reason(seen: Step) -> bool:
    """It asks when a link comes, what kept it ends, or a time is over, or something is unclear: then it may pause."""
    event = seen.move.event
    if entered(seen, (SYNC_WAIT,)):
        return isinstance(event, (Fired, Unsure))
    if isinstance(event, Acknowledged) and entered(seen, ASKING.states):
        return event.ack.server_version > seen.before.context.replica.version + 1
    reasons = (Attach, Open, Hold, Release, PermissionsCame, Fired, RemoteEdit, Conflict, Unsure)
    return not entered(seen, ASKING.states) or isinstance(event, reasons)


def a_link_begins_with_a_question(seen: Step) -> bool:
    """Without a link it is detached; a link begins with a question, and so does an open on one, until halt or close."""
    event, before, after = seen.move.event, seen.before.state, seen.after.state
    if after is CLOSED:
        return before is CLOSED or isinstance(event, CloseDocument)
    if HALTED in (before, after):
        return after in (HALTED, DETACHED) or before is not HALTED
    if isinstance(event, Attach) or (isinstance(event, Open) and event.attached and before is DETACHED):
        return after is RESOLVING
    return (after is DETACHED) is not outside(seen).linked


# ----------------------------------------------------------------------------------------------------------- O8: timers
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
    """Who does not answer a question or an edit in time is asked again, and pauses double up to their bound."""
    context, options = seen.before.context, seen.before.context.options
    sync, pause, ack = (fired(seen, timer) for timer in TIMERS)
    if pause is not None:
        doubled = options.sync_wait_seconds * 2 ** max(context.waits, context.tries.unsure - 1)
        longest = min(doubled, options.sync_wait_cap_seconds)
        # Of a delay that is drawn both ends are explored.
        return pause.delay_seconds in (longest / 2, longest) and seen.after.state is RESYNCING
    if sync is not None:
        again = seen.before.context.syncs < options.syncs_max
        return sync.delay_seconds == options.sync_seconds and seen.after.state is (
            seen.before.state if again else SYNC_WAIT
        )
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


QUESTIONS: tuple[Property, ...] = (
    on_step("O6", versions_are_the_server_s),
    on_step("O6 gaps", a_gap_is_asked_about),
    on_step("O7", only_the_last_answer_counts),
    on_step("O7 numbers", a_question_has_its_own_number),
    on_step("O7 reasons", nothing_is_asked_for_no_reason),
    on_step("O7 link", a_link_begins_with_a_question),
    invariant("O8", the_timers_are_the_state_s),
    on_step("O8 times", times_are_as_set),
    hot("O8 answers", an_answer_is_not_awaited_for_ever),
    hot("O8 pauses", a_pause_ends),
    hot("O8 edits", an_edit_is_not_under_way_for_ever),
)
