"""statekit: write a lifecycle once, as a table; run it, draw it, test it, prove it, from the same table."""

from importlib import import_module
from typing import TYPE_CHECKING

from statekit.effects import Answering, Failure, Signal
from statekit.errors import (
    ForeignSnapshot,
    Livelock,
    MalformedSystem,
    MalformedTable,
    NotTabulable,
    Rejected,
    StatekitError,
    UnknownMember,
)
from statekit.keyed import Keyed, keyed
from statekit.machine import Definition, Machine
from statekit.row import Choice, Row, Verb, either
from statekit.runner import Runner
from statekit.snapshot import Snapshot, Step, Stimulus, Ticket
from statekit.states import EVERY, Group, Kind
from statekit.step import start, step
from statekit.table import Rows
from statekit.timers import After, Fired, Idle, Jitter, Timer, after, arm, disarm, idle, timer
from statekit.verdicts import (
    Broken,
    Forbidden,
    Ignored,
    Postponed,
    Refused,
    Stale,
    Started,
    Taken,
    Unhandled,
    Verdict,
)

if TYPE_CHECKING:
    from statekit.flat import FlatRow
    from statekit.quantities import Instant, Ordinal, Quantity
    from statekit.system import System
    from statekit.tabulated import Tabulated
    from statekit.transaction import Hop, SystemSnapshot, Transaction
    from statekit.wiring import View, derive, publish, spawn, wire

__all__ = [
    "EVERY",
    "After",
    "Answering",
    "Broken",
    "Choice",
    "Definition",
    "Failure",
    "Fired",
    "FlatRow",
    "Forbidden",
    "ForeignSnapshot",
    "Group",
    "Hop",
    "Idle",
    "Ignored",
    "Instant",
    "Jitter",
    "Keyed",
    "Kind",
    "Livelock",
    "Machine",
    "MalformedSystem",
    "MalformedTable",
    "NotTabulable",
    "Ordinal",
    "Postponed",
    "Quantity",
    "Refused",
    "Rejected",
    "Row",
    "Rows",
    "Runner",
    "Signal",
    "Snapshot",
    "Stale",
    "Started",
    "StatekitError",
    "Step",
    "Stimulus",
    "System",
    "SystemSnapshot",
    "Tabulated",
    "Taken",
    "Ticket",
    "Timer",
    "Transaction",
    "Unhandled",
    "UnknownMember",
    "Verb",
    "Verdict",
    "View",
    "after",
    "arm",
    "derive",
    "disarm",
    "either",
    "idle",
    "keyed",
    "publish",
    "spawn",
    "start",
    "step",
    "timer",
    "wire",
]

_ON_USE = {
    "statekit.flat": ("FlatRow",),
    "statekit.quantities": ("Instant", "Ordinal", "Quantity"),
    "statekit.system": ("System",),
    "statekit.tabulated": ("Tabulated",),
    "statekit.transaction": ("Hop", "SystemSnapshot", "Transaction"),
    "statekit.wiring": ("View", "derive", "publish", "spawn", "wire"),
}
"""What is loaded when it is asked for: one machine is defined and run without it."""


def __getattr__(name: str) -> object:
    for module, names in _ON_USE.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what can be asked for, loaded or not."""
    return sorted({*globals(), *__all__})
