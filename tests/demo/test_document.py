"""The shared document: an order for everybody's edits, each applied once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.demo.document import Applied, Conflict, Duplicate, SharedDocument, Unfit
from machines.wire.operations import Delete, Insert, Retain
from machines.wire.text import Text, apply


def a_document(content="", **options):
    return SharedDocument("shared", Text.of(content), **options)


def test_an_edit_on_the_present_version_is_applied_as_it_is():
    document = a_document("ab")
    applied = document.submit(0, (Insert(1, "x"),), "ann", "ann:1")
    assert applied == Applied(document.history[0], transformed=False)
    assert (document.text.content, document.version) == ("axb", 1)


def test_an_edit_on_an_older_version_is_carried_forward():
    document = a_document("ab")
    document.submit(0, (Insert(0, "12"),), "ann", "ann:1")
    applied = document.submit(0, (Delete(1, 1),), "bob", "bob:1")
    assert applied.transformed
    assert applied.entry.operation == (Delete(3, 1),)
    assert document.text.content == "12a"


@pytest.mark.parametrize("order", [("ann", "bob"), ("bob", "ann")])
def test_at_one_place_the_smaller_client_id_stays_left_whoever_came_first(order):
    document = a_document()
    for client_id in order:
        document.submit(0, (Insert(0, client_id),), client_id, f"{client_id}:1")
    assert document.text.content == "annbob"


def test_a_message_is_applied_once_whatever_its_resend_says():
    document = a_document()
    first = document.submit(0, (Insert(0, "x"),), "ann", "ann:1")
    again = document.submit(1, (Insert(0, "other"),), "ann", "ann:1")
    assert again == Duplicate(first.entry)
    assert document.text.content == "x"


def test_the_same_message_id_of_another_client_is_another_message():
    document = a_document()
    document.submit(0, (Insert(0, "x"),), "ann", "1")
    assert isinstance(document.submit(1, (Insert(0, "y"),), "bob", "1"), Applied)


def test_a_message_is_known_as_a_duplicate_even_when_its_base_is_out_of_reach():
    document = a_document(reach_operations=1)
    document.submit(0, (Insert(0, "x"),), "ann", "ann:1")
    for number in range(3):
        document.submit(document.version, (Insert(0, "y"),), "bob", f"bob:{number}")
    assert isinstance(document.submit(0, (Insert(0, "x"),), "ann", "ann:1"), Duplicate)


def test_a_base_out_of_reach_is_a_conflict():
    document = a_document(reach_operations=2)
    for number in range(3):
        document.submit(number, (Insert(0, "y"),), "bob", f"bob:{number}")
    assert document.submit(0, (Insert(0, "x"),), "ann", "ann:1") == Conflict(0, 3, 3)
    assert isinstance(document.submit(1, (Insert(0, "x"),), "ann", "ann:1"), Applied)


def test_a_version_that_does_not_exist_yet_is_a_conflict():
    assert a_document().submit(1, (Insert(0, "x"),), "ann", "ann:1") == Conflict(1, 0, 0)


@pytest.mark.parametrize(
    "edit", [(Insert(3, "x"),), (Delete(1, 2),), (Retain(3),), (Insert(2, "x"), Delete(0, 3), Insert(1, "y"))]
)
def test_an_edit_must_fit_the_version_it_was_made_on(edit):
    document = a_document("ab")
    document.submit(0, (Insert(0, "long enough now"),), "bob", "bob:1")
    outcome = document.submit(0, edit, "ann", "ann:1")
    assert isinstance(outcome, Unfit)
    assert "2 characters" in outcome.problem or "0 characters" in outcome.problem
    assert document.version == 1


def test_an_edit_that_others_made_void_still_makes_a_version():
    document = a_document("ab")
    document.submit(0, (Delete(0, 2),), "ann", "ann:1")
    applied = document.submit(0, (Delete(0, 2),), "bob", "bob:1")
    assert applied.entry.operation == ()
    assert (document.text.content, document.version) == ("", 2)


def test_since_says_none_where_it_cannot_tell():
    document = a_document(reach_operations=1)
    document.submit(0, (Insert(0, "x"),), "ann", "ann:1")
    document.submit(1, (Insert(0, "y"),), "ann", "ann:2")
    assert document.since(0) is None
    assert [entry.version for entry in document.since(1)] == [2]
    assert document.since(2) == ()
    assert document.since(3) is None


@given(st.data())
def test_the_history_replayed_from_the_start_is_the_document(data):
    document = a_document("start")
    for number in range(data.draw(st.integers(1, 12))):
        base = data.draw(st.integers(0, document.version))
        length = len(apply(document.initial, tuple(op for e in document.history[:base] for op in e.operation)))
        position = data.draw(st.integers(0, length))
        removes = position < length and data.draw(st.booleans())
        edit = Delete(position, data.draw(st.integers(1, length - position))) if removes else Insert(position, "ab")
        outcome = document.submit(base, (edit,), data.draw(st.sampled_from(["ann", "bob", "cid"])), str(number))
        assert isinstance(outcome, Applied)
    text = document.initial
    for version, entry in enumerate(document.history, start=1):
        assert entry.version == version
        text = apply(text, entry.operation)
    assert text == document.text
