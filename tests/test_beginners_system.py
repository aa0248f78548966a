"""What a beginner wires first: each mistake in a system is one sentence that says what would be right."""

from enum import StrEnum, auto

import pytest
from attrs import frozen

from statekit import Kind, Machine, MalformedSystem, Rows, Signal, System, derive, keyed, publish, spawn, wire


class State(StrEnum):
    A = auto()


@frozen
class Go:
    pass


@frozen
class Say(Signal):
    word: str = ""


@frozen
class Print:
    word: str = ""


rows = Rows[State, None, Say | Print]()
STATES = (rows.state(State.A, Kind.REST, "a"),)


def machine(name, *effects):
    return Machine(name, initial=State.A, context=None, states=STATES, table=(rows.stay(State.A, Go, *effects),))


SENDER, LISTENER, PAGE = machine("sender", Say(), Print()), machine("listener"), machine("page")


def heard(_: Say) -> Go:
    return Go()


def word_of(signal: Say) -> str:
    return signal.word


def how_many(_: object) -> int:
    return 0


LINE = wire(SENDER, Say, LISTENER, heard)
PAIR = (SENDER, LISTENER)


def faults_of(members=PAIR, wiring=(LINE,), derived=()):
    with pytest.raises(MalformedSystem) as caught:
        System("house", members, wiring, derived)
    return caught.value.faults


# fmt: off
HANDED = [
    ({"members": SENDER}, "members is the machine sender, and no list of them: write (sender,), with the comma"),
    ({"members": None}, "members is None, and no list of them: write (MACHINE,), with the comma"),
    ({"members": (SENDER, "listener")}, "members[1] is 'listener'; a member is a Machine, or keyed(...)"),
    ({"wiring": LINE}, "wiring is a Wire, and no list of them: write (wire(...),), with the comma"),
    ({"wiring": None}, "wiring is None, and no list of them: write (wire(...),), with the comma"),
    ({"wiring": (LINE, Say)}, "wiring[1] is Say; one is made by wire(...)"),
    ({"derived": derive(how_many, LISTENER, Go, initially=0)},
     "derived is a Derived, and no list of them: write (derive(...),), with the comma"),
    ({"derived": (LINE,)}, "derived[0] is a Wire; one is made by derive(...)"),
    ({"wiring": (wire("sender", Say, LISTENER, heard),)}, "a wire of Say names 'sender': give the Machine itself"),
    ({"wiring": (wire(SENDER, Say, "listener", heard),)}, "a wire of Say names 'listener': give the Machine itself"),
    ({"members": (SENDER, keyed(PAGE)), "wiring": (spawn(SENDER, Say, keyed(PAGE), heard, key=word_of),)},
     "a wire of Say names keyed(page, ...): give the Machine itself"),
    ({"wiring": (LINE, publish(SENDER, Print))}, "a wire carries Print, which is no signal: write class Print(Signal)"),
    ({"members": (LISTENER,)}, "a wire leads from sender, which is no member"),
    ({"wiring": (wire(SENDER, Say, LISTENER, lambda signal: Go()),)},
     "the make of the wire of Say from sender to listener has no name to be drawn by: write it as a function"),
]
# fmt: on


@pytest.mark.parametrize(("parts", "sentence"), HANDED, ids=[sentence[:50] for _, sentence in HANDED])
def test_a_part_that_cannot_be_meant_is_named(parts, sentence):
    assert faults_of(**parts) == (sentence,)


def test_a_system_may_be_handed_lists():
    assert System("house", [SENDER, LISTENER], [LINE]).names == ("sender", "listener")
