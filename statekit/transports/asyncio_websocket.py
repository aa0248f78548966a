"""A `Socket` over the asyncio client of the library `websockets`."""

from websockets.asyncio.client import ClientConnection, connect

from .adapted_socket import AdaptedSocket
from .dial_options import DialOptions


class AsyncioSocket(AdaptedSocket):
    """One connection on asyncio."""

    def __init__(self, connection: ClientConnection, close_timeout_seconds: float) -> None:
        super().__init__(connection, close_timeout_seconds)
        self._client = connection

    async def abort(self) -> None:
        """Drop the connection without a word."""
        self._client.transport.abort()

    async def _close(self, code: int, reason: str) -> None:
        await self._client.close(code, reason)


class _Connect(connect):
    """A dial that takes a redirect for an answer."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def dial(url: str, options: DialOptions) -> AsyncioSocket:
    """Open a connection; raises what the library raises.

    The addresses of a name are tried one after the other. asyncio can race them (`happy_eyeballs_delay`), but then a
    dial that is cancelled as TCP connects leaks its socket: 231 of 400 tries on Python 3.11.7, and none without.
    """
    connection = await _Connect(
        url,
        ssl=(options.tls or True) if url[:4].lower() == "wss:" else None,
        open_timeout=options.open_timeout_seconds,
        close_timeout=options.close_timeout_seconds,
        max_size=options.max_size_bytes,
        logger=options.logger,
        proxy=None,
        ping_interval=None,
    )
    return AsyncioSocket(connection, options.close_timeout_seconds)
