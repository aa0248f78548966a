"""One of the documents that a client has open: its text, and the operations handed over for it."""

from contextlib import suppress

from machines.client.course import Course
from machines.client.operation import OperationReceipt
from machines.conflict_recovery import CONFLICT_RECOVERY, Context
from machines.document import CloseDocument, Halt, OperationEnded, Outcome, Submit
from machines.replica import Replica
from machines.wire.operations import Edit, Operation
from machines.wire.text import Text, apply
from statekit import Verdict
from statekit.errors import StatekitError
from statekit.run.driver import Driver
from statekit.run.errors import Stopped
from statekit.run.receipts import Receipt
from statekit.verdicts import Taken


class NotReady(StatekitError):
    """The connection failed for good, or the document was halted, before it was here; `reason` says why.

    `document_id` is the document's name, empty for that of the URL.
    """

    def __init__(self, document_id: str, reason: str) -> None:
        """Keep which document it is, and the reason."""
        self.document_id = document_id
        self.reason = reason
        which = repr(document_id) if document_id else "of the URL"
        super().__init__(f"the document {which} did not arrive: {reason}")


class OpenedDocument:
    """A document that a client has open; made by `Client.open`.

    It is edited as the client's own is. What becomes of it is told among the client's news, under its `document_id`. It
    is open until it is closed, over however many connections.
    """

    def __init__(self, driver: Driver, course: Course, replica: Replica) -> None:
        """Begin with what an earlier program left, if any; for the client."""
        self.document_id = replica.document_id
        self._driver = driver
        self._course = course
        self._replica = replica
        self._closed = False
        self._offered: dict[int, OperationReceipt] = {}
        # Operations of an earlier program have no receipt here; their end is news all the same.
        self._accepted: dict[int, OperationReceipt | None] = {each.sequence: None for each in replica.parts}

    async def ready(self) -> None:
        """Wait until the document is here; from then on `document` is the server's.

        Raises `NotReady` if the connection fails for good first, or the document is halted, or the session ends. While
        only a login can help, it goes on waiting.
        """
        self._course.must_be_entered()
        while not self.replica.loaded:
            reason = self._course.given_up or (self._held.reason if self._held else "")
            if reason or self._closed:
                raise NotReady(self.document_id, reason or "closed")
            await self._course.changes()

    @property
    def document(self) -> Text:
        """The document as the user sees it: the server's, and what was accepted here since."""
        return self.replica.view

    @property
    def closed(self) -> bool:
        """Whether it was closed; an operation for it is refused, and `Client.open` opens it anew."""
        return self._closed

    def offer(self, operation: Operation | Edit) -> OperationReceipt:
        """Hand over an operation made on `document` as it is now, and return at once.

        Raises `OperationInvalid` if it does not fit the document, RuntimeError if that is closed. The receipt tells
        whether it is accepted, and then how it ended; an accepted one ends exactly once, whatever becomes of the
        connection or of who waits for it.
        """
        self._course.must_be_entered()
        if self._closed:
            raise RuntimeError(f"the document {self.document_id!r} is closed: open it again with Client.open")
        edit: Edit = operation if isinstance(operation, tuple) else (operation,)
        for each in edit:
            if not _is_operation(each):
                raise TypeError(f"an operation is an Insert, Delete, Retain or Format, not {type(each).__name__}")
        replica = self.replica
        apply(replica.view, edit)
        submit = Submit(edit, replica.revision)
        sent = self._driver.send(CONFLICT_RECOVERY, submit, key=self.document_id)
        offered = self._offered[id(submit)] = OperationReceipt(sent)
        return offered

    async def submit(self, operation: Operation | Edit) -> OperationEnded:
        """Hand over an operation and wait for how it ends; raises as `offer` does, and `NotAccepted`.

        Cancelling the wait does not take the operation back.
        """
        return await self.offer(operation).outcome()

    async def close(self) -> None:
        """Be done with the document: what the server does not have of it ends as `EXPORTED`.

        It is closed whether or not anybody waits for it; a document that was closed may be opened again afterwards.
        """
        if not self._closed:
            self._course.must_be_entered()
            self._replica, self._closed = self.replica, True
            closed = self._driver.send(CONFLICT_RECOVERY, CloseDocument(), key=self.document_id)
            with suppress(Stopped):  # the session is over already, and has given everything back
                await closed

    # ---------------------------------------------------------------------------------------------- for the client
    @property
    def replica(self) -> Replica:
        """Its replica as the session has it, or had it last, or will begin with it."""
        return self._held.replica if self._held else self._replica

    @property
    def opening(self) -> str:
        """What its messages are told apart by."""
        return self._replica.opening

    @property
    def _held(self) -> Context | None:
        """What the session remembers of it, if it is there, and not there again."""
        snapshot = self._driver.snapshot
        if self.document_id not in snapshot.keys(CONFLICT_RECOVERY):
            return None
        context = snapshot.of(CONFLICT_RECOVERY, self.document_id).context
        return context if context.replica.opening == self.opening else None

    def answered(self, event: object, verdict: Verdict) -> None:
        """Note whether an operation was accepted."""
        offered = self._offered.pop(id(event), None)
        if offered is not None and isinstance(verdict, Taken):
            self._accepted[self.replica.sequence] = offered

    def ends(self, ended: OperationEnded) -> bool:
        """Settle who waits for an operation; False if that was told already."""
        if ended.sequence not in self._accepted:
            return False
        accepted = self._accepted.pop(ended.sequence)
        if accepted is not None:
            accepted.settle(ended)
        return True

    def halt(self) -> Receipt:
        """Take no operations any more, as the client is being left."""
        return self._driver.send(CONFLICT_RECOVERY, Halt("closed"), key=self.document_id)

    def left(self) -> tuple[OperationEnded, ...]:
        """Say what ends with the session, told or not."""
        told = self._held.ended if self._held else ()
        parts = (
            OperationEnded(each.sequence, Outcome.EXPORTED, each.edit, "stopped", self.document_id)
            for each in self.replica.parts
        )
        return (*told, *parts)


def _is_operation(value: object) -> bool:
    return isinstance(value, Operation)
