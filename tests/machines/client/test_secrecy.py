"""A token is in no repr, log, record, news, error or traceback of the whole client, whatever goes wrong on the way."""

import logging
import traceback

import anyio
import pytest

from machines.auth_refresh import PromptLogin
from machines.client import AccessToken, BadAddress, Client, LoginRequired, NotAccepted
from machines.client.address import Address
from machines.client.vault import Vault
from machines.demo.faults import Fault, HttpStatus
from machines.status import Status
from machines.wire.operations import Delete, Insert
from machines.wire.text import OperationInvalid
from statekit.run.errors import DriverError, Stopped
from statekit.run.receipts import Policy
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)

CANARY = "canary-5f3a"


class Safe:
    """Keeps tokens out of the test's own frames, as an application should."""

    def __init__(self, here):
        self._here = here
        self._given = [CANARY]

    def __repr__(self):
        return "Safe()"

    @property
    def count(self):
        return len(self._given)

    async def fetch(self):
        issued = self._here.server.tokens.issue("user-ann", 900.0)
        self._given.append(issued.token)
        return AccessToken(issued.token, issued.expires_in_seconds)

    async def fetch_forged(self):
        return CANARY

    async def fetch_and_tell(self):
        raise ValueError(f"the answer was {CANARY}")

    async def log_in(self, client):
        await client.login((await self.fetch()).value)

    def found_in(self, text):
        """Which of the tokens, by their own names, the text shows: whole, or the part that signs them."""
        return [place for place, token in enumerate(self._given) if token in text or token.split(".")[-1] in text]


class Leaky:
    """A transport of somebody else, which raises what it should not."""

    async def dial(self, url):
        raise OSError(f"cannot open {url}")


def shown(error):
    """The error as a crash reporter would keep it: with the locals of every frame but the tests' own."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    each, text = whole, ""
    while each is not None:
        each.stack[:] = [frame for frame in each.stack if frame.filename != __file__]
        text += "".join(each.format(chain=False)) + repr(vars(error)) + repr(error)
        each = each.__cause__ or each.__context__
    return text


async def test_a_whole_session_with_every_fault_shows_no_token(world, until, caplog, capfd):
    said = []

    def observe(record):
        said.append(repr(record))
        said.extend(map(str, client.explain()))
        said.append(repr(client.explain()))

    with caplog.at_level(logging.DEBUG):
        async with world(latency_seconds=0.05, refresh_lead_seconds=600.0) as here:
            safe = Safe(here)
            client = here.client(token=safe.fetch, observe=observe)
            async with client:
                listener = aiter(client)
                receipts = [client.offer(Insert(0, "a"))]
                for fault in Fault:
                    here.server.inflict(fault, "ann")
                    receipts.append(client.offer(Insert(0, "a")))
                    await here.server.happened(fault)
                    if fault is Fault.KICKED:
                        await until(client, Status.FAILED)
                        await client.connect()
                    elif fault is Fault.TOKEN_REVOKED:
                        await until(client, Status.WAITING, "reauth")
                        await safe.log_in(client)
                    await receipts[-1].outcome()
                await client.logout()
                await safe.log_in(client)
                here.server.answer_dials("ann", HttpStatus(401))
                here.server.inflict(Fault.RESET_1006, "ann")
                await anyio.sleep(100)
            said += [repr(each) async for each in listener]
            said += map(repr, (client, listener, receipts, client.status, client.document, client.exported))
            assert safe.count > 4
            assert any("PromptLogin" in each for each in said)
            everything = "\n".join(said) + caplog.text + "".join(capfd.readouterr())
            assert "TokenReady" in everything, "the records are there to be searched"
            assert safe.found_in(everything) == []


async def test_no_error_that_an_application_may_meet_shows_a_token(world, until, caplog):
    async with world() as here:
        safe, errors = Safe(here), []
        client = here.client(token=safe.fetch)
        async with client:
            await client.submit(Insert(0, "a"))
            for attempt, kind in (
                (lambda: client.submit(Delete(5, 5)), OperationInvalid),
                (lambda: Safe.log_in(safe, None), AttributeError),
            ):
                with pytest.raises(kind) as caught:
                    await attempt()
                errors.append(caught.value)
            here.server.answer_dials("ann", HttpStatus(404))
            here.server.inflict(Fault.RESET_1006, "ann")
            await until(client, Status.FAILED)
            with pytest.raises(NotAccepted) as caught:
                await client.submit(Insert(0, "a"))
            errors.append(caught.value)
        with pytest.raises(Stopped) as caught:
            await client.connect()
        errors.append(caught.value)
        for error in errors:
            assert safe.found_in(shown(error)) == [], error
        assert safe.found_in(caplog.text) == []


async def test_a_session_that_stops_with_an_error_shows_no_token(world, caplog):
    class Mishap(Exception):
        pass

    def break_off(record):
        if client.status.status is Status.CONNECTED:
            raise Mishap

    async with world() as here:
        safe = Safe(here)
        client = here.client(token=safe.fetch, observe=break_off, policy=Policy.RAISE)
        with pytest.raises(Mishap) as caught:
            async with client:
                await anyio.sleep_forever()
        text = shown(caught.value)
        assert "driver.py" in text
        assert safe.found_in(text + caplog.text) == []


@pytest.mark.parametrize("fetch", ["fetch_forged", "fetch_and_tell"])
async def test_a_token_that_nobody_accepts_and_an_answer_that_is_none_are_not_shown(world, caplog, fetch):
    said = []
    with caplog.at_level(logging.DEBUG):
        async with world() as here:
            safe = Safe(here)
            async with here.client(token=getattr(safe, fetch), observe=lambda each: said.append(repr(each))) as client:
                async for each in client:
                    if isinstance(each, PromptLogin):
                        break
    assert said
    assert safe.found_in("".join(said) + caplog.text) == []


async def test_a_transport_that_tells_the_url_is_not_repeated(world, caplog):
    said = []
    with caplog.at_level(logging.DEBUG):
        async with world() as here:
            safe = Safe(here)
            transport = Leaky()
            async with here.client(
                token=safe.fetch_forged, transport=transport, observe=lambda each: said.append(repr(each))
            ):
                await anyio.sleep(5)
    assert "OpenFailed(cause='broken'" in "".join(said)
    assert safe.found_in("".join(said) + caplog.text) == []


async def test_a_refused_url_is_not_repeated():
    for url in (f"http://memory/?token={CANARY}", f"ws://{CANARY}@memory/", f"ws://memory:{CANARY}/"):
        with pytest.raises(BadAddress) as refused:
            Client(url, token=None)
        assert CANARY not in str(refused.value) + repr(refused.value) + repr(vars(refused.value))
        assert refused.value.__cause__ is refused.value.__context__ is None


async def test_what_holds_a_token_does_not_show_it():
    vault = Vault(None)
    vault.bring(AccessToken(CANARY, 60.0))
    held = (AccessToken(CANARY), vault, Address.of(f"ws://memory/?key={CANARY}", "ann"), vars(vault)["_brought"])
    assert CANARY not in repr(held)
    assert CANARY not in str(LoginRequired()) + str(DriverError("stopped"))
