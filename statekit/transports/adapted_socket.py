"""A `Socket` over a connection of the library `websockets`; its two clients differ only in how they end one."""

from abc import ABC, abstractmethod
from typing import Protocol

import anyio
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from .socket import NO_CLOSE_FRAME, SocketClosed, check_close


class Connection(Protocol):
    """What the clients of the library have in common."""

    @property
    def state(self) -> State:
        """Where the connection stands."""
        ...

    async def send(self, message: str, /) -> None:
        """Send a text frame."""
        ...

    async def recv(self) -> str | bytes:
        """Wait for a message."""
        ...


class AdaptedSocket(ABC):
    """What both adapters share: sending, receiving, and what the end of a connection is called."""

    def __init__(self, connection: Connection, close_timeout_seconds: float) -> None:
        self._connection = connection
        self._close_timeout_seconds = close_timeout_seconds
        self._closing = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    async def send(self, text: str) -> None:
        """Send one text frame, as `Socket.send` says."""
        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            ending = self._ending(closed)
        except BaseException:
            await self.abort()
            raise
        else:
            return
        raise ending

    async def receive(self) -> str | bytes:
        """Return the next message, as `Socket.receive` says.

        After a close frame the library waits for the peer to end TCP, and waits for ever where that does not happen;
        so a silence as long as the close timeout is taken for an occasion to look.
        """
        try:
            while True:
                with anyio.move_on_after(self._close_timeout_seconds):
                    return await self._connection.recv()
                if self._connection.state is State.CLOSING:
                    await self.abort()
        except ConnectionClosed as closed:
            ending = self._ending(closed)
        raise ending

    async def aclose(self, code: int = 1000, reason: str = "") -> None:
        """Close, as `Socket.aclose` says; the timeout also bounds what has to be written before the close frame."""
        check_close(code, reason)
        self._closing = True
        try:
            with anyio.move_on_after(self._close_timeout_seconds):
                await self._close(code, reason)
        finally:
            await self.abort()

    @abstractmethod
    async def abort(self) -> None:
        """Drop the connection, as `Socket.abort` says; no harm once it has ended."""

    @abstractmethod
    async def _close(self, code: int, reason: str) -> None:
        """Do the closing handshake."""

    def _ending(self, closed: ConnectionClosed) -> SocketClosed:
        if closed.rcvd is not None:
            return SocketClosed(closed.rcvd.code, closed.rcvd.reason)
        if closed.sent is not None and not self._closing:
            return SocketClosed(closed.sent.code, closed.sent.reason)  # the library failed the connection
        return SocketClosed(NO_CLOSE_FRAME)
