"""Conflict recovery: every accepted operation ends exactly once, and quiet replicas agree with the server."""

from collections import deque
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from machines.conflict_recovery import (
    AWAITING,
    AWAITING_BUFFERED,
    CONFLICT_RECOVERY,
    DETACHED,
    HALTED,
    HELD,
    RESOLVING,
    RESYNCING,
    SYNC_WAIT,
    SYNCED,
    Acknowledged,
    Attach,
    Conflict,
    Context,
    Detach,
    Granted,
    Halt,
    Hold,
    Offer,
    OperationEnded,
    Options,
    Outcome,
    PutBack,
    Refused,
    Release,
    RemoteEdit,
    Reopen,
    Submit,
    Synced,
    Unsure,
    ViewChanged,
)
from machines.demo.document import Applied, Duplicate, SharedDocument
from machines.demo.document import Conflict as Behind
from machines.link import Send
from machines.replica import Replica
from machines.wire.messages import (
    Document,
    DocumentEdit,
    DocumentSync,
    OperationAck,
    OperationBroadcast,
    SyncedOperation,
    SyncRequest,
)
from machines.wire.operations import Delete, Insert
from machines.wire.text import Text, apply
from statekit import Ignored, Jitter, Stale, Stimulus, Taken
from statekit.testing.walk import Walk

ACK_LIMIT, SYNC_LIMIT = "ack_overdue", "after sync_limit"
SYNC_WAIT_DUE = "after sync_wait"
ANN = Replica("ann")
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
    return Granting(CONFLICT_RECOVERY, Context(ANN))


def put(content, position=0):
    return (Insert(position, content),)


def begin(walk, options=None):
    walk.begin(Context(ANN, options or Options()))


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
def test_a_new_link_asks_first_and_sends_afterwards(walk):
    begin(walk)
    submit(walk)
    assert (walk.state, walk.effects) == (DETACHED, ())
    walk.send(Attach())
    assert (walk.state, sent(walk)) == (RESOLVING, [SyncRequest(0, message_id="ann:sync:1")])
    answer_sync(walk)
    assert (walk.state, walk.timers) == (AWAITING, {ACK_LIMIT: 15.0})
    assert sent(walk) == [DocumentEdit(put("x", 3), 3, client_id="ann", message_id="ann:1")]


def test_one_operation_is_in_flight_and_the_rest_wait_their_turn(walk):
    """O1 and O9; seed defect 34: all were sent at once, with one base."""
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
def test_an_operation_in_flight_when_the_link_dies_is_looked_for_not_resent(walk):
    """Seed defects 12 and 35: a blind resend applied it twice. Fluid #18708, dim0 #162."""
    attached(walk)
    submit(walk)
    walk.send(Detach())
    assert (walk.state, walk.timers, walk.effects) == (DETACHED, {}, ())
    walk.send(Attach())
    assert not [each for each in sent(walk) if isinstance(each, DocumentEdit)]
    own = SyncedOperation(put("x"), 4, "ann", "ann:1")
    answer_sync(walk, "xabc", 4, (own,))
    assert (walk.state, ended(walk), sent(walk)) == (SYNCED, [(1, Outcome.ACKNOWLEDGED, "")], [])


def test_what_the_server_does_not_have_is_sent_again_under_its_number(walk):
    """O4; seed defect 33: rewritten past what came meanwhile."""
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
    assert (sent(walk)[0].message_id, walk.context.replica.view) == ("ann:1", Text("Rxabcx"))
    acknowledge(walk, 1, 4)
    assert (walk.state, ended(walk)) == (SYNCED, [(1, Outcome.ACKNOWLEDGED, "")])
    assert walk.effects[1] == ViewChanged((Delete(5, 1),), 9)
    assert (walk.context.replica.view, walk.context.replica.version) == (Text("Rxabc"), 9)


def test_a_sync_that_was_asked_for_on_an_earlier_link_is_not_taken(walk):
    """O7; seed defect 30: a late reply to the first question satisfied the second."""
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


def test_a_question_is_asked_three_times_and_then_after_ever_longer_pauses(walk):
    """Seed defects 29 and 31: the listener leaked and nothing was tried again."""
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


