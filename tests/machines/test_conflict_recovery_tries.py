"""Tries: how often an operation is tried, and what is given up so that the rest goes on."""

import pytest

from machines.conflict_recovery import AWAITING, CONFLICT_RECOVERY, RESYNCING, SYNC_WAIT, SYNCED, Context, Options
from machines.document import Attach, Conflict, Detach, Outcome, PutBack, Submit, Unsure, ViewChanged
from machines.link import Blame
from machines.replica import Replica
from machines.tries import Tries
from machines.wire.messages import DocumentEdit, SyncedOperation
from machines.wire.operations import Delete
from machines.wire.text import Text
from statekit import Jitter
from tests.machines.algebras import Stubborn
from tests.machines.attached import (
    ACK_LIMIT,
    ANN,
    APART,
    SYNC_WAIT_DUE,
    Granting,
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


# ------------------------------------------------------------------------------------------------------ again and again
@pytest.mark.parametrize(
    ("trouble", "why"),
    [(Conflict("ann:1"), "contention"), (Unsure("ann:1"), "retries"), (ACK_LIMIT, "retries")],
    ids=["conflict", "unsure", "overdue"],
)
def test_defect_38_the_head_is_given_up_after_five_more_tries_and_the_rest_goes_on(trouble, why):
    """O11: permanent contention had no end. It ends once the server has said what it has."""
    walk = Granting(CONFLICT_RECOVERY, Context(ANN, APART))
    attached(walk)
    submit(walk, "x", 3)
    submit(walk, "y", 4)
    for _ in range(6):
        assert [each.message_id for each in sent(walk)] in ([], ["ann:1"])
        walk.fire(trouble) if isinstance(trouble, str) else walk.send(trouble)
        if walk.state is SYNC_WAIT:
            walk.fire(SYNC_WAIT_DUE)
        assert (walk.state, ended(walk)) == (RESYNCING, [])
        answer_sync(walk)
    assert ended(walk) == [(1, Outcome.DISCARDED, why)]
    assert sent(walk) == [DocumentEdit(put("y", 3), 3, client_id="ann", message_id="ann:2")]
    assert ViewChanged((Delete(3, 1),), 3) in walk.effects
    assert (walk.state, walk.context.tries, walk.context.replica.view) == (AWAITING, Tries(), Text("abcy"))


def test_conflicts_without_end_are_ended_by_the_server_s_document_whole():
    """Section 5: five rounds, then snapshot reset and report. What led to the conflicts may be wrong itself."""
    walk = Granting(CONFLICT_RECOVERY, Context(ANN, Options(rounds_max=0)))
    attached(walk, "abd", 3)
    submit(walk, "x", 3)
    walk.send(Conflict(""))
    answer_sync(walk, "Rabc", 4, (SyncedOperation(put("R"), 4, "bob", "bob:1"),))
    assert (walk.state, ended(walk)) == (SYNCED, [(1, Outcome.DISCARDED, "contention")])
    assert (walk.context.replica.view, walk.context.replica.version) == (Text("Rabc"), 4)


def test_whoever_is_unsure_again_is_asked_after_a_pause_that_doubles(walk):
    """Section 11, OPERATION_TIMEOUT: the first time it may be bad luck, after that it is load."""
    attached(walk)
    submit(walk)
    pauses = []
    for times in range(5):
        walk.send(Unsure("ann:1"))
        if times:
            assert (walk.state, sent(walk)) == (SYNC_WAIT, [])
            pauses.append(walk.timers[SYNC_WAIT_DUE])
            walk.send(remote(put("R"), walk.context.replica.version + 1))
            assert walk.context.replica.view.content.count("R") == times, "what others do is shown meanwhile"
            walk.fire(SYNC_WAIT_DUE)
        answer_sync(walk, walk.context.replica.base.content, walk.context.replica.version)
        assert [each.message_id for each in sent(walk)] == ["ann:1"]
    assert pauses == [Jitter(cap / 2, cap) for cap in (2.0, 4.0, 8.0, 16.0)]


def test_a_head_that_the_last_answer_shows_is_acknowledged_not_given_up(walk):
    begin(walk, Options(retries_max=0))
    attached(walk)
    submit(walk)
    walk.fire(ACK_LIMIT)
    answer_sync(walk, "xabc", 4, (SyncedOperation(put("x"), 4, "ann", "ann:1"),))
    assert (walk.state, ended(walk)) == (SYNCED, [(1, Outcome.ACKNOWLEDGED, "")])
    submit(walk)
    walk.fire(ACK_LIMIT)
    answer_sync(walk, "xabc", 4)
    assert (walk.state, ended(walk)) == (SYNCED, [(2, Outcome.DISCARDED, "retries")])


def test_defect_1_none_is_a_number_of_retries():
    """`maxRetries || 5` made 0 impossible, and nobody read it."""
    walk = Granting(CONFLICT_RECOVERY, Context(ANN, Options(retries_max=0)))
    attached(walk)
    submit(walk)
    walk.send(Unsure(""))
    answer_sync(walk)
    assert ended(walk) == [(1, Outcome.DISCARDED, "retries")]


# --------------------------------------------------------------------------------------------------------------- poison
def test_an_operation_over_which_the_link_broke_twice_is_not_sent_a_third_time(walk):
    """Poison: Zero #5982, Fluid #7545. What the server has after all is not poison."""
    attached(walk)
    submit(walk, "x", 3)
    submit(walk, "y", 4)
    walk.send(Detach(Blame()), Attach())
    answer_sync(walk)
    assert [each.message_id for each in sent(walk)] == ["ann:1"]
    walk.send(Detach(Blame()), Attach())
    assert ended(walk) == []
    answer_sync(walk)
    assert ended(walk) == [(1, Outcome.DISCARDED, "poison")]
    assert [each.message_id for each in sent(walk)] == ["ann:2"]
    for _ in range(2):
        walk.send(Detach(Blame()), Attach())
        answer_sync(walk, "yabc", 4, (SyncedOperation(put("y"), 4, "ann", "ann:2"),))
    assert (walk.state, walk.context.tries) == (SYNCED, Tries())


def test_a_link_that_broke_over_nothing_of_ours_blames_nothing(walk):
    attached(walk)
    submit(walk)
    for _ in range(3):
        walk.send(Detach(), Attach())
        answer_sync(walk)
        walk.send(PutBack("ann:1"), Detach(Blame()), Attach())
        answer_sync(walk)
    assert (walk.state, walk.context.tries) == (AWAITING, Tries())


# ------------------------------------------------------------------------------------------- what fits nothing any more
def test_defect_38_what_cannot_be_carried_along_is_given_back_and_the_rest_goes_on(walk):
    walk.begin(Context(Replica("ann", algebra=Stubborn()), APART))
    walk.send(Attach())
    answer_sync(walk)
    submit(walk, "x", 3)
    walk.send(Submit((Delete(3, 1),), walk.context.replica.revision))
    walk.send(remote((Delete(0, 1),), 4))
    assert ended(walk) == [(1, Outcome.EXPORTED, "untransformable")]
    assert (walk.state, walk.context.replica.view) == (RESYNCING, Text("bc")), "the server may have it: it is asked"
    answer_sync(walk, "bc", 4)
    assert [each.message_id for each in sent(walk)] == ["ann:2"]
