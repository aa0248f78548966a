"""Rate limits in a session: what is limited is sent when the limit is over."""

from machines.conflict_recovery import CONFLICT_RECOVERY
from machines.connection import CONNECTION
from machines.link import Closed, Opened, Send
from machines.rate_limit import DRAINING, LIMITED, RATE_LIMIT, LimitHeard
from machines.status import public_status
from machines.wire.messages import URL_DOCUMENT, DocumentEdit, OperationAck, RateLimited, SyncRequest
from machines.wire.operations import Insert
from tests.machines.linked import DROPPED, GREETING, error, hear, stable, submit, sync_of


def test_defect_43_a_limited_operation_is_sent_again_when_the_limit_is_over():
    """R5 and O5; seed defects 42 and 43: it was lost, and "not queued" was sent by nobody."""
    walk = stable()
    submit(walk, "x")
    submit(walk, "y")
    hear(walk, error("RATE_LIMIT_EXCEEDED", message_id="ann:1", retry_after=5000))
    assert (walk.effects, walk.published[-1]) == ((), LimitHeard(5.0, "ann:1", "RATE_LIMIT_EXCEEDED", 0))
    assert walk.timers(CONFLICT_RECOVERY, URL_DOCUMENT) == {}
    assert str(public_status(walk.snapshot)) == "connected (rate_limited)"
    walk.fire(RATE_LIMIT, "rested")
    assert walk.effects == ()
    walk.fire(RATE_LIMIT, "limit_over")
    assert walk.effects == (Send(DocumentEdit((Insert(0, "x"),), 0, client_id="ann", message_id="ann:1")),)
    assert (walk.state(RATE_LIMIT), list(walk.timers(CONFLICT_RECOVERY, URL_DOCUMENT))) == (DRAINING, ["ack_overdue"])
    hear(walk, OperationAck("ann:1", 1))
    assert walk.effects == ()
    walk.fire(RATE_LIMIT, "rested")
    assert [each.message.message_id for each in walk.effects] == ["ann:2"]


def test_a_limit_of_its_own_message_means_the_same():
    """The message rate_limited."""
    walk = stable()
    submit(walk)
    hear(walk, RateLimited(250.0))
    assert walk.published == (LimitHeard(0.25, "ann:1", "RATE_LIMIT_EXCEEDED", 0),)
    assert (walk.state(RATE_LIMIT), walk.of(RATE_LIMIT).context.queue) == (LIMITED, ("ann:1",))


def test_a_limit_outlives_the_link_and_holds_no_question():
    """R8 and R10."""
    walk = stable()
    hear(walk, RateLimited(30_000.0))
    walk.answer(CONNECTION, Closed(1006))
    walk.fire(CONNECTION, DROPPED)
    submit(walk)
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert [type(each.message) for each in walk.effects] == [SyncRequest]
    hear(walk, sync_of(walk))
    assert (walk.effects, walk.state(RATE_LIMIT)) == ((), LIMITED)
    walk.fire(RATE_LIMIT, "limit_over")
    assert [each.message.message_id for each in walk.effects] == ["ann:1"]