def test_leaving_a_question_leaves_no_timer(walk):
    """O8; seed defect 39: it waited 5 s on a dead socket."""
    begin(walk)
    walk.send(Attach())
    due = walk.ticket(SYNC_LIMIT)
    walk.send(Detach())
    assert (walk.timers, walk.fire(SYNC_LIMIT, ticket=due)) == ({}, Stale(due))


# ------------------------------------------------------------------------------------------------ the server objects
def test_a_conflict_is_one_question_however_often_it_is_said(walk):
    """Seed defects 13 and 32: three conflicts on three pending operations made nine sends."""
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


def test_an_unsure_operation_is_looked_for_and_sent_again_under_its_number(walk):
    attached(walk)
    submit(walk)
    walk.send(Unsure(""))
    assert (walk.state, sent(walk)) == (RESYNCING, [SyncRequest(3, message_id="ann:sync:2")])
    answer_sync(walk)
    assert sent(walk) == [DocumentEdit(put("x"), 3, client_id="ann", message_id="ann:1")]


@pytest.mark.parametrize("trouble", [Conflict("ann:1"), Unsure("ann:1"), ACK_LIMIT], ids=str)
def test_the_head_is_given_up_after_five_more_tries_and_the_rest_goes_on(trouble):
    """O11; seed defect 38: permanent contention had no end. It ends once the server has said what it has."""
    walk = Granting(CONFLICT_RECOVERY, Context(ANN))
    attached(walk)
    submit(walk, "x", 3)
    submit(walk, "y", 4)
    for _ in range(6):
        assert sent(walk)[-1].message_id == "ann:1" if sent(walk) else walk.state is AWAITING_BUFFERED
        walk.fire(trouble) if isinstance(trouble, str) else walk.send(trouble)
        assert (walk.state, ended(walk)) == (RESYNCING, [])
        answer_sync(walk)
    assert ended(walk) == [(1, Outcome.EXPORTED, "contention")]
    assert sent(walk) == [DocumentEdit(put("y", 3), 3, client_id="ann", message_id="ann:2")]
    assert ViewChanged((Delete(3, 1),), 3) in walk.effects
    assert (walk.state, walk.context.rounds, walk.context.replica.view) == (AWAITING, 0, Text("abcy"))


def test_a_head_that_the_last_answer_shows_is_acknowledged_not_given_up(walk):
    begin(walk, Options(rounds_max=1))
    attached(walk)
    submit(walk)
    walk.send(Unsure(""))
    answer_sync(walk)
    walk.send(Unsure(""))
    answer_sync(walk, "xabc", 4, (SyncedOperation(put("x"), 4, "ann", "ann:1"),))
    assert (walk.state, ended(walk)) == (SYNCED, [(1, Outcome.ACKNOWLEDGED, "")])
    submit(walk)
    walk.send(Unsure(""))
    answer_sync(walk, "xabc", 4)
    walk.send(Unsure(""))
    answer_sync(walk, "xabc", 4)
    assert (walk.state, ended(walk)) == (SYNCED, [(2, Outcome.EXPORTED, "contention")])


def test_a_refused_operation_is_rolled_back_and_the_rest_goes_on(walk):
    """sharedb #355, #626 drop everything that is pending; the seed emits a count."""
    attached(walk)
    submit(walk, "x")
    submit(walk, "y", 1)
    walk.send(Refused("ann:1", "INVALID_OPERATION"))
    assert ended(walk) == [(1, Outcome.REFUSED, "INVALID_OPERATION")]
    assert ViewChanged((Delete(0, 1),), 3) in walk.effects
    assert sent(walk) == [DocumentEdit(put("y"), 3, client_id="ann", message_id="ann:2")]
    assert (walk.state, walk.context.replica.view) == (AWAITING, Text("yabc"))
    walk.send(Refused("", "INVALID_OPERATION"))
    assert (walk.state, walk.context.replica.view) == (SYNCED, Text("abc"))


def test_edits_made_while_a_question_is_out_wait_in_order(walk):
    """O9; seed defect 36, sharedb #692."""
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
    assert walk.send(Hold()) == Ignored("they are kept already")
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
    walk.send(Refused("ann:1", "INSUFFICIENT_PERMISSIONS", holds=True))
    assert (walk.state, sent(walk)) == (HELD, [])
    assert ended(walk) == [(1, Outcome.REFUSED, "INSUFFICIENT_PERMISSIONS")]


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


