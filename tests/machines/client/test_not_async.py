"""A refresh function that is not async is told as one; the token that it returned is in no log."""

import logging

import anyio
import pytest

from machines.client import AccessToken
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


@pytest.mark.parametrize("token", ["canary-token", AccessToken("canary-token")], ids=["text", "token"])
async def test_a_refresh_function_that_is_not_async_is_told_as_one(world, caplog, token):
    def fetch():
        return token

    with caplog.at_level(logging.DEBUG):
        async with world() as here, here.client(token=fetch):
            await anyio.sleep(1)
    assert "the refresh function failed with NotAsync (client/vault.py:" in caplog.text
    assert "canary" not in caplog.text
