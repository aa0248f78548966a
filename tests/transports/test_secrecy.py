"""The URL is a secret: no failure of a dial shows it, in its text, its repr, its chain or the frames we made."""

import io
import logging
import traceback

import pytest

from statekit.transports.memory import Rejected
from statekit.transports.socket import DialFailed

CANARY = "canary-5f3a"


class Vault:
    """Keeps the URL out of the test's own frames, as an adapter would."""

    def __init__(self, url):
        self._url = url

    def __repr__(self):
        return "Vault()"

    async def dial(self, transport):
        return await transport.dial(self._url)


def everything_about(error):
    """Render the error with the locals of every frame but the tests' own, which hold the URL for good reason."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    whole.stack[:] = [frame for frame in whole.stack if frame.filename != __file__]
    assert [frame.name for frame in whole.stack] == ["dial"]
    return "".join(whole.format()) + repr(error) + str(error) + repr(vars(error)) + repr(error.args)


async def admit_none(path):
    raise Rejected(401)


@pytest.fixture
def logged():
    """Everything any logger says, at any level."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.mark.parametrize(
    ("cause", "tail"),
    [
        ("rejected", f"/?token={CANARY}"),
        ("bad_url", f"/?token={CANARY}#{CANARY}"),
        ("refused", f"/?token={CANARY}"),
        ("timeout", f"/?token={CANARY}"),
    ],
)
async def test_no_failure_shows_the_url(listen, script, logged, capfd, cause, tail):
    async with listen(script(admit=admit_none)) as place:
        vault = Vault(place.origin + tail)
        if cause == "refused":
            await place.shut()
        transport = place.transport(open_timeout_seconds=1e-4 if cause == "timeout" else 5.0)
        with pytest.raises(DialFailed) as caught:
            await vault.dial(transport)
    error = caught.value
    assert error.cause == cause
    assert error.__cause__ is None
    assert error.__context__ is None
    assert CANARY not in everything_about(error) + repr(transport)
    assert CANARY not in logged.getvalue()
    assert CANARY not in "".join(capfd.readouterr())


async def test_a_port_that_is_a_secret_is_not_shown(listen, script):
    vault = Vault(f"ws://127.0.0.1:{CANARY}/")
    async with listen(script()) as place:
        with pytest.raises(DialFailed) as caught:
            await vault.dial(place.transport())
    assert caught.value.__context__ is None
    assert CANARY not in everything_about(caught.value)


async def test_an_open_socket_shows_no_url(listen, script, logged):
    async with listen(script()) as place:
        vault = Vault(f"{place.origin}/?token={CANARY}")
        socket = await vault.dial(place.transport())
        await socket.send("hello")
        await socket.aclose()
        assert CANARY not in repr(socket)
    assert CANARY not in logged.getvalue()
