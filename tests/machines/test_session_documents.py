"""Several documents over one link: what is said of one leaves the others alone, and the link's fate is everyone's."""

import pytest
from attrs import evolve

from machines.conflict_recovery import AWAITING, CONFLICT_RECOVERY, DETACHED, HALTED, RESOLVING, RESYNCING, SYNCED
from machines.connection import CONNECTION, FAILED, STABLE, Connect
from machines.document import OperationEnded, Outcome, SaveOutbox, ViewChanged
from machines.link import Closed, Opened
from machines.policy.routed import ErrorReported
from machines.rate_limit import RATE_LIMIT
from machines.wire.messages import URL_DOCUMENT, OperationAck, OperationBroadcast, SyncRequest
from machines.wire.operations import Insert
from machines.wire.text import Text
from tests.machines.linked import (
    GREETING,
    OTHER,
    both,
    edit,
    ended,
    error,
    hear,
    opened,
    sent,
    stable,
    states,
    submit,
    sync_of,
)


# --------------------------------------------------------------------------------------------------------- each its own
def test_operations_of_two_documents_are_under_way_at_once_and_answered_apart():
    walk = both()
    submit(walk)
    assert sent(walk) == [edit("ann:1")]
    walk.fire(RATE_LIMIT, "rested")
    submit(walk, "x", OTHER)
    assert sent(walk) == [edit("ann:1:1st", OTHER)]
    assert states(walk) == [AWAITING, AWAITING]
    hear(walk, OperationAck("ann:1:1st", 1, document_id=OTHER))
    assert (states(walk), walk.published) == ([AWAITING, SYNCED], (ended(1, Outcome.ACKNOWLEDGED, OTHER),))
    hear(walk, OperationAck("ann:1", 1))
    assert (states(walk), walk.published) == ([SYNCED, SYNCED], (ended(1, Outcome.ACKNOWLEDGED),))


def test_what_others_do_to_one_document_is_not_done_to_the_other():
    walk = both()
    hear(walk, OperationBroadcast((Insert(0, "r"),), 1, "bob", "bob:1", document_id=OTHER))
    assert walk.published == (ViewChanged((Insert(0, "r"),), 1, OTHER),)
    views = [walk.of(CONFLICT_RECOVERY, each).context.replica.view for each in (URL_DOCUMENT, OTHER)]
    assert views == [Text("abc"), Text("rabc")]


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("DOCUMENT_NOT_FOUND", HALTED),
        ("DOCUMENT_DELETED", HALTED),
        ("INSUFFICIENT_PERMISSIONS", HALTED),
        ("VERSION_CONFLICT", RESYNCING),
        ("OPERATION_TIMEOUT", RESYNCING),
        ("INVALID_OPERATION", SYNCED),
        ("OPERATION_REJECTED", SYNCED),
    ],
)
def test_an_error_about_one_document_leaves_the_other_alone(code, state):
    walk = both()
    submit(walk)
    walk.fire(RATE_LIMIT, "rested")
    submit(walk, "x", OTHER)
    before = walk.of(CONFLICT_RECOVERY, URL_DOCUMENT)
    hear(walk, evolve(error(code), document_id=OTHER))
    assert ErrorReported(code, recoverable=True, document_id=OTHER) in [
        evolve(each, contradicts=False) for each in walk.published if isinstance(each, ErrorReported)
    ]
    assert walk.of(CONFLICT_RECOVERY, URL_DOCUMENT) == before
    assert (walk.state(CONFLICT_RECOVERY, OTHER), walk.state(CONNECTION)) == (state, STABLE)


def test_a_missing_acknowledgement_of_one_document_is_asked_about_for_that_one():
    walk = both()
    submit(walk, "x", OTHER)
    walk.fire(CONFLICT_RECOVERY, "ack_overdue", key=OTHER)
    assert sent(walk) == [SyncRequest(0, "ann:sync:2:1st", document_id=OTHER)]
    assert states(walk) == [SYNCED, RESYNCING]


def test_an_answer_without_a_document_is_for_the_url_s_alone():
    """A server that knows of no other documents answers so."""
    walk = opened(stable())
    hear(walk, evolve(sync_of(walk, OTHER), document_id=URL_DOCUMENT))
    assert states(walk) == [SYNCED, RESOLVING]
    assert walk.published == ()


# ------------------------------------------------------------------------------------------------------ the link's fate
def test_the_loss_of_the_link_detaches_both_and_the_next_one_asks_for_both_before_anything_is_sent():
    walk = both()
    submit(walk)
    walk.fire(RATE_LIMIT, "rested")
    submit(walk, "x", OTHER)
    walk.answer(CONNECTION, Closed(1006))
    assert states(walk) == [DETACHED, DETACHED]
    walk.fire(CONNECTION, "after backoff_delay")
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert sent(walk) == [SyncRequest(0, "ann:sync:2"), SyncRequest(0, "ann:sync:2:1st", document_id=OTHER)]
    hear(walk, sync_of(walk, OTHER))
    assert (sent(walk), states(walk)) == ([], [RESOLVING, AWAITING])
    walk.fire(RATE_LIMIT, "rested")
    assert sent(walk) == [edit("ann:1:1st", OTHER)]


def test_a_connection_that_has_failed_gives_back_the_operations_of_both():
    walk = both()
    submit(walk)
    submit(walk, "x", OTHER)
    walk.answer(CONNECTION, Closed(4004))
    assert (walk.state(CONNECTION), states(walk)) == (FAILED, [HALTED, HALTED])
    assert [each for each in walk.published if isinstance(each, OperationEnded)] == [
        ended(1, Outcome.EXPORTED, URL_DOCUMENT, "kicked"),
        ended(1, Outcome.EXPORTED, OTHER, "kicked"),
    ]
    walk.send(CONNECTION, Connect())
    assert states(walk) == [DETACHED, DETACHED]


def test_the_outboxes_of_both_are_saved_before_a_login_is_asked_for():
    walk = both()
    hear(walk, error("TOKEN_REVOKED"))
    saved = [each.replica.document_id for each in walk.effects if isinstance(each, SaveOutbox)]
    assert saved == [URL_DOCUMENT, OTHER]
