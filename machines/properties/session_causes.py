"""Session causes: what is claimed of one cause that several machines hear of: what it leads to, and who goes first."""

from collections.abc import Mapping
from typing import Final

from machines import connection, error_storm, heartbeat, hold, link, rate_limit
from machines.auth_refresh import AUTH_REFRESH, RefreshToken
from machines.connection import CONNECTION, READY, WANTED, Disconnect
from machines.document import Open, PermissionsCame
from machines.error_storm import ERROR_STORM, ErrorSeen, StormBegan
from machines.heartbeat import HEARTBEAT
from machines.hold import HOLD
from machines.link import Close, Dial, RejectToken, ReportPermit
from machines.policy import routed
from machines.policy.close_codes import OurClose
from machines.policy.error_codes import Route
from machines.policy.router import ROUTER
from machines.properties.pipeline import PIPELINE
from machines.properties.session_steps import Step, among, at, reported, stepped
from statekit import Signal, View
from statekit.check.properties import Property, invariant, on_step


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


def a_storm_closes_once(seen: Step) -> bool:
    """A link is closed for a storm only when one begins, and once."""
    closed = [each for each in among(seen.effects, Close) if each.code == OurClose.STORM]
    return len(closed) <= len(among(seen.signals, StormBegan)) <= 1


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


def the_last_storm_ends_it(session: View) -> bool:
    """When it has stormed too often the connection has failed, until a person wants it again."""
    return session.of(ERROR_STORM).state is not error_storm.LATCHED or at(session) is connection.FAILED


def a_greeting_is_for_its_link(session: View) -> bool:
    """What a token was accepted for is forgotten with its link."""
    return not session.of(ROUTER).context.greeted or at(session) in READY.states


HEARD: Final[Mapping[type[Signal], frozenset[tuple[str, type]]]] = {
    link.FramePassed: frozenset({(HEARTBEAT.name, heartbeat.Heard)}),
    routed.AckCame: frozenset({(HOLD.name, hold.Served)}),
    rate_limit.LimitHeard: frozenset({(ERROR_STORM.name, ErrorSeen)}),
    routed.DocumentOpened: frozenset({(PIPELINE.name, Open)}),
    routed.PermissionsTold: frozenset({(HOLD.name, hold.PermissionsCame), (PIPELINE.name, PermissionsCame)}),
}
"""Who hears of a signal on which nothing else depends in a session as it is explored, and as what."""


def it_is_heard_beside(seen: Step) -> bool:
    """Any message proves that the peer is alive, an acknowledgement that the service is; a limit is an error, too.

    And a document hears that its user opens it, and what that may do: it was there from the start, and never denied.
    """
    told = [HEARD[type(each)] for each in seen.signals if type(each) in HEARD]
    return not told or frozenset().union(*told) <= {(hop.member, type(hop.event)) for hop in seen.path}


def a_proven_link_is_heard_of(seen: Step) -> bool:
    """Whoever gave the service, or the link, up hears when there is one that has proved itself."""
    if (
        not stepped(seen, CONNECTION.name)
        or at(seen.after) is not connection.STABLE
        or at(seen.before) is at(seen.after)
    ):
        return True
    heard = [(hop.member, type(hop.event)) for hop in seen.path]
    return (HOLD.name, hold.LinkSteady) in heard and (ERROR_STORM.name, error_storm.LinkSteady) in heard


CAUSES: tuple[Property, ...] = (
    on_step("G1", one_cause_is_handled_once),
    on_step("G3", only_errors_feed_the_storm),
    on_step("S2", a_storm_closes_once),
    on_step("S5", the_final_goes_before_the_storm),
    invariant("S3", the_last_storm_ends_it),
    invariant("greeting", a_greeting_is_for_its_link),
    on_step("heard", it_is_heard_beside),
    on_step("steady", a_proven_link_is_heard_of),
    on_step("user", the_user_goes_first),
)
