"""Immutable JSON is JSON, and immutable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.wire.objects import JsonObject, NotJson, freeze, thaw

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_thawing_gives_back_what_was_frozen(value: object) -> None:
    assert json.dumps(thaw(freeze(value))) == json.dumps(value)


@given(JSON)
def test_equal_json_is_equal_and_hashes_alike_whatever_the_order(value: object) -> None:
    one = JsonObject.of({"a": value, "b": 0})
    two = JsonObject.of({"b": 0, "a": value})
    assert one == two
    assert hash(one) == hash(two)
    assert one != JsonObject.of({"a": [value], "b": 0})


def test_true_one_and_one_point_nought_are_three_values() -> None:
    assert len({JsonObject.of({"a": value}) for value in (True, 1, 1.0)}) == 3


def test_what_is_frozen_does_not_follow_its_source() -> None:
    inner = [1]
    frozen = JsonObject.of({"a": inner})
    inner.append(2)
    assert frozen["a"] == (1,)
    assert (len(frozen), list(frozen)) == (1, ["a"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1: 2}, {1, 2}, b"x", "\udc00", {"\ud800": 1}, object()])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(NotJson, match="JSON cannot say"):
        freeze(value)
