"""How a fault names what was written: as the table would write it, with what was meant where that can be told."""

from enum import Enum, StrEnum

import pytest
from attrs import frozen

from statekit import Kind, Machine, MalformedTable, Rows, after


class State(StrEnum):
    A = "a"
    B = "b"


class Mixed(str, Enum):  # noqa: UP042 - what people wrote before there was a StrEnum
    A = "a"


A, B = State


@frozen
class Go:
    pass


@frozen
class Context:
    count: int = 0


def positive(context: Context) -> bool:
    return context.count > 0


rows = Rows[State, Context, object]()
row, to, choice = rows.row, rows.to, rows.choice
STATES = (rows.state(A, Kind.REST, "a"), rows.state(B, Kind.STEADY, "b"))


def fault_of(*table, **parts):
    given = {"initial": A, "context": Context(), "states": STATES} | parts
    with pytest.raises(MalformedTable) as caught:
        Machine("small", table=table, **given)
    return caught.value.faults[0].split(": ", 1)[1]


# fmt: off
WRITTEN = [
    (row("a", Go, B), "the source 'a' is no state or group of small: did you mean State.A?"),
    (row("c", Go, B), "the source 'c' is no state or group of small: name one of A, B"),
    (row(Go, A, B), "the source Go is no state or group of small: name one of A, B"),
    (row(A, Go, "b"), "the target 'b' is no state of small: did you mean State.B?"),
    (row(A, Go, "c"), "the target 'c' is no state of small: name one of A, B"),
    (row(A, Go, (A, B)), "the target is a tuple: a choice(...) is what picks among several"),
    (row(A, B, B), "the trigger State.B is no event class, either(...), after(...), idle(...) or timer(...)"),
    (row(A, Go(), B), "the trigger Go() is no event class, either(...), after(...), idle(...) or timer(...)"),
    (row(A, 5, B), "the trigger 5 is no event class, either(...), after(...), idle(...) or timer(...)"),
    (row(A, Go, B, guard=True), "the guard is True: name a function, and do not call it"),
    (row(A, Go, B, update=Context()), "the update is Context(count=0): name a function, and do not call it"),
    (row(A, after("5"), B),
     "a delay is a number of seconds, a Jitter or a function of the context that gives one, not '5'"),
]
# fmt: on


@pytest.mark.parametrize(("line", "sentence"), WRITTEN, ids=[sentence for _, sentence in WRITTEN])
def test_a_fault_names_what_was_written_and_what_would_be_right(line, sentence):
    assert fault_of(line) == sentence


def test_a_guard_that_was_called_where_a_choice_is_made_is_told_so():
    called = choice("way", to(A, guard=positive(Context())), to(B))
    assert fault_of(row(A, Go, called)) == "the guard is False: name a function, and do not call it"


def test_a_class_that_stands_for_a_context_is_told_to_be_made_one():
    assert fault_of(context=Context) == "context=Context is a class: give the first context, Context(...)"


def test_members_of_a_text_enum_of_old_are_asked_to_be_a_str_enum():
    states = (rows.state(Mixed.A, Kind.REST, "a"),)
    sentence = "initial=Mixed.A is no member of a StrEnum, which states are: write class Mixed(StrEnum)"
    assert fault_of(initial=Mixed.A, states=states) == sentence


def test_what_has_no_name_is_told_as_such():
    with pytest.raises(MalformedTable, match=r"^what has no name cannot be built:\n.* must be an identifier such as"):
        Machine("", initial=A, context=Context(), states=STATES, table=(row(A, Go, B),))
