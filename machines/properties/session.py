"""What is claimed of the session: G1 to G8 of lifecycles section 8.3, and of its members' claims those that need all.

A session is explored in several worlds (see `worlds`), with a stand-in for the document (see `pipeline`): what becomes
of a document's text is claimed of conflict recovery. True by construction, and so claimed nowhere else:
- G6, in how many seconds: what is not wanted any more waits for nothing but the close timeout of the connection; here
  it is claimed that it comes to rest, and in how many steps.
- C1, one socket: a second Dial replaces the first, whose answers are then stale.
"""

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias, TypeVar

from machines import auth_refresh, circuit_breaker, connection, error_storm, facts, rate_limit
from machines.auth_refresh import AUTH_REFRESH, Logout, RefreshToken
from machines.circuit_breaker import CIRCUIT_BREAKER, HALF_OPEN
from machines.connection import CONNECTION, ESTABLISHED, LINK, PERMITTED, READY, WANTED, Disconnect
from machines.document import OperationEnded, Submit
from machines.error_storm import ERROR_STORM, ErrorSeen, StormBegan
from machines.gates import Gate
from machines.heartbeat import DORMANT, HEARTBEAT
from machines.hold import HOLD
from machines.link import Close, Closed, Dial, FrameArrived, OpenFailed, RejectToken, ReportPermit, Send
from machines.policy.close_codes import OurClose
from machines.policy.error_codes import ErrorCode, ErrorPolicy, Route
from machines.policy.router import ROUTER
from machines.properties import pipeline, worlds
from machines.properties.pipeline import PIPELINE
from machines.properties.worlds import QUIET, SAMPLES, STOOD_IN
from machines.rate_limit import RATE_LIMIT
from machines.status import Status, public_status
from machines.wire.messages import DocumentEdit, ErrorMessage, SyncRequest
from statekit import Taken, View
from statekit.check.model import Model, Thresholds
from statekit.check.properties import Property, invariant, leads_to, on_step, settled, witness
from statekit.check.seen import Seen

Step: TypeAlias = Seen[View]
T = TypeVar("T")

TOKEN_ERRORS: Final = (ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_REVOKED, ErrorCode.AUTHENTICATION_FAILED)
"""The errors that are about a token."""


def among(things: Iterable[object], kind: type[T]) -> list[T]:
    """Give those of a class."""
    return [each for each in things if isinstance(each, kind)]


def stepped(seen: Step, member: str) -> bool:
    """Tell whether a step was one of a member, too; claims look at no others, as that would make it one of many."""
    return any(hop.member == member for hop in seen.path)


def at(session: View) -> connection.State:
    """Give where the connection is."""
    return session.of(CONNECTION).state


def needs_person(session: View) -> bool:
    """Tell whether nothing goes on until somebody logs in, or the network is there."""
    return bool(facts.shut_gates(session) & {Gate.REAUTH, Gate.OFFLINE})


def reported(seen: Step) -> tuple[ErrorMessage, ErrorPolicy] | None:
    """Give the error that a step brings over a link that is up, and the row that rules it."""
    event = seen.move.event
    if not isinstance(event, FrameArrived) or not isinstance(event.message, ErrorMessage):
        return None
    if not isinstance(seen.verdict, Taken) or at(seen.before) not in ESTABLISHED.states:
        return None
    error = event.message
    return error, seen.before.of(ROUTER).context.policies.row(error.error_code, recoverable=error.recoverable)


# -------------------------------------------------------------------------------------------- C2, C3, C8: the members
def only_a_link_carries_operations(seen: Step) -> bool:
    """Operations and questions are sent only while messages flow."""
    sent = among((each.message for each in among(seen.effects, Send)), DocumentEdit | SyncRequest)  # type: ignore[arg-type]
    return not sent or at(seen.before) in READY.states or at(seen.after) in READY.states


