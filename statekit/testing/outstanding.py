"""Outstanding: what a machine that is walked by hand awaits, and the stimuli that could come of it."""

from collections.abc import Iterable

from statekit.machine import Definition
from statekit.snapshot import AnySnapshot, Issued, Stimulus, Ticket
from statekit.timers import Duration, Fired, Jitter


class Outstanding:
    """What a walked machine started: how long its timers were armed for, and which of its effects have opened.

    The snapshot says which tickets are live; this keeps what the snapshot does not need to know of them.
    """

    def __init__(self, definition: Definition) -> None:
        """Begin with nothing started."""
        self.definition = definition
        self.armed: dict[int, Issued[object]] = {}
        self.opened: set[int] = set()

    def note(self, issued: Iterable[Issued[object]]) -> None:
        """Keep the timers that a step armed."""
        self.armed.update({each.ticket.number: each for each in issued if each.delay is not None})

    def timers(self, snapshot: AnySnapshot) -> dict[str, Duration]:
        """Give the live timers by label, with how long each was armed for."""
        clocks = self.definition.folded.clocks
        live = [self.armed[ticket.number] for ticket in snapshot.tickets if ticket.name in clocks]
        return {clocks[each.ticket.name].label: each.delay for each in live if each.delay is not None}

    def answerable(self, snapshot: AnySnapshot) -> dict[type, int]:
        """Give the event classes that a live effect may answer with next, each with the ticket it would bear.

        A stream's events only come once it has opened, and what opens it only before.
        """
        found: dict[type, int] = {}
        for effect, answering in self.definition.folded.answering.items():
            ticket = snapshot.ticket(effect.__name__)
            if ticket is None:
                continue
            opens = () if answering.opens is None else (answering.opens,)
            flowing = ticket.number in self.opened
            classes = (*answering.streams, *answering.ends) if flowing else (*answering.outcomes, *opens)
            found.update(dict.fromkeys(classes, ticket.number))
        return found

    def fired(
        self, snapshot: AnySnapshot, label: str, chance: float, late_by_seconds: float, ticket: int | None
    ) -> Stimulus[object]:
        """Make the stimulus of a timer: with the given ticket, else with that of the live timer of this label.

        `chance` draws a jittered delay: 0 is the shortest, 1 the longest. Raises LookupError, naming what is awaited,
        if no such timer runs and no ticket was given.
        """
        armed = self.armed[self._timer(snapshot, label).number if ticket is None else ticket]
        seconds = armed.delay.draw(chance) if isinstance(armed.delay, Jitter) else armed.delay or 0.0
        return Stimulus(
            Fired(armed.ticket.name, armed.ticket.key, seconds, late_by_seconds), ticket=armed.ticket.number
        )

    def answered(self, snapshot: AnySnapshot, event: object, ticket: int | None) -> Stimulus[object]:
        """Make the stimulus of an answer: with the given ticket, else with that of the live effect it answers.

        Raises LookupError if no effect that answers so is live and no ticket was given.
        """
        number = self.ticket(snapshot, self._asked(event)) if ticket is None else ticket
        answering = self.definition.folded.answers.get(type(event))
        if answering is not None and answering.opens is type(event):
            self.opened.add(number)
        return Stimulus(event, ticket=number)

    def ticket(self, snapshot: AnySnapshot, name: str) -> int:
        """Give the number of a live ticket, by its effect's class name or its timer's label; raises LookupError."""
        found = snapshot.ticket(name)
        return self._timer(snapshot, name).number if found is None else found.number

    def _asked(self, event: object) -> str:
        answering = self.definition.folded.answers.get(type(event))
        if answering is None:
            kind = type(event).__name__
            raise LookupError(f"{kind} answers no effect of {self.definition.name}: send it instead of answering")
        return answering.effect.__name__

    def _timer(self, snapshot: AnySnapshot, label: str) -> Ticket:
        clocks = self.definition.folded.clocks
        for ticket in snapshot.tickets:
            if ticket.name == label or (ticket.name in clocks and clocks[ticket.name].label == label):
                return ticket
        live = ", ".join(clocks[t.name].label if t.name in clocks else t.name for t in snapshot.tickets) or "nothing"
        where = f"{self.definition.name} in {snapshot.state.name}"
        raise LookupError(f"{where} does not await {label!r}; it awaits {live}")
