"""Objections: the server refuses an operation, is unsure of it, or finds it in conflict."""

import pytest

from machines.conflict_recovery import AWAITING, AWAITING_BUFFERED, CONFLICT_RECOVERY, RESYNCING, SYNCED, Context
from machines.document import Conflict, Outcome, Refused, Unsure, ViewChanged
from machines.wire.messages import DocumentEdit, SyncedOperation, SyncRequest
from machines.wire.operations import Delete
from machines.wire.text import Text
from statekit import Ignored
from tests.machines.attached import ANN, APART, Granting, answer_sync, attached, ended, put, sent, submit


@pytest.fixture
def walk():
    return Granting(CONFLICT_RECOVERY, Context(ANN, APART))


def test_defect_13_and_defect_32_a_conflict_is_one_question_however_often_it_is_said(walk):
    """Three conflicts on three pending operations made nine sends."""
    attached(walk)
    for content in "xyz":
        submit(walk, content)
    walk.send(Conflict("ann:1"))
    assert (walk.state, sent(walk)) == (RESYNCING, [SyncRequest(3, message_id="ann:sync:2")])
    for again in (Conflict("ann:1"), Conflict(""), Unsure("ann:1"), Refused("ann:1", "X")):
        assert walk.send(again).because.startswith("the next sync will tell")
    answer_sync(walk, "Rabc", 4, (SyncedOperation(put("R"), 4, "bob", "bob:1"),))
    assert (walk.state, len(sent(walk))) == (AWAITING_BUFFERED, 1)


def test_an_objection_to_another_operation_is_none_to_the_head(walk):
    attached(walk)
    submit(walk)
    for event in (Conflict("ann:0"), Unsure("bob:1"), Refused("ann:0", "X")):
        assert isinstance(walk.send(event), Ignored)
    assert walk.state is AWAITING


def test_defect_12_an_unsure_operation_is_looked_for_and_sent_again_under_its_number(walk):
    attached(walk)
    submit(walk)
    walk.send(Unsure(""))
    assert (walk.state, sent(walk)) == (RESYNCING, [SyncRequest(3, message_id="ann:sync:2")])
    answer_sync(walk)
    assert sent(walk) == [DocumentEdit(put("x"), 3, client_id="ann", message_id="ann:1")]


@pytest.mark.parametrize(
    ("objection", "becomes"),
    [(Conflict(""), RESYNCING), (Unsure(""), RESYNCING), (Refused("", "INVALID_OPERATION"), SYNCED)],
    ids=["conflict", "unsure", "refused"],
)
def test_defect_15_an_error_without_a_name_means_the_one_operation_in_flight(objection, becomes):
    walk = Granting(CONFLICT_RECOVERY, Context(ANN, APART))
    attached(walk)
    submit(walk)
    walk.send(objection)
    assert walk.state is becomes


def test_a_refused_operation_is_rolled_back_and_the_rest_goes_on(walk):
    """sharedb #355, #626 drop everything that is pending; the seed emits a count."""
    attached(walk)
    submit(walk, "x")
    submit(walk, "y", 1)
    walk.send(Refused("ann:1", "INVALID_OPERATION"))
    assert ended(walk) == [(1, Outcome.REJECTED, "INVALID_OPERATION")]
    assert ViewChanged((Delete(0, 1),), 3) in walk.effects
    assert sent(walk) == [DocumentEdit(put("y"), 3, client_id="ann", message_id="ann:2")]
    assert (walk.state, walk.context.replica.view) == (AWAITING, Text("yabc"))
    walk.send(Refused("", "INVALID_OPERATION"))
    assert (walk.state, walk.context.replica.view) == (SYNCED, Text("abc"))
