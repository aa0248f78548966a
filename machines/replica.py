"""A replica: one client's copy of a document, with the operations that the server does not have yet.

Theory. `base` is the server's document at `version`; `pending` is what goes to the server, a message each: the first
made on `base`, each next one on what the one before left. What the user sees is `view`: the base with everything
pending applied. A remote operation is applied to the base and carried past the pending ones one by one (each of them is
rewritten to follow it, and it to follow each of them); what is left of it at the end is the change of the view. An
acknowledgement moves the head into the base and changes no view. Rolling one back carries its inverse past those after
it in the same way. One that cannot be carried along is rolled back first, and kept in `lost` until that is told.
Everything here is a value and a pure function of values; what an operation is, only the algebra knows.
"""

from contextlib import suppress
from functools import reduce
from itertools import chain
from typing import TypeVar, cast

from attrs import Factory, evolve, field, frozen

from machines.algebra import Algebra, OperationUnfit
from machines.text import TEXT
from machines.wire.messages import URL_DOCUMENT, DocumentSync, SyncedOperation
from machines.wire.operations import Edit
from machines.wire.text import Text

D = TypeVar("D")
O = TypeVar("O")  # noqa: E741 - an operation, as D is a document

MEMORY = 1000
"""How many changes of the view are remembered, for operations that were made before them but arrive after."""


@frozen
class Part:
    """One accepted operation of ours: its number, and the edit as it reads now."""

    sequence: int
    edit: Edit


@frozen
class Pending:
    """What one message brings to the server: operations in a row, named by the first, and whether it was ever sent.

    Once sent it may be rewritten, never composed with another: the server may have it under its number.
    """

    parts: tuple[Part, ...]
    sent: bool = False

    @property
    def sequence(self) -> int:
        """The number that names the message, the same on every resend."""
        return self.parts[0].sequence


class _Stuck(Exception):
    """The operation at this place cannot be carried along."""

    def __init__(self, place: int) -> None:
        self.place = place


