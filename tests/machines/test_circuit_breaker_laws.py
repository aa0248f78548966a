"""Laws of the breaker with random callers: whose permit is old, how long it is open, and how it closes."""

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
from statekit.testing.walk import Walk
from tests.machines.reported import RESET_DUE, report


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
