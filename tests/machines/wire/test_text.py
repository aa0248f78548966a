"""What an edit makes of a text, what undoes it, and what does not fit."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.wire.fields import FieldInvalid
from machines.wire.objects import EMPTY
from machines.wire.operations import Delete, Edit, Format, Insert, Operation, Retain
from machines.wire.text import OperationInvalid, Text, apply, invert

DRESSES = st.dictionaries(st.sampled_from("bi"), st.sampled_from([True, 1, "x", None]), min_size=1, max_size=2)
HELLO = Text.of("hello", [Format(0, 2, {"bold": True})])


@st.composite
def edits(draw: st.DrawFn, text: Text, most: int) -> Edit:
    """An edit that fits the text."""
    edit: Edit = ()
    for _ in range(draw(st.integers(0, most))):
        size = len(text)
        position = draw(st.integers(0, max(0, size - 1)))
        fitting: list[Operation] = [Insert(position, draw(st.text("xyz", min_size=1)), draw(DRESSES))]
        if size:
            length = draw(st.integers(1, size - position))
            fitting += [Delete(position, length), Format(position, length, draw(DRESSES)), Retain(length)]
        operation = draw(st.sampled_from(fitting))
        edit, text = (*edit, operation), apply(text, (operation,))
    return edit


@st.composite
def cases(draw: st.DrawFn) -> tuple[Text, Edit]:
    """A text with a past, and an edit that fits it."""
    plain = Text.of(draw(st.text("abcé😀", max_size=8)))
    text = apply(plain, draw(edits(plain, 3)))
    return text, draw(edits(text, 4))


@given(cases())
def test_inverting_undoes_any_edit_formats_and_all(case: tuple[Text, Edit]) -> None:
    text, edit = case
    assert apply(apply(text, edit), invert(text, edit)) == text


@given(cases())
def test_formats_are_in_order_apart_and_say_something(case: tuple[Text, Edit]) -> None:
    text = apply(*case)
    for format_ in text.formats:
        assert format_.attributes
        assert None not in format_.attributes.values()
        assert format_.end <= len(text)
    for before, after in pairwise(text.formats):
        assert before.end <= after.position
        assert before.end < after.position or before.attributes != after.attributes


@given(cases())
def test_a_text_is_its_content_dressed_in_its_formats(case: tuple[Text, Edit]) -> None:
    text = apply(*case)
    assert Text.of(text.content, text.formats) == text


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (Insert(0, "Oh, "), Text.of("Oh, hello", [Format(4, 2, {"bold": True})])),
        (Insert(1, "-"), Text.of("h-ello", [Format(0, 1, {"bold": True}), Format(2, 1, {"bold": True})])),
        (Insert(5, "!", {"bold": None}), Text.of("hello!", [Format(0, 2, {"bold": True})])),
        (Insert(2, "n", {"bold": True}), Text.of("henllo", [Format(0, 3, {"bold": True})])),
        (Delete(0, 1), Text.of("ello", [Format(0, 1, {"bold": True})])),
        (Delete(0, 5), Text()),
        (Retain(5), HELLO),
        (Format(0, 2, {"bold": None}), Text.of("hello")),
        (Format(2, 3, {"bold": True}), Text.of("hello", [Format(0, 5, {"bold": True})])),
        (Format(1, 1, {"size": 2}), Text.of("hello", [Format(0, 2, {"bold": True}), Format(1, 1, {"size": 2})])),
    ],
)
def test_an_operation_does_what_its_name_says(operation: Operation, expected: Text) -> None:
    assert apply(HELLO, (operation,)) == expected


@pytest.mark.parametrize(
    ("operation", "end"),
    [(Insert(6, "x"), 6), (Delete(4, 2), 6), (Delete(7, 1), 8), (Format(5, 1, {"b": 1}), 6), (Retain(6), 6)],
)
def test_an_operation_past_the_end_is_refused_with_its_bounds(operation: Operation, end: int) -> None:
    with pytest.raises(OperationInvalid) as caught:
        apply(HELLO, (Retain(1), operation))
    invalid = caught.value
    assert (invalid.operation, invalid.index, invalid.text_length) == (operation, 1, 5)
    assert f"operation 1 of the edit, {operation.kind}, reaches position {end} in a text of 5" in str(invalid)
    with pytest.raises(OperationInvalid):
        invert(HELLO, (operation,))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Insert(-1, "x"), "position"),
        (lambda: Insert(True, "x"), "position"),
        (lambda: Insert(0, ""), "content"),
        (lambda: Insert(0, "\ud83d"), "content"),
        (lambda: Delete(0, 0), "length"),
        (lambda: Delete(0, True), "length"),
        (lambda: Delete(-3, 1), "position"),
        (lambda: Retain(0), "length"),
        (lambda: Format(0, 1, EMPTY), "attributes"),
    ],
)
def test_an_operation_that_can_fit_no_text_cannot_be_made(make: Callable[[], Operation], name: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        make()
    assert caught.value.field == name


def test_a_format_value_of_true_is_not_the_number_one() -> None:
    assert Text.of("a", [Format(0, 1, {"b": True})]) != Text.of("a", [Format(0, 1, {"b": 1})])
