"""Where a client's tokens come from, and what becomes of a session whose refresh function misbehaves."""

import logging
import math

import anyio
import pytest

from machines.auth_refresh import PromptLogin
from machines.client import AccessToken, LoginRequired
from machines.demo.ledger import What
from machines.document import Outcome
from machines.status import Status
from machines.wire.operations import Insert
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from tests.machines.client.presented import issue, presented, returning

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


def auth(client):
    """What auth_refresh waits for, by name."""
    return {each.what: each for each in client.explain() if each.member == "auth_refresh"}


async def never():
    await anyio.sleep_forever()


async def test_a_token_is_refreshed_ahead_of_its_expiry_and_the_session_goes_on(world):
    async with world() as here:
        refresh = here.refresh(ttl_seconds=100.0)
        async with here.connected(token=refresh) as client:
            await anyio.sleep(79)
            assert refresh.calls == 1
            await anyio.sleep(2)
            assert refresh.calls == 2, "a fifth of its life before the end"
            assert client.status.status is Status.CONNECTED
            assert presented(here) == [1]
            await anyio.sleep(20)
            assert here.server.ledger.count(What.EXPIRED) == 1
            assert presented(here) == [1, 2], "the newer token was there when the server let go of the old one"
            assert client.status.status is Status.CONNECTED
            assert (await client.submit(Insert(0, "a"))).outcome is Outcome.ACKNOWLEDGED


async def test_the_servers_hint_refreshes_the_token_at_once(world):
    async with world(refresh_lead_seconds=600.0) as here:
        refresh = here.refresh(ttl_seconds=900.0)
        async with here.connected(token=refresh):
            await anyio.sleep(301)
            assert refresh.calls == 2


async def test_a_refresh_that_fails_while_the_token_is_good_disturbs_nobody(world):
    async with world() as here:
        good = issue(here, ttl_seconds=100.0)
        script = [AccessToken(good.token, 100.0), *[RuntimeError()] * 3]
        async with here.connected(token=here.refresh(script=script)) as client:
            await anyio.sleep(95)
            assert client.status.status is Status.CONNECTED
            assert presented(here) == [1]


async def test_a_network_that_is_down_burns_no_attempt_and_never_asks_for_a_login(world, watching):
    async with world() as here:
        refresh = here.refresh(script=[ConnectionRefusedError(), TimeoutError(), *[OSError()] * 20])
        async with here.client(token=refresh) as client, watching(client) as heard:
            kept = client.offer(Insert(0, "kept"))
            await anyio.sleep(1)
            assert auth(client)["after probe_seconds"].state == "OFFLINE_HOLD"
            assert auth(client)["after probe_seconds"].due_in_seconds == pytest.approx(29, abs=0.1)
            assert client.status.status is Status.CONNECTING
            assert (await kept.outcome()).outcome is Outcome.ACKNOWLEDGED
            assert anyio.current_time() == pytest.approx(22 * 30, abs=1)
            assert heard.of(PromptLogin) == []
            assert here.text == "kept"


async def test_a_login_that_is_required_is_asked_for_once_and_then_everything_goes_on(world, watching, until):
    async with world() as here:
        refresh = here.refresh(script=[LoginRequired("say nothing of this")])
        async with here.client(token=refresh) as client, watching(client) as heard:
            kept = client.offer(Insert(0, "kept"))
            await until(client, Status.WAITING, "reauth")
            await anyio.sleep(10_000)
            assert heard.of(PromptLogin) == [PromptLogin("revoked")]
            assert auth(client)[""].state == "REAUTH_REQUIRED"
            assert (refresh.calls, here.server.ledger.dials()) == (1, 0)
            assert kept.outcome_now is None
            await client.login(issue(here).token)
            assert (await kept.outcome()).outcome is Outcome.ACKNOWLEDGED


GARBAGE = {
    "None": None,
    "a number": 42,
    "bytes": b"token",
    "an empty text": "",
    "a lone surrogate": "\ud800",
    "a list": ["token"],
}


def not_async():
    return "a token, but not awaitable"


async def bad_lifetime():
    return AccessToken("token", 0)


async def raising():
    raise RuntimeError("the answer was 500")


