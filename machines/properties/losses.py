"""Losses: what is claimed of a connection when attempts fail and links are lost: C4, C5, C9 and C10."""

from typing import TypeAlias, cast

from attrs import evolve

from machines.connection import (
    AUTHORIZING,
    BACKING_OFF,
    CLOSING,
    DIALING,
    DRAINING,
    ESTABLISHED,
    FAILED,
    IDLE,
    LINK,
    PARKED,
    READY,
    SEEKING,
    SETTLING,
    STABLE,
    SUSPENDED,
    Connect,
    Context,
    State,
)
from machines.link import (
    Closed,
    FrameInvalid,
    GoAway,
    Hello,
    LinkBroken,
    LinkDown,
    LinkRefused,
    OpenFailed,
    PeerSilent,
    RejectToken,
    ServiceFailed,
    TerminalError,
    TokenRefused,
)
from machines.policy.close_codes import CloseAct
from machines.policy.failures import Loss
from machines.policy.retries import Retries, RetryOptions
from machines.properties.steps import counts, entered, fired, ordered
from statekit import Snapshot
from statekit.check.properties import Property, invariant, on_step
from statekit.check.seen import Seen

Connection: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Connection]

SAID = (TokenRefused, TerminalError, LinkRefused, LinkBroken, ServiceFailed, PeerSilent, Hello, GoAway)
"""What is said of a link by whoever hears what comes over it; it may come when the link is gone."""

ENDS = (TokenRefused, TerminalError, LinkRefused, LinkBroken, FrameInvalid, Closed)
"""What ends a link whenever the socket is open; a silent peer does once messages flow."""


def loss_of(seen: Step) -> Loss | None:
    """Give what was lost by a step that loses an attempt or a link."""
    event, state = seen.move.event, seen.before.state
    if not counts(seen):
        return None
    late = fired(seen, "after dial_seconds") or fired(seen, "after hello_seconds") or fired(seen, "after drain_delay")
    dialled = state is DIALING and isinstance(event, OpenFailed)
    ended = state in ESTABLISHED and isinstance(event, ENDS)
    silent = state in READY and isinstance(event, PeerSilent)
    if state is DRAINING and late:
        return GoAway()
    return cast("Loss", event) if late or dialled or ended or silent else None


def attempts_are_bounded(connection: Connection) -> bool:
    """The fast phase has no more attempts than are set."""
    context = connection.context
    return connection.state is not BACKING_OFF or context.retries.attempts <= context.options.retry.attempts_max


def only_stability_forgives(seen: Step) -> bool:
    """Failures are forgiven by a link that was stable, or with the end of all attempts, and by nothing else."""
    before, after = seen.before.context.retries, seen.after.context.retries
    if entered(seen, (STABLE,)):
        lasted = fired(seen, "after settle_delay")
        paid = max(seen.before.context.options.stable_seconds, seen.before.context.paid_seconds)
        return after == Retries() and lasted is not None and lasted.delay_seconds == paid
    over = isinstance(seen.move.event, Connect) or seen.after.state in (IDLE, FAILED, CLOSING)
    return over or after.attempts >= before.attempts


def a_loss_is_counted_once(seen: Step) -> bool:
    """A loss is counted once, and what is said of a link that is gone does not count at all."""
    before, after = seen.before.context, seen.after.context
    if loss_of(seen) is not None and seen.after.state not in (IDLE, FAILED):
        most = max(before.options.retry.attempts_max, 1) + 1
        return after.retries.attempts == min(before.retries.attempts + 1, most)
    if isinstance(seen.move.event, SAID) and seen.before.state not in LINK:
        return seen.after == seen.before or (seen.after.state is FAILED and isinstance(seen.move.event, TerminalError))
    return loss_of(seen) is not None or after.retries.attempts in (before.retries.attempts, 0)


def turn_of(retry: RetryOptions, retries: Retries) -> State:
    """Give where the next attempt's turn is waited for."""
    exhausted = retries.attempts > retry.attempts_max
    if exhausted and retry.after_exhaustion == "fail":
        return FAILED
    return SUSPENDED if exhausted or retries.act in (CloseAct.SLOW, CloseAct.HOLD) else BACKING_OFF


def way_on(before: Context, retries: Retries) -> State:
    """Give where a loss leads that does not end everything."""
    at_once = retries.act is CloseAct.AT_ONCE and not before.instant_spent
    if at_once or (retries.act is CloseAct.REFRESH and retries.attempts <= 1):
        return PARKED if before.gates else AUTHORIZING
    return turn_of(before.options.retry, retries)


