"""Remembering changes nothing but speed: whatever was kept before, a step gives what it would give by itself."""

from enum import StrEnum

import pytest
from attrs import field, frozen

from statekit import Kind, Machine, Rows, Stimulus, System, start, step
from statekit.interned import WINDOW, Interned
from statekit.transition import point_of, transition


class Light(StrEnum):
    OFF = "off"
    ON = "on"


@frozen
class Press:
    pass


@frozen
class Put:
    value: object


@frozen
class Memory:
    value: object = 0
    uncompared: str = field(default="", eq=False)


@frozen
class Say:
    text: str


def put(memory: Memory, event: Put) -> Memory:
    return Memory(event.value, repr(event.value))


def say(memory: Memory) -> Say:
    return Say(repr(memory))


rows = Rows[Light, Memory, Say]()
STATES = (rows.state(Light.OFF, Kind.REST, "dark"), rows.state(Light.ON, Kind.REST, "bright"))
PUT = tuple(rows.stay(light, Put, update=put) for light in Light)
TOGGLE = rows.row(Light.OFF, Press, Light.ON, say), rows.row(Light.ON, Press, Light.OFF)


def lamp(*pressed):
    return Machine("lamp", initial=Light.OFF, context=Memory(), states=STATES, table=(*PUT, *pressed))


EQUAL = [(1, True), (True, 1.0), (0.0, -0.0), ("off", Light.OFF), ((1, "a"), (True, "a")), (Memory(1), Memory(1.0))]
EQUAL += [(frozenset({1}), frozenset({True})), (Memory(1, "a"), Memory(1, "b"))]


@pytest.mark.parametrize(("first", "second"), EQUAL)
def test_a_context_never_stands_for_one_that_is_merely_equal(first, second):
    assert first == second
    machine = lamp(*TOGGLE)
    for value in (first, second) * 3:
        snapshot = step(machine, start(machine).snapshot, Stimulus(Put(value))).snapshot
        assert step(machine, snapshot, Stimulus(Press())).effects == (Say(repr(Memory(value, repr(value)))),)
        point, _, _ = transition(point_of(machine.folded, Light.OFF, Memory()), Put(value))
        assert transition(point, Press())[1] == (Say(repr(Memory(value, repr(value)))),)


def test_what_one_system_remembers_is_nothing_to_another():
    silent = rows.row(Light.OFF, Press, Light.ON), rows.row(Light.ON, Press, Light.OFF)
    first, second = System("lamps", (lamp(*silent),)), System("lamps", (lamp(rows.stay(Light.OFF, Press)),))
    snapshot = first.start().snapshot
    for _ in range(6):
        snapshot = first.step(snapshot, "lamp", Stimulus(Press())).snapshot
    assert snapshot.memo is not None
    states = [each.step(snapshot, "lamp", Stimulus(Press())).snapshot.members[0].state for each in (first, second) * 2]
    assert states == [Light.ON, Light.OFF, Light.ON, Light.OFF]


def test_remembering_stops_where_what_is_equal_is_never_alike():
    kept = Interned()
    for number in range(WINDOW):
        kept.one((1, True)[number % 2], number)
    assert not kept.on
