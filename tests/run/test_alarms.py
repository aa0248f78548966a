import math

from hypothesis import given
from hypothesis import strategies as st

from statekit.run.alarms import DEAD_WEIGHT, Alarm, Alarms


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
