"""Backoff: five kinds, one table, and no delay outside floor .. cap whatever the kind."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.policy.backoff import KINDS, Growth, backoff
from machines.policy.retries import Retries, RetryOptions
from statekit import Jitter

seconds = st.floats(0.001, 1000.0)


def growth(doublings, paid=0.0):
    """The seed's numbers."""
    return Growth(base_seconds=1.0, cap_seconds=30.0, floor_seconds=0.1, doublings=doublings, paid_seconds=paid)


@pytest.mark.parametrize(
    ("kind", "doublings", "paid", "delay"),
    [
        ("full", 0, 0.0, Jitter(0.1, 1.0)),
        ("full", 3, 0.0, Jitter(0.1, 8.0)),
        ("full", 9, 0.0, Jitter(0.1, 30.0)),
        ("equal", 0, 0.0, Jitter(0.5, 1.0)),
        ("equal", 9, 0.0, Jitter(15.0, 30.0)),
        ("decorrelated", 0, 0.0, Jitter(1.0, 3.0)),
        ("decorrelated", 7, 2.0, Jitter(1.0, 6.0)),
        ("decorrelated", 1, 29.0, Jitter(1.0, 30.0)),
        ("additive", 0, 0.0, Jitter(1.0, 2.0)),
        ("additive", 4, 0.0, Jitter(16.0, 17.0)),
        pytest.param("additive", 9, 0.0, Jitter(30.0, 30.0), id="defect-55"),
        pytest.param("none", 2, 0.0, Jitter(4.0, 4.0), id="defect-54"),
        ("none", 9, 0.0, Jitter(30.0, 30.0)),
    ],
)
def test_each_kind_gives_its_range(kind, doublings, paid, delay):
    """Defect 54: no jitter could not be asked for. Defect 55: the additive one exceeded the cap, by up to a second."""
    assert backoff(kind, growth(doublings, paid)) == delay


@given(st.sampled_from(sorted(KINDS)), seconds, seconds, seconds, st.integers(0, 5000), st.floats(0, 1e6))
def test_every_delay_of_every_kind_lies_between_floor_and_cap(kind, base, first, second, doublings, paid):
    """C10."""
    floor, cap = sorted((first, second))
    delay = backoff(kind, Growth(base, cap, floor, doublings, paid))
    assert floor <= delay.low_seconds <= delay.high_seconds <= cap
    for chance in (0.0, 0.5, 1.0):
        assert floor <= delay.draw(chance) <= cap


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_connection_waits_by_the_kind_that_is_set(kind):
    options = RetryOptions(kind=kind)
    retries = Retries(attempts=4)
    assert retries.fast_delay(options, 2.0) == backoff(kind, growth(3, 2.0))


@given(st.sampled_from(sorted(KINDS)), st.integers(1, 5000), seconds, seconds, st.floats(0, 1e6))
def test_the_spread_after_a_restart_lies_between_floor_and_cap_too(kind, attempts, cap, spread, hint):
    options = RetryOptions(kind=kind, base_seconds=1.0, cap_seconds=cap, floor_seconds=0.0005, spread_seconds=spread)
    retries = Retries(attempts, spread=True, hint_seconds=hint)
    delay = retries.fast_delay(options)
    assert 0.0005 <= delay.low_seconds <= delay.high_seconds <= cap
