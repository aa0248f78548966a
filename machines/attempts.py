"""Attempts: what a connection remembers from one attempt to the next, and the questions that its table asks of it.

The table of `connection` says what follows; here is what it is decided by. Every function is pure and has a name that
reads in a row. What the failures come to is worked out in `policy`: `failures` looks a loss up, `retries` counts it.
"""

from typing import ClassVar

from attrs import evolve, field, frozen

from machines.gates import Gate, GatesMoved, ending
from machines.link import Generation, GoAway, Hello, Permit, Permitted, Report, TokenReady
from machines.options import of_kind, seconds, whole
from machines.policy.close_codes import CloseAct
from machines.policy.failures import Loss, heeded
from machines.policy.resumption import Resumption
from machines.policy.retries import Retries, RetryOptions
from statekit import Fired, Jitter


# ---------------------------------------------------------------------------------------------------------- options
@frozen(cache_hash=True)
class Options:
    """What an application may set; every time is in seconds. Raises ValueError for a value that could never work.

    How long to wait for the dial, for the hello that accepts the connection, for the peer's answer to our close; for
    answers after a goaway; how long a link must last to be stable; how long after an immediate retry the next must
    wait its turn, and after a wake the next is not heard; how long to strive without ever being stable; how many
    resumes may come to nothing before a fresh session is asked for. The numbers are ours; `retry` holds the seed's
    backoff.
    """

    lifecycle: ClassVar = "connection"
    retry: RetryOptions = field(default=RetryOptions(), validator=of_kind(RetryOptions))
    dial_seconds: float = field(default=10.0, validator=seconds(above=0))
    hello_seconds: float = field(default=10.0, validator=seconds(above=0))
    close_seconds: float = field(default=10.0, validator=seconds(above=0))
    drain_seconds: float = field(default=5.0, validator=seconds(above=0))
    stable_seconds: float = field(default=5.0, validator=seconds())
    instant_rest_seconds: float = field(default=60.0, validator=seconds())
    wake_rest_seconds: float = field(default=5.0, validator=seconds())
    give_up_seconds: float = field(default=86_400.0, validator=seconds(above=0))
    resumes_max: int = field(default=3, validator=whole(at_least=0))


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """What a connection remembers beside its state.

    `generation` is the token's, `accepted` whether the server took it on this link; `permit` is the breaker's, `report`
    what to say of it, `faulty` whether the server said that its service is at fault; `paid_seconds` is the delay that
    the present attempt cost; `deadline_seconds` is what the goaway said.
    """

    options: Options = Options()
    retries: Retries = Retries()
    session: Resumption = Resumption()
    gates: frozenset[Gate] = frozenset()
    generation: Generation = 0
    accepted: bool = False
    permit: Permit = 0
    report: Report = Report.CANCEL
    faulty: bool = False
    paid_seconds: float = 0.0
    deadline_seconds: float | None = None
    instant_spent: bool = False
    wake_spent: bool = False
    reason: str = ""


# ----------------------------------------------------------------------------------------------------------- delays
def backoff_delay(context: Context) -> Jitter:
    """The fast phase; see `Retries.fast_delay`."""
    return context.retries.fast_delay(context.options.retry, context.paid_seconds)


def suspended_delay(context: Context) -> Jitter:
    """The slow phase; see `Retries.slow_delay`."""
    return context.retries.slow_delay(context.options.retry)


def settle_delay(context: Context) -> float:
    """A link is stable once it outlived the delay that was paid for it, and 5 s at least."""
    return max(context.options.stable_seconds, context.paid_seconds)


def drain_delay(context: Context) -> float:
    """As long as answers are awaited after a goaway, but no longer than the server's own deadline."""
    deadline, ours = context.deadline_seconds, context.options.drain_seconds
    return ours if deadline is None else min(ours, heeded(deadline))


# ----------------------------------------------------------------------------------------------------------- guards
def gates_shut(context: Context) -> bool:
    """Is a gate shut, so that no dial could serve?"""
    return bool(context.gates)


def gates_shut_now(_: Context, event: GatesMoved) -> bool:
    """Is a gate shut from now on? (A guard on the event: the context still holds the old set.)"""
    return bool(event.shut)


def gates_open_in_turn(context: Context, event: GatesMoved) -> bool:
    """Have all gates opened, and was the last wake long enough ago?"""
    return bool(context.gates) and not event.shut and not context.wake_spent


def must_wait_its_turn(context: Context) -> bool:
    """Has an attempt failed since a link was stable, and was the last wake a moment ago?"""
    return context.retries.attempts > 0 and context.wake_spent


def gate_ends_link(_: Context, event: GatesMoved) -> bool:
    """Is a gate shut that a link must not outlive?"""
    return ending(event.shut) is not None


def terminal(context: Context) -> bool:
    """Can no retry help?"""
    return context.retries.act is CloseAct.TERMINAL


def stopped_by_peer(context: Context) -> bool:
    """Did the peer end it normally?"""
    return context.retries.act is CloseAct.STOP


def wants_refresh(context: Context) -> bool:
    """Is it the token that is refused?"""
    return context.retries.act is CloseAct.REFRESH


def may_refresh_at_once(context: Context) -> bool:
    """Is it the token that is refused, and is this the first failure since the link was stable?"""
    return wants_refresh(context) and context.retries.attempts <= 1


