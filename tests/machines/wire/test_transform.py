"""Concurrent edits converge, and take nothing from each other."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from machines.wire.operations import Delete, Edit, Format, Insert, Operation, Retain
from machines.wire.text import Text, apply
from machines.wire.transform import cross, transform

VALUES = st.sampled_from([True, 1, "x", None])
ATTRIBUTES = st.dictionaries(st.sampled_from("bi"), VALUES, max_size=2)
DRESSES = st.dictionaries(st.sampled_from("bi"), VALUES, min_size=1, max_size=2)
KINDS = (Insert, Delete, Retain, Format)


@st.composite
def operations(draw: st.DrawFn, size: int, kinds: tuple[type[Operation], ...] = KINDS) -> Operation:
    """An operation that fits a text of that size; only an insert fits an empty one."""
    kind = draw(st.sampled_from(kinds if size else (Insert,)))
    position = draw(st.integers(0, size if kind is Insert else max(0, size - 1)))
    if kind is Insert:
        return Insert(position, draw(st.text("xyz", min_size=1, max_size=3)), draw(ATTRIBUTES))
    length = draw(st.integers(1, size - position))
    if kind is Delete:
        return Delete(position, length)
    return Retain(length) if kind is Retain else Format(position, length, draw(DRESSES))


@st.composite
def edits(draw: st.DrawFn, text: Text, most: int = 5) -> Edit:
    """An edit that fits the text."""
    edit: Edit = ()
    for _ in range(draw(st.integers(0, most))):
        operation = draw(operations(len(text)))
        edit, text = (*edit, operation), apply(text, (operation,))
    return edit


@st.composite
def texts(draw: st.DrawFn, least: int = 0) -> Text:
    """A text of up to eight different letters, formatted or not."""
    content = "abcdefgh"[: draw(st.integers(least, 8))]
    ends = st.integers(0, max(0, len(content) - 1))
    formats: list[Format] = []
    for _ in range(draw(st.integers(0, 3 if content else 0))):
        position = draw(ends)
        formats.append(Format(position, draw(st.integers(1, len(content) - position)), draw(DRESSES)))
    return Text.of(content, formats)


def both_ways(text: Text, left: Edit, right: Edit, *, first: bool) -> tuple[Text, Text]:
    """What the two replicas hold once each has the other's edit."""
    return (
        apply(apply(text, left), transform(right, left, first=not first)),
        apply(apply(text, right), transform(left, right, first=first)),
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
@given(data=st.data(), text=texts(least=1), first=st.booleans())
def test_two_concurrent_operations_converge_whatever_their_kinds(
    kind: type[Operation], other: type[Operation], data: st.DataObject, text: Text, first: bool
) -> None:
    left = data.draw(operations(len(text), (kind,)))
    right = data.draw(operations(len(text), (other,)))
    one, two = both_ways(text, (left,), (right,), first=first)
    assert one == two


@given(st.data(), texts(), st.booleans())
def test_two_concurrent_edits_of_several_operations_converge(data: st.DataObject, text: Text, first: bool) -> None:
    left, right = data.draw(edits(text)), data.draw(edits(text))
    one, two = both_ways(text, left, right, first=first)
    assert one == two


@given(st.data(), texts(), st.booleans())
def test_crossing_gives_the_same_halves_as_transforming_each_way(data: st.DataObject, text: Text, first: bool) -> None:
    left, right = data.draw(edits(text)), data.draw(edits(text))
    halves = (transform(left, right, first=first), transform(right, left, first=not first))
    assert cross(left, right, first=first) == halves


@given(st.data(), texts(least=1), st.booleans())
def test_a_delete_never_takes_text_that_was_inserted_meanwhile(data: st.DataObject, text: Text, first: bool) -> None:
    delete = data.draw(operations(len(text), (Delete,)))
    assert isinstance(delete, Delete)
    position = data.draw(st.integers(0, len(text)))
    inserted = apply(text, (Insert(position, "NEW"),))
    left_over = apply(inserted, transform((delete,), (Insert(position, "NEW"),), first=first)).content
    assert "NEW" in left_over
    assert left_over.replace("NEW", "") == apply(text, (delete,)).content


def length_of(operation: Operation) -> int:
    """How many characters it takes away."""
    return operation.length if isinstance(operation, Delete) else 0


@given(st.data(), texts(least=1), st.booleans())
def test_no_character_is_deleted_twice(data: st.DataObject, text: Text, first: bool) -> None:
    left, right = (data.draw(operations(len(text), (Delete,))) for _ in range(2))
    gone = {place for each in (left, right) for place in range(each.end - length_of(each), each.end)}
    kept = "".join(letter for place, letter in enumerate(text.content) if place not in gone)
    assert both_ways(text, (left,), (right,), first=first)[0].content == kept


@given(st.data(), texts(), st.booleans())
def test_everything_inserted_by_either_author_survives_when_nobody_deletes_it(
    data: st.DataObject, text: Text, first: bool
) -> None:
    positions = st.lists(st.integers(0, len(text)), min_size=1, max_size=4)
    left = tuple(Insert(position, "L") for position in data.draw(positions))
    right = tuple(Insert(position, "R") for position in data.draw(positions))
    content = both_ways(text, left, right, first=first)[0].content
    assert (content.count("L"), content.count("R")) == (len(left), len(right))


def test_of_two_inserts_at_one_place_the_first_authors_stays_left() -> None:
    left, right = (Insert(1, "L"),), (Insert(1, "R"),)
    text = Text.of("ab")
    assert [each.content for each in both_ways(text, left, right, first=True)] == ["aLRb", "aLRb"]
    assert [each.content for each in both_ways(text, left, right, first=False)] == ["aRLb", "aRLb"]


def test_two_authors_who_type_at_one_place_do_not_interleave() -> None:
    left = (Insert(0, "o"), Insert(1, "n"), Insert(2, "e"))
    right = (Insert(0, "t"), Insert(1, "w"), Insert(2, "o"))
    assert both_ways(Text(), left, right, first=True)[0].content == "onetwo"
    assert both_ways(Text(), left, right, first=False)[0].content == "twoone"


def test_of_two_values_for_one_attribute_the_first_authors_wins_and_the_rest_is_kept() -> None:
    left, right = (Format(0, 4, {"size": 1}),), (Format(1, 2, {"size": 2, "bold": True}),)
    text = Text.of("abcd")
    won = both_ways(text, left, right, first=True)[0]
    assert won == Text.of("abcd", [Format(0, 4, {"size": 1}), Format(1, 2, {"bold": True})])
    lost = both_ways(text, left, right, first=False)[0]
    assert lost == Text.of("abcd", [Format(0, 4, {"size": 1}), Format(1, 2, {"size": 2, "bold": True})])


def test_a_format_leaves_text_alone_that_was_inserted_into_its_middle() -> None:
    assert transform((Format(0, 4, {"b": 1}),), (Insert(2, "NEW"),), first=True) == (
        Format(0, 2, {"b": 1}),
        Format(5, 2, {"b": 1}),
    )


def test_a_delete_across_an_insert_falls_into_two() -> None:
    assert transform((Delete(0, 4),), (Insert(2, "NEW"),), first=True) == (Delete(0, 2), Delete(3, 2))


def test_a_delete_of_what_is_gone_already_leaves_nothing_to_do() -> None:
    assert transform((Delete(1, 2),), (Delete(0, 4),), first=True) == ()


@given(st.data(), texts())
def test_an_edit_against_nothing_changes_only_by_its_retains(data: st.DataObject, text: Text) -> None:
    edit = data.draw(edits(text))
    assume(edit)
    changing = tuple(operation for operation in edit if not isinstance(operation, Retain))
    assert transform(edit, (), first=True) == changing
    assert apply(text, changing) == apply(text, edit)


def test_long_edits_cross_without_deep_recursion() -> None:
    left = tuple(Insert(0, "L") for _ in range(600))
    right: Edit = (Delete(0, 1), *(Insert(0, "R") for _ in range(300)))
    one, two = both_ways(Text.of("a"), left, right, first=True)
    assert one == two
    assert one.content == "L" * 600 + "R" * 300
