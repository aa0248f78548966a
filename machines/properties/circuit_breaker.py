"""What is claimed of the circuit breaker: B1 to B9, and four claims beside them.

True by construction, and so claimed nowhere else:
- B5, one reset timer: a timer of a state is armed by entering it and ends with the stay; a second one of the same name
  would replace the first. B3 says that nothing arms it anew.
- B7, what is neutral: which codes are, stands in the tables of `policy`, a column each, and is seen for every code in
  diagrams/README.md; here it is claimed that what is neutral counts for nothing.
- B9, one notification for each transition: the record of a step is its notification, and a step has one.
"""

from typing import TypeAlias

from attrs import evolve, frozen

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
    State,
)
from machines.link import Permit, Report
from machines.policy.window import WindowOptions
from machines.properties.witnesses import each_state
from statekit import Fired, Snapshot, Taken
from statekit.check.model import Model, Thresholds
from statekit.check.properties import hot, invariant, on_step, sequence, witness
from statekit.check.seen import Seen

Breaker: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Breaker]

OPERATORS = (ForceOpen, Disable, MetricsOnly, Reset)
"""The events that only an operator sends."""


def is_current(before: Breaker, event: Reported) -> bool:
    """Tell whether a report is of an attempt that was let through in this very stay."""
    if before.state is HALF_OPEN:
        return event.permit in before.context.out
    return before.state in (CLOSED, METRICS_ONLY) and event.permit == before.context.permit


def admits(breaker: Breaker) -> bool:
    """Tell whether an attempt would be let through."""
    if breaker.state is HALF_OPEN:
        return len(breaker.context.out) < breaker.context.options.probes
    return breaker.state in (CLOSED, DISABLED, METRICS_ONLY)


# ----------------------------------------------------------------------------------------------------- B1, B2: permits
def probes_are_bounded(breaker: Breaker) -> bool:
    """No more probes are out than may be, and none but half open."""
    most = breaker.context.options.probes if breaker.state is HALF_OPEN else 0
    return len(breaker.context.out) <= most


def probes_are_not_made_up(seen: Step) -> bool:
    """A probe goes out only by a grant, under a number that none had before; it comes back only by its own report."""
    before, after = seen.before.context.out, seen.after.context.out
    if seen.before.state is not HALF_OPEN or seen.after.state is not HALF_OPEN:
        return True
    granted = {each.permit for each in seen.effects if isinstance(each, Grant)}
    reported = {seen.move.event.permit} if isinstance(seen.move.event, Reported) else set[Permit]()
    return after == (before | granted) - reported and all(each > seen.before.context.permit for each in granted)


def every_probe_is_leased(breaker: Breaker) -> bool:
    """Each probe that is out has a lease of its own, and nothing else has."""
    leased: set[object] = {ticket.key for ticket in breaker.tickets if ticket.name == "leased"}
    return leased == set[object](breaker.context.out)


def a_lease_covers_the_need(seen: Step) -> bool:
    """No lease is shorter than the attempt may need, nor more than a quarter longer than that or than is set."""
    event, context = seen.move.event, seen.before.context
    if not isinstance(event, Fired) or event.name != "leased" or seen.move.stale:
        return True
    least, needed = context.options.lease_seconds, context.needed_seconds
    newest = event.key == context.permit  # of the others it is not remembered what they need
    return not newest or max(least, needed) <= event.delay_seconds <= max(least, needed * 1.25)


def old_news_moves_nothing(seen: Step) -> bool:
    """A report of an attempt from before the last change of state changes nothing."""
    event = seen.move.event
    return not isinstance(event, Reported) or is_current(seen.before, event) or seen.after == seen.before


def a_move_makes_permits_old(seen: Step) -> bool:
    """With every change of state all permits that are out become old."""
    moved = seen.after.state is not seen.before.state
    return not moved or (seen.after.context.permit > seen.before.context.permit and not seen.after.context.out)


# ----------------------------------------------------------------------------------------------- B3, B4, B8: open, shut
def open_lasts(seen: Step) -> bool:
    """Open lasts for its reset time, whatever is reported and whoever asks; only an operator ends it sooner."""
    if seen.before.state is not OPEN:
        return True
    if seen.after.state is OPEN:
        return seen.after == seen.before
    over = isinstance(seen.move.event, Fired) and seen.after.state is HALF_OPEN
    return over or isinstance(seen.move.event, OPERATORS)


