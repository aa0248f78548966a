"""The fate of operations in a session: kept where they can still be sent, given back where not."""

import pytest

from machines.conflict_recovery import CONFLICT_RECOVERY, DETACHED, HALTED, HELD
from machines.connection import CONNECTION, FAILED, STABLE, Connect
from machines.document import OperationEnded, Outcome
from machines.link import Closed, GoAway
from machines.wire.messages import URL_DOCUMENT
from tests.machines.linked import DROPPED, error, hear, settling, stable, submit


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (lambda walk: walk.answer(CONNECTION, Closed(4004)), "kicked"),
        (lambda walk: walk.answer(CONNECTION, Closed(4002)), "permission_denied"),
        (lambda walk: hear(walk, error("DOCUMENT_DELETED")), "deleted"),
        (lambda walk: hear(walk, error("INSUFFICIENT_PERMISSIONS")), "permission_denied"),
    ],
    ids=["4004", "4002", "deleted", "permission"],
)
def test_a_connection_that_fails_gives_every_operation_back(ending, reason):
    """Seed defects 4 and 51; a terminal error is never swallowed (S5)."""
    walk = stable()
    submit(walk, "x")
    submit(walk, "y")
    ending(walk)
    ended = [each for each in walk.published if isinstance(each, OperationEnded)]
    assert [(each.sequence, each.outcome, each.reason) for each in ended] == [
        (number, Outcome.EXPORTED, reason) for number in (1, 2)
    ]
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (FAILED, HALTED)
    walk.send(CONNECTION, Connect())
    assert walk.state(CONFLICT_RECOVERY, URL_DOCUMENT) is DETACHED


def test_a_document_that_is_not_found_halts_and_leaves_the_link():
    walk = stable()
    submit(walk)
    hear(walk, error("DOCUMENT_NOT_FOUND"))
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (STABLE, HALTED)


def test_a_dropped_link_keeps_the_operations():
    walk = stable()
    submit(walk)
    walk.answer(CONNECTION, Closed(1006))
    assert (walk.state(CONFLICT_RECOVERY, URL_DOCUMENT), walk.published) == (DETACHED, ())


def test_defect_53_a_locked_document_is_waited_for_in_place():
    """Seed defect 53: one error, three reactions."""
    walk = stable()
    hear(walk, error("DOCUMENT_LOCKED"))
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (STABLE, HELD)


def test_nothing_new_is_sent_to_a_server_that_goes_away():
    walk = stable()
    walk.send(CONNECTION, GoAway())
    submit(walk)
    assert (walk.state(CONFLICT_RECOVERY, URL_DOCUMENT), walk.effects) == (HELD, ())


def test_a_server_that_comes_back_after_it_went_away_is_sent_what_was_kept():
    walk = stable()
    walk.send(CONNECTION, GoAway())
    submit(walk)
    walk.answer(CONNECTION, Closed(1001))
    walk.fire(CONNECTION, DROPPED)
    settling(walk)
    assert [each.message.message_id for each in walk.effects] == ["ann:1"]
