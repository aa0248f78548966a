"""The primitive: which row answers, in which order a move runs, and what a function that raises leaves behind."""

from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import (
    EVERY,
    Broken,
    Forbidden,
    Ignored,
    Kind,
    Machine,
    Postponed,
    Refused,
    Rows,
    Taken,
    Unhandled,
    start,
)
from statekit.timers import arm, timer
from statekit.transition import begin, decide


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    D = auto()


A, B, C, D = State


@frozen
class Go:
    size: int = 0


@frozen
class Note:
    text: str
    count: int = -1


@frozen
class Context:
    count: int = 0


@frozen
class Wider(Context):
    more: int = 0


rows = Rows[State, Context, Note]()
row, stay, reenter, to, group, choice = rows.row, rows.stay, rows.reenter, rows.to, rows.group, rows.choice


def noting(text):
    """Make a maker that notes the count it saw (makers need a def: the engine reads its code)."""

    def maker(context: Context) -> Note:
        return Note(text, context.count)

    return maker


def counted(context: Context) -> Context:
    return evolve(context, count=context.count + 1)


def sized(context: Context, event: Go) -> Context:
    return evolve(context, count=context.count + event.size)


def zero(context: Context) -> bool:
    return context.count == 0


def one(context: Context) -> bool:
    return context.count == 1


def two(context: Context) -> bool:
    return context.count == 2


def big(context: Context, event: Go) -> bool:
    return event.size > 10


def never(_: Context) -> bool:
    return False


def broken(_: Context) -> bool:
    raise RuntimeError("guard")


def broken_update(_: Context) -> Context:
    raise RuntimeError("update")


def broken_maker(_: Context) -> Note:
    raise RuntimeError("maker")


def note_size(context: Context, event: Go) -> Note:
    return Note("size", event.size + context.count)


def both(context: Context) -> tuple[Note, ...]:
    return Note("first"), Note("second", context.count)


def nothing(_: Context) -> tuple[Note, ...]:
    return ()


def wrong_type(_: Context) -> Context:
    return None  # type: ignore[return-value]


def narrowed(_: Context) -> Context:
    return Wider(5)


def declared(**moments):
    """Declare the four states; `moments` maps e.g. `exit_a` to effects."""
    return tuple(
        rows.state(
            state,
            Kind.REST,
            "a state",
            entry=moments.get(f"entry_{state}", ()),
            exit=moments.get(f"exit_{state}", ()),
        )
        for state in State
    )


def build(*table, groups=(), states=None):
    return Machine("small", initial=A, context=Context(), states=states or declared(), groups=groups, table=table)


@frozen
class Move:
    """What a row that was taken came to."""

    context: object
    orders: tuple
    leaf: object


def tell(machine, state=A, context=None, event=None):
    event = Go() if event is None else event
    _, after, orders, motion = decide(machine.folded, state, context or Context(), event)
    return motion.verdict, None if motion.leaf is None else Move(after, orders, motion.leaf)


# --------------------------------------------------------------------------------------------- order within a move
NESTED_OUTER = group("outer", A, B, C, exit=(noting("exit outer"),), entry=(noting("entry outer"),))
NESTED_INNER = group("inner", A, B, exit=(noting("exit inner"),), entry=(noting("entry inner"),))
FAR_OUTER = group("far_outer", C, D, entry=(noting("entry far outer"),), exit=(noting("exit far outer"),))
FAR_INNER = group("far_inner", D, entry=(noting("entry far inner"),), exit=(noting("exit far inner"),))
GROUPS = (NESTED_INNER, NESTED_OUTER, FAR_INNER, FAR_OUTER)
STATES = declared(
    exit_a=(noting("exit a"),),
    entry_a=(noting("entry a"),),
    exit_b=(noting("exit b"),),
    entry_b=(noting("entry b"),),
    entry_c=(noting("entry c"),),
    entry_d=(noting("entry d"), noting("entry d again")),
)
BRANCHING = choice(
    "branching",
    to(A, noting("not taken"), guard=never),
    to(choice("deeper", to(D, noting("inner branch"), update=counted)), noting("outer branch"), update=counted),
)


