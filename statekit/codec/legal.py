"""Whether a snapshot that was read is one that its table could have led to, as far as the snapshot tells."""

from collections.abc import Iterator, Sequence

from statekit.cells import leaves
from statekit.codec.strict import Misfit, placed
from statekit.codec.tickets import Awaited
from statekit.draft import scope_name
from statekit.folded import Arrow, Clock, Folded
from statekit.machine import Definition
from statekit.row import Verb
from statekit.snapshot import AnySnapshot, Ticket
from statekit.states import Kind


def legal(definition: Definition, snapshot: AnySnapshot, kinds: Sequence[Awaited]) -> None:
    """Raise `Misfit` for the first thing in a snapshot that its table cannot have led to."""
    awaited = [_key(ticket) for ticket in snapshot.tickets]
    for index, (ticket, kind) in enumerate(zip(snapshot.tickets, kinds, strict=True)):
        before = snapshot.tickets[index - 1].number if index else 0
        placed(f".tickets[{index}]", _ticket)(definition.folded, snapshot, ticket, kind, before)
        if awaited.index(_key(ticket)) < index:
            raise Misfit(f".tickets[{index}].name", "must not be awaited twice")
    last = snapshot.tickets[-1].number if snapshot.tickets else 0
    if snapshot.issued < last:
        raise Misfit(".issued", f"must be {last} at least, the number of the last ticket")
    for clock in _needed(definition.folded, snapshot):
        if clock.id not in {ticket.name for ticket in snapshot.tickets}:
            raise Misfit(".tickets", f"must hold the timer {clock.id!r}, which runs in {snapshot.state}")
    if len(snapshot.postponed) > definition.postpone_limit:
        raise Misfit(".postponed", f"must hold {definition.postpone_limit} events at most")
    if snapshot.postponed and definition.kind(snapshot.state) is Kind.ENDED:
        raise Misfit(".postponed", f"must be empty in {snapshot.state}, which has ended")


def _ticket(folded: Folded, snapshot: AnySnapshot, ticket: Ticket, kind: Awaited, before: int) -> None:
    scopes = {effect.__name__: scope_name(each.scope) for effect, each in folded.answering.items()}
    if kind is Awaited.TIMER:
        scopes = {clock.id: clock.scope for clock in folded.clocks.values()}
    if ticket.name not in scopes:
        raise Misfit(".name", f"must be one of this table's {kind}s: {', '.join(scopes) or 'it has none'}")
    if ticket.scope != scopes[ticket.name]:
        raise Misfit(".scope", f"must be {scopes[ticket.name]}, as the table has it")
    if ticket.key is not None and ticket.name not in _keyed(folded):
        raise Misfit(".key", f"must be null: {ticket.name} has no key")
    if ticket.scope not in folded.scopes[snapshot.state]:
        raise Misfit(".scope", f"must hold the state {snapshot.state}: outside it the ticket is over")
    if ticket.number <= before:
        raise Misfit(".number", f"must be greater than {before}: tickets are in the order they were issued")


def _keyed(folded: Folded) -> set[str]:
    effects = {effect.__name__ for effect, each in folded.answering.items() if each.key}
    return effects | {clock.id for clock in folded.clocks.values() if clock.key}


def _key(ticket: Ticket) -> tuple[str, object]:
    return ticket.name, ticket.key


def _needed(folded: Folded, snapshot: AnySnapshot) -> Iterator[Clock]:
    """Give the timers that run in every stay in this state: a snapshot without them would wait for ever."""
    for clock in folded.clocks.values():
        entered_with = clock.id != clock.label and clock.scope in folded.scopes[snapshot.state]
        if entered_with and not _may_outlive(folded, clock):
            yield clock


def _may_outlive(folded: Folded, clock: Clock) -> bool:
    """Tell whether the stay that a timer counts may go on after it fired."""
    arrows = (arrow for cells in folded.cells.values() for arrow in cells.get(clock.id, ()))
    return any(_goes_on(arrow, clock.scope) for arrow in arrows)


def _goes_on(arrow: Arrow, scope: str) -> bool:
    return arrow.row.verb is Verb.IGNORE or any(scope not in leaf.ended for leaf in leaves(arrow.goal))
