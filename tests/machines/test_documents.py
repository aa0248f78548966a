"""Conflict recovery as a keyed member: one queue of operations for each document, over one link."""

import json
from enum import StrEnum

import pytest
from attrs import evolve, frozen

from machines import conflict_recovery
from machines.conflict_recovery import (
    AWAITING,
    CONFLICT_RECOVERY,
    DETACHED,
    HALTED,
    RESOLVING,
    SYNCED,
    Context,
)
from machines.document import (
    Acknowledged,
    Attach,
    Detach,
    Granted,
    Halt,
    Offer,
    OperationEnded,
    Outcome,
    Reopen,
    Submit,
    Synced,
    ViewChanged,
    Withdraw,
)
from machines.link import Send
from machines.replica import Replica
from machines.saving import HOOKS
from machines.wire.messages import Document, DocumentEdit, DocumentSync, OperationAck, SyncRequest
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit import Kind, Machine, Rows, Signal, System, Taken, Unhandled, View, derive, keyed, publish, spawn, wire
from statekit.codec import Policy, check_savable, restore_system, save_system
from statekit.testing.system_walk import SystemWalk


# ---------------------------------------------------------------------------------------------------- the switchboard
@frozen
class Line:
    """The link came up, or went."""

    up: bool


@frozen
class Open:
    """The user opened a document."""

    document: str


@frozen
class Came:
    """The server said something of a document."""

    document: str
    what: DocumentSync | OperationAck


@frozen
class Failed:
    """The link will not come back."""

    reason: str


@frozen
class Opened(Signal):
    document: str


@frozen
class SyncCame(Signal):
    document: str
    sync: DocumentSync


@frozen
class AckCame(Signal):
    document: str
    ack: OperationAck


@frozen
class Ended(Signal):
    document: str
    ended: OperationEnded


class Board(StrEnum):
    ON = "on"


@frozen
class Known:
    up: bool = False
    failed: str = ""


def note_line(known: Known, event: Line) -> Known:
    return evolve(known, up=event.up)


def note_failure(known: Known, event: Failed) -> Known:
    return evolve(known, failed=event.reason)


def tell_open(_: Known, event: Open) -> Opened:
    return Opened(event.document)


def pass_on(_: Known, event: Came) -> SyncCame | AckCame:
    return (SyncCame if isinstance(event.what, DocumentSync) else AckCame)(event.document, event.what)


B = Rows[Board, Known, Signal]()
BOARD = Machine(
    "board", initial=Board.ON, context=Known(), states=(B.state(Board.ON, Kind.STEADY, "it passes on"),),
    table=(
        B.stay(Board.ON, Line, update=note_line), B.stay(Board.ON, Failed, update=note_failure),
        B.stay(Board.ON, Open, tell_open), B.stay(Board.ON, Came, pass_on),
    ),
)  # fmt: skip


# --------------------------------------------------------------------------------------------------------- the wiring
def for_document(context: Context, key: str) -> Context:
    """Number each document's messages apart."""
    return evolve(context, replica=Replica(f"{context.replica.client_id}/{key}"))


def document_of(signal: Opened | SyncCame | AckCame) -> str:
    return signal.document


def reopen(_: Opened) -> Reopen:
    return Reopen()


def synced(signal: SyncCame) -> Synced:
    return Synced(signal.sync)


def acknowledged(signal: AckCame) -> Acknowledged:
    return Acknowledged(signal.ack)


def granted(signal: Offer) -> Granted:
    return Granted(signal.message_id)


def who_offered(_: Offer, document: str) -> str:
    return document


def ended(signal: OperationEnded, document: str) -> Ended:
    return Ended(document, signal)


def link_is_up(session: View) -> bool:
    return session.of(BOARD).context.up


def line_moved(up: bool) -> Attach | Detach:
    return Attach() if up else Detach()


def failed_for(session: View) -> str:
    return session.of(BOARD).context.failed


def fate(reason: str) -> Halt | Reopen:
    return Halt(reason) if reason else Reopen()


SESSION = System(
    "documents",
    (BOARD, keyed(CONFLICT_RECOVERY, per="document", context=for_document)),
    (
        spawn(BOARD, Opened, CONFLICT_RECOVERY, reopen, key=document_of),
        wire(BOARD, SyncCame, CONFLICT_RECOVERY, synced, key=document_of),
        wire(BOARD, AckCame, CONFLICT_RECOVERY, acknowledged, key=document_of),
        wire(CONFLICT_RECOVERY, Offer, CONFLICT_RECOVERY, granted, key=who_offered),
        publish(CONFLICT_RECOVERY, OperationEnded, make=ended),
        publish(CONFLICT_RECOVERY, ViewChanged, Withdraw),
    ),
    (
        derive(link_is_up, CONFLICT_RECOVERY, line_moved, initially=False),
        derive(failed_for, CONFLICT_RECOVERY, fate, initially=""),
    ),
)


