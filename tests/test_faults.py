"""Rows that are wrong by themselves: for each fault its sentence, and the line that it names."""

import functools
from pathlib import Path

import pytest

from statekit import Fired, after, disarm, either, idle, timer
from tests.faulty import END, A, Ask, B, Back, Context, Foreign, Go, faults_of, postpone, row, rows, stay


def no_argument() -> bool:
    return True


def three(_: Context, event: Go, more: int) -> bool:
    return True


def with_default(_: Context, limit: int = 3) -> bool:
    return True


def with_keyword(_: Context, *, limit: int) -> bool:
    return True


def delay_of_event(_: Context, event: Go) -> float:
    return 1.0


async def later(_: Context) -> bool:
    return True


def generated(_: Context):
    yield True


async def generated_later(_: Context):
    yield True


def says_nothing(_: Context):
    return Ask()


def makes_nothing(_: Context) -> None:
    return None


# Each case is a row that is wrong by itself; its line is read off the row that this file wrote.
ROWS = [
    (row(Foreign.X, Go, B), "the source Foreign.X is no state or group of small: name one of A, B, C, END"),
    (row(Foreign.A, Go, B), "the source Foreign.A is no state or group of small: name one of A, B, C, END"),
    (row("a", Go, B), "the source 'a' is no state or group of small: did you mean State.A?"),
    (row((A, Foreign.X), Go, B), "the source Foreign.X is no state or group of small: name one of A, B, C, END"),
    (row(A, Go, Foreign.X), "the target Foreign.X is no state of small: name one of A, B, C, END"),
    (row(B, Go, Foreign.A), "the target Foreign.A is no state of small: name one of A, B, C, END"),
    (row(A, Go, None), "the target None is no state of small: name one of A, B, C, END"),
    (row(END, Go, B), "END is of kind ended and absorbing; it can have no row"),
    (row(A, Go, A), "row(A, ..., A) is unclear: say stay (no exit, no entry) or reenter (both)"),
    (row((B, A), Go, A), "row(A, ..., A) is unclear: say stay (no exit, no entry) or reenter (both)"),
    (row(A, (Go, Back), B), "a trigger cannot be a tuple (type checkers lose the events): write either(A, B)"),
    (row(A, Go(), B), "the trigger Go() is no event class, either(...), after(...), idle(...) or timer(...)"),
    (row(A, Fired, B),
     "Fired is the event of every timer: name the one that is meant by after(...), idle(...) or timer(...)"),
    (row(A, either(Go, Fired), B),
     "Fired is the event of every timer: name the one that is meant by after(...), idle(...) or timer(...)"),
    (postpone(A, after(1.0), because="x"), "a timer cannot be postponed: it is due now or not at all"),
    (rows.ignore(A, Go, because=""), "ignore must say why: because='...'"),
    (rows.forbid(A, Go, because=" "), "forbid must say why: because='...'"),
    (postpone(A, Go, because=""), "postpone must say why: because='...'"),
    (row(A, after(-1.0), B), "a delay must be finite and not negative, not -1.0"),
    (row(A, after(float("nan")), B), "a delay must be finite and not negative, not nan"),
    (row(A, after(float("inf")), B), "a delay must be finite and not negative, not inf"),
    (row(A, after(delay_of_event), B), "the delay delay_of_event must take (context)"),
    (row(A, after(later), B), "the delay later is async or a generator; the core is pure: ask by an effect instead"),
    (row(A, Go, B, guard=no_argument), "the guard no_argument must take (context) or (context, event)"),
    (row(A, Go, B, guard=three), "the guard three must take (context) or (context, event)"),
    (row(A, Go, B, guard=with_default), "the guard with_default must take (context) or (context, event)"),
    (row(A, Go, B, guard=with_keyword), "the guard with_keyword must take (context) or (context, event)"),
    (row(A, Go, B, guard=later),
     "the guard later is async or a generator; the core is pure: ask by an effect instead"),
    (row(A, Go, B, guard=generated),
     "the guard generated is async or a generator; the core is pure: ask by an effect instead"),
    (row(A, Go, B, guard=generated_later),
     "the guard generated_later is async or a generator; the core is pure: ask by an effect instead"),
    (row(A, Go, B, update=three), "the update three must take (context) or (context, event)"),
    (row(A, Go, B, three), "the maker three must take (context) or (context, event)"),
    (row(A, Go, B, says_nothing), "the maker says_nothing does not say what it makes: annotate what it returns"),
    (row(A, Go, B, makes_nothing), "the maker makes_nothing does not say what it makes: annotate what it returns"),
    (row(A, Go, B, Ask), "the effect Ask is a class: list an instance, Ask(...), or a maker of one"),
    (row(A, Go, B, after(2.0)), "the timer 'after 2 s' stands among the effects: say arm(...) or disarm(...)"),
    (stay(A, Go, timer("t", 1.0, scope=A)), "the timer 't' stands among the effects: say arm(...) or disarm(...)"),
    (stay(A, timer("t", 1.0, scope=Foreign.A)), "the scope Foreign.A is no state or group of small"),
    (stay(A, timer("t", 1.0, scope="nowhere")), "the scope 'nowhere' is no state or group of small"),
    (stay(A, Go, disarm(timer("t", -1.0, scope=A))), "a delay must be finite and not negative, not -1.0"),
    (stay(A, Go, disarm(timer("t", delay_of_event, scope=A))), "the delay delay_of_event must take (context)"),
    (stay(A, idle(-1.0, of=(Go,))), "a delay must be finite and not negative, not -1.0"),
    (stay(A, idle(delay_of_event, of=(Go,))), "the delay delay_of_event must take (context)"),
    (stay(A, idle(1.0, of=())), "idle needs the event classes that start it afresh: of=(FrameArrived, Pong), not ()"),
    (stay(A, idle(1.0, of="Go")),
     "idle needs the event classes that start it afresh: of=(FrameArrived, Pong), not 'Go'"),
    (stay(A, idle(1.0, of=Go)),
     f"idle needs the event classes that start it afresh: of=(FrameArrived, Pong), not {Go!r}"),
    (stay(A, idle(1.0, of=(Go, after(2.0)))),
     f"idle starts afresh at event classes: {after(2.0)!r} in of=(...) is none"),
    (stay(A, idle(1.0, of=(Fired,))),
     "Fired is the event of every timer, and no sign of life: leave it out of of=(...)"),
    (postpone(A, idle(1.0, of=(Go,)), because="x"), "a timer cannot be postponed: it is due now or not at all"),
    (stay(A, timer("t", 1.0, scope=A, key=three)), "the key three must take (context) or (context, event)"),
    (stay(A, timer("t", 1.0, scope=A, key="document")),
     "the key is 'document': name a function, and do not call it"),
    (stay(A, Go, disarm(timer("t", 1.0, scope=A, key=later))),
     "the key later is async or a generator; the core is pure: ask by an effect instead"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "sentence"), ROWS, ids=[sentence[:40] for _, sentence in ROWS])
