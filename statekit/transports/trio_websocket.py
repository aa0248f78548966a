"""A `Socket` over the trio client of the library `websockets`.

That client reads in a task of its own, so it has to be used as a context manager, while a `Socket` outlives the call
that dialled it and belongs to no block. A system task of trio holds the block open until the connection has ended;
trio cancels it, and thereby drops the connection, when the run ends.
"""

import trio
from attrs import define, field
from websockets.trio.client import ClientConnection, connect

from .adapted_socket import AdaptedSocket
from .dial_options import DialOptions


class TrioSocket(AdaptedSocket):
    """One connection on trio."""

    def __init__(self, connection: ClientConnection, close_timeout_seconds: float) -> None:
        super().__init__(connection, close_timeout_seconds)
        self._client = connection

    async def abort(self) -> None:
        """Drop the connection without a word; the shield lets that happen in a cancelled task too."""
        with trio.CancelScope(shield=True):
            await trio.aclose_forcefully(self._client.stream)
            await self._client.close_stream()  # wakes who waits on it, even while reading is paused

    async def _close(self, code: int, reason: str) -> None:
        await self._client.aclose(code, reason)


class _Connect(connect):
    """A dial that takes a redirect for an answer."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@define(eq=False)
class _Held:
    """What the system task tells the one that dialled."""

    scope: trio.CancelScope = field(factory=trio.CancelScope)
    settled: trio.Event = field(factory=trio.Event)
    connection: ClientConnection | None = None
    error: Exception | None = None


async def _hold(connecting: connect, held: _Held) -> None:
    """Keep the connection's block open; nothing may leave a system task, for it would end the run."""
    try:
        with held.scope:
            async with connecting as connection:
                held.connection = connection
                held.settled.set()
                await connection.wait_closed()
                held.scope.cancel()  # a reader that flow control has paused would hold the block for ever
    except Exception as error:  # noqa: BLE001 (it is handed over)
        held.error = error
    finally:
        held.settled.set()


async def dial(url: str, options: DialOptions) -> TrioSocket:
    """Open a connection; raises what the library raises."""
    held = _Held()
    connecting = _Connect(
        url,
        ssl=options.tls if url[:4].lower() == "wss:" else None,
        open_timeout=options.open_timeout_seconds,
        close_timeout=options.close_timeout_seconds,
        max_size=options.max_size_bytes,
        logger=options.logger,
        proxy=None,
        ping_interval=None,
    )
    trio.lowlevel.spawn_system_task(_hold, connecting, held)
    try:
        await held.settled.wait()
    except BaseException:
        held.scope.cancel()
        raise
    if held.connection is not None:
        return TrioSocket(held.connection, options.close_timeout_seconds)
    raise held.error or ConnectionAbortedError("the run is ending")
