"""Circuit breaker: five failures in a row open it, one probe closes it, and old news never moves it."""

import pytest

from machines.circuit_breaker import (
    CIRCUIT_BREAKER,
    CLOSED,
    HALF_OPEN,
    OPEN,
    Acquire,
    Available,
    Deny,
    Disable,
    ForceOpen,
    Grant,
    MetricsOnly,
    Reported,
    Reset,
)
from machines.link import Report
from statekit import Ignored, Stale
from statekit.testing.walk import Walk
from tests.machines import test_circuit_breaker_options
from tests.machines.reported import LEASED, NO_PROBE, OLD, RESET_DUE, half_open, report


@pytest.fixture
def walk():
    return Walk(CIRCUIT_BREAKER)


# ----------------------------------------------------------------------------------------------------------- main paths
def test_five_failures_in_a_row_open_it(walk):
    for _ in range(4):
        walk.send(Acquire())
        assert walk.effects == (Grant(1),)
        report(walk, Report.FAIL)
        assert walk.state is CLOSED
    report(walk, Report.FAIL)
    assert (walk.state, walk.timers) == (OPEN, {RESET_DUE: 60.0})


def test_a_success_in_between_forgives_the_failures(walk):
    report(walk, Report.FAIL, times=4)
    report(walk, Report.OK)
    report(walk, Report.FAIL, times=4)
    assert walk.state is CLOSED


def test_attempts_that_prove_nothing_are_not_counted(walk):
    report(walk, Report.FAIL, times=4)
    for result in (Report.NEUTRAL, Report.CANCEL):
        walk.send(Reported(1, result))
        assert walk.verdict.because == "it proves nothing of the service"
    report(walk, Report.FAIL)
    assert walk.state is OPEN


def test_a_good_probe_closes_it(walk):
    half_open(walk)
    assert walk.effects == (Available(),)
    walk.send(Acquire())
    assert (walk.effects, walk.timers) == ((Grant(4),), {LEASED: 30.0})
    report(walk, Report.OK)
    assert (walk.state, walk.effects, walk.timers) == (CLOSED, (Available(),), {})


def test_a_failed_probe_opens_it_for_the_whole_time_again(walk):
    half_open(walk)
    walk.send(Acquire())
    report(walk, Report.FAIL)
    assert (walk.state, walk.effects, walk.timers) == (OPEN, (), {RESET_DUE: 60.0})


def test_defect_62_half_open_admits_one_probe_and_no_more(walk):
    """It admitted 1 000 of 1 000; so did opossum #119."""
    half_open(walk)
    answers = []
    for _ in range(1000):
        walk.send(Acquire())
        answers += walk.effects
    assert answers == [Grant(4), *[Deny()] * 999]


def test_a_probe_that_proves_nothing_is_given_back(walk):
    """resilience4j #544, #935; Polly #311: an ignored result kept the permit, and half open stayed for ever."""
    half_open(walk)
    for result in (Report.NEUTRAL, Report.CANCEL):
        walk.send(Acquire())
        report(walk, result)
        assert (walk.state, walk.effects, walk.timers) == (HALF_OPEN, (Available(),), {})
    walk.send(Acquire())
    assert walk.effects == (Grant(6),)


def test_a_probe_that_nobody_reports_opens_it_again(walk):
    """resilience4j #858: who asks and never calls leaks the permit; litellm #39701: so does a cancelled probe."""
    half_open(walk)
    walk.send(Acquire())
    walk.fire(LEASED)
    assert (walk.state, walk.timers) == (OPEN, {RESET_DUE: 60.0})


# ---------------------------------------------------------------------------------------------------------- what is old
def test_defect_60_a_late_success_does_not_close_an_open_breaker(walk):
    """A late success closed it, and the timer then made it half open. Polly #217."""
    walk.send(Acquire())
    report(walk, Report.FAIL, times=5)
    for result in Report:
        assert walk.send(Reported(1, result)) == Ignored("nothing was let through since it opened")
    assert walk.state is OPEN


def test_late_results_do_not_decide_for_the_probe(walk):
    half_open(walk)
    walk.send(Acquire())
    for result in Report:
        assert walk.send(Reported(1, result)) == NO_PROBE
    assert (walk.state, walk.context.out) == (HALF_OPEN, {4})


def test_late_failures_do_not_count_once_it_is_closed_again(walk):
    half_open(walk)
    walk.send(Acquire())
    report(walk, Report.OK)
    for _ in range(5):
        assert walk.send(Reported(4, Report.FAIL)) == OLD
    assert (walk.state, walk.context.failures) == (CLOSED, 0)


def test_every_change_makes_the_permits_that_are_out_old(walk):
    """B2."""
    half_open(walk)
    walk.send(Acquire())
    seen = [walk.context.permit]
    for change in (
        Reported(4, Report.FAIL),
        RESET_DUE,
        Acquire(),
        LEASED,
        ForceOpen(),
        Disable(),
        MetricsOnly(),
        Reset(),
    ):
        walk.fire(change) if isinstance(change, str) else walk.send(change)
        seen.append(walk.context.permit)
    assert seen == list(range(4, 13))


def test_defect_59_failures_while_open_start_no_second_timer(walk):
    """Each failure armed another timer, 11 in all."""
    report(walk, Report.FAIL, times=5)
    due = walk.ticket(RESET_DUE)
    report(walk, Report.FAIL, times=5)
    assert walk.ticket(RESET_DUE) == due
    assert len(walk.snapshot.tickets) == 1


def test_defect_61_an_earlier_opening_s_timer_is_stale(walk):
    """A stale timer half opened it 30 s after it had opened afresh."""
    report(walk, Report.FAIL, times=5)
    first = walk.ticket(RESET_DUE)
    walk.send(Reset())
    report(walk, Report.FAIL, times=5)
    assert walk.fire(RESET_DUE, ticket=first) == Stale(first)
    assert walk.state is OPEN


# ------------------------------------------------------------------------------------------------------------ the table
def test_every_row_is_taken(left_untaken):
    assert left_untaken(CIRCUIT_BREAKER, more=[test_circuit_breaker_options]) == ()
