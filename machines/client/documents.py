"""The documents of a client: which it has open under each name, and what it may begin with."""

from collections import deque
from collections.abc import Iterable, Iterator

from machines.client.course import Course
from machines.client.opened import OpenedDocument
from machines.document import OperationEnded
from machines.policy.router import ROUTER, OpenDocument
from machines.replica import Replica
from machines.wire.messages import URL_DOCUMENT
from statekit.run.driver import Driver
from statekit.run.receipts import Receipt


class Documents:
    """The documents of one client. Under each name stands first the one that the session has now, or had last.

    Behind it stand those that were opened under the same name since, and that the session is yet to hear of.
    """

    def __init__(self, driver: Driver, course: Course, replicas: Iterable[Replica]) -> None:
        """Begin with those that the session begins with."""
        self._driver = driver
        self._course = course
        self._under: dict[str, deque[OpenedDocument]] = {}
        for replica in replicas:
            self._take(replica)

    @property
    def home(self) -> OpenedDocument:
        """The document of the URL."""
        return self.now(URL_DOCUMENT)

    def now(self, document_id: str) -> OpenedDocument:
        """Give the one that the session has, or had last."""
        return self._under[document_id][0]

    def open(self, replica: Replica) -> OpenedDocument:
        """Give the one that is open under its name already, or let the session have this one."""
        known = self._under.get(replica.document_id)
        if known and not known[-1].closed:
            return known[-1]
        opened = self._take(replica)
        self._driver.send(ROUTER, OpenDocument(replica.document_id, replica.opening))
        return opened

    def begun(self, event: OpenDocument) -> None:
        """Note that the session has heard of this one: the one before is closed, and its end was told."""
        opened = self._under[event.document_id]
        while opened[0].opening != event.opening:
            opened.popleft()

    def halt(self) -> list[Receipt]:
        """Take no operations any more of any document, as the client is being left."""
        return [each[-1].halt() for each in self._under.values() if not each[-1].closed]

    def left(self) -> Iterator[OperationEnded]:
        """Say what ends with the session, told or not."""
        for each in self._under.values():
            yield from each[0].left()

    def _take(self, replica: Replica) -> OpenedDocument:
        opened = OpenedDocument(self._driver, self._course, replica)
        self._under.setdefault(replica.document_id, deque()).append(opened)
        return opened


def several(outbox: Replica | Iterable[Replica] | None) -> tuple[Replica, ...]:
    """Give what a client begins with; raises ValueError if it is not what one client may have left."""
    found = (outbox,) if isinstance(outbox, Replica) else tuple(outbox or ())
    if len({each.client_id for each in found}) > 1:
        raise ValueError("the outboxes must be of one client; each brings its client id")
    if len({each.document_id for each in found}) < len(found):
        raise ValueError("there must be one outbox for each document")
    return found