def texts(move):
    return [order.text for order in move.orders]


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


# ------------------------------------------------------------------------------------------------ guards, precedence
def test_a_guard_reads_the_old_context():
    machine = build(row(A, Go, B, guard=zero, update=counted), row(A, Go, C))
    verdict, move = tell(machine)
    assert (verdict.target, move.context) == (B, Context(1))


def test_the_first_row_whose_guard_holds_is_taken_and_the_refused_ones_are_named():
    machine = build(row(A, Go, B, guard=one), row(A, Go, C, guard=zero), row(A, Go, D))
    verdict, _ = tell(machine)
    assert verdict == Taken(machine.table[1].origin, A, C, ("one",))


def test_a_refused_guard_falls_through_from_state_to_groups_to_every():
    inner, outer = group("inner", A), group("outer", A, B)
    machine = build(
        row(EVERY, Go, D),
        row(outer, Go, C, guard=two),
        row(inner, Go, B, guard=one),
        stay(A, Go, guard=never),
        groups=(inner, outer),
    )
    assert tell(machine, context=Context(0))[0] == Taken(machine.table[0].origin, A, D, ("never", "one", "two"))
    assert tell(machine, context=Context(1))[0].target is B
    assert tell(machine, context=Context(2))[0].target is C
    assert tell(machine, B, Context(1))[0].target is D


def test_a_states_own_row_hides_its_groups_and_every():
    inner = group("inner", A, B)
    machine = build(row(EVERY, Go, D), row(inner, Go, C), row(A, Go, B), groups=(inner,))
    assert tell(machine, A)[0].target is B
    assert tell(machine, B)[0].target is C
    assert tell(machine, C)[0].target is D


def test_guards_updates_and_makers_may_take_the_event():
    machine = build(row(A, Go, B, note_size, guard=big, update=sized))
    assert tell(machine, event=Go(5))[0] == Refused(("big",))
    _, move = tell(machine, event=Go(11))
    assert move.context == Context(11)
    assert move.orders == (Note("size", 22),)


def test_if_no_guard_holds_the_event_is_refused_by_all_of_them_in_order():
    machine = build(row(A, Go, B, guard=one), row(EVERY, Go, C, guard=two))
    verdict, move = tell(machine)
    assert verdict == Refused(("one", "two"))
    assert str(verdict) == "refused by one, two"
    assert move is None


def test_a_blank_cell_is_unhandled():
    verdict, move = tell(build(row(B, Go, A)))
    assert verdict == Unhandled()
    assert str(verdict) == "unhandled: no row answers this event here"
    assert move is None


def test_an_ignored_event_says_why_and_which_guards_refused_before():
    machine = build(row(A, Go, B, guard=one), rows.ignore(A, Go, because="too late"))
    verdict, move = tell(machine)
    assert verdict == Ignored("too late", ("one",))
    assert str(verdict) == "ignored: too late"
    assert move is None


def test_a_guarded_ignore_falls_through_like_any_row():
    machine = build(rows.ignore(A, Go, because="once", guard=zero), row(A, Go, B))
    assert tell(machine)[0] == Ignored("once")
    assert tell(machine, context=Context(1))[0].target is B


def test_a_forbidden_event_says_why():
    verdict, move = tell(build(rows.forbid(A, Go, because="never")))
    assert verdict == Forbidden("never")
    assert str(verdict) == "forbidden: never"
    assert move is None


def test_a_forbidden_event_names_the_guards_that_refused_before():
    machine = build(row(A, Go, B, guard=one), rows.forbid(A, Go, because="never"))
    assert tell(machine)[0] == Forbidden("never", ("one",))


def test_a_postponed_event_says_why():
    verdict, move = tell(build(rows.postpone(A, Go, because="later")))
    assert verdict == Postponed("later")
    assert str(verdict) == "postponed: later"
    assert move is None


