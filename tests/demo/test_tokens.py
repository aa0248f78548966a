"""Tokens: bad, expired and revoked told apart, by the server's clock alone."""

import base64
import traceback

import jwt
import pytest
from attrs import define

from machines.demo.tokens import Claims, TokenFlaw, TokenRefused, Tokens


@define
class Clock:
    seconds: float = 0.0

    def now(self):
        return self.seconds


def flaw_of(tokens, token):
    with pytest.raises(TokenRefused) as refused:
        tokens.verify(token)
    return refused.value.flaw, refused.value.generation


def test_a_token_says_its_user_its_generation_and_its_end():
    tokens = Tokens(Clock(100.0).now)
    assert tokens.verify(tokens.issue("ann", 60.0).token) == Claims("ann", 1, 160.0)
    assert tokens.verify(tokens.issue("ann", 60.0).token).generation == 2
    assert tokens.verify(tokens.issue("bob", 60.0).token).generation == 1


def test_a_token_expires_on_the_clock_it_was_given_and_not_before():
    clock = Clock()
    tokens = Tokens(clock.now)
    token = tokens.issue("ann", 60.0).token
    clock.seconds = 59.999
    tokens.verify(token)
    clock.seconds = 60.0
    assert flaw_of(tokens, token) == (TokenFlaw.EXPIRED, 1)
    assert tokens.read(token).generation == 1


def test_a_token_can_be_made_to_expire_and_the_next_one_is_good():
    tokens = Tokens(Clock().now)
    old = tokens.issue("ann", 60.0)
    tokens.expire(tokens.read(old.token))
    assert flaw_of(tokens, old.token) == (TokenFlaw.EXPIRED, 1)
    tokens.verify(tokens.issue("ann", 60.0).token)


def test_revoking_takes_back_all_of_a_users_tokens_and_nobody_elses():
    tokens = Tokens(Clock().now)
    mine, other = tokens.issue("ann", 60.0).token, tokens.issue("bob", 60.0).token
    tokens.revoke("ann")
    assert flaw_of(tokens, mine) == (TokenFlaw.REVOKED, 1)
    tokens.verify(other)
    tokens.verify(tokens.issue("ann", 60.0).token)


def unsigned(claims):
    return jwt.encode(claims, "", algorithm="none")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no token",
        "a.b.c",
        base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".x.y",
        Tokens(Clock().now).issue("ann", 60.0).token,
        unsigned({"sub": "ann", "gen": 1, "jti": "ann:1", "exp": 60.0}),
    ],
    ids=["empty", "text", "dots", "deep", "another server's", "unsigned"],
)
def test_what_this_server_did_not_sign_is_invalid(token):
    assert flaw_of(Tokens(Clock().now), token) == (TokenFlaw.INVALID, None)


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "ann", "jti": "x", "exp": 60.0},
        {"sub": "ann", "gen": 1, "jti": "x"},
        {"sub": "ann", "gen": "1", "jti": "x", "exp": 60.0},
        {"sub": 7, "gen": 1, "jti": "x", "exp": 60.0},
        {"sub": "ann", "gen": 1, "jti": "x", "exp": "later"},
    ],
)
def test_a_signed_token_that_lacks_a_claim_is_invalid(claims, monkeypatch):
    monkeypatch.setattr("machines.demo.tokens.secrets.token_bytes", bytes)
    tokens = Tokens(Clock().now)
    assert flaw_of(tokens, jwt.encode(claims, bytes(32), algorithm="HS256")) == (TokenFlaw.INVALID, None)


def test_neither_a_repr_nor_a_refusal_holds_a_token():
    tokens = Tokens(Clock().now)
    issued = tokens.issue("ann", 0.0)
    assert issued.token not in repr(issued)
    for bad in (issued.token, issued.token + "x"):
        with pytest.raises(TokenRefused) as refused:
            tokens.verify(bad)
        assert refused.value.__cause__ is None
        assert refused.value.__context__ is None
        shown = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
        inside = [
            line
            for frame in shown.stack
            if frame.filename.endswith("demo/tokens.py") and "tests" not in frame.filename
            for line in frame.locals.items()
        ]
        assert inside
        assert bad not in repr(inside)