@pytest.mark.parametrize(
    "refresh",
    [*map(returning, GARBAGE.values()), not_async, bad_lifetime, raising],
    ids=[*GARBAGE, "not async", "no lifetime", "raises"],
)
async def test_what_brings_no_token_is_tried_three_times_and_then_a_person_is_asked(
    world, watching, until, refresh, caplog
):
    calls = []

    def counted():
        calls.append(anyio.current_time())
        return refresh()

    async with world() as here, here.client(token=counted) as client, watching(client) as heard:
        kept = client.offer(Insert(0, "kept"))
        prompt = await heard.first(PromptLogin)
        assert prompt == PromptLogin("refresh_failed")
        assert calls == pytest.approx([0.0, 1.125, 1.125 + 2.25])  # 1 s, then 2 s, each with half of its jitter
        await until(client, Status.WAITING, "reauth")
        await anyio.sleep(10_000)
        assert len(calls) == 3
        assert here.server.ledger.dials() == 0
        assert kept.outcome_now is None
        await client.login(issue(here).token)
        assert (await kept.outcome()).outcome is Outcome.ACKNOWLEDGED
    assert caplog.text.count("the refresh function failed with") == 3


async def test_a_refresh_that_never_returns_is_given_ten_seconds_each_time(world, watching):
    async with world() as here:
        refresh = here.refresh(script=[never] * 3)
        async with here.client(token=refresh) as client, watching(client) as heard:
            kept = client.offer(Insert(0, "kept"))
            await anyio.sleep(4)
            assert auth(client)["after refresh_seconds"].due_in_seconds == pytest.approx(6)
            assert "RefreshToken" in auth(client)
            await heard.first(PromptLogin, lambda each: each.reason == "refresh_failed")
            assert anyio.current_time() == pytest.approx(3 * 10 + 1.125 + 2.25)
            await client.login(issue(here).token)
            assert (await kept.outcome()).outcome is Outcome.ACKNOWLEDGED


async def test_a_client_whose_refresh_never_returns_can_be_left_at_once(world):
    async with world() as here:
        async with here.client(token=here.refresh(script=[never])) as client:
            kept = client.offer(Insert(0, "kept"))
            await anyio.sleep(1)
        assert anyio.current_time() == pytest.approx(1)
        assert (await kept.outcome()).outcome is Outcome.EXPORTED


async def test_a_server_that_refuses_every_fresh_token_leads_to_a_login_not_to_a_storm(world, watching, until):
    async with world() as here:
        bad = ForgedTokens()
        async with here.client(token=bad) as client, watching(client) as heard:
            prompt = await heard.first(PromptLogin)
            assert prompt == PromptLogin("token_rejected")
            await until(client, Status.WAITING, "reauth")
            await anyio.sleep(10_000)
            assert here.server.ledger.count(What.REJECTED) == bad.calls == 4


class ForgedTokens:
    """Returns a token that no server signed, each time another."""

    calls = 0

    async def __call__(self):
        self.calls += 1
        return f"forged-{self.calls}"


@pytest.mark.parametrize(
    ("value", "lifetime_seconds", "problem"),
    [
        (None, None, "must be a str"),
        ("", None, "at least one character"),
        ("\udcff", None, "surrogates"),
        ("secret", 0, "more than 0 seconds, not 0"),
        ("secret", -1.5, "not -1.5"),
        ("secret", math.nan, "not nan"),
        ("secret", "900", "number of seconds or None, not of the type str"),
        ("secret", True, "type bool"),
    ],
)
async def test_a_token_that_cannot_be_is_refused_where_it_is_made(world, value, lifetime_seconds, problem):
    with pytest.raises(ValueError, match=problem) as made:
        AccessToken(value, lifetime_seconds)
    assert "secret" not in str(made.value)
    async with world() as here, here.connected() as client:
        with pytest.raises(ValueError, match=problem):
            client.login(value, lifetime_seconds)
        await anyio.sleep(1)
        assert client.status.status is Status.CONNECTED


async def test_a_token_may_live_for_ever(world):
    async with world() as here:
        refresh = here.refresh(script=[AccessToken(issue(here, ttl_seconds=1e9).token, math.inf)])
        async with here.connected(token=refresh):
            await anyio.sleep(10_000)
            assert refresh.calls == 1


async def test_what_a_refresh_function_raised_is_logged_by_its_class_and_place_only(world, caplog):
    async def leaks():
        raise KeyError("canary-token")

    with caplog.at_level(logging.DEBUG):
        async with world() as here, here.client(token=leaks):
            await anyio.sleep(1)
    assert "the refresh function failed with KeyError (client/test_tokens.py:" in caplog.text
    assert "canary" not in caplog.text
