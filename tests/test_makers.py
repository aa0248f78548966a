"""What a maker may give: an effect, or a tuple of them; nothing is none, and breaks the event instead of the driver."""

from enum import StrEnum, auto

from attrs import frozen

from statekit import Broken, Kind, Machine, Rows, Runner


class State(StrEnum):
    A = auto()
    B = auto()


A, B = State


@frozen
class Go:
    pass


@frozen
class Note:
    pass


def nothing(_: None) -> Note:
    return None  # type: ignore[return-value]


def no_notes(_: None) -> tuple[Note, ...]:
    return ()


rows = Rows[State, None, Note]()


def runner(maker):
    machine = Machine(
        "small",
        initial=A,
        context=None,
        states=(rows.state(A, Kind.REST, "a"), rows.state(B, Kind.STEADY, "b")),
        table=(rows.row(A, Go, B, maker),),
    )
    return Runner(machine, report=True)


def test_a_maker_that_returns_none_breaks_the_event_and_changes_nothing():
    run = runner(nothing)
    verdict = run.send(Go())
    assert isinstance(verdict, Broken)
    assert (verdict.function, run.state, run.effects) == ("nothing", A, [])
    assert str(verdict.exception) == "maker nothing returned None; it must return an effect, or a tuple of them"


def test_an_empty_tuple_orders_nothing():
    run = runner(no_notes)
    run.send(Go())
    assert (run.state, run.effects) == (B, [])
