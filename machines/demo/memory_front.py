"""The way in through memory: a `DemoServer` behind a `MemoryNetwork`, on asyncio and trio, under virtual time too."""

from types import TracebackType
from typing import Self

from machines.demo.address import Address
from machines.demo.server import DemoServer
from machines.demo.witness import Witness
from statekit.transports.memory import MemoryNetwork
from statekit.transports.socket import Transport


class MemoryFront:
    """A network with the server at its end; an async context manager, to be entered inside the server's."""

    def __init__(self, server: DemoServer, *, latency_seconds: float = 0.0) -> None:
        """`latency_seconds` are the loop's, as in `MemoryNetwork`."""
        self.network = MemoryNetwork(server, latency_seconds=latency_seconds)
        self._server = server

    async def __aenter__(self) -> Self:
        await self.network.__aenter__()
        self._server.doors.attach(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._server.doors.detach(self)
        return await self.network.__aexit__(kind, error, trace)

    def transport(self) -> Transport:
        """Return what clients dial with; refused dials are told to the server."""
        return Witness(self.network.transport(), self._server.doors)

    def url(self, client_id: str, token: str) -> str:
        """Return what a client dials: a secret."""
        return "ws://memory" + Address(self._server.document.document_id, client_id, token).path

    async def shut(self) -> None:
        """Refuse new dials, as `Door.shut` says."""
        self.network.listening = False

    async def open(self) -> None:
        """Accept them again, as `Door.open` says."""
        self.network.listening = True
