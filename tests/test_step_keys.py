"""Keys: timers and effects of one name, side by side."""

import pytest

from statekit import Fired, Stale, Ticket, arm, disarm, start, timer
from statekit.runner import Runner
from tests.driven import (
    IDLE,
    UP,
    Closed,
    Context,
    Dial,
    Driven,
    Go,
    Note,
    OpenFailed,
    Poke,
    Work,
    answering,
    build,
    counted,
    row,
    stay,
)


def number(_: Context, event: Work) -> int:
    return event.number


def how_many(context: Context) -> str:
    return f"the {context.count}th"


def no_key(_: Context) -> float:
    return 1.5


def broken_key(_: Context) -> str:
    raise RuntimeError("key")


def noted_key(_: Context, event: Fired) -> Note:
    return Note(f"{event.key}")


def where(dial: Dial) -> str:
    return dial.to


def shout(dial: Dial) -> bytes:
    return dial.to.encode()


def small(_: Context, event: Work) -> bool:
    return event.number < 10


def dial_number(_: Context, event: Work) -> Dial:
    return Dial(f"{event.number}")


ASKING = (stay(IDLE, Work, dial_number), stay(IDLE, OpenFailed), stay(IDLE, Closed))


SETTLE = timer("settle", 5.0, scope=IDLE, key=number)
SETTLING = (stay(IDLE, Work, arm(SETTLE)), stay(IDLE, SETTLE, noted_key), row(IDLE, Go, UP))


def test_timers_of_one_name_run_side_by_side_by_their_keys():
    driven = Driven(build(*SETTLING))
    for at in (1, 2):
        driven.send(Work(at))
    first, second = Ticket(1, "settle", "idle", 1), Ticket(2, "settle", "idle", 2)
    assert driven.last.snapshot.tickets == (first, second)
    assert driven.last.snapshot.ticket("settle") == first
    assert driven.last.snapshot.ticket("settle", 2) == second
    assert driven.last.snapshot.ticket("settle", 3) is None


def test_arming_a_key_again_replaces_the_timer_of_that_key_alone():
    driven = Driven(build(*SETTLING))
    for at in (1, 2, 1):
        driven.send(Work(at))
    assert driven.last.ended == (Ticket(1, "settle", "idle", 1),)
    assert [(each.number, each.key) for each in driven.last.snapshot.tickets] == [(2, 2), (3, 1)]


def test_a_fired_timer_says_its_key_and_ends_alone():
    driven = Driven(build(*SETTLING))
    for at in (1, 2):
        driven.send(Work(at))
    done = driven.send(Fired("settle", 2), 2)
    assert done.effects == (Note("2"),)
    assert done.snapshot.tickets == (Ticket(1, "settle", "idle", 1),)
    assert driven.send(Fired("settle", 2), 1).verdict == Stale(1)
    assert driven.send(Go()).ended == (Ticket(1, "settle", "idle", 1),)


def test_disarming_ends_the_timer_of_its_key_alone():
    stopped = timer("settle", 5.0, scope=IDLE, key=number)
    driven = Driven(
        build(row(IDLE, SETTLE, UP), stay(IDLE, Work, arm(SETTLE), guard=small), stay(IDLE, Work, disarm(stopped)))
    )
    for at in (1, 2, 11):
        driven.send(Work(at))
    assert [each.key for each in driven.last.snapshot.tickets] == [1, 2]
    assert driven.send(Work(12)).ended == ()


def test_a_key_of_the_context_reads_the_new_one():
    many = timer("many", 5.0, scope=IDLE, key=how_many)
    driven = Driven(build(stay(IDLE, Go, arm(many), update=counted), stay(IDLE, Poke, disarm(many)), stay(IDLE, many)))
    for _ in range(2):
        driven.send(Go())
    assert [each.key for each in driven.last.snapshot.tickets] == ["the 1th", "the 2th"]
    assert [each.key for each in driven.send(Poke()).ended] == ["the 2th"]


@pytest.mark.parametrize(("key", "words"), [(no_key, "not 1.5"), (broken_key, "key")])
def test_what_gives_no_key_is_broken_and_changes_nothing(key, words):
    bad = timer("bad", 5.0, scope=IDLE, key=key)
    driven = Driven(build(stay(IDLE, Go, arm(bad), update=counted), stay(IDLE, bad), stay(IDLE, Poke, disarm(bad))))
    for event in (Go(), Poke()):
        done = driven.send(event)
        assert done.verdict.function == key.__name__
        assert words in str(done.verdict.exception)
        assert done.snapshot == start(driven.machine).snapshot


def test_an_order_that_answers_is_under_way_once_for_each_key():
    driven = Driven(build(*ASKING, answering=answering(IDLE, key=where)))
    for at in (1, 2, 1):
        driven.send(Work(at))
    assert driven.last.ended == (Ticket(1, "Dial", "idle", "1"),)
    assert [(each.number, each.key) for each in driven.last.snapshot.tickets] == [(2, "2"), (3, "1")]
    assert [each.ticket.key for each in driven.last.issued] == ["1"]
    assert driven.send(OpenFailed(), 2).snapshot.tickets == (Ticket(3, "Dial", "idle", "1"),)
    assert driven.send(OpenFailed(), 1).verdict == Stale(1)


def test_an_effect_whose_key_cannot_be_told_is_broken():
    driven = Driven(build(*ASKING, answering=answering(IDLE, key=shout)))
    done = driven.send(Work(1))
    assert (done.verdict.function, done.snapshot.tickets, done.effects) == ("shout", (), ())


def test_a_runner_keeps_a_deadline_for_every_key_and_answers_the_effect_that_is_meant():
    runner = Runner(build(*SETTLING))
    for at in (1, 2, 1):
        runner.send(Work(at))
    assert [verdict.row for verdict in runner.due(5.0)] == [SETTLING[1].origin] * 2
    assert runner.effects == [Note("2"), Note("1")]
    runner = Runner(build(*ASKING, answering=answering(IDLE, key=where)))
    for at in (1, 2, 3):
        runner.send(Work(at))
    runner.answer(OpenFailed(), "2")
    assert [each.key for each in runner.snapshot.tickets] == ["1", "3"]
    runner.answer(OpenFailed())
    assert [each.key for each in runner.snapshot.tickets] == ["3"]
    assert runner.answer(OpenFailed(), "1") == Stale(None)
