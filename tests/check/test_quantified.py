"""Ordinals and instants: found wherever they stand, and replaced there and nowhere else."""

from collections.abc import Mapping
from typing import Annotated

import pytest
from attrs import field, frozen

from statekit import Snapshot, Ticket
from statekit.check.canonical import GAP, canonical, quantities, with_each
from statekit.check.quantified import Mark, marks, numbers, replaced
from statekit.quantities import Instant, Ordinal, Quantity
from tests.check.small import IDLE

TOKEN = Mark(Quantity.ORDINAL, "token")
PLAIN = Mark(Quantity.ORDINAL)
WHEN = Mark(Quantity.INSTANT)
Token = Annotated[Ordinal, "token"]


@frozen
class Inner:
    token: Token
    size: int = 9


@frozen
class Tree:
    number: Ordinal
    branches: "tuple[Tree, ...]" = ()


@frozen
class Hidden:
    _token: Token


# value, what it holds
VALUES = [
    (Inner(3), [(TOKEN, 3)]),
    (Tree(1, (Tree(2), Tree(3, (Tree(4),)))), [(PLAIN, 1), (PLAIN, 2), (PLAIN, 3), (PLAIN, 4)]),
    (Hidden(5), [(TOKEN, 5)]),
]


@frozen
class Outer:
    plain: int
    maybe: Token | None
    inner: Inner | None
    several: tuple[Token, ...]
    pair: tuple[int, Ordinal]
    held: frozenset[Token]
    named: Mapping[str, Token] = field(hash=False)
    when: Instant = 0.0


OUTER = Outer(1, 2, Inner(3), (4, 5), (6, 7), frozenset({8}), {"a": 9}, 10.0)
NUMBERS = [2, 3, 4, 5, 7, 8, 9, 10.0]


@pytest.mark.parametrize(("value", "held"), VALUES)
def test_every_number_is_found(value, held):
    assert list(numbers(value)) == held


def test_numbers_are_found_in_every_kind_of_field():
    assert [number for _, number in numbers(OUTER)] == NUMBERS
    assert marks(Outer) == {TOKEN, PLAIN, WHEN}


def test_numbers_are_replaced_in_every_kind_of_field():
    changed = replaced(OUTER, lambda _, number: number * 100)
    assert [number for _, number in numbers(changed)] == [number * 100 for number in NUMBERS]
    assert (changed.plain, changed.pair[0], changed.inner.size) == (1, 6, 9)


def test_what_is_not_changed_stays_the_very_same():
    assert replaced(OUTER, lambda _, number: number) is OUTER
    assert replaced(Outer(1, None, None, (), (6, 7), frozenset(), {}), lambda _, n: n).maybe is None


@frozen
class Labelled:
    first: Annotated[Inner, "the one that counts"]
    size: Annotated[int, "in bytes"] = 9


def test_numbers_are_found_behind_annotations_that_say_something_else():
    labelled = Labelled(Inner(3))
    assert numbers(labelled) == ((TOKEN, 3),)
    assert replaced(labelled, lambda _, number: number * 10) == Labelled(Inner(30))


def test_a_value_that_is_not_what_its_annotation_says_is_left_alone():
    strange = Outer(1, "soon", Inner(3), "none yet", (6, "unknown"), frozenset(), {}, "never")
    assert numbers(strange) == ((TOKEN, 3),)
    assert replaced(strange, lambda _, number: number) is strange


@pytest.mark.parametrize("value", [3, "text", None, (1, 2), frozenset({1})])
def test_what_bears_no_mark_holds_nothing(value):
    assert numbers(value) == ()
    assert replaced(value, lambda _, number: number + 1) == value


def test_ordinals_that_are_not_positive_stand_for_none():
    assert numbers(Inner(0)) == ()
    assert numbers(Inner(-1)) == ()
    assert numbers(Inner(0), none=True) == ((TOKEN, 0),)


def test_ranks_keep_the_order_within_a_kind_and_leave_gaps():
    found = ((TOKEN, 7), (TOKEN, 900), (TOKEN, 8), (PLAIN, 900))
    rank = canonical(found, 0.0)
    assert [rank(TOKEN, number) for number in (7, 8, 900)] == [GAP, 2 * GAP, 3 * GAP]
    assert rank(PLAIN, 900) == GAP
    assert rank(TOKEN, 0) == 0


def test_what_is_canonical_needs_nothing():
    assert canonical(((TOKEN, GAP), (TOKEN, 2 * GAP)), 0.0) is None


@pytest.mark.parametrize(
    ("instant", "age"), [(-3.0, -3.0), (-30.0, -10.0), (30.0, 10.0), (float("-inf"), float("-inf")), (0.0, 0.0)]
)
def test_ages_are_clamped_but_what_never_was_stays(instant, age):
    clamp = canonical(((WHEN, instant), (WHEN, -1000.0)), 10.0)
    assert clamp(WHEN, instant) == age


def test_keys_and_postponed_events_of_a_snapshot_bear_quantities_too():
    ticket = Ticket(1, "leased", "on", 5)
    snapshot = Snapshot(IDLE, Inner(3), (ticket,), (Inner(4),), 1)
    keys = {"leased": Token}
    assert [number for _, number in quantities(snapshot, keys)] == [3, 4, 5]
    changed = with_each(snapshot, lambda _, number: number * 10, keys)
    assert (changed.context, changed.postponed) == (Inner(30), (Inner(40),))
    assert changed.tickets == (Ticket(1, "leased", "on", 50),)
