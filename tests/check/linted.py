"""Four states and a way around them, and what lint finds in a machine made of rows between them."""

from enum import StrEnum, auto

from attrs import frozen

from statekit import Failure, Kind, Machine, Rows
from statekit.check.lint import lint
from statekit.check.report import Weight


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    D = auto()


A, B, C, D = State


@frozen
class Go: ...


@frozen
class Back: ...


@frozen
class Answered: ...


@frozen
class Failed: ...


@frozen
class Opened: ...


@frozen
class Frame: ...


@frozen
class Closed: ...


@frozen
class Ask: ...


@frozen
class Dial: ...


@frozen
class Hang: ...


@frozen
class Context:
    count: int = 0
    spent: bool = False
    loud: bool = False
    mood: State = A

    @property
    def fine(self):
        return self.spent


def failed(_: Failure) -> Failed:
    return Failed()


def closed(_: Failure) -> Closed:
    return Closed()


rows = Rows[State, Context, object]()
row, stay, ignore, forbid, postpone, to = rows.row, rows.stay, rows.ignore, rows.forbid, rows.postpone, rows.to
GROUP = rows.group("group", B, C)


def states(**kinds):
    """Declare A at rest, B busy with a person, C steady and D failed, unless told otherwise."""
    usual = {"A": Kind.REST, "B": Kind.REST, "C": Kind.STEADY, "D": Kind.FAILED} | kinds
    return tuple(rows.state(State[name], kind, f"is {name}") for name, kind in usual.items())


RING = (row(A, Go, B), row(B, Go, C), row(C, Go, D), row(D, Go, A))
"""A way around all four states."""


def built(*table, groups=(GROUP,), answering=(), **kinds):
    return Machine(
        "small",
        initial=A,
        context=Context(),
        states=states(**kinds),
        groups=groups,
        table=table,
        answering=answering,
    )


def found(machine, *, all_of_it=False):
    return [each for each in lint(machine) if all_of_it or each.weight is Weight.ERROR]


def one(machine, code):
    (finding,) = [each for each in lint(machine) if each.code == code]
    return finding