def a_loss_follows_its_policy(seen: Step) -> bool:
    """After a loss it goes on as its policy says: at once, after a delay, slowly or not at all; a bad token is told."""
    loss, before, after = loss_of(seen), seen.before.context, seen.after
    if loss is None:
        return not ordered(seen, RejectToken)
    retry = before.options.retry
    failure = retry.failure(loss)
    retries = before.retries.after(retry, failure, token_suspect=not before.accepted)
    refused = [RejectToken(before.generation)] if retries.act is CloseAct.REFRESH else []
    blamed = [LinkDown(failure.blame)] if seen.before.state in READY else []
    if ordered(seen, RejectToken) != refused or ordered(seen, LinkDown) != blamed:
        return False
    if retries.act in (CloseAct.TERMINAL, CloseAct.STOP):
        ended = FAILED if retries.act is CloseAct.TERMINAL else IDLE
        return after.state is ended and after.context.reason == failure.reason
    return after.state is way_on(before, retries)


def the_end_is_final(connection: Connection) -> bool:
    """Where nothing more is tried there is a reason to be shown, and nothing of what was tried is remembered."""
    context = connection.context
    shown = Context(context.options, Retries(blame=context.retries.blame), reason=context.reason)
    kept = evolve(shown, gates=context.gates, generation=context.generation)
    forgotten = context == evolve(kept, permit=context.permit, report=context.report)
    return connection.state not in (IDLE, FAILED) or (bool(context.reason) and forgotten)


def terminal_errors_end_it(seen: Step) -> bool:
    """What no retry can help ends it, be it said of a link or before there is one."""
    event, before = seen.move.event, seen.before
    if not isinstance(event, TerminalError) or before.state not in (*SEEKING, *ESTABLISHED):
        return True
    return seen.after.state is FAILED and seen.after.context.reason == event.reason


def delays_are_in_bounds(seen: Step) -> bool:
    """Every delay lies between floor and cap; slow ones last as long as the server wished, or as is set."""
    retry, retries = seen.before.context.options.retry, seen.before.context.retries
    if delay := fired(seen, "after backoff_delay"):
        spread = retries.spread and retries.attempts == 1
        least = retry.floor_seconds if spread else retries.fast_delay(retry).low_seconds
        return max(least, retry.floor_seconds) <= delay.delay_seconds <= retry.cap_seconds
    if delay := fired(seen, "after suspended_delay"):
        least = retry.hold_seconds if retries.act is CloseAct.HOLD else retry.slow_seconds
        most = max(least, retry.slow_cap_seconds, retries.hint_seconds) * (1 + retry.slow_jitter)
        return max(least, retries.hint_seconds) <= delay.delay_seconds <= most
    return True


def a_delay_is_paid(seen: Step) -> bool:
    """After a delay it tries again, and remembers what the attempt has cost."""
    delay = fired(seen, "after backoff_delay") or fired(seen, "after suspended_delay")
    if delay is None:
        return True
    again = PARKED if seen.before.context.gates else AUTHORIZING
    return seen.after.state is again and seen.after.context.paid_seconds == delay.delay_seconds


def draining_is_short(seen: Step) -> bool:
    """A server that goes away is listened to no longer than it says, nor than is set."""
    event, after = seen.move.event, seen.after
    if isinstance(event, GoAway) and seen.before.state in (SETTLING, STABLE):
        return after.state is DRAINING and after.context.deadline_seconds == event.deadline_seconds
    drained, context = fired(seen, "after drain_delay"), seen.before.context
    deadline, ours = context.deadline_seconds, context.options.drain_seconds
    return drained is None or drained.delay_seconds == (ours if deadline is None else min(ours, deadline))


LOSSES: tuple[Property, ...] = (
    invariant("C4", attempts_are_bounded),
    on_step("C4 policy", a_loss_follows_its_policy),
    on_step("C5", only_stability_forgives),
    on_step("C5 paid", a_delay_is_paid),
    invariant("C7 end", the_end_is_final),
    on_step("C7 terminal", terminal_errors_end_it),
    on_step("C9", a_loss_is_counted_once),
    on_step("C10", delays_are_in_bounds),
    on_step("C10 drain", draining_is_short),
)
