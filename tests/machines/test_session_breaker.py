"""The breaker in a session: who trips it, whom it wakes, and whose permit it holds."""

from machines import circuit_breaker
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.connection import BACKING_OFF, CONNECTION, IDLE, PARKED, Connect, Disconnect
from machines.link import Closed, Dial, Opened, OpenFailed
from machines.session import Options
from tests.machines.linked import DROPPED, GREETING, hear, signed_in


def test_defect_65_five_failed_dials_open_the_breaker_and_its_timer_wakes_the_connection():
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for attempt in range(5):
        walk.answer(CONNECTION, OpenFailed("refused"))
        assert walk.state(CONNECTION) is BACKING_OFF
        walk.fire(CONNECTION, DROPPED)
        assert (walk.state(CONNECTION) is PARKED) == (attempt == 4)
    assert walk.timers(CIRCUIT_BREAKER) == {"after reset_delay": 60.0}
    walk.fire(CIRCUIT_BREAKER, "after reset_delay")
    assert walk.effects == (Dial(1),)
    walk.answer(CONNECTION, OpenFailed("refused"))
    assert walk.state(CIRCUIT_BREAKER) is circuit_breaker.OPEN


def test_a_probe_s_lease_outlasts_the_attempt_that_it_was_given_for():
    """C8: or a slow dial and a long settling would be judged by the lease, and reported too late."""
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for _ in range(5):
        walk.answer(CONNECTION, OpenFailed("refused"))
        walk.fire(CONNECTION, DROPPED)
    walk.fire(CIRCUIT_BREAKER, "after reset_delay")
    lease, options = walk.timers(CIRCUIT_BREAKER)["leased"], Options().connection
    dialled = walk.timers(CONNECTION)["after dial_seconds"]
    walk.answer(CONNECTION, Opened())
    hear(walk, GREETING)
    assert walk.timers(CONNECTION)["after settle_delay"] == 16.0
    assert lease > dialled + options.hello_seconds + 16.0 > circuit_breaker.Options().lease_seconds


def test_a_connect_that_ends_too_soon_never_closes_the_breaker():
    """lasso-rpc #17: accept-then-drop reset the count."""
    walk = signed_in()
    walk.send(CONNECTION, Connect())
    for _ in range(5):
        walk.answer(CONNECTION, Opened())
        hear(walk, GREETING)
        walk.answer(CONNECTION, Closed(1011))
        walk.fire(CONNECTION, DROPPED)
    assert (walk.state(CIRCUIT_BREAKER), walk.state(CONNECTION)) == (circuit_breaker.OPEN, PARKED)


def test_a_connection_that_the_user_closes_gives_its_permit_back():
    walk = signed_in()
    walk.send(CONNECTION, Connect(), Disconnect())
    assert (walk.state(CONNECTION), walk.of(CIRCUIT_BREAKER).context.failures) == (IDLE, 0)
