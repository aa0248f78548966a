import math
from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from statekit.run.alarms import DEAD_WEIGHT, Alarm, Alarms
from statekit.snapshot import Snapshot, Ticket
from statekit.transaction import SystemSnapshot


def alarm(number, deadline_seconds):
    return Alarm("m", number, "t", None, 0.0, deadline_seconds)


def test_a_timer_armed_again_and_again_does_not_fill_the_heap():
    alarms = Alarms()
    for number in range(10_000):
        alarms.arm(alarm(number, 86_400.0))
        alarms.drop("m", number - 1)
    assert len(alarms) == 1
    assert len(alarms._heap) <= 2 * len(alarms) + DEAD_WEIGHT  # noqa: SLF001 - what piles up shows nowhere else


def test_nothing_is_due_before_its_deadline_or_after_it_was_dropped():
    alarms = Alarms()
    alarms.arm(alarm(1, 5.0))
    assert alarms.take(4.9) is None
    assert alarms.deadline("m", 1) == 5.0
    alarms.drop("m", 1)
    assert alarms.take(math.inf) is None
    assert alarms.deadline("m", 1) is None
    assert alarms.next_seconds() == math.inf


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), max_size=300))
def test_alarms_come_by_deadline_then_arming_without_the_dropped(plan):
    alarms, expected = Alarms(), []
    for number, (deadline, dropped) in enumerate(plan):
        alarms.arm(alarm(number, deadline))
        if dropped:
            alarms.drop("m", number)
        else:
            expected.append((deadline, number))
    assert len(alarms) == len(expected)
    assert alarms.next_seconds() == min(expected, default=(math.inf,))[0]
    taken = iter(lambda: alarms.take(math.inf), None)
    assert [(each.deadline_seconds, each.number) for each in taken] == sorted(expected)


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"


def held(member, state, context, *numbers):
    """Make the snapshot of a system of one member, with tickets under these numbers."""
    tickets = tuple(Ticket(number, "t", "off") for number in numbers)
    return SystemSnapshot((member,), (Snapshot(state, context, tickets),))


BEFORE = held("m", Lamp.OFF, (), 1, 2)


@pytest.mark.parametrize(
    ("after", "due"),
    [
        pytest.param(BEFORE, [], id="nothing has changed"),
        pytest.param(held("m", Lamp.OFF, (), 1), [], id="a ticket is over"),
        pytest.param(held("m", Lamp.ON, (), 1), [1], id="another state"),
        pytest.param(held("m", Lamp.OFF, (1,), 1), [1], id="another context"),
        pytest.param(held("m", Lamp.ON, (), 2), [], id="it is over itself"),
        pytest.param(SystemSnapshot((), ()), [], id="the instance is gone"),
    ],
)
def test_what_fired_and_is_awaited_still_is_due_again_after_a_change(after, due):
    alarms = Alarms()
    alarms.arm(alarm(1, 5.0))
    assert alarms.take(6.0) == alarm(1, 5.0)
    alarms.look(BEFORE, after, 7.0)
    assert (alarms.take(6.9), alarms.next_seconds()) == (None, 7.0 if due else math.inf)
    again = iter(lambda: alarms.take(math.inf), None)
    assert [each.number for each in again] == due


def test_what_fired_and_was_not_looked_at_has_less_than_nothing_left():
    alarms = Alarms()
    alarms.arm(alarm(1, 5.0))
    alarms.arm(alarm(2, 9.0))
    alarms.take(6.0)
    assert alarms.remaining(6.0) == {("m", 1): -1.0, ("m", 2): 3.0}
    alarms.clear()
    assert alarms.remaining(6.0) == {}
