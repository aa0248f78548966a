"""Conflict recovery: every accepted operation ends exactly once, and quiet replicas agree with the server."""

import pytest
from attrs import evolve

from machines.conflict_recovery import (
    AWAITING,
    AWAITING_BUFFERED,
    CLOSED,
    CONFLICT_RECOVERY,
    DETACHED,
    HALTED,
    HELD,
    RESOLVING,
    RESYNCING,
    SYNC_WAIT,
    SYNCED,
    Context,
    Options,
)
from machines.document import (
    Acknowledged,
    Attach,
    CloseDocument,
    Conflict,
    Detach,
    Granted,
    Halt,
    Hold,
    Offer,
    Open,
    OperationEnded,
    Outcome,
    PermissionsCame,
    Persist,
    PutBack,
    Refused,
    Release,
    RemoteEdit,
    Reopen,
    SaveOutbox,
    Submit,
    Synced,
    Unsure,
    ViewChanged,
    Withdraw,
)
from machines.link import Blame, Send
from machines.replica import Replica
from machines.tries import Tries
from machines.wire.messages import (
    Document,
    DocumentClose,
    DocumentEdit,
    DocumentSync,
    OperationAck,
    OperationBroadcast,
    SyncedOperation,
    SyncRequest,
)
from machines.wire.operations import Delete, Insert
from machines.wire.text import Text
from statekit import Ignored, Jitter, Stale, Stimulus, Taken
from statekit.testing.walk import Walk
from tests.machines.algebras import Stubborn

ACK_LIMIT, SYNC_LIMIT = "ack_overdue", "after sync_seconds"
SYNC_WAIT_DUE = "after sync_wait"
ANN = Replica("ann")
APART = Options(compose_max=1)
ACK_GUARDS = ("acks_head", "acks_head_again", "about_head")


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


@pytest.fixture
def walk():
    return Granting(CONFLICT_RECOVERY, Context(ANN, APART))


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


# -------------------------------------------------------------------------------------------------------- main paths
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


# ------------------------------------------------------------------------------------------------ the link goes down
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


# -------------------------------------------------------------------------------------------------- nobody answers
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


# ------------------------------------------------------------------------------------------------ the server objects
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


# ---------------------------------------------------------------------------------------------- holds, halts, limits
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


# ---------------------------------------------------------------------------------------------------- one message
def test_what_waits_behind_the_head_goes_with_it_when_it_is_its_turn(walk):
    """Section 5: composed into the unsent tail only. Each operation ends under its own number all the same."""
    begin(walk, Options(compose_max=3))
    attached(walk)
    for at, letter in enumerate("vwxyz"):
        submit(walk, letter, at)
    assert (walk.state, len(walk.context.replica.pending)) == (AWAITING_BUFFERED, 5)
    acknowledge(walk, 1, 4)
    assert sent(walk) == [DocumentEdit(put("wxy", 1), 4, client_id="ann", message_id="ann:2")]
    acknowledge(walk, 2, 5)
    assert ended(walk) == [(number, Outcome.ACKNOWLEDGED, "") for number in (2, 3, 4)]
    assert [(each.message_id, each.operation) for each in sent(walk)] == [("ann:5", put("z", 4))]
    assert walk.state is AWAITING


def test_what_was_sent_is_composed_with_nothing_any_more(walk):
    """O2; sharedb #327: one number with two payloads is a silent loss."""
    begin(walk, Options(compose_max=9))
    attached(walk)
    submit(walk, "x")
    submit(walk, "y", 1)
    walk.send(Unsure(""))
    submit(walk, "z", 2)
    answer_sync(walk)
    assert sent(walk) == [DocumentEdit(put("x"), 3, client_id="ann", message_id="ann:1")]


def test_a_message_that_is_rejected_takes_all_it_brings_with_it(walk):
    begin(walk, Options(compose_max=9))
    walk.granting = False
    attached(walk)
    for at, letter in enumerate("xyz"):
        submit(walk, letter, at)
    walk.send(Granted("ann:1"))
    assert (walk.state, sent(walk)[0].operation) == (AWAITING, put("xyz"))
    walk.send(Refused("", "INVALID_OPERATION"))
    assert ended(walk) == [(number, Outcome.REJECTED, "INVALID_OPERATION") for number in (1, 2, 3)]
    assert walk.context.replica.view == Text("abc")
    walk.granting = True


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


