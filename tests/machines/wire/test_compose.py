"""Two edits as one: it does what they did, meets others as they would have, and says no more than it must."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.wire.compose import compose
from machines.wire.operations import Delete, Edit, Format, Insert, Retain
from machines.wire.text import Text, apply, invert
from machines.wire.transform import cross
from tests.machines.wire.test_transform import edits, texts

BOLD = {"bold": True}


@st.composite
def runs(draw: st.DrawFn) -> tuple[Text, Edit, Edit]:
    """A text, an edit of it, and one of what that left."""
    text = draw(texts())
    edit = draw(edits(text))
    return text, edit, draw(edits(apply(text, edit)))


@given(runs())
def test_what_is_composed_does_what_the_two_did(run: tuple[Text, Edit, Edit]) -> None:
    text, edit, later = run
    assert apply(text, compose(edit, later)) == apply(apply(text, edit), later)


@given(runs())
def test_what_is_composed_is_undone_at_once(run: tuple[Text, Edit, Edit]) -> None:
    text, edit, later = run
    both = compose(edit, later)
    assert apply(apply(text, both), invert(text, both)) == text


@given(runs(), st.data(), st.booleans())
def test_what_is_composed_meets_another_edit_as_the_two_would_have(
    run: tuple[Text, Edit, Edit], data: st.DataObject, first: bool
) -> None:
    """Who composes and who does not must come to one text: a client carries its parts, the server has the whole."""
    text, edit, later = run
    other = data.draw(edits(text))
    apart, passed = cross((*edit, *later), other, first=first)
    whole, met = cross(compose(edit, later), other, first=first)
    assert apply(apply(text, other), whole) == apply(apply(text, other), apart)
    after = apply(apply(text, edit), later)
    assert apply(after, met) == apply(after, passed)


@given(runs())
def test_what_is_composed_is_no_longer_than_the_two(run: tuple[Text, Edit, Edit]) -> None:
    _, edit, later = run
    assert len(compose(edit, later)) <= len(edit) + len(later)


@pytest.mark.parametrize(
    ("edit", "later", "both"),
    [
        pytest.param((Insert(1, "wor"),), (Insert(4, "d"),), (Insert(1, "word"),), id="typing on"),
        pytest.param((Insert(1, "wrd"),), (Insert(2, "o"),), (Insert(1, "word"),), id="into the middle"),
        pytest.param((Insert(1, "a", BOLD),), (Insert(2, "b", BOLD),), (Insert(1, "ab", BOLD),), id="dressed alike"),
        pytest.param((Insert(1, "a", BOLD),), (Insert(2, "b"),), (Insert(1, "a", BOLD), Insert(2, "b")), id="unlike"),
        pytest.param((Insert(1, "ab"),), (Delete(2, 1),), (Insert(1, "a"),), id="taking a letter back"),
        pytest.param((Insert(1, "ab"),), (Delete(1, 2),), (), id="taking all back"),
        pytest.param((Insert(1, "ab"),), (Delete(0, 2),), (Insert(1, "ab"), Delete(0, 2)), id="and more than that"),
        pytest.param((Delete(4, 1),), (Delete(3, 1),), (Delete(3, 2),), id="backspaces"),
        pytest.param((Delete(3, 1),), (Delete(3, 2),), (Delete(3, 3),), id="deleting on"),
        pytest.param((Delete(3, 1),), (Delete(1, 4),), (Delete(1, 5),), id="around it"),
        pytest.param((Delete(3, 1),), (Delete(0, 1),), (Delete(3, 1), Delete(0, 1)), id="elsewhere"),
        pytest.param((Delete(3, 1),), (Insert(3, "x"),), (Delete(3, 1), Insert(3, "x")), id="replacing"),
        pytest.param((Retain(2),), (Format(0, 1, BOLD), Retain(1)), (Format(0, 1, BOLD),), id="retains say nothing"),
        pytest.param((), (), (), id="nothing"),
    ],
)
def test_neighbours_become_one_where_they_can(edit: Edit, later: Edit, both: Edit) -> None:
    assert compose(edit, later) == both


def test_a_word_typed_letter_by_letter_and_corrected_is_one_insert() -> None:
    edit: Edit = ()
    for later in (Insert(0, "h"), Insert(1, "w"), Delete(1, 1), Insert(1, "e"), Insert(2, "y")):
        edit = compose(edit, (later,))
    assert edit == (Insert(0, "hey"),)
