"""Every annotation has one form in JSON, read exactly; what has none is named before any value meets it."""

import json
from datetime import UTC, datetime
from enum import Enum, IntEnum, StrEnum
from typing import Annotated, Any, Literal, NewType

import pytest
from attrs import field, frozen

from statekit.codec.forms import Forms, Hook
from statekit.codec.strict import Misfit


class Gate(StrEnum):
    OPEN = "open"
    SHUT = "shut"


class Code(IntEnum):
    ONE = 1
    TWO = 2


class Mixed(Enum):
    A = (1, 2)
    B = "b"


@frozen
class Wide:
    width: int


@frozen
class Wider(Wide):
    pass


@frozen
class Valued:
    value: int


@frozen
class Checked:
    share: float = field(converter=float)
    total: int = field(init=False, default=7)
    _hidden: str = "h"

    @share.validator
    def _at_most_one(self, _, value):
        if value > 1:
            raise ValueError("share is at most 1")


@frozen
class Tree:
    below: "tuple[Tree, ...]" = ()


Meters = NewType("Meters", float)
DATE = {datetime: Hook(datetime.isoformat, datetime.fromisoformat)}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def form(shape, hooks=None):
    return Forms(hooks).of(shape)


@pytest.mark.parametrize(
    ("shape", "value", "written"),
    [
        (None, None, None),
        (bool, True, True),
        (int, 10**30, 10**30),
        (float, 0.1, 0.1),
        (float, 3, 3),
        (str, "ü", "ü"),
        (object, None, None),
        (object, "key", "key"),
        (object, 4, 4),
        (Meters, 1.5, 1.5),
        (Annotated[int, ["unhashable"]], 1, 1),
        (Literal["a", 1], 1, 1),
        (Gate, Gate.SHUT, "shut"),
        (Code, Code.TWO, 2),
        (Mixed, Mixed.A, "A"),
        (frozenset[Gate], frozenset(Gate), ["open", "shut"]),
        (frozenset[int], frozenset({10, 9}), [10, 9]),
        (tuple[int, ...], (1, 2), [1, 2]),
        (tuple[()], (), []),
        (tuple[int, str], (1, "a"), [1, "a"]),
        (int | None, None, None),
        (Wide | None, Wide(3), {"width": 3}),
        (Wide | Valued, Wide(3), {"class": "Wide", "width": 3}),
        (Wide | Valued, Valued(3), {"class": "Valued", "value": 3}),
        (Wide | Wider, Wider(3), {"class": "Wider", "width": 3}),
        (Gate | str, Gate.OPEN, {"class": "Gate", "value": "open"}),
        (Gate | str, "open", "open"),
        (int | float | bool, True, True),
        (int | float | bool, 1, 1),
        (int | float | bool, 1.5, 1.5),
        (float | str, 2, 2),
        (tuple[int, ...] | int | None, (1,), [1]),
        (Checked, Checked(0.5), {"share": 0.5, "_hidden": "h"}),
        (Tree, Tree((Tree(), Tree((Tree(),)))), {"below": [{"below": []}, {"below": [{"below": []}]}]}),
    ],
)
def test_a_value_is_written_so_and_read_again(shape, value, written):
    made = form(shape)
    found = made.write(value)
    assert json.dumps(found, allow_nan=False) == json.dumps(written)
    again = made.read(json.loads(json.dumps(found)))
    assert (type(again), again) == (type(value), value)


@pytest.mark.parametrize(
    ("shape", "value", "written"),
    [(int, True, 1), (int, Code.TWO, 2), (float, Code.ONE, 1), (str, Gate.OPEN, "open"), (int | str, True, 1)],
)
def test_what_a_checker_lets_stand_in_for_a_plain_type_is_written_as_that(shape, value, written):
    found = form(shape).write(value)
    assert (type(found), found) == (type(written), written)
    assert form(shape).read(found) == value