def no_bad_token_is_presented(seen: Step) -> bool:
    """Each dial presents the newest token, which is neither refused nor expired."""
    for each in among(seen.effects, Dial):
        auth = seen.after.of(AUTH_REFRESH)
        good = auth.state in auth_refresh.SIGNED_IN.states and not auth.context.expired
        newest = auth.context.generation
        if not good or each.generation != newest or newest <= auth.context.rejected:
            return False
    return True


def no_dial_is_in_vain(seen: Step) -> bool:
    """It dials only if a connection is wanted, no gate is shut, and the breaker has given its permit."""
    if not among(seen.effects, Dial):
        return True
    breaker, permit = seen.after.of(CIRCUIT_BREAKER), seen.after.of(CONNECTION).context.permit
    permitted = breaker.state is circuit_breaker.CLOSED or (
        breaker.state is HALF_OPEN and permit in breaker.context.out
    )
    return at(seen.after) in WANTED.states and not facts.shut_gates(seen.after) and permitted


def no_permit_is_lost(session: View) -> bool:
    """A probe of the breaker is out only as long as the connection makes its attempt with it."""
    breaker, link = session.of(CIRCUIT_BREAKER), session.of(CONNECTION)
    held = {link.context.permit} if link.state in PERMITTED.states else set[int]()
    return breaker.context.out <= held


# --------------------------------------------------------------------------------------------------- G1, G3, G4: causes
def one_cause_is_handled_once(seen: Step) -> bool:
    """Whatever comes leads to at most one dial, close, refresh and report, and no token is refused twice."""
    orders = (Dial, Close, RefreshToken)
    refused = among(seen.signals, RejectToken)
    once = all(len(among(seen.effects, kind)) <= 1 for kind in orders) and len(among(seen.signals, ReportPermit)) <= 1
    return once and (
        not refused or [each.generation > seen.before.of(AUTH_REFRESH).context.rejected for each in refused] == [True]
    )


def only_errors_feed_the_storm(seen: Step) -> bool:
    """Only an error that the server reports counts towards a storm, once; what is done about it does not."""
    counted = [hop for hop in seen.path if hop.member == ERROR_STORM.name and isinstance(hop.event, ErrorSeen)]
    return len(counted) <= (reported(seen) is not None)


def tokens_open_no_breaker(seen: Step) -> bool:
    """What is about a token, a person or a document never counts on the breaker."""
    if not stepped(seen, CIRCUIT_BREAKER.name):
        return True
    match seen.move.event:
        case Closed(4001 | 4003) | OpenFailed(status=401) | Logout() | Disconnect():
            is_about_us = True
        case FrameArrived(ErrorMessage(code)):
            is_about_us = code not in (ErrorCode.INTERNAL_ERROR, ErrorCode.SERVICE_UNAVAILABLE)
        case _:
            is_about_us = False
    before, after = seen.before.of(CIRCUIT_BREAKER), seen.after.of(CIRCUIT_BREAKER)
    opens = after.state is circuit_breaker.OPEN and before.state is not circuit_breaker.OPEN
    return not is_about_us or not (opens or after.context.failures > before.context.failures)


def the_user_goes_first(seen: Step) -> bool:
    """Who wants no connection has none, whatever else is going on."""
    return not isinstance(seen.move.event, Disconnect) or at(seen.after) not in WANTED.states


def the_final_goes_before_the_storm(seen: Step) -> bool:
    """What no retry can help ends the connection with its own reason, though the same error may be one too many."""
    error = reported(seen)
    if error is None:
        return True
    frame, row = error
    elsewhere = frame.details is None and row.route_without_operation is Route.CONNECTION_TERMINAL
    final = elsewhere or (row.closes and row.route is Route.DOCUMENT_HALTED)
    ended = at(seen.after) is connection.FAILED
    return not final or (ended and seen.after.of(CONNECTION).context.reason == row.terminal_reason)


