"""Liveness: what comes in the end, in a world that is unkind but fair.

Theory. Fair is a way on which each timer and each answer that stays live for ever is delivered. Whatever goes on for
ever stays, from some point on, within one strongly connected part of the graph. If something is owed in all of its
places and no move in it rids of it, everything that stays there for ever starves it: that is not fair. If there is
nothing such, going round through all of the part is fair. So the counterexample to `leads_to` is a way to a place where
the one holds, then on without the other to a part that is fair; a place that is owed nothing is such a part by itself:
it rests. Parts are found by Tarjan's algorithm, in the graph without the places where the other holds.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeVar

from attrs import field, frozen

from statekit.check.space import Labels

N = TypeVar("N")


class Edge(NamedTuple):
    """One edge of the graph: from which place, with which label, to which place."""

    at: int
    label: int
    head: int


@frozen(eq=False)
class Graph:
    """Every edge of an exploration that changes something: those of place `at` are `starts[at]` to `starts[at + 1]`."""

    labels: Labels
    owed: Callable[[int], frozenset[object]]
    roots: list[int] = field(factory=list[int])
    starts: "array[int]" = field(factory=lambda: array("Q", [0]))
    heads: "array[int]" = field(factory=lambda: array("I"))
    marks: "array[int]" = field(factory=lambda: array("I"))

    def add(self, heads: list[int], labels: list[int]) -> None:
        """Add the edges of the next place."""
        self.heads.extend(heads)
        self.marks.extend(labels)
        self.starts.append(len(self.heads))

    def out(self, at: int) -> Iterator[Edge]:
        """Give the edges of a place; one that was not explored has none."""
        if at + 1 < len(self.starts):
            for edge in range(self.starts[at], self.starts[at + 1]):
                yield Edge(at, self.marks[edge], self.heads[edge])

    def lost(self, edge: Edge) -> frozenset[object]:
        """Give what an edge rids of that was owed."""
        return self.labels.all[edge.label][1]


@frozen
class Lasso:
    """A way that goes on for ever: its stem from a start, then its loop; without one it rests at its `end`."""

    end: int
    stem: tuple[Edge, ...]
    loop: tuple[Edge, ...] = ()


def unfair(graph: Graph, seeds: bytearray, region: bytearray) -> Lasso | None:
    """Find a shortest fair way that comes to a seed and stays in the region from there on, if there is one."""
    frontier = [at for at, seed in enumerate(seeds) if seed and region[at]]
    inside = bytearray(len(region))
    for at in frontier:
        inside[at] = 1
    for at in frontier:
        for edge in graph.out(at):
            if region[edge.head] and not inside[edge.head]:
                inside[edge.head] = 1
                frontier.append(edge.head)
    resting = {at for at in frontier if not graph.owed(at)}
    parts = [] if resting else [part for part in components(graph, frontier, inside) if _fair(graph, part)]
    goals = resting.union(*parts)
    if not goals:
        return None
    end, stem = _stem(graph, seeds, inside, goals)
    part = next((part for part in parts if end in part), None)
    return Lasso(end, stem, () if part is None else tuple(_loop(graph, end, part)))


def components(graph: Graph, places: Iterable[int], inside: bytearray) -> Iterator[set[int]]:
    """Give the strongly connected parts of the graph that consists of these places, by Tarjan's algorithm."""
    low: dict[int, int] = {}
    number: dict[int, int] = {}
    stack: list[int] = []
    for root in places:
        work = [] if root in number else [(root, graph.out(root))]
        while work:
            at, edges = work[-1]
            if at not in number:
                number[at] = low[at] = len(number)
                stack.append(at)
            for edge in edges:
                if inside[edge.head] and edge.head not in number:
                    work.append((edge.head, graph.out(edge.head)))
                    break
                low[at] = min(low[at], low.get(edge.head, low[at]))
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[at])
                if low[at] == number[at]:
                    part = {stack.pop()}
                    while at not in part:
                        part.add(stack.pop())
                    for each in part:
                        del low[each]
                    yield part


def _fair(graph: Graph, part: set[int]) -> bool:
    owed = graph.owed(next(iter(part)))
    for at in part:
        for edge in graph.out(at):
            if edge.head in part:
                owed -= graph.lost(edge)
    return not owed


def _stem(graph: Graph, seeds: bytearray, inside: bytearray, goals: set[int]) -> tuple[int, tuple[Edge, ...]]:
    """Find the shortest way from a start to a seed and on, inside, to one of the goals."""
    came: dict[tuple[int, bool], tuple[tuple[int, bool], Edge] | None] = {}
    for root in graph.roots:
        came |= dict.fromkeys(((root, False), (root, True)) if inside[root] and seeds[root] else ((root, False),))
    queue = list(came)
    for node in queue:
        at, pending = node
        if pending and at in goals:
            return at, _back(came, node)
        for edge in graph.out(at):
            begins = inside[edge.head] and (pending or seeds[edge.head])
            for each in ((edge.head, True),) * bool(begins) + ((edge.head, False),) * (not pending):
                if each not in came:
                    came[each] = node, edge
                    queue.append(each)
    raise AssertionError("a goal lies behind a seed, and every place can be reached")  # pragma: no cover


def _loop(graph: Graph, start: int, part: set[int]) -> Iterator[Edge]:
    """Go round within a part so that whatever is owed at the start is rid of on the way, and come back."""
    owed, at, moved = graph.owed(start), start, False
    while owed or at != start or not moved:
        way = _nearest(graph, at, part, owed, start)
        yield from way
        for edge in way:
            owed -= graph.lost(edge)
        at, moved = way[-1].head, True


def _nearest(graph: Graph, at: int, part: set[int], owed: frozenset[object], start: int) -> tuple[Edge, ...]:
    """Find the shortest way to rid of something owed or, if nothing is, to the start."""
    came: dict[int, tuple[int, Edge] | None] = {at: None}
    queue = [at]
    for node in queue:
        for edge in graph.out(node):
            if edge.head in part and (graph.lost(edge) & owed if owed else edge.head == start):
                return (*_back(came, node), edge)
            if edge.head in part and edge.head not in came:
                came[edge.head] = node, edge
                queue.append(edge.head)
    raise AssertionError("a part is strongly connected, and fair")  # pragma: no cover


def _back(came: dict[N, tuple[N, Edge] | None], node: N) -> tuple[Edge, ...]:
    found: list[Edge] = []
    step = came[node]
    while step is not None:
        node, edge = step
        found.append(edge)
        step = came[node]
    return tuple(reversed(found))


def distances(graph: Graph, goals: bytearray) -> "array[int]":
    """Give how many timers and answers it takes at least from each place to a goal; -1 if they lead to none."""
    size = len(goals)
    counts = array("I", bytes(4 * (size + 1)))
    edges = [edge for edge in range(len(graph.heads)) if graph.labels.all[graph.marks[edge]][0]]
    for edge in edges:
        counts[graph.heads[edge] + 1] += 1
    for at in range(size):
        counts[at + 1] += counts[at]
    sources, fill, at = array("I", bytes(4 * len(edges))), array("I", counts), 0
    for edge in edges:
        while graph.starts[at + 1] <= edge:
            at += 1
        head = graph.heads[edge]
        sources[fill[head]] = at
        fill[head] += 1
    found = array("i", [0 if goal else -1 for goal in goals])
    queue = [at for at, goal in enumerate(goals) if goal]
    for at in queue:
        for edge in range(counts[at], counts[at + 1]):
            source = sources[edge]
            if found[source] < 0:
                found[source] = found[at] + 1
                queue.append(source)
    return found
