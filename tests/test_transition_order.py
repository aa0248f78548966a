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


ORDERS = [
    pytest.param(
        row(A, Go, BRANCHING, noting("row"), update=counted),
        "exit a, exit inner, exit outer, row, outer branch, inner branch, "
        "entry far outer, entry far inner, entry d, entry d again",
        id="exits from inner to outer, the row, its branches, entries from outer to inner",
    ),
    pytest.param(row(A, Go, B), "exit a, entry b", id="inside a group, neither its entry nor its exit"),
    pytest.param(
        row(A, Go, C), "exit a, exit inner, entry far outer, entry c", id="out of an inner group, not of the outer one"
    ),
    pytest.param(
        reenter(A, Go, Note("row")), "exit a, row, entry a", id="a state again, by exit and entry but not its groups'"
    ),
    pytest.param(
        reenter(NESTED_OUTER, Go, Note("row")),
        "exit a, exit inner, exit outer, row, entry outer, entry inner, entry a",
        id="a group again, and the groups inside it",
    ),
    pytest.param(
        reenter(NESTED_INNER, Go),
        "exit a, exit inner, entry inner, entry a",
        id="an inner group again, and the outer one left alone",
    ),
    pytest.param(row(NESTED_INNER, Go, A), "exit a, entry a", id="a group's row to the state one is in, as any move"),
]


@pytest.mark.parametrize(("line", "ordered"), ORDERS)
def test_a_move_runs_exits_the_row_and_entries_in_this_order(line, ordered):
    _, move = tell(build(line, groups=GROUPS, states=STATES))
    assert texts(move) == ordered.split(", ")
    assert move.leaf.moved


def test_every_effect_of_a_move_is_made_from_the_context_as_it_ends_up():
    machine = build(row(A, Go, BRANCHING, noting("row"), update=counted), groups=GROUPS, states=STATES)
    _, move = tell(machine)
    assert move.context == Context(3)
    assert {order.count for order in move.orders} == {3}


def test_a_stay_runs_neither_exit_nor_entry():
    machine = build(stay(A, Go, Note("row"), update=counted), groups=GROUPS, states=STATES)
    verdict, move = tell(machine)
    assert texts(move) == ["row"]
    assert move.context == Context(1)
    assert (verdict.source, verdict.target, str(verdict)) == (A, A, "stays A")
    assert not move.leaf.moved


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
