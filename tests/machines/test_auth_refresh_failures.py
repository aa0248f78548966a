"""Refreshes that fail: waited out, counted, and never in a loop."""

import pytest

from machines.auth_refresh import (
    AUTH_REFRESH,
    FRESH,
    OFFLINE_HOLD,
    REAUTH_REQUIRED,
    REFRESHING,
    RETRY_WAIT,
    Accepted,
    Login,
    Online,
    PromptLogin,
    Refreshed,
    RefreshHint,
    RefreshToken,
    Rejected,
    Revoked,
    SignIn,
)
from machines.policy.error_codes import ErrorCode
from machines.policy.user_messages import REFRESH_FAILED, user_message
from statekit import Ignored, Jitter, Stale, Taken
from statekit.testing.walk import Walk
from tests.machines.signed_in import (
    PROBE_DUE,
    REFRESH_LIMIT,
    RETRY_DUE,
    REVOKED,
    TRANSIENT,
    UNREACHABLE,
    renew,
    sign_in,
)


@pytest.fixture
def walk():
    return Walk(AUTH_REFRESH)


# -------------------------------------------------------------------------------------------------- refreshes that fail
def test_three_failures_without_a_usable_token_ask_for_a_login(walk):
    """Seed: three attempts, 1 s and 2 s apart; a quarter of jitter is ours."""
    walk.send(SignIn())
    for delay in (Jitter(1.0, 1.25), Jitter(2.0, 2.5)):
        walk.answer(TRANSIENT)
        assert (walk.state, walk.timers) == (RETRY_WAIT, {RETRY_DUE: delay})
        walk.fire(RETRY_DUE)
        assert walk.effects == (RefreshToken(1),)
    walk.answer(TRANSIENT)
    assert (walk.state, walk.effects, walk.timers) == (REAUTH_REQUIRED, (PromptLogin("refresh_failed"),), {})


def test_three_failures_with_a_usable_token_only_slow_down(walk):
    """A8: Ably RSA4c3."""
    sign_in(walk)
    walk.fire("refresh_due")
    for delay in (Jitter(1.0, 1.25), Jitter(2.0, 2.5), Jitter(60.0, 75.0), Jitter(60.0, 75.0)):
        walk.answer(TRANSIENT)
        assert (walk.state, walk.timers[RETRY_DUE]) == (RETRY_WAIT, delay)
        walk.fire(RETRY_DUE)
    walk.fire("expiry")
    walk.answer(TRANSIENT)
    assert walk.state is REAUTH_REQUIRED


def test_defect_24_a_refresh_that_never_answers_counts_as_a_failure(walk):
    """It had no timeout."""
    walk.send(SignIn())
    late = walk.ticket(RefreshToken)
    walk.fire(REFRESH_LIMIT)
    assert (walk.state, walk.context.failures) == (RETRY_WAIT, 1)
    assert walk.answer(Refreshed(60.0), ticket=late) == Stale(late)


def test_defect_22_being_offline_never_leads_to_a_login(walk):
    """A9; three seconds offline logged the user out."""
    walk.send(SignIn())
    for _ in range(20):
        walk.answer(UNREACHABLE)
        assert (walk.state, walk.timers, walk.context.failures) == (OFFLINE_HOLD, {PROBE_DUE: 30.0}, 0)
        walk.fire(PROBE_DUE)
    walk.answer(UNREACHABLE)
    walk.send(Online())
    assert (walk.state, walk.effects) == (REFRESHING, (RefreshToken(1),))


def test_defect_20_failures_in_between_do_not_hide_that_every_token_is_refused(walk):
    """Alternating failure and success reset the one counter: 400 refreshes for 200 errors, and never a login."""
    sign_in(walk)
    for generation in range(1, 4):
        walk.send(Rejected(generation))
        if walk.state is RETRY_WAIT:
            walk.fire(RETRY_DUE)
        walk.answer(TRANSIENT)
        walk.fire(RETRY_DUE)
        renew(walk)
    walk.send(Rejected(4))
    assert (walk.state, walk.effects) == (REAUTH_REQUIRED, (PromptLogin("token_rejected"),))


def test_defect_21_the_first_failure_is_waited_out_and_tried_again(walk):
    """It threw, since the delay and the notification did not exist."""
    walk.send(SignIn())
    assert isinstance(walk.answer(TRANSIENT), Taken)
    walk.fire(RETRY_DUE)
    walk.answer(Refreshed(60.0))
    assert (walk.state, walk.context.failures) == (FRESH, 0)


def test_defect_27_a_login_is_asked_for_with_a_reason_of_our_own_not_with_a_wire_code(walk):
    """REFRESH_FAILED was a twentieth, undocumented error code."""
    walk.send(SignIn())
    for _ in range(2):
        walk.answer(TRANSIENT)
        walk.fire(RETRY_DUE)
    walk.answer(TRANSIENT)
    (prompt,) = walk.effects
    assert prompt == PromptLogin(REFRESH_FAILED)
    assert REFRESH_FAILED.upper() not in ErrorCode.__members__
    assert user_message(prompt.reason).title == "Session Expired"


def test_defect_28_a_first_sign_in_that_fails_is_not_called_an_expired_session():
    assert "expired" not in str(user_message("AUTHENTICATION_FAILED")).lower()


def test_a_revoked_login_is_not_tried_again(walk):
    walk.send(SignIn())
    walk.answer(REVOKED)
    assert (walk.state, walk.effects, walk.timers) == (REAUTH_REQUIRED, (PromptLogin("revoked"),), {})
    walk.send(Login(None), Revoked())
    assert (walk.state, walk.effects) == (REAUTH_REQUIRED, (PromptLogin("revoked"),))


# -------------------------------------------------------------------------------------------------------- not in a loop
def test_a_token_that_just_came_is_not_replaced_within_five_seconds(walk):
    """keycloak-js #107: a token that seems due at once was fetched without end."""
    for wish in (lambda: walk.send(RefreshHint()), lambda: walk.fire("refresh_due"), lambda: walk.fire("expiry")):
        walk.begin()
        walk.send(SignIn())
        walk.answer(Refreshed(60.0))
        wish()
        assert (walk.state, walk.effects, walk.timers[RETRY_DUE]) == (RETRY_WAIT, (), Jitter(5.0, 6.25))
        assert isinstance(walk.send(Online()), Ignored)
        walk.fire(RETRY_DUE)
        assert walk.effects == (RefreshToken(2),)


def test_the_first_refusal_of_a_new_token_is_answered_at_once_all_the_same(walk):
    """A7."""
    walk.send(SignIn())
    walk.answer(Refreshed(60.0))
    walk.send(Rejected(1))
    assert walk.effects == (RefreshToken(2),)


def test_the_same_refusal_told_twice_is_counted_once(walk):
    """A1: an error frame, and the close or the 401 that follows it."""
    sign_in(walk)
    walk.send(Rejected(1), Rejected(1))
    assert (walk.state, walk.context.rejections) == (REFRESHING, 1)


def test_a_token_that_was_refused_since_is_not_accepted_any_more(walk):
    sign_in(walk)
    walk.send(Rejected(1), Accepted(1))
    assert walk.context.rejections == 1
