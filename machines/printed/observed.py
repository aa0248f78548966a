"""Observed: what a session does about a close, a refused handshake or an error, seen by letting it happen to one.

Theory. The policy tables say what is meant, the machines what is done; a page that repeated either in words would be a
third version of it. So the session itself is walked, pure as it is, with one operation under way and one behind it, up
to the moment in question; what it ordered, told and became is what is printed.
"""

from typing import Final, get_type_hints

from attrs import evolve, frozen

from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.circuit_breaker import CIRCUIT_BREAKER, Reported
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.conflict_recovery import State as Queue
from machines.connection import CONNECTION, Connect
from machines.connection import State as Link
from machines.document import OperationEnded, Outcome, Submit
from machines.error_storm import ERROR_STORM
from machines.facts import shut_gates
from machines.link import Close, Closed, FrameArrived, Hello, Opened, OpenFailed
from machines.policy.failures import UNANSWERED
from machines.policy.router import ROUTER
from machines.rate_limit import RATE_LIMIT, is_limited
from machines.session import SESSION, Options, contexts
from machines.status import public_status
from machines.wire.messages import URL_DOCUMENT, ConnectionAck, Document, DocumentSync, ErrorMessage
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit import Taken
from statekit.draft import classes_in
from statekit.draw.labels import words
from statekit.keyed import member_of
from statekit.testing.system_walk import SystemWalk
from statekit.timers import delay_label

ROUTED: Final = frozenset(
    (each.target.name, event)
    for each in SESSION.wiring
    if each.source is ROUTER and each.target is not None and each.target is not ERROR_STORM
    for event in classes_in(get_type_hints(each.make).get("return"))
)
"""The machines that the router's signals go to, with the events that they become; what a storm counts is a weight."""

CLIENT: Final = "client"
IN_FLIGHT: Final = f"{CLIENT}:1"
GREETING: Final = ConnectionAck(CLIENT, "user", ("write",), 0, "")
WAITS: Final = ("after backoff_delay", "after suspended_delay")


@frozen
class Observed:
    """What a session did: about its link, its operations, its gates, its breaker's permit; and what it shows.

    `told` are the machines that the router told of it and that took it, with the events it became; `breaker` is what
    the permit reported, at once or, if the link stays, when it has become stable; `session` whether the server may be
    asked to carry its session on (empty: the link is not lost).
    """

    link: str
    operations: str
    shown: str
    gates: tuple[str, ...]
    told: tuple[str, ...]
    breaker: str
    session: str


def closed(code: int, options: Options) -> Observed:
    """Let the server close a link with this code."""
    return _observed(_settling(options), Closed(code))


def refused(status: int, options: Options) -> Observed:
    """Let the server refuse a handshake with this status; what becomes of an earlier session is the row's to say."""
    seen = _observed(_dialing(options), OpenFailed("rejected", status))
    return evolve(seen, session=_kept(keeps=options.connection.retry.http_policies.row(status).keeps_session))


def unreachable(options: Options) -> Observed:
    """Let a dial fail, or nobody answer it: what the client itself calls CONNECTION_FAILED or CONNECTION_TIMEOUT."""
    return evolve(_observed(_dialing(options), OpenFailed("refused")), session=_kept(keeps=UNANSWERED.keeps_session))


def reported(
    code: str, options: Options, *, names_operation: bool = True, greeted: bool = True, recoverable: bool = True
) -> Observed:
    """Let the server report an error, about the operation under way or about none, or before its greeting."""
    walk = _settling(options) if greeted else _handshaking(options)
    details = {"message_id": IN_FLIGHT} if names_operation else None
    return _observed(walk, FrameArrived(ErrorMessage(code, "", recoverable, "", details)))


# ---------------------------------------------------------------------------------------------------------- the walks
def _dialing(options: Options) -> SystemWalk:
    walk = SystemWalk(SESSION, contexts(CLIENT, options))
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, Refreshed(3600.0))
    walk.fire(AUTH_REFRESH, "resting")
    _submit(walk)
    walk.send(CONNECTION, Connect())
    return walk


