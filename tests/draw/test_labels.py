"""Labels: constants are written the same way in every run, and nothing by its address."""

from enum import Enum, auto

import pytest
from attrs import field, frozen

from statekit.draw.labels import value


class Size(Enum):
    SMALL = auto()


@frozen
class Empty: ...


@frozen
class Order:
    size: Size
    token: str = field(default="sekrit", repr=False)
    made: int = field(default=0, init=False)


@pytest.mark.parametrize(
    ("constant", "written"),
    [
        (Size.SMALL, "SMALL"),
        (frozenset({"b", "a"}), "{'a', 'b'}"),
        ((1, ["two", None]), "(1, ('two', None))"),
        ({"b": Size.SMALL, "a": (2.5,)}, "{'a': (2.5), 'b': SMALL}"),
        (Empty(), "Empty"),
        (Order(Size.SMALL), "Order(SMALL)"),
        (object(), "object"),
    ],
)
def test_a_constant_is_written_by_what_it_holds(constant, written):
    assert value(constant) == written