@pytest.mark.parametrize(
    ("shape", "read", "path"),
    [
        (None, 0, ""),
        (bool, "no", ""),
        (bool, 1, ""),
        (int, "5", ""),
        (int, True, ""),
        (int, 1.0, ""),
        (float, "1", ""),
        (float, True, ""),
        (float, 10**400, ""),
        (float, float("nan"), ""),
        (float, float("inf"), ""),
        (str, 7, ""),
        (object, 1.5, ""),
        (object, True, ""),
        (object, [], ""),
        (Literal["a", 1], True, ""),
        (Gate, "ajar", ""),
        (Gate, [], ""),
        (Code, True, ""),
        (Code, 1.0, ""),
        (Mixed, "b", ""),
        (frozenset[int], [1, 1], ""),
        (frozenset[int], "12", ""),
        (tuple[str, ...], "ab", ""),
        (tuple[str, ...], ["a", 1], "[1]"),
        (tuple[int, str], [1], ""),
        (tuple[int, str], [1, 2], "[1]"),
        (Wide, [], ""),
        (Wide, {}, ".width"),
        (Wide, {"width": 1, "height": 2}, ".height"),
        (Wide, {"width": 1, "not a name": 2}, "['not a name']"),
        (Wide | Valued, {"width": 1}, ".class"),
        (Wide | Valued, {"class": "Wider", "width": 1}, ".class"),
        (Wide | Valued, {"class": ["Wide"], "width": 1}, ".class"),
        (Wide | Valued, 1, ""),
        (Gate | str, {"class": "Gate"}, ""),
        (Gate | str, {"class": "Gate", "value": "ajar"}, ".value"),
        (int | str, [1], ""),
        (int | str, {"class": "int"}, ""),
        (tuple[Wide, ...], [{"width": 1}, {"width": "1"}], "[1].width"),
        (Checked, {"share": 2.0, "_hidden": "h"}, ""),
        (Checked, {"share": 0.5, "_hidden": "h", "total": 7}, ".total"),
    ],
)
def test_nothing_else_is_read(shape, read, path):
    with pytest.raises(Misfit) as caught:
        form(shape).read(read)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("shape", "value", "path"),
    [
        (float, float("inf"), ""),
        (float, 10**400, ""),
        (int, 1.5, ""),
        (str, b"x", ""),
        (object, 1.5, ""),
        (Gate, "open", ""),
        (Gate, Code.ONE, ""),
        (Wide, Wider(1), ""),
        (Wide | Valued, Wider(1), ""),
        (tuple[int, ...], [1], ""),
        (tuple[int, ...], (1, "2"), "[1]"),
        (tuple[int, str], (1, "2", 3), ""),
        (frozenset[int], {1}, ""),
        (frozenset[int], frozenset({"1"}), "[]"),
        (int | str, 1.5, ""),
        (Wide, Wide("wide"), ".width"),
    ],
)
def test_a_value_that_its_annotation_does_not_allow_is_not_written(shape, value, path):
    with pytest.raises(Misfit) as caught:
        form(shape).write(value)
    assert caught.value.path == path


@frozen
class Bare:
    x = field()


@frozen
class Unresolvable:
    x: "NoSuchThing"  # noqa: F821


@frozen
class Named:
    converter: int


@frozen
class Deep:
    parts: tuple[Bare | None, ...]


class Plain:
    pass


@pytest.mark.parametrize(
    ("shape", "path", "word"),
    [
        (Any, "", "hooks="),
        (dict[str, int], "", "hooks="),
        (list[int], "", "hooks="),
        (tuple, "", "hooks="),
        (bytes, "", "hooks={bytes: Hook(save, restore)}"),
        (datetime, "", "hooks={datetime: Hook(save, restore)}"),
        (Plain, "", "hooks="),
        (Bare, ".x", "no annotation"),
        (Unresolvable, ".x", "NoSuchThing"),
        (Named, ".converter", "cattrs"),
        (Deep, ".parts[].x", "no annotation"),
        (tuple[int, Plain], "[1]", "hooks="),
        (frozenset[Plain], "[]", "hooks="),
        (tuple[int, ...] | frozenset[int], "", "tell apart"),
        (Literal["a"] | int, "", "tell apart"),
        (object | int, "", "tell apart"),
        (Literal[Gate.OPEN], "", "enum itself"),
    ],
)
def test_an_annotation_without_a_form_is_named_at_once(shape, path, word):
    forms = Forms()
    for _ in range(2):
        with pytest.raises(Misfit) as caught:
            forms.of(shape)
        assert caught.value.path == path
        assert word in caught.value.problem


def test_a_hook_gives_a_class_a_form():
    assert form(datetime, DATE).write(NOON) == "2026-01-01T12:00:00+00:00"
    assert form(datetime, DATE).read("2026-01-01T12:00:00+00:00") == NOON


def test_a_hook_in_a_union_is_told_apart_by_its_class():
    made = form(datetime | str | None, DATE)
    for value in (NOON, "2026-01-01T12:00:00+00:00", None):
        assert made.read(made.write(value)) == value


def test_a_hook_for_a_base_class_takes_what_is_derived_from_it():
    hooks = {Plain: Hook(lambda plain: type(plain).__name__, lambda _: Plain())}
    derived = type("Derived", (Plain,), {})()
    assert form(Plain | int, hooks).write(derived) == {"class": "Plain", "value": "Derived"}


def test_a_set_of_what_cannot_be_hashed_is_a_misfit():
    with pytest.raises(Misfit, match="hashed"):
        form(frozenset[Plain], {Plain: Hook(list, list)}).read([[1]])


@pytest.mark.parametrize("read", [5, "noon", [], None])
def test_what_a_hook_raises_is_a_misfit(read):
    with pytest.raises(Misfit):
        form(datetime, DATE).read(read)


@pytest.mark.parametrize("product", [NOON, float("nan"), {1: 2}, [b"x"], {"a": {"b": object()}}])
def test_a_hook_that_saves_what_is_no_json_is_found_out(product):
    with pytest.raises(Misfit):
        form(Plain, {Plain: Hook(lambda _: product, lambda _: Plain())}).write(Plain())


def test_a_hook_that_saves_null_where_null_means_none_is_found_out():
    hooks = {Plain: Hook(lambda _: None, lambda _: Plain())}
    with pytest.raises(Misfit):
        form(Plain | None, hooks).write(Plain())


def test_two_classes_of_one_name_in_a_union_are_told_apart_by_their_modules():
    other = frozen(type("Wide", (), {"__annotations__": {"width": int}, "__module__": "elsewhere"}))
    made = form(Wide | other)
    assert made.write(other(1)) == {"class": "elsewhere.Wide", "width": 1}
    assert [type(made.read(made.write(each))) for each in (Wide(1), other(1))] == [Wide, other]
