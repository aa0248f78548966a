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
    OPEN,
    Acquire,
    Available,
    Context,
    Deny,
    Disable,
    ForceOpen,
    Grant,
    Options,
    Reported,
    Reset,
)
from machines.link import Report
from statekit import Ignored, Stale
from statekit.testing.walk import Walk

RESET_DUE, LEASED = "after reset_delay", "leased"
OLD = Ignored("the permit is from before the last change")


@pytest.fixture
def walk():
    return Walk(CIRCUIT_BREAKER)


def report(walk, result, times=1):
    for _ in range(times):
        walk.send(Reported(walk.context.generation, result))


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
        assert walk.verdict.because == "neutral and cancelled attempts prove nothing"
    report(walk, Report.FAIL)
    assert walk.state is OPEN


def test_a_good_probe_closes_it(walk):
    half_open(walk)
    assert walk.effects == (Available(),)
    walk.send(Acquire())
    assert (walk.effects, walk.timers) == ((Grant(3),), {LEASED: 30.0})
    report(walk, Report.OK)
    assert (walk.state, walk.effects, walk.timers) == (CLOSED, (Available(),), {})


def test_a_failed_probe_opens_it_for_the_whole_time_again(walk):
    half_open(walk)
    walk.send(Acquire())
    report(walk, Report.FAIL)
    assert (walk.state, walk.effects, walk.timers) == (OPEN, (), {RESET_DUE: 60.0})


def test_half_open_admits_one_probe_and_no_more(walk):
    """Seed defect 62 admits 1 000 of 1 000; so did opossum #119."""
    half_open(walk)
    answers = []
    for _ in range(1000):
        walk.send(Acquire())
        answers += walk.effects
    assert answers == [Grant(3), *[Deny()] * 999]


def test_a_probe_that_proves_nothing_is_given_back(walk):
    """resilience4j #544, #935; Polly #311: an ignored result kept the permit, and half open stayed for ever."""
    half_open(walk)
    for result in (Report.NEUTRAL, Report.CANCEL):
        walk.send(Acquire())
        report(walk, result)
        assert (walk.state, walk.effects, walk.timers) == (HALF_OPEN, (Available(),), {})
    walk.send(Acquire())
    assert walk.effects == (Grant(3),)


def test_a_probe_that_nobody_reports_opens_it_again(walk):
    """resilience4j #858: who asks and never calls leaks the permit; litellm #39701: so does a cancelled probe."""
    half_open(walk)
    walk.send(Acquire())
    walk.fire(LEASED)
    assert (walk.state, walk.timers) == (OPEN, {RESET_DUE: 60.0})


# ------------------------------------------------------------------------------------------------------ what is old
def test_a_late_success_does_not_close_an_open_breaker(walk):
    """Seed defect 60: a late success closed it, and the timer then made it half open. Polly #217."""
    walk.send(Acquire())
    report(walk, Report.FAIL, times=5)
    for result in Report:
        assert walk.send(Reported(1, result)) == Ignored("nothing was let through since it opened")
    assert walk.state is OPEN


def test_late_results_do_not_decide_for_the_probe(walk):
    half_open(walk)
    walk.send(Acquire())
    for result in Report:
        assert walk.send(Reported(1, result)) == OLD
    assert (walk.state, walk.context.probes) == (HALF_OPEN, 0)


def test_late_failures_do_not_count_once_it_is_closed_again(walk):
    half_open(walk)
    walk.send(Acquire())
    report(walk, Report.OK)
    for _ in range(5):
        assert walk.send(Reported(3, Report.FAIL)) == OLD
    assert (walk.state, walk.context.failures) == (CLOSED, 0)


def test_every_change_makes_the_permits_that_are_out_old(walk):
    """B2."""
    half_open(walk)
    walk.send(Acquire())
    seen = [walk.context.generation]
    for change in (Reported(3, Report.FAIL), RESET_DUE, Acquire(), LEASED, ForceOpen(), Disable(), Reset()):
        walk.fire(change) if isinstance(change, str) else walk.send(change)
        if change != Acquire():
            seen.append(walk.context.generation)
    assert seen == list(range(3, 10))


def test_failures_while_open_start_no_second_timer(walk):
    """Seed defect 59: each failure armed another timer, 11 in all."""
    report(walk, Report.FAIL, times=5)
    due = walk.ticket(RESET_DUE)
    report(walk, Report.FAIL, times=5)
    assert walk.ticket(RESET_DUE) == due
    assert len(walk.snapshot.tickets) == 1


def test_an_earlier_opening_s_timer_is_stale(walk):
    """Seed defect 61: a stale timer half opened it 30 s after it had opened afresh."""
    report(walk, Report.FAIL, times=5)
    first = walk.ticket(RESET_DUE)
    walk.send(Reset())
    report(walk, Report.FAIL, times=5)
    assert walk.fire(RESET_DUE, ticket=first) == Stale(first)
    assert walk.state is OPEN


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


@pytest.mark.parametrize(
    "wrong", [{"failures_max": 0}, {"probes": 0}, {"reset_seconds": 0.0}, {"lease_seconds": 0.0}], ids=str
)
def test_options_that_would_block_for_ever_are_refused(wrong):
    """semantic-router #3740: half_open_max=0 was stuck for ever."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Options(**wrong)


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
            self.permits += [each.generation for each in walk.effects if isinstance(each, Grant)]
        elif what == walk.fire:
            walk.fire(list(walk.timers)[choice // len(can) % len(walk.timers)])
        else:
            what(choice // len(can))

    def report(self, choice):
        generation = self.permits.pop(choice % len(self.permits))
        self.walk.send(Reported(generation, list(Report)[choice // 7 % 4]))

    def operate(self, choice):
        self.walk.send((ForceOpen(), Disable(), Reset())[choice % 3])


CHOICES = st.lists(st.integers(0, 999), min_size=40, max_size=40)


@given(CHOICES, st.integers(1, 3), st.booleans())
def test_unresolved_probes_are_never_more_than_there_are(choices, probes, operators):
    """B1: also when callers never report; resilience4j #1432."""
    callers = Callers(probes, operators=operators)
    for choice in choices:
        callers.next(choice)
        if callers.walk.state is HALF_OPEN:
            out = callers.permits.count(callers.walk.context.generation)
            assert out + callers.walk.context.probes == probes


@given(CHOICES)
def test_an_old_permit_changes_nothing(choices):
    """B2."""
    callers = Callers(1, operators=True)
    for choice in choices:
        callers.next(choice)
        before = callers.walk.snapshot
        for result in Report:
            callers.walk.send(Reported(before.context.generation - 1, result))
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
    for order, state in ((ForceOpen(), FORCED_OPEN), (Disable(), DISABLED)):
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
