"""A document on its way to being attached, and what a server says of it, for the tests of conflict recovery."""

from attrs import evolve

from machines.conflict_recovery import SYNCED, Context, Options
from machines.document import Acknowledged, Attach, Granted, Offer, OperationEnded, RemoteEdit, Submit, Synced
from machines.link import Send
from machines.replica import Replica
from machines.wire.messages import Document, DocumentSync, OperationAck, OperationBroadcast
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit import Stimulus
from statekit.testing.walk import Walk

ACK_LIMIT, SYNC_LIMIT = "ack_overdue", "after sync_seconds"
SYNC_WAIT_DUE = "after sync_wait"
ANN = Replica("ann")
OTHER = Replica("ann", document_id="other")
"""Another document than the URL's."""

APART = Options(compose_max=1)
"""Every operation is a message of its own."""


class Granting(Walk):
    """A walk on which whatever is offered is granted at once; the offers do not show among its effects."""

    granting = True

    def deliver(self, stimulus):
        verdict = super().deliver(stimulus)
        asked = self.done
        offers = [each for each in self.effects if isinstance(each, Offer)]
        if offers and self.granting:
            rest = tuple(each for each in self.effects if each not in offers)
            super().deliver(Stimulus(Granted(offers[0].message_id)))
            self.done = evolve(self.done, effects=(*rest, *self.done.effects), verdict=asked.verdict)
        return verdict


def put(content, position=0):
    return (Insert(position, content),)


def begin(walk, options=None):
    walk.begin(Context(ANN, options or APART))


def submit(walk, content="x", position=0):
    return walk.send(Submit(put(content, position), walk.context.replica.revision))


def answer_sync(walk, content="abc", version=3, operations=()):
    question = f"ann:sync:{walk.context.asked}"
    return walk.send(Synced(DocumentSync(Document("d", version, Text(content)), operations, message_id=question)))


def attached(walk, content="abc", version=3):
    if walk.context.replica.client_id != "ann":
        begin(walk)
    walk.send(Attach())
    answer_sync(walk, content, version)
    assert walk.state is SYNCED


def acknowledge(walk, number, version):
    return walk.send(Acknowledged(OperationAck(f"ann:{number}", version)))


def remote(edit, version, client_id="bob"):
    return RemoteEdit(OperationBroadcast(edit, version, client_id, f"{client_id}:{version}"))


def sent(walk):
    return [each.message for each in walk.effects if isinstance(each, Send)]


def ended(walk):
    return [(each.sequence, each.outcome, each.reason) for each in walk.effects if isinstance(each, OperationEnded)]
