"""Types of documents as an application would write them, and how a test draws of each."""

from attrs import frozen

from machines.algebra import Algebra, OperationUnfit
from machines.text import TEXT, TextAlgebra
from machines.wire.operations import Delete, Format, Insert
from machines.wire.text import Text, apply
from tests.laws.servers import Kind


@frozen
class Counter(Algebra[int, int]):
    """A number that everybody adds to."""

    name = "counter"

    @property
    def empty(self):
        return 0

    def apply(self, document, operation):
        return document + operation

    def transform(self, operation, against, *, first):
        return operation

    def compose(self, operation, later):
        return operation + later

    def invert(self, document, operation):
        return -operation

    def difference(self, old, new):
        return new - old


@frozen
class Board(Algebra[frozenset, frozenset]):
    """A map of names to numbers, as a frozen set of pairs; an operation says what some names are to hold, None to go.

    Of two who write under one name the first wins. A name that begins with "_" may not be written.
    """

    name = "board"

    @property
    def empty(self):
        return frozenset()

    def apply(self, document, operation):
        if any(name.startswith("_") for name, _ in operation):
            raise OperationUnfit("names that begin with _ may not be written")
        written = dict(document) | dict(operation)
        return frozenset((name, value) for name, value in written.items() if value is not None)

    def transform(self, operation, against, *, first):
        taken = {name for name, _ in against}
        return operation if first else frozenset(each for each in operation if each[0] not in taken)

    def compose(self, operation, later):
        return frozenset((dict(operation) | dict(later)).items())

    def invert(self, document, operation):
        held = dict(document)
        return frozenset((name, held.get(name)) for name, _ in operation)

    def difference(self, old, new):
        gone = {name for name, _ in old} - {name for name, _ in new}
        return frozenset((new - old) | {(name, None) for name in gone})


@frozen
class Stubborn(TextAlgebra):
    """Text whose inserts cannot be carried past a delete, nor a delete past an insert."""

    def cross(self, left, right, *, first):
        kinds = {type(each) for each in (*left, *right)}
        if kinds == {Insert, Delete}:
            raise OperationUnfit
        return super().cross(left, right, first=first)


def count(chance, document, mark):
    return 1 << mark if mark < 40 else 1


def pin(chance, document, mark):
    name = chance.choice("abc")
    return frozenset({(name, None if chance.random() < 0.2 else mark)})


def edit_anything(chance, document, mark):
    """Any few operations of a text, formats too."""
    edit = ()
    for _ in range(chance.randrange(4)):
        size = len(document)
        place, dress = chance.randrange(size + 1), {chance.choice("bi"): chance.choice((1, 2, None))}
        operation = Insert(place, chance.choice("xyz"), dress if chance.random() < 0.2 else {})
        if place < size and chance.random() < 0.6:
            length = chance.randint(1, min(3, size - place))
            operation = Delete(place, length) if chance.random() < 0.6 else Format(place, length, dress)
        edit, document = (*edit, operation), apply(document, (operation,))
    return edit


RICH_TEXTS = Kind(TEXT, Text("abc"), edit_anything)
COUNTERS = Kind(Counter(), 5, count)
BOARDS = Kind(Board(), frozenset({("a", 0)}), pin)
