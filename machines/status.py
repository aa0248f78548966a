"""The public status of a session: what an application shows, as a pure function of the machines."""

from enum import StrEnum

from attrs import frozen

from machines.connection import CONNECTION, State
from machines.gates import Gate
from machines.hold import HOLD, is_maintained, is_read_only, is_unavailable, locks
from machines.rate_limit import RATE_LIMIT, is_limited
from machines.wire.messages import URL_DOCUMENT
from statekit import View


class Status(StrEnum):
    """The six words that a user interface needs."""

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


GRAVEST_FIRST = (Gate.REAUTH, Gate.OFFLINE, Gate.STORM, Gate.MAINTENANCE, Gate.HIDDEN)
"""Of several shut gates the first of these is shown: what the user can do something about, then what lasts."""


@frozen
class StatusNow:
    """The status, and the reason where there is one: `kicked`, `user`, `server_closed`, the gravest shut gate, …

    While connected the reason says why operations on the URL's document are kept nevertheless; that another document is
    locked is told as an error about that. `user_message(reason)` has words for each.
    """

    status: Status
    reason: str = ""

    def __str__(self) -> str:
        """Read as it is shown."""
        return f"{self.status} ({self.reason})" if self.reason else str(self.status)


def public_status(session: View) -> StatusNow:
    """Tell what a session's application should show."""
    seen = session.of(CONNECTION)
    if seen.state is State.PARKED:
        shut = (gate.value for gate in GRAVEST_FIRST if gate in seen.context.gates)
        return StatusNow(Status.WAITING, next(shut, "circuit_breaker"))
    if STATUS_OF[seen.state] is Status.CONNECTED:
        return StatusNow(Status.CONNECTED, _why_kept(session))
    told = seen.state in (State.IDLE, State.FAILED, State.BACKING_OFF, State.SUSPENDED)
    return StatusNow(STATUS_OF[seen.state], seen.context.reason if told else "")


def _why_kept(session: View) -> str:
    """Tell why operations on the URL's document are kept although there is a link; empty while they are not."""
    held = session.of(HOLD).context
    if is_maintained(held):
        return "maintenance"
    if is_unavailable(held):
        return "unavailable"
    if locks(held, URL_DOCUMENT):
        return "document_locked"
    if is_read_only(held):
        return "read_only"
    return "rate_limited" if is_limited(session.of(RATE_LIMIT).context) else ""
