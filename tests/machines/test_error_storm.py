"""Error storm: more than ten errors in a minute trip it, once; the third trip in half an hour is the last."""

import random
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.error_storm import (
    CALM,
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
    StormBegan,
)
from statekit import Ignored, Jitter, Runner
from statekit.testing.walk import Walk

COOLED, PROVEN = "after cooldown", "proven"
FORGOTTEN, REPEAT, TRIP_FORGOTTEN = "error_forgotten", "repeat_heard", "trip_forgotten"


@pytest.fixture
def walk():
    return Walk(ERROR_STORM)


def storm(walk, errors=11):
    """Send so many errors, each about an operation of its own; gives what was ordered."""
    effects = []
    for number in range(errors):
        walk.send(ErrorSeen("INTERNAL_ERROR", f"ann:{number}"))
        effects += walk.effects
    return effects


def run_of(options):
    return Runner(ERROR_STORM, Context(options))


# -------------------------------------------------------------------------------------------------------- main paths
def test_the_eleventh_error_of_a_minute_trips_it(walk):
    """S1; the seed: errorCount > 10."""
    assert storm(walk, 10) == []
    assert walk.state is CALM
    assert storm(walk, 1) == []  # the same operation again, a moment later
    walk.send(ErrorSeen("INVALID_OPERATION", "ann:11"))
    assert (walk.state, walk.effects) == (TRIPPED, (StormBegan(("INTERNAL_ERROR", "INVALID_OPERATION")),))


def test_defect_5_a_trip_is_told_once_however_many_errors_follow(walk):
    """S2; seed defect 5: 30 errors closed 20 times."""
    assert storm(walk, 30) == [StormBegan(("INTERNAL_ERROR",))]
    assert walk.verdict == Ignored("the link is given up already")


def test_defect_6_a_trip_forgets_what_was_counted(walk):
    """S4; seed defect 6: the first error after the reconnect tripped again."""
    storm(walk)
    assert (walk.context.counted, list(walk.timers)) == ((), [COOLED, TRIP_FORGOTTEN])
    walk.fire(COOLED)
    assert walk.state is PROBATION
    assert storm(walk, 10) == []


def test_an_error_is_forgotten_after_a_minute(walk):
    storm(walk, 10)
    assert walk.timers == {FORGOTTEN: 60.0, REPEAT: 1.0}
    walk.fire(FORGOTTEN)
    assert [each.operation for each in walk.context.counted] == [f"ann:{number}" for number in range(1, 10)]
    assert walk.send(ErrorSeen("X", "new")).target is CALM
    assert walk.send(ErrorSeen("X", "newer")).target is TRIPPED


def test_the_cooldown_leads_to_probation_and_a_steady_minute_to_calm(walk):
    """S3."""
    storm(walk)
    assert walk.timers[COOLED] == Jitter(30.0, 37.5)
    walk.fire(COOLED)
    assert PROVEN not in walk.timers
    walk.send(LinkSteady())
    assert walk.timers[PROVEN] == 60.0
    walk.send(LinkShaken())
    assert PROVEN not in walk.timers
    walk.send(LinkSteady())
    walk.fire(PROVEN)
    assert (walk.state, walk.context.unproven) == (CALM, 0)


def test_a_trip_on_probation_doubles_the_next_cooldown_up_to_five_minutes():
    walk = Walk(ERROR_STORM, Context(Options(trips_max=9)))
    waits = []
    for _ in range(6):
        storm(walk)
        waits.append(walk.timers[COOLED])
        walk.fire(COOLED)
    assert waits == [Jitter(low, low * 1.25) for low in (30.0, 60.0, 120.0, 240.0, 300.0, 300.0)]
    walk.send(LinkSteady())
    walk.fire(PROVEN)
    storm(walk)
    assert walk.timers[COOLED] == Jitter(30.0, 37.5)


def test_the_third_trip_in_half_an_hour_is_the_last(walk):
    for _ in range(2):
        storm(walk)
        walk.fire(COOLED)
    assert storm(walk) == [StormBegan(("INTERNAL_ERROR",))]
    assert (walk.state, walk.timers) == (LATCHED, {})
    assert walk.send(ErrorSeen("X")) == Ignored("the link is given up already")


def test_a_trip_is_forgiven_after_half_an_hour(walk):
    for _ in range(2):
        storm(walk)
        walk.fire(COOLED)
    assert walk.timers[TRIP_FORGOTTEN] == 1800.0
    walk.fire(TRIP_FORGOTTEN)
    storm(walk)
    assert (walk.state, len(walk.context.trips)) == (TRIPPED, 2)


def test_only_a_person_leaves_what_was_given_up(walk):
    for way_out in (Retried(), Reset()):
        walk.begin()
        for _ in range(3):
            storm(walk)
            walk.fire(COOLED) if walk.state is TRIPPED else None
        for news in (LinkSteady(), LinkShaken()):
            assert walk.send(news) == Ignored("nothing is to be proven")
        walk.send(way_out)
        assert (walk.state, walk.context) == (CALM, Context())


def test_an_operator_may_end_a_cooldown_and_a_person_who_connects_may_not(walk):
    storm(walk)
    assert walk.send(Retried()) == Ignored("not everything was given up")
    walk.send(Reset())
    assert walk.state is CALM
    storm(walk, 3)
    walk.send(Reset())
    assert walk.context == Context()


# ----------------------------------------------------------------------------------------------------- what is counted
def test_defect_8_what_another_machine_bounds_weighs_nothing(walk):
    """S6; seed defect 8: conflicts, limits and expired tokens, which are normal editing, tripped it."""
    for _ in range(100):
        assert walk.send(ErrorSeen("VERSION_CONFLICT", "ann:1", 0)).because == "a machine of its own bounds it"
    assert (walk.state, walk.context, walk.timers) == (CALM, Context(), {})