# ------------------------------------------------------------------------------------------------------ G2: operations
def every_operation_ends_once(seen: Step) -> bool:
    """An operation that was accepted ends once, whatever happens to all machines; none ends that was not accepted."""
    if not stepped(seen, PIPELINE.name):
        return True
    accepted = isinstance(seen.move.event, Submit) and isinstance(seen.verdict, Taken)
    ended = len(among(seen.signals, OperationEnded))
    return seen.before.of(PIPELINE).context.pending + accepted - ended == seen.after.of(PIPELINE).context.pending


def operations_can_end(session: View) -> bool:
    """An operation can always end by timers and answers alone, unless a person must act first."""
    document = session.of(PIPELINE)
    waits = needs_person(session) or document.context.read_only or at(session) not in WANTED.states
    return not document.context.pending or waits


# --------------------------------------------------------------------------------------- G5, G8: what is waited for
def every_gate_is_known(session: View) -> bool:
    """The connection knows which gates are shut."""
    return session.of(CONNECTION).context.gates == facts.shut_gates(session)


def whoever_waits_waits_for_somebody(session: View) -> bool:
    """Wherever the connection is, a timer runs that ends it, its own or that of whom it waits for, or a person must."""
    link, auth = session.of(CONNECTION), session.of(AUTH_REFRESH)
    match link.state:
        case connection.IDLE | connection.FAILED:
            return True
        case connection.ACQUIRING:
            return False
        case connection.AUTHORIZING:
            return auth.state is not auth_refresh.FRESH and bool(auth.tickets)
        case connection.PARKED:
            return _opens(session, link.context.gates)
        case connection.STABLE:
            return bool(session.of(HEARTBEAT).tickets)
        case _:
            return any(ticket.name.startswith("after") for ticket in link.tickets)


def _opens(session: View, gates: frozenset[Gate]) -> bool:
    owners = {
        Gate.STORM: bool(session.of(ERROR_STORM).tickets),
        Gate.MAINTENANCE: bool(session.of(HOLD).tickets),
        Gate.REAUTH: True,
        Gate.OFFLINE: True,
        Gate.HIDDEN: True,
    }
    return all(owners[gate] for gate in gates) if gates else bool(session.of(CIRCUIT_BREAKER).tickets)


def nobody_waits_twice(session: View) -> bool:
    """While the connection waits for somebody else no timer of its own runs for the same."""
    waits = at(session) in (connection.PARKED, connection.AUTHORIZING)
    return not waits or not any(ticket.name.startswith("after") for ticket in session.of(CONNECTION).tickets)


def no_link_outlives_its_gate(session: View) -> bool:
    """While a storm lasts, or a login is missing, there is no link."""
    return at(session) not in LINK.states or not facts.shut_gates(session) & {Gate.STORM, Gate.REAUTH}


def a_storm_closes_once(seen: Step) -> bool:
    """A link is closed for a storm only when one begins, and once."""
    closed = [each for each in among(seen.effects, Close) if each.code == OurClose.STORM]
    return len(closed) <= len(among(seen.signals, StormBegan)) <= 1


# ------------------------------------------------------------------------------------------------------ G6, G7: the end
def the_unwanted_rests(session: View) -> bool:
    """Where no connection is wanted nothing of it goes on: no timer, no heartbeat, no question, no permit."""
    if at(session) in WANTED.states or at(session) is connection.CLOSING:
        return True
    members = session.of(CONNECTION), session.of(HEARTBEAT), session.of(PIPELINE)
    quiet = not any(member.tickets for member in members) and session.of(HEARTBEAT).state is DORMANT
    return quiet and not session.of(CIRCUIT_BREAKER).context.out


def it_comes_to_rest(session: View) -> bool:
    """What is not wanted any more comes to rest by itself."""
    return at(session) is not connection.CLOSING


def failures_do_not_dial(seen: Step) -> bool:
    """After the fast phase no failure leads to a dial by itself: a timer, a gate or a person does."""
    if not among(seen.effects, Dial) or not isinstance(seen.move.event, (Closed, OpenFailed, FrameArrived)):
        return True
    link = seen.after.of(CONNECTION).context
    return link.retries.attempts <= link.options.retry.attempts_max


