"""Suspects: of several documents' operations over which links break only the one that breaks them is given up."""

from itertools import permutations

import pytest
from attrs import evolve

from machines import conflict_recovery
from machines.conflict_recovery import AWAITING, CONFLICT_RECOVERY, HELD, RESOLVING, RESYNCING, SYNCED
from machines.connection import BACKING_OFF, CONNECTION, STABLE
from machines.document import CloseDocument, OperationEnded, Outcome
from machines.hold import HOLD
from machines.link import Closed, Opened
from machines.rate_limit import RATE_LIMIT
from machines.session import Options
from machines.wire.messages import (
    URL_DOCUMENT,
    Document,
    DocumentEdit,
    DocumentSync,
    OperationAck,
    SyncedOperation,
    SyncRequest,
)
from machines.wire.operations import Insert
from machines.wire.text import Text
from tests.machines.linked import (
    GREETING,
    OTHER,
    both,
    error,
    hear,
    opened,
    sent,
    signed_in,
    stable,
    states,
    submit,
    sync_of,
)

POISON = (Insert(0, "poison"),)
TOO_BIG = Closed(1009)
THIRD = "third"
ONE_BY_ONE = Options(conflict_recovery=conflict_recovery.Options(compose_max=1))
LOST = (Outcome.DISCARDED, Outcome.REJECTED, Outcome.EXPORTED)


def again(walk):
    """Wait for as long as a lost link asks for, and dial again until the server has greeted."""
    walk.fire(CONNECTION, "after backoff_delay")
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)


def answered(walk, *documents):
    """Let the server tell what it has."""
    for document in documents:
        hear(walk, sync_of(walk, document))


def in_flight(walk=None, *documents):
    """Give a stable link over which an operation of each document is on its way, and unanswered."""
    walk = walk or both()
    for document in documents or (URL_DOCUMENT, OTHER):
        submit(walk, "x", document)
        walk.fire(RATE_LIMIT, "rested")
    return walk


def broken(walk=None):
    """Give one whose link broke over the operations of two documents, and that is greeted again."""
    walk = in_flight(walk)
    walk.answer(CONNECTION, TOO_BIG)
    again(walk)
    return walk


def three():
    """Give a stable link over which three documents are up to date."""
    walk = opened(both(), "3rd", THIRD)
    answered(walk, THIRD)
    return walk


def names(walk):
    """Give the operations that a step sends."""
    return [each.message_id for each in sent(walk) if isinstance(each, DocumentEdit)]


# ------------------------------------------------------------------------------------------------------ tried alone
def test_after_a_link_broke_over_two_operations_one_is_sent_and_the_other_waits_for_its_answer():
    walk = broken()
    answered(walk, OTHER)
    assert (names(walk), states(walk)) == ([], [RESOLVING, HELD])
    answered(walk, URL_DOCUMENT)
    assert (names(walk), states(walk)) == (["ann:1"], [AWAITING, HELD])
    hear(walk, OperationAck("ann:1", 1))
    assert (sent(walk), states(walk)) == ([SyncRequest(0, "ann:sync:3:1st", document_id=OTHER)], [HELD, RESYNCING])
    walk.fire(RATE_LIMIT, "rested")
    answered(walk, OTHER)
    assert names(walk) == ["ann:1:1st"]


def test_what_broke_no_link_waits_for_the_one_that_may_have():
    walk = in_flight(both(), URL_DOCUMENT)
    walk.answer(CONNECTION, TOO_BIG)
    submit(walk, "x", OTHER)
    again(walk)
    answered(walk, OTHER, URL_DOCUMENT)
    assert (names(walk), states(walk)) == (["ann:1"], [AWAITING, HELD])


def test_a_document_that_is_opened_meanwhile_waits_too():
    walk = broken()
    answered(walk, URL_DOCUMENT, OTHER)
    opened(walk, "3rd", THIRD)
    answered(walk, THIRD)
    submit(walk, "x", THIRD)
    assert (names(walk), states(walk)) == ([], [AWAITING, HELD, HELD])


OUTLIVED = {
    "no answer": lambda walk: walk.fire(CONFLICT_RECOVERY, "ack_overdue", key=URL_DOCUMENT),
    "a doubt": lambda walk: hear(walk, error("OPERATION_TIMEOUT", message_id="ann:1")),
    "a conflict": lambda walk: hear(walk, error("VERSION_CONFLICT", message_id="ann:1")),
    "a refusal": lambda walk: hear(walk, error("INVALID_OPERATION", message_id="ann:1")),
}


@pytest.mark.parametrize("comes", OUTLIVED.values(), ids=OUTLIVED)
def test_a_link_that_outlives_an_operation_clears_it_whatever_comes_of_it(comes):
    walk = broken()
    answered(walk, URL_DOCUMENT, OTHER)
    comes(walk)
    assert walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.tries.breaks == 0
    assert walk.state(CONFLICT_RECOVERY, OTHER) is RESYNCING


def test_nobody_waits_for_ever_for_a_document_that_the_server_says_nothing_of():
    walk = broken()
    answered(walk, OTHER)
    for _ in range(3):
        assert states(walk) == [RESOLVING, HELD]
        walk.fire(CONFLICT_RECOVERY, "after sync_seconds", key=URL_DOCUMENT)
    assert walk.state(CONFLICT_RECOVERY, OTHER) is RESYNCING


def test_nobody_waits_for_a_document_that_is_closed():
    walk = broken(three())
    answered(walk, URL_DOCUMENT, OTHER, THIRD)
    hear(walk, OperationAck("ann:1", 1))
    assert states(walk) == [HELD, RESYNCING, HELD]
    walk.send(CONFLICT_RECOVERY, CloseDocument(), key=OTHER)
    assert states(walk) == [RESYNCING, RESYNCING]


