"""A replica: one client's copy of a document, with the operations that the server does not have yet.

Theory. `base` is the server's document at `version`; `pending` are our operations in the order they were made, the
first made on `base`, each next one on what the one before left. What the user sees is `view`: the base with every
pending operation applied. A remote operation is applied to the base and carried past the pending ones one by one
(each of them is rewritten to follow it, and it to follow each of them); what is left of it at the end is the change
of the view. An acknowledgement moves the head into the base and changes no view. Rolling the head back carries its
inverse past the rest in the same way. Everything here is a value and a pure function of values.
"""

from contextlib import suppress
from functools import reduce

from attrs import evolve, frozen

from machines.wire.messages import DocumentSync, SyncedOperation
from machines.wire.operations import Delete, Edit, Insert, Operation
from machines.wire.text import OperationInvalid, Text, apply, invert
from machines.wire.transform import cross, transform

MEMORY = 1000
"""How many changes of the view are remembered, for operations that were made before them but arrive after."""


@frozen
class Pending:
    """An operation of ours: its number, as it reads now, and whether it was ever sent.

    Once sent it may be rewritten, never merged with another: the server may have it.
    """

    sequence: int
    edit: Edit
    sent: bool = False


@frozen
class Replica:
    """See the module. `revision` counts the changes of the view, `recent` keeps the last of them."""

    client_id: str
    version: int = 0
    base: Text = Text()
    pending: tuple[Pending, ...] = ()
    sequence: int = 0
    revision: int = 0
    recent: tuple[Edit, ...] = ()
    loaded: bool = False

    @property
    def view(self) -> Text:
        """The document as its user sees it."""
        text = self.base
        for pending in self.pending:
            text = apply(text, pending.edit)
        return text

    def message_id(self, sequence: int) -> str:
        """The de-duplication key of one of our operations; the same on every resend."""
        return f"{self.client_id}:{sequence}"

    def fits(self, edit: Edit, revision: int) -> bool:
        """Tell whether an edit made at `revision` can still be understood, and fits the text."""
        try:
            apply(self.view, self.caught_up(edit, revision))
        except OperationInvalid:
            return False
        return 0 <= self.revision - revision <= len(self.recent)

    def submitted(self, edit: Edit, revision: int) -> "Replica":
        """Take on an operation of our user, who made it on the view of `revision`."""
        edit = self.caught_up(edit, revision)
        pending = (*self.pending, Pending(self.sequence + 1, edit))
        return evolve(self, pending=pending, sequence=self.sequence + 1).changed(edit)

    def sent_head(self) -> "Replica":
        """Note that the head is on its way."""
        return evolve(self, pending=(evolve(self.pending[0], sent=True), *self.pending[1:]))

    def acknowledged(self, version: int) -> "Replica":
        """Move the head into the base: the server has it, as `version`."""
        head, *rest = self.pending
        return evolve(self, base=apply(self.base, head.edit), version=version, pending=tuple(rest))

    def receives(self, edit: Edit) -> bool:
        """Tell whether a remote operation fits the server's document as we know it."""
        try:
            apply(self.base, edit)
        except OperationInvalid:
            return False
        return True

    def received(self, edit: Edit, client_id: str, version: int) -> "Replica":
        """Apply somebody else's operation, which made the server's document `version`."""
        base = apply(self.base, edit)
        return evolve(self, base=base, version=version).carried(edit, first=client_id < self.client_id)

    def dropped(self) -> "Replica":
        """Roll the head back, as if it had never been made."""
        head, *rest = self.pending
        return evolve(self, pending=tuple(rest)).carried(invert(self.base, head.edit), first=True)

    def synced(self, sync: DocumentSync) -> "Replica":
        """Take over what the server says it has.

        The operations since our version are applied one by one, our own among them counting as acknowledged. If they
        are not all there, or do not fit, or the server has lost versions that we have, its document replaces ours, and
        what is pending follows as well as it can.
        """
        missed = [each for each in sync.operations if each.version > self.version]
        whole = [each.version for each in missed] == list(range(self.version + 1, sync.document.version + 1))
        if self.loaded and whole and sync.document.version >= self.version:
            with suppress(OperationInvalid):
                return reduce(Replica.caught, missed, self)
        return evolve(self.replaced(sync.document.text), version=sync.document.version, loaded=True)

    def caught(self, each: SyncedOperation) -> "Replica":
        """Take over one operation that the server has: our own head is acknowledged by it."""
        if self.pending and each.message_id == self.message_id(self.pending[0].sequence):
            return self.acknowledged(each.version)
        return self.received(each.operation, each.client_id, each.version)

    def replaced(self, text: Text) -> "Replica":
        """Take over a whole document; what is pending follows as well as it can."""
        edit: list[Operation] = [Delete(0, len(self.base))] if len(self.base) else []
        if text.content:
            edit.append(Insert(0, text.content))
        edit += text.formats
        return evolve(self, base=text).carried(tuple(edit), first=True)

    def carried(self, edit: Edit, *, first: bool) -> "Replica":
        """Carry a change of the base past what is pending; what is left of it changes the view."""
        pending: list[Pending] = []
        for each in self.pending:
            edit, followed = cross(edit, each.edit, first=first)
            pending.append(evolve(each, edit=followed))
        return evolve(self, pending=tuple(pending)).changed(edit)

    def caught_up(self, edit: Edit, revision: int) -> Edit:
        """Rewrite an edit made on the view of an earlier revision to follow what has changed since."""
        behind = self.revision - revision
        for change in self.recent[-behind:] if behind else ():
            edit = transform(edit, change, first=False)
        return edit

    def changed(self, edit: Edit) -> "Replica":
        """Count a change of the view, and remember it."""
        return evolve(self, revision=self.revision + 1, recent=(*self.recent, edit)[-MEMORY:])
