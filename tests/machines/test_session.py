"""The session: nine lifecycles wired into one client, on the way to a stable link."""

from machines.auth_refresh import AUTH_REFRESH, Refreshed, SignIn
from machines.connection import AUTHORIZING, CONNECTION, PARKED, Connect
from machines.document import OperationEnded, Outcome
from machines.heartbeat import DORMANT, HEARTBEAT
from machines.link import Close, Dial, Opened, Send
from machines.policy.routed import MessagePassed
from machines.session import SESSION, Options, contexts
from machines.wire.messages import DocumentEdit, OperationAck, Passed, Ping, Pong, SyncRequest
from machines.wire.operations import Insert
from statekit.testing.system_walk import SystemWalk
from tests.machines.linked import GREETING, hear, signed_in, stable, submit


def test_one_stimulus_carries_a_connect_to_the_dial():
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    assert walk.effects == (Dial(1),)
    assert [hop.member for hop in walk.done.path] == [
        "connection", "auth_refresh", "connection", "circuit_breaker", "connection",
    ]  # fmt: skip


def test_the_greeting_wakes_the_heartbeat_and_asks_for_the_document():
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert walk.effects == (Send(SyncRequest(0, message_id="ann:sync:1")),)
    assert list(walk.timers(HEARTBEAT)) == ["after ping_delay"]


def test_an_operation_goes_out_and_its_end_is_published():
    walk = stable()
    submit(walk)
    assert walk.effects == (Send(DocumentEdit((Insert(0, "x"),), 0, client_id="ann", message_id="ann:1")),)
    hear(walk, OperationAck("ann:1", 1))
    assert walk.published == (OperationEnded(1, Outcome.ACKNOWLEDGED, (Insert(0, "x"),)),)


def test_a_connect_before_the_sign_in_waits_for_it():
    walk = SystemWalk(SESSION, contexts("ann", Options()))
    walk.send(CONNECTION, Connect())
    assert walk.state(CONNECTION) is PARKED
    walk.send(AUTH_REFRESH, SignIn())
    assert walk.state(CONNECTION) is AUTHORIZING
    walk.answer(AUTH_REFRESH, Refreshed())
    assert walk.effects == (Dial(1),)


def test_a_ping_of_the_server_is_answered_and_counts_as_a_sign_of_life():
    walk = stable()
    due = walk.ticket(HEARTBEAT, "after ping_delay")
    hear(walk, Ping(7))
    assert walk.effects == (Send(Pong(7)),)
    assert walk.ticket(HEARTBEAT, "after ping_delay") != due


def test_a_silent_peer_is_closed_with_4000_and_dialled_again():
    """Phoenix #3161."""
    walk = stable()
    walk.fire(HEARTBEAT, "after ping_delay")
    assert walk.effects == (Send(Ping(timestamp_ms=1)),)
    walk.fire(HEARTBEAT, "after pong_seconds")
    assert walk.effects == (Close(4000), Dial(1))
    assert walk.state(HEARTBEAT) is DORMANT


def test_news_of_others_is_passed_on():
    walk = stable()
    hear(walk, Passed("presence", "cursor"))
    assert walk.published == (MessagePassed(Passed("presence", "cursor")),)
