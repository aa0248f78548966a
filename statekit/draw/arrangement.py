"""Arrangement: which lines of a graph are drawn as edges, and which as rows inside the box they start from.

Drawing everything as edges makes a lifecycle of thirteen states illegible. So lines with the same two ends share one
edge; what a group shares is a row of its block; and in a graph that is not small, a line to a place that many lead to
(a state where things rest, wait, fail or end, or a choice used thrice) is a row with the target's name: an *exit row*.
The happy path, the shortest way from the initial state to the first steady one, is always edges, and heavier.
"""

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise

from attrs import frozen

from statekit.draw.graph import Graph, Line
from statekit.states import Kind

SMALL_EDGES = 14
"""A graph with at most this many merged edges is drawn with edges only."""

SHARED_BY = 3
"""A place that this many sources lead to gets exit rows instead of edges."""

BRANCHES_DRAWN = 3
"""A choice with more branches than this is drawn as a box with its branches as rows."""

PARKING = frozenset({Kind.REST, Kind.WAITING, Kind.ENDED, Kind.FAILED})


class Exits(StrEnum):
    """How lines to much-used places are drawn: as it suits the size, always as rows, or always as edges."""

    AUTO = "auto"
    ROWS = "rows"
    EDGES = "edges"


@frozen
class Edge:
    """One edge: its ends, the lines it stands for, and whether the happy path runs over it."""

    source: str
    target: str
    lines: tuple[Line, ...]
    heavy: bool = False


@frozen
class Arrangement:
    """A graph ready to be drawn; made by `arrange`.

    `rows` are the lines drawn inside the box of a state, group or choice; `boxed` names the choices drawn as boxes.
    Every line of the graph is in an edge or in a row (those of the happy path that belong to a group are in both).
    """

    graph: Graph
    edges: tuple[Edge, ...]
    rows: Mapping[str, tuple[Line, ...]]
    boxed: frozenset[str]
    path: tuple[str, ...] = ()

    def floating(self) -> Iterator[tuple[str, str]]:
        """Give a pair of ends for every state that no edge reaches: a state whose group leads there, and it."""
        reached = {edge.target for edge in self.edges} | {self.graph.initial}
        for node in self.graph.nodes:
            if node.name not in reached:
                blocks = (block for block in self.graph.blocks if any(line.target == node.name for line in block.lines))
                yield from ((block.states[0], node.name) for block in blocks if block.states[0] != node.name)


def arrange(graph: Graph, exits: Exits = Exits.AUTO) -> Arrangement:
    """Decide for every line of a graph how it is drawn."""
    path = happy_path(graph)
    heavy = dict(_steps(graph, path))
    pairs = {(source, line.target) for source, line in _candidates(graph)}
    crowded = exits is Exits.ROWS or (exits is Exits.AUTO and len(pairs | heavy.keys()) > SMALL_EDGES)
    boxed = frozenset(
        diamond.name
        for diamond in graph.diamonds
        if crowded and (diamond.uses >= SHARED_BY or len(diamond.lines) > BRANCHES_DRAWN)
    )
    parked = _parked(graph) if crowded else frozenset[str]()
    placing = _Placing(graph, heavy, boxed, boxed | parked)
    edges = tuple(Edge(*pair, lines, heavy=pair in heavy) for pair, lines in placing.edges())
    return Arrangement(graph, edges, placing.rows(), boxed, path)


@frozen
class _Placing:
    """Which lines of a graph become edges, given the happy path and the places that are too crowded for edges."""

    graph: Graph
    heavy: Mapping[tuple[str, str], Line]
    boxed: frozenset[str]
    crowded: frozenset[str]

    def placed(self) -> Iterator[tuple[str, Line, bool]]:
        """Give every line with its place and whether it is an edge."""
        blocks = {block.name for block in self.graph.blocks}
        edges = {
            (place, line.target)
            for place, line in self.graph.lines()
            if line.moves and place not in blocks | self.boxed and line.target not in self.crowded
        }
        edges |= self.heavy.keys()
        edges |= self.lifelines(edges)
        for place, line in self.graph.lines():
            yield place, line, (place, line.target) in edges

    def lifelines(self, edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
        """Give the edges that let no place float: those from choices to it, else the few from states."""
        choices = {diamond.name for diamond in self.graph.diamonds}
        states = self.graph.kinds().keys()
        reached = {target for _, target in edges}
        found: set[tuple[str, str]] = set()
        for name in (*choices, *states):
            if name in reached or name == self.graph.initial:
                continue
            into = {(place, name) for place, line in self.graph.lines() if line.target == name}
            from_choices = {pair for pair in into if pair[0] in choices}
            from_states = {pair for pair in into if pair[0] in states}
            found |= from_choices or (from_states if len(from_states) <= SHARED_BY else set())
        return found

    def edges(self) -> Iterator[tuple[tuple[str, str], tuple[Line, ...]]]:
        """Merge the lines that are edges by their two ends, the happy path first."""
        merged: dict[tuple[str, str], list[Line]] = {pair: [] for pair in self.heavy}
        for place, line, edge in self.placed():
            if edge:
                merged.setdefault((place, line.target), []).append(line)
        for pair, line in self.heavy.items():
            if line not in merged[pair]:
                merged[pair].append(line)
        return ((pair, tuple(lines)) for pair, lines in merged.items())

    def rows(self) -> dict[str, tuple[Line, ...]]:
        """Collect the lines that are rows, by their place."""
        found: dict[str, list[Line]] = {}
        for place, line, edge in self.placed():
            if not edge:
                found.setdefault(place, []).append(line)
        return {place: tuple(lines) for place, lines in found.items()}


def happy_path(graph: Graph) -> tuple[str, ...]:
    """Give the shortest way from the initial state to the first steady one, choices included; empty if there is none.

    Of ways of equal length it is the one whose lines come first in the table.
    """
    kinds = graph.kinds()
    if kinds[graph.initial] is Kind.STEADY:
        return ()
    before: dict[str, str] = {graph.initial: ""}
    waiting = deque([graph.initial])
    while waiting:
        name = waiting.popleft()
        if kinds.get(name) is Kind.STEADY:
            path = [name]
            while before[path[-1]]:
                path.append(before[path[-1]])
            return tuple(reversed(path))
        for line in _out_of(graph, name):
            if line.moves and line.target not in before:
                before[line.target] = name
                waiting.append(line.target)
    return ()


def _steps(graph: Graph, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, str], Line]]:
    for source, target in pairwise(path):
        yield (source, target), next(line for line in _out_of(graph, source) if line.target == target)


def _out_of(graph: Graph, name: str) -> Iterator[Line]:
    inside = {block.name for block in graph.blocks if name in block.states}
    own = [line for place, line in graph.lines() if place == name]
    shared = [line for place, line in graph.lines() if place in inside]
    yield from (*own, *shared)


def _candidates(graph: Graph) -> Iterator[tuple[str, Line]]:
    blocks = {block.name for block in graph.blocks}
    return ((place, line) for place, line in graph.lines() if line.moves and place not in blocks)


def _parked(graph: Graph) -> frozenset[str]:
    kinds = graph.kinds()
    sources = Counter(target for _, target in {(place, line.target) for place, line in graph.lines() if line.moves})
    return frozenset(name for name, uses in sources.items() if uses >= SHARED_BY and kinds.get(name) in PARKING)
