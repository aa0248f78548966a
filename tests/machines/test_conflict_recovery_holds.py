"""Holds and denials: what keeps operations from going out, and what still comes in."""

import pytest

from machines.conflict_recovery import AWAITING, CONFLICT_RECOVERY, HELD, RESYNCING, Context
from machines.document import (
    Attach,
    Detach,
    Hold,
    Open,
    Outcome,
    PermissionsCame,
    Refused,
    Release,
    Synced,
    ViewChanged,
)
from machines.wire.messages import Document, DocumentSync, SyncRequest
from machines.wire.text import Text
from statekit import Ignored, Taken
from tests.machines.attached import (
    ANN,
    APART,
    OTHER,
    Granting,
    acknowledge,
    answer_sync,
    attached,
    begin,
    ended,
    put,
    remote,
    sent,
    submit,
)


@pytest.fixture
def walk():
    return Granting(CONFLICT_RECOVERY, Context(ANN, APART))


# ---------------------------------------------------------------------------------------------------------------- holds
def test_a_hold_lets_nothing_out_until_it_is_over(walk):
    """Seed defects 41, 42 and 45: the limited operation was lost, and the rest flushed in one tick."""
    attached(walk)
    submit(walk, "x")
    submit(walk, "y")
    walk.send(Hold())
    assert (walk.state, walk.timers) == (HELD, {})
    walk.send(Hold())
    assert walk.state is HELD
    walk.send(remote(put("R", 3), 4))
    assert walk.effects == (ViewChanged(put("R", 5), 4),)
    submit(walk, "z")
    assert walk.effects == ()
    assert isinstance(acknowledge(walk, 1, 7), Ignored)
    acknowledge(walk, 1, 5)
    assert (walk.state, ended(walk), sent(walk)) == (HELD, [(1, Outcome.ACKNOWLEDGED, "")], [])
    walk.send(Release())
    assert (walk.state, sent(walk)) == (RESYNCING, [SyncRequest(5, message_id="ann:sync:2")])


def test_a_hold_outlasts_the_link(walk):
    """What is held when the link dies is held over the next one, though the server is asked what it has."""
    attached(walk)
    submit(walk, "x")
    walk.send(Detach(), Hold(), Attach())
    answer_sync(walk)
    assert (walk.state, sent(walk)) == (HELD, [])
    walk.send(Detach(), Release(), Attach())
    answer_sync(walk)
    assert (walk.state, [each.message_id for each in sent(walk)]) == (AWAITING, ["ann:1"])


def test_a_hold_keeps_no_questions(walk):
    """Who may only read has the document like anybody else, and a gap in its history is asked about."""
    begin(walk)
    walk.send(Hold(), Attach())
    answer_sync(walk)
    assert (walk.state, walk.context.replica.view) == (HELD, Text("abc"))
    assert walk.send(remote(put("R"), 3)).because == "the document has it already"
    walk.send(remote(put("R"), 5))
    assert (walk.state, sent(walk)) == (RESYNCING, [SyncRequest(3, message_id="ann:sync:2")])
    answer_sync(walk, "RRabc", 5)
    assert walk.state is HELD


def test_a_hold_on_others_is_a_release_to_this_one(walk):
    walk.begin(Context(OTHER, APART))
    walk.send(Open("1st", attached=True))
    walk.send(Synced(DocumentSync(Document("other", 3, Text("abc")), message_id="ann:sync:1:1st")))
    submit(walk)
    walk.send(Hold(read_only=False, documents=frozenset({"third"})))
    assert walk.state is AWAITING
    walk.send(Hold(read_only=False, documents=frozenset({"third", "other"})))
    assert walk.state is HELD
    walk.send(Hold(read_only=False, documents=frozenset({"third"})))
    assert (walk.state, walk.context.held) == (RESYNCING, False)
    assert [each.message_id for each in sent(walk)] == ["ann:sync:2:1st"]


# --------------------------------------------------------------------------------------------------------------- rights
def test_a_user_who_may_not_write_sends_nothing_more(walk):
    """Section 11, INSUFFICIENT_PERMISSIONS: the operation is rejected, and the rest is read only."""
    attached(walk)
    submit(walk, "x")
    submit(walk, "y", 1)
    walk.send(Refused("ann:1", "INSUFFICIENT_PERMISSIONS", read_only=True))
    assert (walk.state, sent(walk)) == (HELD, [])
    assert ended(walk) == [(1, Outcome.REJECTED, "INSUFFICIENT_PERMISSIONS")]
    assert submit(walk).because == "this user may only read"
    walk.send(Hold(), Release(), PermissionsCame(may_write=False))
    assert (walk.state, sent(walk)) == (HELD, []), "a denial is no hold"
    walk.send(Hold(), PermissionsCame(may_write=True))
    assert (walk.state, sent(walk)) == (HELD, []), "nor is a hold a denial"
    walk.send(Release())
    answer_sync(walk)
    assert [each.message_id for each in sent(walk)] == ["ann:2"]


def test_a_denied_document_is_tried_again_when_its_user_may_write(walk):
    attached(walk)
    submit(walk, "x")
    submit(walk, "y", 1)
    walk.send(Refused("ann:1", "INSUFFICIENT_PERMISSIONS", read_only=True))
    walk.send(PermissionsCame(may_write=True))
    answer_sync(walk)
    assert [each.message_id for each in sent(walk)] == ["ann:2"]


def test_who_may_only_read_queues_nothing_and_keeps_what_was_accepted_before(walk):
    """Section 11, permission_change: what was accepted waits for the permission to come back."""
    begin(walk)
    submit(walk, "x")
    walk.send(Hold(read_only=True))
    assert submit(walk).because == "this user may only read"
    walk.send(Hold())
    assert isinstance(submit(walk), Ignored), "another reason to wait says nothing about permissions"
    walk.send(Hold(read_only=False))
    assert isinstance(submit(walk, "y"), Taken)
    assert [each.sequence for each in walk.context.replica.parts] == [1, 2]