def test_a_repeat_of_an_error_counts_again_after_a_second(walk):
    """S6."""
    for _ in range(5):
        walk.send(ErrorSeen("INTERNAL_ERROR", "ann:1"))
    assert walk.verdict.because == "it was counted a moment ago"
    assert len(walk.context.counted) == 1
    walk.send(ErrorSeen("INTERNAL_ERROR", "ann:2"), ErrorSeen("INVALID_OPERATION", "ann:1"))
    assert len(walk.context.counted) == 3
    walk.fire(REPEAT)
    walk.send(ErrorSeen("INTERNAL_ERROR", "ann:1"))
    assert len(walk.context.counted) == 4


def test_heavy_errors_trip_it_sooner():
    walk = Walk(ERROR_STORM)
    walk.send(ErrorSeen("A", "1", 5), ErrorSeen("B", "2", 5))
    assert walk.state is CALM
    walk.send(ErrorSeen("C", "3", 1))
    assert walk.effects == (StormBegan(("A", "B", "C")),)


def test_the_codes_that_weighed_most_are_named():
    walk = Walk(ERROR_STORM)
    for number, code in enumerate("abbcccddddd"):
        walk.send(ErrorSeen(code, str(number)))
    assert walk.effects == (StormBegan(("d", "c", "b")),)


def test_count_all_counts_like_the_seed():
    """S6: whatever it weighs, however soon it comes again."""
    walk = Walk(ERROR_STORM, Context(Options(count_all=True)))
    for _ in range(11):
        assert walk.state is CALM
        walk.send(ErrorSeen("TOKEN_EXPIRED", "", 0))
    assert walk.state is TRIPPED


def test_every_row_is_taken(left_untaken):
    assert left_untaken(ERROR_STORM) == ()


def test_a_zero_that_makes_sense_is_honoured():
    """Seed defects 1 and 54: `options.x || d` made every zero and false a default."""
    run = run_of(Options(repeat_seconds=0.0, probation_seconds=0.0))
    for _ in range(11):
        run.send(ErrorSeen("A", "1"))
        run.due(0.0)
    assert run.state is TRIPPED
    run.due(40.0)
    run.send(LinkSteady())
    run.due(40.0)
    assert run.state is CALM


# ------------------------------------------------------------------------------------------------------------ windows
TIMELINES = 20_000


def test_defect_17_its_places_and_timers_are_the_seed_s_filter_of_timestamps():
    """S1 over random timelines, until the first trip; times are exact, so that 60 s ago is not a moment less."""
    tripped = 0
    context = Context(Options(count_all=True))
    for seed in range(TIMELINES):
        chance = random.Random(seed)
        run, stamps, now, pace = Runner(ERROR_STORM, context), [], 0.0, chance.choice((128, 512, 1024, 2048))
        while len(stamps) <= 10 and now < 400:
            now += chance.choice((0.0, 5.0, 6.0, 10.0, chance.randrange(pace) / 64))
            run.due(now)
            run.send(ErrorSeen("ANY"))
            stamps = [stamp for stamp in (*stamps, now) if now - stamp < 60]
            assert (run.state is TRIPPED) == (len(stamps) > 10), (seed, stamps)
        tripped += run.state is TRIPPED
    assert 0.2 * TIMELINES < tripped < 0.99 * TIMELINES, tripped


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(0, 3), st.integers(0, 2000)),
                max_size=80), st.booleans())  # fmt: skip
def test_what_it_remembers_is_bounded_and_follows_the_rules_of_the_specification(errors, steady):
    """S1, S2, S4 and S6 against a model with a clock: what is counted, when it trips, how often it tells."""
    run, now, counted, heard = run_of(Options()), 0.0, [], {}
    for code, operation, weight, pause in errors:
        now += pause / 64
        run.due(now)
        if steady:
            run.send(LinkSteady())
        run.effects.clear()
        was = run.state
        run.send(ErrorSeen(code, operation, weight))
        counts = was in COUNTING and weight > 0 and now - heard.get((code, operation), -99) >= 1
        if was in COUNTING and counts:
            counted = [(stamp, each) for stamp, each in counted if now - stamp < 60] + [(now, weight)]
            heard[code, operation] = now
        trips = counts and sum(each for _, each in counted) > 10
        assert (run.state in (TRIPPED, LATCHED) and was in COUNTING) == trips
        assert sum(isinstance(each, StormBegan) for each in run.effects) == trips
        if trips:
            counted, heard = [], {}
        assert len(run.context.counted) <= 10
        assert len(run.context.trips) <= 3
        assert len(run.snapshot.tickets) <= 2 * 10 + 2 + 2


@given(st.lists(st.integers(0, 5), max_size=300))
def test_a_trip_ends_in_another_try_or_in_giving_up(choices):
    """S3: by timers alone, from wherever it is."""
    walk, numbers = Walk(ERROR_STORM, Context(Options(errors_max=2))), count()
    for choice in choices:
        if choice and walk.timers:
            walk.fire(list(walk.timers)[choice % len(walk.timers)])
        walk.send(ErrorSeen("A", str(next(numbers))), *([LinkSteady()] if choice == 1 else []))
    if walk.state is TRIPPED:
        walk.fire(COOLED)
        assert walk.state is PROBATION
    assert walk.state in (CALM, PROBATION, LATCHED)
    assert (walk.state is LATCHED) == (len(walk.context.trips) == 3)
