"""A function that raises, or returns what it may not, is named, and nothing moves."""

import pytest
from attrs import frozen

from statekit import Broken, Taken
from statekit.timers import arm, timer
from tests.moves import A, B, C, Context, Go, Note, broken_maker, build, choice, row, tell, to, zero


@frozen
class Wider(Context):
    more: int = 0


def broken(_: Context) -> bool:
    raise RuntimeError("guard")


def broken_update(_: Context) -> Context:
    raise RuntimeError("update")


def wrong_type(_: Context) -> Context:
    return None  # type: ignore[return-value]


def narrowed(_: Context) -> Context:
    return Wider(5)


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
