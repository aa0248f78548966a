"""Real WebSockets, on asyncio and trio, by the library `websockets` (extra `ws`).

Our own doing is to keep the URL secret and to make the two clients behave alike. The library's loggers print the URL,
and its exceptions and their tracebacks may hold it: so it is given a logger that says nothing, and what it raises is
turned into our own exception outside the `except`, so that no cause and no context hangs on to it. As in a browser,
a redirect is not followed, and as the lifecycle owns the heartbeat, the library sends no pings. It uses no proxy.
"""

import ssl
import sys

from .dial_failure import dial_failure
from .dial_options import DialOptions
from .socket import DialFailed, Socket


class WebSocketTransport:
    """A `Transport` over TCP and TLS; it holds no connections and may be shared.

    `open_timeout_seconds` bounds the whole dial and `close_timeout_seconds` a close (10 s each). A message of
    more than `max_size_bytes` ends the connection with 1009; None sets no bound. `tls` replaces the system's trust for
    `wss:` URLs. Raises ValueError for a value that could never work.
    """

    def __init__(
        self,
        *,
        open_timeout_seconds: float = 10.0,
        close_timeout_seconds: float = 10.0,
        max_size_bytes: int | None = 2**20,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._options = DialOptions(
            open_timeout_seconds=open_timeout_seconds,
            close_timeout_seconds=close_timeout_seconds,
            max_size_bytes=max_size_bytes,
            tls=tls,
        )

    def __repr__(self) -> str:
        return f"WebSocketTransport({self._options!r})"

    async def dial(self, url: str) -> Socket:
        """Open a socket, as `Transport.dial` says, on asyncio or trio: whichever runs the calling task."""
        outcome = await self._dial(url)
        del url  # the frame of what is raised below must not hold it
        if isinstance(outcome, DialFailed):
            raise outcome
        return outcome

    async def _dial(self, url: str) -> Socket | DialFailed:
        try:
            if _on_trio():
                from . import trio_websocket

                return await trio_websocket.dial(url, self._options)
            from . import asyncio_websocket

            return await asyncio_websocket.dial(url, self._options)
        except Exception as error:  # noqa: BLE001 (whatever it is, it may hold the URL)
            return dial_failure(error)


def _on_trio() -> bool:
    """Tell whether trio runs this task, without loading it where it does not."""
    if "trio" not in sys.modules:
        return False
    import trio

    return trio.lowlevel.in_trio_task()
