"""Alternatives: a union, whose values say which of its parts they are of.

`X | None` is null or X. In any other union null, booleans, numbers, text and the one tuple or set stand as they are,
and classes are told apart by the member `class`, which holds the class's name: `class` is no name of a Python field.
An attrs class has its fields beside it; an enum, or what a hook made, stands beside it in the member `value`.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import NoneType
from typing import Final, TypeVar, cast, get_origin

from attrs import frozen

from statekit.codec.form import Form
from statekit.codec.strict import Misfit, members, placed

TAG: Final = "class"
_PLAIN: Final[frozenset[object]] = frozenset({NoneType, bool, int, float, str})

K = TypeVar("K", bound=type)


@frozen(eq=False)
class Alternative:
    """One part of a union and its form: `tagged` if its class's name must be said, `inline` if beside its fields."""

    shape: object
    form: Form
    tagged: bool
    inline: bool


def names(classes: Iterable[K]) -> dict[str, K]:
    """Give classes by name, those of the same name by their module's as well."""
    found = tuple(dict.fromkeys(classes))
    simple = [each.__name__ for each in found]
    return {
        each.__name__ if simple.count(each.__name__) == 1 else f"{each.__module__}.{each.__qualname__}": each
        for each in found
    }


def union_of(parts: Sequence[Alternative]) -> Form:
    """Give the form of a union; raises `Misfit` if JSON could not tell its parts apart."""
    others = [part for part in parts if part.shape is not NoneType]
    if len(others) == 1:
        return _perhaps(others[0].form)
    plain = {part.shape: part.form for part in parts if not part.tagged and part.shape in _PLAIN}
    lists = [part for part in parts if get_origin(part.shape) in (tuple, frozenset)]
    tagged = {cast("type", part.shape): part for part in parts if part.tagged}
    if len(lists) > 1 or len(plain) + len(lists) + len(tagged) < len(parts):
        raise Misfit("", "is a union whose parts JSON cannot tell apart: use classes, or pass a hook for it")
    return _union(plain, lists, tagged)


def _perhaps(form: Form) -> Form:
    def write(value: object) -> object:
        written = None if value is None else form.write(value)
        if written is None and value is not None:
            raise Misfit("", "is saved as null by its hook, and null means None here")
        return written

    return Form(write, lambda value: None if value is None else form.read(value))


def _union(plain: Mapping[object, Form], lists: Sequence[Alternative], tagged: Mapping[type, Alternative]) -> Form:
    by_name = names(tagged)
    name_of = {kind: name for name, kind in by_name.items()}

    def write(value: object) -> object:
        kind = _class_of(value, tagged)
        if kind is not None:
            written = tagged[kind].form.write(value)
            beside = cast("dict[str, object]", written) if tagged[kind].inline else {"value": written}
            return {TAG: name_of[kind]} | beside
        if lists and isinstance(value, get_origin(lists[0].shape) or ()):
            return lists[0].form.write(value)
        return _scalar(value, plain).write(value)

    def read(value: object) -> object:
        if _is_a(list, value) and lists:
            return lists[0].form.read(value)
        if not _is_a(dict, value) or not tagged:
            return _scalar(value, plain).read(value)
        given = dict(members(value))
        name = given.pop(TAG, None)
        if not isinstance(name, str) or name not in by_name:
            raise Misfit(f".{TAG}", f"must be one of {', '.join(by_name)}")
        part = tagged[by_name[name]]
        if part.inline:
            return part.form.read(given)
        if given.keys() != {"value"}:
            raise Misfit("", f"must have the members {TAG} and value, no others")
        return placed(".value", part.form.read)(given["value"])

    return Form(write, read)


def _is_a(kind: type, value: object) -> bool:
    return isinstance(value, kind)


def _class_of(value: object, tagged: Mapping[type, Alternative]) -> type | None:
    """Find the value's own class, else the one it is an instance of (a hook's class may be abstract)."""
    exact = (each for each in tagged if type(value) is each)
    return next(exact, None) or next((each for each in tagged if isinstance(value, each)), None)


def _scalar(value: object, plain: Mapping[object, Form]) -> Form:
    # To Python a boolean is a whole number: its own form is asked first.
    fitting = [kind for kind in (NoneType, bool, int, float, str) if isinstance(value, kind)]
    for kind in (*fitting, *((float,) if int in fitting else ())):
        if kind in plain:
            return plain[kind]
    raise Misfit("", f"must be one of {', '.join(getattr(kind, '__name__', str(kind)) for kind in plain)}")
