"""Auth refresh: a token is fetched, renewed ahead, and offered to nobody once it has expired."""

import pytest

from machines.auth_refresh import (
    AUTH_REFRESH,
    FRESH,
    REAUTH_REQUIRED,
    REFRESHING,
    RETRY_WAIT,
    AdoptToken,
    Login,
    Logout,
    Need,
    OfferToken,
    Online,
    PromptLogin,
    Refreshed,
    RefreshHint,
    RefreshToken,
    Revoked,
    SignIn,
)
from statekit import Ignored
from statekit.testing.walk import Walk
from statekit.timers import ClockJumped
from tests.machines import test_auth_refresh_failures, test_auth_refresh_logins, test_auth_refresh_refusals
from tests.machines.signed_in import REFRESH_LIMIT, RETRY_DUE, TRANSIENT, UNREACHABLE, renew, sign_in


@pytest.fixture
def walk():
    return Walk(AUTH_REFRESH)


# ----------------------------------------------------------------------------------------------------------- main paths
def test_the_first_token_is_fetched_and_offered(walk):
    walk.send(SignIn())
    assert (walk.state, walk.effects, walk.timers) == (REFRESHING, (RefreshToken(1),), {REFRESH_LIMIT: 10.0})
    walk.answer(Refreshed(100.0))
    assert (walk.state, walk.effects) == (FRESH, (OfferToken(1),))
    assert walk.timers == {"expiry": 100.0, "refresh_due": 80.0, "resting": 5.0}


def test_a_login_brings_its_own_token(walk):
    walk.send(Login(3600.0))
    assert walk.effects == (AdoptToken(2), OfferToken(2))
    assert walk.timers == {"expiry": 3600.0, "refresh_due": 3300.0}


def test_a_token_of_unknown_life_is_good_until_it_is_refused(walk):
    sign_in(walk, None)
    assert walk.timers == {}
    walk.send(Need())
    assert (walk.effects, walk.state) == ((OfferToken(1),), FRESH)


@pytest.mark.parametrize(
    ("lifetime", "due"), [(10_000.0, 9_700.0), (100.0, 80.0), (30.0, 20.0), (4.0, 2.0), (0.0, 0.0), (-5.0, 0.0)]
)
def test_the_refresh_ahead_leaves_a_fifth_of_the_life_10_s_at_least_and_5_min_at_most(lifetime, due):
    walk = Walk(AUTH_REFRESH)
    walk.send(Login(lifetime))
    assert walk.timers == {"expiry": max(lifetime, 0.0), "refresh_due": due}


def test_the_old_token_is_offered_while_a_newer_one_is_fetched(walk):
    """A8: a proactive refresh, and its failure, never leave anybody without a good token."""
    sign_in(walk)
    walk.fire("refresh_due")
    for answer in (None, TRANSIENT, None, UNREACHABLE):
        if answer:
            walk.answer(answer)
        walk.send(Need())
        assert walk.effects == (OfferToken(1),)
        if answer:
            walk.send(Online())
            assert walk.effects == (RefreshToken(2),)


def test_an_expired_token_is_offered_to_nobody(walk):
    """A5: the token may die while the connection is offline or backs off."""
    sign_in(walk)
    walk.fire("expiry")
    assert (walk.state, walk.effects) == (REFRESHING, (RefreshToken(2),))
    assert walk.send(Need()) == Ignored("the next token is offered as soon as there is one", ("usable",))
    walk.answer(Refreshed(60.0))
    assert walk.effects == (OfferToken(2),)


def test_a_token_may_expire_while_its_successor_is_fetched(walk):
    sign_in(walk)
    walk.send(RefreshHint())
    assert walk.fire("refresh_due") == Ignored("a newer token will be fetched anyway")
    walk.fire("expiry")
    assert (walk.state, walk.context.expired) == (REFRESHING, True)
    walk.answer(Refreshed(60.0))
    assert (walk.context.expired, walk.effects) == (False, (OfferToken(2),))


def test_an_old_token_s_expiry_says_nothing_of_one_whose_life_is_unknown(walk):
    sign_in(walk, 60.0)
    walk.fire("refresh_due")
    renew(walk, None)
    assert (walk.state, walk.timers) == (FRESH, {})


def test_a_token_that_is_dead_on_arrival_is_no_token(walk):
    """A11 and convex-js #184: an unexpired token counts, be it the same; an expired one must not loop."""
    walk.send(SignIn())
    for _ in range(2):
        walk.answer(Refreshed(0.0))
        assert (walk.state, walk.effects) == (RETRY_WAIT, ())
        walk.fire(RETRY_DUE)
    walk.answer(Refreshed(0.0))
    assert (walk.state, walk.effects) == (REAUTH_REQUIRED, (PromptLogin("refresh_failed"),))


# ----------------------------------------------------------------------------------------------------- a machine asleep
def test_after_a_sleep_the_token_is_renewed_and_not_offered_if_it_must_have_died(walk):
    """A5: timers stand still while the machine sleeps, and the token's life does not."""
    for gap, expired in ((59.0, False), (60.0, True), (3600.0, True)):
        walk.begin()
        sign_in(walk, 60.0)
        walk.send(ClockJumped(gap))
        assert (walk.state, walk.effects, walk.context.expired) == (REFRESHING, (RefreshToken(2),), expired)
        walk.send(ClockJumped(gap), Need())
        assert walk.effects == (() if expired else (OfferToken(1),))


def test_a_sleep_ends_every_wait_for_a_refresh(walk):
    """Online, clock_jump → refreshing."""
    for answer in (TRANSIENT, UNREACHABLE):
        walk.begin()
        walk.send(SignIn())
        walk.answer(answer)
        walk.send(ClockJumped(60.0))
        assert walk.effects == (RefreshToken(1),)
        walk.send(ClockJumped(60.0))
        assert (walk.state, walk.context.expired) == (REFRESHING, False)


def test_a_token_of_unknown_life_is_believed_after_a_sleep_too(walk):
    sign_in(walk, None)
    assert walk.send(ClockJumped(90.0)) == Ignored("there is no token whose age could be in doubt", ("mortal",))
    walk.send(Logout())
    assert isinstance(walk.send(ClockJumped(90.0)), Ignored)
    walk.send(SignIn(), Revoked())
    assert isinstance(walk.send(ClockJumped(90.0)), Ignored)


# ------------------------------------------------------------------------------------------------------------ the table
def test_every_row_is_taken(left_untaken):
    more = test_auth_refresh_failures, test_auth_refresh_logins, test_auth_refresh_refusals
    assert left_untaken(AUTH_REFRESH, more=more) == ()
