"""Several documents over one link: what is said of one leaves the others alone, and the link's fate is everyone's."""

import pytest
from attrs import evolve

from machines import rate_limit
from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.conflict_recovery import (
    AWAITING,
    CLOSED,
    CONFLICT_RECOVERY,
    DETACHED,
    HALTED,
    HELD,
    RESOLVING,
    RESYNCING,
    SYNCED,
)
from machines.connection import CONNECTION, FAILED, STABLE, Connect, GoAway
from machines.document import CloseDocument, OperationEnded, Outcome, SaveOutbox, ViewChanged
from machines.hold import CLEAR, HOLD, LOCKED
from machines.link import Closed, Opened, Send
from machines.policy.routed import ErrorReported
from machines.rate_limit import LIMITED, RATE_LIMIT
from machines.session import SESSION, Options, contexts
from machines.status import public_status
from machines.wire.messages import (
    URL_DOCUMENT,
    DocumentClose,
    DocumentEdit,
    OperationAck,
    OperationBroadcast,
    PermissionChange,
    SyncRequest,
)
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit import Ignored, Unhandled
from statekit.testing.system_walk import SystemWalk
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

PACED = Options(rate_limit=rate_limit.Options(rate_per_second=1))


def edit(name, document=URL_DOCUMENT, content="x"):
    return DocumentEdit((Insert(0, content),), 0, "ann", name, document)


def ended(sequence, outcome, document=URL_DOCUMENT, reason=""):
    return OperationEnded(sequence, outcome, (Insert(0, "x"),), reason, document)


# ---------------------------------------------------------------------------------------------------- opened and closed
def test_a_session_begins_with_the_document_of_the_url_alone():
    assert signed_in().snapshot.keys(CONFLICT_RECOVERY) == (URL_DOCUMENT,)


def test_a_document_that_is_opened_on_a_link_is_asked_for_at_once_and_the_other_is_left_alone():
    walk = opened(stable())
    assert sent(walk) == [SyncRequest(0, "ann:sync:1:1st", document_id=OTHER)]
    assert states(walk) == [SYNCED, RESOLVING]
    hear(walk, sync_of(walk, OTHER))
    assert states(walk) == [SYNCED, SYNCED]
    assert walk.published == (ViewChanged((Insert(0, "abc"),), 0, OTHER),)


def test_a_document_that_is_opened_before_the_link_is_asked_for_with_the_first():
    walk = opened(signed_in())
    assert (states(walk), walk.effects) == ([DETACHED, DETACHED], ())
    walk.send(CONNECTION, Connect())
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert sent(walk) == [SyncRequest(0, "ann:sync:1"), SyncRequest(0, "ann:sync:1:1st", document_id=OTHER)]


@pytest.mark.parametrize(
    ("meanwhile", "state"),
    [
        pytest.param(lambda walk: walk.send(CONNECTION, GoAway()), HELD, id="the server goes away"),
        pytest.param(lambda walk: hear(walk, PermissionChange(("read",))), HELD, id="the user may only read"),
        pytest.param(lambda walk: walk.answer(CONNECTION, Closed(4004)), HALTED, id="the user was kicked"),
    ],
)
def test_a_document_that_is_opened_late_hears_what_all_the_others_were_told(meanwhile, state):
    walk = stable()
    meanwhile(walk)
    opened(walk)
    if state is HELD:
        hear(walk, sync_of(walk, OTHER))
    assert states(walk) == [state, state]


def test_a_document_that_is_closed_is_gone_and_what_it_had_is_given_back():
    walk = both()
    submit(walk, "x", OTHER)
    before = walk.of(CONFLICT_RECOVERY, OTHER).context.replica
    walk.send(CONFLICT_RECOVERY, CloseDocument(), key=OTHER)
    assert walk.effects == (Send(DocumentClose(OTHER)), SaveOutbox(before))
    assert walk.published == (ended(1, Outcome.EXPORTED, OTHER, "closed"),)
    assert walk.verdict.target is CLOSED
    assert walk.snapshot.keys(CONFLICT_RECOVERY) == (URL_DOCUMENT,)


def test_what_the_server_still_says_of_a_closed_document_changes_nothing():
    walk = both()
    walk.send(CONFLICT_RECOVERY, CloseDocument(), key=OTHER)
    before = walk.snapshot
    hear(walk, OperationBroadcast((), 1, "bob", "bob:1", document_id=OTHER))
    assert walk.done.path[-1].verdict == Unhandled(absent=True)
    assert walk.snapshot.of(CONFLICT_RECOVERY, URL_DOCUMENT) == before.of(CONFLICT_RECOVERY, URL_DOCUMENT)


def test_a_document_that_is_opened_again_gives_no_message_a_name_that_the_server_has_seen():
    walk, names = both(), set()
    for opening in ("2nd", "3rd"):
        submit(walk, "x", OTHER)
        (message,) = sent(walk)
        assert message.message_id not in names
        names.add(message.message_id)
        walk.send(CONFLICT_RECOVERY, CloseDocument(), key=OTHER)
        opened(walk, opening)
        assert sent(walk)[0].message_id not in names
        names.add(sent(walk)[0].message_id)
        hear(walk, sync_of(walk, OTHER))
        walk.fire(RATE_LIMIT, "rested")


def test_a_document_is_open_once():
    walk = both()
    before = walk.snapshot
    opened(walk, "2nd")
    assert walk.done.path[-1].verdict == Ignored("it is open already")
    assert walk.snapshot == before


# ------------------------------------------------------------------------------------------------------ each its own
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


# ---------------------------------------------------------------------------------------------------- the link's fate
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


# ------------------------------------------------------------------------------------------------------------ the pacer
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


# --------------------------------------------------------------------------------------------------------------- locks
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


# --------------------------------------------------------------------------------------------------------------- saving
def test_a_session_begins_with_every_outbox_that_was_saved_and_asks_before_it_sends():
    walk = both()
    submit(walk)
    submit(walk, "x", OTHER)
    outboxes = [walk.of(CONFLICT_RECOVERY, each).context.replica for each in (URL_DOCUMENT, OTHER)]
    again = SystemWalk(SESSION, contexts("ann", Options(), *outboxes))
    again.send(AUTH_REFRESH, SignIn())
    again.answer(AUTH_REFRESH, Refreshed(3600.0))
    again.send(CONNECTION, Connect())
    again.answer(CONNECTION, Opened())
    hear(again, GREETING)
    assert [(each.message_id, each.document_id) for each in sent(again)] == [
        ("ann:sync:1", URL_DOCUMENT),
        ("ann:sync:1:1st", OTHER),
    ]
    hear(again, sync_of(again, OTHER))
    assert sent(again) == [edit("ann:1:1st", OTHER)]
