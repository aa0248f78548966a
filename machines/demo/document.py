"""The one document that the clients share: its text, and every edit in the order the server gave them."""

from typing import Final, TypeAlias

from attrs import frozen

from machines.wire.messages import Document, SyncedOperation
from machines.wire.operations import Delete, Edit, Insert
from machines.wire.text import OperationInvalid, Text, apply
from machines.wire.transform import transform

REACH_OPERATIONS: Final = 1000
"""How many operations a client may be behind and still be caught up one by one (ours, as its outgoing queue)."""


@frozen
class Applied:
    """The edit is in: acknowledge it to its author, tell the others.

    `entry` is what was applied and is now the history's last; `transformed` says that it isn't what was sent.
    """

    entry: SyncedOperation
    transformed: bool


@frozen
class Duplicate:
    """The message was applied before, as `entry`: acknowledge it again with that version, and nothing more."""

    entry: SyncedOperation


@frozen
class Conflict:
    """The edit was made on a version from which there is no way forward: the author must sync.

    `operations_behind` is 0 for an author who claims a version that does not exist yet.
    """

    client_version: int
    server_version: int
    operations_behind: int


@frozen
class Unfit:
    """The edit reaches past the end of the text it was made on; `problem` is the sentence that says where."""

    problem: str


Submitted: TypeAlias = Applied | Duplicate | Conflict | Unfit
"""What became of an edit."""


class SharedDocument:
    """A document with a history; version n is the initial text after the history's first n operations.

    Edits made on an older version are carried forward over what came since; at the same place the author with the
    smaller client id stays left (`machines.wire.transform`). An author's own operations since that version are
    concurrent like anybody's: who sends a second edit before the first was acknowledged must not build on the first.
    """

    def __init__(self, document_id: str, initial: Text, *, reach_operations: int = REACH_OPERATIONS) -> None:
        self.document_id = document_id
        self.initial = initial
        self.reach_operations = reach_operations
        self._text = initial
        self._lengths = [len(initial)]
        self._history: list[SyncedOperation] = []
        self._by_message: dict[tuple[str, str], SyncedOperation] = {}
        self._last_by_client: dict[str, str] = {}

    @property
    def text(self) -> Text:
        """The text as it is now."""
        return self._text

    @property
    def version(self) -> int:
        """How many operations were applied."""
        return len(self._history)

    @property
    def history(self) -> tuple[SyncedOperation, ...]:
        """Every operation as it was applied, oldest first; the nth made version n."""
        return tuple(self._history)

    def snapshot(self) -> Document:
        """Return the document as it goes over the wire."""
        return Document(self.document_id, self.version, self._text)

    def since(self, version: int) -> tuple[SyncedOperation, ...] | None:
        """Return the operations after that version; None when they are out of reach or it isn't reached yet."""
        behind = self.version - version
        return tuple(self._history[version:]) if 0 <= behind <= self.reach_operations else None

    def knows(self, client_id: str, message_id: str) -> bool:
        """Say whether that message was applied."""
        return (client_id, message_id) in self._by_message

    def last_of(self, client_id: str) -> str | None:
        """Return the message of that client which was applied last; None if none was."""
        return self._last_by_client.get(client_id)

    def submit(self, base_version: int, edit: Edit, client_id: str, message_id: str) -> Submitted:
        """Apply an edit that was made on `base_version`, once for each (client_id, message_id).

        Anything but `Applied` leaves the document as it was.
        """
        known = self._by_message.get((client_id, message_id))
        if known is not None:
            return Duplicate(known)
        concurrent = self.since(base_version)
        if concurrent is None:
            return self.conflict(base_version)
        try:
            _check_fit(edit, self._lengths[base_version])
        except OperationInvalid as misfit:
            return Unfit(str(misfit))
        forward = edit
        for other in concurrent:
            forward = transform(forward, other.operation, first=client_id < other.client_id)
        entry = SyncedOperation(forward, self.version + 1, client_id, message_id)
        self._text = apply(self._text, forward)
        self._lengths.append(len(self._text))
        self._history.append(entry)
        self._by_message[client_id, message_id] = entry
        self._last_by_client[client_id] = message_id
        return Applied(entry, transformed=forward != edit)

    def conflict(self, base_version: int) -> Conflict:
        """Describe how an edit made on that version stands to the document."""
        return Conflict(base_version, self.version, max(0, self.version - base_version))


def _check_fit(edit: Edit, length: int) -> None:
    """Raise `OperationInvalid` as `apply` would on a text of that length, which is all that an old version leaves."""
    for index, operation in enumerate(edit):
        if operation.end > length:
            raise OperationInvalid(operation, index, length)
        if isinstance(operation, Insert):
            length += len(operation.content)
        elif isinstance(operation, Delete):
            length -= operation.length
