"""Servers in memory for histories: of every temper that a server may have, and of documents of any type.

A server is as lazy as it may be: it knows which messages it has, and nothing else is promised.
"""

from attrs import frozen

from machines.text import TEXT
from machines.wire.messages import (
    Document,
    DocumentSync,
    SyncedOperation,
)
from machines.wire.operations import Delete, Insert
from machines.wire.text import Text


@frozen
class Kind:
    """A type of documents, and what its users do; `mark` tells one operation from every other."""

    algebra: object
    initial: object
    draw: object


def type_something(chance, document, mark):
    size = len(document)
    position = chance.randrange(size + 1)
    if size > position and chance.random() < 0.35:
        return (Delete(position, min(2, size - position)),)
    return (Insert(position, chr(0x400 + mark)),)


TEXTS = Kind(TEXT, Text("ab"), type_something)


@frozen
class Temper:
    """What this server is like: whether it transforms, keeps a history, and says what it had last."""

    transforms: bool
    remembers: bool
    says_last: bool


TEMPERS = [Temper(*(bool(number >> bit & 1) for bit in range(3))) for number in range(8)]


class Server:
    """One document; a message is applied once, or turned down for good, however often it comes."""

    def __init__(self, kind, temper):
        self.algebra, self.temper = kind.algebra, temper
        self.document, self.initial = kind.initial, kind.initial
        self.history, self.known, self.turned_down = [], {}, set()

    @property
    def version(self):
        return len(self.history)

    def sync(self, request, client_id):
        since = self.history[request.last_known_version :] if self.temper.remembers else ()
        last = next((each.message_id for each in reversed(self.history) if each.client_id == client_id), None)
        return DocumentSync(
            Document("d", self.version, self.document),
            tuple(since),
            message_id=request.message_id,
            last_message_id=last if self.temper.says_last else None,
        )

    def take(self, edit):
        """Give the operation as it was applied, now or before; None for a conflict."""
        known = self.known.get(edit.message_id)
        if known is not None:
            return known
        since = self.history[edit.base_version :]
        if since and not (self.temper.transforms and self.temper.remembers):
            return None
        operation = edit.operation
        for each in since:
            operation = self.algebra.transform(operation, each.operation, first=edit.client_id < each.client_id)
        self.document = self.algebra.apply(self.document, operation)
        entry = SyncedOperation(operation, self.version + 1, edit.client_id, edit.message_id)
        self.history.append(entry)
        self.known[edit.message_id] = entry
        return entry
