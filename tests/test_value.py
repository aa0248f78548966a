"""Values: what the engine's classes share is what attrs would have written for each of them."""

import pickle
from copy import deepcopy
from enum import StrEnum, auto

import attrs
import pytest
from attrs import field, frozen

from statekit import Fired, Forbidden, Ignored, Jitter, Postponed, Row, Stale, Started, Unhandled, Verb, after
from statekit.value import Shown, Value


class State(StrEnum):
    A = auto()


@frozen(eq=False, repr=False)
class Ours(Value):
    size: int
    origin: str = field(default="", eq=False)
    hidden: object = field(default=None, repr=False)


@frozen
class Theirs:
    size: int
    origin: str = field(default="", eq=False)
    hidden: object = field(default=None, repr=False)


PAIRS = [((1,), (1,)), ((1,), (2,)), ((1, "here"), (1, "there")), ((1, "", 2), (1, "", 3)), ((float("nan"),),) * 2]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_values_are_compared_and_hashed_as_attrs_would(one, other):
    assert (Ours(*one) == Ours(*other)) is (Theirs(*one) == Theirs(*other))
    assert (Ours(*one) != Ours(*other)) is (Theirs(*one) != Theirs(*other))
    assert (hash(Ours(*one)) == hash(Ours(*other))) is (hash(Theirs(*one)) == hash(Theirs(*other)))


@pytest.mark.parametrize("given", [(1,), (1, "here"), (1, "it's", "hidden")])
def test_values_are_shown_as_attrs_would(given):
    assert repr(Ours(*given)) == repr(Theirs(*given)).replace("Theirs", "Ours")


def test_a_class_of_a_function_is_shown_by_its_own_name():
    @frozen(eq=False, repr=False)
    class Local(Value):
        size: int

    assert repr(Local(1)) == "Local(size=1)"


def test_values_of_two_classes_are_never_equal():
    alike = [Ignored("so"), Postponed("so"), Forbidden("so"), Started(), Unhandled(), Stale(None)]
    for at, one in enumerate(alike):
        assert [one == other for other in alike] == [at == to for to in range(len(alike))]
    assert Ours(1) != Theirs(1)
    assert Ours(1) != 1
    assert len(set(alike)) == len(alike)


def test_a_class_that_is_only_shown_is_compared_by_identity():
    row = Row(Verb.STAY, State.A, Fired)
    assert isinstance(row, Shown)
    assert row == row  # noqa: PLR0124 - that is the claim
    assert row != Row(Verb.STAY, State.A, Fired)
    assert repr(row).startswith("Row(verb=<Verb.STAY: 'stay'>, source=<State.A: 'a'>, trigger=<class")


@pytest.mark.parametrize("value", [Jitter(1.0, 2.0), Fired("t", 1), Ignored("so", ("guard",)), after(1.0), Started()])
def test_copies_of_a_value_are_equal_and_frozen(value):
    for copy in (deepcopy(value), pickle.loads(pickle.dumps(value)), attrs.evolve(value)):
        assert copy == value
        assert hash(copy) == hash(value)
    for each in attrs.fields(type(value)):
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            setattr(value, each.name, None)


def test_values_match_by_position():
    match Ignored("so", ("guard",)):
        case Ignored(because, refused):
            assert (because, refused) == ("so", ("guard",))
