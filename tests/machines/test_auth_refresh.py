"""Auth refresh: one refresh at a time, two counters, and a token once refused is never offered again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.auth_refresh import (
    AUTH_REFRESH,
    FRESH,
    OFFLINE_HOLD,
    REAUTH_REQUIRED,
    REFRESHING,
    RETRY_WAIT,
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
    RefreshHint,
    RefreshToken,
    Rejected,
    Revoked,
    SignIn,
    Trouble,
)
from machines.policy.error_codes import ErrorCode
from machines.policy.user_messages import REFRESH_FAILED, user_message
from statekit import Ignored, Jitter, Stale, Taken
from statekit.testing.walk import Walk
from statekit.timers import ClockJumped

REFRESH_LIMIT, RETRY_DUE, PROBE_DUE = "after refresh_seconds", "after retry_delay", "after probe_seconds"
TRANSIENT, UNREACHABLE, REVOKED = (RefreshFailed(trouble) for trouble in Trouble)


@pytest.fixture
def walk():
    return Walk(AUTH_REFRESH)


def sign_in(walk, lifetime_seconds=3600.0):
    walk.send(SignIn())
    renew(walk, lifetime_seconds)


def renew(walk, lifetime_seconds=3600.0):
    """Bring a token, and let it grow old enough to be replaced."""
    walk.answer(Refreshed(lifetime_seconds))
    assert walk.state is FRESH
    walk.fire("resting")


# -------------------------------------------------------------------------------------------------------- main paths
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


# ---------------------------------------------------------------------------------------------- refreshes that fail
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


# --------------------------------------------------------------------------------------------------- not in a loop
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


# --------------------------------------------------------------------------------------------------- a machine asleep
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
    """Section 3 (T): online, clock_jump → refreshing."""
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


# -------------------------------------------------------------------------------------------- tokens that are refused
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


# ---------------------------------------------------------------------------------------------------- login, logout
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


def test_every_row_is_taken(left_untaken):
    assert left_untaken(AUTH_REFRESH) == ()


# ------------------------------------------------------------------------------------------------------- invariants
class Server:
    """A random world around the machine: refreshes of every outcome, a server that accepts or refuses what it sees."""

    def __init__(self):
        self.walk = Walk(AUTH_REFRESH, Context(Options(failures_max=2, rejections_max=2)))
        self.refused = 0
        self.offered = []

    def next(self, choice):
        walk, rest = self.walk, choice // 16
        match choice % 16:
            case 0 | 1 | 2 | 3:
                answers = (Refreshed(60.0), Refreshed(None), Refreshed(60.0), *map(RefreshFailed, Trouble))
                if walk.answerable:
                    walk.answer(answers[rest % len(answers)])
            case 4 | 5 | 6:
                if walk.timers:
                    walk.fire(list(walk.timers)[rest % len(walk.timers)])
            case 7 | 8 | 9:
                self.refuse()
            case 10:
                if self.offered:
                    walk.send(Accepted(self.offered[-1]))
            case _:
                events = (Need(), Need(), SignIn(), RefreshHint(), Online(), Login(60.0), Logout(), Revoked(), SignIn())
                walk.send(events[rest % len(events)])
        self.offered += [each.generation for each in walk.effects if isinstance(each, OfferToken)]

    def refuse(self):
        if self.offered:
            self.refused = max(self.refused, self.offered[-1])
            self.walk.send(Rejected(self.offered[-1]))


CHOICES = st.lists(st.integers(0, 999), min_size=50, max_size=50)


@given(CHOICES)
def test_a_token_once_refused_is_never_offered_again(choices):
    """A4, and A5: nor is one that has expired."""
    server = Server()
    for choice in choices:
        server.next(choice)
        for effect in server.walk.effects:
            if isinstance(effect, OfferToken):
                assert effect.generation > server.refused
                assert not server.walk.context.expired


@given(CHOICES)
def test_one_refresh_is_in_flight_at_most(choices):
    """A1."""
    server = Server()
    for choice in choices:
        server.next(choice)
        names = [ticket.name for ticket in server.walk.snapshot.tickets]
        assert names.count("RefreshToken") == (server.walk.state is REFRESHING)


@given(CHOICES)
def test_a_generation_is_never_used_for_two_tokens(choices):
    server, used = Server(), set()
    for choice in choices:
        before = server.walk.context.generation
        server.next(choice)
        if server.walk.context.generation != before:
            assert server.walk.context.generation not in used
            used.add(server.walk.context.generation)


@given(CHOICES)
def test_a_fresh_token_forgives_failures_and_a_lost_login_awaits_nothing(choices):
    """A6 and A10."""
    server = Server()
    for choice in choices:
        server.next(choice)
        if server.walk.state is FRESH:
            assert server.walk.context.failures == 0
        if server.walk.state is REAUTH_REQUIRED:
            assert server.walk.snapshot.tickets == ()


@given(CHOICES)
def test_whoever_needs_a_token_gets_one_or_a_login_is_asked_for(choices):
    """A2 and C6: nothing is left waiting; a working refresh function always brings a token in the end."""
    server = Server()
    for choice in choices:
        server.next(choice)
    walk = server.walk
    walk.send(SignIn(), Need())
    for _ in range(4):
        if walk.effects and isinstance(walk.effects[-1], OfferToken):
            break
        if walk.answerable:
            walk.answer(Refreshed(None))
        else:
            walk.fire(RETRY_DUE if RETRY_DUE in walk.timers else PROBE_DUE)
    assert isinstance(walk.effects[-1], OfferToken)


@given(st.lists(st.sampled_from(("ok", "transient", "timeout", "refuse", "expire")), max_size=60))
def test_without_an_acceptance_three_refusals_or_three_failures_end_the_asking(happenings):
    """A6: the model counts what the machine counts, by itself."""
    walk, refusals, failures = Walk(AUTH_REFRESH), 0, 0
    sign_in(walk)
    for happening in happenings:
        if walk.state is RETRY_WAIT:
            walk.fire(RETRY_DUE)
        if happening == "refuse" and walk.state is FRESH:
            refusals += 1
            walk.send(Rejected(walk.context.generation))
        elif happening == "expire" and walk.state is FRESH:
            walk.fire("expiry")
        elif happening == "ok" and walk.state is REFRESHING:
            failures = 0
            walk.answer(Refreshed(60.0))
        elif happening in ("transient", "timeout") and walk.state is REFRESHING:
            failures += 1
            walk.answer(TRANSIENT) if happening == "transient" else walk.fire(REFRESH_LIMIT)
        assert (walk.state is REAUTH_REQUIRED) == (refusals > 3 or failures >= 3)
        if walk.state is REAUTH_REQUIRED:
            return
