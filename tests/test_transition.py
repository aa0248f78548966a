"""The primitive: which row answers, which branch of a choice is taken, and what makers make."""

from attrs import evolve

from statekit import EVERY, Forbidden, Ignored, Postponed, Refused, Taken, Unhandled
from tests.moves import (
    GROUPS,
    STATES,
    A,
    B,
    C,
    Context,
    D,
    Go,
    Note,
    build,
    choice,
    counted,
    group,
    never,
    row,
    rows,
    stay,
    tell,
    texts,
    to,
    zero,
)


def sized(context: Context, event: Go) -> Context:
    return evolve(context, count=context.count + event.size)


def one(context: Context) -> bool:
    return context.count == 1


def two(context: Context) -> bool:
    return context.count == 2


def big(context: Context, event: Go) -> bool:
    return event.size > 10


def note_size(context: Context, event: Go) -> Note:
    return Note("size", event.size + context.count)


def both(context: Context) -> tuple[Note, ...]:
    return Note("first"), Note("second", context.count)


def nothing(_: Context) -> tuple[Note, ...]:
    return ()


# --------------------------------------------------------------------------------------------------- guards, precedence
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


# --------------------------------------------------------------------------------------------------------------- choice
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


# --------------------------------------------------------------------------------------------------------------- makers
def test_a_maker_may_make_a_tuple_of_effects_in_its_place():
    machine = build(row(A, Go, B, Note("before"), both, nothing, Note("after"), update=counted))
    assert tell(machine)[1].orders == (Note("before"), Note("first"), Note("second", 1), Note("after"))
