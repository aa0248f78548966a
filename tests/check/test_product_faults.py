"""What is wrong of a system is a fault of its own: what is not pure, raises, or hops without end."""

import pytest
from attrs import evolve

from statekit import Livelock, Machine, Rows, System, wire
from statekit.check.explore import explore
from statekit.check.model import Model
from statekit.check.replay import replayed
from statekit.check.seen import Move
from statekit.check.story import story, way_of
from statekit.errors import MalformedModel
from statekit.verdicts import Broken
from tests.check import rooms, small
from tests.check.rooms import LAMPS, METER, Lamp, Porter


@pytest.fixture
def doubting(monkeypatch):
    """Let every move be made for real as often as it is made."""
    monkeypatch.setattr("statekit.check.product.SAMPLED", 1)


def test_what_is_not_pure_is_found_out(doubting):
    calls = []

    def fickle(_: rooms.Lit) -> rooms.Count | rooms.Uncount:
        calls.append(None)
        return rooms.Count() if len(calls) % 2 else rooms.Uncount()

    wired = (wire(LAMPS[0], rooms.Lit, METER, fickle), wire(LAMPS[0], rooms.Unlit, METER, rooms.uncounted))
    with pytest.raises(MalformedModel, match="is not pure"):
        explore(Model(System("hall", members=(METER, LAMPS[0]), wiring=wired), internal=(rooms.Bright,)))


def broken(_: rooms.Lit) -> rooms.Count:
    raise ZeroDivisionError("oops")


def test_wiring_that_raises_is_a_fault():
    wired = (wire(LAMPS[0], rooms.Lit, METER, broken), wire(LAMPS[0], rooms.Unlit, METER, rooms.uncounted))
    model = Model(System("hall", members=(METER, LAMPS[0]), wiring=wired), internal=(rooms.Bright,))
    [(sentence, trace)] = explore(model).faults
    assert "the wiring is broken: broken raised ZeroDivisionError('oops')" in sentence
    assert isinstance(next(iter(replayed(model, trace))).verdict, Broken)


def test_a_member_that_raises_is_a_fault_of_its_own_and_none_of_the_wiring():
    def jammed(_: small.Nothing) -> small.Nothing:
        raise ZeroDivisionError("oops")

    rows = Rows[Lamp, small.Nothing, object]()
    stuck = Machine(
        "stuck", initial=Lamp.OFF, context=small.Nothing(), states=small.states_of(rows, Lamp),
        table=(rows.row(Lamp.OFF, rooms.Press, Lamp.ON, update=jammed), rows.row(Lamp.ON, rooms.Press, Lamp.OFF)),
    )  # fmt: skip
    [(sentence, trace)] = explore(Model(System("hall", members=(METER, stuck)), internal=(rooms.Bright,))).faults
    assert sentence.startswith("stuck: Press in OFF is broken: jammed raised ZeroDivisionError('oops')")
    assert trace.moves == (Move("stuck", rooms.Press()),)


def again(_: rooms.Lit) -> rooms.Press:
    return rooms.Press()


def off_again(_: rooms.Unlit) -> rooms.Press:
    return rooms.Press()


def test_a_stimulus_that_leads_to_hops_without_end_is_a_fault():
    lamp = LAMPS[0]
    wired = (wire(lamp, rooms.Lit, lamp, again), wire(lamp, rooms.Unlit, lamp, off_again))
    model = Model(System("flicker", members=(lamp,), wiring=wired))
    assert explore(model).faults == ()  # what the wiring makes is internal
    [(sentence, trace)] = explore(evolve(model, environment=Porter(("lamp_a",)))).faults
    assert sentence.startswith("flicker: one stimulus led to more than 1000 hops")
    assert sentence.endswith(": break the circle")
    assert trace.moves == (Move("lamp_a", rooms.Press()),)
    [seen] = replayed(model, trace)
    assert isinstance(seen.verdict.exception, Livelock)
    assert seen.after is seen.before
    assert "lamp_a is told Press()\n     lamp_a: Press: broken: flicker raised Livelock(" in story(
        way_of(model, trace), sentence
    )
