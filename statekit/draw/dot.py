"""DOT: an arrangement as text for a layout program.

Every node has an id that begins with the machine's name and classes for its kind, so a page may light up states with
CSS alone; effects and docs are tooltips unless they are asked for.
"""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from attrs import frozen
from graphviz import Digraph, escape

from statekit.draw import style
from statekit.draw.arrangement import Arrangement, Edge, Exits, arrange
from statekit.draw.graph import Block, Diamond, Graph, Line, Node, Trigger
from statekit.draw.labels import escaped, folded, sentence, title, words
from statekit.draw.style import CAUSES, CHOICE, INK, LOOKS, MUTED, Cause, Colour, Look
from statekit.states import Kind
from statekit.table import Verb


class Direction(StrEnum):
    """Which way the happy path runs: down, for a README, or to the right, for a wide page."""

    DOWN = "TB"
    RIGHT = "LR"


@frozen
class Options:
    """How a picture is drawn."""

    direction: Direction = Direction.DOWN
    exits: Exits = Exits.AUTO
    effects: bool = False


TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'


def dot_of(graph: Graph, options: Options = Options(), heading: str = "") -> str:  # noqa: B008 - frozen
    """Write a graph as DOT; `heading` becomes its first comment."""
    return _Writing(arrange(graph, options.exits), options).text(heading)


class _Writing:
    """The work of writing one picture; thrown away once the text is there."""

    def __init__(self, arranged: Arrangement, options: Options) -> None:
        """Prepare the names that lines are drawn with."""
        self.arranged = arranged
        self.graph = arranged.graph
        self.options = options
        self.titles = self.graph.titles()
        self.kinds = self.graph.kinds()
