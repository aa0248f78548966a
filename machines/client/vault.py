"""The vault: the one place that holds tokens; the machines know them by generation only."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import cast

from attrs import field, frozen

from machines.auth_refresh import AdoptToken, ForgetTokens, Refreshed, RefreshFailed, RefreshToken, Trouble
from machines.wire.objects import is_unicode
from statekit.errors import StatekitError
from statekit.run.errors import place_of
from statekit.run.performers import Performer, Reply, performs


@frozen
class AccessToken:
    """A token and, if it is known, for how many seconds from now it is good. Its repr does not show it.

    Raises ValueError, which does not show it either, unless it is text that a URL can carry, good for more than 0 s.
    """

    value: str = field(repr=False)
    lifetime_seconds: float | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what could never be presented."""
        problem = _problem(self.value, self.lifetime_seconds)
        if problem:
            raise ValueError(f"this is no token: {problem}")


def _problem(value: object, lifetime_seconds: object) -> str:
    """Say what is wrong with what an application calls a token, without showing it; empty for nothing."""
    if not isinstance(value, str):
        return f"it must be a str, not of the type {type(value).__name__}"
    if not value or not is_unicode(value):
        return "it must be text of at least one character, without lone surrogates"
    if lifetime_seconds is None:
        return ""
    if isinstance(lifetime_seconds, bool) or not isinstance(lifetime_seconds, int | float):
        return f"its lifetime must be a number of seconds or None, not of the type {type(lifetime_seconds).__name__}"
    return "" if lifetime_seconds > 0 else f"its lifetime must be more than 0 seconds, not {lifetime_seconds}"


logger = logging.getLogger("statekit")


class LoginRequired(StatekitError):
    """Raised by a refresh function when no refresh can help: the user has to sign in again."""


class NotAsync(StatekitError):
    """The refresh function returned its token instead of a promise of it: define it with `async def`."""


RefreshFunction = Callable[[], Awaitable[str | AccessToken]]
"""What an application gives: returns a token, or raises `LoginRequired`, or an `OSError` when nobody was reached."""


class Vault:
    """Fetches tokens by the application's refresh function and keeps the newest two by generation.

    Two, since the one before may still be presented until the machine has heard of the new one.
    """

    def __init__(self, refresh: RefreshFunction) -> None:
        """Begin empty."""
        self._refresh = refresh
        self._tokens: dict[int, str] = {}
        self._brought: deque[AccessToken] = deque()
        self._turn = 0

    def __repr__(self) -> str:
        """Show no token."""
        return f"Vault(generations={sorted(self._tokens)})"

    def token(self, generation: int) -> str:
        """Give the token of a generation, or an empty one if it is gone: the server will refuse that."""
        return self._tokens.get(generation, "")

    def bring(self, token: AccessToken) -> None:
        """Take the token of a login; the login's own `AdoptToken` files it."""
        self._brought.append(token)

    def performers(self) -> tuple[Performer, ...]:
        """Say which effects the vault performs."""
        return (
            performs(RefreshToken, self._fetch),
            performs(AdoptToken, self._adopt),
            performs(ForgetTokens, self._forget),
        )

    async def _fetch(self, effect: RefreshToken, reply: Reply) -> None:
        self._turn += 1
        turn = self._turn
        try:
            answer = await self._asked()
            token = answer if isinstance(answer, AccessToken) else AccessToken(answer)
        except LoginRequired:
            reply(RefreshFailed(Trouble.REVOKED))
        except OSError:  # a refused or lost connection, a timeout, a name that does not resolve
            reply(RefreshFailed(Trouble.UNREACHABLE))
        except Exception as error:  # noqa: BLE001 - whatever it is, it brought no token; its text may hold one
            logger.warning("the refresh function failed with %s (%s)", type(error).__name__, place_of(error))
            reply(RefreshFailed(Trouble.TRANSIENT))
        else:
            if turn == self._turn:  # else a login, a logout or a newer refresh came before this answer
                self._keep(effect.generation, token.value)
            reply(Refreshed(token.lifetime_seconds))

    def _asked(self) -> Awaitable[str | AccessToken]:
        asked = self._refresh()
        if not isinstance(cast("object", asked), Awaitable):
            raise NotAsync
        return asked

    def _keep(self, generation: int, value: str) -> None:
        self._tokens = {each: kept for each, kept in self._tokens.items() if each == generation - 1}
        self._tokens[generation] = value

    def _adopt(self, effect: AdoptToken, _: Reply) -> None:
        self._turn += 1
        self._tokens = {effect.generation: self._brought.popleft().value}

    def _forget(self, _: ForgetTokens, __: Reply) -> None:
        self._turn += 1
        self._tokens = {}
