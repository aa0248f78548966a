"""Everyone who is connected, around the document: what the server does about each thing it hears.

All of it is plain functions between two awaits of a conversation, so the order of the history is the order in which
every client hears of it.
"""

from datetime import UTC, datetime
from typing import Final

from attrs import evolve

from machines.demo.clock import ServerClock
from machines.demo.conversation import Conversation
from machines.demo.document import Applied, Conflict, Duplicate, SharedDocument, Unfit
from machines.demo.faults import Fault, FaultScript
from machines.demo.ledger import Ledger, What
from machines.policy.error_codes import ErrorCode
from machines.wire.codec import FrameInvalid, decode
from machines.wire.messages import (
    ConnectionAck,
    DocumentEdit,
    DocumentSync,
    ErrorMessage,
    Goodbye,
    Inbound,
    OperationAck,
    OperationBroadcast,
    Passed,
    Ping,
    Pong,
    SyncRequest,
)
from machines.wire.objects import JsonObject
from machines.wire.operations import Edit, Retain

GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
AUTH_EXPIRED: Final = 4001
KICKED: Final = 4004
STORM_ERRORS: Final = 11
"""How many errors a storm has: the seed closes at the eleventh of a minute."""
REFUSALS: Final = {
    Fault.RATE_LIMITED: (ErrorCode.RATE_LIMIT_EXCEEDED, "Too many operations.", 500),
    Fault.DOCUMENT_LOCKED: (ErrorCode.DOCUMENT_LOCKED, "Somebody has locked the document.", 2000),
}
"""The faults that refuse an edit for now: the code, the sentence and the milliseconds to wait."""
MAINTENANCE_MS: Final = 3000
_RELAYED: Final = frozenset({"presence", "comment"})


