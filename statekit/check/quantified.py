"""Quantified: which ordinals and instants a value holds, and the same value with others in their places.

Theory. The marks stand in the annotations of attrs classes, so annotation and value are walked side by side: fields of
attrs classes, items of tuples, sets and lists, entries of mappings, whichever member of a union fits. What no mark can
be reached in is not walked at all, so that a context without quantities costs one lookup.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Annotated, Any, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from attrs import evolve, frozen, has

from statekit.quantities import Quantity


@frozen
class Mark:
    """What matters about a number, and which others it is compared with."""

    quantity: Quantity
    kind: str = ""


Numbers: TypeAlias = tuple[tuple[Mark, float], ...]

Replace: TypeAlias = Callable[[Mark, float], float]
"""Give the number that stands in the place of another."""


def marks(annotation: object) -> frozenset[Mark]:
    """Give the marks that a value with this annotation may hold."""
    return _known_marks(annotation)


@cache
def _known_marks(annotation: Hashable) -> frozenset[Mark]:
    return frozenset(_marks(annotation, ()))


def _marks(annotation: object, within: tuple[object, ...]) -> Iterator[Mark]:
    mark = _mark(annotation)
    if mark is not None:
        yield mark
    elif isinstance(annotation, type) and has(annotation):
        if annotation not in within:
            for hint in hints(annotation).values():
                yield from _marks(hint, (*within, annotation))
    else:
        for part in get_args(annotation):
            yield from _marks(part, within)


def _mark(annotation: object) -> Mark | None:
    if get_origin(annotation) is not Annotated:
        return None
    metadata = cast("tuple[object, ...]", getattr(annotation, "__metadata__", ()))
    quantity = next((each for each in metadata if isinstance(each, Quantity)), None)
    if quantity is None:
        return None
    return Mark(quantity, next((each for each in metadata if isinstance(each, str)), ""))


def hints(cls: object) -> Mapping[str, object]:
    """Give the annotation of every field of an attrs class."""
    return _known_hints(cls)


@cache
def _known_hints(cls: type) -> Mapping[str, object]:
    found = get_type_hints(cls, include_extras=True)
    return {each.name: found.get(each.name) for each in cast("Any", cls).__attrs_attrs__}


def numbers(value: object, *, none: bool = False, annotation: object = None) -> Numbers:
    """Give every marked number in a value, in the order of its fields; `annotation` is the value's class if not given.

    Ordinals that are not positive stand for none, and are left out unless `none` says otherwise.
    """
    annotation = type(value) if annotation is None else annotation
    if not marks(annotation):
        return ()
    found: list[tuple[Mark, float]] = []

    def note(mark: Mark, number: float) -> float:
        if none or mark.quantity is Quantity.INSTANT or number > 0:
            found.append((mark, number))
        return number

    replaced(value, note, annotation)
    return tuple(found)


def replaced(value: object, replace: Replace, annotation: object = None) -> object:
    """Give the value with every marked number replaced; the very same value if no number is another."""
    annotation = type(value) if annotation is None else annotation
    if not marks(annotation):
        return value
    mark = _mark(annotation)
    if mark is not None:
        return replace(mark, value) if isinstance(value, (int, float)) else value
    if get_origin(annotation) in (Union, UnionType):
        fitting = (part for part in get_args(annotation) if marks(part) and _fits(value, part))
        return replaced(value, replace, next(fitting, object))
    return _replaced_within(value, replace, annotation)


def _replaced_within(value: object, replace: Replace, annotation: object) -> object:
    args = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return replaced(value, replace, args[0])
    if has(type(value)):
        changed: dict[str, object] = {}
        for name, hint in hints(type(value)).items():
            if marks(hint):
                old = getattr(value, name)
                new = replaced(old, replace, hint)
                if new is not old and new != old:
                    changed[name.lstrip("_")] = new
        return evolve(cast("Any", value), **changed) if changed else value
    if isinstance(value, Mapping):
        entries = cast("Mapping[object, object]", value)
        made = {replaced(k, replace, args[0]): replaced(v, replace, args[1]) for k, v in entries.items()}
        return value if made == value else cast("Any", type(entries))(made)
    if isinstance(value, tuple):
        items = cast("tuple[object, ...]", value)
        each = args if len(args) == len(items) and Ellipsis not in args else (args[0],) * len(items)
        made_items = tuple(replaced(item, replace, hint) for item, hint in zip(items, each, strict=True))
        return value if made_items == value else made_items
    if isinstance(value, (frozenset, list)):
        collection = cast("frozenset[object] | list[object]", value)
        made_set = type(collection)(replaced(item, replace, args[0]) for item in collection)
        return value if made_set == value else made_set
    return value


def _fits(value: object, annotation: object) -> bool:
    if _mark(annotation) is not None:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    kind = get_origin(annotation) or annotation
    return isinstance(kind, type) and isinstance(value, kind)
