"""Interned values: one for all equal ones, bounded, and off where it does not pay."""

from copy import copy, deepcopy
from enum import StrEnum
from pickle import dumps, loads

import pytest
from attrs import evolve, field, frozen

from statekit.interned import LIMIT, WINDOW, Interned, Memo, alike


class Colour(StrEnum):
    RED = "red"


@frozen
class Value:
    size: object = 0
    note: object = field(default=None, eq=False)


@frozen
class Wider(Value):
    pass


class Plain:
    """Equal to all of its kind, and told apart by who knows how."""

    def __eq__(self, other):
        return isinstance(other, Plain)

    def __hash__(self):
        return 1


class Odd(Value):
    """Has the fields of its base, and what else nobody knows."""


def test_of_equal_values_the_first_is_kept_for_all():
    interned, first = Interned(), object()
    assert interned.one("key", first) is first
    assert interned.one("key", object()) is first
    assert len(interned) == 1


def test_values_under_other_keys_are_kept_apart():
    interned, first, second = Interned(), object(), object()
    assert (interned.one(1, first), interned.one(2, second)) == (first, second)
    assert (interned.one(1, None), interned.one(2, None)) == (first, second)


def test_no_more_are_kept_than_the_limit_and_one_more_forgets_them_all():
    interned = Interned()
    for number in range(LIMIT):
        interned.one(number, number + 1)
        assert interned.one(number, None) == number + 1  # asked again, so that it pays
    assert len(interned) == LIMIT
    interned.one("one more", "new")
    assert (interned.on, len(interned)) == (True, 1)
    assert interned.one(0, "again") == "again"


def fill(interned, asked, found):
    """Ask so many questions, of which so many find what is known."""
    for number in range(asked - found):
        interned.one(number, number + 1)
    for _ in range(found):
        interned.one(0, None)


def test_it_goes_off_and_forgets_when_fewer_than_a_quarter_were_known():
    interned = Interned()
    fill(interned, WINDOW - 1, WINDOW // 4 - 1)
    assert interned.on
    assert interned.one("the last of the window", 1) is None
    assert (interned.on, len(interned)) == (False, 0)


def test_it_stays_on_when_a_quarter_were_known_and_begins_to_count_again():
    interned = Interned()
    fill(interned, WINDOW - 1, WINDOW // 4)
    assert interned.one("the last of the window", 1) == 1
    fill(interned, 1, 0)
    assert interned.on
    for number in range(WINDOW):
        interned.one(("none of these", number), 1)
    assert not interned.on


@pytest.mark.parametrize("key", [[], (1, []), {}])
def test_a_key_that_cannot_be_hashed_turns_it_off(key):
    interned = Interned()
    interned.one("key", 1)
    assert interned.one(key, 1) is None
    assert (interned.on, len(interned)) == (False, 0)


def test_a_value_is_never_given_for_a_key_that_is_equal_but_not_alike():
    interned = Interned()
    for key, value in (((1, 0.0), "first"), ((True, 0.0), "second"), ((1, -0.0), "third"), ((1.0, 0.0), "fourth")):
        assert interned.one(key, value) in (None, value)
    assert interned.one((1, 0.0), "first") in (None, "first")
    assert len(interned) == 1


PLAIN = Plain()
ODD = Odd()
ALIKE = [
    (10**30, int("1" + 30 * "0")),
    ("word", str(b"word", "ascii")),
    (b"word", bytes("word", "ascii")),
    (0.1, float("0.1")),
    (None, None),
    (Colour.RED, Colour("red")),
    (PLAIN, PLAIN),
    (ODD, ODD),
    ((), ()),
    ((1, ("a", 2.0)), (1, ("a", 2.0))),
    (frozenset(), frozenset()),
    (frozenset({1, "a", (2,)}), frozenset({(2,), "a", 1})),
    (Value(1, "note"), Value(1, "note")),
    (Value((Value("deep"),)), Value((Value("deep"),))),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_values_that_nothing_tells_apart_are_alike(one, other):
    assert one == other
    assert alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (0, False),
        (0.0, -0.0),
        ("red", Colour.RED),
        (Plain(), Plain()),
        ((2, 1), (2, True)),
        (Odd(), Odd()),
        (frozenset({1}), frozenset({True})),
        (frozenset({(1, 0.0)}), frozenset({(1, -0.0)})),
        (Value(1), Value(True)),
        (Value(1, "note"), Value(1, "another note")),
        (Value((Value(1),)), Value((Value(1.0),))),
    ],
)
def test_values_that_are_equal_may_not_be_alike(one, other):
    assert one == other
    assert not alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, 2), ("a", "b"), (0.5, 0.6), ((1,), (1, 2)), (frozenset({1}), frozenset({2})), (Value(), Wider())],
)
def test_values_that_are_not_equal_are_not_alike(one, other):
    assert not alike(one, other)


def test_sets_of_several_sizes_are_not_alike():
    assert not alike(frozenset({1}), frozenset({1, 2}))


@frozen
class Rememberer:
    memo: object


def test_a_memo_is_not_taken_along_by_a_copy_of_what_remembers():
    owner = object()
    memo = Memo(owner)
    memo.known["event"] = "what follows"
    assert (memo.owner, memo.known) == (owner, {"event": "what follows"})
    one = Rememberer(memo)
    assert [loads(dumps(one)).memo, deepcopy(one).memo] == [None, None]
    assert copy(one).memo is evolve(one).memo is memo
