"""Routed: what the router makes of a message, each for whomever it concerns; the session's wiring says whom."""

from attrs import frozen

from machines.link import Blame
from machines.policy.error_codes import Wait
from machines.wire.messages import (
    URL_DOCUMENT,
    DocumentSync,
    OperationAck,
    OperationBroadcast,
    Passed,
    PermissionChange,
)
from statekit import Signal


@frozen
class ServerGreeted(Signal):
    """The server accepted the connection."""

    document_version: int


@frozen
class DocumentOpened(Signal):
    """The user opens a document; `attached` says that there is a link."""

    document_id: str
    opening: str
    attached: bool


@frozen
class SyncCame(Signal):
    """The server told what it has."""

    sync: DocumentSync

    @property
    def document_id(self) -> str:
        """Which document it has so."""
        return self.sync.document_id


@frozen
class AckCame(Signal):
    """The server has an operation of ours."""

    ack: OperationAck

    @property
    def document_id(self) -> str:
        """Which document the operation is of."""
        return self.ack.document_id


@frozen
class BroadcastCame(Signal):
    """The server applied somebody's operation."""

    broadcast: OperationBroadcast

    @property
    def document_id(self) -> str:
        """Which document it is of."""
        return self.broadcast.document_id


@frozen
class OperationFailed(Signal):
    """The server did not apply an operation; an empty `message_id` means the one in flight."""

    message_id: str
    code: str
    document_id: str = URL_DOCUMENT


@frozen
class OperationDenied(OperationFailed):
    """Nor will it apply any other of this user, until it says anew what that may do."""


@frozen
class OperationUnsure(OperationFailed):
    """It may have been applied, or not."""


@frozen
class OperationBehind(OperationFailed):
    """It was made against a version that the server cannot use."""


@frozen
class PermissionsTold(Signal):
    """What this user may do from now on."""

    may_write: bool


@frozen
class WaitAsked(Signal):
    """Operations must wait, for so many seconds if the server said it."""

    wait: Wait
    hint_seconds: float | None
    document_id: str = URL_DOCUMENT


@frozen
class RateLimitAsked(Signal):
    """Operations came too fast; the weights are those of the policy's row."""

    seconds: float | None
    message_id: str
    code: str
    weight: int
    weight_while_limited: int


@frozen
class DocumentGone(Signal):
    """The document takes no operations any more."""

    reason: str
    closes: bool
    document_id: str = URL_DOCUMENT


@frozen
class TokenBad(Signal):
    """The server refuses the link's token."""


@frozen
class TokenRevoked(Signal):
    """Only a new login can help."""


@frozen
class TokenAging(Signal):
    """The token will expire soon."""


@frozen
class LinkEnded(Signal):
    """No retry can help; `reason` says why."""

    reason: str


@frozen
class LinkUnwelcome(Signal):
    """The server wants us to stay away for a while."""

    retry_after_seconds: float | None


@frozen
class LinkFaulty(Signal):
    """The link itself is at fault; `close_code` names the policy to follow, `blame` whoever the error is about."""

    close_code: int
    blame: Blame = Blame()


@frozen
class ServiceFaulty(Signal):
    """The service itself is at fault, whatever becomes of the link."""


@frozen
class ErrorReported(Signal):
    """The server reported an error, for the application to show: `user_message(code)` has the words.

    `contradicts` says that the flag is not the one that the policy's row expects; the row was followed.
    """

    code: str
    recoverable: bool
    contradicts: bool = False
    document_id: str = URL_DOCUMENT


@frozen
class ErrorWeighed(Signal):
    """What an error counts towards a storm."""

    code: str
    message_id: str
    weight: int


@frozen
class MessagePassed(Signal):
    """A message that concerns the application only."""

    message: Passed | PermissionChange
