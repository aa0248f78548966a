"""What is claimed of the pacer: R1 to R10, and how fast it goes.

R3 speaks of one release timer; here each announced limit has one of its own, and none runs without its limit.

True by construction, and so claimed nowhere else:
- R8, the reserve: the ceiling is what the options allow less the reserve, the only number that a grant's distance is
  made of; here it is claimed that what is meant for the control lane never waits.
- R9, what a server says is parsed at the edge: `wire.fields` and the router refuse what is no time, and give seconds;
  here it is claimed that no time is waited for beyond the cap.
"""

from typing import TypeAlias

from attrs import evolve

from machines.properties.steps import fired, keys, ordered
from machines.properties.witnesses import each_state
from machines.rate_limit import (
    DRAINING,
    FLOWING,
    FULL,
    LIMITED,
    PACING,
    RATE_LIMIT,
    Context,
    Detached,
    Granted,
    Lane,
    Limited,
    LimitHeard,
    Offered,
    Options,
    PutBack,
    State,
    TurnedAway,
    Withdrawn,
)
from statekit import Snapshot
from statekit.check.model import Model, Thresholds
from statekit.check.properties import invariant, on_step, settled, witness
from statekit.check.seen import Seen

Pacer: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Pacer]


def is_control(seen: Step) -> bool:
    """Tell whether a step is about something that never waits."""
    return isinstance(seen.move.event, Offered) and seen.move.event.lane is Lane.CONTROL


def granted(seen: Step) -> tuple[str, ...]:
    """Give the operations that a step lets go, what never waits left out."""
    return () if is_control(seen) else tuple(each.operation for each in ordered(seen, Granted))


# --------------------------------------------------------------------------------------------- R1, R2, R3, R10: limits
def nothing_goes_while_limited(seen: Step) -> bool:
    """No operation goes while a limit runs."""
    return not granted(seen) or not seen.after.context.limits


def every_limit_has_its_timer(pacer: Pacer) -> bool:
    """Each limit has a place and a timer of its own, none runs without one, and there are no more than may be."""
    limits = pacer.context.limits
    places = frozenset[object](each.place for each in limits)
    return keys(pacer, "limit_over") == places and len(places) == len(limits) <= pacer.context.options.limits_max


def a_limit_lasts(seen: Step) -> bool:
    """A limit ends when its own time has passed, a tenth later at most, and by nothing else: no other ends it."""
    before, after, event = seen.before.context.limits, seen.after.context.limits, fired(seen, "limit_over")
    if event is not None:
        over = next(each for each in before if each.place == event.key)
        latest = over.seconds + min(over.seconds / 10, 1.0)
        return over.seconds <= event.delay_seconds <= latest and after == tuple(each for each in before if each != over)
    return isinstance(seen.move.event, Limited) or after == before


def an_announced_limit_runs(seen: Step) -> bool:
    """What is announced runs for as long as was said, up to the cap, and shortens none that runs."""
    event, context = seen.move.event, seen.before.context
    if not isinstance(event, Limited):
        return True
    said = context.options.limit_seconds if event.seconds is None else event.seconds
    *others, newest = seen.after.context.limits
    replaced = [each for each in context.limits if each.place == newest.place]
    kept = [each for each in context.limits if each.place != newest.place]
    least = max(min(said, context.options.limit_cap_seconds), *(each.seconds for each in replaced), 0.0)
    renewed = not replaced or seen.after.tickets != seen.before.tickets
    return kept == others and newest.seconds == least and renewed


def nobody_waits_beyond_the_cap(pacer: Pacer) -> bool:
    """No limit is waited for beyond the cap."""
    return all(each.seconds <= pacer.context.options.limit_cap_seconds for each in pacer.context.limits)


def a_limit_is_told_of(seen: Step) -> bool:
    """Each limit is told of once, the whole of it, and what it weighs: more if one was known; nothing else is."""
    told = ordered(seen, LimitHeard)
    event, context = seen.move.event, seen.before.context
    if not isinstance(event, Limited):
        return not told
    said = context.options.limit_seconds if event.seconds is None else event.seconds
    weight = event.weight + (event.weight_while_limited if context.limits else 0)
    return told == [LimitHeard(said, event.operation or context.last, event.code, weight)]


