"""Events as they are written down: for every event that a machine's table knows, its class by name and its fields.

A field that its class keeps from `repr`, however deep, is refused: what may not be printed may not be written down
either. Keep the secret itself outside, and its generation in the event.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import get_args, get_type_hints

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
        path = hidden_in(kind)
        if path:
            problem = "is kept from the repr, so it may be a secret: keep that outside, and its number in the event"
            raise Misfit(path, problem)
        return self.forms.of(kind)


@lru_cache(maxsize=1024)
def hidden_in(shape: object, within: tuple[object, ...] = ()) -> str:
    """Give the path of the first field that an annotation's values keep from their repr; empty if there is none."""
    if not isinstance(shape, type) or not has(shape):
        return next(filter(None, (hidden_in(part, within) for part in get_args(shape))), "")
    if shape in within:
        return ""
    shapes = _annotations(shape)
    for each in fields(shape):
        if each.repr is False:
            return member(each.name)
        inner = hidden_in(shapes.get(each.name), (*within, shape))
        if inner:
            return member(each.name) + inner
    return ""


def _annotations(shape: type) -> Mapping[str, object]:
    try:
        return get_type_hints(shape)
    except Exception:  # noqa: BLE001 - an annotation is an expression, and may raise anything; its form says so
        return {}