def test_nobody_waits_for_a_document_that_is_locked():
    walk = broken()
    hear(walk, error("DOCUMENT_LOCKED"))
    answered(walk, URL_DOCUMENT, OTHER)
    assert (names(walk), states(walk)) == (["ann:1:1st"], [HELD, AWAITING])
    walk.fire(HOLD, "waited")
    assert states(walk) == [HELD, AWAITING]
    hear(walk, OperationAck("ann:1:1st", 1, document_id=OTHER))
    assert states(walk) == [RESYNCING, HELD]


# ------------------------------------------------------------------------------------------------------- who is named
NAMED = {
    "by its name": ({"message_id": "ann:1:1st"}, URL_DOCUMENT),
    "by its document": ({}, OTHER),
    "by both": ({"message_id": "ann:1:1st"}, OTHER),
}


def breaks(walk):
    return [walk.of(CONFLICT_RECOVERY, each).context.tries.breaks for each in (URL_DOCUMENT, OTHER)]


@pytest.mark.parametrize(("details", "document"), NAMED.values(), ids=NAMED)
def test_an_error_that_names_an_operation_or_its_document_makes_no_other_suspect(details, document):
    walk = in_flight()
    hear(walk, evolve(error("PROTOCOL_ERROR", **details), document_id=document))
    assert (walk.state(CONNECTION), breaks(walk)) == (BACKING_OFF, [0, 1])


def test_an_error_that_names_what_is_not_in_flight_makes_nothing_suspect():
    walk = in_flight()
    hear(walk, error("PROTOCOL_ERROR", message_id="ann:7"))
    assert (walk.state(CONNECTION), breaks(walk)) == (BACKING_OFF, [0, 0])


def test_an_error_that_names_nobody_makes_all_suspect_that_are_in_flight():
    walk = in_flight()
    hear(walk, error("PROTOCOL_ERROR"))
    assert (walk.state(CONNECTION), breaks(walk)) == (BACKING_OFF, [1, 1])


# -------------------------------------------------------------------------------------------------- who is given up
class Wire:
    """A session and its server, which reads all that has come before it answers, and goes away over the poison.

    With `in_order` it has applied what came before the poison, and only its answers are lost.
    """

    def __init__(self, code, *, in_order):
        self.code, self.in_order = code, in_order
        self.walk, self.up, self.ended, self.known, self.breaks = stable(signed_in(ONE_BY_ONE)), [], [], {}, 0

    def does(self, act, *arguments):
        """Let something happen, and keep what comes of it."""
        act(*arguments)
        self.up += sent(self.walk)
        self.ended += (each for each in self.walk.published if isinstance(each, OperationEnded))

    def says(self, message):
        self.does(hear, self.walk, message)

    def goes_on(self):
        """Let time and the server go on until nothing is left."""
        walk = self.walk
        while True:
            if walk.state(CONNECTION) is BACKING_OFF:
                self.up.clear()
                self.does(again, walk)
                self.does(walk.fire, CONNECTION, "after settle_delay")
            elif "rested" in walk.timers(RATE_LIMIT):
                self.does(walk.fire, RATE_LIMIT, "rested")
            elif self.up:
                self.reads()
            else:
                return

    def reads(self):
        """Let the server read what was sent, and answer each."""
        read, self.up = self.up, []
        poisoned = [at for at, each in enumerate(read) if isinstance(each, DocumentEdit) and each.operation == POISON]
        for each in read[: poisoned[0]] if poisoned and self.in_order else [] if poisoned else read:
            answer = self.synced(each) if isinstance(each, SyncRequest) else self.applied(each)
            if not poisoned:
                self.says(answer)
        if poisoned:
            self.breaks += 1
            self.does(self.walk.answer, CONNECTION, Closed(self.code))

    def synced(self, asked):
        known = tuple(self.known.get(asked.document_id, ()))
        content = "".join(each.operation[0].content for each in reversed(known))
        document = Document("d", len(known), Text(content))
        return DocumentSync(document, known, message_id=asked.message_id, document_id=asked.document_id)

    def applied(self, edit):
        known = self.known.setdefault(edit.document_id, [])
        known.append(SyncedOperation(edit.operation, len(known) + 1, "ann", edit.message_id))
        return OperationAck(edit.message_id, len(known), document_id=edit.document_id)


DOCUMENTS = (URL_DOCUMENT, OTHER, THIRD)


@pytest.mark.parametrize("in_order", [True, False])
@pytest.mark.parametrize("code", [1002, 1003, 1007, 1009])
@pytest.mark.parametrize("poisoned", DOCUMENTS)
def test_of_three_documents_only_the_operation_that_breaks_every_link_is_given_up_and_after_two(
    poisoned, code, in_order
):
    for order in permutations(DOCUMENTS):
        wire = Wire(code, in_order=in_order)
        wire.does(opened, wire.walk, "1st", OTHER)
        wire.does(opened, wire.walk, "3rd", THIRD)
        wire.goes_on()
        for document in order:
            wire.does(submit, wire.walk, "poison" if document == poisoned else "x", document)
            wire.does(submit, wire.walk, "y", document)
        wire.goes_on()
        discarded = [(each.document_id, each.sequence, each.reason) for each in wire.ended if each.outcome in LOST]
        assert (discarded, wire.breaks) == ([(poisoned, 1, "poison")], 2)
        assert sorted((each.document_id, each.sequence) for each in wire.ended) == [
            (document, number) for document in sorted(DOCUMENTS) for number in (1, 2)
        ]
        assert (wire.walk.state(CONNECTION), states(wire.walk)) == (STABLE, [SYNCED] * 3)
