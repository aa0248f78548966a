"""Session steps: what claims about a session ask of its places and transactions, whatever the claim."""

from collections.abc import Iterable
from typing import TypeAlias, TypeVar

from machines import connection, facts
from machines.connection import CONNECTION, ESTABLISHED
from machines.gates import Gate
from machines.link import FrameArrived
from machines.policy.error_codes import ErrorPolicy
from machines.policy.router import ROUTER
from machines.wire.messages import ErrorMessage
from statekit import Stale, Taken, View
from statekit.check.seen import Seen

Step: TypeAlias = Seen[View]
T = TypeVar("T")


def among(things: Iterable[object], kind: type[T]) -> list[T]:
    """Give those of a class."""
    return [each for each in things if isinstance(each, kind)]


def stepped(seen: Step, member: str) -> bool:
    """Tell whether a step was one of a member, too, and not too late: what claims look at is explored one by one."""
    return any(hop.member == member and not isinstance(hop.verdict, Stale) for hop in seen.path)


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
