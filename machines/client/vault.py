"""The vault: the one place that holds tokens; the machines know them by generation only."""

from collections.abc import Awaitable, Callable

from attrs import field, frozen

from machines.auth_refresh import AdoptToken, ForgetTokens, Refreshed, RefreshFailed, RefreshToken, Trouble
from statekit.errors import StatekitError
from statekit.run.performers import Performer, Reply, performs


@frozen
class AccessToken:
    """A token and, if it is known, for how many seconds from now it is good. Its repr does not show it."""

    value: str = field(repr=False)
    lifetime_seconds: float | None = None


class LoginRequired(StatekitError):
    """Raised by a refresh function when no refresh can help: the user has to sign in again."""


RefreshFunction = Callable[[], Awaitable[str | AccessToken]]
"""What an application gives: returns a token, or raises `LoginRequired`, or an `OSError` when nobody was reached."""


class Vault:
    """Fetches tokens by the application's refresh function and keeps the newest under its generation."""

    def __init__(self, refresh: RefreshFunction) -> None:
        """Begin empty."""
        self._refresh = refresh
        self._generation = 0
        self._token = ""
        self._brought = ""

    def __repr__(self) -> str:
        """Show no token."""
        return f"Vault(generation={self._generation})"

    def token(self, generation: int) -> str:
        """Give the token of a generation, or an empty one if it is gone: the server will refuse that."""
        return self._token if generation == self._generation else ""

    def bring(self, token: str) -> None:
        """Take the token of a login; `AdoptToken` files it."""
        self._brought = token

    def performers(self) -> tuple[Performer, ...]:
        """Say which effects the vault performs."""
        return (
            performs(RefreshToken, self._fetch),
            performs(AdoptToken, self._adopt),
            performs(ForgetTokens, self._forget),
        )

    async def _fetch(self, effect: RefreshToken, reply: Reply) -> None:
        try:
            answer = await self._refresh()
        except LoginRequired:
            reply(RefreshFailed(Trouble.REVOKED))
            return
        except OSError:  # a refused or lost connection, a timeout, a name that does not resolve
            reply(RefreshFailed(Trouble.UNREACHABLE))
            return
        token = answer if isinstance(answer, AccessToken) else AccessToken(answer)
        self._generation, self._token = effect.generation, token.value
        reply(Refreshed(token.lifetime_seconds))

    def _adopt(self, effect: AdoptToken, _: Reply) -> None:
        self._generation, self._token, self._brought = effect.generation, self._brought, ""

    def _forget(self, _: ForgetTokens, __: Reply) -> None:
        self._generation, self._token, self._brought = 0, "", ""
