"""DOT: an arrangement as text for a layout program.

Every node and edge has an id that begins with the machine's name, and classes for its kind, so a page may light up a
state with CSS alone. Effects, updates and docs are tooltips unless effects are asked for.
"""

from enum import StrEnum

from attrs import frozen
from graphviz import Digraph, escape

from statekit.draw.arrangement import Arrangement, Edge, Exits, arrange
from statekit.draw.boxes import Pen, legend, told
from statekit.draw.graph import Graph, Line, Node
from statekit.draw.style import CHOICE, FONT, INK, LOOKS, PAPER, Cause
from statekit.states import Kind


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


PLAIN = Options()
START = "start"
COLUMNS = {Direction.DOWN: 3, Direction.RIGHT: 5}
"""How many columns the box of shared rows has, by the direction of the picture above it."""


def dot_of(graph: Graph, options: Options = PLAIN, heading: str = "") -> str:
    """Write a graph as DOT; `heading` becomes its first comment."""
    arranged = arrange(graph, options.exits)
    dot = Digraph(
        graph.name,
        comment=heading or None,
        graph_attr={
            "rankdir": options.direction,
            "ranksep": ".4",
            "nodesep": ".3",
            "pad": ".2",
            "bgcolor": PAPER.light,
            "fontname": FONT,
            "labelloc": "t",
            "labeljust": "l",
            "label": legend(graph),
        },
        node_attr={"shape": "box", "style": "rounded,filled", "fontname": FONT, "fontsize": "10", "margin": ".07,.03"},
        edge_attr={"fontname": FONT, "fontsize": "10", "arrowsize": ".65", "penwidth": "1.1"},
    )
    pen = Pen.of(arranged, effects=options.effects)
    body = Digraph("cluster_body", graph_attr={"label": pen.shared(COLUMNS[options.direction]), "labelloc": "b", "pencolor": "transparent"})
    _nodes(body, pen)
    _choices(body, pen)
    for edge in arranged.edges:
        _edge(body, pen, edge)
    dot.subgraph(body)
    return str(dot.source)


def _nodes(dot: Digraph, pen: Pen) -> None:
    graph = pen.arranged.graph
    attributes = {"class": "start", "id": f"{graph.name}-start"}
    dot.node(START, shape="point", width=".15", color=INK.light, _attributes=attributes)
    dot.edge(START, graph.initial, color=INK.light, _attributes={"class": "edge"})
    for node in graph.nodes:
        look = LOOKS[node.kind]
        dot.node(
            node.name,
            label=pen.node(node),
            tooltip=escape(_about(node)),
            fillcolor=look.fill.light,
            color=look.line.light,
            peripheries="2" if node.kind in (Kind.ENDED, Kind.FAILED) else "1",
            penwidth="2.2" if node.kind is Kind.STEADY else "1.4",
            _attributes={"class": f"state kind-{node.kind}", "id": f"{graph.name}-state-{node.name}"},
        )


def _choices(dot: Digraph, pen: Pen) -> None:
    arranged = pen.arranged
    for diamond in arranged.graph.diamonds:
        boxed = bool(pen.shown(diamond.name))
        dot.node(
            diamond.name,
            label=pen.diamond(diamond),
            shape="box" if boxed else "diamond",
            style="rounded,filled" if boxed else "filled",
            margin=".07,.03" if boxed else "0,0",
            fillcolor=CHOICE.fill.light,
            color=CHOICE.line.light,
            _attributes={"class": "choice", "id": f"{arranged.graph.name}-{diamond.name}"},
        )


def _edge(dot: Digraph, pen: Pen, edge: Edge) -> None:
    timed = all(trigger.cause is Cause.TIMER for line in edge.lines for trigger in line.triggers)
    drawn = {"style": "dashed"} if timed and any(line.triggers for line in edge.lines) else {}
    if edge.heavy:
        drawn |= {"weight": "30", "penwidth": "2.4"}
    name = pen.arranged.graph.name
    dot.edge(
        edge.source,
        edge.target,
        label=pen.edge(edge.lines),
        color=pen.look(edge.target).line.light,
        edgetooltip=escape(_meant(edge.lines)),
        labeltooltip=escape(_meant(edge.lines)),
        _attributes={"class": "edge", "id": f"{name}-edge-{edge.source}-{edge.target}", **drawn},
    )


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