# ------------------------------------------------------------------------------------------------ R4, R5, R6: the queue
def nobody_overtakes(seen: Step) -> bool:
    """Who waits is let go in turn; who comes stands at the end, and only what was sent in vain at the head."""
    before, after, event = seen.before.context.queue, seen.after.context.queue, seen.move.event
    match event:
        case Detached():
            return not after
        case Withdrawn(operation):
            return after == tuple(each for each in before if each != operation)
        case Limited():
            put_back = [each.operation for each in ordered(seen, PutBack)]
            return after == (*put_back, *before) and not granted(seen)
        case Offered(operation) if granted(seen):
            return granted(seen) == (operation,) and not before and not after
        case Offered(operation, Lane.DATA):
            return after in (before, (*before, operation))
        case _:
            return granted(seen) + after == before


def what_was_limited_comes_back(seen: Step) -> bool:
    """The operation that was limited waits again, once, and that is told; the last that went, if none is named."""
    event, context = seen.move.event, seen.before.context
    put_back = ordered(seen, PutBack)
    operation = event.operation or context.last if isinstance(event, Limited) else ""
    if not operation or operation in context.queue:
        return not put_back
    return put_back == [PutBack(operation)] and operation in seen.after.context.queue


def what_is_withdrawn_is_forgotten(seen: Step) -> bool:
    """What is withdrawn comes back by no limit that names nothing; nothing else is touched."""
    event, context = seen.move.event, seen.before.context
    if not isinstance(event, Withdrawn):
        return True
    last = context.last if context.last != event.operation else ""
    return not seen.effects and seen.after.context == evolve(context, queue=seen.after.context.queue, last=last)


def every_offer_is_answered(seen: Step) -> bool:
    """Who offers goes at once, or waits, or is turned away and told; and is turned away only if too many wait."""
    event, before, after = seen.move.event, seen.before.context, seen.after.context
    away = ordered(seen, TurnedAway)
    if not isinstance(event, Offered) or is_control(seen) or event.operation in before.queue:
        return not away
    if len(before.queue) >= before.options.queue_max:
        return away == [TurnedAway(event.operation)] and after == before
    waits, goes = event.operation in after.queue, event.operation in granted(seen)
    return not away and waits is not goes and goes is (before.rested and not before.limits)


def offers_are_bounded(seen: Step) -> bool:
    """No more wait than may, but for what was sent in vain."""
    before, after = len(seen.before.context.queue), len(seen.after.context.queue)
    return after <= max(before, seen.before.context.options.queue_max) or isinstance(seen.move.event, Limited)


def none_waits_twice(pacer: Pacer) -> bool:
    """No operation waits twice."""
    return len(set(pacer.context.queue)) == len(pacer.context.queue)


# ------------------------------------------------------------------------------------------------- R7, R8: how fast
def grants_keep_their_distance(seen: Step) -> bool:
    """After each grant the next waits for its distance, which is never less than the ceiling asks for."""
    event, before, after = fired(seen, "rested"), seen.before.context, seen.after.context
    if event is not None and event.delay_seconds < 1 / before.options.ceiling_per_second:
        return False
    if granted(seen):
        may_go = event is not None or before.rested
        return len(granted(seen)) == 1 and may_go and not after.rested and after.last == granted(seen)[0]
    return after.rested is (before.rested or event is not None)


def rest_comes_to_an_end(pacer: Pacer) -> bool:
    """While a grant keeps its distance a timer runs that ends it, and none else."""
    return bool(keys(pacer, "rested")) is not pacer.context.rested


def who_waits_waits_for_something(pacer: Pacer) -> bool:
    """Nobody waits for nothing: a limit runs, or the last grant keeps its distance."""
    return not pacer.context.queue or bool(pacer.context.limits) or not pacer.context.rested


