"""Turns: what waits goes out together when it is granted, as it reads then."""

import pytest

from machines.conflict_recovery import AWAITING, AWAITING_BUFFERED, CONFLICT_RECOVERY, Context, Options
from machines.document import Granted, Offer, Outcome, PutBack, Refused, Unsure
from machines.wire.messages import DocumentEdit
from machines.wire.text import Text
from statekit import Ignored
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


@pytest.fixture
def walk():
    return Granting(CONFLICT_RECOVERY, Context(ANN, APART))


# ---------------------------------------------------------------------------------------------------------- one message
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


# --------------------------------------------------------------------------------------------------------------- grants
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
