"""The four operations of a text, as they stand on the wire.

Positions and lengths count characters (Unicode code points). An operation is checked when it is made: a
negative position, a zero length, a boolean for a number, empty content or empty attributes raise
`FieldInvalid`. Whether it fits a given text is for `text.apply` to say.
"""

from typing import ClassVar, TypeAlias

from attrs import field, frozen

from machines.wire.fields import at_least, not_empty, some_text
from machines.wire.objects import EMPTY, JsonObject, freeze_object


@frozen
class Insert:
    """Put `content` before the character at `position`, dressed in `attributes` (a null one says nothing)."""

    kind: ClassVar = "insert"
    position: int = field(validator=at_least(0))
    content: str = field(validator=some_text)
    attributes: JsonObject = field(default=EMPTY, converter=freeze_object)

    @property
    def end(self) -> int:
        """The first position that the text must at least have: an insert needs no character after it."""
        return self.position


@frozen
class Delete:
    """Take `length` characters away, from `position` on."""

    kind: ClassVar = "delete"
    position: int = field(validator=at_least(0))
    length: int = field(validator=at_least(1))

    @property
    def end(self) -> int:
        """The position after the last character it touches."""
        return self.position + self.length


@frozen
class Retain:
    """Keep the first `length` characters as they are: changes nothing, and says that the text has so many."""

    kind: ClassVar = "retain"
    length: int = field(validator=at_least(1))

    @property
    def end(self) -> int:
        """The position after the last character it touches."""
        return self.length


@frozen
class Format:
    """Lay `attributes` over `length` characters from `position` on; a null one takes that attribute off."""

    kind: ClassVar = "format"
    position: int = field(validator=at_least(0))
    length: int = field(validator=at_least(1))
    attributes: JsonObject = field(validator=not_empty, converter=freeze_object)

    @property
    def end(self) -> int:
        """The position after the last character it touches."""
        return self.position + self.length


Operation: TypeAlias = Insert | Delete | Retain | Format
"""One change; `kind` is its `type` on the wire."""

Edit: TypeAlias = tuple[Operation, ...]
"""Operations applied in order, each on what the one before left; `()` changes nothing. On the wire one
object, or a list.
"""
