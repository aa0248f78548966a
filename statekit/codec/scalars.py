"""The forms of single values, and of tuples and sets of values that have a form."""

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from types import NoneType
from typing import Final, cast

from statekit.codec.form import Form
from statekit.codec.strict import Misfit, boolean, items, number, placed, text, whole


def _nothing(value: object) -> None:
    if value is not None:
        raise Misfit("", "must be null")


def _key(value: object) -> object:
    """What is annotated `object` may hold what needs no class to be read again."""
    if value is not None and type(value) not in {str, int}:
        raise Misfit("", "must be text, a whole number or null: its annotation says no more than object")
    return value


# A checker lets a bool or an IntEnum stand where int is written, an int where float is: they are written as what the
# annotation says, which compares equal.
def _write_whole(value: object) -> object:
    return int(value) if isinstance(value, int) else whole(value)


def _write_number(value: object) -> object:
    if isinstance(value, int):
        return number(int(value))
    return number(float(value) if isinstance(value, float) else value)


def _write_text(value: object) -> object:
    return str.__str__(value) if isinstance(value, str) else text(value)


_NOTHING: Final = Form(_nothing, _nothing)

SCALARS: Final[Mapping[object, Form]] = {
    None: _NOTHING,
    NoneType: _NOTHING,
    bool: Form(boolean, boolean),
    int: Form(_write_whole, whole),
    float: Form(_write_number, number),
    str: Form(_write_text, text),
    object: Form(_key, _key),
}
"""The forms of Python's own single values."""


def enumerated(kind: type[Enum]) -> Form:
    """Give the form of an enum: its members' values if all are text or all whole numbers, else their names."""
    kinds = {type(cast("object", each.value)) for each in kind}
    by_value = kinds in ({str}, {int})
    written = {each: cast("object", each.value) if by_value else each.name for each in kind}
    known = {(type(plain), plain): each for each, plain in written.items()}
    problem = f"must be one of {', '.join(str(plain) for plain in written.values())}"

    def write(value: object) -> object:
        if not isinstance(value, kind) or value not in written:
            raise Misfit("", f"must be a member of {kind.__name__}")
        return written[value]

    def read(value: object) -> object:
        # Not by the enum itself, to which true is 1.
        if type(value) not in {str, int} or (type(value), value) not in known:
            raise Misfit("", problem)
        return known[type(value), value]

    return Form(write, read)


def literal(values: Sequence[object]) -> Form:
    """Give the form of a literal, whose values must be JSON themselves."""
    if not all(value is None or type(value) in {str, int, bool} for value in values):
        raise Misfit("", "is a literal of what JSON has no word for: annotate it with the enum itself")

    def take(value: object) -> object:
        if not any(type(value) is type(each) and value == each for each in values):
            raise Misfit("", f"must be one of {', '.join(map(repr, values))}")
        return value

    return Form(take, take)


def listed(item: Form) -> Form:
    """Give the form of a tuple of any length: a list."""
    return Form(
        lambda value: [placed(f"[{index}]", item.write)(each) for index, each in enumerate(_tuple(value))],
        lambda value: items(value, item.read),
    )


def several(parts: Sequence[Form]) -> Form:
    """Give the form of a tuple of so many parts: a list."""

    def measured(value: Sequence[object]) -> Sequence[object]:
        if len(value) != len(parts):
            raise Misfit("", f"must have {len(parts)} items")
        return value

    def write(value: object) -> object:
        pairs = enumerate(zip(parts, measured(_tuple(value)), strict=True))
        return [placed(f"[{index}]", part.write)(each) for index, (part, each) in pairs]

    def read(value: object) -> object:
        pairs = enumerate(zip(parts, measured(items(value, _unchanged)), strict=True))
        return tuple(placed(f"[{index}]", part.read)(each) for index, (part, each) in pairs)

    return Form(write, read)


def unique(item: Form) -> Form:
    """Give the form of a frozenset: a list, sorted so that equal sets are saved alike."""

    def write(value: object) -> object:
        if not isinstance(value, frozenset):
            raise Misfit("", "must be a frozenset")
        members = cast("frozenset[object]", value)
        return sorted((placed("[]", item.write)(each) for each in members), key=json.dumps)

    def read(value: object) -> object:
        found = items(value, item.read)
        try:
            members = frozenset(found)
        except TypeError:
            raise Misfit("", "must hold values that can be hashed") from None
        if len(members) < len(found):
            raise Misfit("", "must hold each item once")
        return members

    return Form(write, read)


def _tuple(value: object) -> tuple[object, ...]:
    if not isinstance(value, tuple):
        raise Misfit("", "must be a tuple")
    return cast("tuple[object, ...]", value)


def _unchanged(value: object) -> object:
    return value
