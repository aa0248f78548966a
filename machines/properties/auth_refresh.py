"""What is claimed of the refreshing: A1 to A10; what they say of each token is in `tokens`.

True by construction, and so claimed nowhere else:
- A3, a result counts only for whom it was asked: a refresh is awaited in the stay in REFRESHING, which a logout or a
  login ends; what comes later is stale. What is left to claim is that its number is never given to another's token.
- A11, an identical token: the core sees generations alone, so a token that is returned again is a new one to it.
- A5 at the dial: the connection asks for a token at every dial (see its own claims), and is given none that is dead.
"""

from attrs import evolve

from machines.auth_refresh import (
    AUTH_REFRESH,
    FRESH,
    OFFLINE_HOLD,
    REAUTH_REQUIRED,
    REFRESHING,
    RETRY_WAIT,
    SIGNED_IN,
    SIGNED_OUT,
    Accepted,
    AdoptToken,
    Context,
    ForgetTokens,
    Login,
    Logout,
    Need,
    OfferToken,
    Online,
    Options,
    PromptLogin,
    Refreshed,
    RefreshFailed,
    RefreshToken,
    Rejected,
    Revoked,
    SignIn,
    State,
    Trouble,
)
from machines.properties.steps import counts, entered, fired, ordered
from machines.properties.tokens import OUT, TOKENS, Auth, Step, good
from machines.properties.witnesses import each_state
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, leads_to, on_step, settled, witness
from statekit.timers import ClockJumped


def failed(seen: Step) -> bool:
    """Tell whether a refresh has failed, in whichever way an answer or the lack of one can."""
    match seen.move.event:
        case _ if seen.before.state is not REFRESHING or not counts(seen):
            return False
        case Refreshed(lifetime):
            return lifetime is not None and not lifetime > 0
        case RefreshFailed(trouble):
            return trouble is Trouble.TRANSIENT
        case _:
            return fired(seen, "after refresh_seconds") is not None


# -------------------------------------------------------------------------------------------------- A1, A2: one for all
def one_refresh_is_under_way(auth: Auth) -> bool:
    """One refresh is under way while REFRESHING, and none at any other time."""
    return sum(ticket.name == "RefreshToken" for ticket in auth.tickets) == (auth.state is REFRESHING)


def whoever_asks_shares_it(seen: Step) -> bool:
    """A refresh is asked for on the way into REFRESHING and nowhere else, whoever wants one meanwhile."""
    return len(ordered(seen, RefreshToken)) == entered(seen, (REFRESHING,))


def somebody_may_wait(auth: Auth) -> bool:
    """Whoever waits for a token hears: there is one, a login must come first, or nobody can be reached."""
    return auth.state in SIGNED_IN and not good(auth)


def nobody_waits(auth: Auth) -> bool:
    """Tell that whoever waited for a token has heard."""
    return auth.state in (*OUT, OFFLINE_HOLD) or good(auth)


def at_rest(auth: Auth) -> bool:
    """By timers and answers alone it comes to rest from everywhere: with a token, or waiting for a login."""
    return auth.state in (*OUT, FRESH)


def every_need_is_met(seen: Step) -> bool:
    """Whoever needs a token is offered the good one at once, and everybody is whenever there is a new one."""
    needed = isinstance(seen.move.event, Need) and seen.before.state in SIGNED_IN and good(seen.before)
    brought = isinstance(seen.move.event, Login) or entered(seen, (FRESH,))
    return ordered(seen, OfferToken) == [OfferToken(seen.after.context.generation)] * (needed or brought)


# ----------------------------------------------------------------------------------------------------- A6, A7: counters
def counters_are_bounded(auth: Auth) -> bool:
    """Neither failures nor rejections exceed their bounds; the rejection that is one too many leads to a login."""
    context, too_many = auth.context, auth.state is REAUTH_REQUIRED
    return (
        context.failures <= context.options.failures_max
        and context.rejections <= context.options.rejections_max + too_many
    )


def failures_are_counted(seen: Step) -> bool:
    """Failures are counted one by one, and forgiven by a refresh that succeeds or by a change of who is signed in."""
    before, after = seen.before.context, seen.after.context
    if failed(seen):
        return after.failures == min(before.failures + 1, before.options.failures_max)
    renewed = isinstance(seen.move.event, Refreshed) and counts(seen)
    return after.failures == (0 if renewed else before.failures) or (begun_anew(seen) and not after.failures)


