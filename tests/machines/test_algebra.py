"""The laws of a type of documents, for the shipped one and for two that an application might have."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.conflict_recovery import CONFLICT_RECOVERY, SYNCED, Context
from machines.document import (
    Acknowledged,
    Attach,
    Granted,
    OperationEnded,
    Outcome,
    Refused,
    RemoteEdit,
    Submit,
    Synced,
)
from machines.link import Send
from machines.replica import Replica, replica_of
from machines.text import TEXT
from machines.wire.messages import Document, DocumentEdit, DocumentSync, OperationAck, OperationBroadcast
from machines.wire.operations import Delete, Format, Insert
from machines.wire.text import Text
from statekit.testing.walk import Walk
from tests.laws.servers import TEXTS
from tests.machines.algebras import BOARDS, COUNTERS, RICH_TEXTS, Board, Counter

KINDS = [pytest.param(each, id=each.algebra.name) for each in (RICH_TEXTS, COUNTERS, BOARDS)]
every_kind = pytest.mark.parametrize("kind", KINDS)
SEEDS = st.integers(0, 2**32)


def drawn(kind, seed):
    """A document with a past, and the chance to draw operations by."""
    chance, document = Random(seed), kind.initial
    for mark in range(chance.randrange(4)):
        document = kind.algebra.apply(document, kind.draw(chance, document, mark))
    return chance, document


@every_kind
@given(SEEDS, st.booleans())
def test_two_authors_come_to_one_document(kind, seed, first):
    """TP1."""
    (chance, document), algebra = drawn(kind, seed), kind.algebra
    left, right = (kind.draw(chance, document, mark) for mark in (5, 6))
    one = algebra.apply(algebra.apply(document, left), algebra.transform(right, left, first=not first))
    other = algebra.apply(algebra.apply(document, right), algebra.transform(left, right, first=first))
    assert one == other
    halves = algebra.transform(left, right, first=first), algebra.transform(right, left, first=not first)
    assert algebra.cross(left, right, first=first) == halves


@every_kind
@given(SEEDS)
def test_what_is_composed_is_both_one_after_the_other(kind, seed):
    (chance, document), algebra = drawn(kind, seed), kind.algebra
    operation = kind.draw(chance, document, 5)
    after = algebra.apply(document, operation)
    later = kind.draw(chance, after, 6)
    assert algebra.apply(document, algebra.compose(operation, later)) == algebra.apply(after, later)


@every_kind
@given(SEEDS, st.booleans())
def test_what_is_composed_is_transformed_as_its_parts_would_be(kind, seed, first):
    (chance, document), algebra = drawn(kind, seed), kind.algebra
    operation, other = kind.draw(chance, document, 5), kind.draw(chance, document, 7)
    after = algebra.apply(document, operation)
    later = kind.draw(chance, after, 6)
    passed, one = algebra.cross(other, operation, first=first)
    passed, two = algebra.cross(passed, later, first=first)
    met, whole = algebra.cross(other, algebra.compose(operation, later), first=first)
    beside = algebra.apply(document, other)
    assert algebra.apply(beside, whole) == algebra.apply(algebra.apply(beside, one), two)
    end = algebra.apply(after, later)
    assert algebra.apply(end, met) == algebra.apply(end, passed)


@every_kind
@given(SEEDS)
def test_inverting_undoes(kind, seed):
    (chance, document), algebra = drawn(kind, seed), kind.algebra
    operation = kind.draw(chance, document, 5)
    after = algebra.apply(document, operation)
    assert algebra.apply(after, algebra.invert(document, operation)) == document


@every_kind
@given(SEEDS, SEEDS)
def test_the_difference_makes_one_document_of_another(kind, seed, other):
    (_, old), (_, new), algebra = drawn(kind, seed), drawn(kind, other), kind.algebra
    assert algebra.apply(old, algebra.difference(old, new)) == new
    assert algebra.apply(algebra.empty, algebra.difference(algebra.empty, new)) == new


@pytest.mark.parametrize(
    ("old", "new", "edit"),
    [
        (Text("abcd"), Text("abXcd"), (Insert(2, "X"),)),
        (Text("abcd"), Text("ad"), (Delete(1, 2),)),
        (Text("aa"), Text("aaa"), (Insert(2, "a"),)),
        (Text("abc"), Text("abc"), ()),
        (Text("abc"), Text.of("abc", [Format(0, 1, {"b": 1})]), None),
    ],
)
def test_a_text_that_replaces_another_leaves_alone_what_both_have(old, new, edit):
    whole = (Delete(0, 3), Insert(0, "abc"), Format(0, 1, {"b": 1}))
    assert TEXT.difference(old, new) == (whole if edit is None else edit)


# ----------------------------------------------------------------------------------------- through the whole machine
def attached(kind):
    walk = Walk(CONFLICT_RECOVERY, Context(replica_of("ann", kind.algebra)))
    walk.send(Attach(), Synced(DocumentSync(Document("d", 3, kind.initial), message_id="ann:sync:1")))
    assert (walk.state, walk.context.replica.view) == (SYNCED, kind.initial)
    return walk


def told(walk, kind):
    return [each for each in walk.effects if isinstance(each, kind)]


def test_a_counter_goes_through_the_pipeline():
    walk = attached(COUNTERS)
    walk.send(Submit(10, 1), Submit(100, 2), Granted("ann:1"))
    assert told(walk, Send) == [Send(DocumentEdit(110, 3, client_id="ann", message_id="ann:1"))]
    walk.send(RemoteEdit(OperationBroadcast(-5, 4, "bob", "bob:1")))
    assert (walk.context.replica.view, walk.context.replica.base) == (110, 0)
    walk.send(Acknowledged(OperationAck("ann:1", 5)))
    assert [each.outcome for each in told(walk, OperationEnded)] == [Outcome.ACKNOWLEDGED] * 2
    assert (walk.state, walk.context.replica.base) == (SYNCED, 110)


def test_a_map_goes_through_the_pipeline_and_what_is_refused_is_undone():
    walk = attached(BOARDS)
    refused = walk.send(Submit(frozenset({("_secret", 1)}), 1))
    assert refused.because == "the edit does not fit the document"
    walk.send(Submit(frozenset({("a", 7)}), 1), Granted("ann:1"))
    walk.send(RemoteEdit(OperationBroadcast(frozenset({("a", 1), ("b", 2)}), 4, "bob", "bob:1")))
    assert dict(walk.context.replica.view) == {"a": 7, "b": 2}, "ann goes before bob"
    walk.send(Refused("ann:1", "OPERATION_REJECTED"))
    assert (walk.state, dict(walk.context.replica.view)) == (SYNCED, {"a": 1, "b": 2})


def test_a_replica_begins_with_its_type_s_empty_document():
    assert Replica("ann").view == TEXTS.algebra.empty == Text()
    assert replica_of("ann", Counter()).view == 0
    assert replica_of("ann", Board()).view == frozenset()
