"""DOT: an arrangement as text for a layout program.

Every node and edge has an id that begins with the machine's name, and classes for its kind, so a page may light up a
state with CSS alone. Effects, updates and docs are tooltips unless effects are asked for.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol, cast

from attrs import frozen
from graphviz import Digraph, escape

from statekit.draw.arrangement import Edge, Exits, arrange
from statekit.draw.boxes import Pen, legend, told
from statekit.draw.graph import Graph, Line, Node
from statekit.draw.labels import identifier
from statekit.draw.overlay import NOTHING, Mark, Overlay
from statekit.draw.style import CHOICE, FONT, INK, LOOKS, PAPER, Cause
from statekit.states import Kind


class Direction(StrEnum):
    """Which way the happy path runs: down, for a README, or to the right, for a wide page."""

    DOWN = "TB"
    RIGHT = "LR"


@frozen
class Options:
    """How a picture is drawn; without a direction a machine runs down and a system to the right."""

    direction: Direction | None = None
    exits: Exits = Exits.AUTO
    effects: bool = False


PLAIN = Options()
START = "start"
COLUMNS = {Direction.DOWN: 3, Direction.RIGHT: 8}
"""How many columns the box of shared rows has, by the direction of the picture above it."""


class Canvas(Protocol):
    """What is used of `graphviz.Digraph`, with types: the package has none."""

    @property
    def source(self) -> str:
        """The text."""
        ...

    def node(self, name: str, label: str | None = None, _attributes: Mapping[str, str] | None = None, **a: str) -> None:
        """Add a node."""

    def edge(
        self, tail: str, head: str, label: str | None = None, _attributes: Mapping[str, str] | None = None, **a: str
    ) -> None:
        """Add an edge."""

    def subgraph(self, graph: "Canvas") -> None:
        """Add another canvas as a part."""


def canvas(
    name: str,
    comment: str = "",
    graph: Mapping[str, str] | None = None,
    node: Mapping[str, str] | None = None,
    edge: Mapping[str, str] | None = None,
) -> Canvas:
    """Make an empty digraph with its defaults for the graph, for nodes and for edges."""
    made = Digraph(name, comment=comment or None, graph_attr=graph, node_attr=node, edge_attr=edge)
    return cast("Canvas", made)


def sheet(name: str, comment: str, label: str, direction: Direction) -> Canvas:
    """Make an empty picture with the house's fonts and measures."""
    return canvas(
        name,
        comment,
        {
            "rankdir": direction,
            "ranksep": ".28",
            "nodesep": ".3",
            "pad": ".2",
            "bgcolor": PAPER.light,
            "fontname": FONT,
            "labelloc": "t",
            "labeljust": "l",
            "label": label,
        },
        {"shape": "box", "style": "rounded,filled", "fontname": FONT, "fontsize": "10", "margin": ".07,.03"},
        {"fontname": FONT, "fontsize": "10", "arrowsize": ".65", "penwidth": "1.1"},
    )


def dot_of(graph: Graph, options: Options = PLAIN, heading: str = "", overlay: Overlay = NOTHING) -> str:
    """Write a graph as DOT, with what is marked on it; `heading` becomes its first comment."""
    arranged = arrange(graph, options.exits)
    direction = options.direction or Direction.DOWN
    dot = sheet(graph.name, heading, legend(graph, overlay), direction)
    pen = Pen.of(arranged, effects=options.effects, overlay=overlay)
    shared = {"label": pen.shared(COLUMNS[direction]), "labelloc": "b", "fontsize": "10", "fontname": FONT}
    body = canvas("cluster_body", graph={**shared, "pencolor": "transparent"})
    _nodes(body, pen)
    _choices(body, pen)
    for edge in arranged.edges:
        _edge(body, pen, edge)
    for source, target in arranged.floating():
        body.edge(identifier(source), identifier(target), style="invis")
    dot.subgraph(body)
    return dot.source


def _nodes(dot: Canvas, pen: Pen) -> None:
    graph = pen.arranged.graph
    begin = canvas("begin", graph={"rank": "same"})
    attributes = {"class": "start", "id": escape(f"{graph.name}-start")}
    begin.node(START, shape="point", width=".13", color=INK.light, _attributes=attributes)
    begin.edge(START, identifier(graph.initial), color=INK.light, _attributes={"class": "edge"})
    dot.subgraph(begin)
    for node in graph.nodes:
        look = LOOKS[node.kind]
        drawn = {
            "tooltip": escape(_about(node)),
            "fillcolor": look.fill.light,
            "color": look.line.light,
            "peripheries": "2" if node.kind in (Kind.ENDED, Kind.FAILED) else "1",
            "penwidth": "2.2" if node.kind is Kind.STEADY else "1.4",
        }
        drawn |= _marked(pen.overlay.nodes.get(node.name), "rounded,filled,")
        named = {"class": f"state kind-{node.kind}", "id": escape(f"{graph.name}-state-{node.name}")}
        dot.node(identifier(node.name), label=pen.node(node), _attributes=named, **drawn)


def _choices(dot: Canvas, pen: Pen) -> None:
    arranged = pen.arranged
    for diamond in arranged.graph.diamonds:
        boxed = bool(pen.shown(diamond.name))
        drawn = {
            "shape": "box" if boxed else "diamond",
            "style": "rounded,filled" if boxed else "filled",
            "margin": ".07,.03" if boxed else "0,0",
            "fillcolor": CHOICE.fill.light,
            "color": CHOICE.line.light,
        }
        drawn |= _marked(pen.overlay.nodes.get(diamond.name), f"{drawn['style']},")
        named = {"class": "choice", "id": escape(f"{arranged.graph.name}-{diamond.name}")}
        dot.node(identifier(diamond.name), label=pen.diamond(diamond), _attributes=named, **drawn)


def _edge(dot: Canvas, pen: Pen, edge: Edge) -> None:
    timed = all(trigger.cause is Cause.TIMER for line in edge.lines for trigger in line.triggers)
    drawn = {"style": "dashed"} if timed and any(line.triggers for line in edge.lines) else {}
    if edge.heavy:
        drawn |= {"weight": "30", "penwidth": "2.4"}
    drawn |= _marked(pen.overlay.edge(edge.source, edge.target, edge.lines))
    colour = drawn.pop("color", pen.look(edge.target).line.light)
    name = pen.arranged.graph.name
    dot.edge(
        identifier(edge.source),
        identifier(edge.target),
        label=pen.edge(edge.source, edge.lines),
        color=colour,
        edgetooltip=escape(_meant(edge.lines)),
        labeltooltip=escape(_meant(edge.lines)),
        _attributes={"class": "edge", "id": escape(f"{name}-edge-{edge.source}-{edge.target}"), **drawn},
    )


def _marked(mark: Mark | None, style: str = "") -> dict[str, str]:
    if mark is None:
        return {}
    return {"color": mark.colour.light, "penwidth": f"{mark.width:g}", "style": f"{style}{mark.stroke}"}


def _meant(lines: tuple[Line, ...]) -> str:
    return "\n".join(text for text in map(told, lines) if text) or "no effects"


def _about(node: Node) -> str:
    within = f"in {', '.join(node.groups)}" if node.groups else ""
    silent = [
        f"{line.verb} {', '.join(trigger.label for trigger in line.triggers)}: {line.because}"
        for line in node.lines
        if line.silent
    ]
    return "\n".join(part for part in (node.doc, within, *silent) if part)
