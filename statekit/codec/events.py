"""Events as they are written down: for every event that a machine's table knows, its class by name and its fields.

A field that its class keeps from `repr` is refused: what may not be printed may not be written down either. Keep the
secret itself outside, and its generation in the event.
"""

from collections.abc import Mapping

from attrs import fields, frozen, has

from statekit.codec.alternatives import names
from statekit.codec.form import Form
from statekit.codec.forms import Forms, Raw
from statekit.codec.strict import Misfit, member, placed
from statekit.machine import Definition
from statekit.timers import Fired


@frozen
class EventRecord:
    """An event: its class by name, and its fields."""

    event: str
    data: Raw


class Events:
    """How the events of one machine are written and read; every method raises `Misfit`."""

    def __init__(self, definition: Definition, forms: Forms) -> None:
        """Know the events of the table, and that of timers."""
        self.definition = definition
        self.forms = forms
        self.by_name: Mapping[str, type] = names((*definition.folded.events, Fired))
        self.names: Mapping[type, str] = {kind: name for name, kind in self.by_name.items()}

    def check(self) -> None:
        """Refuse an event class that has no form, or keeps a field from its repr."""
        for name, kind in self.by_name.items():
            placed(f".{name}", self._form)(kind)

    def write(self, event: object) -> EventRecord:
        """Write an event down."""
        name = self.names.get(type(event))
        if name is None:
            raise Misfit("", f"is a {type(event).__name__}, which no row of {self.definition.name} answers")
        form = placed(f".{name}", self._form)(type(event))
        return EventRecord(name, Raw(placed(f".{name}", form.write)(event)))

    def read(self, record: EventRecord) -> object:
        """Read an event."""
        kind = self.by_name.get(record.event)
        if kind is None:
            raise Misfit(".event", f"must be one of {', '.join(self.by_name)}")
        return placed(".data", self._form(kind).read)(record.data)

    def _form(self, kind: type) -> Form:
        for each in fields(kind) if has(kind) else ():
            if each.repr is False:
                problem = "is kept from the repr, so it may be a secret: keep that outside, and its number in the event"
                raise Misfit(member(each.name), problem)
        return self.forms.of(kind)
