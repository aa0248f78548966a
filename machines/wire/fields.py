"""What a field of a wire value admits, and how it is spelled on the wire.

A validator here serves twice: attrs runs it when a value is made in Python, and `shapes` runs it while the
field is read, so that a refused frame names the very field.
"""

import math
from collections.abc import Callable
from enum import Enum
from typing import Final

from attrs import Attribute, frozen

from machines.wire.objects import JsonObject, is_unicode
from statekit.errors import StatekitError


class FieldInvalid(StatekitError, ValueError):
    """A value that its field does not admit: `field` names it, `problem` says what would be right (never the
    value).
    """

    def __init__(self, field: str, problem: str) -> None:
        """Keep the field and what is wrong with its value."""
        self.field = field
        self.problem = problem
        super().__init__(f"{field} {problem}")


def at_least(minimum: int) -> Callable[[object, "Attribute[int]", int], None]:
    """Admit whole numbers from `minimum` on; a boolean is none."""

    def check(_: object, attribute: "Attribute[int]", value: int) -> None:
        if type(value) is not int or value < minimum:
            raise FieldInvalid(attribute.name, f"must be a whole number of at least {minimum}")

    return check


def not_negative(_: object, attribute: "Attribute[float]", value: float) -> None:
    """Admit a finite number of at least 0; a boolean is none."""
    if type(value) not in {int, float} or not 0 <= value < math.inf:
        raise FieldInvalid(attribute.name, "must be a finite number of at least 0")


def some_text(_: object, attribute: "Attribute[str]", value: str) -> None:
    """Admit text of at least one character, all of which can be sent."""
    if type(value) is not str or not value or not is_unicode(value):
        raise FieldInvalid(attribute.name, "must be text of at least one character, without lone surrogates")


def not_empty(_: object, attribute: "Attribute[JsonObject]", value: JsonObject) -> None:
    """Admit an object with at least one member."""
    if not value:
        raise FieldInvalid(attribute.name, "must have at least one member")


class Place(Enum):
    """Where a field stands in the frame."""

    DATA = "data"
    ENVELOPE = "envelope"
    BOTH = "both"
    ENVELOPE_ALONE = "envelope alone"
    """Not read from `data`, where a member of its name means something else."""


@frozen
class Spelling:
    """How a field is written: its name (the field's own when None), a second name that is read too, and where
    it stands.
    """

    name: str | None = None
    also: str | None = None
    sends_also: bool = False
    place: Place = Place.DATA


PLAIN: Final = Spelling()
_SPELLING: Final = "machines.wire.spelling"


def spelled(
    name: str | None = None, *, also: str | None = None, sends_also: bool = False, place: Place = Place.DATA
) -> dict[str, Spelling]:
    """The attrs metadata that says a field's spelling; `spelling_of` reads it back."""
    return {_SPELLING: Spelling(name, also, sends_also, place)}


def spelling_of(attribute: "Attribute[object]") -> Spelling:
    """How the field is spelled; its own name, in `data`, unless it says otherwise."""
    spelling = attribute.metadata.get(_SPELLING, PLAIN)
    return spelling if isinstance(spelling, Spelling) else PLAIN
