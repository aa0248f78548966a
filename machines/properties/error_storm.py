"""What is claimed of the storm: S1 to S7, and three claims beside them.

True by construction, and so claimed nowhere else:
- S2, one close(4999) for each trip: the connection closes on the gate that a trip shuts, which is a derived fact of the
  state; here it is claimed that a trip is told of once.
- S5, an error is routed before it is counted: the router sends what it makes of an error ahead of its weight, and the
  storm has no say in it; see the session's claims.
- S7, monotonic time: no function here reads a clock; the window is made of timers.
"""

from collections import Counter
from typing import TypeAlias

from attrs import evolve

from machines.error_storm import (
    CALM,
    CODES_MAX,
    COUNTING,
    ERROR_STORM,
    LATCHED,
    PROBATION,
    TRIPPED,
    Context,
    ErrorSeen,
    LinkShaken,
    LinkSteady,
    Options,
    Reset,
    Retried,
    State,
    StormBegan,
)
from machines.properties.steps import fired, keys, ordered
from machines.properties.witnesses import each_state
from statekit import Snapshot
from statekit.check.model import Model, Thresholds
from statekit.check.properties import hot, invariant, on_step, settled, witness
from statekit.check.seen import Seen

Storm: TypeAlias = Snapshot[State, Context]
Step: TypeAlias = Seen[Storm]


def weight(before: Storm, event: ErrorSeen) -> int:
    """Give what an error weighs: nothing if it was counted a moment ago, and always one if everything is counted."""
    if before.context.options.count_all:
        return 1
    said = {(each.code, each.operation) for each in before.context.counted if each.fresh}
    return 0 if (event.code, event.operation) in said else event.weight


def trips(seen: Step) -> bool:
    """Tell whether a step is a trip."""
    return seen.before.state in COUNTING.states and seen.after.state in (TRIPPED, LATCHED)


# --------------------------------------------------------------------------------------------------- S1, S4: the window
def one_too_many_trips(seen: Step) -> bool:
    """It trips if and only if more weighs on the window than may; no other event trips it."""
    event, before = seen.move.event, seen.before
    if not isinstance(event, ErrorSeen) or before.state not in COUNTING.states:
        return not trips(seen)
    weighs = weight(before, event)
    total = sum(each.weight for each in before.context.counted) + weighs
    return trips(seen) is (weighs > 0 and total > before.context.options.errors_max)


def what_counts_is_remembered(seen: Step) -> bool:
    """An error that counts and does not trip is remembered, and its window begins; one that weighs nothing is not."""
    event, before, after = seen.move.event, seen.before, seen.after
    if not isinstance(event, ErrorSeen) or trips(seen):
        return True
    weighs = weight(before, event) if before.state in COUNTING.states else 0
    if weighs <= 0:
        return after == before
    *earlier, newest = after.context.counted
    said = (newest.code, newest.operation, newest.weight, newest.fresh)
    is_new = newest.place not in {each.place for each in earlier}
    return tuple(earlier) == before.context.counted and is_new and said == (event.code, event.operation, weighs, True)


def every_error_has_its_window(storm: Storm) -> bool:
    """Each error that is counted has a place and a window of its own."""
    places = [each.place for each in storm.context.counted]
    return len(set(places)) == len(places) and keys(storm, "error_forgotten") >= set(places)


def every_repeat_is_heard_again(storm: Storm) -> bool:
    """An error of which repeats do not count has a timer that ends this."""
    return {each.place for each in storm.context.counted if each.fresh} <= keys(storm, "repeat_heard")


def errors_are_forgotten(seen: Step) -> bool:
    """What is counted is forgotten when its window is over, when it trips, or on an operator's order; never else."""
    before, after = seen.before.context, seen.after.context
    over = fired(seen, "error_forgotten")
    if over is not None:
        in_time = over.delay_seconds == before.options.window_seconds
        return in_time and after.counted == tuple(each for each in before.counted if each.place != seen.move.key)
    if trips(seen) or isinstance(seen.move.event, Reset):
        return not after.counted
    return {each.place for each in before.counted} <= {each.place for each in after.counted}


