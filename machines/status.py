"""The public status of a session: what an application shows, as a pure function of the machines."""

from enum import StrEnum

from attrs import frozen

from machines.connection import CONNECTION, State
from statekit import View


class Status(StrEnum):
    """The six words that a user interface needs; lifecycles section 2 (a) gives them in brackets."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    WAITING = "waiting"
    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    FAILED = "failed"


STATUS_OF = {
    State.IDLE: Status.OFFLINE,
    State.AUTHORIZING: Status.CONNECTING,
    State.ACQUIRING: Status.CONNECTING,
    State.PARKED: Status.WAITING,
    State.DIALING: Status.CONNECTING,
    State.HANDSHAKING: Status.CONNECTING,
    State.SETTLING: Status.CONNECTED,
    State.STABLE: Status.CONNECTED,
    State.DRAINING: Status.CONNECTED,
    State.BACKING_OFF: Status.RECONNECTING,
    State.SUSPENDED: Status.RECONNECTING,
    State.CLOSING: Status.OFFLINE,
    State.FAILED: Status.FAILED,
}


@frozen
class StatusNow:
    """The status, and the reason where there is one: `kicked`, `user`, `server_closed`, a shut gate, …"""

    status: Status
    reason: str = ""

    def __str__(self) -> str:
        """Read as it is shown."""
        return f"{self.status} ({self.reason})" if self.reason else str(self.status)


def public_status(session: View) -> StatusNow:
    """Tell what a session's application should show."""
    seen = session.of(CONNECTION)
    if seen.state is State.PARKED:
        return StatusNow(Status.WAITING, ", ".join(sorted(seen.context.gates)) or "circuit_breaker")
    told = seen.state in (State.IDLE, State.FAILED, State.BACKING_OFF, State.SUSPENDED)
    return StatusNow(STATUS_OF[seen.state], seen.context.reason if told else "")