# --------------------------------------------------------------------------------------------------------- the outbox
def test_what_is_pending_is_saved_before_a_login_is_asked_for_and_before_a_halt(walk):
    """Seed defect 25: the redirect lost it. Before the halt means: as it was before it was given back."""
    attached(walk)
    submit(walk, "x")
    submit(walk, "y", 1)
    before = walk.context.replica
    walk.send(Persist())
    assert walk.effects == (SaveOutbox(before),)
    walk.send(Halt("kicked"))
    assert walk.effects[0] == SaveOutbox(before)
    assert [each.sequence for each in walk.effects[1:3]] == [1, 2]
    assert walk.effects[3:] == (Withdraw("ann:1"),), "what is given back needs no turn"
    assert isinstance(walk.send(Persist()), Ignored)


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


def test_what_is_granted_is_sent_as_it_reads_then(walk):
    attached(walk)
    walk.granting = False
    submit(walk, "x", 3)
    assert (walk.state, walk.effects, walk.timers) == (AWAITING, (Offer("ann:1"),), {})
    walk.send(remote(put("R"), 4))
    walk.send(Granted("ann:1"))
    assert sent(walk) == [DocumentEdit(put("x", 4), 4, client_id="ann", message_id="ann:1")]
    assert walk.timers == {ACK_LIMIT: 15.0}
    walk.granting = True


def test_defect_42_an_operation_that_was_sent_in_vain_awaits_no_acknowledgement_and_is_sent_again(walk):
    """R5: the limited operation itself was lost."""
    attached(walk)
    submit(walk, "x")
    walk.send(PutBack("ann:1"))
    assert (walk.state, walk.timers, walk.effects) == (AWAITING, {}, ())
    walk.send(Granted("ann:1"))
    assert [each.message_id for each in sent(walk)] == ["ann:1"]


def test_a_grant_for_something_else_is_let_pass(walk):
    attached(walk)
    for event in (Granted("ann:1"), PutBack("ann:1")):
        assert isinstance(walk.send(event), Ignored)
    submit(walk)
    for event in (Granted("ann:2"), PutBack("ann:2")):
        assert isinstance(walk.send(event), Ignored)


def test_a_halt_gives_every_operation_back_and_takes_no_more(walk):
    """Seed defects 25 and 51: what was pending was lost."""
    attached(walk)
    submit(walk, "x")
    submit(walk, "y")
    walk.send(Halt("deleted"))
    assert ended(walk) == [(2 - at, Outcome.EXPORTED, "deleted") for at in (1, 0)]
    assert (walk.state, walk.context.replica.view, walk.timers) == (HALTED, Text("yxabc"), {})
    assert submit(walk) == Ignored("the document takes no operations any more")
    assert walk.send(Halt("again")) == Ignored("it is halted already")
    for event in (Attach(), Detach(), Granted("ann:1"), Conflict(""), remote(put("R"), 4)):
        assert isinstance(walk.send(event), Ignored)
    acknowledge(walk, 1, 4)
    assert ended(walk) == []


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


# -------------------------------------------------------------------------------------------- one document among others
OTHER = Replica("ann", document_id="other")


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


def test_a_document_that_is_closed_gives_back_what_the_server_does_not_have_and_says_goodbye(walk):
    attached(walk)
    submit(walk, "x")
    submit(walk, "y", 1)
    before = walk.context.replica
    walk.send(CloseDocument())
    assert walk.state is CLOSED
    assert walk.effects[:2] == (Send(DocumentClose()), SaveOutbox(before))
    assert walk.effects[-1] == Withdraw("ann:1")
    assert ended(walk) == [(1, Outcome.EXPORTED, "closed"), (2, Outcome.EXPORTED, "closed")]
    assert walk.timers == {}


def test_a_document_that_is_closed_without_a_link_says_nothing_to_the_server(walk):
    submit(walk)
    walk.send(CloseDocument())
    assert (walk.state, sent(walk)) == (CLOSED, [])
    assert ended(walk) == [(1, Outcome.EXPORTED, "closed")]


def test_a_halted_document_that_is_closed_has_nothing_left_to_give_back(walk):
    submit(walk)
    walk.send(Halt("not_found"), CloseDocument())
    assert (walk.state, walk.effects) == (CLOSED, ())


def test_every_row_is_taken(left_untaken):
    assert left_untaken(CONFLICT_RECOVERY, Granting(CONFLICT_RECOVERY)) == ()


def test_defect_1_none_is_a_number_of_retries():
    """`maxRetries || 5` made 0 impossible, and nobody read it."""
    walk = Granting(CONFLICT_RECOVERY, Context(ANN, Options(retries_max=0)))
    attached(walk)
    submit(walk)
    walk.send(Unsure(""))
    answer_sync(walk)
    assert ended(walk) == [(1, Outcome.DISCARDED, "retries")]
