"""The server's log: what really happened, when, in order; and the sums that follow from it alone."""

from collections import Counter
from collections.abc import Callable
from enum import StrEnum

from attrs import frozen

from machines.demo.faults import Fault
from machines.wire.messages import URL_DOCUMENT
from machines.wire.operations import Edit
from machines.wire.text import Text, apply
from statekit.errors import StatekitError


class What(StrEnum):
    """What an entry is about."""

    DIALLED = "dialled"
    """A handshake arrived at the server; `generation` is its token's, where that can be read."""
    REFUSED = "refused"
    """A dial met a closed port. No server sees that: it is noted by the `Witness` of a client's transport."""
    REJECTED = "rejected"
    """The handshake was answered with the HTTP status in `code`."""
    ADMITTED = "admitted"
    """The socket is open."""
    ENDED = "ended"
    """The socket is gone, with the close code in `code`; `note` says which side closed."""
    SYNCED = "synced"
    """A sync request was answered; `version` is the one the client knew."""
    APPLIED = "applied"
    """`edit`, as it was applied, made `version`."""
    DUPLICATE = "duplicate"
    """A message came again and was not applied again; `version` is the one it had made."""
    CONFLICT = "conflict"
    """An edit could not be carried forward (or a fault said so); `version` is the one it was made on."""
    INVALID = "invalid"
    """An edit that does not fit, or is not the client's own, was turned down."""
    ACKED = "acked"
    """An acknowledgement was sent."""
    WARNED = "warned"
    """The client was asked to refresh its token, of that `generation`."""
    EXPIRED = "expired"
    """The token ran out during the session."""
    GARBAGE = "garbage"
    """A frame came that is no message; the socket is closed with 1002."""
    IGNORED = "ignored"
    """A message came that this server has no use for; `note` is its class."""
    UTTERED = "uttered"
    """The server was made to send a raw frame."""
    FAULT = "fault"
    """`fault` happened."""
    SHUT = "shut"
    """The port was closed."""
    OPENED = "opened"
    """The port is open again."""
    AUDITED = "audited"
    """A client's text was compared with the document's; `note` says equal or different."""


@frozen
class Entry:
    """One thing that happened; what does not apply to it is None."""

    at_seconds: float
    """On the server's clock."""
    what: What
    client_id: str | None = None
    message_id: str | None = None
    version: int | None = None
    generation: int | None = None
    code: int | None = None
    fault: Fault | None = None
    edit: Edit | None = None
    note: str = ""
    document_id: str = URL_DOCUMENT


class LedgerBroken(StatekitError, ValueError):
    """The log contradicts itself: after version `expected - 1` it goes on with `found`."""

    def __init__(self, expected: int, found: int | None) -> None:
        """Keep the version that should have followed and the one that did."""
        self.expected = expected
        self.found = found
        super().__init__(f"the ledger applied version {found} where {expected} should follow")


class Ledger:
    """Entries in the order they happened; `observe` is told each as it is noted, and must neither block nor raise."""

    def __init__(self, now: Callable[[], float], observe: Callable[[Entry], None]) -> None:
        self._now = now
        self._observe = observe
        self._entries: list[Entry] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything so far."""
        return tuple(self._entries)

    def note(
        self,
        what: What,
        client_id: str | None = None,
        *,
        message_id: str | None = None,
        version: int | None = None,
        generation: int | None = None,
        code: int | None = None,
        fault: Fault | None = None,
        edit: Edit | None = None,
        note: str = "",
        document_id: str = URL_DOCUMENT,
    ) -> None:
        """Add an entry, stamped now."""
        entry = Entry(
            self._now(), what, client_id, message_id, version, generation, code, fault, edit, note, document_id
        )
        self._entries.append(entry)
        self._observe(entry)

    def count(self, what: What, client_id: str | None = None) -> int:
        """How often that happened, to one client or to all."""
        return sum(entry.what is what and client_id in {None, entry.client_id} for entry in self._entries)

    def dials(self, client_id: str | None = None) -> int:
        """How many dials there were: those that arrived, and the refused ones that a `Witness` saw."""
        return self.count(What.DIALLED, client_id) + self.count(What.REFUSED, client_id)

    def faults(self, fault: Fault, client_id: str | None = None) -> int:
        """How often that fault happened, to one client or to all."""
        return sum(entry.fault is fault and client_id in {None, entry.client_id} for entry in self._entries)

    def duplicates_applied(self) -> tuple[tuple[str, str], ...]:
        """Every (client_id, message_id) that was applied more than once; empty is right."""
        applied = Counter(
            (entry.client_id or "", entry.message_id or "") for entry in self._entries if entry.what is What.APPLIED
        )
        return tuple(key for key, times in applied.items() if times > 1)

    def replayed(self, initial: Text, document_id: str = URL_DOCUMENT) -> Text:
        """Apply to `initial` all that was applied to that document.

        Raises `LedgerBroken` where a version is missing or comes twice.
        """
        text = initial
        for expected, entry in enumerate(self._applied(document_id), start=1):
            if entry.version != expected:
                raise LedgerBroken(expected, entry.version)
            text = apply(text, entry.edit or ())
        return text

    def _applied(self, document_id: str) -> list[Entry]:
        return [each for each in self._entries if each.what is What.APPLIED and each.document_id == document_id]
