"""The documents of a session take turns: one pacer sends for all, and a limit is about one operation."""

import pytest
from attrs import evolve

from machines import rate_limit
from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.document import CloseDocument
from machines.rate_limit import LIMITED, RATE_LIMIT
from machines.session import Options
from machines.wire.messages import URL_DOCUMENT, OperationAck
from tests.machines.linked import OTHER, both, edit, error, hear, opened, sent, signed_in, stable, submit, sync_of

PACED = Options(rate_limit=rate_limit.Options(rate_per_second=1))


# --------------------------------------------------------------------------------------------------------------- limits
def test_a_limit_puts_back_the_operation_that_came_too_fast_and_not_the_other_document_s():
    walk = both()
    submit(walk)
    walk.fire(RATE_LIMIT, "rested")
    submit(walk, "x", OTHER)
    hear(walk, evolve(error("RATE_LIMIT_EXCEEDED", message_id="ann:1:1st", retry_after=2000), document_id=OTHER))
    assert walk.state(RATE_LIMIT) is LIMITED
    assert list(walk.timers(CONFLICT_RECOVERY, URL_DOCUMENT)) == ["ack_overdue"]
    assert list(walk.timers(CONFLICT_RECOVERY, OTHER)) == []
    hear(walk, OperationAck("ann:1", 1))
    walk.fire(RATE_LIMIT, "rested")
    walk.fire(RATE_LIMIT, "limit_over")
    assert sent(walk) == [edit("ann:1:1st", OTHER)]


def test_a_limit_that_names_no_operation_is_about_the_last_that_was_sent_whosever_it_was():
    walk = both()
    submit(walk, "x", OTHER)
    walk.fire(RATE_LIMIT, "rested")
    submit(walk)
    hear(walk, error("RATE_LIMIT_EXCEEDED"))
    assert list(walk.timers(CONFLICT_RECOVERY, URL_DOCUMENT)) == []
    assert list(walk.timers(CONFLICT_RECOVERY, OTHER)) == ["ack_overdue"]


# ----------------------------------------------------------------------------------------------------- whose turn it is
def test_the_documents_take_turns_in_the_order_in_which_they_asked():
    walk = stable(signed_in(PACED))
    for document in ("b", "a"):
        opened(walk, document, document)
        hear(walk, sync_of(walk, document))
    for document in (URL_DOCUMENT, "b", "a"):
        submit(walk, "x", document)
        submit(walk, "x", document)
    turns = [URL_DOCUMENT]
    for _ in range(2):
        walk.fire(RATE_LIMIT, "rested")
        turns += [each.document_id for each in sent(walk)]
    assert turns == [URL_DOCUMENT, "b", "a"]


def close(walk):
    walk.send(CONFLICT_RECOVERY, CloseDocument(), key=OTHER)


def halt(walk):
    hear(walk, evolve(error("DOCUMENT_NOT_FOUND"), document_id=OTHER))


@pytest.mark.parametrize("leaves", [close, halt])
def test_the_turn_of_a_document_that_is_closed_or_halted_is_the_next_one_s(leaves):
    walk = opened(both(stable(signed_in(PACED))), "3rd", "third")
    hear(walk, sync_of(walk, "third"))
    for document in (URL_DOCUMENT, OTHER, "third"):
        submit(walk, "x", document)
    assert walk.of(RATE_LIMIT).context.queue == ("ann:1:1st", "ann:1:3rd")
    leaves(walk)
    assert walk.of(RATE_LIMIT).context.queue == ("ann:1:3rd",)
    walk.fire(RATE_LIMIT, "rested")
    assert sent(walk) == [edit("ann:1:3rd", "third")]


@pytest.mark.parametrize("leaves", [close, halt])
def test_a_limit_that_names_no_operation_gives_no_turn_to_what_is_closed_or_halted(leaves):
    walk = both()
    submit(walk)
    walk.fire(RATE_LIMIT, "rested")
    submit(walk, "x", OTHER)
    leaves(walk)
    hear(walk, error("RATE_LIMIT_EXCEEDED"))
    assert (walk.state(RATE_LIMIT), walk.of(RATE_LIMIT).context.queue) == (LIMITED, ())
