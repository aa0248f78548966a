"""Logins and logouts: what is forgotten, and what is never taken for the next user's."""

import pytest

from machines.auth_refresh import (
    AUTH_REFRESH,
    FRESH,
    REAUTH_REQUIRED,
    REFRESHING,
    SIGNED_OUT,
    Accepted,
    AdoptToken,
    ForgetTokens,
    Login,
    Logout,
    Need,
    OfferToken,
    Online,
    Refreshed,
    RefreshHint,
    RefreshToken,
    Rejected,
    Revoked,
    SignIn,
)
from statekit import Ignored, Stale
from statekit.testing.walk import Walk
from tests.machines.signed_in import RETRY_DUE, TRANSIENT, sign_in


@pytest.fixture
def walk():
    return Walk(AUTH_REFRESH)


def test_defect_26_a_logout_forgets_and_a_late_refresh_is_stale(walk):
    """A3; a late refresh after a logout reconnected."""
    walk.send(SignIn())
    late = walk.ticket(RefreshToken)
    walk.send(Logout())
    assert (walk.state, walk.effects, walk.timers) == (SIGNED_OUT, (ForgetTokens(),), {})
    assert walk.answer(Refreshed(60.0), ticket=late) == Stale(late)
    assert walk.effects == ()


@pytest.mark.parametrize("next_user", [(Logout(), SignIn()), (Logout(), Login(60.0)), (Login(60.0),)])
def test_a_token_that_comes_too_late_never_passes_for_the_next_user_s(next_user):
    """A3: the vault may file the late token under the generation it was asked for, which nobody presents any more."""
    walk = Walk(AUTH_REFRESH)
    walk.send(SignIn())
    (late,) = walk.effects
    walk.send(*next_user)
    numbers = [each.generation for each in walk.effects if not isinstance(each, ForgetTokens)]
    assert numbers
    assert all(number > late.generation for number in numbers)


def test_nothing_of_the_user_before_is_offered_after_a_logout(walk):
    sign_in(walk)
    walk.send(Logout())
    assert walk.send(Need()).because == "there is no token: a login must come first"
    walk.send(SignIn(), Need())
    assert walk.effects == ()


def test_defect_23_a_login_wipes_both_counters(walk):
    """A10; the counter was never reset, and the next expiry skipped the refresh."""
    walk.send(SignIn())
    for _ in range(2):
        walk.answer(TRANSIENT)
        walk.fire(RETRY_DUE)
    walk.answer(TRANSIENT)
    walk.send(Login(60.0))
    assert walk.effects == (AdoptToken(2), OfferToken(2))
    assert (walk.context.failures, walk.context.rejections, walk.state) == (0, 0, FRESH)
    walk.fire("refresh_due")
    assert walk.effects == (RefreshToken(3),)


def test_a_new_sign_in_is_a_clean_record(walk):
    sign_in(walk)
    walk.send(Rejected(1))
    for _ in range(2):
        walk.answer(TRANSIENT)
        walk.fire(RETRY_DUE)
    walk.send(Revoked(), SignIn())
    assert (walk.state, walk.effects) == (REFRESHING, (RefreshToken(3),))
    assert (walk.context.failures, walk.context.rejections) == (0, 0)
    walk.answer(TRANSIENT)
    walk.send(Revoked(), Logout())
    assert (walk.state, walk.effects, walk.context.failures) == (SIGNED_OUT, (ForgetTokens(),), 0)


def test_another_login_replaces_the_first(walk):
    sign_in(walk)
    walk.send(Login(None))
    assert (walk.effects, walk.timers) == ((AdoptToken(3), OfferToken(3)), {})


def test_without_a_login_nothing_is_heard(walk):
    for event in (Logout(), Rejected(1), Accepted(1), Revoked(), RefreshHint(), Online(), Need()):
        assert isinstance(walk.send(event), Ignored)
        assert (walk.state, walk.effects) == (SIGNED_OUT, ())


def test_a_login_is_asked_for_once(walk):
    """A10: whatever comes meanwhile."""
    walk.send(SignIn(), Revoked())
    for event in (Need(), Rejected(1), Accepted(1), Revoked(), RefreshHint(), Online()):
        assert isinstance(walk.send(event), Ignored)
    assert (walk.state, walk.timers) == (REAUTH_REQUIRED, {})
