"""Faults of timers, by sentence and line."""

import pytest

from statekit import EVERY, after, arm, disarm, idle, timer
from tests.faulty import (
    END,
    A,
    Answered,
    Ask,
    B,
    Back,
    C,
    Context,
    Go,
    build,
    failed,
    faults_of,
    group,
    row,
    rows,
    stay,
)


def delay(_: Context) -> float:
    return 1.0


PING = timer("ping", 1.0, scope=A)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (stay(A, Go, arm(PING)), "timer 'ping' is armed, but no row waits for it in a"),
        (stay(A, PING), "nothing arms timer 'ping': list arm(...) among some row's effects"),
        (stay(A, Go, disarm(PING)), "timer 'ping' is disarmed, but nothing arms it"),
    ],
    ids=["armed", "waited for", "disarmed"],
)
def test_a_timer_is_armed_and_waited_for_or_neither(line, sentence):
    assert faults_of(line) == (f"{line.origin}: {sentence}",)


def test_two_timers_may_not_read_alike():
    ping, other = timer("ping", 1.0, scope=A), timer("ping", 2.0, scope=A)
    waits, arms = stay(A, ping), stay(A, Go, arm(other))
    sentence = "another timer reads 'ping' too, with another delay, scope or key: rename one"
    assert faults_of(waits, arms) == (f"{arms.origin}: {sentence}",)

    def twin():
        def delay(_: Context) -> float:
            return 2.0

        return delay

    first, second = row(A, after(delay), B), row(B, after(twin()), C)
    assert faults_of(first, second) == (
        f"{second.origin}: another timer reads 'after delay' too, with another delay, scope or key: rename one",
    )


def test_one_timer_has_one_key_where_it_is_disarmed_too():
    keyed, other = timer("ping", 1.0, scope=A, key=delay), timer("ping", 1.0, scope=A)
    stops = stay(A, Back, disarm(other))
    assert faults_of(stay(A, keyed), stay(A, Go, arm(keyed)), stops) == (
        f"{stops.origin}: another timer reads 'ping' too, with another delay, scope or key: rename one",
    )


def test_idle_timers_of_other_events_may_stand_side_by_side():
    taken = (row(A, Go, B), row(A, Back, B), stay(B, Go), stay(B, Back))
    build(*taken, stay(A, idle(1.0, of=(Go,))), stay(A, idle(1.0, of=(Back,))), stay(B, idle(1.0, of=(Back,))))


def test_an_event_that_starts_a_timer_afresh_is_taken_somewhere_in_its_stay():
    whole = group("whole", A, B)
    line = stay(whole, idle(1.0, of=(Go, Back)))
    ignored = rows.ignore(whole, Back, because="no sign of life")
    assert faults_of(line, stay(B, Go), ignored, row(C, Back, A), groups=(whole,)) == (
        (
            f"{line.origin}: 'idle 1 s' starts afresh at Back, but no row takes it in whole: "
            f"leave it out of of=(...), or say stay"
        ),
    )


def test_an_idle_timer_of_every_state_need_not_start_afresh_in_each():
    build(row(A, Go, B), stay(EVERY, idle(1.0, of=(Go,))))


def test_an_idle_timer_of_a_group_that_is_over_counts_for_nothing():
    build(row(A, Go, END), stay(group("gone", END), idle(1.0, of=(Go,))), groups=(group("gone", END),))


def test_a_timer_may_not_bear_the_name_of_an_effect_that_answers():
    ask = timer("Ask", 1.0, scope=A)
    line = stay(A, ask)
    found = faults_of(line, stay(A, Go, arm(ask)), answering=(rows.answering(Ask, Answered, scope=A, failed=failed),))
    assert found[0] == f"{line.origin}: timer 'Ask' bears the name of an effect that answers: rename it"


def test_a_timer_is_armed_inside_its_scope():
    ping = timer("ping", 1.0, scope=B)
    line = stay(A, Go, arm(ping))
    assert faults_of(line, stay(B, ping)) == (f"{line.origin}: timer 'ping' would be armed in A, outside its scope",)


def test_a_row_that_waits_for_a_timer_outside_its_scope_can_never_be_taken():
    ping = timer("ping", 1.0, scope=B)
    line = stay(A, ping)
    assert faults_of(line, stay(B, Go, arm(ping)), stay(B, ping)) == (
        (
            f"{line.origin}: the scope b of timer 'ping' does not hold A: there it is Stale, "
            f"and this row can never be taken"
        ),
    )


def test_wildcards_may_wait_for_a_timer_outside_its_scope_too():
    ping = timer("ping", 1.0, scope=B)
    build(row(EVERY, ping, C), stay(B, Go, arm(ping)))
