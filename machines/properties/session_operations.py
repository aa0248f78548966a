"""Session operations: what is claimed of an operation, whatever happens to the link that it is sent over."""

from machines import connection
from machines.auth_refresh import PromptLogin
from machines.connection import READY, WANTED
from machines.document import OperationEnded, Outcome, SaveOutbox, Submit
from machines.facts import kept_for_others
from machines.link import FrameArrived, Send
from machines.properties import pipeline
from machines.properties.pipeline import PIPELINE
from machines.properties.session_steps import Step, among, at, needs_person, stepped
from machines.rate_limit import RATE_LIMIT
from machines.wire.messages import DocumentEdit, OperationAck, SyncRequest
from statekit import Stale, Taken, View
from statekit.check.properties import Property, invariant, on_step, settled


def only_a_link_carries_operations(seen: Step) -> bool:
    """Operations and questions are sent only while messages flow."""
    sent = [each for each in among(seen.effects, Send) if isinstance(each.message, (DocumentEdit, SyncRequest))]
    return not sent or at(seen.before) in READY.states or at(seen.after) in READY.states


def a_limit_is_kept(seen: Step) -> bool:
    """No operation is sent while a limit runs."""
    sent = [each for each in among(seen.effects, Send) if isinstance(each.message, DocumentEdit)]
    return not sent or not seen.after.of(RATE_LIMIT).context.limits


def every_operation_ends_once(seen: Step) -> bool:
    """An operation that was accepted ends once, whatever happens to all machines; none ends that was not accepted."""
    if not stepped(seen, PIPELINE.name):
        return True
    accepted = isinstance(seen.move.event, Submit) and isinstance(seen.verdict, Taken)
    ended = len(among(seen.signals, OperationEnded))
    return seen.before.of(PIPELINE).context.pending + accepted - ended == seen.after.of(PIPELINE).context.pending


def whoever_keeps_an_operation_waits(session: View) -> bool:
    """An operation that has not ended waits for the link, its turn, an answer, or whoever holds it: for one of them."""
    document, pacer = session.of(PIPELINE), session.of(RATE_LIMIT)
    if not document.context.pending:
        return True
    match document.state:
        case pipeline.DETACHED:
            return at(session) not in READY.states
        case pipeline.ASKING | pipeline.SENT:
            return bool(document.tickets)
        case pipeline.OFFERED:
            return document.context.name in pacer.context.queue and bool(pacer.tickets)
        case pipeline.HELD:
            return kept_for_others(session) is not None
        case _:
            return False


def nothing_kept_is_on_its_way(session: View) -> bool:
    """While operations are kept none waits for its turn, or for an answer."""
    return kept_for_others(session) is None or session.of(PIPELINE).state not in pipeline.IN_FLIGHT.states


def nobody_waits_without_a_link(session: View) -> bool:
    """Nothing waits for its turn on a link that is gone."""
    return at(session) in READY.states or not session.of(RATE_LIMIT).context.queue


def what_is_given_back_has_no_turn(seen: Step) -> bool:
    """An operation that a halt gives back waits for its turn no longer."""
    if not any(each.outcome is Outcome.EXPORTED for each in among(seen.signals, OperationEnded)):
        return True
    return seen.before.of(PIPELINE).context.name not in seen.after.of(RATE_LIMIT).context.queue


def an_acknowledgement_ends_it(seen: Step) -> bool:
    """The operation that the server says it has is over."""
    event, before = seen.move.event, seen.before
    if (
        not (isinstance(event, FrameArrived) and isinstance(event.message, OperationAck))
        or at(before) not in READY.states
    ):
        return True
    document = before.of(PIPELINE)
    meant = document.state is pipeline.SENT and document.context.name == event.message.message_id
    stale = isinstance(seen.verdict, Stale)
    return stale or not meant or bool(among(seen.signals, OperationEnded))


def nothing_is_kept_that_failed(session: View) -> bool:
    """Where the connection has failed for good no operation is taken, and those there were have been given back."""
    document = session.of(PIPELINE)
    return at(session) is not connection.FAILED or (document.state is pipeline.HALTED and not document.context.pending)


def operations_can_end(session: View) -> bool:
    """An operation can always end by timers and answers alone, unless a person must act first."""
    document = session.of(PIPELINE)
    unwanted = at(session) not in WANTED.states and at(session) is not connection.FAILED
    return not document.context.pending or needs_person(session) or document.context.read_only or unwanted


def a_login_is_asked_for_last(seen: Step) -> bool:
    """Before a person is asked to log in, who may be taken elsewhere by that, all that is pending is saved."""
    return not among(seen.signals, PromptLogin) or bool(among(seen.effects, SaveOutbox))


OPERATIONS: tuple[Property, ...] = (
    on_step("C2", only_a_link_carries_operations),
    on_step("R1", a_limit_is_kept),
    on_step("G2", every_operation_ends_once),
    invariant("G2 waits", whoever_keeps_an_operation_waits),
    invariant("G2 kept", nothing_kept_is_on_its_way),
    invariant("G2 turns", nobody_waits_without_a_link),
    on_step("G2 given back", what_is_given_back_has_no_turn),
    on_step("G2 acked", an_acknowledgement_ends_it),
    invariant("G2 failed", nothing_is_kept_that_failed),
    on_step("G2 saved", a_login_is_asked_for_last),
    settled("G2 end", operations_can_end),
)