def test_a_row_that_is_wrong_by_itself_is_named_with_its_line(line, sentence):
    assert faults_of(line) == (f"{line.origin}: {sentence}",)


def test_the_cases_above_stand_on_the_lines_they_say():
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    for line, _ in ROWS:
        path, number = line.origin.rsplit(":", 1)
        assert path.endswith("/test_faults.py")
        assert lines[int(number) - 1].lstrip().startswith(("(row(", "(stay(", "(postpone(", "(rows."))


def shown(function):
    """A lambda is told without its address, which says nothing to a reader."""
    return repr(function) if getattr(function, "__name__", "") != "<lambda>" else "<lambda>"


@pytest.mark.parametrize("role", ["guard", "update"])
def test_functions_without_a_name_to_draw_are_refused(role):
    class Holder:
        def method(self, context):
            return context

    for function in (lambda context: context, functools.partial(three, more=1), Holder().method, Holder):
        line = row(A, Go, B, **{role: function})
        assert faults_of(line) == (
            (
                f"{line.origin}: the {role} {shown(function)} has no name to draw: "
                f"define it with def (no lambda, partial or method)"
            ),
        )


def test_makers_and_delays_without_a_name_are_refused():
    unnamed = lambda context: 1.0  # noqa: E731
    line = row(A, Go, B, unnamed)
    sentence = "<lambda> has no name to draw: define it with def (no lambda, partial or method)"
    assert f"{line.origin}: the maker {sentence}" in faults_of(line)
    line = row(A, after(unnamed), B)
    assert faults_of(line) == (f"{line.origin}: the delay {sentence}",)
    partial = functools.partial(three, more=1)
    line = row(A, Go, B, partial)
    assert faults_of(line) == (
        f"{line.origin}: the maker {partial!r} has no name to draw: define it with def (no lambda, partial or method)",
    )


def test_all_faults_are_told_at_once():
    lines = (row(A, Go, A), row(END, Go, A), rows.ignore(A, Back, because=""))
    assert [fault.split(": ")[0] for fault in faults_of(*lines)] == [line.origin for line in lines]
