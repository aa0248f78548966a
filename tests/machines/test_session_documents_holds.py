"""What keeps one document of several from being written: a denial, or a lock."""

import pytest
from attrs import evolve

from machines.conflict_recovery import AWAITING, CONFLICT_RECOVERY, HALTED, HELD, RESOLVING, RESYNCING, SYNCED
from machines.connection import CONNECTION
from machines.document import Outcome
from machines.hold import CLEAR, HOLD, LOCKED
from machines.link import Closed, Opened
from machines.rate_limit import RATE_LIMIT
from machines.status import public_status
from machines.wire.messages import URL_DOCUMENT, OperationAck, PermissionChange
from tests.machines.linked import GREETING, OTHER, both, edit, ended, error, hear, sent, stable, states, submit, sync_of


# -------------------------------------------------------------------------------------------------------------- denials
def test_a_document_that_may_only_be_read_does_not_make_the_other_so():
    walk = both()
    submit(walk, "x", OTHER)
    hear(walk, evolve(error("INSUFFICIENT_PERMISSIONS", message_id="ann:1:1st"), document_id=OTHER))
    assert (states(walk), walk.state(HOLD)) == ([SYNCED, HELD], CLEAR)
    assert ended(1, Outcome.REJECTED, OTHER, "INSUFFICIENT_PERMISSIONS") in walk.published
    submit(walk, "x", OTHER)
    assert walk.verdict.because == "this user may only read"


def denied(walk=None):
    """Give a link over which the other document has denied an operation."""
    walk = walk or both()
    submit(walk, "x", OTHER)
    hear(walk, evolve(error("INSUFFICIENT_PERMISSIONS", message_id="ann:1:1st"), document_id=OTHER))
    assert states(walk) == [SYNCED, HELD]
    return walk


def lock_the_first(walk):
    hear(walk, error("DOCUMENT_LOCKED"))
    walk.fire(HOLD, "waited")


UNRELATED = {
    "a lock": lock_the_first,
    "a wait for the service": lambda walk: (hear(walk, error("MAINTENANCE_MODE")), walk.fire(HOLD, "waited")),
    "less than it takes": lambda walk: hear(walk, PermissionChange(("read", "comment"))),
}


@pytest.mark.parametrize("happens", UNRELATED.values(), ids=UNRELATED)
def test_a_document_that_was_denied_is_not_written_because_something_else_is_over(happens):
    walk = denied()
    happens(walk)
    assert walk.state(CONFLICT_RECOVERY, OTHER) is HELD
    submit(walk, "x", OTHER)
    assert walk.verdict.because == "this user may only read"


def greet_again(walk):
    walk.answer(CONNECTION, Closed(1006))
    walk.fire(CONNECTION, "after backoff_delay")
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert walk.state(CONFLICT_RECOVERY, OTHER) is RESOLVING


def tell_of_more_rights(walk):
    hear(walk, PermissionChange(("read", "write")))
    assert walk.state(CONFLICT_RECOVERY, OTHER) is RESYNCING


@pytest.mark.parametrize("allowed", [greet_again, tell_of_more_rights])
def test_a_document_that_was_denied_is_tried_again_when_the_server_says_that_its_user_may_write(allowed):
    walk = denied()
    walk.fire(RATE_LIMIT, "rested")
    allowed(walk)
    hear(walk, sync_of(walk, OTHER))
    submit(walk, "x", OTHER)
    assert sent(walk) == [edit("ann:2:1st", OTHER)]


# ---------------------------------------------------------------------------------------------------------------- locks
def locked(document):
    return evolve(error("DOCUMENT_LOCKED"), document_id=document)


def test_a_lock_on_one_document_keeps_the_operations_of_that_one_until_it_is_over():
    walk = both()
    submit(walk, "x", OTHER)
    walk.fire(RATE_LIMIT, "rested")
    submit(walk)
    hear(walk, locked(OTHER))
    assert (walk.state(HOLD), states(walk)) == (LOCKED, [AWAITING, HELD])
    assert str(public_status(walk.snapshot)) == "connected"
    hear(walk, OperationAck("ann:1", 1))
    assert states(walk) == [SYNCED, HELD]
    walk.fire(HOLD, "waited")
    assert [each.document_id for each in sent(walk)] == [OTHER]
    assert states(walk) == [SYNCED, RESYNCING]


def test_two_locks_wait_together_and_no_try_goes_on_between_them():
    walk = both()
    for document, held in ((OTHER, [SYNCED, HELD]), (URL_DOCUMENT, [HELD, HELD]), (OTHER, [HELD, HELD])):
        hear(walk, locked(document))
        assert (states(walk), sent(walk)) == (held, [])
    assert str(public_status(walk.snapshot)) == "connected (document_locked)"
    walk.fire(HOLD, "waited")
    assert [each.document_id for each in sent(walk)] == [URL_DOCUMENT, OTHER]


def test_a_document_is_released_by_the_end_of_what_kept_all_though_another_is_locked_still():
    walk = both()
    hear(walk, locked(OTHER))
    hear(walk, PermissionChange(("read",)))
    assert states(walk) == [HELD, HELD]
    hear(walk, PermissionChange(("read", "write")))
    assert states(walk) == [RESYNCING, HELD]


def test_a_document_that_is_opened_while_another_is_locked_is_not_kept():
    walk = stable()
    hear(walk, locked(URL_DOCUMENT))
    assert states(both(walk)) == [HELD, SYNCED]


def test_a_document_that_stays_locked_is_halted_and_not_the_other_whose_operations_are_taken_meanwhile():
    walk = both()
    submit(walk, "x", OTHER)
    for number in range(1, 11):
        walk.fire(RATE_LIMIT, "rested")
        submit(walk)
        hear(walk, locked(OTHER))
        hear(walk, OperationAck(f"ann:{number}", number))
        walk.fire(HOLD, "waited")
        hear(walk, sync_of(walk, OTHER))
    assert states(walk) == [SYNCED, AWAITING]
    hear(walk, locked(OTHER))
    assert states(walk) == [SYNCED, HALTED]
