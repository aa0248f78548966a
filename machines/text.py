"""Text as a type of documents: what the operation pipeline works with unless it is given another."""

from itertools import takewhile
from typing import Final

from attrs import frozen

from machines.algebra import Algebra
from machines.wire.compose import compose
from machines.wire.operations import Delete, Edit, Insert, Operation
from machines.wire.text import Text, apply, invert
from machines.wire.transform import cross, transform


@frozen
class TextAlgebra(Algebra[Text, Edit]):
    """Text with formats; each function is that of `machines.wire`."""

    name = "text"

    @property
    def empty(self) -> Text:
        """No character."""
        return Text()

    def apply(self, document: Text, operation: Edit) -> Text:
        """See `wire.text.apply`; it raises `OperationInvalid`."""
        return apply(document, operation)

    def transform(self, operation: Edit, against: Edit, *, first: bool) -> Edit:
        """See `wire.transform`; something can be made of every edit."""
        return transform(operation, against, first=first)

    def cross(self, left: Edit, right: Edit, *, first: bool) -> tuple[Edit, Edit]:
        """See `wire.transform`: the grid gives both halves for the price of one."""
        return cross(left, right, first=first)

    def compose(self, operation: Edit, later: Edit) -> Edit:
        """See `wire.compose`."""
        return compose(operation, later)

    def invert(self, document: Text, operation: Edit) -> Edit:
        """See `wire.text.invert`."""
        return invert(document, operation)

    def difference(self, old: Text, new: Text) -> Edit:
        """Replace what stands between the beginning and the end that both have; all of it where there are formats."""
        head, tail = _common(old.content, new.content) if not old.formats + new.formats else (0, 0)
        gone, come = old.content[head : len(old) - tail], new.content[head : len(new) - tail]
        edit: list[Operation] = [Delete(head, len(gone))] if gone else []
        if come:
            edit.append(Insert(head, come))
        return (*edit, *new.formats)


def _common(old: str, new: str) -> tuple[int, int]:
    head = _shared(old, new)
    return head, _shared(old[head:][::-1], new[head:][::-1])


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(1 for _ in same)


TEXT: Final = TextAlgebra()
"""The shipped type of documents."""
