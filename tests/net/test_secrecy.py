"""On real sockets too, where libraries of others log what they please, a token is in nothing that anybody can read."""

import logging

import anyio
import pytest

from machines.client import AccessToken
from machines.demo.faults import GARBAGE_FRAME, Fault, HttpStatus
from machines.status import Status
from machines.wire.operations import Insert

pytestmark = pytest.mark.net


class Safe:
    """Keeps what it gives out; its repr does not show it."""

    def __init__(self, server):
        self._server = server
        self._given = []

    def __repr__(self):
        return "Safe()"

    @property
    def count(self):
        return len(self._given)

    async def fetch(self):
        issued = self._server.tokens.issue("user-ann", 900.0)
        self._given.append(issued.token)
        return AccessToken(issued.token, issued.expires_in_seconds)

    def found_in(self, text):
        return [place for place, token in enumerate(self._given) if token in text or token.split(".")[-1] in text]


async def test_a_session_with_its_faults_logs_and_shows_no_token(world, until, caplog, capfd):
    said = []
    with caplog.at_level(logging.DEBUG):
        async with world(0.02) as here:
            safe = Safe(here.server)
            client = here.client(token=safe.fetch, observe=lambda record: said.append(repr(record)))
            async with client:
                await until(client, Status.CONNECTED)
                for fault in (Fault.RESET_1006, Fault.REFUSED_DIAL, Fault.TOKEN_REJECTED, Fault.TOKEN_EXPIRED):
                    here.server.inflict(fault, "ann")
                    with anyio.fail_after(10):
                        await here.server.happened(fault)
                        await client.submit(Insert(0, "a"))
                assert here.server.utter("ann", GARBAGE_FRAME)
                await until(client, Status.RECONNECTING)
                here.server.answer_dials("ann", HttpStatus(404))
                await until(client, Status.FAILED, "not_found")
                said += map(repr, client.explain())
    everything = "\n".join(said) + caplog.text + "".join(capfd.readouterr())
    assert safe.count >= 3
    assert "OpenFailed(cause='rejected', status=401" in everything, "the records are there to be searched"
    assert "token=" not in everything
    assert safe.found_in(everything) == []