# ------------------------------------------------------------------------------------------------------------ choice
def test_a_choice_reads_the_context_that_the_update_made():
    machine = build(row(A, Go, choice("picked", to(B, guard=one), to(C)), update=counted))
    assert tell(machine)[0].target is B
    assert tell(machine, context=Context(1))[0].target is C


def test_a_nested_choice_reads_the_context_that_the_branch_before_it_made():
    deeper = choice("deeper", to(B, guard=one), to(C, guard=two, update=counted), to(D))
    machine = build(row(A, Go, choice("picked", to(deeper, update=counted)), update=counted))
    verdict, move = tell(machine)
    assert (verdict.target, move.context) == (C, Context(3))


def test_the_last_branch_of_a_choice_is_taken_if_no_other_is():
    machine = build(row(A, Go, choice("picked", to(B, guard=one), to(C, guard=two), to(D))))
    assert tell(machine)[0].target is D


def test_a_choice_may_lead_back_to_its_source_by_exit_and_entry():
    machine = build(row(A, Go, choice("picked", to(A))), groups=GROUPS, states=STATES)
    verdict, move = tell(machine)
    assert texts(move) == ["exit a", "entry a"]
    assert str(verdict) == "stays A"


# ------------------------------------------------------------------------------------------------------------ makers
def test_a_maker_may_make_a_tuple_of_effects_in_its_place():
    machine = build(row(A, Go, B, Note("before"), both, nothing, Note("after"), update=counted))
    assert tell(machine)[1].orders == (Note("before"), Note("first"), Note("second", 1), Note("after"))


# ------------------------------------------------------------------------------------------------------------ broken
@pytest.mark.parametrize(
    ("line", "function"),
    [
        (row(A, Go, B, guard=broken), "broken"),
        (row(A, Go, B, update=broken_update), "broken_update"),
        (row(A, Go, B, broken_maker), "broken_maker"),
        (row(A, Go, choice("picked", to(B, guard=broken), to(C))), "broken"),
        (row(A, Go, choice("picked", to(B, update=broken_update))), "broken_update"),
        (row(A, Go, choice("picked", to(B, broken_maker))), "broken_maker"),
    ],
)
def test_a_function_that_raises_is_named_and_nothing_moves(line, function):
    verdict, move = tell(build(line))
    assert isinstance(verdict, Broken)
    assert verdict.function == function
    assert isinstance(verdict.exception, RuntimeError)
    assert move is None
    assert str(verdict) == f"broken: {function} raised {verdict.exception!r}"


@pytest.mark.parametrize("update", [wrong_type, narrowed])
@pytest.mark.parametrize("in_choice", [False, True])
def test_an_update_that_returns_another_type_is_broken(update, in_choice):
    target = choice("picked", to(B, update=update)) if in_choice else B
    verdict, move = tell(build(row(A, Go, target, update=None if in_choice else update)))
    assert verdict.function == update.__name__
    assert isinstance(verdict.exception, TypeError)
    assert "it must return Context" in str(verdict.exception)
    assert move is None


def test_a_guard_after_the_row_that_is_taken_is_not_asked():
    assert isinstance(tell(build(row(A, Go, B, guard=zero), row(A, Go, C, guard=broken)))[0], Taken)


def test_broken_verdicts_are_equal_if_they_read_alike():
    assert Broken("f", RuntimeError("x")) == Broken("f", RuntimeError("x"))
    assert Broken("f", RuntimeError("x")) != Broken("f", RuntimeError("y"))


LATER = timer("later", 5.0, scope=B)


def arming(_: Context) -> Note:
    return arm(LATER)


def test_a_maker_that_makes_an_order_to_a_timer_is_broken():
    machine = build(row(A, Go, B, arm(LATER), arming), row(B, LATER, A))
    for _ in range(2):
        verdict, move = tell(machine)
        assert (verdict.function, move) == ("arming", None)
        assert "list arm(...) or disarm(...) in the row itself" in str(verdict.exception)
