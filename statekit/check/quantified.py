"""Quantified: which ordinals and instants a value holds, and the same value with others in their places.

Theory. The marks stand in the annotations of attrs classes, so annotation and value are walked side by side: fields of
attrs classes, items of tuples, sets and lists, entries of mappings, whichever member of a union fits. The walk is laid
out once for each annotation, as functions in functions that go nowhere else: what no mark can be reached in has none,
so that a context without quantities costs one lookup.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, TypeAlias, Union, cast, get_args, get_origin, get_type_hints

from attrs import evolve, has

from statekit.quantities import Quantity


class Mark(NamedTuple):
    """What matters about a number, and which others it is compared with."""

    quantity: Quantity
    kind: str = ""


Numbers: TypeAlias = tuple[tuple[Mark, float], ...]

Replace: TypeAlias = Callable[[Mark, float], float]
"""Give the number that stands in the place of another."""

Walk: TypeAlias = Callable[[object, Replace], object]
"""Give a value with every marked number in it replaced; the very same value if no number is another."""


def marks(annotation: object) -> frozenset[Mark]:
    """Give the marks that a value with this annotation may hold."""
    return _known_marks(annotation)


@lru_cache(maxsize=4096)
def _known_marks(annotation: object) -> frozenset[Mark]:
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
    walk = _walk(type(value) if annotation is None else annotation)
    if walk is None:
        return ()
    found: list[tuple[Mark, float]] = []

    def note(mark: Mark, number: float) -> float:
        if none or mark.quantity is Quantity.INSTANT or number > 0:
            found.append((mark, number))
        return number

    walk(value, note)
    return tuple(found)


def replaced(value: object, replace: Replace, annotation: object = None) -> object:
    """Give the value with every marked number replaced; the very same value if no number is another."""
    walk = _walk(type(value) if annotation is None else annotation)
    return value if walk is None else walk(value, replace)


def _walk(annotation: object) -> Walk | None:
    return _known_walk(annotation)


@lru_cache(maxsize=4096)
def _known_walk(annotation: object) -> Walk | None:
    """Lay out the walk through values with this annotation; None if no mark can be reached in them."""
    if not marks(annotation):
        return None
    mark = _mark(annotation)
    if mark is not None:
        return _number(mark)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return _one_of(tuple((_kind(part), part) for part in args if marks(part)))
    if origin is Annotated:
        return _walk(args[0])
    if isinstance(annotation, type) and has(annotation):
        return _fields
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _entries(_walk(args[0]), _walk(args[1]))
    if origin is tuple and Ellipsis not in args:
        return _several(tuple(map(_walk, args)))
    return _items(_walk(args[0]))


def _number(mark: Mark) -> Walk:
    def walk(value: object, replace: Replace) -> object:
        return replace(mark, value) if isinstance(value, (int, float)) else value

    return walk


def _kind(annotation: object) -> tuple[type, ...]:
    if _mark(annotation) is not None:
        return (int, float)
    kind = get_origin(annotation) or annotation
    return (kind,) if isinstance(kind, type) else ()


def _one_of(parts: tuple[tuple[tuple[type, ...], object], ...]) -> Walk:
    def walk(value: object, replace: Replace) -> object:
        for kinds, part in parts:
            if isinstance(value, kinds) and not isinstance(value, bool):
                return replaced(value, replace, part)
        return value

    return walk


@cache
def _marked_fields(cls: type) -> tuple[tuple[str, str, Walk], ...]:
    aliases = {each.name: each.alias for each in cast("Any", cls).__attrs_attrs__}
    walks = ((name, _walk(hint)) for name, hint in hints(cls).items())
    return tuple((name, aliases[name], walk) for name, walk in walks if walk is not None)


def _fields(value: object, replace: Replace) -> object:
    cls: object = type(value)
    changed: dict[str, object] = {}
    for name, alias, walk in _marked_fields(cls) if has(type(value)) else ():
        old = getattr(value, name)
        new = walk(old, replace)
        if new is not old and new != old:
            changed[alias] = new
    return evolve(cast("Any", value), **changed) if changed else value


def _same(value: object, made: object) -> object:
    return value if made == value else made


def _entries(key: Walk | None, entry: Walk | None) -> Walk:
    def walk(value: object, replace: Replace) -> object:
        pairs = cast("Mapping[object, object]", value).items()
        made = {
            k if key is None else key(k, replace): each if entry is None else entry(each, replace) for k, each in pairs
        }
        return _same(value, cast("Any", type(value))(made))

    return walk


def _several(walks: tuple[Walk | None, ...]) -> Walk:
    def walk(value: object, replace: Replace) -> object:
        pairs = zip(cast("tuple[object, ...]", value), walks, strict=True)
        return _same(value, tuple(item if each is None else each(item, replace) for item, each in pairs))

    return walk


def _items(item: Walk | None) -> Walk:
    def walk(value: object, replace: Replace) -> object:
        if item is None or not isinstance(value, (tuple, frozenset, list)):
            return value
        collection = cast("frozenset[object]", value)
        return _same(collection, type(collection)(item(each, replace) for each in collection))

    return walk
