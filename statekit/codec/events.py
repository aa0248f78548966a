"""Events as they are written down: for every event that a machine's table knows, its class by name and its fields.

A field that its class keeps from `repr` or masks there, however deep, is refused: what may not be printed may not be
written down either. Keep the secret itself outside, and its generation in the event.
"""

from collections.abc import Mapping
from typing import Annotated, get_args, get_origin

from attrs import Attribute, fields, frozen, has

from statekit.codec.alternatives import names
from statekit.codec.form import Form
from statekit.codec.forms import Forms, Raw, annotation, underlying
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
        self._forms: dict[type, Form] = {}

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
        known = self._forms.get(kind)
        if known is not None:
            return known
        made, path = self.forms.of(kind), hidden_in(kind)
        if path is not None:
            problem = "is kept from the repr, so it may be a secret: keep that outside, and its number in the event"
            raise Misfit(path, problem)
        self._forms[kind] = made
        return made


def hidden_in(shape: object) -> str | None:
    """Give the path of the first thing in an annotation's values that a repr does not show as it is; None if all is.

    Only what would be written down counts. Of a class whose hook writes it the fields are asked all the same.
    """
    return _hidden(shape, set())


def _hidden(shape: object, seen: set[object]) -> str | None:
    if get_origin(shape) is Annotated:
        return _hidden(get_args(shape)[0], seen)
    base = underlying(shape)
    if base is None and not (isinstance(shape, type) and has(shape)):
        return next((path for part in get_args(shape) if (path := _hidden(part, seen)) is not None), None)
    # A class or an alias may hold itself.
    if shape in seen:
        return None
    seen.add(shape)
    return _hidden_field(shape, seen) if isinstance(shape, type) else _hidden(base, seen)


def _hidden_field(shape: type, seen: set[object]) -> str | None:
    if not any("__repr__" in vars(each) for each in shape.__mro__[:-1]):
        return ""
    for each in fields(shape):
        if each.init:
            inner = _hidden(_annotated(shape, each), seen) if each.repr is True else ""
            if inner is not None:
                return member(each.name) + inner
    return None


def _annotated(shape: type, attribute: "Attribute[object]") -> object:
    try:
        return annotation(shape, attribute)
    except Misfit:  # then it has a form only by a hook, which knows what it may hold
        return None
