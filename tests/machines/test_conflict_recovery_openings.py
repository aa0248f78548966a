"""Openings: under which names a document begins, and what it asks first."""

import pytest

from machines.conflict_recovery import CONFLICT_RECOVERY, DETACHED, RESOLVING, Context
from machines.document import Acknowledged, Attach, Halt, Open, OperationEnded, Outcome, Reopen, Synced, ViewChanged
from machines.wire.messages import Document, DocumentEdit, DocumentSync, OperationAck, SyncedOperation, SyncRequest
from machines.wire.text import Text
from statekit import Ignored
from tests.machines.attached import ANN, APART, OTHER, Granting, answer_sync, attached, ended, put, sent, submit


@pytest.fixture
def walk():
    return Granting(CONFLICT_RECOVERY, Context(ANN, APART))


def test_a_document_that_is_opened_on_a_link_asks_at_once_under_names_of_its_own(walk):
    walk.begin(Context(OTHER, APART))
    walk.send(Open("1st", attached=True))
    assert walk.state is RESOLVING
    assert sent(walk) == [SyncRequest(0, message_id="ann:sync:1:1st", document_id="other")]
    walk.send(Synced(DocumentSync(Document("other", 3, Text("abc")), message_id="ann:sync:1:1st")))
    assert walk.effects == (ViewChanged(put("abc"), 3, "other"),)
    submit(walk)
    assert sent(walk) == [DocumentEdit(put("x"), 3, "ann", "ann:1:1st", "other")]
    walk.send(Acknowledged(OperationAck("ann:1:1st", 4)))
    assert walk.effects == (OperationEnded(1, Outcome.ACKNOWLEDGED, put("x"), document_id="other"),)


def test_a_document_that_is_opened_without_a_link_asks_when_there_is_one(walk):
    walk.begin(Context(OTHER, APART))
    walk.send(Open("1st", attached=False))
    assert (walk.state, walk.effects) == (DETACHED, ())
    walk.send(Attach())
    assert sent(walk) == [SyncRequest(0, message_id="ann:sync:1:1st", document_id="other")]


def test_a_document_is_opened_once_and_its_names_never_change(walk):
    walk.begin(Context(OTHER, APART))
    walk.send(Open("1st", attached=False))
    submit(walk)
    for state in (DETACHED, RESOLVING):
        assert walk.state is state
        assert walk.send(Open("2nd", attached=state is RESOLVING)).because == "it is open already"
        walk.send(Attach())
    assert walk.context.replica.opening == "1st"
    walk.send(Halt("not_found"))
    assert walk.send(Open("2nd", attached=True)).because == "it was halted, and is to be closed first"


def test_a_reopened_document_begins_with_what_the_server_has(walk):
    attached(walk)
    submit(walk, "x")
    walk.send(Halt("kicked"), Reopen())
    assert walk.state is DETACHED
    assert walk.send(Reopen()) == Ignored("it is open already")
    attached(walk, "new", 9)
    assert walk.context.replica.view == Text("new")
    submit(walk)
    assert sent(walk)[0].message_id == "ann:2"


def test_a_saved_outbox_goes_on_under_its_numbers(walk):
    """O4; sharedb #470."""
    attached(walk)
    submit(walk, "x")
    submit(walk, "y", 1)
    walk.send(Halt("closed"))
    again = Granting(CONFLICT_RECOVERY, Context(walk.effects[0].replica, APART))
    again.send(Attach())
    assert sent(again) == [SyncRequest(3, message_id="ann:sync:1")]
    answer_sync(again, "xabc", 4, (SyncedOperation(put("x"), 4, "ann", "ann:1"),))
    assert ended(again) == [(1, Outcome.ACKNOWLEDGED, "")]
    assert [(each.message_id, each.operation) for each in sent(again)] == [("ann:2", put("y", 1))]
    submit(again, "z")
    assert again.context.replica.sequence == 3
