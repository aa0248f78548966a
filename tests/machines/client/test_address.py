"""The address: which URLs are refused when the client is made, and what is dialled for the others."""

from urllib.parse import parse_qs, urlsplit

import pytest

from machines.client import BadAddress, Client
from machines.client.address import Address
from machines.wire.operations import Insert
from statekit.errors import StatekitError


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "begin with ws:// or wss://"),
        ("memory", "begin with ws:// or wss://"),
        ("/v1/ws/documents/shared", "begin with ws:// or wss://"),
        ("http://memory/", "begin with ws:// or wss://"),
        ("wsss://memory/", "begin with ws:// or wss://"),
        ("ws:", "names no host"),
        ("ws:///v1", "names no host"),
        ("ws://:80/", "names no host"),
        ("ws://memory:0/", "port 0"),
        ("ws://memory:-1/", "cannot be read"),
        ("ws://memory:65536/", "cannot be read"),
        ("ws://memory:port/", "cannot be read"),
        ("ws://[::1/", "cannot be read"),
        ("ws://ann@memory/", "user or password"),
        ("ws://ann:secret@memory/", "user or password"),
    ],
)
def test_a_bad_url_is_refused_at_once_and_not_repeated(url, problem):
    with pytest.raises(BadAddress, match=problem) as refused:
        Client(url, token=None)
    assert isinstance(refused.value, StatekitError)
    assert isinstance(refused.value, ValueError)
    assert refused.value.__cause__ is None
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "ws://memory",
        "wss://memory:443/v1/ws/documents/shared",
        "WS://memory/",
        "ws://[::1]:8080/",
        "ws://memory/?token_kind=jwt&empty=&twice=1&twice=2",
    ],
)
def test_the_dialled_url_is_the_given_one_with_the_token_the_client_and_the_version(url):
    dialled = urlsplit(Address.of(url, "ann & bob").with_token("a+b/c=&d"))
    given = urlsplit(url)
    assert (dialled.scheme, dialled.netloc, dialled.path) == (given.scheme, given.netloc, given.path)
    query = parse_qs(dialled.query, keep_blank_values=True)
    assert query.pop("token") == ["a+b/c=&d"]
    assert query.pop("client_id") == ["ann & bob"]
    assert query.pop("version") == ["1"]
    assert query == parse_qs(given.query, keep_blank_values=True)


def test_the_address_shows_no_url():
    assert repr(Address.of("ws://memory/?key=canary", "ann")) == "Address(client_id='ann')"


@pytest.mark.parametrize("token", [None, "abc", 7])
def test_a_token_that_is_no_function_is_refused_at_once(token):
    with pytest.raises(TypeError, match="token must be an async function that returns a token, not"):
        Client("ws://memory/", token=token)


async def test_a_client_that_is_not_entered_says_so():
    async def token():
        return "abc"

    client = Client("ws://memory/", token=token)
    with pytest.raises(RuntimeError, match="async with"):
        await client.ready()
    with pytest.raises(RuntimeError, match="async with"):
        await client.submit(Insert(0, "x"))
