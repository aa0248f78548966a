"""JSON to wire values and back: cattrs, made strict, its refusals one path and one sentence.

cattrs on its own reads the text "no" as True, "5" as 5 and a string as a list of letters; each hook below
takes exactly its JSON type. Members nobody asked for are ignored, and null is read as if the member were
missing. What `fields` says of a field (its validator, its spelling) holds here too. The path is built by the
hooks themselves, as the first misfit travels up; cattrs' own detailed validation would gather the refused
values in exception groups.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, TypeVar, cast, get_args, get_origin

from attrs import NOTHING, Attribute, field, fields, frozen, has
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from machines.wire.fields import FieldInvalid, at_least, spelling_of
from machines.wire.messages import URL_DOCUMENT, Document
from machines.wire.objects import EMPTY, JsonObject, thaw
from machines.wire.operations import Delete, Edit, Format, Insert, Operation, Retain
from machines.wire.text import OperationInvalid, Text
from statekit.codec.strict import Misfit, boolean, items, members, number, placed, text, whole

T = TypeVar("T")
Hook: TypeAlias = Callable[[object, object], object]

_UNSAID: Final = frozenset({None, EMPTY, URL_DOCUMENT})
"""The defaults that are not written: they say nothing."""
_KINDS: Final[Mapping[str, type[Operation]]] = {shape.kind: shape for shape in (Insert, Delete, Retain, Format)}


def structured(value: object, shape: type[T]) -> T:
    """Read plain JSON as `shape`; raises `Misfit` for the first member that does not fit."""
    return _CONVERTER.structure(value, shape)


def unstructured(value: object) -> dict[str, object]:
    """Write a wire value as plain JSON; what is None, and attributes that say nothing, are left out."""
    return cast("dict[str, object]", _CONVERTER.unstructure(value))


def _at(path: str, hook: Hook) -> Hook:
    """The hook, its misfits, and what a field does not admit, placed at `path`."""

    def admitted(value: object, shape: object) -> object:
        try:
            return hook(value, shape)
        except FieldInvalid as invalid:
            raise Misfit("", invalid.problem) from None

    return placed(path, admitted)


def _hook(take: Callable[[object], object]) -> Hook:
    return lambda value, _: take(value)


def _number(value: object) -> object:
    return float(number(value))


def _brief(value: float) -> float:
    value = float(value)
    # Many servers refuse 1500.0 where they expect whole milliseconds; JSON itself knows one kind of number.
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _object(value: object, _: object) -> object:
    return JsonObject.of(members(value))


def _unchanged(value: object, _: object) -> object:
    return value


def _operation(value: object, _: object) -> object:
    found = members(value)
    kind = found.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise Misfit(".type", f"must be one of {', '.join(_KINDS)}")
    return structured(found, _KINDS[kind])


def _edit(value: object, shape: object) -> object:
    if isinstance(value, dict):
        return (_operation(cast("object", value), Operation),)
    if not isinstance(value, list):
        raise Misfit("", "must be an operation or a list of operations")
    return _list_reader(shape)(cast("object", value), shape)


def _plain_edit(edit: Edit) -> object:
    operations = [{"type": operation.kind} | unstructured(operation) for operation in edit]
    return operations[0] if len(operations) == 1 else operations


def _list_reader(shape: object) -> Hook:
    item_shape = get_args(shape)[0]

    def read(value: object, _: object) -> object:
        item = _at("", _CONVERTER.get_structure_hook(item_shape))
        return items(value, lambda each: item(each, item_shape))

    return read


def _is_list(shape: object) -> bool:
    return get_origin(shape) is tuple and get_args(shape)[1:] == (...,)


def _reader(shape: type) -> Hook:
    """Read an object as an attrs class: its spellings, its required members, its validators."""
    attributes = _attributes(shape)
    hooks: dict[str, Any] = {
        each.name: override(rename=_name(each), struct_hook=_field_reader(each)) for each in attributes
    }
    make = cast("Hook", make_dict_structure_fn(shape, _CONVERTER, **hooks))

    def read(value: object, _: object) -> object:
        given = {key: each for key, each in members(value).items() if each is not None}
        for attribute in attributes:
            name, also = _name(attribute), spelling_of(attribute).also
            if name not in given and also in given:
                given[name] = given[also]
            if name not in given and attribute.default is NOTHING:
                raise Misfit(f".{name}", "is missing")
        return make(given, shape)

    return read


def _attributes(shape: type) -> "tuple[Attribute[object], ...]":
    return tuple(fields(shape))


def _field_reader(attribute: "Attribute[object]") -> Hook:
    validator = attribute.validator

    def read(value: object, shape: object) -> object:
        taken = _CONVERTER.get_structure_hook(attribute.type)(value, shape)
        if validator is not None:
            validator(None, attribute, taken)
        return taken

    return _at(f".{_name(attribute)}", read)


def _writer(shape: type) -> Callable[[object], dict[str, object]]:
    attributes = _attributes(shape)
    hooks: dict[str, Any] = {
        each.name: override(rename=_name(each), omit_if_default=each.default in _UNSAID) for each in attributes
    }
    make = cast("Callable[[object], dict[str, object]]", make_dict_unstructure_fn(shape, _CONVERTER, **hooks))
    spellings = ((_name(each), spelling_of(each)) for each in attributes)
    twice = {each.also: name for name, each in spellings if each.also and each.sends_also}

    def write(value: object) -> dict[str, object]:
        written = make(value)
        return written | {also: written[name] for also, name in twice.items()}

    return write


def _name(attribute: "Attribute[object]") -> str:
    return spelling_of(attribute).name or attribute.name


@frozen
class _DocumentShape:
    """A document as it stands on the wire: the formats apart from the characters."""

    id: str
    version: int = field(validator=at_least(0))
    content: str
    formats: tuple[Format, ...] = ()


def _document(value: object, _: object) -> object:
    shape = structured(value, _DocumentShape)
    try:
        text = Text.of(shape.content, shape.formats)
    except OperationInvalid as invalid:
        raise Misfit(f".formats[{invalid.index}]", "must end within the content") from None
    return Document(shape.id, shape.version, text)


def _plain_document(document: Document) -> dict[str, object]:
    text = document.text
    plain = unstructured(_DocumentShape(document.id, document.version, text.content, text.formats))
    return plain if text.formats else {key: value for key, value in plain.items() if key != "formats"}


def _is(shape: object) -> Callable[[object], bool]:
    return lambda asked: asked == shape


def _strict() -> Converter:
    # Of two predicates that both fit, cattrs takes the one registered later: the special shapes stand last. Its own
    # hooks for the plain types are found before any predicate, so those are replaced by type.
    converter = Converter(detailed_validation=False)
    converter.register_structure_hook_factory(has, _reader)
    converter.register_unstructure_hook_factory(has, _writer)
    converter.register_structure_hook_factory(_is_list, _list_reader)
    for kind, take in ((bool, boolean), (int, whole), (str, text), (float, _number)):
        converter.register_structure_hook(kind, _hook(take))
    converter.register_unstructure_hook(float, _brief)
    converter.register_structure_hook_func(_is(object), _unchanged)
    converter.register_structure_hook_func(_is(Operation), _operation)
    converter.register_structure_hook_func(_is(Edit), _edit)
    converter.register_unstructure_hook_func(_is(Edit), _plain_edit)
    converter.register_structure_hook_func(_is(JsonObject), _object)
    converter.register_unstructure_hook_func(_is(JsonObject), thaw)
    converter.register_structure_hook_func(_is(Document), _document)
    converter.register_unstructure_hook_func(_is(Document), _plain_document)
    return converter


_CONVERTER: Final = _strict()
