"""Tokens: who a client is and how long we believe it. Signed JWTs whose expiry is on the server's own clock.

PyJWT checks `exp` against the wall clock of this machine. The server's clock may be virtual, or run twenty times as
fast, and a wall clock decides nothing here: so PyJWT checks the signature, and the expiry is compared by hand.
"""

import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Final, cast

import jwt
from attrs import field, frozen
from jwt.types import Options

from statekit.errors import StatekitError

_ALGORITHM: Final = "HS256"
_SIGNATURE_ONLY: Final[Options] = {
    "require": ["sub", "gen", "exp", "jti"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


class TokenFlaw(StrEnum):
    """Why a token opens nothing."""

    INVALID = "invalid"
    """Not signed by this server, or no token at all."""
    EXPIRED = "expired"
    """Its time is over: a refresh helps."""
    REVOKED = "revoked"
    """Taken back before its time: only a new login helps."""


class TokenRefused(StatekitError):
    """A token that opens nothing: `flaw` says why, `generation` which one it was, None where it could not be read.

    Holds nothing of the token.
    """

    def __init__(self, flaw: TokenFlaw, generation: int | None = None) -> None:
        """Keep the flaw and which token it was."""
        self.flaw = flaw
        self.generation = generation
        super().__init__(f"the token{'' if generation is None else f' of generation {generation}'} is {flaw}")


@frozen
class Claims:
    """What a token says: its user, which of the user's tokens it is (1, 2, …), and when it expires."""

    user_id: str
    generation: int
    expires_at_seconds: float
    """On the clock that the `Tokens` were given."""


@frozen
class Issued:
    """A new token, which is a secret, and what a client may know about it."""

    token: str = field(repr=False)
    user_id: str
    generation: int
    expires_in_seconds: float
    """From the moment it was issued."""


class Tokens:
    """Issues and verifies; every object has a secret of its own, so no token outlives it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._secret = secrets.token_bytes(32)
        self._issued: dict[str, int] = {}
        self._revoked_through: dict[str, int] = {}
        self._expired: set[tuple[str, int]] = set()

    def issue(self, user_id: str, ttl_seconds: float) -> Issued:
        """Sign a token that is good for `ttl_seconds` from now."""
        generation = self._issued[user_id] = self._issued.get(user_id, 0) + 1
        claims = {
            "sub": user_id,
            "gen": generation,
            "jti": f"{user_id}:{generation}",
            "exp": self._now() + ttl_seconds,
        }
        # PyJWT names types of a library that it does without for HS256, so a part of its signatures is unknown.
        token = jwt.encode(claims, self._secret, algorithm=_ALGORITHM)  # pyright: ignore[reportUnknownMemberType]
        return Issued(token, user_id, generation, ttl_seconds)

    def read(self, token: str) -> Claims:
        """Check the signature only; raises `TokenRefused` (invalid)."""
        claims = self._read(token)
        del token  # the frame of what is raised below must not hold it
        if claims is None:
            raise TokenRefused(TokenFlaw.INVALID)
        return claims

    def verify(self, token: str) -> Claims:
        """Check everything; raises `TokenRefused` with the flaw."""
        claims = self._read(token)
        del token
        if claims is None:
            raise TokenRefused(TokenFlaw.INVALID)
        if claims.generation <= self._revoked_through.get(claims.user_id, 0):
            raise TokenRefused(TokenFlaw.REVOKED, claims.generation)
        if claims.expires_at_seconds <= self._now() or (claims.user_id, claims.generation) in self._expired:
            raise TokenRefused(TokenFlaw.EXPIRED, claims.generation)
        return claims

    def expire(self, claims: Claims) -> None:
        """Let that token count as expired from now on."""
        self._expired.add((claims.user_id, claims.generation))

    def revoke(self, user_id: str) -> None:
        """Take back every token issued to the user so far; later ones are good."""
        self._revoked_through[user_id] = self._issued.get(user_id, 0)

    def _read(self, token: str) -> Claims | None:
        try:
            payload = jwt.decode(  # pyright: ignore[reportUnknownMemberType]
                token, self._secret, algorithms=[_ALGORITHM], options=_SIGNATURE_ONLY
            )
        except (jwt.InvalidTokenError, RecursionError, ValueError):  # it parses the header before it trusts it
            return None
        return _claims(cast("dict[str, object]", payload))


def _claims(payload: dict[str, object]) -> Claims | None:
    user_id, generation, expires_at_seconds = payload["sub"], payload["gen"], payload["exp"]
    if isinstance(user_id, str) and isinstance(generation, int) and isinstance(expires_at_seconds, (int, float)):
        return Claims(user_id, generation, float(expires_at_seconds))
    return None
