"""Tokens: what is claimed of each token that auth_refresh has: whose it is, and how long it is good: A3, A4 and A5."""

from typing import TypeAlias

from machines.auth_refresh import (
    FRESH,
    REAUTH_REQUIRED,
    REFRESHING,
    RETRY_WAIT,
    SIGNED_IN,
    SIGNED_OUT,
    Context,
    Login,
    Logout,
    OfferToken,
    Refreshed,
    RefreshHint,
    RefreshToken,
    SignIn,
    State,
)
from machines.properties.steps import fired, ordered, runs
from statekit import Snapshot
from statekit.check.properties import Property, invariant, on_step
from statekit.check.seen import Seen
from statekit.timers import ClockJumped

Auth: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Auth]

OUT = (SIGNED_OUT, REAUTH_REQUIRED)
"""The states in which a login must come first."""


def good(auth: Auth) -> bool:
    """Tell whether the newest token may be presented."""
    return auth.context.generation > auth.context.rejected and not auth.context.expired


def mortal(auth: Auth) -> bool:
    """Tell whether the newest token has a life that will end."""
    lifetime = auth.context.lifetime_seconds
    return lifetime is not None and lifetime < float("inf")


def numbers_only_grow(seen: Step) -> bool:
    """The newest token, and the newest that was refused, are never followed by an older one."""
    before, after = seen.before.context, seen.after.context
    return after.generation >= before.generation and after.rejected >= before.rejected


def no_number_means_two(seen: Step) -> bool:
    """After a login or logout no token bears a number of those before, nor that of a refresh that may yet come back."""
    before, after, event = seen.before, seen.after, seen.move.event
    asked = before.context.generation + 1
    if isinstance(event, Login):
        return after.context.generation > asked
    leaves = isinstance(event, Logout) and before.state is not SIGNED_OUT
    if leaves or (isinstance(event, SignIn) and before.state is REAUTH_REQUIRED):
        return after.context.generation + 1 > asked
    return ordered(seen, RefreshToken) in ([], [RefreshToken(asked)])


def only_good_tokens_are_offered(seen: Step) -> bool:
    """What is offered is neither refused nor expired."""
    return not ordered(seen, OfferToken) or good(seen.after)


def a_token_dies_in_time(seen: Step) -> bool:
    """A token dies when its life is over, be it during a refresh, a pause or a sleep."""
    event, before, after = seen.move.event, seen.before, seen.after
    if died := fired(seen, "expiry"):
        return after.context.expired and died.delay_seconds == before.context.lifetime_seconds
    if isinstance(event, ClockJumped) and before.state in SIGNED_IN and mortal(before):
        outlived = event.gap_seconds >= (before.context.lifetime_seconds or 0.0)
        return after.context.expired == (before.context.expired or outlived)
    renewed = isinstance(event, (Login, Refreshed, Logout, SignIn))
    return renewed or after.context.expired == before.context.expired


def every_life_is_timed(auth: Auth) -> bool:
    """While somebody is signed in the life of a token that will die is timed, and its renewal while it is fresh."""
    dies, is_due = runs(auth, "expiry"), runs(auth, "refresh_due")
    if auth.state not in SIGNED_IN or not mortal(auth):
        return not (dies or is_due)
    return (auth.context.expired or dies) and (auth.state is not FRESH or is_due)


def it_is_renewed_ahead(seen: Step) -> bool:
    """A token is renewed ahead of its expiry, in the last half of its life, after a hint or a sleep; not at once."""
    event, before, after = seen.move.event, seen.before, seen.after
    if due := fired(seen, "refresh_due"):
        life, options = before.context.lifetime_seconds or 0.0, before.context.options
        lead = min(max(life * options.lead_fraction, options.lead_min_seconds), options.lead_max_seconds, life / 2)
        if due.delay_seconds != life - lead:
            return False
    slept = isinstance(event, ClockJumped) and mortal(before)
    if before.state is FRESH and isinstance(event, ClockJumped) and not slept:
        return after == before
    wanted = due or fired(seen, "expiry") or isinstance(event, RefreshHint) or slept
    if before.state is not FRESH or not wanted:
        return True
    return after.state is (REFRESHING if before.context.rested else RETRY_WAIT)


def a_new_token_rests(auth: Auth) -> bool:
    """A token that must not be replaced yet has a timer that will allow it."""
    return auth.state not in SIGNED_IN or runs(auth, "resting") != auth.context.rested


TOKENS: tuple[Property, ...] = (
    on_step("A3", no_number_means_two),
    on_step("A4", only_good_tokens_are_offered),
    on_step("A4 numbers", numbers_only_grow),
    on_step("A5", a_token_dies_in_time),
    invariant("A5 timers", every_life_is_timed),
    on_step("A5 ahead", it_is_renewed_ahead),
    invariant("A5 rest", a_new_token_rests),
)
