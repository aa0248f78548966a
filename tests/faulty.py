"""States, events and functions of tables that cannot be built, and the faults that building them tells."""

from enum import StrEnum, auto

import pytest
from attrs import frozen

from statekit import Kind, Machine, MalformedTable, Rows


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    END = auto()


class Foreign(StrEnum):
    A = auto()
    X = auto()


A, B, C, END = State


@frozen
class Go:
    pass


@frozen
class Back:
    pass


@frozen
class Answered:
    pass


@frozen
class Ask:
    pass


@frozen
class Context:
    pass


def guard(_: Context) -> bool:
    return True


def failed(_: object) -> Answered:
    return Answered()


def with_event(_: Context, event: Go) -> bool:
    return True


rows = Rows[State, Context, object]()
row, stay, postpone, to, group, choice = rows.row, rows.stay, rows.postpone, rows.to, rows.group, rows.choice
STATES = (
    rows.state(A, Kind.REST, "a"),
    rows.state(B, Kind.BUSY, "b"),
    rows.state(C, Kind.STEADY, "c"),
    rows.state(END, Kind.ENDED, "over"),
)


def faults_of(*table, states=STATES, initial=A, groups=(), answering=()):
    with pytest.raises(MalformedTable) as caught:
        build(*table, states=states, initial=initial, groups=groups, answering=answering)
    return caught.value.faults


def build(*table, states=STATES, initial=A, groups=(), answering=()):
    return Machine(
        "small", initial=initial, context=Context(), states=states, groups=groups, table=table, answering=answering
    )
