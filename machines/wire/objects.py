"""Immutable JSON: what an application sent that we carry without knowing it."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias, Union, cast

from attrs import field, frozen

# A name in quotes is the only recursion that Python 3.11 lets an alias have.
Json: TypeAlias = Union[bool, int, float, str, "tuple[Json, ...]", "JsonObject", None]


@frozen(eq=False, repr=False)
class JsonObject(Mapping[str, Json]):
    """A JSON object that cannot change and can be hashed.

    Two are equal when they are the same JSON: member order does not count, and `true`, `1` and `1.0` are
    three values (Python calls them equal, which would let a memo mistake one for another). Make one with
    `of`.
    """

    _members: dict[str, Json] = field()
    _canonical: str = field()

    @classmethod
    def of(cls, members: Mapping[str, object]) -> "JsonObject":
        """Copy a mapping; what is inside is frozen too, lists as tuples. Raises `NotJson` for anything JSON
        cannot say.
        """
        if isinstance(members, JsonObject):
            return members
        frozen_members = {_key(key): freeze(value) for key, value in members.items()}
        plain = {key: thaw(member) for key, member in frozen_members.items()}
        return cls(frozen_members, json.dumps(plain, sort_keys=True, separators=(",", ":")))

    def __getitem__(self, key: str) -> Json:
        return self._members[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonObject) and self._canonical == other._canonical

    def __hash__(self) -> int:
        return hash(self._canonical)

    def __repr__(self) -> str:
        return f"JsonObject.of({self._members!r})"


class NotJson(ValueError):
    """A value that JSON has no word for: `kind` names its type."""

    def __init__(self, kind: str) -> None:
        """Keep the name of the type."""
        self.kind = kind
        super().__init__(
            f"JSON cannot say {kind}; it has null, booleans, finite numbers, Unicode text, lists and objects"
        )


def freeze(value: object) -> Json:
    """Copy plain JSON (`dict`, `list`) into its immutable form; raises `NotJson` for anything else."""
    if value is None or isinstance(value, (bool, int, JsonObject)):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise NotJson(kind=f"the number {value}")
    if isinstance(value, (list, tuple)):
        return tuple(freeze(item) for item in cast("list[object]", value))
    if isinstance(value, Mapping):
        return JsonObject.of(cast("Mapping[str, object]", value))
    raise NotJson(kind=f"a {type(value).__name__}")


def freeze_object(members: Mapping[str, object]) -> JsonObject:
    """`JsonObject.of` as a converter of an attrs field."""
    return JsonObject.of(members)


def freeze_object_if_any(members: Mapping[str, object] | None) -> JsonObject | None:
    """`JsonObject.of` as a converter, where None stays None."""
    return None if members is None else JsonObject.of(members)


def thaw(value: object) -> object:
    """Copy immutable JSON into the `dict` and `list` that `json.dumps` takes."""
    if isinstance(value, JsonObject):
        return {key: thaw(member) for key, member in value.items()}
    if isinstance(value, tuple):
        return [thaw(item) for item in cast("tuple[object, ...]", value)]
    return value


def is_unicode(text: str) -> bool:
    """Whether the text can be sent: a lone half of a surrogate pair is no character, and would shift every
    position.
    """
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(key: object) -> str:
    if isinstance(key, str):
        return _text(key)
    raise NotJson(kind=f"a member name that is a {type(key).__name__}")


def _text(text: str) -> str:
    if is_unicode(text):
        return text
    raise NotJson(kind="a lone surrogate")


EMPTY: Final = JsonObject.of({})
