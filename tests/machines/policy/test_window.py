"""Window: the last so many calls, judged once there are enough of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.policy.window import Window, WindowOptions


def after(options, calls):
    window = Window()
    for call in calls:
        window = window.with_call(options, failed=call == "F", slow=call == "S")
    return window


@pytest.mark.parametrize(
    ("calls", "bad"),
    [("", False), ("FFF", False), ("FF..", True), ("F...", False), ("SSSS", True), ("SSS.", False), ("....FF", True)],
)
def test_it_is_bad_once_there_are_enough_calls_and_too_many_failed_or_were_slow(calls, bad):
    options = WindowOptions(calls_max=4, calls_min=4)
    assert after(options, calls).is_bad(options) is bad


@given(st.text("FS.", max_size=30), st.integers(1, 8))
def test_it_remembers_the_last_calls_and_no_others(calls, size):
    options = WindowOptions(calls_max=size, calls_min=1)
    assert after(options, calls).calls == calls[-size:]
