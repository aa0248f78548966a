"""What holds a session back: a lock, maintenance, a missing right, no network, no viewer."""

import pytest
from attrs import evolve

from machines import auth_refresh
from machines.auth_refresh import AUTH_REFRESH, RefreshFailed, SignIn, Trouble
from machines.conflict_recovery import CONFLICT_RECOVERY, HALTED, HELD
from machines.connection import BACKING_OFF, CONNECTION, IDLE, PARKED, STABLE, SUSPENDED, Connect, Disconnect
from machines.document import OperationEnded, Outcome
from machines.error_storm import ERROR_STORM
from machines.hold import CLEAR, HOLD, LOCKED, READ_ONLY, CameOnline, Hid, Shown, WentOffline
from machines.link import Closed, Dial, Opened
from machines.rate_limit import RATE_LIMIT
from machines.session import SESSION, Options, contexts
from machines.status import public_status
from machines.wire.messages import URL_DOCUMENT, OperationAck, PermissionChange
from machines.wire.text import Text
from statekit.testing.system_walk import SystemWalk
from tests.machines.linked import DROPPED, GREETING, error, hear, settling, signed_in, stable, storm, submit, sync_of


# -------------------------------------------------------------------------------------- locks, maintenance, permissions
def test_a_locked_operation_is_sent_again_after_the_lock():
    walk = stable()
    submit(walk)
    hear(walk, error("DOCUMENT_LOCKED", message_id="ann:1"))
    assert (walk.state(HOLD), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT), walk.state(CONNECTION)) == (
        LOCKED,
        HELD,
        STABLE,
    )
    assert str(public_status(walk.snapshot)) == "connected (document_locked)"
    walk.fire(HOLD, "waited")
    hear(walk, sync_of(walk))
    walk.fire(RATE_LIMIT, "rested")
    assert [each.message.message_id for each in walk.effects] == ["ann:1"]
    hear(walk, OperationAck("ann:1", 1))
    assert walk.of(HOLD).context.lock.times == 0


def test_a_document_that_stays_locked_gives_its_operations_back():
    """≤ 10 tries."""
    walk = stable()
    submit(walk)
    for _ in range(10):
        hear(walk, error("DOCUMENT_LOCKED", message_id="ann:1"))
        assert walk.state(HOLD) is LOCKED
        walk.fire(HOLD, "waited")
        hear(walk, sync_of(walk))
    hear(walk, error("DOCUMENT_LOCKED", message_id="ann:1"))
    ended = [each for each in walk.published if isinstance(each, OperationEnded)]
    assert [(each.outcome, each.reason) for each in ended] == [(Outcome.EXPORTED, "document_locked")]
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (STABLE, HALTED)


def test_a_close_for_a_locked_document_enters_the_same_state_and_the_connection_ends_it():
    """Seed defect 53; G8: the wait has one owner."""
    walk = stable()
    walk.answer(CONNECTION, Closed(4003))
    assert (walk.state(HOLD), walk.timers(HOLD), walk.state(CONNECTION)) == (LOCKED, {}, SUSPENDED)
    walk.fire(CONNECTION, "after suspended_delay")
    assert (walk.state(HOLD), walk.effects) == (CLEAR, (Dial(1),))


