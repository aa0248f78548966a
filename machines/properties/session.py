"""What is claimed of the session: G1 to G8, and of its members' claims those that need all.

A session is explored in several worlds (see `worlds`), with a stand-in for the document (see `pipeline`): what becomes
of a document's text is claimed of conflict recovery. True by construction, and so claimed nowhere else:
- G6, in how many seconds: what is not wanted any more waits for nothing but the close timeout of the connection; here
  it is claimed that it comes to rest, and in how many steps.
- C1, one socket: a second Dial replaces the first, whose answers are then stale.
"""

from collections.abc import Callable
from typing import Final

from machines import connection, error_storm, facts, rate_limit
from machines.connection import READY
from machines.error_storm import ERROR_STORM
from machines.hold import HOLD
from machines.properties import pipeline
from machines.properties.pipeline import PIPELINE
from machines.properties.session_attempts import ATTEMPTS
from machines.properties.session_causes import CAUSES
from machines.properties.session_operations import OPERATIONS
from machines.properties.session_steps import at
from machines.properties.session_waits import WAITS
from machines.properties.stood_in import STOOD_IN
from machines.properties.world import World
from machines.properties.worlds import DEEP, QUIET, SAMPLES, TOLD, WORLDS
from machines.rate_limit import RATE_LIMIT
from machines.status import Status, public_status
from statekit import View
from statekit.check.model import Model, Overruled, Thresholds
from statekit.check.properties import Property, witness


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


PROPERTIES: Final = (
    *ATTEMPTS,
    *WAITS,
    *OPERATIONS,
    *CAUSES,
    *each_status(),
    witness("breaker", it_waits_for_the_breaker),
    witness("storm", a_storm_lasts),
    witness("latched", it_stormed_too_often),
    witness("locked out", it_is_locked_out),
    witness("maintenance", the_service_is_maintained),
    witness("limited", it_is_limited),
    witness("read only", it_may_only_read),
)


UNHEARD: Final = (
    "who hears of a signal beside the machines is no part of a step as claims see it; its tests ask for that"
)
"""Why no claim notices that an application is told nothing of what other machines are told, too."""


def starting_in(*worlds: World) -> Thresholds:
    """Start in each of these worlds."""
    first, *others = (each.contexts for each in worlds)
    return Thresholds(first, also=tuple(others))


MODEL: Final = Model(
    STOOD_IN,
    PROPERTIES,
    thresholds={"default": starting_in(*WORLDS), "deep": starting_in(*WORLDS, *DEEP)},
    samples=SAMPLES,
    internal=(*QUIET, *TOLD),
    overruled=(
        Overruled("mutant", "wire rate_limit LimitHeard to application: dropped", UNHEARD),
        Overruled("mutant", "wire auth_refresh PromptLogin to application: dropped", UNHEARD),
    ),
)
"""In each world all that happens there may happen at any time."""