def begun_anew(seen: Step) -> bool:
    """Tell whether who is signed in has changed, or may have."""
    return isinstance(seen.move.event, (Login, Logout, SignIn))


def rejections_are_counted(seen: Step) -> bool:
    """A rejection of the newest token counts once, and not if it had expired; an acceptance or a login forgives."""
    before, after, event = seen.before.context, seen.after.context, seen.move.event
    signed_in = seen.before.state in SIGNED_IN
    if isinstance(event, Rejected) and signed_in and event.generation == before.generation:
        counts = before.generation > before.rejected and not before.expired
        return after.rejections == before.rejections + counts and after.rejected == before.generation
    if isinstance(event, Accepted) and signed_in and before.rejected < event.generation <= before.generation:
        return after == evolve(before, rejections=0)
    if begun_anew(seen):
        return True
    return (after.rejections, after.rejected) == (before.rejections, before.rejected)


def the_first_rejection_is_answered_at_once(seen: Step) -> bool:
    """The first rejection of a fresh token is answered by a refresh at once; others wait, then a login must come."""
    event, before = seen.move.event, seen.before
    if not isinstance(event, Rejected) or before.state is not FRESH:
        return True
    if event.generation != before.context.generation:
        return seen.after == before
    if before.context.rejections >= before.context.options.rejections_max:
        return seen.after.state is REAUTH_REQUIRED
    return seen.after.state is (REFRESHING if before.context.rejections == 0 else RETRY_WAIT)


# ------------------------------------------------------------------------------------------- A8, A9, A10: when it fails
def a_good_token_outlives_a_failure(seen: Step) -> bool:
    """A refresh that fails leaves a token that is good as it is, and is tried again: soon, then once a minute."""
    if not failed(seen) or not good(seen.before):
        return True
    return seen.after.state is RETRY_WAIT and good(seen.after)


def pauses_are_long_enough(seen: Step) -> bool:
    """A pause grows with the failures, is slow when they are used up, and lets a new token rest."""
    pause, context = fired(seen, "after retry_delay"), seen.before.context
    if pause is None:
        return True
    options, used_up = context.options, context.failures >= context.options.failures_max
    plain = options.slow_retry_seconds if used_up else options.retry_seconds * max(context.failures, 1)
    resting = max(plain, options.rest_seconds)
    least = plain if context.rested else resting  # it may have rested enough since the pause began
    return least <= pause.delay_seconds <= resting * (1 + options.retry_jitter) and seen.after.state is REFRESHING


def only_answers_end_it(seen: Step) -> bool:
    """A login is asked for if it was revoked, refused too often, or failed too often with no token left; only so."""
    before, event = seen.before, seen.move.event
    context, options = before.context, before.context.options
    if before.state not in SIGNED_IN:
        return seen.after.state is not REAUTH_REQUIRED or before.state is REAUTH_REQUIRED
    revoked = isinstance(event, Revoked) or (before.state is REFRESHING and event == RefreshFailed(Trouble.REVOKED))
    newest = isinstance(event, Rejected) and event.generation == context.generation
    refused = newest and good(before) and context.rejections >= options.rejections_max
    used_up = failed(seen) and context.failures + 1 >= options.failures_max and not good(before)
    return (seen.after.state is REAUTH_REQUIRED) == ((revoked and counts(seen)) or refused or used_up)


def the_unreachable_burn_nothing(seen: Step) -> bool:
    """A refresh that reaches nobody burns no attempt: it is held, and tried again when somebody might be reached."""
    event, before, after = seen.move.event, seen.before, seen.after
    if before.state is OFFLINE_HOLD and (
        isinstance(event, (Online, ClockJumped)) or fired(seen, "after probe_seconds")
    ):
        return after.state is REFRESHING
    if before.state is REFRESHING and event == RefreshFailed(Trouble.UNREACHABLE) and counts(seen):
        return after.state is OFFLINE_HOLD and after.context == before.context
    return not entered(seen, (OFFLINE_HOLD,))


def the_network_ends_a_pause(seen: Step) -> bool:
    """When the network is back a pause is over, unless the token is too new to be replaced."""
    if seen.before.state is not RETRY_WAIT or not isinstance(seen.move.event, Online):
        return True
    return seen.after.state is (REFRESHING if seen.before.context.rested else RETRY_WAIT)