@frozen
class Replica:
    """See the module. `revision` counts the changes of the view, `recent` keeps the last of them.

    `opening` tells the messages apart from those of the client's other documents, and of this one when it was open
    before: its numbers begin afresh, and under a name that the server has seen it takes nothing.
    """

    client_id: str
    document_id: str = field(default=URL_DOCUMENT, kw_only=True)
    opening: str = field(default="", kw_only=True)
    algebra: Algebra[Text, Edit] = field(default=TEXT, kw_only=True)
    version: int = 0
    base: Text = field(default=Factory(lambda self: self.algebra.empty, takes_self=True))
    pending: tuple[Pending, ...] = ()
    sequence: int = 0
    revision: int = 0
    recent: tuple[Edit, ...] = ()
    loaded: bool = False
    lost: tuple[Part, ...] = ()

    # ------------------------------------------------------------------------------------------------- what there is
    @property
    def view(self) -> Text:
        """The document as its user sees it."""
        return reduce(self.algebra.apply, (part.edit for part in self.parts), self.base)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The operations that the server does not have, in the order in which they were made."""
        return tuple(chain.from_iterable(each.parts for each in self.pending))

    @property
    def head(self) -> Pending:
        """What is sent, or is to be sent next; raises IndexError if nothing is."""
        return self.pending[0]

    def edit(self, pending: Pending) -> Edit:
        """What a message brings, as one operation."""
        return reduce(self.algebra.compose, (part.edit for part in pending.parts))

    def message_id(self, sequence: int) -> str:
        """The de-duplication key of one of our messages; the same on every resend, and no other document's."""
        return self.named(f"{self.client_id}:{sequence}")

    def named(self, name: str) -> str:
        """Tell a name apart from those that any other opening gives."""
        return f"{name}:{self.opening}" if self.opening else name

    def is_head(self, message_id: str | None) -> bool:
        """Tell whether that is the name of the head."""
        return bool(self.pending) and message_id == self.message_id(self.head.sequence)

    # ------------------------------------------------------------------------------------------------------- our user
    def fits(self, edit: Edit, revision: int) -> bool:
        """Tell whether an edit made at `revision` can still be understood, and fits the document."""
        try:
            self.algebra.apply(self.view, self.caught_up(edit, revision))
        except OperationUnfit:
            return False
        return 0 <= self.revision - revision <= len(self.recent)

    def submitted(self, edit: Edit, revision: int) -> "Replica":
        """Take on an operation of our user, who made it on the view of `revision`."""
        edit = self.caught_up(edit, revision)
        pending = (*self.pending, Pending((Part(self.sequence + 1, edit),)))
        return evolve(self, pending=pending, sequence=self.sequence + 1).changed(edit)

    def caught_up(self, edit: Edit, revision: int) -> Edit:
        """Rewrite an edit made on the view of an earlier revision to follow what has changed since."""
        behind = self.revision - revision
        for change in self.recent[-behind:] if behind else ():
            edit = self.algebra.transform(edit, change, first=False)
        return edit

    # -------------------------------------------------------------------------------------------------- the head's way
    def sent_head(self, parts_max: int) -> "Replica":
        """Note that the head is on its way, composed with what is behind it if it never was before."""
        head, *behind = self.pending
        while not head.sent and behind and len(head.parts) + len(behind[0].parts) <= parts_max:
            head = Pending(head.parts + behind.pop(0).parts)
        return evolve(self, pending=(evolve(head, sent=True), *behind))

    def acknowledged(self, version: int) -> "Replica":
        """Move the head into the base: the server has it, as `version`."""
        base = self.algebra.apply(self.base, self.edit(self.head))
        return evolve(self, base=base, version=version, pending=self.pending[1:])

    def without(self, place: int = 0, *, lost: bool = False) -> "Replica":
        """Roll one back, the head unless told otherwise, as if it had never been made."""
        algebra, gone = self.algebra, self.pending[place]
        before = reduce(
            lambda document, each: algebra.apply(document, self.edit(each)), self.pending[:place], self.base
        )
        try:
            left = self._carried(algebra.invert(before, self.edit(gone)), place + 1, first=False)
        except _Stuck as stuck:
            return self.without(stuck.place, lost=True).without(place, lost=lost)
        pending = (*left.pending[:place], *left.pending[place + 1 :])
        return evolve(left, pending=pending, lost=(*left.lost, *gone.parts) if lost else left.lost)

    # ----------------------------------------------------------------------------------------------------- the server
    def receives(self, edit: Edit) -> bool:
        """Tell whether a remote operation fits the server's document as we know it."""
        try:
            self.algebra.apply(self.base, edit)
        except OperationUnfit:
            return False
        return True

    def received(self, edit: Edit, client_id: str, version: int) -> "Replica":
        """Apply somebody else's operation, which made the server's document `version`."""
        base = self.algebra.apply(self.base, edit)
        return evolve(self.rebased(edit, base, first=client_id < self.client_id), version=version)

    def synced(self, sync: DocumentSync, *, afresh: bool = False) -> "Replica":
        """Take over what the server says it has.

        The operations since our version are applied one by one, our own among them counting as acknowledged. If they
        are not all there, or do not fit, or the server has lost versions that we have, or if all is to begin `afresh`,
        its document replaces ours, and what is pending follows as well as it can.
        """
        missed = [each for each in sync.operations if each.version > self.version]
        whole = [each.version for each in missed] == list(range(self.version + 1, sync.document.version + 1))
        if self.loaded and whole and not afresh and sync.document.version >= self.version:
            with suppress(OperationUnfit):
                caught = reduce(Replica.caught, missed, self)
                # What the server had before its document replaced ours is in there twice.
                return caught.without() if caught.is_head(sync.last_message_id) else caught
        return evolve(self.replaced(sync), version=sync.document.version, loaded=True)

    def caught(self, each: SyncedOperation) -> "Replica":
        """Take over one operation that the server has: our own head is acknowledged by it."""
        if self.is_head(each.message_id):
            return self.acknowledged(each.version)
        return self.received(each.operation, each.client_id, each.version)

    def replaced(self, sync: DocumentSync) -> "Replica":
        """Take over a whole document; what of ours is in it has arrived, what is pending follows as well as it can."""
        told = (sync.last_message_id, *(each.message_id for each in sync.operations))
        arrived = self.acknowledged(self.version) if any(map(self.is_head, told)) else self
        document = sync.document.text
        if document == arrived.base:
            return arrived
        return arrived.rebased(self.algebra.difference(arrived.base, document), document, first=True)

    def rebased(self, change: Edit, base: Text, *, first: bool) -> "Replica":
        """Put a new base below what is pending: `change` made it of the old one."""
        try:
            return evolve(self._carried(change, 0, first=first), base=base)
        except _Stuck as stuck:
            return self.without(stuck.place, lost=True).rebased(change, base, first=first)

    def _carried(self, change: Edit, start: int, *, first: bool) -> "Replica":
        """Carry a change of what the operation at `start` was made on past it and those behind it, to the view."""
        pending = list(self.pending[:start])
        for place, each in enumerate(self.pending[start:], start):
            parts: list[Part] = []
            for part in each.parts:
                try:
                    change, followed = self.algebra.cross(change, part.edit, first=first)
                except OperationUnfit:
                    raise _Stuck(place) from None
                parts.append(Part(part.sequence, followed))
            pending.append(Pending(tuple(parts), each.sent))
        return evolve(self, pending=tuple(pending)).changed(change)

    def changed(self, edit: Edit) -> "Replica":
        """Count a change of the view, and remember it."""
        return evolve(self, revision=self.revision + 1, recent=(*self.recent, edit)[-MEMORY:])


def replica_of(client_id: str, algebra: Algebra[D, O]) -> Replica:
    """Begin the replica of a document of a type of your own.

    Python's annotations go on to say text, since that is what the shipped wire spells; nothing in here asks.
    """
    return Replica(client_id, algebra=cast("Algebra[Text, Edit]", algebra))