def repeats_count_again(seen: Step) -> bool:
    """A repeat counts as soon as the time is over in which it does not, and no sooner."""
    before, after = seen.before.context, seen.after.context
    stale = {each.place for each in before.counted if not each.fresh}
    over = fired(seen, "repeat_heard")
    if over is not None:
        in_time = over.delay_seconds == before.options.repeat_seconds
        stale |= {each.place for each in before.counted if each.place == seen.move.key}
        return in_time and {each.place for each in after.counted if not each.fresh} == stale
    return {each.place for each in after.counted if not each.fresh} <= stale


# ------------------------------------------------------------------------------------------------------ S2, S3: a trip
def a_trip_is_told_once(seen: Step) -> bool:
    """A trip is told of once, with the codes that weighed most; nothing else is told of."""
    told = ordered(seen, StormBegan)
    event = seen.move.event
    if not trips(seen) or not isinstance(event, ErrorSeen):
        return not told
    weights = Counter({event.code: weight(seen.before, event)})
    for each in seen.before.context.counted:
        weights[each.code] += each.weight
    codes = told[0].codes if len(told) == 1 else ()
    heaviest = sorted(weights.values(), reverse=True)[:CODES_MAX]
    return len(told) == 1 and [weights[code] for code in codes] == heaviest


def too_many_trips_latch(seen: Step) -> bool:
    """The last trip that is forgiven in half an hour latches, and no other does; it is remembered for that long."""
    before, after = seen.before.context, seen.after.context
    if trips(seen):
        latches = len(before.trips) + 1 >= before.options.trips_max
        return seen.after.state is (LATCHED if latches else TRIPPED) and len(after.trips) == len(before.trips) + 1
    over = fired(seen, "trip_forgotten")
    if over is not None:
        in_time = over.delay_seconds == before.options.trips_window_seconds
        return in_time and after.trips == tuple(each for each in before.trips if each != seen.move.key)
    begins_anew = isinstance(seen.move.event, (Reset, Retried)) and seen.after.state is CALM
    return after.trips == (() if begins_anew and seen.after != seen.before else before.trips)


def every_trip_is_forgotten_in_time(storm: Storm) -> bool:
    """Each trip that is remembered has a timer of its own, unless everything is given up."""
    return storm.state is LATCHED or keys(storm, "trip_forgotten") >= set(storm.context.trips)


def no_cooldown_lasts(storm: Storm) -> bool:
    """It does not cool down for ever."""
    return storm.state is TRIPPED


def a_trip_ends_in_one_way(seen: Step) -> bool:
    """After a trip comes probation once it has cooled down for its time, nothing else but on an operator's order."""
    event, before = seen.move.event, seen.before
    if before.state is not TRIPPED or isinstance(event, Reset):
        return seen.after.state is not PROBATION or before.state is PROBATION
    options = before.context.options
    over = fired(seen, "after cooldown")
    if over is None:
        return seen.after.state is TRIPPED
    low = min(options.cooldown_seconds * 2 ** (before.context.unproven - 1), options.cooldown_cap_seconds)
    return seen.after.state is PROBATION and low <= over.delay_seconds <= low * 1.25


def cooldowns_grow(seen: Step) -> bool:
    """Each trip before a probation is passed makes the next cooldown longer, up to its cap."""
    before, after, options = seen.before.context, seen.after.context, seen.before.context.options
    if not trips(seen):
        forgiven = seen.after.state is CALM and seen.before.state is not CALM
        return after.unproven == (0 if forgiven else before.unproven)
    capped = before.unproven and options.cooldown_seconds * 2 ** (before.unproven - 1) >= options.cooldown_cap_seconds
    return after.unproven == before.unproven + (not capped)


