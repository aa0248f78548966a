"""Derived facts: told when they change, once no signal is left, and found by a view."""

import pytest

from statekit import System, View, derive, publish, wire
from tests.listeners import (
    IDLE,
    LISTENER,
    ON,
    OTHER,
    SENDER,
    WATCHER,
    Back,
    Go,
    Heard,
    Say,
    Told,
    go,
    heard,
    hops,
    how_many_on,
    learn,
    machine,
    row,
    stay,
)

SWITCHES = tuple(machine(name, row(IDLE, Go, ON), row(ON, Back, IDLE), stay(ON, Go)) for name in ("left", "right"))


def test_a_derived_fact_is_told_once_per_change():
    system = System("three", (*SWITCHES, WATCHER), derived=(derive(how_many_on, WATCHER, Told, initially=0),))
    begun = system.start()
    assert (begun.path, begun.snapshot.facts) == ((), (0,))
    done = go(system, "left", Go(), begun.snapshot)
    assert hops(done) == [("left", Go()), ("watcher", Told(1))]
    done = go(system, "left", Go(), done.snapshot)
    assert hops(done) == [("left", Go())]
    done = go(system, "left", Back(), done.snapshot)
    assert (hops(done)[1:], done.snapshot.facts) == ([("watcher", Told(0))], (0,))


def test_a_fact_that_differs_from_what_it_is_initially_is_told_at_the_start():
    system = System("three", (*SWITCHES, WATCHER), derived=(derive(how_many_on, WATCHER, Told, initially=7),))
    assert hops(system.start()) == [("watcher", Told(0))]


def test_a_fact_is_looked_at_only_when_no_signal_is_left():
    flip = machine("flip", row(IDLE, Go, ON, Say("now")), stay(ON, Heard))
    flop = machine("flop", row(IDLE, Go, ON), row(ON, Back, IDLE))

    def off(_: Say) -> Back:
        return Back()

    system = System(
        "three", (flip, flop, WATCHER), (wire(flip, Say, flop, off),),
        (derive(how_many_on, WATCHER, Told, initially=0),),
    )  # fmt: skip
    before = go(system, "flop", Go()).snapshot
    done = go(system, "flip", Go(), before)
    assert hops(done) == [("flip", Go()), ("flop", Back())]


def test_what_a_fact_sets_off_is_delivered_before_the_next_fact():
    def number_on(view: View) -> int:
        return how_many_on(view) * 10

    asker = machine("asker", stay(IDLE, Told, Say("told"), update=learn))
    system = System(
        "four", (*SWITCHES, asker, WATCHER, LISTENER), (wire(asker, Say, LISTENER, heard),),
        (derive(how_many_on, asker, Told, initially=0), derive(number_on, WATCHER, Told, initially=0)),
    )  # fmt: skip
    assert [hop.member for hop in go(system, "left", Go()).path] == ["left", "asker", "listener", "watcher"]


@pytest.mark.parametrize("role", ["fact", "maker"])
def test_a_fact_or_its_maker_that_raises_breaks_the_transaction(role):
    def fact(view: View) -> int:
        if role == "fact" and how_many_on(view):
            raise RuntimeError("fact")
        return how_many_on(view)

    def maker(value: int) -> Told:
        raise RuntimeError("maker")

    system = System("three", (*SWITCHES, WATCHER), derived=(derive(fact, WATCHER, maker, initially=0),))
    before = system.start().snapshot
    done = go(system, "left", Go(), before)
    assert done.verdict.function == role
    assert done.snapshot is before


def test_a_view_finds_a_member_by_its_machine():
    system = System("pair", (SENDER, LISTENER), (publish(SENDER, Say),))
    view = system.start().snapshot
    assert view.of(LISTENER).state is IDLE
    with pytest.raises(ValueError, match="other is no member here; the members are sender, listener"):
        view.of(OTHER)