def test_an_operation_that_was_sent_in_vain_awaits_no_acknowledgement_and_is_sent_again(walk):
    """R5; seed defect 42: the limited operation itself was lost."""
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
    begin(walk, Options(queue_max=2))
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


def test_every_row_is_taken(left_untaken):
    assert left_untaken(CONFLICT_RECOVERY, Granting(CONFLICT_RECOVERY)) == ()


@pytest.mark.parametrize(
    "field", ["ack_seconds", "sync_seconds", "syncs_max", "rounds_max", "queue_max", "sync_wait_seconds"]
)
def test_options_that_could_never_work_are_refused(field):
    with pytest.raises(ValueError, match=field):
        Options(**{field: 0})


# ------------------------------------------------------------------------------------------------- a world of its own
class Client:
    """One replica and its wire to the server: messages go both ways in order, until the link drops."""

    def __init__(self, name, options):
        self.name = name
        self.walk = Granting(CONFLICT_RECOVERY, Context(Replica(name), options))
        self.up, self.down = deque(), deque()
        self.linked = False
        self.accepted, self.outcomes = [], {}
        self.seen = Text()
        self.numbers = [0]

    def did(self):
        """Take in what the machine has just ordered, and check what must hold after every step."""
        replica = self.walk.context.replica
        for effect in self.walk.effects:
            match effect:
                case Send(DocumentEdit() as edit):
                    assert self.walk.state in (AWAITING, AWAITING_BUFFERED), "O5: nothing is sent elsewhere"
                    assert edit.message_id == replica.message_id(replica.pending[0].sequence), "O1: only the head"
                    self.numbers.append(replica.pending[0].sequence)
                    self.up.append(edit)
                case Send(message):
                    self.up.append(message)
                case OperationEnded(sequence, outcome):
                    assert sequence in self.accepted, "O3: only what was accepted ends"
                    assert sequence not in self.outcomes, "O3: once"
                    self.outcomes[sequence] = outcome
                case ViewChanged(edit):
                    self.seen = apply(self.seen, edit)
        assert self.seen == replica.view, "every change of the view is told"
        assert [each.sent for each in replica.pending[1:]] == [False] * len(replica.pending[1:]), "O1"
        pending = [each.sequence for each in replica.pending]
        assert sorted({*self.outcomes, *pending}) == self.accepted, "O3: none is lost"
        assert all(a <= b for a, b in pairwise(self.numbers)), "O4: numbers never go back"
        assert self.walk.context.rounds <= self.walk.context.options.rounds_max + 1, "O11"
        assert isinstance(self.walk.verdict, Taken | Ignored), self.walk.verdict

    def send(self, *events):
        for event in events:
            self.walk.send(event)
            self.did()

    def submit(self, choice):
        replica = self.walk.context.replica
        size, edit = len(replica.view), put("abcdefgh"[choice % 8])
        position = choice // 8 % (size + 1)
        if choice % 3 == 0 and position < size:
            edit = (Delete(position, min(2, size - position)),)
        elif choice % 3 == 1:
            edit = put(self.name[0].upper(), position)
        if isinstance(self.walk.send(Submit(edit, replica.revision)), Taken):
            self.accepted.append(self.walk.context.replica.sequence)
            self.seen = apply(self.seen, edit)
        self.did()

    def fire(self, choice):
        label = list(self.walk.timers)[choice % len(self.walk.timers)]
        self.walk.fire(label)
        self.did()


