"""Faults of choices and of rows that can never be taken, by sentence and line."""

import pytest

from statekit import EVERY, Kind
from statekit.row import Choice
from tests.faulty import (
    STATES,
    A,
    Ask,
    B,
    C,
    Foreign,
    Go,
    build,
    choice,
    faults_of,
    group,
    guard,
    row,
    rows,
    stay,
    to,
    with_event,
)
from tests.here import here


# -------------------------------------------------------------------------------------------------------------- choices
def test_a_choice_needs_a_last_branch_without_a_guard():
    guarded = choice("picked", to(A, guard=guard), to(B, guard=guard))
    sentence = "choice 'picked' needs a last branch without a guard: else no way out"
    assert faults_of(row(C, Go, guarded)) == (f"{guarded.origin}: {sentence}",)
    empty = Choice("picked", (), here())
    assert faults_of(row(C, Go, empty)) == (f"{empty.origin}: {sentence}",)


def test_a_branch_without_a_guard_may_only_come_last():
    early = to(A)
    picked = choice("picked", early, to(B))
    assert faults_of(row(C, Go, picked)) == (
        f"{early.origin}: choice 'picked': a branch without a guard hides those after it",
    )


def test_a_fault_in_a_choice_is_told_once_however_many_rows_lead_there():
    branch = to(Foreign.X)
    picked = choice("picked", branch)
    found = faults_of(row(C, Go, picked), row(B, Go, choice("outer", to(picked))))
    assert found == (f"{branch.origin}: the target Foreign.X is no state of small: name one of A, B, C, END",)


@pytest.mark.parametrize("role", ["guard", "update"])
def test_the_functions_of_a_branch_take_the_context_only(role):
    branch = to(A, **{role: with_event})
    last = to(B)
    found = faults_of(row(C, Go, choice("picked", *((branch, last) if role == "guard" else (branch,)))))
    assert found == (f"{branch.origin}: the {role} with_event must take (context)",)


def test_an_effect_of_a_branch_is_named_with_the_branchs_line():
    branch = to(A, Ask)
    assert faults_of(row(C, Go, choice("picked", branch))) == (
        f"{branch.origin}: the effect Ask is a class: list an instance, Ask(...), or a maker of one",
    )


@pytest.mark.parametrize("moment", ["entry", "exit"])
def test_an_effect_of_entry_or_exit_is_named_with_the_places_line(moment):
    declared = rows.state(A, Kind.REST, "a", **{moment: (Ask,)})
    sentence = "the effect Ask is a class: list an instance, Ask(...), or a maker of one"
    assert faults_of(states=(declared, *STATES[1:])) == (f"{declared.origin}: {sentence}",)
    listed = group("listed", A, **{moment: (Ask,)})
    assert faults_of(groups=(listed,)) == (f"{listed.origin}: {sentence}",)


# -------------------------------------------------------------------------------------------- rows that are never taken
def test_a_row_after_an_unguarded_one_of_its_level_can_never_be_taken():
    first = row(A, Go, B)
    second = row(A, Go, C, guard=guard)
    third = row(A, Go, C)
    assert faults_of(first, second, third) == tuple(
        f"{hidden.origin}: can never be taken: the row at {first.origin} comes first and has no guard"
        for hidden in (second, third)
    )


def test_a_row_that_only_an_inner_level_hides_is_allowed():
    whole = group("whole", A, B)
    build(row(A, Go, B), row(whole, Go, C), stay(EVERY, Go), groups=(whole,))
