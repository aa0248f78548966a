"""Tickets as they are saved."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from attrs import frozen

from statekit.codec.strict import Misfit
from statekit.machine import Definition
from statekit.snapshot import Ticket


class Awaited(StrEnum):
    """What a ticket was issued for."""

    TIMER = "timer"
    EFFECT = "effect"


@frozen
class TicketRecord:
    """A ticket, what it was issued for, and how long its timer still had to run (None if nobody said)."""

    number: int
    name: str
    scope: str
    key: object
    kind: Awaited
    left_seconds: float | None

    @property
    def ticket(self) -> Ticket:
        """The ticket itself."""
        return Ticket(self.number, self.name, self.scope, self.key)


def recorded(
    definition: Definition, tickets: Iterable[Ticket], remaining_seconds: Mapping[int, float]
) -> tuple[TicketRecord, ...]:
    """Record tickets; raises `Misfit` for one that the machine's table knows nothing of."""
    effects = {effect.__name__ for effect in definition.folded.answering}
    found: list[TicketRecord] = []
    for index, each in enumerate(tickets):
        if each.name not in definition.folded.clocks and each.name not in effects:
            raise Misfit(f".tickets[{index}].name", f"must be a timer or an answering effect of {definition.name}")
        kind = Awaited.EFFECT if each.name in effects else Awaited.TIMER
        left = remaining_seconds.get(each.number) if kind is Awaited.TIMER else None
        found.append(TicketRecord(each.number, each.name, each.scope, each.key, kind, left))
    return tuple(found)