class World:
    """Two clients and a server of one temper; choices decide who moves."""

    def __init__(self, *, rejects=False, forgets=False, moody=True):
        options = Options(rounds_max=2, syncs_max=2, queue_max=4)
        self.document = SharedDocument("d", Text("12"))
        self.clients = [Client("ann", options), Client("bob", options)]
        self.rejects, self.forgets, self.moody = rejects, forgets, moody

    def next(self, choice):
        client, choice = self.clients[choice % 2], choice // 2
        kind, rest = choice % 16, choice // 16
        if kind < 3:
            client.submit(rest)
        elif kind < 7 and client.up:
            self.serve(client, client.up.popleft(), rest)
        elif kind < 11 and client.down:
            client.send(client.down.popleft())
        elif kind < 13 and client.walk.timers:
            client.fire(rest)
        elif kind < 15:
            self.link(client) if not client.linked else None
        elif kind == 15 and client.linked:
            self.drop(client)
        for each in self.clients:
            version = each.walk.context.replica.version
            assert version <= self.document.version, "O6: never ahead of the server"

    def link(self, client):
        client.linked = True
        client.send(Attach())

    def drop(self, client):
        client.linked = False
        client.up.clear()
        client.down.clear()
        client.send(Detach())

    def serve(self, client, message, mood):
        if isinstance(message, SyncRequest):
            known = () if self.forgets else self.document.since(message.last_known_version) or ()
            document = self.document.snapshot()
            client.down.append(Synced(DocumentSync(document, known, message_id=message.message_id)))
            return
        named = message.message_id if mood % 2 else ""
        mood = mood // 2 % 10 if self.moody else 9
        known = self.document.knows(client.name, message.message_id)
        if mood in (0, 1, 2) and not known:
            again = (PutBack(message.message_id), Granted(message.message_id))
            client.down.extend(((Refused(named, "NO"),), (Unsure(named),), again)[mood])
            return
        if self.rejects and not known and message.base_version != self.document.version:
            client.down.append(Conflict(named))
            return
        done = self.document.submit(message.base_version, message.operation, client.name, message.message_id)
        if isinstance(done, Behind):
            client.down.append(Conflict(named))
            return
        assert isinstance(done, Applied | Duplicate), done
        client.down.append(Unsure(named) if mood == 3 and not known else self.ack(done.entry))
        if isinstance(done, Applied):
            entry = done.entry
            told = RemoteEdit(OperationBroadcast(entry.operation, entry.version, client.name, entry.message_id))
            for each in self.clients:
                if each.linked and each is not client:
                    each.down.append(told)

    @staticmethod
    def ack(entry):
        return Acknowledged(OperationAck(entry.message_id, entry.version))

    def settle(self):
        """Let everything arrive: the links stay up, the server is of good temper, time goes on."""
        self.moody = False
        for client in self.clients:
            if not client.linked:
                self.link(client)
        for _ in range(400):
            busy = False
            for client in self.clients:
                while client.up:
                    busy = True
                    self.serve(client, client.up.popleft(), 0)
                while client.down:
                    busy = True
                    client.send(client.down.popleft())
                if client.walk.timers and not busy:
                    busy = True
                    client.fire(0)
            if not busy:
                return
        raise AssertionError("never quiet")


CHOICES = st.lists(st.integers(0, 100_000), min_size=120, max_size=120)
TEMPERS = st.sampled_from(({}, {"rejects": True}, {"forgets": True}, {"rejects": True, "forgets": True}))


@settings(max_examples=150, deadline=None)
@given(CHOICES, TEMPERS)
def test_every_accepted_operation_ends_once_and_quiet_replicas_agree(choices, temper):
    """O1 to O11 over two clients, a server of four tempers, and links that drop when they like."""
    world = World(**temper)
    for choice in choices:
        world.next(choice)
    world.settle()
    history = [(each.client_id, each.message_id) for each in world.document.history]
    assert len(set(history)) == len(history), "nothing is applied twice"
    for client in world.clients:
        replica = client.walk.context.replica
        assert (client.walk.state, replica.pending) == (SYNCED, ())
        assert (replica.view, replica.version) == (world.document.text, world.document.version), "O10"
        assert sorted(client.outcomes) == client.accepted, "O3"
        arrived = {number for number in client.accepted if (client.name, replica.message_id(number)) in history}
        acknowledged = {at for at, how in client.outcomes.items() if how is Outcome.ACKNOWLEDGED}
        refused = {at for at, how in client.outcomes.items() if how is Outcome.REFUSED}
        assert acknowledged <= arrived
        assert not refused & arrived
        # A server without history can't show what it has: one that was given up after every round may be in.
        assert world.forgets or acknowledged == arrived


@settings(max_examples=60, deadline=None)
@given(CHOICES, st.integers(0, 119))
def test_a_halt_leaves_no_operation_without_an_end(choices, when):
    """O3, whenever it comes; what the server may still have got is not claimed to be lost or arrived."""
    world = World()
    for at, choice in enumerate(choices):
        if at == when:
            world.clients[0].send(Halt("kicked"))
        world.next(choice)
    client = world.clients[0]
    assert (client.walk.state, sorted(client.outcomes)) == (HALTED, client.accepted)
