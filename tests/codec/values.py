"""Strategies of Hypothesis for the values of an annotation, those of the shipped machines among them."""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin, get_type_hints

from attrs import fields, has
from hypothesis import strategies as st

from machines.wire.objects import Json, JsonObject, freeze
from machines.wire.operations import Insert
from machines.wire.text import Text

WORDS = st.sampled_from(["me", "me:1", "me:2", "x", "ü\n", "\u2028\x85", "\ud800"])
"""Some end a line to one reader or another, the last has no form in UTF-8."""

ATTRIBUTES = st.sampled_from([{"bold": True}, {"a": [1, 1.0, True, None, {"b": "x"}]}, {"message_id": "me:1"}])
PLAIN = {
    int: st.integers(1, 4),
    float: st.sampled_from([0.0, 0.1, 3, 60.0, 1e9]),
    str: WORDS,
    bool: st.booleans(),
    NoneType: st.none(),
    object: st.none() | st.integers() | WORDS,
    JsonObject: ATTRIBUTES.map(JsonObject.of),
    Json: st.none().flatmap(lambda _: ATTRIBUTES | st.sampled_from([None, 1, 1.0, True, "x", [[]]])).map(freeze),
    Text: st.sampled_from([Text(), Text("abc"), Text.of("ab", [])]),
    Insert: st.builds(Insert, st.integers(0, 3), st.just("ab")),
}


def values(shape):
    if shape in PLAIN:
        return PLAIN[shape]
    origin, parts = get_origin(shape), get_args(shape)
    if origin is Annotated:
        return values(parts[0])
    if origin in (Union, UnionType):
        return st.one_of([values(part) for part in parts])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple and parts[1:] == (...,):
        return st.lists(values(parts[0]), max_size=2).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, parts))
    if origin is frozenset:
        return st.frozensets(values(parts[0]), max_size=3)
    return instances(shape) if has(shape) else st.sampled_from(list(shape))


@cache
def instances(shape):
    """Of an attrs class, which may hold itself."""
    return st.deferred(lambda: built(shape))


def built(shape):
    written = any(isinstance(each.type, str) for each in fields(shape))
    shapes = get_type_hints(shape) if written else {each.name: each.type for each in fields(shape)}
    return st.builds(shape, **{each.alias: values(shapes[each.name]) for each in fields(shape)})
