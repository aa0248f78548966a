"""Defining: what it costs to write down 50 states and 200 rows, every row with an effect, half with functions.

A statekit figure starts at the first verb and ends with the checked, folded `Machine`: the static checks are in it.
"""

from enum import StrEnum

from attrs import frozen
from transitions import Machine as TransitionsMachine

from benchmarks.stopwatch import Effort, Job, measure
from statekit import Kind, Machine, Rows

STATES = 50
ROWS = 200

State = StrEnum("State", [f"S{number}" for number in range(STATES)])
ORDER = list(State)


@frozen
class Context:
    """A counter."""

    count: int = 0


@frozen
class Note:
    """The only effect."""


NOTE = Note()
EVENTS = tuple(type(f"Event{number}", (), {}) for number in range(ROWS // STATES))


def is_low(context: Context) -> bool:
    return context.count < 10


def count(context: Context) -> Context:
    return Context(context.count + 1)


def with_statekit() -> Machine:
    """Write the table, then have it checked and folded."""
    verbs = Rows[StrEnum, Context, Note]()
    row, state = verbs.row, verbs.state
    return Machine[StrEnum, object, Context, Note](
        "defined",
        initial=ORDER[0],
        context=Context(),
        states=[state(each, Kind.STEADY, "one of fifty") for each in ORDER],
        table=[
            row(each, event, ORDER[(at + 1 + turn) % STATES], NOTE, guard=is_low, update=count)
            if turn % 2
            else row(each, event, ORDER[(at + 1 + turn) % STATES], NOTE)
            for at, each in enumerate(ORDER)
            for turn, event in enumerate(EVENTS)
        ],
    )


class Model:
    """The model of the transitions machine."""

    def is_low(self):
        return True

    def count(self):
        pass


def with_transitions() -> TransitionsMachine:
    """Give transitions the same table."""
    names = [str(each) for each in ORDER]
    triggers = [event.__name__ for event in EVENTS]
    return TransitionsMachine(
        Model(),
        states=names,
        initial=names[0],
        auto_transitions=False,
        transitions=[
            {
                "trigger": trigger,
                "source": name,
                "dest": names[(at + 1 + turn) % STATES],
                "conditions": "is_low" if turn % 2 else None,
                "before": "count",
            }
            for at, name in enumerate(names)
            for turn, trigger in enumerate(triggers)
        ],
    )


def define(effort: Effort) -> dict[str, float]:
    """Give the CPU milliseconds of one definition."""
    if len(with_statekit().table) != ROWS:
        raise AssertionError("the defined table has not the rows it should have")
    jobs = {"statekit": Job(with_statekit, 1), "transitions": Job(with_transitions, 1)}
    return {name: spent / 1e6 for name, spent in measure(jobs, effort).items()}
