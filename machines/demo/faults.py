"""What can be made to go wrong, and for whom: the script that the server plays.

A fault is armed for one client and waits for that client's next fitting moment (`MOMENT`). It counts as happened when
the client can feel it, not when it was armed.
"""

from collections.abc import Callable, Mapping
from enum import Enum, StrEnum
from typing import Final, TypeAlias

from attrs import Attribute, field, frozen

from statekit.transports.socket import NO_CLOSE_CODE, NO_CLOSE_FRAME, check_close


class Fault(StrEnum):
    """The faults by name."""

    REFUSED_DIAL = "refused_dial"
    """The port is closed when the client dials (for everyone who dials meanwhile, as ports are)."""
    TOKEN_REJECTED = "token_rejected"  # noqa: S105  the name of a fault
    """The handshake is answered 401 although the token is good."""
    CLOSED_1013 = "closed_1013"
    """Try again later, with a hint in the reason."""
    CLOSED_1001 = "closed_1001"
    """Going away."""
    RESET_1006 = "reset_1006"
    """The connection breaks in the middle of a frame, without a close frame."""
    SILENT_PEER = "silent_peer"
    """The server hears nothing and says nothing, and the socket stays open: happened when the client gave it up."""
    TOKEN_EXPIRED = "token_expired"  # noqa: S105  the name of a fault
    """The token counts as expired from now on: error TOKEN_EXPIRED, then close 4001."""
    VERSION_CONFLICT = "version_conflict"
    """One new edit is not applied but answered VERSION_CONFLICT."""
    LOST_ACK = "lost_ack"
    """One edit is applied and told to the others, and never acknowledged."""
    RATE_LIMITED = "rate_limited"
    """One new edit is not applied but answered RATE_LIMIT_EXCEEDED, with half a second to wait."""
    DOCUMENT_LOCKED = "document_locked"
    """One new edit is not applied but answered DOCUMENT_LOCKED, with two seconds to wait."""
    KICKED = "kicked"
    """Right after an acknowledgement the client is closed with 4004; only a person connects it again."""
    MAINTENANCE = "maintenance"
    """Error MAINTENANCE_MODE, with three seconds to wait, then close 1001."""
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  the name of a fault
    """Every token of the user is taken back: error TOKEN_REVOKED; only a login helps."""
    ERROR_STORM = "error_storm"
    """Eleven errors about operations that nobody made: the client closes with 4999 and stays away for a while."""
    SERVER_RESTART = "server_restart"
    """Everyone is closed with 1012, the port is shut for a moment; the document survives, connections do not."""


class Moment(Enum):
    """When a fault can strike."""

    DIAL = "dial"
    """At a fresh dial; a client that is connected is dropped (1012) to make it dial, which is part of the fault."""
    SESSION = "session"
    """While the client is connected: at once, or right after its next connection_ack."""
    EDIT = "edit"
    """At the client's next edit that the server has not seen before."""
    SERVER = "server"
    """At once, whoever is connected."""


MOMENT: Final[Mapping[Fault, Moment]] = {
    Fault.REFUSED_DIAL: Moment.DIAL,
    Fault.TOKEN_REJECTED: Moment.DIAL,
    Fault.CLOSED_1013: Moment.SESSION,
    Fault.CLOSED_1001: Moment.SESSION,
    Fault.RESET_1006: Moment.SESSION,
    Fault.SILENT_PEER: Moment.SESSION,
    Fault.TOKEN_EXPIRED: Moment.SESSION,
    Fault.VERSION_CONFLICT: Moment.EDIT,
    Fault.LOST_ACK: Moment.EDIT,
    Fault.RATE_LIMITED: Moment.EDIT,
    Fault.DOCUMENT_LOCKED: Moment.EDIT,
    Fault.KICKED: Moment.EDIT,
    Fault.MAINTENANCE: Moment.SESSION,
    Fault.TOKEN_REVOKED: Moment.SESSION,
    Fault.ERROR_STORM: Moment.SESSION,
    Fault.SERVER_RESTART: Moment.SERVER,
}
"""The moment of each fault."""

FINAL: Final = frozenset({Fault.KICKED, Fault.TOKEN_REVOKED})
"""The faults that no client recovers from by itself: a person has to connect again, or to log in."""

GARBAGE_FRAME: Final = '{"type":"system","ev'
"""Not JSON, for `DemoServer.utter`."""

WRONG_SHAPE_FRAME: Final = '{"type":"operation","event":"operation_ack","data":{"server_version":"seven"}}'
"""JSON, and an event that everybody knows, in a shape that nobody does."""

UNKNOWN_EVENT_FRAME: Final = '{"type":"system","event":"coffee_ready","data":{"cups":3}}'
"""A message from a later version of the wire: to be passed on, never to break the link."""


def _closable(_: object, __: "Attribute[int]", code: int) -> None:
    if code not in {NO_CLOSE_CODE, NO_CLOSE_FRAME}:
        check_close(code, "")


@frozen
class CloseWith:
    """Accept, then end the socket at once: 1005 with a close frame that has no code, 1006 with none at all.

    Raises ValueError for a code that no close frame may carry.
    """

    code: int = field(validator=_closable)
    reason: str = ""


@frozen
class HttpStatus:
    """Answer the handshake with this HTTP status, and a Retry-After where a delay is given."""

    status: int
    retry_after_seconds: float | None = None


DialAnswer: TypeAlias = CloseWith | HttpStatus
"""What a client's dials can be made to meet, one after the other, until it is lifted."""


class FaultScript:
    """The faults that are armed, for each client in the order of arming, and the answers that stand."""

    def __init__(self, happens: Callable[[Fault, str], None]) -> None:
        """`happens` is told each fault as it happens, and to whom."""
        self._happens = happens
        self._armed: dict[str, list[Fault]] = {}
        self._answers: dict[str, DialAnswer] = {}

    def arm(self, fault: Fault, client_id: str) -> None:
        """Let that fault wait for its moment; arming it twice means twice."""
        self._armed.setdefault(client_id, []).append(fault)

    def armed(self, client_id: str) -> tuple[Fault, ...]:
        """Return what waits for the client, oldest first."""
        return tuple(self._armed.get(client_id, ()))

    def next_at(self, moment: Moment, client_id: str) -> Fault | None:
        """Return the oldest fault that waits for such a moment of the client; it stays armed."""
        return next((fault for fault in self.armed(client_id) if MOMENT[fault] is moment), None)

    def play(self, fault: Fault, client_id: str) -> bool:
        """Let that fault happen, once, if it is armed for that client; otherwise return False."""
        waiting = self._armed.get(client_id, [])
        if fault not in waiting:
            return False
        waiting.remove(fault)
        self._happens(fault, client_id)
        return True

    def answer_dials(self, client_id: str, answer: DialAnswer | None) -> None:
        """Let every dial of the client meet that answer from now on; None lifts it."""
        if answer is None:
            self._answers.pop(client_id, None)
        else:
            self._answers[client_id] = answer

    def answer(self, client_id: str) -> DialAnswer | None:
        """Return what the client's dials meet, None where nothing was arranged."""
        return self._answers.get(client_id)
