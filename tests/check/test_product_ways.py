"""Counterexamples of a system: ways that are made again, monitors and lassos."""

from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.properties import hot, invariant, sequence
from statekit.check.replay import replayed
from statekit.check.seen import Move
from tests.check import rooms
from tests.check.results import result
from tests.check.rooms import LAMPS, ROOM, Lamp, all_are_lit


def test_a_counterexample_of_a_system_is_made_again():
    def dark(room):
        """Not every lamp is lit."""
        return not all_are_lit(room)

    model = Model(ROOM, (invariant("dark", dark),))
    trace = result(explore(model), "dark").trace
    assert [move.member for move in trace.moves] == ["lamp_a", "lamp_b", "lamp_c"]
    *_, last = replayed(model, trace)
    assert all_are_lit(last.after)
    assert [hop.member for hop in last.path] == ["lamp_c", "meter"]


def test_monitors_and_lassos_of_a_system():
    def presses(count, seen):
        return min(count + 1, 4) if seen.move.member == "lamp_a" else count

    def twice(count):
        """The first lamp is pressed at most twice."""
        return count < 3

    def is_lit(room):
        """The first lamp is lit."""
        return room.of(LAMPS[0]).state is Lamp.ON

    explored = explore(Model(ROOM, (sequence("twice", 0, presses, twice), hot("lit", is_lit))))
    assert result(explored, "twice").trace.moves == (Move("lamp_a", rooms.Press()),) * 3
    assert result(explored, "lit").trace.moves == (Move("lamp_a", rooms.Press()),)
    assert result(explored, "lit").trace.loop_from == 1
