"""The inventory: every invariant of the specification is a named claim, or is said to be true by construction, and why.

A claim bears the number of its invariant as the first word of its code (`"C8 time"` is about C8). What is true by
construction is listed at the head of the file that makes the claims: `- B5, one reset timer: ...`.
"""

import re
from itertools import chain

import pytest

from machines.properties import (
    auth_refresh,
    circuit_breaker,
    conflict_recovery,
    connection,
    error_storm,
    rate_limit,
    session,
)

INVARIANTS = {
    # letter: how many the specification has, and where they are claimed
    "C": (12, connection),
    "A": (11, auth_refresh),
    "B": (9, circuit_breaker),
    "O": (12, conflict_recovery),
    "R": (10, rate_limit),
    "S": (7, error_storm),
    "G": (8, session),
}


def claimed(module):
    """Give the numbers that the claims of a model bear."""
    return {each.code.split()[0] for each in module.MODEL.properties}


def constructed(module):
    """Give the numbers that are said to be true by construction, each with what is said of it."""
    head, _, listed = module.__doc__.partition("True by construction, and so claimed nowhere else:\n")
    items = re.findall(r"^- ([A-Z]\d+)[^\n]*?: ((?:.|\n  )*)", listed, re.MULTILINE)
    assert head, f"{module.__name__} says first what it claims"
    assert len(items) == listed.count("\n- ") + listed.startswith("- "), "each says which invariant, what, and why"
    return dict(items)


@pytest.mark.parametrize("letter", INVARIANTS)
def test_every_invariant_is_claimed_or_true_by_construction(letter):
    count, module = INVARIANTS[letter]
    wanted = [f"{letter}{number}" for number in range(1, count + 1)]
    found = claimed(module) | constructed(module).keys()
    assert [each for each in wanted if each not in found] == []


@pytest.mark.parametrize("letter", INVARIANTS)
def test_nothing_is_claimed_under_a_number_that_the_specification_does_not_have(letter):
    count, module = INVARIANTS[letter]
    numbers = [re.fullmatch(rf"{letter}(\d+)", each) for each in chain(claimed(module), constructed(module))]
    assert all(1 <= int(each[1]) <= count for each in numbers if each)
