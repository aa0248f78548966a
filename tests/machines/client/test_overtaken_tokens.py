"""Refreshes that a login, a logout or a newer refresh overtook: no late answer is taken for the right one."""

import anyio
import pytest

from machines.auth_refresh import AdoptToken, ForgetTokens, Refreshed, RefreshToken
from machines.client import AccessToken, LoginRequired
from machines.client.vault import Vault
from machines.demo.faults import Fault
from machines.demo.ledger import What
from machines.status import Status
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.verdicts import Taken
from tests.machines.client.presented import issue, presented, returning

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


async def test_of_two_logins_in_one_breath_the_second_counts(world, until):
    async with world() as here, here.client(token=here.refresh(script=[LoginRequired()])) as client:
        await until(client, Status.WAITING, "reauth")
        first, second = issue(here), issue(here)
        client.login(first.token)
        client.login(second.token)
        await until(client, Status.CONNECTED, within_seconds=5)
        assert presented(here)[-1] == second.generation


async def test_a_login_in_the_same_breath_as_a_logout_is_not_forgotten_with_it(world, until):
    async with world() as here, here.connected() as client:
        await anyio.sleep(1)
        mine = issue(here)
        client.logout()
        client.login(mine.token)
        here.server.inflict(Fault.RESET_1006, "ann")
        await anyio.sleep(0.001)
        await until(client, Status.CONNECTED, within_seconds=60)
        assert presented(here)[-1] == mine.generation
        assert here.server.ledger.count(What.REJECTED) == 0


async def slow_and_deaf(token):
    """Answer after five seconds, whoever has stopped waiting."""
    with anyio.CancelScope(shield=True):
        await anyio.sleep(5)
    return token


async def test_the_answer_to_a_refresh_that_a_login_overtook_is_not_used(world, until):
    async with world() as here:
        theirs, mine = issue(here), issue(here)
        old = [lambda: slow_and_deaf(theirs.token)]
        async with here.client(token=here.refresh(script=old)) as client:
            await anyio.sleep(1)
            assert isinstance(await client.login(mine.token), Taken)
            await until(client, Status.CONNECTED, within_seconds=2)
            await anyio.sleep(10)
            here.server.inflict(Fault.CLOSED_1001, "ann")
            await anyio.sleep(0.1)
            await until(client, Status.CONNECTED)
            assert presented(here) == [mine.generation, mine.generation]


async def test_the_answer_to_a_refresh_that_a_logout_overtook_is_not_used(world, until):
    async with world() as here:
        theirs = issue(here)
        async with here.client(token=here.refresh(script=[lambda: slow_and_deaf(theirs.token)])) as client:
            await anyio.sleep(1)
            await client.logout()
            await anyio.sleep(10)
            assert client.status.reason == "reauth"
            mine = issue(here)
            await client.login(mine.token)
            await until(client, Status.CONNECTED, within_seconds=1)
            assert presented(here) == [mine.generation]


async def test_the_late_answer_of_an_older_refresh_does_not_replace_the_newer_one(world, until):
    async with world() as here:
        older, newer = issue(here), issue(here)

        async def very_late():
            with anyio.CancelScope(shield=True):
                await anyio.sleep(15)
            return older.token

        refresh = here.refresh(script=[very_late, newer.token])
        async with here.client(token=refresh) as client:
            await until(client, Status.CONNECTED)
            await anyio.sleep(10)
            here.server.inflict(Fault.CLOSED_1001, "ann")
            await anyio.sleep(0.1)
            await until(client, Status.CONNECTED)
            assert presented(here) == [newer.generation] * 2


async def test_a_dial_ordered_before_a_refresh_was_heard_of_still_finds_its_token():
    vault = Vault(returning("newer"))
    acts = {each.effect_class: each.act for each in vault.performers()}
    answers = []
    vault.bring(AccessToken("older"))
    acts[AdoptToken](AdoptToken(1), answers.append)
    await acts[RefreshToken](RefreshToken(2), answers.append)
    assert answers == [Refreshed()]
    assert (vault.token(1), vault.token(2)) == ("older", "newer")
    await acts[RefreshToken](RefreshToken(3), answers.append)
    assert (vault.token(1), vault.token(2)) == ("", "newer"), "no more than two are kept"
    acts[ForgetTokens](ForgetTokens(), answers.append)
    assert {vault.token(each) for each in range(5)} == {""}
