"""Laws of the refresh in a random world: two counters, and a token once refused is never offered again."""

from hypothesis import given
from hypothesis import strategies as st

from machines.auth_refresh import (
    AUTH_REFRESH,
    FRESH,
    REAUTH_REQUIRED,
    REFRESHING,
    RETRY_WAIT,
    Accepted,
    Context,
    Login,
    Logout,
    Need,
    OfferToken,
    Online,
    Options,
    Refreshed,
    RefreshFailed,
    RefreshHint,
    Rejected,
    Revoked,
    SignIn,
    Trouble,
)
from statekit.testing.walk import Walk
from tests.machines.signed_in import PROBE_DUE, REFRESH_LIMIT, RETRY_DUE, TRANSIENT, sign_in


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