class Room:
    """The conversations that are going on; `hear` answers one frame."""

    def __init__(self, document: SharedDocument, ledger: Ledger, script: FaultScript, clock: ServerClock) -> None:
        self.conversations: list[Conversation] = []
        self._document = document
        self._ledger = ledger
        self._script = script
        self._clock = clock

    def present(self, client_id: str) -> Conversation | None:
        """Return the client's newest conversation that nobody has ended yet; it may be silent."""
        return next((each for each in reversed(self._of(client_id)) if not each.over), None)

    def greet(self, conversation: Conversation, permissions: tuple[str, ...]) -> None:
        """Say connection_ack."""
        conversation.say(
            ConnectionAck(
                client_id=conversation.client_id,
                user_id=conversation.claims.user_id,
                permissions=permissions,
                document_version=self._document.version,
                server_time=self._time(),
            )
        )

    def hear(self, conversation: Conversation, frame: str | bytes) -> None:
        """Answer one frame of a client."""
        try:
            message = decode(frame)
        except FrameInvalid as invalid:
            self._ledger.note(What.GARBAGE, conversation.client_id, note=str(invalid))
            conversation.end(PROTOCOL_ERROR, "invalid frame")
            return
        match message:
            case Ping(timestamp_ms):
                conversation.say(Pong(timestamp_ms, self._clock.now() * 1000))
            case SyncRequest():
                self._sync(conversation, message)
            case DocumentEdit():
                self._edit(conversation, message)
            case Passed(type=kind) if kind in _RELAYED:
                self._tell_others(conversation, evolve(message, client_id=conversation.client_id))
            case Pong() | Goodbye():
                pass
            case _:
                self._ledger.note(What.IGNORED, conversation.client_id, note=type(message).__name__)

    def expire(self, conversation: Conversation) -> None:
        """Tell a client that its token has run out, and close."""
        if conversation.live:
            self._ledger.note(What.EXPIRED, conversation.client_id, generation=conversation.claims.generation)
            conversation.say(self._error(ErrorCode.TOKEN_EXPIRED, "The token has expired.", recoverable=True))
            conversation.end(AUTH_EXPIRED, "token expired")

    def revoke(self, conversation: Conversation) -> None:
        """Tell a client that its token was taken back; it is for the client to close."""
        conversation.say(self._error(ErrorCode.TOKEN_REVOKED, "The token was taken back.", recoverable=False))

    def maintain(self, conversation: Conversation) -> None:
        """Tell a client that maintenance begins, and close."""
        details: dict[str, object] = {"retry_after": MAINTENANCE_MS}
        sentence = "The service is in maintenance."
        conversation.say(self._error(ErrorCode.MAINTENANCE_MODE, sentence, recoverable=True, details=details))
        conversation.end(GOING_AWAY, "maintenance")

    def storm(self, conversation: Conversation) -> None:
        """Tell a client of one error after the other, each about an operation that nobody made."""
        for number in range(STORM_ERRORS):
            details: dict[str, object] = {"message_id": f"nobody:{number}"}
            sentence = "The operation timed out."
            conversation.say(self._error(ErrorCode.OPERATION_TIMEOUT, sentence, recoverable=True, details=details))

    def _sync(self, conversation: Conversation, request: SyncRequest) -> None:
        known = request.last_known_version
        self._ledger.note(What.SYNCED, conversation.client_id, message_id=request.message_id, version=known)
        users = {each.client_id: each.claims.user_id for each in self.conversations if each.live}
        conversation.say(
            DocumentSync(
                document=self._document.snapshot(),
                operations=self._document.since(known) or (),
                current_version=self._document.version,
                active_users=tuple(
                    JsonObject.of({"client_id": client_id, "user_id": user_id}) for client_id, user_id in users.items()
                ),
                message_id=request.message_id,
                last_message_id=self._document.last_of(conversation.client_id),
            )
        )

    def _edit(self, conversation: Conversation, edit: DocumentEdit) -> None:
        client_id, message_id = conversation.client_id, edit.message_id
        if edit.client_id != client_id:
            self._turn_down(conversation, edit, ErrorCode.OPERATION_REJECTED, "The edit bears another client's id.")
            return
        new = not self._document.knows(client_id, message_id)
        if new and self._script.play(Fault.VERSION_CONFLICT, client_id):
            self._refer_to_sync(conversation, edit, self._document.conflict(edit.base_version))
            return
        refusal = next((each for each in REFUSALS if new and self._script.play(each, client_id)), None)
        if refusal is not None:
            self._put_off(conversation, edit, refusal)
            return
        match self._document.submit(edit.base_version, edit.operation, client_id, message_id):
            case Applied(entry, transformed):
                self._ledger.note(
                    What.APPLIED, client_id, message_id=message_id, version=entry.version, edit=entry.operation
                )
                place = _position(edit.operation) if transformed else None
                self._tell_others(
                    conversation,
                    OperationBroadcast(entry.operation, entry.version, client_id, message_id, transformed, place),
                )
                if not self._script.play(Fault.LOST_ACK, client_id):
                    self._acknowledge(conversation, message_id, entry.version)
                if self._script.play(Fault.KICKED, client_id):
                    conversation.end(KICKED, "an administrator removed you")
            case Duplicate(entry):
                self._ledger.note(What.DUPLICATE, client_id, message_id=message_id, version=entry.version)
                self._acknowledge(conversation, message_id, entry.version)
            case Conflict() as conflict:
                self._refer_to_sync(conversation, edit, conflict)
            case Unfit(problem):
                self._turn_down(conversation, edit, ErrorCode.INVALID_OPERATION, problem)

    def _acknowledge(self, conversation: Conversation, message_id: str, version: int) -> None:
        self._ledger.note(What.ACKED, conversation.client_id, message_id=message_id, version=version)
        conversation.say(OperationAck(message_id, version))

    def _refer_to_sync(self, conversation: Conversation, edit: DocumentEdit, conflict: Conflict) -> None:
        self._ledger.note(
            What.CONFLICT, conversation.client_id, message_id=edit.message_id, version=conflict.client_version
        )
        details: dict[str, object] = {
            "message_id": edit.message_id,
            "client_version": conflict.client_version,
            "server_version": conflict.server_version,
            "operations_behind": conflict.operations_behind,
        }
        sentence = "The edit was made on a version that cannot be carried forward; sync first."
        conversation.say(self._error(ErrorCode.VERSION_CONFLICT, sentence, recoverable=True, details=details))

    def _put_off(self, conversation: Conversation, edit: DocumentEdit, fault: Fault) -> None:
        code, sentence, retry_after_ms = REFUSALS[fault]
        details: dict[str, object] = {"message_id": edit.message_id, "retry_after": retry_after_ms}
        conversation.say(self._error(code, sentence, recoverable=True, details=details))

    def _turn_down(self, conversation: Conversation, edit: DocumentEdit, code: ErrorCode, problem: str) -> None:
        self._ledger.note(What.INVALID, conversation.client_id, message_id=edit.message_id, note=problem)
        details: dict[str, object] = {"message_id": edit.message_id}
        conversation.say(self._error(code, problem, recoverable=False, details=details))

    def _tell_others(self, speaker: Conversation, message: Inbound) -> None:
        for each in self.conversations:
            if each.client_id != speaker.client_id:
                each.say(message)

    def _error(
        self, code: ErrorCode, sentence: str, *, recoverable: bool, details: dict[str, object] | None = None
    ) -> ErrorMessage:
        frozen_details = None if details is None else JsonObject.of(details)
        return ErrorMessage(code, sentence, recoverable, self._time(), frozen_details)

    def _of(self, client_id: str) -> list[Conversation]:
        return [each for each in self.conversations if each.client_id == client_id]

    def _time(self) -> str:
        """The time for people to read: on the server's clock, so that the same run gives the same frames."""
        return datetime.fromtimestamp(self._clock.now(), UTC).isoformat()


def _position(edit: Edit) -> int | None:
    """Where an edit of one operation was made, before it was transformed."""
    return edit[0].position if len(edit) == 1 and not isinstance(edit[0], Retain) else None
