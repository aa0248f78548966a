"""The public status: six words, one for every state, and a reason where there is one."""

import pytest

from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.circuit_breaker import CIRCUIT_BREAKER, ForceOpen
from machines.connection import CONNECTION, Connect, Disconnect, State
from machines.gates import Gate
from machines.link import Closed, FrameArrived, Opened, OpenFailed
from machines.policy.user_messages import USER_MESSAGES
from machines.session import SESSION, Options, contexts
from machines.status import GRAVEST_FIRST, STATUS_OF, Status, StatusNow, public_status
from machines.wire.messages import ConnectionAck, ErrorMessage
from statekit.testing.system_walk import SystemWalk

GREETING = FrameArrived(ConnectionAck("ann", "u1", ("write",), 0, "now"))


@pytest.fixture
def walk():
    return SystemWalk(SESSION, contexts("ann", Options()))


def now(walk):
    return str(public_status(walk.snapshot))


def test_every_state_has_a_status():
    assert set(STATUS_OF) == set(State)
    assert set(STATUS_OF.values()) == set(Status)


def test_whatever_is_waited_for_has_its_place_and_its_words():
    assert sorted(GRAVEST_FIRST) == sorted(Gate)
    kept = ("maintenance", "unavailable", "document_locked", "read_only", "rate_limited")
    assert {*Gate, "circuit_breaker", *kept} <= USER_MESSAGES.keys()


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("DOCUMENT_LOCKED", "document_locked"),
        ("MAINTENANCE_MODE", "maintenance"),
        ("SERVICE_UNAVAILABLE", "unavailable"),
        ("RATE_LIMIT_EXCEEDED", "rate_limited"),
        ("INSUFFICIENT_PERMISSIONS", "read_only"),
        ("VERSION_CONFLICT", ""),
    ],
)
def test_a_link_over_which_nothing_is_sent_says_why(walk, code, reason):
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, Refreshed())
    walk.send(CONNECTION, Connect())
    walk.answer(CONNECTION, Opened())
    walk.answer(CONNECTION, GREETING)
    walk.answer(CONNECTION, FrameArrived(ErrorMessage(code, "", True, "now", {"message_id": "bob:1"})))
    assert public_status(walk.snapshot) == StatusNow(Status.CONNECTED, reason)


def test_it_reads_as_it_is_shown():
    assert str(StatusNow(Status.FAILED, "kicked")) == "failed (kicked)"
    assert str(StatusNow(Status.CONNECTED)) == "connected"


def test_the_words_of_a_session_from_beginning_to_end(walk):
    assert now(walk) == "offline (initial)"
    walk.send(CONNECTION, Connect())
    assert now(walk) == "waiting (reauth)"
    walk.send(AUTH_REFRESH, SignIn())
    assert now(walk) == "connecting"
    walk.answer(AUTH_REFRESH, Refreshed())
    assert now(walk) == "connecting"
    walk.answer(CONNECTION, Opened())
    assert now(walk) == "connecting"
    walk.answer(CONNECTION, GREETING)
    assert now(walk) == "connected"
    walk.fire(CONNECTION, "after settle_delay")
    assert now(walk) == "connected"
    walk.answer(CONNECTION, Closed(1011))
    assert now(walk) == "reconnecting"
    walk.fire(CONNECTION, "after backoff_delay")
    assert now(walk) == "connecting"
    walk.answer(CONNECTION, OpenFailed("rejected", 423))
    assert now(walk) == "reconnecting (document_locked)"
    walk.fire(CONNECTION, "after suspended_delay")
    walk.answer(CONNECTION, Opened())
    walk.answer(CONNECTION, GREETING)
    walk.answer(CONNECTION, Closed(4004))
    assert now(walk) == "failed (kicked)"
    walk.send(CONNECTION, Connect())
    walk.answer(CONNECTION, Opened())
    walk.send(CONNECTION, Disconnect())
    assert now(walk) == "offline"
    walk.answer(CONNECTION, Closed(1000))
    assert now(walk) == "offline (user)"


def test_a_breaker_that_lets_nothing_pass_is_named(walk):
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, Refreshed())
    walk.send(CIRCUIT_BREAKER, ForceOpen())
    walk.send(CONNECTION, Connect())
    assert now(walk) == "waiting (circuit_breaker)"