# ------------------------------------------------------------------------------------------- probation, and who ends it
def only_a_stable_link_is_proof(seen: Step) -> bool:
    """Probation is passed when a link was stable for its whole time, and by nothing else but an operator's order."""
    event, before = seen.move.event, seen.before
    if before.state is not PROBATION:
        return not keys(seen.after, "proven")
    if isinstance(event, Reset) or trips(seen):
        return True
    over = fired(seen, "proven")
    if over is not None:
        return over.delay_seconds == before.context.options.probation_seconds and seen.after.state is CALM
    proving = bool(keys(before, "proven"))
    if isinstance(event, (LinkSteady, LinkShaken)):
        proving = isinstance(event, LinkSteady)
    return seen.after.state is PROBATION and bool(keys(seen.after, "proven")) is proving


def a_steady_link_begins_anew(seen: Step) -> bool:
    """A link that becomes stable on probation has all of its time to prove itself."""
    if seen.before.state is not PROBATION or not isinstance(seen.move.event, LinkSteady):
        return True
    return seen.after.tickets != seen.before.tickets


def only_a_person_ends_it(seen: Step) -> bool:
    """What is given up is begun anew by who connects again or an operator, by nothing else; then all is forgotten."""
    event, before, after = seen.move.event, seen.before, seen.after
    if isinstance(event, Reset) or (isinstance(event, Retried) and before.state is LATCHED):
        return after.state is CALM and after.context == Context(before.context.options)
    return before.state is not LATCHED or after == before


def the_given_up_count_nothing(storm: Storm) -> bool:
    """While the link is given up nothing is counted, and while everything is given up no timer runs."""
    return (storm.state in COUNTING.states or not storm.context.counted) and not (
        storm.state is LATCHED and storm.tickets
    )


def it_may_be_tried(storm: Storm) -> bool:
    """From everywhere it comes by itself to where the connection may try, unless a person must say so."""
    return storm.state in COUNTING.states or storm.state is LATCHED


# ----------------------------------------------------------------------------------------------------------- witnesses
def it_cools_down_for_longer(storm: Storm) -> bool:
    """A cooldown has grown."""
    return storm.state is TRIPPED and storm.context.unproven > 1


def a_heavy_error_is_counted(storm: Storm) -> bool:
    """One error weighs more than one."""
    return any(each.weight > 1 for each in storm.context.counted)


def it_proves_itself(storm: Storm) -> bool:
    """A link is proving itself."""
    return bool(keys(storm, "proven"))


PROPERTIES = (
    on_step("S1", one_too_many_trips),
    on_step("S1 counted", what_counts_is_remembered),
    invariant("S1 windows", every_error_has_its_window),
    on_step("S2", a_trip_is_told_once),
    on_step("S3", a_trip_ends_in_one_way),
    on_step("S3 latch", too_many_trips_latch),
    invariant("S3 trips", every_trip_is_forgotten_in_time),
    hot("S3 cooldown", no_cooldown_lasts),
    on_step("S4", errors_are_forgotten),
    invariant("S6", every_repeat_is_heard_again),
    on_step("S6 repeats", repeats_count_again),
    on_step("growth", cooldowns_grow),
    on_step("probation", only_a_stable_link_is_proof),
    on_step("probation anew", a_steady_link_begins_anew),
    on_step("given up", only_a_person_ends_it),
    invariant("given up counts", the_given_up_count_nothing),
    settled("tried", it_may_be_tried),
    *each_state(State),
    witness("longer", it_cools_down_for_longer),
    witness("heavy", a_heavy_error_is_counted),
    witness("proving", it_proves_itself),
)

SMALL = Options(errors_max=2, cooldown_cap_seconds=60.0, trips_max=2)
"""The third error trips, the second trip latches, and the cooldown doubles once."""

LITERAL = Options(errors_max=1, trips_max=3, count_all=True)
"""Counted as the seed counts: whatever it weighs, and however soon it is repeated."""

MODEL = Model(
    ERROR_STORM,
    PROPERTIES,
    thresholds={
        "default": Thresholds({"error_storm": Context(SMALL)}, also=({"error_storm": Context(LITERAL)},)),
        "deep": Thresholds(
            {"error_storm": Context(evolve(SMALL, errors_max=3, cooldown_cap_seconds=120.0, trips_max=3))},
            also=({"error_storm": Context(evolve(LITERAL, errors_max=3))},),
        ),
    },
)
"""Weighed as it is shipped, and counted literally."""
