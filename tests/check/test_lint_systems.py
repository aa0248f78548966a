"""What lint finds between the members of a system: what is told in vain."""

from functools import cache
from pathlib import Path

import pytest
from attrs import frozen

from statekit import EVERY, Machine, Signal, System, after, derive, either, wire
from statekit.check.lint import lint
from tests.check.linted import (
    RING,
    A,
    Answered,
    Ask,
    B,
    Back,
    Context,
    D,
    Failed,
    Frame,
    Go,
    failed,
    ignore,
    row,
    rows,
    states,
)


@frozen
class Tell(Signal): ...


HERE = f"{'/'.join(Path(__file__).parts[-2:])}"


def go(_: Tell) -> Go:
    return Go()


def say_back(_: Tell) -> Back:
    return Back()


def say_frame(_: Tell) -> Frame:
    return Frame()


def answer(_: Tell) -> Answered:
    return Answered()


def either_of(_: Tell) -> Go | Back:
    return Go()


def fact(_: object) -> int:
    return 1


def fact_of(_: int) -> Back:
    return Back()


def teller(name):
    return Machine(
        name,
        initial=A,
        context=Context(),
        states=states(),
        table=(row(A, Go, B, Tell()), *RING[1:]),
    )


def listener():
    asking = rows.answering(Ask, Answered, Failed, scope=B, failed=failed)
    answers = (row(B, either(Answered, Failed), A), row(B, after(1.0), D))
    table = (row(A, Go, B, Ask()), *RING[1:], *answers, ignore(EVERY, Back, because="rest"))
    return Machine("listener", initial=A, context=Context(), states=states(), table=table, answering=(asking,))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (say_back, "listener is sent Back, and ignores it in every state"),
        (say_frame, "listener is sent Frame, which its table does not know"),
        (answer, "listener is sent Answered, which answers its effect Ask: without a ticket it is Stale"),
    ],
)
def test_what_a_machine_is_told_in_vain_is_found(make, sentence):
    told, telling = listener(), teller("teller")
    (finding,) = lint(System("both", (telling, told), (wire(telling, Tell, told, make),)))
    assert (finding.code, finding.where, finding.sentence) == ("deaf", "teller Tell → listener", sentence)
    assert finding.origin == f"{HERE}:{make.__code__.co_firstlineno}"


@pytest.mark.parametrize("make", [go, either_of])
def test_what_is_heard_in_one_state_is_not_in_vain(make):
    told, telling = listener(), teller("teller")
    assert lint(System("both", (telling, told), (wire(telling, Tell, told, make),))) == ()


def test_a_fact_that_nobody_heeds_is_found():
    told = listener()
    (finding,) = lint(System("one", (told,), derived=(derive(fact, told, fact_of, initially=0),)))
    assert finding.where == "fact → listener"


@cache
def say_back_again(_: Tell) -> Back:
    return Back()


class Compiled:
    """A function as a compiler for Python may make it: it has a name and annotations, and no code to look at."""

    __name__ = "compiled"
    __annotations__ = {"return": Back}

    def __call__(self, _: Tell) -> Back:
        return Back()


@pytest.mark.parametrize(
    ("make", "origin"),
    [(say_back_again, f"{HERE}:{say_back_again.__wrapped__.__code__.co_firstlineno}"), (Compiled(), "somewhere")],
    ids=["a cached one", "one without code"],
)
def test_a_maker_is_told_with_the_line_where_it_is_written_if_that_is_known(make, origin):
    told, telling = listener(), teller("teller")
    (finding,) = lint(System("both", (telling, told), (wire(telling, Tell, told, make),)))
    assert (finding.code, finding.origin) == ("deaf", origin)


def say_what(_: Tell) -> "Whatever":  # noqa: F821 - only a type checker would know it
    return Frame()


def test_of_a_maker_whose_annotation_cannot_be_understood_nothing_is_said():
    told, telling = listener(), teller("teller")
    assert lint(System("both", (telling, told), (wire(telling, Tell, told, say_what),))) == ()
