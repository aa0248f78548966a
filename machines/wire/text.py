"""A text with formats, what an edit makes of it, and the edit that undoes another."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from attrs import frozen

from machines.algebra import OperationUnfit
from machines.wire.objects import EMPTY, JsonObject
from machines.wire.operations import Delete, Edit, Format, Insert, Operation, Retain


class OperationInvalid(OperationUnfit):
    """An operation that does not fit its text; the text is as it was.

    `operation` is the culprit, `index` its place in the edit, `text_length` what it met, in characters.
    """

    def __init__(self, operation: Operation, index: int, text_length: int) -> None:
        """Keep the operation, its place and the length it met."""
        self.operation = operation
        self.index = index
        self.text_length = text_length
        super().__init__(
            f"operation {index} of the edit, {operation.kind}, reaches position {operation.end}"
            f" in a text of {text_length} characters; it may reach {text_length} at most"
        )


@frozen
class Text:
    """Characters, and the formats that dress them.

    `formats` are in order, apart or differing from their neighbours, and hold no null: equal texts are equal
    values. Make one with `of`; the constructor takes the formats as they are.
    """

    content: str = ""
    formats: tuple[Format, ...] = ()

    @classmethod
    def of(cls, content: str, formats: Iterable[Format] = ()) -> "Text":
        """Dress plain content, one format after the other; raises `OperationInvalid` for one that reaches
        past the end.
        """
        return apply(cls(content), tuple(formats))

    def __len__(self) -> int:
        return len(self.content)


_attributes = attrgetter("attributes")


@frozen
class _Piece:
    """Some characters in a row that are dressed alike."""

    length: int
    attributes: JsonObject


def apply(text: Text, edit: Edit) -> Text:
    """Carry out the edit, one operation after the other.

    Raises `OperationInvalid` at the first that reaches past the end of the text it meets; `text` is a value,
    so nothing is left half done.
    """
    for index, operation in enumerate(edit):
        text = _applied(text, operation, index)
    return text


def invert(text: Text, edit: Edit) -> Edit:
    """The edit that undoes `edit`, which was made on `text`.

    `apply(apply(text, edit), invert(text, edit)) == text`. Raises `OperationInvalid` as `apply` would.
    """
    undone: list[Operation] = []
    for index, operation in enumerate(edit):
        after = _applied(text, operation, index)
        undone[:0] = _inverse(text, operation)
        text = after
    return tuple(undone)


def _applied(text: Text, operation: Operation, index: int) -> Text:
    size = len(text.content)
    if operation.end > size:
        raise OperationInvalid(operation, index, size)
    if isinstance(operation, Retain):
        return text
    start, end = operation.position, operation.end
    middle, content = "", text.content
    if not text.formats and isinstance(operation, Insert | Delete) and not _dresses(operation):
        inserted = operation.content if isinstance(operation, Insert) else ""
        return Text(content[:start] + inserted + content[end:])
    match operation:
        case Insert():
            middle = operation.content
            dressed = [_Piece(len(middle), _laid_over(EMPTY, operation.attributes))]
        case Delete():
            dressed = []
        case Format():
            middle = content[start:end]
            dressed = [
                _Piece(piece.length, _laid_over(piece.attributes, operation.attributes))
                for piece in _pieces(text, start, end)
            ]
    pieces = [*_pieces(text, 0, start), *dressed, *_pieces(text, end, size)]
    return Text(content[:start] + middle + content[end:], _formats(pieces))


def _dresses(operation: Operation) -> bool:
    return isinstance(operation, Insert | Format) and bool(operation.attributes)


def _laid_over(below: JsonObject, above: JsonObject) -> JsonObject:
    members = {name: value for name, value in {**below, **above}.items() if value is not None}
    return JsonObject.of(members) if members else EMPTY


def _pieces(text: Text, start: int, end: int) -> Iterator[_Piece]:
    """The stretch from `start` to `end` in pieces that are dressed alike, the plain ones too."""
    for format_ in text.formats:
        if format_.end <= start:
            continue
        if format_.position >= end:
            break
        if format_.position > start:
            yield _Piece(format_.position - start, EMPTY)
            start = format_.position
        stop = min(format_.end, end)
        yield _Piece(stop - start, format_.attributes)
        start = stop
    if start < end:
        yield _Piece(end - start, EMPTY)


def _formats(pieces: Iterable[_Piece]) -> tuple[Format, ...]:
    """The one way to write the pieces: neighbours that are dressed alike are one format, plain ones none."""
    formats: list[Format] = []
    position = 0
    for attributes, alike in groupby(pieces, key=_attributes):
        length = sum(piece.length for piece in alike)
        if attributes and length:
            formats.append(Format(position, length, attributes))
        position += length
    return tuple(formats)


def _inverse(text: Text, operation: Operation) -> Iterator[Operation]:
    match operation:
        case Insert(position, content):
            yield Delete(position, len(content))
        case Delete(position):
            for piece in _pieces(text, position, operation.end):
                yield Insert(position, text.content[position : position + piece.length], piece.attributes)
                position += piece.length
        case Format(position, _, attributes):
            for piece in _pieces(text, position, operation.end):
                yield Format(position, piece.length, {name: piece.attributes.get(name) for name in attributes})
                position += piece.length
        case Retain():
            pass
