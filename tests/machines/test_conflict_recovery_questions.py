"""Questions: after a gap, a lost link or a silence the server is asked what it has, before anything is sent again."""

import pytest

from machines.conflict_recovery import (
    CONFLICT_RECOVERY,
    DETACHED,
    RESOLVING,
    RESYNCING,
    SYNC_WAIT,
    SYNCED,
    Context,
    Options,
)
from machines.document import Attach, Detach, Outcome, Synced, ViewChanged
from machines.wire.messages import Document, DocumentEdit, DocumentSync, SyncedOperation, SyncRequest
from machines.wire.operations import Delete
from machines.wire.text import Text
from statekit import Ignored, Jitter, Stale
from tests.machines.attached import (
    ACK_LIMIT,
    ANN,
    APART,
    SYNC_LIMIT,
    SYNC_WAIT_DUE,
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


# ---------------------------------------------------------------------------------------------------------------- a gap
def test_a_gap_in_the_history_is_asked_about(walk):
    attached(walk)
    walk.send(remote(put("R"), 5))
    assert (walk.state, sent(walk)) == (RESYNCING, [SyncRequest(3, message_id="ann:sync:2")])
    assert walk.send(remote(put("S"), 6)) == Ignored("the next sync will tell")


def test_an_acknowledgement_past_a_gap_is_asked_about(walk):
    attached(walk)
    submit(walk)
    acknowledge(walk, 1, 5)
    assert (walk.state, sent(walk)) == (RESYNCING, [SyncRequest(3, message_id="ann:sync:2")])
    walk.send(Detach())
    assert acknowledge(walk, 1, 5) == Ignored("it is settled, or the next sync will tell")


# --------------------------------------------------------------------------------------------------- the link goes down
def test_defect_35_an_operation_in_flight_when_the_link_dies_is_looked_for_not_resent(walk):
    """A blind resend applied it twice. Fluid #18708, dim0 #162."""
    attached(walk)
    submit(walk)
    walk.send(Detach())
    assert (walk.state, walk.timers, walk.effects) == (DETACHED, {}, ())
    walk.send(Attach())
    assert not [each for each in sent(walk) if isinstance(each, DocumentEdit)]
    own = SyncedOperation(put("x"), 4, "ann", "ann:1")
    answer_sync(walk, "xabc", 4, (own,))
    assert (walk.state, ended(walk), sent(walk)) == (SYNCED, [(1, Outcome.ACKNOWLEDGED, "")], [])


def test_defect_33_what_the_server_does_not_have_is_rewritten_and_sent_again_under_its_number(walk):
    """O4: rewritten past what came meanwhile."""
    attached(walk)
    submit(walk, "x", 3)
    walk.send(Detach(), Attach())
    answer_sync(walk, "Rabc", 4, (SyncedOperation(put("R"), 4, "bob", "bob:1"),))
    assert walk.effects[0] == ViewChanged(put("R"), 4)
    assert sent(walk) == [DocumentEdit(put("x", 4), 4, client_id="ann", message_id="ann:1")]


def test_what_the_server_had_before_its_snapshot_is_not_kept_twice(walk):
    """The history does not reach back to the operation: only its second acknowledgement tells that it is in."""
    attached(walk)
    submit(walk, "x", 0)
    walk.send(Detach(), Attach())
    answer_sync(walk, "Rxabc", 9)
    assert (sent(walk)[0].message_id, walk.context.replica.view) == ("ann:1", Text("Rxxabc"))
    acknowledge(walk, 1, 4)
    assert (walk.state, ended(walk)) == (SYNCED, [(1, Outcome.ACKNOWLEDGED, "")])
    assert walk.effects[1] == ViewChanged((Delete(2, 1),), 9)
    assert (walk.context.replica.view, walk.context.replica.version) == (Text("Rxabc"), 9)


def test_defect_30_a_sync_that_was_asked_for_on_an_earlier_link_is_not_taken(walk):
    """O7: a late reply to the first question satisfied the second."""
    begin(walk)
    walk.send(Attach(), Detach(), Attach())
    late = DocumentSync(Document("d", 1, Text("old")), message_id="ann:sync:1")
    assert walk.send(Synced(late)) == Ignored("it answers no question that is still open", ("answers_us",))
    assert walk.send(Synced(DocumentSync(Document("d", 1, Text("old"))))).because.startswith("it answers no question")
    assert walk.state is RESOLVING


def test_the_link_s_ups_and_downs_may_be_told_twice(walk):
    attached(walk)
    assert walk.send(Attach()) == Ignored("the link was up already, or nothing is to be sent")
    walk.send(Detach())
    assert walk.send(Detach()) == Ignored("the link was down already, or nothing is to be sent")


# ------------------------------------------------------------------------------------------------------- nobody answers
def test_a_missing_acknowledgement_is_answered_by_a_question(walk):
    for more in (False, True):
        attached_again = walk.context.replica.loaded
        begin(walk)
        assert attached_again == more
        attached(walk)
        submit(walk)
        if more:
            submit(walk)
        walk.fire(ACK_LIMIT)
        assert (walk.state, sent(walk)) == (RESYNCING, [SyncRequest(3, message_id="ann:sync:2")])


def test_defect_29_and_defect_31_a_question_is_asked_three_times_and_then_after_ever_longer_pauses(walk):
    """The listener leaked and nothing was tried again."""
    begin(walk)
    walk.send(Attach())
    for asked in (2, 3):
        walk.fire(SYNC_LIMIT)
        assert (walk.state, sent(walk)) == (RESOLVING, [SyncRequest(0, message_id=f"ann:sync:{asked}")])
    pauses = []
    for _ in range(7):
        walk.fire(SYNC_LIMIT)
        assert (walk.state, walk.effects) == (SYNC_WAIT, ())
        pauses.append(walk.timers[SYNC_WAIT_DUE])
        walk.fire(SYNC_WAIT_DUE)
        assert len(sent(walk)) == 1
        walk.fire(SYNC_LIMIT)
        walk.fire(SYNC_LIMIT)
        assert walk.state is RESYNCING
    assert pauses == [Jitter(cap / 2, cap) for cap in (2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0)]
    answer_sync(walk)
    assert (walk.state, walk.context.waits, walk.context.syncs) == (SYNCED, 0, 0)


def test_defect_39_leaving_a_question_leaves_no_timer(walk):
    """O8: it waited 5 s on a dead socket."""
    begin(walk)
    walk.send(Attach())
    due = walk.ticket(SYNC_LIMIT)
    walk.send(Detach())
    assert (walk.timers, walk.fire(SYNC_LIMIT, ticket=due)) == ({}, Stale(due))


def test_defect_16_what_waits_to_try_again_does_so_and_ends_with_its_link(walk):
    """It told nobody that it was ready, and its timer outlived the link."""
    begin(walk, Options(syncs_max=1))
    walk.send(Attach())
    walk.fire(SYNC_LIMIT)
    assert list(walk.timers) == [SYNC_WAIT_DUE]
    walk.fire(SYNC_WAIT_DUE)
    assert (walk.state, len(sent(walk))) == (RESYNCING, 1)
    walk.fire(SYNC_LIMIT)
    due = walk.ticket(SYNC_WAIT_DUE)
    walk.send(Detach())
    assert (walk.timers, walk.fire(SYNC_WAIT_DUE, ticket=due)) == ({}, Stale(due))
