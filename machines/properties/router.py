"""What is claimed of the router: M1 to M6, our own: every message is answered, and every error goes where its row says.

True by construction, and so claimed nowhere else: that whatever the router sends reaches somebody. A signal that is not
wired fails the build of the session, so a row of the policies whose event nobody has could not be loaded.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from attrs import evolve

from machines.link import Blame, Send
from machines.policy.error_codes import ErrorPolicy, Route
from machines.policy.failures import HINT_MAX_SECONDS
from machines.policy.routed import (
    AckCame,
    BroadcastCame,
    DocumentGone,
    DocumentOpened,
    ErrorReported,
    ErrorWeighed,
    LinkEnded,
    LinkFaulty,
    LinkUnwelcome,
    MessagePassed,
    OperationBehind,
    OperationDenied,
    OperationFailed,
    OperationUnsure,
    PermissionsTold,
    RateLimitAsked,
    ServerGreeted,
    ServiceFaulty,
    SyncCame,
    TokenAging,
    TokenBad,
    TokenRevoked,
    WaitAsked,
)
from machines.policy.router import ROUTER, WRITE, LinkLost, OpenDocument, State
from machines.properties.routed_messages import SAMPLES, Router
from machines.properties.witnesses import each_state
from machines.wire.messages import (
    ConnectionAck,
    DocumentSync,
    ErrorMessage,
    OperationAck,
    OperationBroadcast,
    Passed,
    PermissionChange,
    Ping,
    Pong,
    RateLimited,
    TokenRefreshRequired,
)
from statekit.check.model import Model, Thresholds
from statekit.check.properties import on_step, witness
from statekit.check.seen import Seen

Step: TypeAlias = Seen[Router]


BECOMES: Final[Mapping[Route, tuple[type, ...]]] = {
    Route.CONNECTION_TERMINAL: (LinkEnded,),
    Route.CONNECTION_SLOW: (LinkUnwelcome,),
    Route.CONNECTION_BROKEN: (LinkFaulty,),
    Route.AUTH_REJECTED: (TokenBad,),
    Route.AUTH_REVOKED: (TokenRevoked,),
    Route.DOCUMENT_HALTED: (DocumentGone,),
    Route.HELD: (WaitAsked,),
    Route.CONFLICT: (OperationBehind,),
    Route.OPERATION_REJECTED: (OperationFailed,),
    Route.OPERATION_RETRY: (OperationUnsure,),
    Route.RATE_LIMITED: (RateLimitAsked,),
    Route.LOCAL: (),
    Route.REPORT: (),
}
"""What an error on each route becomes, for whoever it concerns."""


# -------------------------------------------------------------------------------------------------------- what is known
def policy(seen: Step, error: ErrorMessage) -> ErrorPolicy:
    """Give the row that rules an error."""
    return seen.before.context.policies.row(error.error_code, recoverable=error.recoverable)


def detail(error: ErrorMessage, name: str) -> object:
    """Give something that an error brings."""
    return None if error.details is None else error.details.get(name)


def operation(error: ErrorMessage) -> str:
    """Give the operation that an error names; empty if it names none."""
    named = detail(error, "message_id")
    return named if isinstance(named, str) else ""


def seconds(error: ErrorMessage) -> float | None:
    """Give the time that an error says to wait, if it says one; it is in milliseconds on the wire, and cut at a day."""
    said = detail(error, "retry_after")
    if isinstance(said, bool) or not isinstance(said, int | float) or said < 0:
        return None
    return HINT_MAX_SECONDS if said >= HINT_MAX_SECONDS * 1000 else said / 1000


def route(seen: Step, error: ErrorMessage) -> Route:
    """Give where an error goes: by its row, by whether it names an operation, and by whether the token was accepted.

    What would end the link ends no more than the document that it names.
    """
    row = policy(seen, error)
    if row.route_without_operation is not None and not operation(error):
        ends = row.route_without_operation is Route.CONNECTION_TERMINAL and error.document_id
        return Route.DOCUMENT_HALTED if ends else row.route_without_operation
    if row.route_when_accepted is not None and seen.before.context.greeted:
        return row.route_when_accepted
    return row.route


# ------------------------------------------------------------------------------------------------ M1, M2: every message
def every_message_is_answered(seen: Step) -> bool:
    """Each message becomes what its kind is, with all that it says, for whoever it concerns."""
    match seen.move.event:
        case ConnectionAck() as ack:
            return seen.effects == (ServerGreeted(ack.document_version), PermissionsTold(WRITE in ack.permissions))
        case PermissionChange() as change:
            return seen.effects == (PermissionsTold(WRITE in change.permissions), MessagePassed(change))
        case Ping(timestamp_ms):
            return seen.effects == (Send(Pong(timestamp_ms)),)
        case DocumentSync() as sync:
            return seen.effects == (SyncCame(sync),)
        case OperationAck() as ack:
            return seen.effects == (AckCame(ack),)
        case OperationBroadcast() as broadcast:
            return seen.effects == (BroadcastCame(broadcast),)
        case TokenRefreshRequired():
            return seen.effects == (TokenAging(),)
        case Passed() as passed:
            return seen.effects == (MessagePassed(passed),)
        case OpenDocument(document_id, opening):
            return seen.effects == (DocumentOpened(document_id, opening, seen.before.context.greeted),)
        case Pong() | LinkLost():
            return not seen.effects
        case _:
            return bool(seen.effects)


def a_limit_is_a_limit(seen: Step) -> bool:
    """A limit means the same as a message of its own and as an error, in seconds."""
    row = seen.before.context.policies.row("RATE_LIMIT_EXCEEDED", recoverable=True)
    weights = row.storm_weight, row.weight_added_while_limited
    match seen.move.event:
        case RateLimited(retry_after_ms):
            wait = min(retry_after_ms, int(HINT_MAX_SECONDS * 1000)) / 1000
            return seen.effects == (RateLimitAsked(wait, "", str(row.code), *weights),)
        case ErrorMessage() as error if route(seen, error) is Route.RATE_LIMITED:
            asked = RateLimitAsked(seconds(error), operation(error), error.error_code, *weights)
            return seen.effects[:-1] == (asked,)
        case _:
            return not any(isinstance(each, RateLimitAsked) for each in seen.effects)


# -------------------------------------------------------------------------------------------------- M3, M4: every error
def an_error_goes_where_its_row_says(seen: Step) -> bool:
    """An error becomes what its row says, with what the row and the frame say of it, ahead of everything else."""
    error = seen.move.event
    if not isinstance(error, ErrorMessage):
        return True
    row, goes = policy(seen, error), route(seen, error)
    first = seen.effects[: len(BECOMES[goes])]
    if len(first) < len(BECOMES[goes]) or not all(map(isinstance, first, BECOMES[goes])):
        return False
    match first[0] if first else None:
        case LinkEnded(reason):
            return reason == row.terminal_reason
        case LinkUnwelcome(retry_after_seconds):
            return retry_after_seconds == seconds(error)
        case LinkFaulty(close_code, blame):
            return (close_code, blame) == (row.follows_close, Blame(operation(error), error.document_id))
        case DocumentGone() as gone:
            ends = (LinkEnded(gone.reason),) if gone.closes else ()
            said = DocumentGone(row.terminal_reason, row.closes and not error.document_id, error.document_id)
            return gone == said and seen.effects[1 : 1 + len(ends)] == ends
        case WaitAsked() as asked:
            return row.waits_for is not None and asked == WaitAsked(row.waits_for, seconds(error), error.document_id)
        case OperationDenied() as denied:
            told = bool(error.document_id) or seen.effects[1] == PermissionsTold(may_write=False)
            return row.read_only and told and denied.message_id == operation(error)
        case OperationFailed(message_id, code, document_id):
            said_of = operation(error), error.error_code, error.document_id
            return not row.read_only and (message_id, code, document_id) == said_of
        case _:
            return True


def every_error_is_told(seen: Step) -> bool:
    """Each error is told to the application, once, after whoever it concerns; nothing else is told as one."""
    error = seen.move.event
    told = [at for at, each in enumerate(seen.effects) if isinstance(each, ErrorReported)]
    if not isinstance(error, ErrorMessage) or len(told) != 1:
        return not told and not isinstance(error, ErrorMessage)
    row = policy(seen, error)
    contradicts = row.recoverable is not None and row.recoverable is not error.recoverable
    others_first = all(isinstance(each, ErrorWeighed) for each in seen.effects[told[0] + 1 :])
    report = ErrorReported(error.error_code, error.recoverable, contradicts, error.document_id)
    return seen.effects[told[0]] == report and others_first


def every_error_is_weighed(seen: Step) -> bool:
    """Each error is weighed last, by its row; a limit by the pacer, which alone knows what it weighs."""
    error, weighed = seen.move.event, [each for each in seen.effects if isinstance(each, ErrorWeighed)]
    if not isinstance(error, ErrorMessage) or route(seen, error) is Route.RATE_LIMITED:
        return not weighed
    weight = ErrorWeighed(error.error_code, operation(error), policy(seen, error).storm_weight)
    return weighed == [weight] and seen.effects[-1] == weight


# ---------------------------------------------------------------------------------------------------- M5, M6: the rest
def nothing_else_is_made_of_it(seen: Step) -> bool:
    """Of an error nothing else is made than what its route becomes and what goes with that, and whom it blames."""
    error = seen.move.event
    if not isinstance(error, ErrorMessage):
        return True
    made = [each for each in seen.effects if not isinstance(each, (ErrorReported, ErrorWeighed))]
    row, goes = policy(seen, error), route(seen, error)
    beside = goes is Route.DOCUMENT_HALTED and row.closes
    beside |= goes is Route.OPERATION_REJECTED and row.read_only
    beside = beside and not error.document_id
    blames = [each for each in made if isinstance(each, ServiceFaulty)]
    return len(blames) == row.blames_service and len(made) == len(BECOMES[goes]) + beside + len(blames)


def it_knows_who_was_greeted(seen: Step) -> bool:
    """A token counts as accepted from the greeting until the link is lost, and nothing else is remembered."""
    event, before = seen.move.event, seen.before.context
    greeted = isinstance(event, ConnectionAck) or (before.greeted and not isinstance(event, LinkLost))
    return seen.after.context == evolve(before, greeted=greeted)


def it_has_greeted(router: Router) -> bool:
    """The server has greeted."""
    return router.context.greeted


PROPERTIES = (
    on_step("M1", every_message_is_answered),
    on_step("M2", a_limit_is_a_limit),
    on_step("M3", an_error_goes_where_its_row_says),
    on_step("M4", every_error_is_told),
    on_step("M4 weight", every_error_is_weighed),
    on_step("M5", nothing_else_is_made_of_it),
    on_step("M6", it_knows_who_was_greeted),
    *each_state(State),
    witness("greeted", it_has_greeted),
)

MODEL = Model(ROUTER, PROPERTIES, {"default": Thresholds(), "deep": Thresholds()}, samples=SAMPLES)
"""There is nothing to bound: two states, and every message in each."""
