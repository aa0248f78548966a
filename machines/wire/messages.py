"""What client and server say to each other: one frozen value per message of the protocol, in both directions.

The fields are named as on the wire, but for a unit where the wire leaves it out (`retry_after` in
milliseconds is `retry_after_ms`). `client_id` and `message_id` belong to the envelope and ride on the
messages that need them. Required fields come first; what the peer may leave out has a default. `codec` turns
them into frames and back.

One socket may carry several documents. The URL names one of them, and a message that concerns another bears its
`document_id` in the envelope; without one the URL's is meant, so a peer that knows of no other is spoken to as ever:
- A `SyncRequest` with a document_id opens that document on this socket. From then on the server sends what others do
  to it, until a `DocumentClose` or the end of the socket; on the next one the client asks again for what it has open.
- `DocumentEdit`, `DocumentSync`, `OperationAck`, `OperationBroadcast`, an `ErrorMessage` about a document or one of its
  operations, and whatever is `Passed` on bear it in both directions. Everything else concerns the link and its user.
- A message_id is that of one message, whichever document it concerns.
- A server that knows of no other documents answers for the URL's alone: to the client that is no answer, and it asks
  again, ever more rarely.
"""

from typing import Final, TypeAlias

from attrs import field, frozen

from machines.wire.fields import Place, at_least, not_negative, spelled
from machines.wire.objects import Json, JsonObject, freeze, freeze_object_if_any
from machines.wire.operations import Edit
from machines.wire.text import Text

URL_DOCUMENT: Final = ""
"""How the document of the URL is called among several: it has no name, on the wire or here."""


@frozen
class ConnectionAck:
    """The server has accepted the connection; nothing of an earlier one lives on."""

    client_id: str
    user_id: str
    permissions: tuple[str, ...]
    """Of read, write, comment, moderate, admin; others may be added."""
    document_version: int = field(validator=at_least(0))
    server_time: str
    """ISO 8601, for people; nothing is computed from it."""


@frozen
class Ping:
    """Are you there? Answered by a `Pong` with the same timestamp; either side may ask."""

    timestamp_ms: float = field(validator=not_negative, metadata=spelled("timestamp"))
    """Any number of the sender's own clock; it comes back untouched."""


@frozen
class Pong:
    """The answer to a `Ping`, with its timestamp."""

    timestamp_ms: float = field(validator=not_negative, metadata=spelled("timestamp"))
    server_time_ms: float | None = field(default=None, metadata=spelled("server_time"))
    """Only the server says it."""


@frozen
class SyncRequest:
    """What has happened since the version I know? Answered by a `DocumentSync` with the same message_id."""

    last_known_version: int = field(validator=at_least(0), metadata=spelled(also="last_version", sends_also=True))
    message_id: str = field(metadata=spelled(place=Place.ENVELOPE))
    client_state: JsonObject | None = field(default=None, converter=freeze_object_if_any)
    """What the application wants the server to know; untouched."""
    document_id: str = field(default=URL_DOCUMENT, metadata=spelled(place=Place.ENVELOPE_ALONE))


@frozen
class Document:
    """A document at one version. On the wire the text is `content`, and `formats` when it has any."""

    id: str
    version: int = field(validator=at_least(0))
    text: Text


@frozen
class SyncedOperation:
    """One edit that the server has, with its message: how a client learns which of its own arrived."""

    operation: Edit
    version: int = field(validator=at_least(0))
    """The document's version once it was applied."""
    client_id: str
    message_id: str


@frozen
class DocumentSync:
    """The answer to a `SyncRequest`: the document, and the operations since the version asked about."""

    document: Document
    operations: tuple[SyncedOperation, ...] = field(default=(), metadata=spelled(also="missed_operations"))
    current_version: int | None = None
    active_users: tuple[JsonObject, ...] = ()
    """As the server describes them; untouched."""
    message_id: str | None = field(default=None, metadata=spelled(place=Place.ENVELOPE))
    """The request's, or None when nobody asked."""
    last_message_id: str | None = None
    """The last edit of the asker's that the server has, whether or not `operations` reaches back to it."""
    document_id: str = field(default=URL_DOCUMENT, metadata=spelled(place=Place.ENVELOPE_ALONE))


