"""What is claimed of the connection: C1 to C12, and what gates and wakes do.

The claims about its socket stand in `sockets`, those about what is lost in `losses`, those about gates in `gates`.

True by construction, and so claimed nowhere else:
- C9, one retry for an error frame and the close that follows it: our own close ends the stay that the socket counts
  for, so its Closed is stale. What is left to claim is that nothing counts that is said of a link which is gone.
- C2, nothing is sent outside READY: a connection sends nothing itself. What is left is that LinkUp and LinkDown tell
  exactly where READY begins and ends.
- C12, from everywhere a link can come about: each wait ends by itself (C6), after each delay it tries again (C5), and
  each good answer leads nearer to a link. What is left is that it does.
- C3, no dial with a token that is known to be bad: auth_refresh offers none (A4, A5). What is left is that every dial
  asks anew and presents what was offered last.
"""

from collections.abc import Iterator
from typing import TypeAlias

from attrs import evolve

from machines.connection import (
    ACQUIRING,
    AUTHORIZING,
    BACKING_OFF,
    CLOSING,
    CONNECTION,
    DIALING,
    DRAINING,
    ESTABLISHED,
    FAILED,
    HANDSHAKING,
    IDLE,
    PARKED,
    PERMITTED,
    SETTLING,
    STABLE,
    STRIVING,
    SUSPENDED,
    WANTED,
    Connect,
    Context,
    Disconnect,
    Options,
    State,
)
from machines.gates import Gate, GatesMoved
from machines.link import (
    AskPermit,
    AskToken,
    Closed,
    Denied,
    Dial,
    Hello,
    LinkBroken,
    Opened,
    OpenFailed,
    Permitted,
    Report,
    ReportPermit,
    ServiceFailed,
    TokenReady,
)
from machines.policy.close_codes import OurClose
from machines.policy.retries import RetryOptions
from machines.properties.gates import GATES
from machines.properties.losses import LOSSES, loss_of
from machines.properties.sockets import SOCKETS
from machines.properties.steps import counts, entered, fired, left, ordered, runs
from machines.properties.witnesses import each_state
from statekit import Snapshot
from statekit.check.model import Model, Thresholds
from statekit.check.properties import hot, invariant, leads_to, on_step, witness
from statekit.check.seen import Seen

Connection: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Connection]

OWN_TIMERS = {
    DIALING: "after dial_seconds",
    HANDSHAKING: "after hello_seconds",
    SETTLING: "after settle_delay",
    DRAINING: "after drain_delay",
    BACKING_OFF: "after backoff_delay",
    SUSPENDED: "after suspended_delay",
    CLOSING: "after close_seconds",
}
"""The states that end by a timer of their own, and which it is."""


# ----------------------------------------------------------------------------------------- C3, C12: the way to a socket
def every_dial_asks_anew(seen: Step) -> bool:
    """Every dial asks for a token, then for a permit, and presents the token that was offered last."""
    before, event, dials = seen.before, seen.move.event, ordered(seen, Dial)
    asked = (len(ordered(seen, AskToken)), len(ordered(seen, AskPermit)), len(dials))
    if asked != tuple(entered(seen, (state,)) for state in (AUTHORIZING, ACQUIRING, DIALING)):
        return False
    if entered(seen, (ACQUIRING,)):
        return before.state is AUTHORIZING and event == TokenReady(seen.after.context.generation)
    presented = [each.generation for each in dials] == [before.context.generation]
    return not dials or (before.state is ACQUIRING and isinstance(event, Permitted) and presented)


def permits_are_asked_for_long_enough(seen: Step) -> bool:
    """A permit is asked for as long as the attempt may take until it is reported."""
    options, paid = seen.after.context.options, seen.after.context.paid_seconds
    needed = options.dial_seconds + options.hello_seconds + max(options.stable_seconds, paid)
    return all(each.seconds >= needed for each in ordered(seen, AskPermit))


def each_answer_leads_on(seen: Step) -> bool:
    """On the way to a link every answer leads on, and every good one nearer to it."""
    way: dict[tuple[State, type], State] = {
        (AUTHORIZING, TokenReady): ACQUIRING,
        (ACQUIRING, Permitted): DIALING,
        (ACQUIRING, Denied): PARKED,
        (DIALING, Opened): HANDSHAKING,
        (HANDSHAKING, Hello): SETTLING,
    }
    goal = way.get((seen.before.state, type(seen.move.event)))
    return goal is None or not counts(seen) or seen.after.state is goal


