"""How a real socket is dialled: what could never work is refused before anything is dialled."""

import ssl

import pytest

from statekit.transports.websockets import WebSocketTransport

SECONDS = "must be a finite number of seconds above 0"
SIZE = "must be a whole number of at least 1, or None"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("open_timeout_seconds", 0, SECONDS),
        ("open_timeout_seconds", float("inf"), SECONDS),
        ("close_timeout_seconds", True, SECONDS),
        ("close_timeout_seconds", "5", SECONDS),
        ("max_size_bytes", 0, SIZE),
        ("max_size_bytes", 1.5, SIZE),
        ("max_size_bytes", True, SIZE),
        ("tls", True, "must be an ssl.SSLContext, or None"),
    ],
)
def test_an_option_that_could_never_work_is_refused_by_its_name(name, value, words):
    with pytest.raises(ValueError, match=f"{name} {words}"):
        WebSocketTransport(**{name: value})


def test_what_could_work_is_taken():
    context = ssl.create_default_context()
    assert WebSocketTransport(open_timeout_seconds=0.5, close_timeout_seconds=3, max_size_bytes=1, tls=context)
    assert WebSocketTransport(max_size_bytes=None, tls=None)
