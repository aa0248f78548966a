"""Endings: what the server does not have is saved and given back before a halt, a login and a closing."""

import pytest

from machines.conflict_recovery import CLOSED, CONFLICT_RECOVERY, HALTED, Context
from machines.document import (
    Attach,
    CloseDocument,
    Conflict,
    Detach,
    Granted,
    Halt,
    Outcome,
    Persist,
    SaveOutbox,
    Withdraw,
)
from machines.link import Send
from machines.wire.messages import DocumentClose
from machines.wire.text import Text
from statekit import Ignored
from tests.machines.attached import ANN, APART, Granting, acknowledge, attached, ended, put, remote, sent, submit


@pytest.fixture
def walk():
    return Granting(CONFLICT_RECOVERY, Context(ANN, APART))


# ----------------------------------------------------------------------------------------------------- logins and halts
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


# ------------------------------------------------------------------------------------------------------------- closings
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
