"""A client's transport, watched: the only place from which a dial that met a closed port can be seen."""

from machines.demo.address import Address, AddressInvalid
from machines.demo.doors import Doors
from statekit.transports.socket import DialFailed, Socket, Transport


class Witness:
    """A `Transport` that dials with another one and tells the server's doors of every refused dial."""

    def __init__(self, transport: Transport, doors: Doors) -> None:
        self._transport = transport
        self._doors = doors
        doors.witness()

    async def dial(self, url: str) -> Socket:
        """Open a socket, as `Transport.dial` says."""
        client_id = _client_of(url)
        outcome: Socket | DialFailed
        try:
            outcome = await self._transport.dial(url)
        except DialFailed as failed:
            outcome = failed.with_traceback(None)
        del url  # the frame of what is raised below must not hold it
        if not isinstance(outcome, DialFailed):
            return outcome
        if outcome.cause == "refused" and client_id is not None:
            self._doors.dial_refused(client_id)
        raise outcome


def _client_of(url: str) -> str | None:
    try:
        return Address.read(url).client_id
    except (AddressInvalid, ValueError):
        return None
