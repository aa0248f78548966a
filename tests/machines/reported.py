"""How a permit of the breaker is reported, and how it comes to half-open."""

from machines.circuit_breaker import HALF_OPEN, Reported
from machines.link import Report
from statekit import Ignored

RESET_DUE, LEASED = "after reset_delay", "leased"
OLD = Ignored("the permit is from before the last change")
NO_PROBE = Ignored("no probe of this half-open stay")


def report(walk, result, times=1):
    for _ in range(times):
        walk.send(Reported(walk.context.permit, result))


def half_open(walk):
    report(walk, Report.FAIL, times=walk.context.options.failures_max)
    walk.fire(RESET_DUE)
    assert walk.state is HALF_OPEN
