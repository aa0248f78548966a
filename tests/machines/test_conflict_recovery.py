"""Conflict recovery: every accepted operation ends exactly once, and quiet replicas agree with the server."""

import pytest

from machines.conflict_recovery import (
    AWAITING,
    AWAITING_BUFFERED,
    CONFLICT_RECOVERY,
    DETACHED,
    RESOLVING,
    RESYNCING,
    SYNCED,
    Context,
    Options,
)
from machines.document import Attach, Conflict, Outcome, ViewChanged
from machines.wire.messages import DocumentEdit, SyncRequest
from machines.wire.text import Text
from statekit import Ignored
from tests.machines import (
    test_conflict_recovery_endings,
    test_conflict_recovery_holds,
    test_conflict_recovery_objections,
    test_conflict_recovery_openings,
    test_conflict_recovery_questions,
    test_conflict_recovery_tries,
    test_conflict_recovery_turns,
)
from tests.machines.attached import (
    ACK_LIMIT,
    ANN,
    APART,
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

ACK_GUARDS = ("acks_head", "acks_head_again", "about_head")


@pytest.fixture
def walk():
    return Granting(CONFLICT_RECOVERY, Context(ANN, APART))


# ----------------------------------------------------------------------------------------------------------- main paths
def test_defect_14_a_new_link_asks_first_and_sends_afterwards(walk):
    begin(walk)
    submit(walk)
    assert (walk.state, walk.effects) == (DETACHED, ())
    walk.send(Attach())
    assert (walk.state, sent(walk)) == (RESOLVING, [SyncRequest(0, message_id="ann:sync:1")])
    answer_sync(walk)
    assert (walk.state, walk.timers) == (AWAITING, {ACK_LIMIT: 15.0})
    assert sent(walk) == [DocumentEdit(put("x", 3), 3, client_id="ann", message_id="ann:1")]


def test_defect_34_one_operation_is_in_flight_and_the_rest_wait_their_turn(walk):
    """O1 and O9: all were sent at once, with one base."""
    attached(walk)
    submit(walk, "x")
    assert (walk.state, len(sent(walk))) == (AWAITING, 1)
    for content in "yz":
        submit(walk, content)
        assert (walk.state, walk.effects) == (AWAITING_BUFFERED, ())
    acknowledge(walk, 1, 4)
    assert (walk.state, ended(walk)) == (AWAITING_BUFFERED, [(1, Outcome.ACKNOWLEDGED, "")])
    assert sent(walk) == [DocumentEdit(put("y"), 4, client_id="ann", message_id="ann:2")]
    acknowledge(walk, 2, 5)
    assert (walk.state, sent(walk)[0].message_id) == (AWAITING, "ann:3")
    acknowledge(walk, 3, 6)
    assert (walk.state, walk.effects[0].sequence, walk.timers) == (SYNCED, 3, {})


def test_a_remote_edit_is_applied_below_what_is_pending(walk):
    attached(walk)
    submit(walk, "x", 3)
    walk.send(remote(put("R"), 4))
    assert walk.effects == (ViewChanged(put("R"), 4),)
    assert walk.context.replica.view == Text("Rabcx")
    assert acknowledge(walk, 0, 5) == Ignored("it is settled, or the next sync will tell", ACK_GUARDS)
    assert walk.send(remote(put("R"), 4)) == Ignored("the document has it already", ("is_next",))
    assert walk.send(remote(put("x", 4), 5, "ann")) == Ignored("the document has it already", ("is_next",))


def test_defect_36_edits_made_while_a_question_is_out_wait_in_order(walk):
    """O9; sharedb #692."""
    attached(walk)
    submit(walk, "1")
    walk.send(Conflict(""))
    for content in "23":
        submit(walk, content, len(walk.context.replica.view))
        assert (walk.state, walk.effects) == (RESYNCING, ())
    answer_sync(walk)
    assert (walk.state, walk.context.replica.view) == (AWAITING_BUFFERED, Text("1abc23"))
    assert [each.sequence for each in walk.context.replica.pending] == [1, 2, 3]


# --------------------------------------------------------------------------------------------------------------- limits
def test_the_queue_is_bounded_and_an_edit_that_does_not_fit_is_told(walk):
    """Seed defect 45: unbounded."""
    begin(walk, Options(queue_max=2, compose_max=1))
    assert submit(walk, "x", 1).because == "the edit does not fit the document"
    submit(walk)
    submit(walk)
    assert submit(walk).because == "too many operations are waiting"
    assert walk.context.replica.view == Text("xx")
    begin(walk)
    attached(walk)
    for state in (SYNCED, AWAITING, AWAITING_BUFFERED):
        assert walk.state is state
        assert submit(walk, "x", 9).because == "the edit does not fit the document"
        submit(walk)


# ------------------------------------------------------------------------------------------------------------ the table
def test_every_row_is_taken(left_untaken):
    more = (
        test_conflict_recovery_endings,
        test_conflict_recovery_holds,
        test_conflict_recovery_objections,
        test_conflict_recovery_openings,
        test_conflict_recovery_questions,
        test_conflict_recovery_tries,
        test_conflict_recovery_turns,
    )
    assert left_untaken(CONFLICT_RECOVERY, Granting(CONFLICT_RECOVERY), more) == ()
