"""A breaker as it is set by options, and as an operator sets it."""

import pytest

from machines.circuit_breaker import (
    CIRCUIT_BREAKER,
    CLOSED,
    DISABLED,
    FORCED_OPEN,
    HALF_OPEN,
    METRICS_ONLY,
    OPEN,
    Acquire,
    Available,
    Context,
    Deny,
    Disable,
    ForceOpen,
    Grant,
    MetricsOnly,
    Options,
    Reported,
    Reset,
)
from machines.link import Report
from machines.policy.close_codes import CLOSE_POLICIES, HTTP_POLICIES, CloseAct
from machines.policy.window import WindowOptions
from statekit import Ignored, Jitter
from statekit.testing.walk import Walk
from tests.machines.reported import LEASED, NO_PROBE, OLD, RESET_DUE, half_open, report


@pytest.fixture
def walk():
    return Walk(CIRCUIT_BREAKER)


# ------------------------------------------------------------------------------------------------- options that are set
def test_a_probe_s_lease_outlasts_what_it_was_asked_for(walk):
    """C8: a dial, a hello and a long settling may take longer than 30 s; the report must come first."""
    half_open(walk)
    walk.send(Acquire(50.0))
    assert walk.timers == {LEASED: 62.5}


def test_a_probe_is_reported_once(walk):
    half_open(walk)
    walk.send(Acquire())
    report(walk, Report.NEUTRAL)
    assert walk.send(Reported(walk.context.permit, Report.OK)) == NO_PROBE
    assert walk.state is HALF_OPEN


def test_each_probe_has_a_lease_of_its_own():
    """A probe that comes back must not end the lease of one that never does."""
    walk = Walk(CIRCUIT_BREAKER, Context(Options(probes=2)))
    half_open(walk)
    walk.send(Acquire(), Acquire(), Acquire())
    assert (walk.effects, walk.context.out) == ((Deny(),), {4, 5})
    walk.send(Reported(5, Report.NEUTRAL))
    assert walk.timers == {LEASED: 30.0}
    walk.fire(LEASED)
    assert walk.state is OPEN


def test_as_many_successes_close_it_as_are_asked_for(walk):
    walk.begin(Context(Options(successes_min=3)))
    half_open(walk)
    for result in (Report.OK, Report.SLOW):
        walk.send(Acquire())
        report(walk, result)
        assert (walk.state, walk.effects, walk.timers) == (HALF_OPEN, (Available(),), {})
    walk.send(Acquire())
    report(walk, Report.OK)
    assert walk.state is CLOSED


def test_the_reset_time_may_grow_to_ten_minutes_and_begins_anew_once_it_was_closed():
    walk = Walk(CIRCUIT_BREAKER, Context(Options(reset_growth=2.0, reset_jitter=0.1)))
    half_open(walk)
    lows = []
    for _ in range(6):
        walk.send(Acquire())
        report(walk, Report.FAIL)
        delay = walk.timers[RESET_DUE]
        lows.append(delay.low_seconds)
        assert delay == Jitter(delay.low_seconds, delay.low_seconds * 1.1)
        walk.fire(RESET_DUE)
    assert lows == [120.0, 240.0, 480.0, 600.0, 600.0, 600.0]
    assert walk.context.reopenings == 4
    walk.send(Acquire())
    report(walk, Report.OK)
    report(walk, Report.FAIL, times=5)
    assert walk.timers == {RESET_DUE: Jitter(60.0, 66.0)}


def test_defect_63_a_window_opens_it_for_a_service_that_fails_every_second_call():
    """Failures in a row never came to five, so it never opened."""
    walk = Walk(CIRCUIT_BREAKER, Context(Options(window=WindowOptions(calls_max=10, calls_min=8))))
    for _ in range(3):
        report(walk, Report.FAIL)
        report(walk, Report.OK)
    report(walk, Report.FAIL)
    assert walk.state is CLOSED
    report(walk, Report.OK)
    assert (walk.state, walk.context.window.calls) == (OPEN, "")


def test_a_window_opens_it_for_a_service_that_is_only_slow():
    walk = Walk(CIRCUIT_BREAKER, Context(Options(window=WindowOptions(calls_max=4, calls_min=4, slow_share=0.75))))
    for result in (Report.SLOW, Report.OK, Report.OK, Report.SLOW, Report.SLOW):
        report(walk, result)
        assert walk.state is CLOSED
    report(walk, Report.SLOW)
    assert walk.state is OPEN


def test_defect_64_what_says_nothing_of_the_service_is_no_failure():
    """B7: what counted was undefined. Tokens, permissions, locks, limits and the peer's wishes are neutral."""
    rows = [*CLOSE_POLICIES.spans, *HTTP_POLICIES.spans]
    about_us = (CloseAct.REFRESH, CloseAct.HOLD, CloseAct.TERMINAL, CloseAct.STOP)
    assert {span.policy.breaker for span in rows if span.policy.act in about_us} == {"neutral"}
    walk = Walk(CIRCUIT_BREAKER)
    report(walk, Report.NEUTRAL, times=9)
    report(walk, Report.CANCEL, times=9)
    assert (walk.state, walk.context.failures) == (CLOSED, 0)


# ---------------------------------------------------------------------------------------------------------- an operator
def test_while_it_is_open_nothing_passes(walk):
    report(walk, Report.FAIL, times=5)
    walk.send(Acquire())
    assert (walk.effects, walk.state) == ((Deny(),), OPEN)


def test_forced_open_lets_nothing_pass_whatever_is_reported(walk):
    walk.send(ForceOpen())
    walk.send(Acquire())
    assert walk.effects == (Deny(),)
    report(walk, Report.OK)
    assert walk.verdict == Ignored("an operator decides, not results")
    assert walk.send(ForceOpen()) == Ignored("it is forced open already")
    assert (walk.state, walk.timers) == (FORCED_OPEN, {})


def test_disabled_lets_everything_pass_whatever_is_reported(walk):
    walk.send(Disable())
    assert walk.effects == (Available(),)
    report(walk, Report.FAIL, times=9)
    walk.send(Acquire())
    assert walk.effects == (Grant(2),)
    assert walk.send(Disable()) == Ignored("it is disabled already")
    assert walk.state is DISABLED


def test_metrics_only_counts_and_lets_everything_pass(walk):
    walk.begin(Context(Options(window=WindowOptions(calls_max=3, calls_min=1))))
    walk.send(MetricsOnly())
    assert walk.effects == (Available(),)
    assert walk.send(MetricsOnly()) == Ignored("it only counts already")
    report(walk, Report.FAIL, times=9)
    walk.send(Acquire())
    assert (walk.effects, walk.state) == ((Grant(2),), METRICS_ONLY)
    assert (walk.context.failures, walk.context.window.calls) == (5, "FFF")
    assert walk.send(Reported(1, Report.FAIL)) == OLD
    assert walk.send(Reported(2, Report.NEUTRAL)) == Ignored("it proves nothing of the service", ("is_old",))
    walk.send(Reset())
    assert (walk.state, walk.context.failures, walk.context.window.calls) == (CLOSED, 0, "")


def test_a_reset_closes_it_and_forgets(walk):
    report(walk, Report.FAIL, times=4)
    walk.send(Reset())
    assert (walk.context.failures, walk.effects) == (0, ())
    for order in (ForceOpen(), Disable()):
        walk.send(order, Reset())
        assert (walk.state, walk.effects) == (CLOSED, (Available(),))
    report(walk, Report.FAIL, times=5)
    walk.send(Reset())
    assert (walk.state, walk.timers) == (CLOSED, {})
