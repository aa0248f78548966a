"""The protocol's own values: what they say, and what importing them costs."""

import pickle
import subprocess
import sys

import pytest

from statekit.transports.dial_failure import retry_after
from statekit.transports.socket import DialFailed, SocketClosed


def test_importing_the_protocol_loads_no_async_library():
    program = "import statekit.transports.socket, sys; print({'anyio', 'asyncio', 'trio'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SocketClosed(1006), "socket closed with 1006"),
        (SocketClosed(4004, "kicked"), "socket closed with 4004: kicked"),
        (DialFailed("refused"), "dial failed: refused"),
        (DialFailed("rejected", 429, 2.5), "dial failed: rejected with HTTP 429, retry after 2.5 s"),
    ],
)
def test_an_error_says_its_facts_and_survives_pickling(error, sentence):
    assert str(error) == sentence
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), vars(copy)) == (sentence, vars(error))


@pytest.mark.parametrize(
    ("said", "sent", "seconds"),
    [
        ("0", "", 0.0),
        (" 120 ", "", 120.0),
        ("-1", "", None),
        ("1.5", "", None),
        ("٣", "", None),
        ("9" * 5000, "", None),
        ("nan", "", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "", 0.0),
        ("Wed, 21 Oct 2015 07:29:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 07:29:00 -0000", "Wed, 21 Oct 2015 07:28:00 GMT", 60.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", "nonsense", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", "", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_or_nothing(said, sent, seconds):
    assert retry_after(said, sent) == seconds
