"""The order within a move: exits, the row, branches, entries, and the context that all of it is made from."""

import pytest

from statekit import start
from statekit.transition import begin
from tests.moves import (
    GROUPS,
    NESTED_INNER,
    NESTED_OUTER,
    STATES,
    A,
    B,
    C,
    Context,
    D,
    Go,
    Note,
    broken_maker,
    build,
    choice,
    counted,
    declared,
    never,
    noting,
    reenter,
    row,
    stay,
    tell,
    texts,
    to,
)

BRANCHING = choice(
    "branching",
    to(A, noting("not taken"), guard=never),
    to(choice("deeper", to(D, noting("inner branch"), update=counted)), noting("outer branch"), update=counted),
)


def test_a_move_runs_exit_inner_to_outer_then_row_then_branches_then_entry_outer_to_inner():
    machine = build(row(A, Go, BRANCHING, noting("row"), update=counted), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert texts(move) == [
        "exit a",
        "exit inner",
        "exit outer",
        "row",
        "outer branch",
        "inner branch",
        "entry far outer",
        "entry far inner",
        "entry d",
        "entry d again",
    ]


def test_every_effect_of_a_move_is_made_from_the_context_as_it_ends_up():
    machine = build(row(A, Go, BRANCHING, noting("row"), update=counted), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert move.context == Context(3)
    assert {order.count for order in move.orders} == {3}


def test_a_move_inside_a_group_runs_neither_its_entry_nor_its_exit():
    machine = build(row(A, Go, B), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert texts(move) == ["exit a", "entry b"]


def test_a_move_out_of_an_inner_group_keeps_the_outer_one():
    machine = build(row(A, Go, C), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert texts(move) == ["exit a", "exit inner", "entry far outer", "entry c"]


def test_a_stay_runs_neither_exit_nor_entry():
    machine = build(stay(A, Go, Note("row"), update=counted), groups=GROUPS, states=STATES)
    verdict, move = tell(machine)
    assert texts(move) == ["row"]
    assert move.context == Context(1)
    assert (verdict.source, verdict.target, str(verdict)) == (A, A, "stays A")
    assert not move.leaf.moved


def test_a_reenter_of_a_state_runs_its_exit_and_entry_but_not_its_groups():
    machine = build(reenter(A, Go, Note("row")), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert texts(move) == ["exit a", "row", "entry a"]
    assert move.leaf.moved


def test_a_reenter_of_a_group_leaves_and_enters_it_and_the_groups_inside_it():
    machine = build(reenter(NESTED_OUTER, Go, Note("row")), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert texts(move) == [
        "exit a", "exit inner", "exit outer", "row", "entry outer", "entry inner", "entry a",
    ]  # fmt: skip


def test_a_reenter_of_an_inner_group_leaves_the_outer_one_alone():
    machine = build(reenter(NESTED_INNER, Go), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert texts(move) == ["exit a", "exit inner", "entry inner", "entry a"]


def test_a_groups_row_to_the_state_one_is_in_is_a_move_with_exit_and_entry():
    machine = build(row(NESTED_INNER, Go, A), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert texts(move) == ["exit a", "entry a"]
    assert move.leaf.moved


def test_starting_enters_the_groups_of_the_initial_state_from_outer_to_inner():
    machine = build(row(A, Go, B), groups=GROUPS, states=STATES)
    state, context, orders, _ = begin(machine.folded, Context(7))
    assert (state, context) == (A, Context(7))
    assert [order.text for order in orders] == ["entry outer", "entry inner", "entry a"]
    assert {order.count for order in start(machine, Context(7)).effects} == {7}


def test_starting_raises_what_an_entry_effect_raises():
    machine = build(row(A, Go, B), states=declared(entry_a=(broken_maker,)))
    with pytest.raises(RuntimeError, match="maker"):
        begin(machine.folded, Context())
