"""Two places, the events between them, and a machine of the rows that a test gives it."""

from enum import StrEnum, auto

from attrs import frozen

from statekit import Machine, Rows
from tests.check.small import Nothing, states_of


class Two(StrEnum):
    HERE = auto()
    THERE = auto()


HERE, THERE = Two


@frozen
class Go:
    pass


@frozen
class Back:
    pass


rows = Rows[Two, Nothing, object]()


def machine(*table, context=None, states=None):
    """Make a machine of two states."""
    states = states_of(rows, Two) if states is None else states
    return Machine("two", initial=HERE, context=context or Nothing(), states=states, table=table)