def the_reset_time_grows(seen: Step) -> bool:
    """The reset time is what is set, as much longer for each probe that failed as is set, up to the cap."""
    event, context, options = seen.move.event, seen.before.context, seen.before.context.options
    if seen.before.state is not OPEN or not isinstance(event, Fired) or seen.move.stale:
        return True
    grown = options.reset_seconds * options.reset_growth**context.reopenings
    least = min(grown, options.reset_cap_seconds)
    return least <= event.delay_seconds <= least * (1 + options.reset_jitter)


def open_is_not_for_ever(breaker: Breaker) -> bool:
    """It does not stay open for ever, but by an operator's order."""
    return breaker.state is OPEN


def probes_do_not_stay_out(breaker: Breaker) -> bool:
    """Half open, it does not come to nothing for ever because every probe is out."""
    return breaker.state is HALF_OPEN and not admits(breaker)


def good_probes_close(seen: Step) -> bool:
    """As many probes that succeed as are asked for close it, and nothing else but an operator does."""
    event, before, after = seen.move.event, seen.before, seen.after
    if before.state is not HALF_OPEN or not isinstance(event, Reported) or not is_current(before, event):
        return after.state is not CLOSED or before.state is CLOSED or isinstance(event, Reset)
    if event.result not in (Report.OK, Report.SLOW):
        return after.state is not CLOSED and after.context.successes <= before.context.successes
    if before.context.successes + 1 >= before.context.options.successes_min:
        return after.state is CLOSED
    return after.state is HALF_OPEN and after.context.successes == before.context.successes + 1


def bad_probes_open(seen: Step) -> bool:
    """A probe that fails, or is never reported, opens it again, and that is remembered."""
    event, before, after = seen.move.event, seen.before, seen.after
    if before.state is not HALF_OPEN or seen.move.stale:
        return True
    failed = isinstance(event, Reported) and is_current(before, event) and event.result is Report.FAIL
    if not isinstance(event, Fired) and not failed:
        return after.state is not OPEN
    options, reopenings = before.context.options, before.context.reopenings
    capped = options.reset_seconds * options.reset_growth**reopenings >= options.reset_cap_seconds
    grows = options.reset_growth > 1 and not capped
    return after.state is OPEN and after.context.reopenings == reopenings + grows


def only_operators_overrule(seen: Step) -> bool:
    """What an operator has ordered is left only by an operator's order, and entered by no other."""
    ordered = {FORCED_OPEN: ForceOpen, DISABLED: Disable, METRICS_ONLY: MetricsOnly}
    before, after = seen.before.state, seen.after.state
    if before is after:
        return True
    entered = after not in ordered or isinstance(seen.move.event, ordered[after])
    return entered and (before not in ordered or isinstance(seen.move.event, OPERATORS))


def operators_are_obeyed(seen: Step) -> bool:
    """Whatever an operator orders is so from then on, and nothing that was counted before is held against anybody."""
    goals: dict[type, State] = {ForceOpen: FORCED_OPEN, Disable: DISABLED, MetricsOnly: METRICS_ONLY, Reset: CLOSED}
    goal = goals.get(type(seen.move.event))
    if goal is None:
        return True
    before, after = seen.before, seen.after
    if before.state is goal and goal is not CLOSED:
        return after == before
    permit = before.context.permit if before.state is goal else after.context.permit
    return after.state is goal and after.context == Context(before.context.options, permit)


# ---------------------------------------------------------------------------------------------- B6, B7: what it counts
def what_proves_nothing_is_given_back(seen: Step) -> bool:
    """A probe that proves nothing is given back, and counts for nothing."""
    event = seen.move.event
    if not isinstance(event, Reported) or event.result not in (Report.NEUTRAL, Report.CANCEL):
        return True
    out = seen.before.context.out - {event.permit}
    return seen.after.state is seen.before.state and seen.after.context == evolve(seen.before.context, out=out)


def failures_in_a_row_open(seen: Step) -> bool:
    """Failures in a row, or too large a share of the last calls, open it; one success forgives those in a row."""
    event, before, after = seen.move.event, seen.before, seen.after
    if not isinstance(event, Reported) or before.state not in (CLOSED, METRICS_ONLY) or not is_current(before, event):
        return before.state is not CLOSED or after.state is not OPEN
    if event.result in (Report.NEUTRAL, Report.CANCEL):
        return after == before
    options, is_failure = before.context.options, event.result is Report.FAIL
    failures = before.context.failures + 1 if is_failure else 0
    window = before.context.window
    if options.window is not None:
        window = window.with_call(options.window, failed=is_failure, slow=event.result is Report.SLOW)
    bad = options.window is not None and window.is_bad(options.window)
    if before.state is CLOSED and (failures >= options.failures_max or bad):
        return after.state is OPEN and not after.context.failures
    counted = evolve(before.context, failures=min(failures, options.failures_max), window=window)
    return after.state is before.state and after.context == counted


