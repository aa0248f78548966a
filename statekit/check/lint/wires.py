"""Wires: events that a system sends to a machine which does nothing with them in any state."""

from collections.abc import Callable, Iterator

from statekit.check.lint.codes import DEAF
from statekit.check.lint.origins import written_in
from statekit.check.lint.ways import made_by
from statekit.check.report import Finding
from statekit.machine import Definition
from statekit.row import Verb
from statekit.system import System


def in_wires(system: System) -> Iterator[Finding]:
    """Find what is wrong between the members of a system."""
    for line in system.wiring:
        if line.target is not None and line.make is not None:
            where = f"{line.source.name} {line.signal.__name__} → {line.target.name}"
            yield from _deaf(where, line.target, line.make)
    for derived in system.derived:
        yield from _deaf(f"{derived.fact.__name__} → {derived.target.name}", derived.target, derived.make)


def _deaf(where: str, target: Definition, make: Callable[..., object]) -> Iterator[Finding]:
    origin, events = written_in(make), made_by(make)
    for event in events:
        sent = f"{target.name} is sent {event.__name__}"
        if event in target.folded.answers:
            effect = target.folded.answers[event].effect.__name__
            stale = f"{sent}, which answers its effect {effect}: without a ticket it is Stale"
            yield DEAF.at(where, origin, stale, "send an event of its own, or let the driver answer")
        elif event not in target.folded.events:
            yield DEAF.at(where, origin, f"{sent}, which its table does not know")
    if events and not any(_heeded(target, event) for event in events):
        names = " or ".join(event.__name__ for event in events if event in target.folded.events)
        if names:
            yield DEAF.at(where, origin, f"{target.name} is sent {names}, and ignores it in every state")


def _heeded(target: Definition, event: type) -> bool:
    arrows = (arrow for cells in target.folded.cells.values() for arrow in cells.get(event, ()))
    return any(arrow.goal is not None or arrow.row.verb is Verb.POSTPONE for arrow in arrows)