def _handshaking(options: Options) -> SystemWalk:
    walk = _dialing(options)
    walk.answer(CONNECTION, Opened())
    return walk


def _settling(options: Options) -> SystemWalk:
    """Go on until the first of two operations was sent; the permit is still held."""
    walk = _handshaking(options)
    walk.send(CONNECTION, Hello(0, resumable=True))
    walk.answer(CONNECTION, FrameArrived(GREETING))
    asked = walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.sync_id
    walk.answer(CONNECTION, FrameArrived(DocumentSync(Document("", 0, Text("")), message_id=asked)))
    _submit(walk)
    return walk


def _submit(walk: SystemWalk) -> None:
    replica = walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica
    walk.send(CONFLICT_RECOVERY, Submit((Insert(0, "x"),), replica.revision), key=URL_DOCUMENT)


# ------------------------------------------------------------------------------------------------------- what is seen
def _observed(walk: SystemWalk, event: Closed | OpenFailed | FrameArrived) -> Observed:
    before, resumable = walk.state(CONNECTION), walk.of(CONNECTION).context.session.offered
    walk.answer(CONNECTION, event)
    session, after = walk.snapshot, walk.of(CONNECTION)
    return Observed(
        link=_link(walk) if after.state is not before else "stays",
        operations=_operations(walk),
        shown=str(public_status(session)),
        gates=tuple(sorted(shut_gates(session))),
        told=_told(walk),
        breaker=_breaker(walk),
        session=_kept(keeps=after.context.session.offered) if resumable and after.state is not before else "",
    )


def _kept(*, keeps: bool) -> str:
    return "kept" if keeps else "dropped"


def _link(walk: SystemWalk) -> str:
    timers = walk.timers(CONNECTION)
    delay = next((delay_label(timers[label]) for label in WAITS if label in timers), "")
    becomes = {
        Link.IDLE: "stops",
        Link.FAILED: "fails",
        Link.AUTHORIZING: "refreshes the token",
        Link.DIALING: "dials at once",
        Link.PARKED: "waits for the gate",
    }.get(walk.state(CONNECTION), f"dials in {delay}")
    codes = [str(each.code) for each in walk.effects if isinstance(each, Close)]
    return f"closes `{codes[0]}`, {becomes}" if codes else becomes


def _operations(walk: SystemWalk) -> str:
    queue = walk.of(CONFLICT_RECOVERY, URL_DOCUMENT)
    ended = [each for each in walk.published if isinstance(each, OperationEnded)]
    if not queue.context.replica.parts:
        return "given back"
    if ended and ended[0].outcome is Outcome.REJECTED:
        return f"the first is undone; the rest {'goes on' if queue.context.may_write else 'is kept'}"
    if queue.context.tries.breaks:
        return "kept; the first is suspect"
    if is_limited(walk.of(RATE_LIMIT).context):
        return "the first goes first after the limit"
    return {
        Queue.DETACHED: "kept",
        Queue.HELD: "kept until it is over",
        Queue.RESYNCING: "the first is looked for, then sent again",
    }.get(queue.state, "go on")


def _told(walk: SystemWalk) -> tuple[str, ...]:
    taken = (hop for hop in walk.done.path if isinstance(hop.verdict, Taken))
    told = dict.fromkeys((member_of(hop.member), type(hop.event)) for hop in taken)
    return tuple(f"{words(member)}: `{event.__name__}`" for member, event in told if (member, event) in ROUTED)


def _breaker(walk: SystemWalk) -> str:
    if walk.state(CONNECTION) is Link.SETTLING:
        walk.fire(CONNECTION, "after settle_delay")
    heard = (hop.event for hop in walk.done.path if hop.member == CIRCUIT_BREAKER.name)
    return next((each.result.value for each in heard if isinstance(each, Reported)), "")
