"""Running a system: the driver owns the clock, the inbox and the tasks of effects; the only anyio of the engine."""

from statekit.run.awaited import Awaited
from statekit.run.clock import Clock, LoopClock, suspended_seconds
from statekit.run.driver import Driver
from statekit.run.errors import DriverError, MalformedDriver, Stopped, UndeclaredAnswer
from statekit.run.performers import Performer, Reply, performs
from statekit.run.receipts import Policy, Receipt
from statekit.run.record import Record

__all__ = [
    "Awaited",
    "Clock",
    "Driver",
    "DriverError",
    "LoopClock",
    "MalformedDriver",
    "Performer",
    "Policy",
    "Receipt",
    "Record",
    "Reply",
    "Stopped",
    "UndeclaredAnswer",
    "performs",
    "suspended_seconds",
]
