"""Tokens in a session: one refresh for whatever refuses one, and a login for what no refresh can mend."""

import pytest

from machines import auth_refresh
from machines.auth_refresh import AUTH_REFRESH, Login, Logout, Refreshed, RefreshFailed, RefreshToken, Trouble
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.conflict_recovery import CONFLICT_RECOVERY, DETACHED
from machines.connection import BACKING_OFF, CONNECTION, PARKED, STABLE, SUSPENDED, Connect
from machines.link import Close, Closed, Dial, Opened, OpenFailed
from machines.policy.routed import ErrorReported
from machines.wire.messages import URL_DOCUMENT, TokenRefreshRequired
from statekit import Stale
from tests.machines.linked import DROPPED, GREETING, error, hear, signed_in, stable, submit


def test_an_expired_token_s_error_and_close_are_one_refresh():
    """G1; seed defect 18: two refreshes and two reconnects."""
    walk = stable()
    socket = walk.ticket(CONNECTION, Dial)
    hear(walk, error("TOKEN_EXPIRED"))
    assert walk.effects == (Close(4001), RefreshToken(2))
    assert walk.published == (ErrorReported("TOKEN_EXPIRED", recoverable=True),)
    before = walk.snapshot
    assert walk.answer(CONNECTION, Closed(4001), ticket=socket) == Stale(socket)
    assert (walk.snapshot, walk.effects) == (before, ())
    walk.answer(AUTH_REFRESH, Refreshed(3600.0))
    assert walk.effects == (Dial(2),)


def test_the_token_is_refreshed_ahead_while_the_link_stays():
    """A8: Ably RSA4c3."""
    walk = stable()
    hear(walk, TokenRefreshRequired(30.0))
    assert walk.effects == (RefreshToken(2),)
    walk.answer(AUTH_REFRESH, RefreshFailed(Trouble.UNREACHABLE))
    assert (walk.state(CONNECTION), walk.effects) == (STABLE, ())


def test_a_server_that_accepts_and_then_refuses_every_token_is_dialled_ten_times_in_the_fast_phase():
    """G7: an accepted token forgives the rejections, so the attempts must bound it."""
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for generation in range(1, 12):
        walk.answer(CONNECTION, Opened())
        hear(walk, GREETING)
        hear(walk, error("TOKEN_EXPIRED"))
        walk.answer(AUTH_REFRESH, Refreshed(3600.0))
        if generation == 1:
            assert walk.effects == (Dial(2),)
        elif generation <= 10:
            assert walk.state(CONNECTION) is BACKING_OFF
            walk.fire(CONNECTION, DROPPED)
    assert walk.state(CONNECTION) is SUSPENDED


def test_a_server_that_refuses_every_token_at_the_door_leads_to_a_login_not_to_an_open_breaker():
    """A6 and B7; lasso-rpc #17, decocms #5322: 401 kept the breaker open."""
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for _ in range(20):
        if walk.state(CONNECTION) is PARKED:
            break
        if walk.answerable(CONNECTION):
            walk.answer(CONNECTION, OpenFailed("rejected", 401))
        elif walk.answerable(AUTH_REFRESH):
            walk.answer(AUTH_REFRESH, Refreshed(3600.0))
        elif "after retry_delay" in walk.timers(AUTH_REFRESH):
            walk.fire(AUTH_REFRESH, "after retry_delay")
        else:
            walk.fire(CONNECTION, DROPPED)
    assert walk.state(AUTH_REFRESH) is auth_refresh.REAUTH_REQUIRED
    assert (walk.of(AUTH_REFRESH).context.rejections, walk.of(CIRCUIT_BREAKER).context.failures) == (4, 0)
    walk.send(AUTH_REFRESH, Login(None))
    assert walk.effects[-1] == Dial(walk.of(AUTH_REFRESH).context.generation)


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(lambda walk: hear(walk, error("TOKEN_REVOKED")), id="the server revokes the token"),
        pytest.param(lambda walk: walk.send(AUTH_REFRESH, Logout()), id="the user logs out"),
        pytest.param(
            lambda walk: (
                hear(walk, TokenRefreshRequired(5.0)),
                walk.answer(AUTH_REFRESH, RefreshFailed(Trouble.REVOKED)),
            ),
            id="the refresh function says so",
        ),
    ],
)
def test_defect_25_a_login_that_ends_closes_the_link_and_keeps_the_operations(ending):
    """Section 11, TOKEN_REVOKED; seed defect 25: the redirect discarded what was pending."""
    walk = stable()
    submit(walk)
    ending(walk)
    assert Close(1000) in walk.effects
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (PARKED, DETACHED)
    assert [each.sequence for each in walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.parts] == [1]
    walk.send(AUTH_REFRESH, Login(None))
    assert walk.effects[-1] == Dial(walk.of(AUTH_REFRESH).context.generation)
