"""Resumed: what a driver begins with that goes on from a system which was saved."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from statekit.errors import UnknownMember
from statekit.snapshot import Issued
from statekit.system import System
from statekit.transaction import Armed, Transaction
from statekit.verdicts import Started

if TYPE_CHECKING:
    from statekit.codec import RestoredSystem


def resumed(system: System, restored: "RestoredSystem", contexts: Mapping[str, object] | None) -> Transaction:
    """Give, in place of a start, the restored snapshot and its timers; nothing is entered, so nothing is ordered.

    Raises ValueError if there are contexts too, or if it is no snapshot of this system.
    """
    if contexts:
        raise ValueError("what is restored has its own contexts: give contexts= or restored=, not both")
    snapshot, single = restored.snapshot, system.plan.names
    try:
        fits = snapshot.names[: len(single)] == single and all(map(system.address, snapshot.names))
    except UnknownMember:
        fits = False
    if not fits:
        raise ValueError(f"what is restored is no snapshot of {system.name}: its members are {', '.join(system.names)}")
    armed = tuple(Armed(name, Issued(due.ticket, delay=due.delay)) for name, due in restored.timers)
    return Transaction(snapshot, Started(), (), armed=armed)