def may_retry_at_once(context: Context) -> bool:
    """Is this the one immediate retry of the last minute?"""
    return context.retries.act is CloseAct.AT_ONCE and not context.instant_spent


def fails_when_exhausted(context: Context) -> bool:
    """Is the fast phase used up, and does the application want no slow one?"""
    retry = context.options.retry
    return retry.after_exhaustion == "fail" and not context.retries.left(retry)


def told_to_wait(context: Context) -> bool:
    """Does the server want to be left alone for longer than a backoff?"""
    return context.retries.act in (CloseAct.SLOW, CloseAct.HOLD)


def retries_left(context: Context) -> bool:
    """Is the fast phase not yet used up?"""
    return context.retries.left(context.options.retry)


def wake_rested(context: Context) -> bool:
    """Was the last wake long enough ago?"""
    return not context.wake_spent


# ---------------------------------------------------------------------------------------------------------- updates
def _reporting(context: Context, result: Report) -> Context:
    """Remember what to tell the breaker: of an attempt that met a faulty service, that it failed."""
    return evolve(context, report=Report.FAIL if context.faulty else result, faulty=False)


def wanted_afresh(context: Context) -> Context:
    """Forget every earlier failure, but not the gates, nor what was learnt of the token."""
    return Context(context.options, generation=context.generation, gates=context.gates)


def note_over(context: Context) -> Context:
    """Forget every attempt, as no other follows; the permit is still to be reported, the reason to be shown."""
    retries = Retries(blame=context.retries.blame)
    kept = Context(context.options, retries, gates=context.gates, generation=context.generation, permit=context.permit)
    return evolve(kept, report=context.report, reason=context.reason)


def note_user(context: Context) -> Context:
    """Remember that the application wanted it so."""
    return evolve(note_over(context), reason="user")


def note_gates(context: Context, event: GatesMoved) -> Context:
    """Remember which gates are shut; with a login its session ends too."""
    session = Resumption() if Gate.REAUTH in event.shut else context.session
    return evolve(context, gates=event.shut, session=session)


def note_gates_end_link(context: Context, event: GatesMoved) -> Context:
    """Remember which gates ended the link; what was said on it is past."""
    kept = note_gates(context, event)
    return evolve(kept, accepted=False, deadline_seconds=None, report=Report.CANCEL, faulty=False)


def note_opened_gates(context: Context, event: GatesMoved) -> Context:
    """Remember that all gates are open; that was a wake."""
    return spend_wake(note_gates(context, event))


def note_token(context: Context, event: TokenReady) -> Context:
    """Remember the generation to present."""
    return evolve(context, generation=event.generation, accepted=False)


def note_permit(context: Context, event: Permitted) -> Context:
    """Remember the permit; until something better is known its attempt counts as cancelled."""
    return evolve(context, permit=event.permit, report=Report.CANCEL)


def note_opened(context: Context) -> Context:
    """If the session was asked for, that is one try, until a hello comes."""
    return evolve(context, session=context.session.begun(context.options.resumes_max))


def note_hello(context: Context, event: Hello) -> Context:
    """Remember that the server took this token; the failure before is no part of this link."""
    return evolve(
        context,
        accepted=True,
        session=context.session.greeted(resumable=event.resumable),
        retries=context.retries.greeted(),
    )


def note_service_failed(context: Context) -> Context:
    """The service is at fault: this attempt has failed, as the breaker counts, even if its link should last."""
    return evolve(context, faulty=True)


def note_goaway(context: Context, event: GoAway) -> Context:
    """Remember by when the server will close."""
    return evolve(_reporting(context, Report.CANCEL), deadline_seconds=event.deadline_seconds)


def note_stable(context: Context) -> Context:
    """The link has proved itself: the attempt succeeded unless the service was at fault; failures are forgiven."""
    return evolve(_reporting(context, Report.OK), retries=Retries(), paid_seconds=0.0, reason="")


def note_failure(context: Context, event: Loss) -> Context:
    """Look up what the loss calls for, count it, and remember what to tell the breaker and the user.

    What was said on the link is past.
    """
    retry = context.options.retry
    failure = retry.failure(event)
    return evolve(
        _reporting(context, Report.FAIL if failure.blames_service else Report.NEUTRAL),
        retries=context.retries.after(retry, failure, token_suspect=not context.accepted),
        session=context.session.lost(keeps=failure.policy.keeps_session),
        reason=failure.reason,
        accepted=False,
        deadline_seconds=None,
    )


def note_drained(context: Context) -> Context:
    """Follow the policy of a server that goes away: 1001."""
    return note_failure(context, GoAway())


def note_exhausted(context: Context) -> Context:
    """Remember that it was tried for long enough."""
    return evolve(note_over(context), reason="exhausted")


def note_paid(context: Context, event: Fired) -> Context:
    """Remember the delay that was paid for the attempt to come."""
    return evolve(context, paid_seconds=event.delay_seconds)


def spend_instant(context: Context) -> Context:
    """Use up the immediate retry."""
    return evolve(context, instant_spent=True)


def restore_instant(context: Context) -> Context:
    """Allow an immediate retry again."""
    return evolve(context, instant_spent=False)


def spend_wake(context: Context) -> Context:
    """Use up the wake."""
    return evolve(context, wake_spent=True)


def restore_wake(context: Context) -> Context:
    """Hear the next wake."""
    return evolve(context, wake_spent=False)