def times_are_as_set(seen: Step) -> bool:
    """A refresh, a hold and a new token's rest last as long as is set."""
    options = seen.before.context.options
    times = {
        "after refresh_seconds": options.refresh_seconds,
        "after probe_seconds": options.probe_seconds,
        "resting": options.rest_seconds,
    }
    ended = ((fired(seen, timer), seconds) for timer, seconds in times.items())
    return all(event is None or event.delay_seconds == seconds for event, seconds in ended)


def nothing_runs_without_a_login(auth: Auth) -> bool:
    """Where a login must come first, nothing is awaited."""
    return auth.state not in OUT or not auth.tickets


def a_login_is_prompted_once(seen: Step) -> bool:
    """A login is prompted for once, when it becomes necessary."""
    return len(ordered(seen, PromptLogin)) == entered(seen, (REAUTH_REQUIRED,))


def a_login_begins_anew(seen: Step) -> bool:
    """A login brings a token and a clean record, from everywhere; what was refused before it stays refused."""
    if not isinstance(seen.move.event, Login):
        return True
    before, after = seen.before.context, seen.after.context
    anew = Context(before.options, after.generation, before.rejected, seen.move.event.lifetime_seconds)
    return seen.after.state is FRESH and after == anew and AdoptToken(after.generation) in seen.effects


def a_logout_forgets(seen: Step) -> bool:
    """A logout empties the vault, and no token of whoever was signed in is good any more."""
    if not isinstance(seen.move.event, Logout) or seen.before.state is SIGNED_OUT:
        return ForgetTokens() not in seen.effects
    forgotten = seen.after.context.rejected >= seen.before.context.generation and not good(seen.after)
    return seen.after.state is SIGNED_OUT and seen.effects == (ForgetTokens(),) and forgotten


def a_sign_in_asks(seen: Step) -> bool:
    """Signing in asks for a token, where there is none, with a clean record."""
    event, before, context = seen.move.event, seen.before, seen.after.context
    if not isinstance(event, SignIn) or before.state not in OUT:
        return not isinstance(event, SignIn) or seen.after == before
    clean = (context.failures, context.rejections, context.rested) == (0, 0, True)
    return seen.after.state is REFRESHING and clean and not good(seen.after)


# ----------------------------------------------------------------------------------------------------------- witnesses
def a_failure_is_slow(auth: Auth) -> bool:
    """All attempts are used up, and the token is good."""
    return auth.state is RETRY_WAIT and auth.context.failures >= auth.context.options.failures_max


def rejections_are_used_up(auth: Auth) -> bool:
    """Fresh tokens were refused so often that one more leads to a login."""
    return auth.state is FRESH and auth.context.rejections >= auth.context.options.rejections_max


def a_good_token_is_renewed(auth: Auth) -> bool:
    """A token is renewed while it is good."""
    return auth.state is REFRESHING and good(auth)


PROPERTIES = (
    invariant("A1", one_refresh_is_under_way),
    on_step("A1 shared", whoever_asks_shares_it),
    leads_to("A2", somebody_may_wait, nobody_waits),
    settled("A2 rest", at_rest),
    on_step("A2 offers", every_need_is_met),
    *TOKENS,
    invariant("A6", counters_are_bounded),
    on_step("A6 failures", failures_are_counted),
    on_step("A6 rejections", rejections_are_counted),
    on_step("A7", the_first_rejection_is_answered_at_once),
    on_step("A8", a_good_token_outlives_a_failure),
    on_step("A8 pauses", pauses_are_long_enough),
    on_step("A9", only_answers_end_it),
    on_step("A9 unreachable", the_unreachable_burn_nothing),
    on_step("A9 online", the_network_ends_a_pause),
    on_step("A9 times", times_are_as_set),
    invariant("A10", nothing_runs_without_a_login),
    on_step("A10 prompt", a_login_is_prompted_once),
    on_step("A10 login", a_login_begins_anew),
    on_step("A10 logout", a_logout_forgets),
    on_step("A10 sign in", a_sign_in_asks),
    *each_state(State),
    witness("slow", a_failure_is_slow),
    witness("last chance", rejections_are_used_up),
    witness("ahead", a_good_token_is_renewed),
)

SMALL = Options(failures_max=2, rejections_max=2, rest_seconds=1.5)
"""Two failures, two rejections, and a rest that is longer than the first pause and shorter than the next."""

MODEL = Model(
    AUTH_REFRESH,
    PROPERTIES,
    thresholds={
        "default": Thresholds({"auth_refresh": Context(SMALL)}),
        "deep": Thresholds({"auth_refresh": Context()}),
    },
)
