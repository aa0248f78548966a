"""Layouts: a frozen value made plainly is the frozen value that its constructor makes."""

from enum import StrEnum, auto

import pytest
from attrs import field, frozen
from attrs.exceptions import FrozenInstanceError

from statekit import Snapshot, Started, Step, Ticket
from statekit.layout import layout_of
from statekit.snapshot import snapshot_of, step_of


class State(StrEnum):
    HERE = auto()


HERE = State.HERE


class Base:
    __slots__ = ()

    def doubled(self):
        return 2 * self.size


@frozen(slots=True, weakref_slot=False)
class Value(Base):
    size: int
    hidden: object = field(default=None, init=False, eq=False, repr=False)


def made(size, hidden):
    value = layout_of(Value)()
    value.size, value.hidden = size, hidden
    value.__class__ = Value
    return value


def test_what_is_made_by_the_layout_is_the_value():
    assert (made(3, None), repr(made(3, None)), hash(made(3, None))) == (Value(3), "Value(size=3)", hash(Value(3)))
    assert made(3, "anything") == Value(3)
    assert made(3, None).doubled() == 6


def test_a_layout_takes_nothing_and_has_no_defaults():
    assert made(3, "hidden").hidden == "hidden"
    with pytest.raises(TypeError):
        layout_of(Value)(3)
    with pytest.raises(AttributeError):
        _ = layout_of(Value)().hidden


def test_a_layout_can_be_changed_its_class_cannot():
    value = layout_of(Value)()
    value.size = 3
    del value.size
    value.size = 4
    assert value.size == 4
    with pytest.raises(FrozenInstanceError):
        Value(3).size = 4


def test_what_is_made_is_frozen():
    with pytest.raises(FrozenInstanceError):
        made(3, None).size = 4
    with pytest.raises(FrozenInstanceError):
        del made(3, None).size


def test_the_layout_has_the_slots_of_the_class_and_no_more():
    assert not hasattr(made(3, None), "__dict__")
    assert layout_of(Value).__basicsize__ == Value.__basicsize__


def test_snapshots_and_steps_made_quickly_are_those_of_their_constructors():
    ticket = Ticket(1, "after 1 s", "here")
    quick, plain = (
        snapshot_of(HERE, "context", (ticket,), ("later",), 7),
        Snapshot(HERE, "context", (ticket,), ("later",), 7),
    )
    assert (type(quick), quick, repr(quick), hash(quick)) == (Snapshot, plain, repr(plain), hash(plain))
    verdict = Started()
    quick_step = step_of(quick, ("effect",), verdict, (verdict,), (), (ticket,), moved=True)
    assert quick_step == Step(plain, ("effect",), verdict, (verdict,), (), (ticket,), True)
    assert type(quick_step) is Step


def test_a_snapshot_compares_shows_and_hashes_without_its_memo():
    with_memo, without = snapshot_of(HERE, 1, (), (), 0, {}), snapshot_of(HERE, 1, (), (), 0)
    assert (with_memo, repr(with_memo), hash(with_memo)) == (without, repr(without), hash(without))
