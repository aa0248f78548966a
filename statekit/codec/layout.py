"""The layout of one machine's snapshot: state, context, tickets, postponed events, ticket counter."""

from collections.abc import Mapping
from enum import StrEnum
from typing import cast

from attrs import frozen

from statekit.codec.alternatives import names
from statekit.codec.form import Form
from statekit.codec.forms import Forms, Hooks, Raw
from statekit.codec.legal import legal
from statekit.codec.strict import Misfit, members, placed
from statekit.codec.tickets import TicketRecord, recorded
from statekit.machine import Definition
from statekit.row import Verb
from statekit.snapshot import AnySnapshot, Snapshot


@frozen
class EventRecord:
    """A postponed event: its class by name, and its fields."""

    event: str
    data: Raw


@frozen
class Body:
    """What is saved of one machine."""

    state: str
    context: Raw
    tickets: tuple[TicketRecord, ...]
    postponed: tuple[EventRecord, ...]
    issued: int


@frozen
class Revived:
    """A snapshot that was read, and the seconds that were left for each of its timers, if they were saved."""

    snapshot: AnySnapshot
    left_seconds: Mapping[int, float | None]


class Layout:
    """How snapshots of one machine are written and read; every method raises `Misfit`."""

    def __init__(self, definition: Definition, hooks: Hooks | Forms | None) -> None:
        """Make the form of the context, whose class is that of the machine's own."""
        self.definition = definition
        self.forms: Forms = Forms.given(hooks)
        self._body = self.forms.of(Body)
        self.context: Form = placed(".context", self.forms.of)(type(definition.context))
        folded = definition.folded
        # Answers are never postponed, so no table needs a form for them.
        self.events: Mapping[str, type] = names(event for event in folded.events if event not in folded.answers)
        self.states: Mapping[str, StrEnum] = {
            str(declared.state.value): declared.state for declared in definition.states
        }

    def check(self) -> None:
        """Refuse an event that a row postpones and that has no form."""
        cells = self.definition.folded.cells.values()
        arrows = [arrow for each in cells for arrows in each.values() for arrow in arrows]
        postponed = {arrow.key for arrow in arrows if arrow.row.verb is Verb.POSTPONE}
        for event in self.events.values():
            if event in postponed:
                placed(f".postponed: {event.__name__}", self.forms.of)(event)

    def write(self, snapshot: AnySnapshot, remaining_seconds: Mapping[int, float]) -> dict[str, object]:
        """Lay out a snapshot; a timer that is not in `remaining_seconds` is written without its time."""
        state = str(snapshot.state.value)
        if self.states.get(state) is not snapshot.state:
            raise Misfit(".state", f"must be a state of {self.definition.name}, not {snapshot.state!r}")
        name_of = {kind: name for name, kind in self.events.items()}
        events: list[EventRecord] = []
        for index, event in enumerate(snapshot.postponed):
            at = f".postponed[{index}]"
            if type(event) not in name_of:
                raise Misfit(at, f"is a {type(event).__name__}, which no row answers")
            form = placed(at, self.forms.of)(type(event))
            events.append(EventRecord(name_of[type(event)], Raw(placed(at, form.write)(event))))
        context = Raw(placed(".context", self.context.write)(snapshot.context))
        tickets = recorded(self.definition, snapshot.tickets, remaining_seconds)
        return members(self._body.write(Body(state, context, tickets, tuple(events), snapshot.issued)))

    def read(self, body: object) -> Revived:
        """Read a snapshot; it fits the table when this returns."""
        found = cast("Body", self._body.read(body))
        state = self.states.get(found.state)
        if state is None:
            raise Misfit(".state", f"must be one of {', '.join(self.states)}")
        context = placed(".context", self.context.read)(found.context)
        postponed = tuple(
            placed(f".postponed[{index}]", self._event)(each) for index, each in enumerate(found.postponed)
        )
        tickets = tuple(each.ticket for each in found.tickets)
        snapshot = Snapshot[StrEnum, object](state, context, tickets, postponed, found.issued)
        legal(self.definition, snapshot, [each.kind for each in found.tickets])
        return Revived(snapshot, {each.number: each.left_seconds for each in found.tickets})

    def _event(self, record: EventRecord) -> object:
        kind = self.events.get(record.event)
        if kind is None:
            raise Misfit(".event", f"must be one of {', '.join(self.events)}")
        return placed(".data", self.forms.of(kind).read)(record.data)


def checked(definition: Definition, hooks: Hooks | Forms | None) -> Layout:
    """Give the layout of a machine all of whose snapshots can be saved; raises `Misfit`."""
    layout = Layout(definition, hooks)
    layout.check()
    return layout
