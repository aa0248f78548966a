"""Blame: which failures a session holds against the operation in flight, and which against the service."""

import pytest

from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.circuit_breaker import CIRCUIT_BREAKER, CLOSED, OPEN
from machines.conflict_recovery import CONFLICT_RECOVERY, DETACHED, SYNCED
from machines.connection import BACKING_OFF, CONNECTION, FAILED, PARKED, SETTLING, STABLE, Connect
from machines.document import OperationEnded, Outcome, Submit
from machines.hold import HOLD
from machines.link import Closed, FrameArrived, FrameInvalid, Opened, Report, Send
from machines.rate_limit import RATE_LIMIT
from machines.session import SESSION, Options, contexts
from machines.wire.messages import (
    URL_DOCUMENT,
    ConnectionAck,
    Document,
    DocumentEdit,
    DocumentSync,
    ErrorMessage,
    OperationAck,
    SyncedOperation,
)
from machines.wire.operations import Insert
from machines.wire.text import Text
from statekit.testing.system_walk import SystemWalk

GREETING = ConnectionAck("ann", "u1", ("write",), 0, "now")
SETTLED, BACKOFF_DUE = "after settle_delay", "after backoff_delay"
POISON = (Insert(0, "poison"),)


def error(code, **details):
    return FrameArrived(ErrorMessage(code, "said the server", True, "now", details or None))


@pytest.fixture
def walk():
    """Give a session whose user is signed in and wants to be connected: it dials."""
    walk = SystemWalk(SESSION, contexts("ann", Options()))
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, Refreshed(86_400.0))
    walk.fire(AUTH_REFRESH, "resting")
    walk.send(CONNECTION, Connect())
    return walk


def link(walk, *operations, version=0, text=""):
    """Let a dial come to a link, and the server tell what it has."""
    walk.answer(CONNECTION, Opened())
    walk.answer(CONNECTION, FrameArrived(GREETING))
    asked = walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.sync_id
    sync = DocumentSync(Document("d", version, Text(text)), operations, message_id=asked)
    walk.answer(CONNECTION, FrameArrived(sync))
    assert walk.state(CONNECTION) is SETTLING


def again(walk, *operations, **document):
    """Wait for as long as a lost link asks for, and dial again."""
    walk.fire(CONNECTION, BACKOFF_DUE)
    if "rested" in walk.timers(RATE_LIMIT):
        walk.fire(RATE_LIMIT, "rested")
    link(walk, *operations, **document)


def submit(walk, edit):
    revision = walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.revision
    walk.send(CONFLICT_RECOVERY, Submit(edit, revision), key=URL_DOCUMENT)


def sent(walk):
    return [each.message for each in walk.effects if isinstance(each, Send) and isinstance(each.message, DocumentEdit)]


def ended(walk):
    return [each for each in walk.published if isinstance(each, OperationEnded)]


# ------------------------------------------------------------------------------------------------ the operation's fault
POISONED = [Closed(1002), Closed(1003), Closed(1007), Closed(1009), FrameInvalid("not JSON"), error("PROTOCOL_ERROR")]


@pytest.mark.parametrize("ending", POISONED, ids=str)
def test_an_operation_over_which_two_links_break_is_set_aside_and_told_and_the_next_goes_on(walk, ending):
    """Poison: Zero #5982, cube #10246, Fluid #7545 sent it again and again."""
    link(walk)
    submit(walk, POISON)
    assert [each.message_id for each in sent(walk)] == ["ann:1"]
    submit(walk, (Insert(0, "good"),))
    for _ in range(2):
        walk.fire(CONNECTION, SETTLED)
        walk.answer(CONNECTION, ending)
        assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (BACKING_OFF, DETACHED)
        assert ended(walk) == []
        again(walk)
    assert ended(walk) == [OperationEnded(1, Outcome.DISCARDED, POISON, "poison")]
    assert [each.message_id for each in sent(walk)] == ["ann:2"]
    walk.answer(CONNECTION, FrameArrived(OperationAck("ann:2", 1)))
    assert [(each.sequence, each.outcome) for each in ended(walk)] == [(2, Outcome.ACKNOWLEDGED)]
    assert walk.state(CONFLICT_RECOVERY, URL_DOCUMENT) is SYNCED


