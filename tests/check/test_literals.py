"""Values as source come back as they were; what is kept from the repr is written nowhere."""

from enum import Enum

import pytest
from attrs import field, frozen

from machines.link import FrameArrived, Report
from machines.wire.messages import Passed
from statekit.check.literals import NoLiteral, Source, quoted, shortened, words
from tests.check.breakers import half_open


class Plain(Enum):
    ONE = 1


@frozen
class Told:
    name: str
    size: int = 3
    _inner: tuple[object, ...] = ()
    made: int = field(init=False, default=7)


@frozen
class Secret:
    token: str = field(repr=False)
    size: int = 1


class Bare:
    def __eq__(self, other):
        return type(other) is Bare

    def __hash__(self):
        return 0


class Holding:
    def __init__(self, what):
        self.what = what


VALUES = [
    None,
    True,
    -3,
    2.5,
    float("inf"),
    b"\x00",
    'it\'s "quoted" \\ and\nbroken',
    (),
    (1,),
    ("a", (None, 2.0)),
    frozenset(),
    frozenset({1, 2}),
    {"a": (1, {"b": None})},
    Plain.ONE,
    Report.FAIL,
    Told,
    half_open,
    Told("x"),
    Told("x", 4, (Told("y"), Plain.ONE)),
    Bare(),
    FrameArrived(Passed("presence", "moved", {"x": [1, None, {"y": "z"}]})),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_written_as_source_comes_back(value):
    source = Source()
    text = source.of(value)
    space = {}
    exec(source.imports, space)
    assert eval(text, space) == value


def test_defaults_are_left_out():
    assert Source().of(Told("x")) == 'Told(name="x")'


def test_classes_of_one_name_are_told_apart():
    source = Source()
    assert (source.named("one", "State"), source.named("two", "State.A"), source.named("one", "State")) == (
        "State",
        "State_2.A",
        "State",
    )
    assert source.imports == "from one import State\nfrom two import State as State_2"


def local():
    @frozen
    class Inside: ...

    return Inside()


@pytest.mark.parametrize("value", [Secret("sekrit"), Holding(1), local(), object(), {1, 2}, 1j], ids=repr)
def test_what_cannot_be_written_is_refused_by_name(value):
    with pytest.raises(NoLiteral) as caught:
        Source().of((value,))
    assert "sekrit" not in str(caught.value)
    assert type(value).__name__ in str(caught.value)


def test_words_leave_out_what_the_repr_leaves_out():
    assert (
        words((Secret("sekrit", 2), Report.FAIL, {"k": frozenset({2, 1})})) == "(Secret(size=2), FAIL, {'k': {1, 2}})"
    )
    assert words(object()) == "object"


def test_quotes_are_double_where_that_needs_no_escapes():
    assert (quoted("a"), quoted("it's"), quoted('say "a"')) == ('"a"', '"it\'s"', "'say \"a\"'")
    assert (shortened("abcd", 4), shortened("abcde", 4)) == ("abcd", "abc…")
