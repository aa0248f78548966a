"""Session waits: what is claimed of who waits for whom, where a connection is wanted and where none is."""

from machines import auth_refresh, connection, facts
from machines.auth_refresh import AUTH_REFRESH
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.connection import CONNECTION, LINK, WANTED
from machines.error_storm import ERROR_STORM
from machines.gates import Gate
from machines.heartbeat import DORMANT, HEARTBEAT
from machines.hold import HOLD
from machines.properties.pipeline import PIPELINE
from machines.properties.session_steps import at
from statekit import View
from statekit.check.properties import Property, invariant, settled


def every_gate_is_known(session: View) -> bool:
    """The connection knows which gates are shut."""
    return session.of(CONNECTION).context.gates == facts.shut_gates(session)


def a_lock_is_known(session: View) -> bool:
    """Hold knows whether the connection waits for a locked document."""
    return session.of(HOLD).context.locked_out == facts.locked_out(session)


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


WAITS: tuple[Property, ...] = (
    invariant("G5", whoever_waits_waits_for_somebody),
    invariant("G5 gates", every_gate_is_known),
    invariant("G5 lock", a_lock_is_known),
    invariant("G6", the_unwanted_rests),
    settled("G6 rest", it_comes_to_rest),
    invariant("G8", nobody_waits_twice),
    invariant("gates", no_link_outlives_its_gate),
)
