"""Tokens that a server refuses: one refresh for each, and a login when every one is refused."""

import pytest

from machines.auth_refresh import (
    AUTH_REFRESH,
    FRESH,
    REAUTH_REQUIRED,
    REFRESHING,
    RETRY_WAIT,
    Accepted,
    Need,
    OfferToken,
    Online,
    PromptLogin,
    Refreshed,
    RefreshHint,
    RefreshToken,
    Rejected,
    SignIn,
)
from statekit import Ignored, Jitter, Taken
from statekit.testing.walk import Walk
from tests.machines.signed_in import RETRY_DUE, TRANSIENT, renew, sign_in


@pytest.fixture
def walk():
    return Walk(AUTH_REFRESH)


def test_a_refused_token_is_replaced_at_once_the_first_time(walk):
    """A7: Ably RTN14b."""
    sign_in(walk)
    walk.send(Rejected(1))
    assert (walk.state, walk.effects) == (REFRESHING, (RefreshToken(2),))
    assert walk.send(Need()).because == "the next token is offered as soon as there is one"


def test_defect_19_a_server_that_refuses_every_fresh_token_leads_to_a_login(walk):
    """A6: 1 000 refreshes and never a login; openhuman #2905."""
    sign_in(walk)
    walk.send(Rejected(1))
    renew(walk)
    for generation in (2, 3):
        walk.send(Rejected(generation))
        assert (walk.state, walk.timers[RETRY_DUE]) == (RETRY_WAIT, Jitter(1.0, 1.25))
        walk.fire(RETRY_DUE)
        renew(walk)
    walk.send(Rejected(4))
    assert (walk.state, walk.effects, walk.timers) == (REAUTH_REQUIRED, (PromptLogin("token_rejected"),), {})


def test_tokens_that_are_refused_while_the_next_is_on_its_way_lead_to_a_login_too(walk):
    """A6: a server that hints, and then refuses before the refresh is done, was asked for tokens without end."""
    sign_in(walk)
    for generation in (1, 2, 3):
        walk.send(RefreshHint(), Rejected(generation))
        assert (walk.state, walk.context.rejections) == (REFRESHING, generation)
        renew(walk)
    walk.send(RefreshHint(), Rejected(4))
    assert (walk.state, walk.effects, walk.timers) == (REAUTH_REQUIRED, (PromptLogin("token_rejected"),), {})


def test_a_token_that_was_never_given_out_can_be_neither_refused_nor_accepted(walk):
    sign_in(walk)
    walk.send(Rejected(1))
    renew(walk)
    before = walk.context
    walk.send(Rejected(3), Accepted(3))
    assert (walk.state, walk.context) == (FRESH, before)


def test_failures_are_counted_no_further_than_they_matter(walk):
    sign_in(walk)
    walk.send(RefreshHint())
    for _ in range(5):
        walk.answer(TRANSIENT)
        walk.fire(RETRY_DUE)
    assert (walk.context.failures, walk.state) == (3, REFRESHING)


def test_only_acceptance_forgives_a_rejection(walk):
    sign_in(walk)
    walk.send(Rejected(1))
    walk.answer(Refreshed(3600.0))
    assert (walk.context.rejections, walk.context.failures) == (1, 0)
    walk.send(Accepted(2))
    assert walk.context.rejections == 0


def test_the_refusal_of_an_expired_token_is_no_wonder_and_not_counted(walk):
    sign_in(walk)
    walk.fire("expiry")
    walk.send(Rejected(1))
    assert (walk.context.rejections, walk.context.rejected, walk.state) == (0, 1, REFRESHING)


def test_the_refusal_of_an_older_token_says_nothing_of_the_newest(walk):
    sign_in(walk)
    walk.send(RefreshHint())
    renew(walk)
    assert walk.send(Rejected(1)) == Ignored("it is not the newest token", ())
    walk.send(RefreshHint())
    assert walk.send(Rejected(1)) == Ignored("it is not the newest token", ())
    walk.send(Need())
    assert walk.effects == (OfferToken(2),)


def test_defect_18_several_refusals_lead_to_one_refresh(walk):
    """A1; an error frame and a close with 4001 fetched two tokens. supabase auth-js #650."""
    sign_in(walk)
    walk.send(Rejected(1))
    asked = walk.ticket(RefreshToken)
    for event in (Rejected(1), RefreshHint(), Need(), SignIn(), Online()):
        assert isinstance(walk.send(event), Taken if event == Rejected(1) else Ignored)
        assert walk.effects == ()
    assert (walk.ticket(RefreshToken), walk.state) == (asked, REFRESHING)