def sync_of(walk, document, content="abc"):
    asked = walk.of(CONFLICT_RECOVERY, document).context.asked
    return DocumentSync(Document(document, 3, Text(content)), message_id=f"ann/{document}:sync:{asked}")


@pytest.fixture
def walk():
    """Give a session with two documents that are up to date."""
    first = Context(Replica("ann"), conflict_recovery.Options(ack_seconds=9.0))
    walk = SystemWalk(SESSION, {"conflict_recovery": first})
    walk.send(BOARD, Open("a"), Line(True), Open("b"))
    for document in "ab":
        walk.send(BOARD, Came(document, sync_of(walk, document)))
    return walk


def states(walk):
    return {key: walk.state(CONFLICT_RECOVERY, key) for key in walk.snapshot.keys(CONFLICT_RECOVERY)}


def test_a_document_opened_before_the_link_and_one_after_it_both_ask_the_server():
    walk = SystemWalk(SESSION, {"conflict_recovery": Context(Replica("ann"))})
    walk.send(BOARD, Open("a"))
    assert states(walk) == {"a": DETACHED}
    walk.send(BOARD, Line(True))
    assert walk.effects == (Send(SyncRequest(0, message_id="ann/a:sync:1")),)
    walk.send(BOARD, Open("b"))
    assert states(walk) == {"a": RESOLVING, "b": RESOLVING}
    assert [(order.member, order.effect.message.message_id) for order in walk.done.orders] == [
        ("conflict_recovery[b]", "ann/b:sync:1")
    ]


def test_each_document_has_a_queue_of_its_own(walk):
    assert states(walk) == {"a": SYNCED, "b": SYNCED}
    revision = walk.of(CONFLICT_RECOVERY, "a").context.replica.revision
    assert isinstance(walk.send(CONFLICT_RECOVERY, Submit((Insert(0, "x"),), revision), key="a"), Taken)
    (edit,) = (effect.message for effect in walk.effects)
    assert isinstance(edit, DocumentEdit)
    assert states(walk) == {"a": AWAITING, "b": SYNCED}
    assert walk.timers(CONFLICT_RECOVERY, "a") == {"ack_overdue": 9.0}
    assert walk.timers(CONFLICT_RECOVERY, "b") == {}
    walk.send(BOARD, Came("a", OperationAck(edit.message_id, 4)))
    assert states(walk) == {"a": SYNCED, "b": SYNCED}
    assert walk.published == (Ended("a", OperationEnded(1, Outcome.ACKNOWLEDGED, (Insert(0, "x"),))),)


def test_what_the_server_says_of_a_document_that_nobody_opened_is_no_silence(walk):
    walk.send(BOARD, Came("c", OperationAck("ann/c:1", 4)))
    assert walk.done.path[-1].member == "conflict_recovery[c]"
    assert walk.done.path[-1].verdict == Unhandled(absent=True)


def test_a_timer_of_one_document_leaves_the_others_alone(walk):
    revision = walk.of(CONFLICT_RECOVERY, "b").context.replica.revision
    walk.send(CONFLICT_RECOVERY, Submit((Insert(0, "x"),), revision), key="b")
    walk.fire(CONFLICT_RECOVERY, "ack_overdue", key="b")
    assert states(walk) == {"a": SYNCED, "b": conflict_recovery.RESYNCING}


def test_the_end_of_the_connection_gives_back_the_operations_of_every_document(walk):
    for document in "ab":
        revision = walk.of(CONFLICT_RECOVERY, document).context.replica.revision
        walk.send(CONFLICT_RECOVERY, Submit((Insert(0, document),), revision), key=document)
    walk.send(BOARD, Failed("kicked"))
    assert states(walk) == {"a": HALTED, "b": HALTED}
    assert [(each.document, each.ended.outcome) for each in walk.published if isinstance(each, Ended)] == [
        ("a", Outcome.EXPORTED), ("b", Outcome.EXPORTED),
    ]  # fmt: skip


def test_documents_are_saved_and_restored(walk):
    check_savable(SESSION, hooks=HOOKS)
    revision = walk.of(CONFLICT_RECOVERY, "a").context.replica.revision
    walk.send(CONFLICT_RECOVERY, Submit((Insert(0, "x"),), revision), key="a")
    left = {("conflict_recovery[a]", walk.ticket(CONFLICT_RECOVERY, "ack_overdue", "a")): 4.0}
    saved = json.loads(json.dumps(save_system(SESSION, walk.snapshot, left, hooks=HOOKS)))
    found = restore_system(SESSION, saved, elapsed_seconds=1.0, policy=Policy.RESUME, hooks=HOOKS)
    assert found.snapshot == walk.snapshot
    assert [(name, due.delay) for name, due in found.timers] == [("conflict_recovery[a]", 3.0)]