def it_strives(session: View) -> bool:
    """Whoever wants a connection gets a stable one, or hears that there is none, or must act."""
    return at(session) in WANTED.states


def it_is_through(session: View) -> bool:
    """The connection is stable, or not tried any more, or a person must act."""
    return at(session) is connection.STABLE or at(session) not in WANTED.states or needs_person(session)


# ----------------------------------------------------------------------------------------------------------- witnesses
def each_status() -> tuple[Property, ...]:
    """Claim of each public status that it is reached."""
    return tuple(witness(status.name, _shown(status)) for status in Status)


def _shown(status: Status) -> Callable[[View], bool]:
    def shown(session: View) -> bool:
        return public_status(session).status is status

    shown.__doc__ = f"The status {status} is shown."
    return shown


def it_waits_for_the_breaker(session: View) -> bool:
    """It waits for the breaker alone."""
    return at(session) is connection.PARKED and not facts.shut_gates(session)


def a_storm_lasts(session: View) -> bool:
    """It waits for a storm to be over."""
    return at(session) is connection.PARKED and session.of(ERROR_STORM).state is error_storm.TRIPPED


def it_stormed_too_often(session: View) -> bool:
    """It has stormed too often, and the connection has failed."""
    return at(session) is connection.FAILED and session.of(ERROR_STORM).state is error_storm.LATCHED


def it_is_locked_out(session: View) -> bool:
    """Its link was closed because the document is locked."""
    return session.of(HOLD).context.locked_out


def the_service_is_maintained(session: View) -> bool:
    """Operations are kept over a link that is up, as the service is in maintenance."""
    return public_status(session).reason == "maintenance" and at(session) in READY.states


def it_is_limited(session: View) -> bool:
    """An operation waits for a limit to be over."""
    return session.of(RATE_LIMIT).state is rate_limit.FULL and session.of(PIPELINE).state is pipeline.OFFERED


def it_may_only_read(session: View) -> bool:
    """An operation is kept, as its user may only read."""
    return session.of(PIPELINE).context.read_only and session.of(PIPELINE).context.pending


CLAIMS: Final = (
    on_step("C2", only_a_link_carries_operations),
    on_step("C3", no_bad_token_is_presented),
    on_step("C3 gates", no_dial_is_in_vain),
    invariant("C8", no_permit_is_lost),
    on_step("G1", one_cause_is_handled_once),
    on_step("G2", every_operation_ends_once),
    on_step("G3", only_errors_feed_the_storm),
    on_step("G4", tokens_open_no_breaker),
    invariant("G5", whoever_waits_waits_for_somebody),
    invariant("G5 gates", every_gate_is_known),
    invariant("G6", the_unwanted_rests),
    settled("G6 rest", it_comes_to_rest),
    on_step("G7", failures_do_not_dial),
    invariant("G8", nobody_waits_twice),
    invariant("gates", no_link_outlives_its_gate),
    on_step("user", the_user_goes_first),
    on_step("S2", a_storm_closes_once),
    on_step("S5", the_final_goes_before_the_storm),
    leads_to("C7", it_strives, it_is_through),
    settled("G2 end", operations_can_end),
)
"""What is claimed in every world."""

PROPERTIES: Final = (
    *CLAIMS,
    *each_status(),
    witness("breaker", it_waits_for_the_breaker),
    witness("storm", a_storm_lasts),
    witness("latched", it_stormed_too_often),
    witness("locked out", it_is_locked_out),
    witness("maintenance", the_service_is_maintained),
    witness("limited", it_is_limited),
    witness("read only", it_may_only_read),
)

MODEL: Final = Model(
    STOOD_IN,
    PROPERTIES,
    thresholds={
        "default": Thresholds(
            worlds.LINK.contexts,
            also=tuple(each.contexts for each in worlds.WORLDS[1:]),
        ),
    },
    samples=SAMPLES,
    internal=QUIET,
)
"""In each world all that happens there may happen at any time."""