@pytest.mark.parametrize(("code", "first"), [("MAINTENANCE_MODE", 60.0), ("SERVICE_UNAVAILABLE", 30.0)])
def test_a_service_that_is_out_is_not_dialled_and_keeps_the_link_it_leaves_open(code, first):
    """Seed defect 58: the attempts were used up while the service was in maintenance."""
    walk = stable()
    submit(walk)
    hear(walk, error(code, message_id="ann:1"))
    assert (walk.state(CONNECTION), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (STABLE, HELD)
    assert walk.timers(HOLD)["waited"].low_seconds == first
    walk.answer(CONNECTION, Closed(1006))
    while walk.state(CONNECTION) is BACKING_OFF:
        walk.fire(CONNECTION, DROPPED)
    assert (walk.state(CONNECTION), str(public_status(walk.snapshot))) == (PARKED, "waiting (maintenance)")
    walk.fire(HOLD, "waited")
    assert walk.effects == (Dial(1),)
    settling(walk)
    assert walk.of(HOLD).context.maintenance.times + walk.of(HOLD).context.unavailable.times == 1
    stable(walk)
    assert walk.of(HOLD).context.maintenance.times + walk.of(HOLD).context.unavailable.times == 0


def test_who_may_only_read_has_the_document_and_sends_nothing():
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    walk.answer(CONNECTION, Opened())
    hear(walk, evolve(GREETING, permissions=("read",)))
    hear(walk, sync_of(walk))
    assert (walk.state(HOLD), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == (READ_ONLY, HELD)
    assert walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.view == Text("abc")
    submit(walk)
    assert (walk.effects, str(public_status(walk.snapshot))) == ((), "connected (read_only)")
    assert walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.pending == ()
    hear(walk, PermissionChange(("read", "write")))
    hear(walk, sync_of(walk))
    submit(walk)
    assert [each.message.message_id for each in walk.effects] == ["ann:1"]


def test_a_user_who_loses_the_right_to_write_loses_one_operation_and_keeps_the_rest():
    """Section 11, INSUFFICIENT_PERMISSIONS: reject the operation, and read only; the next is not even sent."""
    walk = stable()
    submit(walk, "x")
    submit(walk, "y")
    walk.fire(RATE_LIMIT, "rested")
    hear(walk, error("INSUFFICIENT_PERMISSIONS", message_id="ann:1"))
    ended = [each for each in walk.published if isinstance(each, OperationEnded)]
    assert [(each.sequence, each.outcome) for each in ended] == [(1, Outcome.REJECTED)]
    assert (walk.effects, walk.state(HOLD), walk.state(CONFLICT_RECOVERY, URL_DOCUMENT)) == ((), READ_ONLY, HELD)
    assert [each.sequence for each in walk.of(CONFLICT_RECOVERY, URL_DOCUMENT).context.replica.parts] == [2]


# -------------------------------------------------------------------------------------------------- network and viewers
@pytest.mark.parametrize(
    ("begins", "ends", "gate"), [(WentOffline(), CameOnline(), "offline"), (Hid(), Shown(), "hidden")]
)
def test_nothing_is_dialled_without_a_network_or_a_viewer(begins, ends, gate):
    """Fluid #10325: a reconnect while offline hung; Phoenix #6578: a socket that the user closed was revived."""
    walk = signed_in()
    walk.send(HOLD, begins)
    walk.send(CONNECTION, Connect())
    assert str(public_status(walk.snapshot)) == f"waiting ({gate})"
    walk.send(HOLD, ends)
    assert walk.effects == (Dial(1),)
    stable(walk)
    walk.send(HOLD, begins)
    assert walk.state(CONNECTION) is STABLE
    walk.send(CONNECTION, Disconnect())
    walk.answer(CONNECTION, Closed(1000))
    walk.send(HOLD, ends)
    assert (walk.state(CONNECTION), walk.effects) == (IDLE, ())


def test_a_network_that_is_back_wakes_a_refresh_that_waited_for_it():
    walk = SystemWalk(SESSION, contexts("ann", Options()))
    walk.send(HOLD, WentOffline())
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, RefreshFailed(Trouble.UNREACHABLE))
    assert walk.state(AUTH_REFRESH) is auth_refresh.OFFLINE_HOLD
    walk.send(HOLD, CameOnline())
    assert walk.state(AUTH_REFRESH) is auth_refresh.REFRESHING


def test_of_several_gates_the_gravest_is_shown_and_each_has_to_open():
    walk = stable()
    storm(walk)
    walk.send(HOLD, WentOffline())
    walk.send(HOLD, Hid())
    assert str(public_status(walk.snapshot)) == "waiting (offline)"
    walk.send(HOLD, CameOnline())
    assert str(public_status(walk.snapshot)) == "waiting (storm)"
    walk.fire(ERROR_STORM, "after cooldown")
    assert (walk.state(CONNECTION), str(public_status(walk.snapshot))) == (PARKED, "waiting (hidden)")
    walk.send(HOLD, Shown())
    assert walk.effects == (Dial(1),)
