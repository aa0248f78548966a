"""Everyone who is connected, around the documents: what the server does about each thing it hears.

Everybody has the URL's document open, and any other that they have asked for. All of it is plain functions between two
awaits of a conversation, so the order of a history is the order in which every client hears of it.
"""

from collections.abc import Mapping
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
    URL_DOCUMENT,
    ConnectionAck,
    DocumentClose,
    DocumentEdit,
    DocumentSync,
    ErrorMessage,
    Goodbye,
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

    def __init__(
        self, documents: Mapping[str, SharedDocument], ledger: Ledger, script: FaultScript, clock: ServerClock
    ) -> None:
        self.conversations: list[Conversation] = []
        self._documents = documents
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
                document_version=self._documents[URL_DOCUMENT].version,
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
            case SyncRequest(document_id=name) | DocumentEdit(document_id=name) if name not in self._documents:
                self._miss(conversation, message)
            case SyncRequest():
                conversation.documents.add(message.document_id)
                self._sync(conversation, message)
            case DocumentEdit():
                self._edit(conversation, message)
            case DocumentClose(name):
                conversation.documents.discard(name)
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
            conversation.say(self._error(ErrorCode.TOKEN_EXPIRED, "The token has expired."))
            conversation.end(AUTH_EXPIRED, "token expired")

    def revoke(self, conversation: Conversation) -> None:
        """Tell a client that its token was taken back; it is for the client to close."""
        conversation.say(self._error(ErrorCode.TOKEN_REVOKED, "The token was taken back.", recoverable=False))

    def maintain(self, conversation: Conversation) -> None:
        """Tell a client that maintenance begins, and close."""
        details: dict[str, object] = {"retry_after": MAINTENANCE_MS}
        sentence = "The service is in maintenance."
        conversation.say(self._error(ErrorCode.MAINTENANCE_MODE, sentence, details=details))
        conversation.end(GOING_AWAY, "maintenance")

    def storm(self, conversation: Conversation) -> None:
        """Tell a client of one error after the other, each about an operation that nobody made."""
        for number in range(STORM_ERRORS):
            details: dict[str, object] = {"message_id": f"nobody:{number}"}
            sentence = "The operation timed out."
            conversation.say(self._error(ErrorCode.OPERATION_TIMEOUT, sentence, details=details))

    def _miss(self, conversation: Conversation, asked: SyncRequest | DocumentEdit) -> None:
        sentence = "There is no such document."
        self._refuse(conversation, asked, self._error(ErrorCode.DOCUMENT_NOT_FOUND, sentence, recoverable=False))

    def _sync(self, conversation: Conversation, request: SyncRequest) -> None:
        known, document = request.last_known_version, self._documents[request.document_id]
        self._note(What.SYNCED, conversation, request, known)
        users = {each.client_id: each.claims.user_id for each in self.conversations if each.live}
        conversation.say(
            DocumentSync(
                document=document.snapshot(),
                operations=document.since(known) or (),
                current_version=document.version,
                active_users=tuple(
                    JsonObject.of({"client_id": client_id, "user_id": user_id}) for client_id, user_id in users.items()
                ),
                message_id=request.message_id,
                last_message_id=document.last_of(conversation.client_id),
                document_id=request.document_id,
            )
        )

    def _edit(self, conversation: Conversation, edit: DocumentEdit) -> None:
        client_id, message_id, name = conversation.client_id, edit.message_id, edit.document_id
        document = self._documents[name]
        if edit.client_id != client_id:
            self._turn_down(conversation, edit, ErrorCode.OPERATION_REJECTED, "The edit bears another client's id.")
            return
        new = not document.knows(client_id, message_id)
        if new and self._script.play(Fault.VERSION_CONFLICT, client_id):
            self._refer_to_sync(conversation, edit, document.conflict(edit.base_version))
            return
        refusal = next((each for each in REFUSALS if new and self._script.play(each, client_id)), None)
        if refusal is not None:
            self._put_off(conversation, edit, refusal)
            return
        match document.submit(edit.base_version, edit.operation, client_id, message_id):
            case Applied(entry, transformed):
                self._note(What.APPLIED, conversation, edit, entry.version, entry.operation)
                place = _position(edit.operation) if transformed else None
                self._tell_others(
                    conversation,
                    OperationBroadcast(entry.operation, entry.version, client_id, message_id, transformed, place, name),
                )
                if not self._script.play(Fault.LOST_ACK, client_id):
                    self._acknowledge(conversation, edit, entry.version)
                if self._script.play(Fault.KICKED, client_id):
                    conversation.end(KICKED, "an administrator removed you")
            case Duplicate(entry):
                self._note(What.DUPLICATE, conversation, edit, entry.version)
                self._acknowledge(conversation, edit, entry.version)
            case Conflict() as conflict:
                self._refer_to_sync(conversation, edit, conflict)
            case Unfit(problem):
                self._turn_down(conversation, edit, ErrorCode.INVALID_OPERATION, problem)

    def _acknowledge(self, conversation: Conversation, edit: DocumentEdit, version: int) -> None:
        self._note(What.ACKED, conversation, edit, version)
        conversation.say(OperationAck(edit.message_id, version, document_id=edit.document_id))

    def _refer_to_sync(self, conversation: Conversation, edit: DocumentEdit, conflict: Conflict) -> None:
        self._note(What.CONFLICT, conversation, edit, conflict.client_version)
        details: dict[str, object] = {
            "message_id": edit.message_id,
            "client_version": conflict.client_version,
            "server_version": conflict.server_version,
            "operations_behind": conflict.operations_behind,
        }
        sentence = "The edit was made on a version that cannot be carried forward; sync first."
        self._refuse(conversation, edit, self._error(ErrorCode.VERSION_CONFLICT, sentence, details=details))

    def _put_off(self, conversation: Conversation, edit: DocumentEdit, fault: Fault) -> None:
        code, sentence, retry_after_ms = REFUSALS[fault]
        details: dict[str, object] = {"message_id": edit.message_id, "retry_after": retry_after_ms}
        self._refuse(conversation, edit, self._error(code, sentence, details=details))

    def _turn_down(self, conversation: Conversation, edit: DocumentEdit, code: ErrorCode, problem: str) -> None:
        self._note(What.INVALID, conversation, edit, note=problem)
        details: dict[str, object] = {"message_id": edit.message_id}
        self._refuse(conversation, edit, self._error(code, problem, recoverable=False, details=details))

    def _refuse(self, conversation: Conversation, asked: SyncRequest | DocumentEdit, error: ErrorMessage) -> None:
        """Answer with an error, which is about the document that was asked about."""
        conversation.say(evolve(error, document_id=asked.document_id))

    def _note(
        self, what: What, conversation: Conversation, asked: SyncRequest | DocumentEdit,
        version: int | None = None, edit: Edit | None = None, note: str = "",
    ) -> None:  # fmt: skip
        """Add an entry about what a client asked for."""
        self._ledger.note(
            what, conversation.client_id, message_id=asked.message_id, version=version, edit=edit, note=note,
            document_id=asked.document_id,
        )  # fmt: skip

    def _tell_others(self, speaker: Conversation, message: OperationBroadcast | Passed) -> None:
        for each in self.conversations:
            if each.client_id != speaker.client_id and message.document_id in each.documents:
                each.say(message)

    def _error(
        self, code: ErrorCode, sentence: str, *, recoverable: bool = True, details: dict[str, object] | None = None
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