def a_limit_halves(seen: Step) -> bool:
    """A limit halves the rate; without one it grows by one at a time, up to the ceiling; nothing else changes it."""
    before, after = seen.before.context, seen.after.context
    ceiling, was, now = before.options.ceiling_per_second, before.rate_per_second, after.rate_per_second
    if isinstance(seen.move.event, Limited):
        return after.rate == max(1, was // 2)
    if fired(seen, "climbing") is None or before.limits:
        return after.rate == before.rate
    return now == min(was + 1, ceiling) and (after.rate is None) is (now == ceiling)


def it_climbs_back(pacer: Pacer) -> bool:
    """While it goes slower than it may and no limit runs, a timer runs that lets it go faster."""
    return pacer.context.rate is None or bool(pacer.context.limits) or bool(keys(pacer, "climbing"))


def climbing_takes_its_time(seen: Step) -> bool:
    """It goes faster no sooner than is set."""
    event = fired(seen, "climbing")
    return event is None or event.delay_seconds == seen.before.context.options.climb_seconds


def answers_never_wait(seen: Step) -> bool:
    """What carries answers goes at once, whoever waits, and counts for nothing."""
    event = seen.move.event
    if not isinstance(event, Offered) or event.lane is Lane.DATA:
        return True
    return seen.effects == (Granted(event.operation),) and seen.after == seen.before


def the_socket_is_not_the_user(seen: Step) -> bool:
    """The loss of the link empties the queue, and neither ends a limit nor makes anything faster."""
    if not isinstance(seen.move.event, Detached):
        return True
    before = seen.before.context
    return seen.after.context == evolve(before, queue=(), last="") and seen.after.tickets == seen.before.tickets


# ------------------------------------------------------------------------------------------------- the state, the end
def the_state_says_what_to_expect(pacer: Pacer) -> bool:
    """The state says what an offer can expect, the worst first."""
    context = pacer.context
    worse = {
        FULL: len(context.queue) >= context.options.queue_max,
        LIMITED: bool(context.limits),
        DRAINING: context.rate is not None,
        PACING: bool(context.queue),
        FLOWING: True,
    }
    return pacer.state is next(state for state, holds in worse.items() if holds)


def everything_flows(pacer: Pacer) -> bool:
    """If nothing more is announced everybody goes, and as fast as before."""
    return pacer.state is FLOWING and not pacer.tickets


# ----------------------------------------------------------------------------------------------------------- witnesses
def limits_overlap(pacer: Pacer) -> bool:
    """Several limits run at once."""
    return len(pacer.context.limits) > 1


def one_more_waits(pacer: Pacer) -> bool:
    """One more waits than may be offered, as it was sent in vain."""
    return len(pacer.context.queue) > pacer.context.options.queue_max


def it_is_half_way(pacer: Pacer) -> bool:
    """It goes faster than after the limit, and slower than before."""
    return pacer.context.rate is not None and pacer.context.rate > 1


CLAIMS = (
    on_step("R1", nothing_goes_while_limited),
    on_step("R2", a_limit_lasts),
    on_step("R2 announced", an_announced_limit_runs),
    invariant("R3", every_limit_has_its_timer),
    on_step("R4", nobody_overtakes),
    on_step("R5", what_was_limited_comes_back),
    on_step("withdrawn", what_is_withdrawn_is_forgotten),
    on_step("R6", every_offer_is_answered),
    on_step("R6 bound", offers_are_bounded),
    invariant("R6 once", none_waits_twice),
    on_step("R7", grants_keep_their_distance),
    invariant("R7 rest", rest_comes_to_an_end),
    on_step("R8", answers_never_wait),
    invariant("R9", nobody_waits_beyond_the_cap),
    on_step("R10", the_socket_is_not_the_user),
    on_step("told", a_limit_is_told_of),
    invariant("waiting", who_waits_waits_for_something),
    on_step("rate", a_limit_halves),
    invariant("rate climbs", it_climbs_back),
    on_step("rate in time", climbing_takes_its_time),
    invariant("state", the_state_says_what_to_expect),
    settled("flows", everything_flows),
    *each_state(State),
    witness("overlap", limits_overlap),
    witness("put back", one_more_waits),
    witness("half way", it_is_half_way),
)

SMALL = Options(rate_per_second=4, limits_max=2, queue_max=1)
"""Three operations a second without a limit, one after it; two limits at once, and one that waits."""

ROOMY = evolve(SMALL, limits_max=1, queue_max=2)
"""One limit at once, and two that wait."""

MODEL = Model(
    RATE_LIMIT,
    CLAIMS,
    thresholds={
        "default": Thresholds({"rate_limit": Context(SMALL)}, also=({"rate_limit": Context(ROOMY)},)),
        "deep": Thresholds(
            {"rate_limit": Context(evolve(SMALL, rate_per_second=8, limits_max=3))},
            also=({"rate_limit": Context(evolve(ROOMY, rate_per_second=8, limits_max=2))},),
        ),
    },
)
"""Two operations, each of which may be offered and limited at any time."""
