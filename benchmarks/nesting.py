"""Nesting: three nested groups with entry and exit effects, against the same table written flat."""

from enum import StrEnum
from typing import cast

from attrs import frozen

from benchmarks import ours
from benchmarks.agreement import observe
from benchmarks.stopwatch import Effort, measure, play_job
from benchmarks.workload import Workload
from benchmarks.workloads.toggle import Data
from statekit import Kind, Machine, Rows

ENGINES = (ours.PLAIN, ours.MEMO, ours.STEP, ours.STEP_MEMO, ours.RUNNER_MEMO)


class State(StrEnum):
    OUTSIDE = "outside"
    SHALLOW = "shallow"
    MIDDLE = "middle"
    DEEP = "deep"
    DEEPER = "deeper"


OUTSIDE, SHALLOW, MIDDLE, DEEP, DEEPER = State


@frozen
class Context:
    """Nothing to remember."""


@frozen
class Dive:
    """From outside to the bottom."""


@frozen
class Swap:
    """From one deep state to the other."""


@frozen
class Rise:
    """From the bottom to the top."""


@frozen
class Sink:
    """One level down."""


@frozen
class Leave:
    """From anywhere to the outside."""


@frozen
class Note:
    """An effect that names what ordered it."""

    of: str


GO = Note("row")
IN_OUTER, IN_MIDDLE, IN_INNER = Note("enter outer"), Note("enter middle"), Note("enter inner")
OUT_OUTER, OUT_MIDDLE, OUT_INNER = Note("leave outer"), Note("leave middle"), Note("leave inner")

rows = Rows[State, Context, Note]()
row, state, group = rows.row, rows.state, rows.group

INNER = group("inner", DEEP, DEEPER, entry=(IN_INNER,), exit=(OUT_INNER,))
MID = group("middle_group", MIDDLE, INNER, entry=(IN_MIDDLE,), exit=(OUT_MIDDLE,))
OUTER = group("outer", SHALLOW, MID, entry=(IN_OUTER,), exit=(OUT_OUTER,))
STATES = tuple(state(each, Kind.STEADY, "a level") for each in State)

# fmt: off
NESTED_TABLE = (
    row(OUTSIDE, Dive,  DEEP,    GO),
    row(DEEP,    Swap,  DEEPER,  GO),
    row(DEEPER,  Swap,  DEEP,    GO),
    row(INNER,   Rise,  SHALLOW, GO),
    row(SHALLOW, Sink,  MIDDLE,  GO),
    row(MIDDLE,  Sink,  DEEP,    GO),
    row(OUTER,   Leave, OUTSIDE, GO),
)

FLAT_TABLE = (
    row(OUTSIDE, Dive,  DEEP,    GO, IN_OUTER, IN_MIDDLE, IN_INNER),
    row(DEEP,    Swap,  DEEPER,  GO),
    row(DEEPER,  Swap,  DEEP,    GO),
    row(DEEP,    Rise,  SHALLOW, OUT_INNER, OUT_MIDDLE, GO),
    row(DEEPER,  Rise,  SHALLOW, OUT_INNER, OUT_MIDDLE, GO),
    row(SHALLOW, Sink,  MIDDLE,  GO, IN_MIDDLE),
    row(MIDDLE,  Sink,  DEEP,    GO, IN_INNER),
    row(SHALLOW, Leave, OUTSIDE, OUT_OUTER, GO),
    row(MIDDLE,  Leave, OUTSIDE, OUT_MIDDLE, OUT_OUTER, GO),
    row(DEEP,    Leave, OUTSIDE, OUT_INNER, OUT_MIDDLE, OUT_OUTER, GO),
    row(DEEPER,  Leave, OUTSIDE, OUT_INNER, OUT_MIDDLE, OUT_OUTER, GO),
)
# fmt: on

SCRIPT = (
    *(Dive(), Swap(), Swap(), Rise(), Sink(), Sink(), Swap(), Rise(), Leave()),
    *(Dive(), Leave(), Dive(), Swap(), Leave(), Dive(), Rise(), Sink(), Leave()),
)


def workload(name: str, table, groups=()) -> Workload:
    """Make one of the two machines a workload."""
    machine = Machine[State, object, Context, Note](
        name, initial=OUTSIDE, context=Context(), states=STATES, groups=groups, table=table
    )
    return Workload(name, cast("Machine", machine), SCRIPT, Data)


def nest(effort: Effort) -> dict[str, float | None]:
    """Give the cost of the nested table as a multiple of the flat one's, by engine."""
    nested, flat = workload("nested", NESTED_TABLE, (OUTER, MID, INNER)), workload("flat", FLAT_TABLE)
    jobs = {}
    for engine in ENGINES:
        deep, plain = engine.make(nested), engine.make(flat)
        if deep is None or plain is None:
            continue
        if observe(deep, nested) != observe(plain, flat):
            raise AssertionError(f"{engine.name}: the nested table and the flat one differ")
        jobs[f"{engine.name} nested"] = play_job(deep.play, deep.prepare(SCRIPT))
        jobs[f"{engine.name} flat"] = play_job(plain.play, plain.prepare(SCRIPT))
    spent = measure(jobs, effort)
    return {
        engine.name: spent[f"{engine.name} nested"] / spent[f"{engine.name} flat"]
        if f"{engine.name} nested" in spent
        else None
        for engine in ENGINES
    }
