"""Timers as they are written: their labels, their equality, and the delays they may have."""

from enum import StrEnum, auto

import pytest

from statekit import Fired, Jitter, after, arm, disarm, idle, timer
from statekit.timers import ClockJumped, delay_label, is_arm, is_disarm, is_idle, is_named, is_timer, seconds_label


class State(StrEnum):
    A = auto()


def backoff(_: object) -> float:
    return 1.0


def document(_: object) -> str:
    return "a"


class Frame:
    pass


class Pong:
    pass


PING = timer("ping", 5.0, scope=State.A)
SETTLE = timer("settle", backoff, scope=State.A, key=document)


@pytest.mark.parametrize(
    ("seconds", "label"),
    [
        (0, "0 s"),
        (0.1, "0.1 s"),
        (10.0, "10 s"),
        (60, "1 min"),
        (90, "90 s"),
        (300.0, "5 min"),
        (3600, "1 h"),
        (5400, "90 min"),
        (86_400, "24 h"),
    ],
)
def test_seconds_are_written_as_a_person_would(seconds, label):
    assert seconds_label(seconds) == label
    assert delay_label(seconds) == label


def test_a_range_is_labelled_by_its_ends_and_a_function_by_its_name():
    assert delay_label(Jitter(0.1, 30)) == "0.1–30 s"
    assert delay_label(backoff) == "backoff"
    assert after(backoff).label == "after backoff"
    assert after(10).label == "after 10 s"
    assert PING.label == "ping"


def test_an_idle_timer_reads_as_its_delay_and_is_told_apart_by_its_events():
    assert idle(30, of=(Frame, Pong)).label == "idle 30 s"
    assert idle(backoff, of=(Pong,)).label == "idle backoff"
    assert idle(30, of=(Frame, Pong)).name == "idle 30 s of Frame, Pong"
    assert idle(30, of=(Frame,)).name != idle(30, of=(Pong,)).name


def test_orders_read_as_they_are_drawn():
    assert str(arm(PING)) == "arm ping"
    assert str(disarm(PING)) == "disarm ping"
    assert str(arm(SETTLE)) == "arm settle per document"
    assert str(disarm(SETTLE)) == "disarm settle per document"


@pytest.mark.parametrize("chance", [0.0, 0.25, 1.0])
def test_a_draw_lies_between_the_ends_in_proportion_to_chance(chance):
    assert Jitter(2.0, 6.0).draw(chance) == 2.0 + 4.0 * chance


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (2, 1), (0, float("inf")), (float("nan"), 1), (0, float("nan"))])
def test_a_range_that_no_delay_could_be_drawn_from_is_refused(low, high):
    with pytest.raises(ValueError, match="Jitter needs 0 <= low <= high < inf"):
        Jitter(low, high)


def test_a_range_of_one_delay_is_allowed():
    assert Jitter(3.0, 3.0).draw(0.7) == 3.0


def test_timers_are_equal_if_they_wait_alike():
    assert after(backoff) == after(backoff)
    assert after(1.0) != after(2.0)
    assert timer("ping", 5.0, scope=State.A) == PING
    assert timer("settle", backoff, scope=State.A, key=document) == SETTLE
    assert timer("settle", backoff, scope=State.A) != SETTLE
    assert idle(1.0, of=(Frame,)) == idle(1.0, of=(Frame,))
    assert idle(1.0, of=(Frame,)) != idle(1.0, of=(Pong,))


def test_what_is_a_timer_and_what_orders_one_is_told_apart():
    assert is_timer(PING)
    assert is_timer(after(1.0))
    assert is_timer(idle(1.0, of=(Pong,)))
    assert is_idle(idle(1.0, of=(Pong,)))
    assert not is_idle(after(1.0))
    assert not is_timer(Fired)
    assert is_named(PING)
    assert not is_named(after(1.0))
    assert is_arm(arm(PING))
    assert not is_arm(disarm(PING))
    assert is_disarm(disarm(PING))
    assert not is_disarm(PING)


def test_a_jump_of_the_clock_is_tried_short_and_overnight():
    assert ClockJumped.samples() == (ClockJumped(1.0), ClockJumped(8 * 3600.0))


def test_no_event_may_pass_for_a_timers_by_its_class():
    with pytest.raises(TypeError, match="Sooner cannot be a kind of Fired, which is the event of every timer"):
        type("Sooner", (Fired,), {})


def test_a_fired_timer_says_how_long_it_ran_and_how_late_it_came():
    fired = Fired("ping", delay_seconds=5.0, late_by_seconds=0.25)
    assert (fired.key, fired.delay_seconds, fired.late_by_seconds) == (None, 5.0, 0.25)