@frozen
class ErrorMessage:
    """Something went wrong at the server's side (seed, "Error Message Format")."""

    error_code: str
    message: str
    recoverable: bool
    timestamp: str
    details: JsonObject | None = field(default=None, converter=freeze_object_if_any)
    """An error about an operation carries its `message_id` here."""
    document_id: str = field(default=URL_DOCUMENT, metadata=spelled(place=Place.ENVELOPE_ALONE))


@frozen
class RateLimited:
    """Send nothing for that long; means the same as the error RATE_LIMIT_EXCEEDED."""

    retry_after_ms: float = field(validator=not_negative, metadata=spelled("retry_after"))
    message: str | None = None


@frozen
class TokenRefreshRequired:
    """The token expires in that many seconds: refresh it now."""

    expires_in_seconds: float = field(validator=not_negative, metadata=spelled("expires_in"))
    reason: str | None = None


@frozen
class PermissionChange:
    """What the user may do from now on; without `write`, operations wait."""

    permissions: tuple[str, ...]
    removed: tuple[str, ...] = ()
    reason: str | None = None
    effective_at: str | None = None


@frozen
class Goodbye:
    """The client is about to close with 1000 (`system/disconnect`)."""

    reason: str


@frozen
class DocumentEdit:
    """An edit made on `base_version`; a server that has seen its (client_id, message_id) acknowledges it
    again, no more.
    """

    operation: Edit
    base_version: int = field(validator=at_least(0))
    client_id: str = field(metadata=spelled(place=Place.BOTH))
    message_id: str = field(metadata=spelled(place=Place.ENVELOPE))
    document_id: str = field(default=URL_DOCUMENT, metadata=spelled(place=Place.ENVELOPE_ALONE))


@frozen
class DocumentClose:
    """The client has closed a document: nothing more of it need be sent over this socket."""

    document_id: str = field(default=URL_DOCUMENT, metadata=spelled(place=Place.ENVELOPE_ALONE))


@frozen
class OperationAck:
    """The server has the edit of that message_id, as the document's `server_version`."""

    message_id: str
    """The edit's, so it stands in `data`, not in the envelope."""
    server_version: int = field(validator=at_least(0))
    acknowledged: bool = True
    document_id: str = field(default=URL_DOCUMENT, metadata=spelled(place=Place.ENVELOPE_ALONE))


@frozen
class OperationBroadcast:
    """Somebody's edit, as the server applied it; `version` is the document's once it was."""

    operation: Edit
    version: int = field(validator=at_least(0))
    client_id: str = field(metadata=spelled(place=Place.ENVELOPE))
    message_id: str = field(metadata=spelled(place=Place.ENVELOPE))
    transformed: bool = False
    original_position: int | None = None
    document_id: str = field(default=URL_DOCUMENT, metadata=spelled(place=Place.ENVELOPE_ALONE))


@frozen
class Passed:
    """Presence, comments, and whatever we do not know: delivered as it came, and never a reason to break the
    link.
    """

    type: str
    event: str
    data: Json = field(default=None, converter=freeze)
    client_id: str | None = None
    message_id: str | None = None
    document_id: str = URL_DOCUMENT


Inbound: TypeAlias = (
    ConnectionAck
    | Ping
    | Pong
    | DocumentSync
    | ErrorMessage
    | RateLimited
    | TokenRefreshRequired
    | PermissionChange
    | OperationAck
    | OperationBroadcast
    | Passed
)
"""What a client receives."""

Outbound: TypeAlias = Ping | Pong | SyncRequest | Goodbye | DocumentEdit | DocumentClose | Passed
"""What a client sends."""

Message: TypeAlias = Inbound | Outbound
"""Every message of the wire, whoever sends it."""
