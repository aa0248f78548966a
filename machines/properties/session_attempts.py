"""Session attempts: what is claimed of dials, and of the tokens and permits that they are made with."""

from typing import Final

from machines import auth_refresh, circuit_breaker
from machines.auth_refresh import AUTH_REFRESH, Logout
from machines.circuit_breaker import CIRCUIT_BREAKER, HALF_OPEN
from machines.connection import CONNECTION, PERMITTED, STABLE, WANTED, Disconnect
from machines.facts import shut_gates
from machines.hold import WentOffline
from machines.link import Closed, Dial, FrameArrived, GoAway, OpenFailed
from machines.policy.error_codes import ErrorCode
from machines.properties.session_steps import Step, among, at, needs_person, stepped
from machines.wire.messages import ErrorMessage
from statekit import View
from statekit.check.properties import Property, invariant, leads_to, on_step

TOKEN_ERRORS: Final = (ErrorCode.TOKEN_EXPIRED, ErrorCode.TOKEN_REVOKED, ErrorCode.AUTHENTICATION_FAILED)
"""The errors that are about a token."""

SERVICE_ERRORS: Final = (ErrorCode.INTERNAL_ERROR, ErrorCode.SERVICE_UNAVAILABLE)
"""The errors for which the service is to blame."""


def only_good_tokens_are_presented(seen: Step) -> bool:
    """Each dial presents the newest token of who is signed in, and that has not expired."""
    for each in among(seen.effects, Dial):
        auth = seen.after.of(AUTH_REFRESH)
        good = auth.state in auth_refresh.SIGNED_IN.states and not auth.context.expired
        if not good or each.generation != auth.context.generation:
            return False
    return True


def no_refused_token_comes_back(seen: Step) -> bool:
    """A token that was refused, or is older than one that was, is never presented."""
    return all(
        each.generation
        > max(seen.before.of(AUTH_REFRESH).context.rejected, seen.after.of(AUTH_REFRESH).context.rejected)
        for each in among(seen.effects, Dial)
    )


def no_dial_is_in_vain(seen: Step) -> bool:
    """It dials only if a connection is wanted, no gate is shut, and the breaker has given its permit."""
    if not among(seen.effects, Dial):
        return True
    breaker, permit = seen.after.of(CIRCUIT_BREAKER), seen.after.of(CONNECTION).context.permit
    permitted = breaker.state is circuit_breaker.CLOSED or (
        breaker.state is HALF_OPEN and permit in breaker.context.out
    )
    return at(seen.after) in WANTED.states and not shut_gates(seen.after) and permitted


def no_permit_is_lost(session: View) -> bool:
    """A probe of the breaker is out only as long as the connection makes its attempt with it."""
    breaker, link = session.of(CIRCUIT_BREAKER), session.of(CONNECTION)
    held = {link.context.permit} if link.state in PERMITTED.states else set[int]()
    return breaker.context.out <= held


def tokens_open_no_breaker(seen: Step) -> bool:
    """What is about a token never counts on the breaker."""
    match seen.move.event:
        case Closed(4001) | OpenFailed(status=401) | Logout():
            return not _counts_on_breaker(seen)
        case FrameArrived(ErrorMessage(code)):
            return code not in TOKEN_ERRORS or not _counts_on_breaker(seen)
        case _:
            return True


def only_the_service_is_blamed(seen: Step) -> bool:
    """What is about a person, a document, an operation or the network never counts on the breaker."""
    match seen.move.event:
        case Closed(4003) | Disconnect() | WentOffline() | GoAway():
            return not _counts_on_breaker(seen)
        case FrameArrived(ErrorMessage(code)):
            return code in SERVICE_ERRORS or not _counts_on_breaker(seen)
        case _:
            return True


def _counts_on_breaker(seen: Step) -> bool:
    if not stepped(seen, CIRCUIT_BREAKER.name):
        return False
    before, after = seen.before.of(CIRCUIT_BREAKER), seen.after.of(CIRCUIT_BREAKER)
    opens = after.state is circuit_breaker.OPEN and before.state is not circuit_breaker.OPEN
    return opens or after.context.failures > before.context.failures


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
    return at(session) is STABLE or at(session) not in WANTED.states or needs_person(session)


ATTEMPTS: tuple[Property, ...] = (
    on_step("C3", only_good_tokens_are_presented),
    on_step("C3 gates", no_dial_is_in_vain),
    on_step("A4", no_refused_token_comes_back),
    invariant("C8", no_permit_is_lost),
    on_step("G4", tokens_open_no_breaker),
    on_step("B7", only_the_service_is_blamed),
    on_step("G7", failures_do_not_dial),
    leads_to("C7", it_strives, it_is_through),
)
