"""The document: what its user and its server say of it, and what others hear of its operations.

The events are those of `conflict_recovery`, a machine for each document; the session makes them of what the router and
the other machines tell. An operation is named by its message, `{client_id}:{number}` and the document's opening if it
has one, wherever it is sent or offered; towards the application by its number, which is its document's own.
"""

from enum import StrEnum
from typing import Annotated, TypeAlias

from attrs import Factory, field, frozen

from machines.link import Blame
from machines.replica import Replica
from machines.wire.messages import URL_DOCUMENT, DocumentSync, OperationAck, OperationBroadcast
from machines.wire.operations import Edit
from statekit import Signal
from statekit.quantities import Ordinal

Question: TypeAlias = Annotated[Ordinal, "question"]
"""The number of a question what the server has: a later one has a higher one; none has 0."""


def question_id(client_id: str, question: Question) -> str:
    """Name a question on the wire; its answer bears the same name."""
    return f"{client_id}:sync:{question}"


def question_of(message_id: str | None) -> Question:
    """Tell which question a name is that of; 0 if it is none's."""
    number = (message_id or "").rpartition(":sync:")[2].partition(":")[0]
    return int(number) if number.isdecimal() else 0


def opening_of(message_id: str | None) -> str:
    """Tell in which opening of its document a question was asked; empty if that is the URL's."""
    return (message_id or "").rpartition(":sync:")[2].partition(":")[2]


# --------------------------------------------------------------------------------------------------------- its user
@frozen
class Submit:
    """The user made an edit on the view of this revision."""

    edit: Edit
    revision: int


@frozen
class Open:
    """The user opened the document; `opening` is like no other's, and `attached` says that a link is up."""

    opening: str
    attached: bool

    @classmethod
    def samples(cls) -> "tuple[Open, ...]":
        """Give one with a link, and one without."""
        return cls("first", attached=True), cls("first", attached=False)


@frozen
class CloseDocument:
    """The user is done with the document."""

    reason: str = "closed"


class Outcome(StrEnum):
    """How an accepted operation ended; each ends exactly once."""

    ACKNOWLEDGED = "acknowledged"
    """The server has it."""
    REJECTED = "rejected"
    """The server will never have it: it was rolled back."""
    DISCARDED = "discarded"
    """It was tried often enough, or broke the link whenever it was sent: it was rolled back, and is told of."""
    EXPORTED = "exported"
    """It was given back to the application, which may save it or submit it again."""


@frozen
class OperationEnded(Signal):
    """An accepted operation came to its end; `reason` says why unless it was acknowledged."""

    sequence: int
    outcome: Outcome
    edit: Edit
    reason: str = ""
    document_id: str = URL_DOCUMENT


@frozen
class ViewChanged(Signal):
    """The server's side changed what the user sees; applying `edit` to the old view gives the new one."""

    edit: Edit
    version: int
    document_id: str = URL_DOCUMENT


# --------------------------------------------------------------------------------------------------------- the link
@frozen
class Attach:
    """A link is up."""


@frozen
class Detach:
    """The link is gone; `blame` says which operation in flight may be what broke it, None that none is."""

    blame: Blame | None = None


# ------------------------------------------------------------------------------------------------------- the server
@frozen
class Acknowledged:
    """The server has an operation of ours."""

    ack: OperationAck


@frozen
class RemoteEdit:
    """The server applied somebody else's operation."""

    broadcast: OperationBroadcast


@frozen
class Synced:
    """The server told what it has, as it was asked to by this question."""

    sync: DocumentSync
    question: Question = field(default=Factory(lambda self: question_of(self.sync.message_id), takes_self=True))
    opening: str = field(default=Factory(lambda self: opening_of(self.sync.message_id), takes_self=True))


@frozen
class Conflict:
    """The server could not place the operation; an empty `message_id` means the one in flight."""

    message_id: str


@frozen
class Unsure:
    """The server may have applied the operation, or not."""

    message_id: str


@frozen
class Refused:
    """The server will never apply the operation; `code` says why, and `read_only` that it denies every other, too."""

    message_id: str
    code: str
    read_only: bool = False


# -------------------------------------------------------------------------------------------------------- the pacer
@frozen
class Offer(Signal):
    """There is an operation to send; `Granted` with this name is when."""

    message_id: str


@frozen
class Withdraw(Signal):
    """What was offered under this name is not to be sent any more, nor what was sent under it again."""

    message_id: str


@frozen
class Granted:
    """It is the turn of the operation that was offered under this name."""

    message_id: str


@frozen
class PutBack:
    """The operation was sent in vain; its turn will come again."""

    message_id: str


# ------------------------------------------------------------------------------------------------- everybody else
@frozen
class Hold:
    """Operations must be kept for now; `read_only` says whether this user may make any, None leaves that as it is.

    Only those of the `documents` that are named must be, unless that is None: to every other document it is a release.
    """

    read_only: bool | None = None
    documents: frozenset[str] | None = None


@frozen
class Release:
    """Operations may be sent again."""


@frozen
class PermissionsCame:
    """The server says anew whether this user may write: what it denied before may be tried again."""

    may_write: bool

    @classmethod
    def samples(cls) -> "tuple[PermissionsCame, ...]":
        """Give both."""
        return cls(may_write=True), cls(may_write=False)


@frozen
class Persist:
    """The user may be gone before this is over: what is pending must outlive the program."""


@frozen
class Halt:
    """The document takes no operations any more."""

    reason: str


@frozen
class Reopen:
    """The document may take operations again."""


@frozen
class SaveOutbox:
    """Save what the server does not have, numbers and all: `saving.save_outbox` makes JSON of it.

    A replica that is made of it again resends nothing blindly: the numbers are those under which the server may have
    the operations, and it is asked first.
    """

    replica: Replica
