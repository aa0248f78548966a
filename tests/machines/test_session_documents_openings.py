"""The documents of a session: with which it begins, and what is opened and closed on the way."""

import pytest

from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.conflict_recovery import CLOSED, CONFLICT_RECOVERY, DETACHED, HALTED, HELD, RESOLVING, SYNCED
from machines.connection import CONNECTION, Connect, GoAway
from machines.document import CloseDocument, Outcome, SaveOutbox, ViewChanged
from machines.link import Closed, Opened, Send
from machines.rate_limit import RATE_LIMIT
from machines.session import SESSION, Options, contexts
from machines.wire.messages import URL_DOCUMENT, DocumentClose, OperationBroadcast, PermissionChange, SyncRequest
from machines.wire.operations import Insert
from statekit import Ignored, Unhandled
from statekit.testing.system_walk import SystemWalk
from tests.machines.linked import (
    GREETING,
    OTHER,
    both,
    edit,
    ended,
    hear,
    opened,
    sent,
    signed_in,
    stable,
    states,
    submit,
    sync_of,
)


# ----------------------------------------------------------------------------------------------- where a session begins
def test_a_session_begins_with_the_document_of_the_url_alone():
    assert signed_in().snapshot.keys(CONFLICT_RECOVERY) == (URL_DOCUMENT,)


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


# --------------------------------------------------------------------------------------------------------------- opened
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


# --------------------------------------------------------------------------------------------------------------- closed
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