@pytest.mark.parametrize("code", [1007, 1009])
def test_it_is_set_aside_even_if_no_link_was_stable_between(walk, code):
    """Section 10: 1007 sets the operation aside, then tries once more; a third in a row is no operation's fault."""
    link(walk)
    submit(walk, POISON)
    for _ in range(2):
        walk.answer(CONNECTION, Closed(code))
        again(walk)
    assert [each.reason for each in ended(walk)] == ["poison"]
    walk.answer(CONNECTION, Closed(code))
    assert walk.state(CONNECTION) is (FAILED if code == 1007 else BACKING_OFF)


def test_what_the_server_has_after_all_is_no_poison(walk):
    link(walk)
    submit(walk, POISON)
    walk.answer(CONNECTION, Closed(1009))
    again(walk)
    walk.answer(CONNECTION, Closed(1009))
    again(walk, SyncedOperation(POISON, 1, "ann", "ann:1"), version=1, text="poison")
    assert [(each.sequence, each.outcome) for each in ended(walk)] == [(1, Outcome.ACKNOWLEDGED)]


@pytest.mark.parametrize("code", [1001, 1006, 1011, 1012])
def test_a_link_that_breaks_for_another_reason_is_no_operation_s_fault(walk, code):
    link(walk)
    submit(walk, POISON)
    for _ in range(4):
        walk.answer(CONNECTION, Closed(code))
        again(walk)
        assert ([each.message_id for each in sent(walk)], ended(walk)) == (["ann:1"], [])


# -------------------------------------------------------------------------------------------------- the service's fault
def reports(walk):
    return [hop.event.result for hop in walk.done.path if hop.member == CIRCUIT_BREAKER.name]


@pytest.mark.parametrize(
    ("code", "report"),
    [("SERVICE_UNAVAILABLE", Report.FAIL), ("INTERNAL_ERROR", Report.FAIL), ("OPERATION_TIMEOUT", Report.OK)],
)
def test_a_service_that_says_it_is_at_fault_has_failed_the_attempt_whose_link_becomes_stable(walk, code, report):
    """Section 11, column Br: it counts on whichever breaker holds the permit, and the link may stay."""
    link(walk)
    walk.answer(CONNECTION, error(code, message_id="ann:1"))
    assert (walk.state(CONNECTION), reports(walk)) == (SETTLING, [])
    walk.fire(CONNECTION, SETTLED)
    assert (walk.state(CONNECTION), reports(walk)) == (STABLE, [report])


def test_a_stable_link_has_no_permit_that_it_could_count_against(walk):
    link(walk)
    walk.fire(CONNECTION, SETTLED)
    for _ in range(6):
        walk.answer(CONNECTION, error("SERVICE_UNAVAILABLE"))
        assert (walk.state(CONNECTION), reports(walk)) == (STABLE, [])
    assert walk.state(CIRCUIT_BREAKER) is CLOSED


def test_five_links_in_a_row_that_met_a_faulty_service_open_the_breaker(walk):
    """A close that says nothing of the service, as 1012, would not have."""
    for attempt in range(5):
        assert walk.state(CIRCUIT_BREAKER) is CLOSED
        link(walk)
        walk.answer(CONNECTION, error("SERVICE_UNAVAILABLE"))
        walk.answer(CONNECTION, Closed(1012))
        assert reports(walk) == [Report.FAIL]
        walk.fire(CONNECTION, BACKOFF_DUE)
        assert walk.state(CONNECTION) is PARKED
        walk.fire(CONNECTION, "wake_rested_again") if attempt else None
        walk.fire(HOLD, "waited")
    assert walk.state(CIRCUIT_BREAKER) is OPEN
    assert walk.state(CONNECTION) is PARKED