def sessions_are_resumed(seen: Step) -> bool:
    """A session is asked for while the server keeps it, but not more often than is set without a hello."""
    context = seen.before.context
    session, wanted = context.session, context.session.offered and context.session.tried < context.options.resumes_max
    if [each.resume for each in ordered(seen, Dial)] not in ([], [wanted]):
        return False
    if isinstance(seen.move.event, Opened) and counts(seen):
        return seen.after.context.session.tried == (session.tried + 1 if wanted else 0)
    return seen.after.context.session.tried in (session.tried, 0)


# ------------------------------------------------------------------------------------------------------- C6, C7: an end
def something_is_awaited(connection: Connection) -> bool:
    """Every state that is no rest ends by a timer of its own, or by the one that ends all striving, and only that."""
    own = OWN_TIMERS.get(connection.state)
    striving = runs(connection, "giving_up") == (connection.state in STRIVING)
    return striving and (own is None or runs(connection, own))


def times_are_as_set(seen: Step) -> bool:
    """Whoever does not answer a dial, a hello or a close in time is given up, and so is all of it in the end."""
    options = seen.before.context.options
    times = {
        "after dial_seconds": options.dial_seconds,
        "after hello_seconds": options.hello_seconds,
        "after close_seconds": options.close_seconds,
        "giving_up": options.give_up_seconds,
    }
    ended = ((fired(seen, timer), seconds) for timer, seconds in times.items())
    return all(event is None or event.delay_seconds == seconds for event, seconds in ended)


def what_is_given_up_has_failed(seen: Step) -> bool:
    """Whoever has striven in vain for long enough is told that it failed, and that it was tried for long enough."""
    return not fired(seen, "giving_up") or (seen.after.state is FAILED and seen.after.context.reason == "exhausted")


def nothing_is_awaited_at_rest(connection: Connection) -> bool:
    """Where no connection is wanted nothing is awaited, so that it stays so."""
    return connection.state not in (IDLE, FAILED) or not connection.tickets


def it_strives(connection: Connection) -> bool:
    """Whoever connects comes to a link, or hears that it failed, or has changed their mind; it never just goes on."""
    return connection.state in STRIVING


def it_is_decided(connection: Connection) -> bool:
    """Tell that striving has come to an end."""
    return connection.state in (STABLE, DRAINING, FAILED, IDLE, CLOSING)


def closing_is_not_for_ever(connection: Connection) -> bool:
    """No link that is to be closed stays so for ever."""
    return connection.state in (CLOSING, DRAINING)


def a_user_is_obeyed(seen: Step) -> bool:
    """Connect begins where nothing was wanted, with a clean record; disconnect ends it from everywhere, and says so."""
    event, before, after = seen.move.event, seen.before, seen.after
    if isinstance(event, Connect) and before.state not in WANTED:
        anew = Context(before.context.options, generation=before.context.generation, gates=before.context.gates)
        return after.state is (PARKED if before.context.gates else AUTHORIZING) and after.context == anew
    if isinstance(event, Disconnect) and before.state in WANTED:
        return after.state is (CLOSING if before.state in ESTABLISHED else IDLE) and after.context.reason == "user"
    return not isinstance(event, (Connect, Disconnect)) or after == before


# ---------------------------------------------------------------------------------------------------------- C8: permits
def result_of(seen: Step) -> Report:
    """Tell how the attempt that a step ends went."""
    loss = loss_of(seen)
    is_going = loss is not None or entered(seen, (STABLE, DRAINING))
    if is_going and seen.before.context.faulty:
        return Report.FAIL
    if entered(seen, (STABLE,)):
        return Report.OK
    if loss is None:
        return Report.CANCEL
    return Report.FAIL if seen.before.context.options.retry.failure(loss).blames_service else Report.NEUTRAL


def a_permit_is_reported_once(seen: Step) -> bool:
    """A permit is reported once on every way out of an attempt, with what came of it, and at no other time."""
    reports = ordered(seen, ReportPermit)
    if isinstance(seen.move.event, Permitted) and seen.after.state is DIALING:
        return not reports and seen.after.context.permit == seen.move.event.permit
    return reports == [ReportPermit(seen.before.context.permit, result_of(seen))] * left(seen, PERMITTED)


