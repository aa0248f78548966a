"""Circuit breaker: five failures in a row open it, one probe closes it, and old news never moves it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from statekit import Ignored, Jitter, Stale
from statekit.testing.walk import Walk

RESET_DUE, LEASED = "after reset_delay", "leased"
OLD = Ignored("the permit is from before the last change")
NO_PROBE = Ignored("no probe of this half-open stay")


@pytest.fixture
def walk():
    return Walk(CIRCUIT_BREAKER)


def report(walk, result, times=1):
    for _ in range(times):
        walk.send(Reported(walk.context.permit, result))


def half_open(walk):
    report(walk, Report.FAIL, times=walk.context.options.failures_max)
    walk.fire(RESET_DUE)
    assert walk.state is HALF_OPEN


# -------------------------------------------------------------------------------------------------------- main paths
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


# ------------------------------------------------------------------------------------------------------ what is old
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


# ----------------------------------------------------------------------------------------------- options that are set
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


# ------------------------------------------------------------------------------------------------------- an operator
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


def test_every_row_is_taken(left_untaken):
    assert left_untaken(CIRCUIT_BREAKER) == ()


# ------------------------------------------------------------------------------------------------------- invariants
class Callers:
    """Random callers: each reports its permit once, or never; operators and timers come when they like."""

    def __init__(self, probes, *, operators):
        self.walk = Walk(CIRCUIT_BREAKER, Context(Options(failures_max=2, probes=probes)))
        self.permits = []
        self.operators = operators
        self.admitted = self.returned = 0

    def next(self, choice):
        walk = self.walk
        can = [walk.send, walk.send, *[walk.fire] * len(walk.timers), *[self.report] * len(self.permits) * 2]
        can += [self.operate] * self.operators
        what = can[choice % len(can)]
        if what == walk.send:
            walk.send(Acquire())
            self.permits += [each.permit for each in walk.effects if isinstance(each, Grant)]
        elif what == walk.fire:
            walk.fire(list(walk.timers)[choice // len(can) % len(walk.timers)])
        else:
            what(choice // len(can))

    def report(self, choice):
        permit = self.permits.pop(choice % len(self.permits))
        self.walk.send(Reported(permit, list(Report)[choice // 7 % 5]))

    def operate(self, choice):
        self.walk.send((ForceOpen(), Disable(), MetricsOnly(), Reset())[choice % 4])


CHOICES = st.lists(st.integers(0, 999), min_size=40, max_size=40)


@given(CHOICES, st.integers(1, 3), st.booleans())
def test_unresolved_probes_are_never_more_than_there_are(choices, probes, operators):
    """B1: also when callers never report; resilience4j #1432."""
    callers = Callers(probes, operators=operators)
    for choice in choices:
        callers.next(choice)
        if callers.walk.state is HALF_OPEN:
            out = callers.walk.context.out
            assert len(out) <= probes
            assert out <= set(callers.permits)


@given(CHOICES)
def test_an_old_permit_changes_nothing(choices):
    """B2."""
    callers = Callers(1, operators=True)
    for choice in choices:
        callers.next(choice)
        before = callers.walk.snapshot
        for result in Report:
            callers.walk.send(Reported(min(before.context.out, default=before.context.permit) - 1, result))
            assert (callers.walk.snapshot, callers.walk.effects) == (before, ())


@given(CHOICES)
def test_an_opening_lasts_its_whole_time_whatever_is_reported(choices):
    """B3 and B5: one reset timer, armed when it opened, and only that, or an operator, ends the stay."""
    callers = Callers(1, operators=False)
    for choice in choices:
        was, due = callers.walk.state, callers.walk.snapshot.tickets
        callers.next(choice)
        if was is OPEN and callers.walk.state is OPEN:
            assert callers.walk.snapshot.tickets == due
            assert callers.walk.timers == {RESET_DUE: 60.0}
        assert was is not OPEN or callers.walk.state in (OPEN, HALF_OPEN)


@given(CHOICES, st.integers(1, 3))
def test_it_closes_again_by_time_and_one_good_call(choices, probes):
    """B4: never stuck, whoever failed to report; erpc #1118, decocms #5322."""
    callers = Callers(probes, operators=False)
    for choice in choices:
        callers.next(choice)
    walk = callers.walk
    for _ in range(6):
        walk.send(Acquire())
        if walk.effects == (Deny(),):
            walk.fire(next(iter(walk.timers)))
            continue
        report(walk, Report.OK)
    assert walk.state is CLOSED


@given(CHOICES)
def test_only_an_operator_ends_what_an_operator_began(choices):
    """B8."""
    callers = Callers(1, operators=False)
    for order, state in ((ForceOpen(), FORCED_OPEN), (Disable(), DISABLED), (MetricsOnly(), METRICS_ONLY)):
        callers.walk.send(order)
        for choice in choices:
            callers.next(choice)
            assert callers.walk.state is state


@given(CHOICES)
def test_whoever_was_denied_is_told_when_to_ask_again(choices):
    """B9 and more: after a denial and before the next grant, Available comes exactly when the answer has changed."""
    callers = Callers(1, operators=True)
    denied = False
    for choice in choices:
        callers.next(choice)
        effects = callers.walk.effects
        assert effects.count(Available()) <= 1
        assert not (denied and any(isinstance(each, Grant) for each in effects))
        denied = (denied or Deny() in effects) and Available() not in effects
