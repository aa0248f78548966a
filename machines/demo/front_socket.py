"""A server's end of a real WebSocket: what a client's has, and two ways to misbehave."""

import struct
from abc import abstractmethod
from typing import Final

from websockets.frames import Frame, Opcode

from statekit.transports.adapted_socket import AdaptedSocket, Connection
from statekit.transports.socket import NO_CLOSE_CODE

CLOSE_TIMEOUT_SECONDS: Final = 2.0
"""How long a close waits for the client's, in real seconds: on loopback, one that lives answers at once."""

LINGER_NOTHING: Final = struct.pack("ii", 1, 0)
"""The value of SO_LINGER with which closing a socket resets its connection."""


class FrontSocket(AdaptedSocket):
    """A `ServerSocket` that can also `reset`, and close without a code."""

    def __init__(self, connection: Connection, peer: str) -> None:
        super().__init__(connection, CLOSE_TIMEOUT_SECONDS)
        self._peer = peer

    @property
    def peer(self) -> str:
        """A label for the client."""
        return self._peer

    async def aclose(self, code: int = 1000, reason: str = "") -> None:
        """Close, as `Socket.aclose` says; here 1005 is allowed too, and sends a frame without a code."""
        if code == NO_CLOSE_CODE:
            await self._write(Frame(Opcode.CLOSE, b"").serialize(mask=False))
            code = 1000  # of a second close frame, which nobody reads
        await super().aclose(code, reason)

    async def reset(self, frame: str) -> None:
        """Send the first half of a frame, then let TCP reset the connection (RST, not FIN)."""
        raw = Frame(Opcode.TEXT, frame.encode()).serialize(mask=False)
        await self._write(raw[: len(raw) // 2])
        self._linger_nothing()
        await self.abort()

    @abstractmethod
    async def _write(self, raw: bytes) -> None:
        """Put bytes on the wire behind the library's back."""

    @abstractmethod
    def _linger_nothing(self) -> None:
        """Set SO_LINGER to `LINGER_NOTHING`."""
