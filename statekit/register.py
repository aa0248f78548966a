"""Register: the tickets of one step while it is being made, and what is issued and ended on the way."""

from types import NoneType
from typing import cast

from statekit.draft import scope_name
from statekit.folded import Clock, Folded
from statekit.row import Function
from statekit.snapshot import AnySnapshot, Issued, Ticket
from statekit.timers import Duration, Jitter, Key, delay_label


class BrokenOrder(Exception):
    """A delay or key function raised or gave none, or a maker made what cannot start in the new state."""

    def __init__(self, function: str, error: Exception) -> None:
        """Keep whose fault it was."""
        super().__init__(function)
        self.function = function
        self.error = error


class Register:
    """The tickets of one step while it is being made."""

    def __init__(self, snapshot: AnySnapshot, context: object, event: object, scopes: frozenset[str]) -> None:
        """Begin with the tickets of the snapshot; the new state has its context and lies in these scopes."""
        self.context = context
        self.event = event
        self.scopes = scopes
        self.live: list[Ticket] = list(snapshot.tickets)
        self.issued: int = snapshot.issued
        self.new: list[Issued[object]] = []
        self.ended: list[Ticket] = []
        self.effects: list[tuple[object, Ticket | None]] = []

    def leave(self, scopes: frozenset[str]) -> None:
        """End every ticket whose scope was left."""
        self.ended += (ticket for ticket in self.live if ticket.scope in scopes)
        self.live = [ticket for ticket in self.live if ticket.scope not in scopes]

    def drop(self, name: str, key: Key) -> None:
        """End the live ticket of a timer or an effect, if there is one."""
        self.ended += (ticket for ticket in self.live if ticket.name == name and ticket.key == key)
        self.live = [ticket for ticket in self.live if ticket.name != name or ticket.key != key]

    def issue(self, name: str, scope: str, key: Key) -> Ticket:
        """Issue a ticket in place of the one that was live under the same name and key."""
        self.drop(name, key)
        self.issued += 1
        ticket = Ticket(self.issued, name, scope, key)
        self.live.append(ticket)
        return ticket

    def arm(self, clock: Clock) -> None:
        """Start a timer; its delay is worked out from the new context."""
        delay = clock.delay
        if callable(delay):
            try:
                delay = _lawful(delay(self.context))
            except Exception as error:
                raise BrokenOrder(delay_label(clock.delay), error) from error
        self.new.append(Issued(self.issue(clock.id, clock.scope, self.key(clock)), delay=delay))

    def disarm(self, clock: Clock) -> None:
        """Stop a timer, if it runs."""
        self.drop(clock.id, self.key(clock))

    def key(self, clock: Clock) -> Key:
        """Work out which of the timers of one name is meant, from the new context and the event."""
        if clock.key is None:
            return None
        given = (self.context, self.event) if clock.key.takes_event else (self.context,)
        return _key(clock.key.function, *given)

    def order(self, effect: object, folded: Folded) -> None:
        """Order an effect, with a ticket if it answers."""
        answering = folded.answering.get(type(effect))
        if answering is None:
            self.effects.append((effect, None))
            return
        name, scope = type(effect).__name__, scope_name(answering.scope)
        if scope not in self.scopes:
            raise BrokenOrder(name, ValueError(f"{name} was made outside its scope {scope}: no answer could arrive"))
        ticket = self.issue(name, scope, None if answering.key is None else _key(answering.key, effect))
        self.effects.append((effect, ticket))
        self.new.append(Issued(ticket, effect=effect))


def _lawful(delay: Duration) -> Duration:
    if isinstance(delay, Jitter) or 0 <= delay < float("inf"):
        return delay
    raise ValueError(f"a delay must be finite and not negative, not {delay!r}")


def _key(function: Function, *given: object) -> Key:
    try:
        key = function(*given)
        # Exactly these, because a key that was saved must be equal when it is read again.
        if type(key) not in {str, int, NoneType}:
            raise TypeError(f"a key must be text, a whole number or None, not {key!r}")
    except Exception as error:
        raise BrokenOrder(function.__name__, error) from error
    return cast("Key", key)
