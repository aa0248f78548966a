"""Acts: every shape of arrow as a closure, whose fault it is when one raises, and which cells look at the event."""

from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import Broken, Kind, Machine, Refused, Rows, Taken
from statekit.transition import cell_in, decide


class State(StrEnum):
    A = auto()
    B = auto()


A, B = State


@frozen
class Go:
    size: int = 0


@frozen
class Note:
    text: str


@frozen
class Context:
    count: int = 0


class Doubtful:
    """What is neither true nor false."""

    def __bool__(self):
        raise ValueError("neither")


def holds(context: Context) -> bool:
    return context.count == 0


def holds_for(context: Context, event: Go) -> bool:
    return context.count == 0 and event.size > 0


def count(context: Context) -> Context:
    return evolve(context, count=context.count + 1)


def add(context: Context, event: Go) -> Context:
    return evolve(context, count=context.count + event.size)


def wrong(_: Context) -> Context:
    return "no context"  # type: ignore[return-value]


def wrong_for(_: Context, event: Go) -> Context:
    return event  # type: ignore[return-value]


def doubtful(_: Context) -> bool:
    return Doubtful()  # type: ignore[return-value]


def broken(_: Context) -> bool:
    return deeper() > 0


def broken_for(context: Context, event: Go) -> bool:
    return deeper() > event.size + context.count


def deeper():
    raise RuntimeError("deep")


def note(context: Context) -> Note:
    return Note(f"{context.count}")


def note_for(context: Context, event: Go) -> Note:
    return Note(f"{context.count} {event.size}")


rows = Rows[State, Context, Note]()
row, stay, to, choice, ignore = rows.row, rows.stay, rows.to, rows.choice, rows.ignore
STATES = (rows.state(A, Kind.REST, ""), rows.state(B, Kind.REST, ""))


def machine(*table):
    return Machine("acts", initial=A, context=Context(), states=STATES, table=table)


def decided(line, context, event):
    return decide(machine(line).folded, A, context, event)


GUARDS = (None, holds, holds_for)
UPDATES = (None, count, add)


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("orders", [(Note("row"),), (Note("row"), note), (note_for,)])
@pytest.mark.parametrize("forked", [False, True])
def test_every_shape_of_row_is_taken_or_refused_as_its_functions_say(guard, update, orders, forked):
    target = choice("where", to(B, guard=never), to(B)) if forked else B
    line = row(A, Go, target, *orders, guard=guard, update=update)
    for at in (0, 1):
        context, event = Context(at), Go(2)
        state, after_it, effects, motion = decided(line, context, event)
        if guard is not None and at == 1:
            assert (state, after_it, effects, motion.verdict) == (A, context, (), Refused((guard.__name__,)))
            continue
        expected = {None: context, count: Context(at + 1), add: Context(at + 2)}[update]
        made = {note: note(expected), note_for: note_for(expected, event)}
        assert (state, after_it) == (B, expected)
        assert effects == tuple(made.get(order, order) if callable(order) else order for order in orders)
        assert isinstance(motion.verdict, Taken)


def never(_: Context) -> bool:
    return False


@pytest.mark.parametrize("guard", GUARDS)
@pytest.mark.parametrize("update", [wrong, wrong_for])
@pytest.mark.parametrize("orders", [(), (note,)])
def test_an_update_that_returns_no_context_is_broken_in_every_shape_of_row(guard, update, orders):
    state, context, effects, motion = decided(row(A, Go, B, *orders, guard=guard, update=update), Context(), Go(1))
    returned = "str" if update is wrong else "Go"
    wrong_type = TypeError(f"update {update.__name__} returned {returned}; it must return Context")
    assert (state, context, effects, motion.verdict) == (A, Context(), (), Broken(update.__name__, wrong_type))


@pytest.mark.parametrize("guard", [broken, broken_for])
@pytest.mark.parametrize("update", [None, count, add])
def test_what_a_function_calls_is_the_functions_fault(guard, update):
    verdict = decided(row(A, Go, B, guard=guard, update=update), Context(), Go())[3].verdict
    assert verdict == Broken(guard.__name__, RuntimeError("deep"))


def test_a_guard_that_gives_neither_true_nor_false_is_broken_without_a_name():
    """What raises is not the guard but the question whether it holds."""
    verdict = decided(row(A, Go, B, guard=doubtful), Context(), Go())[3].verdict
    assert verdict == Broken("a function of the table", ValueError("neither"))


# ------------------------------------------------------------------------------- what looks at the event, and what not
INNER = choice("inner", to(B, Note("constant"), guard=holds), to(A, note))
BLIND = {
    "a constant row": row(A, Go, B, Note("x")),
    "functions of the context": row(A, Go, B, note, guard=holds, update=count),
    "a choice": row(A, Go, choice("where", to(B, note, guard=holds, update=count), to(INNER))),
    "an ignore": ignore(A, Go, because="blind"),
}
SEEING = {
    "a guard": row(A, Go, B, guard=holds_for),
    "an update": row(A, Go, B, update=add),
    "a maker": row(A, Go, B, Note("x"), note_for),
    "a maker before a choice": row(A, Go, choice("where", to(INNER)), note_for),
    "a guarded ignore": ignore(A, Go, because="seen", guard=holds_for),
}


@pytest.mark.parametrize("line", BLIND.values(), ids=BLIND)
def test_a_cell_whose_functions_take_the_context_alone_does_not_look_at_the_event(line):
    assert cell_in(machine(line).folded, A, Go).blind


@pytest.mark.parametrize("line", SEEING.values(), ids=SEEING)
def test_a_cell_with_one_function_that_takes_the_event_looks_at_it(line):
    assert not cell_in(machine(line).folded, A, Go).blind


def test_a_cell_looks_at_the_event_if_a_row_that_may_be_asked_does():
    guarded = row(A, Go, B, guard=holds)
    assert not cell_in(machine(guarded, row(A, Go, B, guard=holds_for)).folded, A, Go).blind
    every = rows.row(rows.group("all", A, B), Go, B, update=add)
    hidden = Machine(
        "acts", initial=A, context=Context(), states=STATES, groups=(every.source,), table=(stay(A, Go), every)
    )
    assert cell_in(hidden.folded, A, Go).blind, "the row of the group is never asked in A"
    assert not cell_in(hidden.folded, B, Go).blind
