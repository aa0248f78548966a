"""Records: what the driver tells those who observe it."""

from attrs import frozen

from statekit.snapshot import Stimulus
from statekit.transaction import Transaction


@frozen
class Record:
    """One stimulus and all that it led to; given out after the commit and before the orders are performed.

    `at_seconds` is when its step began, on the driver's clock; `stimulus.at_seconds` is when it was posted or, for a
    timer, due. The latter never decreases from one record to the next; a journal needs nothing else to replay a run.
    """

    at_seconds: float
    member: str
    stimulus: Stimulus[object]
    transaction: Transaction
