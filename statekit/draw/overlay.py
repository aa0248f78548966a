"""Overlay: what is marked on a picture: states and lines that have a colour and a stroke of their own.

Names are those of the graph: a line stands at a state, a group, a choice or `EVERY`, and leads to a state or a choice.
A mark has a sign too, so that a picture says the same to those who do not see its colours.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from attrs import Factory, frozen

from statekit.draw.graph import Line
from statekit.draw.style import Colour


@frozen
class Mark:
    """How something marked looks, and the word for it in the legend; `stroke` is a style of DOT."""

    word: str
    colour: Colour
    sign: str = ""
    stroke: str = "solid"
    width: float = 2.4


LIT: Final = Mark("this way", Colour("#c2255c", "#ff7aa8"), width=3.2)
ADDED: Final = Mark("added", Colour("#1a7f37", "#4ac26b"), "+ ")
REMOVED: Final = Mark("removed", Colour("#cf222e", "#ff7b72"), "− ", stroke="dashed")
CHANGED: Final = Mark("changed", Colour("#9a6700", "#d4a72c"), "~ ")


@frozen
class Overlay:
    """What is marked: states and choices by name, whole edges by their two ends, and single lines by their place.

    An edge without a mark of its own has that of its lines, if all have the same, or is `CHANGED` if some have one. A
    line without a mark of its own has that of its edge, also where it is drawn as a row in a box, unless other lines of
    the edge have marks of their own.
    """

    nodes: Mapping[str, Mark] = Factory(dict[str, Mark])
    edges: Mapping[tuple[str, str], Mark] = Factory(dict[tuple[str, str], Mark])
    lines: Mapping[tuple[str, Line], Mark] = Factory(dict[tuple[str, Line], Mark])

    def line(self, place: str, line: Line) -> Mark | None:
        """Give the mark of one line."""
        own, edge = self.lines.get((place, line)), (place, line.target)
        others = any((at, each.target) == edge for at, each in self.lines) if edge in self.edges else False
        return own if own or others else self.edges.get(edge)

    def edge(self, source: str, target: str, lines: Iterable[Line]) -> Mark | None:
        """Give the mark of an edge that stands for these lines."""
        own = self.edges.get((source, target))
        marks = [self.lines.get((source, line)) for line in lines]
        if own is not None or not any(marks):
            return own
        return marks[0] if len(set(marks)) == 1 else CHANGED

    def marks(self) -> tuple[Mark, ...]:
        """Give every mark that is used, once for each word, for a legend."""
        used = (*self.nodes.values(), *self.edges.values(), *self.lines.values())
        return tuple({mark.word: mark for mark in reversed(used)}.values())[::-1]


NOTHING: Final = Overlay()
