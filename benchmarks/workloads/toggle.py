"""Toggle: two states, one event, no data; what remains is the engine itself."""

from enum import StrEnum
from typing import cast

from attrs import frozen

from benchmarks.workload import Workload
from statekit import Kind, Machine, Rows


class State(StrEnum):
    OFF = "off"
    ON = "on"


OFF, ON = State


@frozen
class Flip:
    """The switch was pressed."""


@frozen
class Context:
    """Nothing to remember."""


@frozen
class Light:
    """No effect of this kind is ever ordered; a table has to name a type."""


class Data:
    """The context as peers hold it."""

    __slots__ = ("__dict__", "__weakref__", "effects")

    def __init__(self):
        self.effects = []

    def values(self):
        return ()


rows = Rows[State, Context, Light]()
row, state = rows.row, rows.state

MACHINE = Machine[State, Flip, Context, Light](
    "toggle",
    initial=OFF,
    context=Context(),
    states=(state(OFF, Kind.REST, "dark"), state(ON, Kind.STEADY, "light")),
    table=(row(OFF, Flip, ON), row(ON, Flip, OFF)),
)

TOGGLE = Workload("toggle", cast("Machine", MACHINE), (Flip(),) * 40, Data)