# ------------------------------------------------------------------------------------------------- who asks, who waits
def whoever_asks_is_answered(seen: Step) -> bool:
    """Whoever asks is answered at once: one grant if an attempt is let through, else one denial, and nobody else is."""
    answers = [each for each in seen.effects if isinstance(each, (Grant, Deny))]
    if not isinstance(seen.move.event, Acquire):
        return not answers
    return answers == ([Grant(seen.after.context.permit)] if admits(seen.before) else [Deny()])


def it_is_told_once(seen: Step) -> bool:
    """It is told at most once in a step that it is worth asking again, and only when something has changed."""
    told = sum(isinstance(each, Available) for each in seen.effects)
    return told <= (seen.after != seen.before and isinstance(seen.verdict, Taken) and admits(seen.after))


@frozen
class Waiting:
    """Whether somebody was denied and not told since, though an attempt would be let through."""

    denied: bool = False
    untold: bool = False


def wait(waiting: Waiting, seen: Step) -> Waiting:
    """Remember who was denied, until it is told."""
    told = any(isinstance(each, Available) for each in seen.effects)
    denied = any(isinstance(each, Deny) for each in seen.effects) or (waiting.denied and not told)
    return Waiting(denied, denied and admits(seen.after))


def the_denied_are_told(waiting: Waiting) -> bool:
    """Whoever was denied is told as soon as an attempt would be let through."""
    return not waiting.untold


# ----------------------------------------------------------------------------------------------------------- witnesses
def every_probe_is_out(breaker: Breaker) -> bool:
    """Half open, every probe is out."""
    return breaker.state is HALF_OPEN and not admits(breaker)


def a_probe_has_succeeded(breaker: Breaker) -> bool:
    """Half open, a probe has succeeded and more must."""
    return breaker.state is HALF_OPEN and breaker.context.successes > 0


def it_has_opened_again(breaker: Breaker) -> bool:
    """It is open again, for longer than before."""
    return breaker.state is OPEN and breaker.context.reopenings > 0


PROPERTIES = (
    invariant("B1", probes_are_bounded),
    on_step("B1 numbers", probes_are_not_made_up),
    on_step("B2", old_news_moves_nothing),
    on_step("B2 moves", a_move_makes_permits_old),
    on_step("B3", open_lasts),
    on_step("B3 time", the_reset_time_grows),
    hot("B4", open_is_not_for_ever),
    hot("B4 probes", probes_do_not_stay_out),
    invariant("B4 leases", every_probe_is_leased),
    on_step("B4 need", a_lease_covers_the_need),
    on_step("B4 good", good_probes_close),
    on_step("B4 bad", bad_probes_open),
    on_step("B6", what_proves_nothing_is_given_back),
    on_step("B8", only_operators_overrule),
    on_step("B8 orders", operators_are_obeyed),
    on_step("B9", it_is_told_once),
    on_step("counting", failures_in_a_row_open),
    on_step("answers", whoever_asks_is_answered),
    sequence("waiting", Waiting(), wait, the_denied_are_told),
    *each_state(State),
    witness("all out", every_probe_is_out),
    witness("half way", a_probe_has_succeeded),
    witness("again", it_has_opened_again),
)

SMALL = Options(
    failures_max=2,
    reset_growth=2.0,
    reset_cap_seconds=120.0,
    reset_jitter=0.1,
    probes=2,
    successes_min=2,
    window=WindowOptions(calls_max=3, calls_min=2, failed_share=0.6),
)
"""Everything that can be set, each with the smallest bounds at which it matters."""

DEEP = evolve(
    SMALL,
    failures_max=5,
    reset_cap_seconds=600.0,
    probes=4,
    successes_min=4,
    window=WindowOptions(calls_max=6, calls_min=3, failed_share=0.6),
)
"""The failures in a row of the seed, four probes at once, and a window of six calls."""

PLAIN = Options(failures_max=2)
"""What is shipped: nothing set but the seed's numbers."""


def starting_with(options: Options) -> dict[str, object]:
    """Start the breaker with these options."""
    return {CIRCUIT_BREAKER.name: Context(options)}


MODEL = Model(
    CIRCUIT_BREAKER,
    PROPERTIES,
    thresholds={
        "default": Thresholds(starting_with(SMALL), also=(starting_with(PLAIN),)),
        "deep": Thresholds(starting_with(DEEP), also=(starting_with(Options()),), values_max=10_000),
    },
)
