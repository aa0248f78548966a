"""Server: the one that conflict_recovery is explored against, as a frozen value.

It keeps every text that the document ever had, so that what a client holds for a version can be compared with what that
version was. Somebody else, `BOB`, edits the document too, always on its newest version.
"""

from typing import Final

from attrs import evolve, frozen

from machines.algebra import OperationUnfit
from machines.replica import Replica
from machines.text import TEXT, TextAlgebra
from machines.wire.messages import Document, DocumentSync, OperationBroadcast, SyncedOperation
from machines.wire.operations import Delete, Edit, Insert
from machines.wire.text import Text

BOB: Final = "bob"
"""The author of what others do; his name stands between those of the clients, so that either goes first at times."""

BEGINNING: Final = Text("m")
"""The document before anybody edits it."""


@frozen
class Stubborn(TextAlgebra):
    """Text whose inserts cannot be carried past a delete, nor a delete past an insert."""

    name = "stubborn text"

    def cross(self, left: Edit, right: Edit, *, first: bool) -> tuple[Edit, Edit]:
        """See `TextAlgebra`; raises `OperationUnfit` for an insert and a delete."""
        if {type(each) for each in (*left, *right)} == {Insert, Delete}:
            raise OperationUnfit
        return super().cross(left, right, first=first)


STUBBORN: Final = Stubborn()
"""A type of documents for which not everything can be carried along."""


@frozen
class Temper:
    """What a server is like.

    Whether it `transforms` an edit that was made on an older version, or rejects it as a conflict; whether its answers
    tell the `operations` since the version that was asked about; whether they tell the `last` message of the asker's;
    whether it `knows` a message again, and acknowledges it once more. One that does not applies it twice.
    """

    transforms: bool
    operations: bool
    last: bool
    knows: bool


@frozen
class Sent:
    """An edit on its way: the number that names it, those of all operations that it brings, and what it says."""

    number: int
    parts: tuple[int, ...]
    edit: Edit
    version: int


@frozen
class Applied:
    """One operation as the server applied it; without parts it is Bob's."""

    parts: tuple[int, ...]
    edit: Edit

    def told(self, client_id: str, version: int, opening: str = "") -> SyncedOperation:
        """Give it as an answer tells of it."""
        if not self.parts:
            return SyncedOperation(self.edit, version, BOB, f"{BOB}:{version}")
        name = Replica(client_id, opening=opening).message_id(self.parts[0])
        return SyncedOperation(self.edit, version, client_id, name)


@frozen(cache_hash=True)
class Server:
    """What was applied, and the text after each: that of version n is `texts[n]`."""

    applied: tuple[Applied, ...] = ()
    texts: tuple[Text, ...] = (BEGINNING,)

    @property
    def version(self) -> int:
        """How many operations were applied."""
        return len(self.applied)

    @property
    def text(self) -> Text:
        """The document as it is now."""
        return self.texts[-1]

    @property
    def parts(self) -> tuple[int, ...]:
        """The numbers of the client's operations that were applied, in this order."""
        return tuple(part for each in self.applied for part in each.parts)

    def version_of(self, number: int) -> int:
        """Tell which version a message of the client's made; 0 if it was not applied."""
        return next((at for at, each in enumerate(self.applied, 1) if each.parts[:1] == (number,)), 0)

    def with_applied(self, each: Applied) -> "Server":
        """Apply an operation that was made on the newest version; raises `OperationUnfit`."""
        text = TEXT.apply(self.text, each.edit)
        return evolve(self, applied=(*self.applied, each), texts=(*self.texts, text))

    def take(self, sent: Sent, temper: Temper, client_id: str) -> "Server | None":
        """Take an edit of the client's; None if it is a conflict, or fits nothing."""
        if temper.knows and self.version_of(sent.number):
            return self
        edit, since = sent.edit, self.applied[sent.version :]
        if sent.version > self.version or (since and not temper.transforms):
            return None
        try:
            for each in since:
                edit = TEXT.transform(edit, each.edit, first=bool(each.parts) or client_id < BOB)
            return self.with_applied(Applied(sent.parts, edit))
        except OperationUnfit:
            return None

    def broadcast(self, client_id: str) -> OperationBroadcast:
        """Tell of the last operation, which is Bob's."""
        last = self.applied[-1].told(client_id, self.version)
        return OperationBroadcast(last.operation, last.version, last.client_id, last.message_id)

    def sync(self, known_version: int, temper: Temper, client_id: str, opening: str) -> DocumentSync:
        """Answer a question of an opening of the document."""
        told = [each.told(client_id, at, opening) for at, each in enumerate(self.applied, 1)]
        last = next((each.message_id for each in reversed(told) if each.client_id == client_id), None)
        return DocumentSync(
            Document("d", self.version, self.text),
            tuple(told[known_version:]) if temper.operations else (),
            last_message_id=last if temper.last else None,
        )