def a_faulty_service_is_remembered(seen: Step) -> bool:
    """That the service is at fault is remembered from when it is said on a link that is new, until the report."""
    said = isinstance(seen.move.event, ServiceFailed) and seen.before.state in (HANDSHAKING, SETTLING)
    held = seen.after.state in PERMITTED
    return seen.after.context.faulty is (held and (said or seen.before.context.faulty))


# ----------------------------------------------------------------------------------------------------------- witnesses
def it_waits_for_the_breaker(connection: Connection) -> bool:
    """It is parked for the breaker alone."""
    return connection.state is PARKED and not connection.context.gates


def a_session_is_resumed(connection: Connection) -> bool:
    """A link is made with a session that is to be carried on."""
    return connection.state is HANDSHAKING and connection.context.session.tried > 0


PROPERTIES = (
    *SOCKETS,
    on_step("C3", every_dial_asks_anew),
    on_step("C3 session", sessions_are_resumed),
    *LOSSES,
    invariant("C6", something_is_awaited),
    invariant("C6 rest", nothing_is_awaited_at_rest),
    on_step("C6 times", times_are_as_set),
    hot("C6 closing", closing_is_not_for_ever),
    leads_to("C7", it_strives, it_is_decided),
    on_step("C7 given up", what_is_given_up_has_failed),
    on_step("C7 user", a_user_is_obeyed),
    on_step("C8", a_permit_is_reported_once),
    on_step("C8 fault", a_faulty_service_is_remembered),
    on_step("C8 time", permits_are_asked_for_long_enough),
    on_step("C12", each_answer_leads_on),
    *GATES,
    *each_state(State),
    witness("breaker", it_waits_for_the_breaker),
    witness("resumed", a_session_is_resumed),
)


# ------------------------------------------------------------------------------------------------------------- samples
def permits(connection: Connection) -> Iterator[Permitted]:
    """The breaker answers in the transaction that asks it."""
    if connection.state is ACQUIRING:
        yield Permitted(connection.context.permit + 1)


def denials(connection: Connection) -> Iterator[Denied]:
    """The breaker answers in the transaction that asks it."""
    if connection.state is ACQUIRING:
        yield Denied()


def gates(_: Connection) -> Iterator[GatesMoved]:
    """None, one that only prevents a dial, and one that ends a link too."""
    yield from (GatesMoved(frozenset(shut)) for shut in ((), (Gate.OFFLINE,), (Gate.REAUTH,)))


def failures(_: Connection) -> Iterator[OpenFailed]:
    """One without an answer, one that blames the token, one that asks for a slow retry."""
    yield from (OpenFailed("refused"), OpenFailed("http", 401), OpenFailed("http", 429))


def closes(_: Connection) -> Iterator[Closed]:
    """One normal, one without a close frame, one that is about the token while that is suspect."""
    yield from map(Closed, (1000, 1006, 1008))


def breaks(_: Connection) -> Iterator[LinkBroken]:
    """One that asks for the operation in flight to be set aside."""
    yield LinkBroken(OurClose.BAD_FRAME)


SMALL = RetryOptions(
    attempts_max=1,
    kind="none",
    base_seconds=1.0,
    cap_seconds=1.0,
    floor_seconds=1.0,
    spread_seconds=1.0,
    slow_seconds=1.0,
    slow_cap_seconds=1.0,
    slow_jitter=0.0,
    hold_seconds=1.0,
)
"""One attempt in the fast phase, and every delay a second: how long they are matters to no state."""

FAILING = evolve(SMALL, attempts_max=0, after_exhaustion="fail")
"""No fast phase at all, and no slow one after it."""

DEEP = evolve(SMALL, attempts_max=2, cap_seconds=2.0, slow_seconds=4.0, slow_cap_seconds=8.0)
"""Two attempts in the fast phase, and slow delays that grow."""


def starting_with(retry: RetryOptions, resumes_max: int) -> dict[str, object]:
    """Start the connection with these options."""
    return {CONNECTION.name: Context(Options(retry, resumes_max=resumes_max), reason="initial")}


MODEL = Model(
    CONNECTION,
    PROPERTIES,
    thresholds={
        "default": Thresholds(starting_with(SMALL, 1), also=(starting_with(FAILING, 0),)),
        "deep": Thresholds(starting_with(DEEP, 2)),
    },
    samples={
        GatesMoved: gates,
        Permitted: permits,
        Denied: denials,
        OpenFailed: failures,
        Closed: closes,
        LinkBroken: breaks,
    },
)
