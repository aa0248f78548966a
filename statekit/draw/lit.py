"""Lit: the way of a counterexample on the picture of each machine: states it comes to, lines it takes, numbered.

A verdict names the row that was taken and where it led; the way from a row through a choice is found again by where it
leads. Where two branches of a choice lead to one state, the first is lit.
"""

from collections.abc import Iterator, Mapping

from attrs import evolve

from statekit.check.story import Way
from statekit.draw.graph import EVERY_NAME, Graph, Line, graph_of
from statekit.draw.overlay import LIT, Mark, Overlay
from statekit.machine import Definition
from statekit.verdicts import Taken


def lit(way: Way) -> Mapping[str, Overlay]:
    """Mark a way on the picture of every machine that takes a row on it, by its name, or an instance's address."""
    found: dict[str, Overlay] = {}
    for name, machine in way.machines.items():
        moves = [
            (number, hop.verdict)
            for number, seen in enumerate(way.seen, 1)
            for hop in seen.path
            if hop.member == name and isinstance(hop.verdict, Taken)
        ]
        if moves:
            found[name] = _overlay(machine, moves)
    return found


def _overlay(machine: Definition, moves: list[tuple[int, Taken]]) -> Overlay:
    graph = graph_of(machine)
    nodes, numbers = {str(moves[0][1].source): LIT}, dict[tuple[str, Line], list[int]]()
    edges: dict[tuple[str, str], Mark] = {}
    for number, taken in moves:
        nodes[str(taken.target)] = LIT
        for place, line in _lines(graph, taken):
            numbers.setdefault((place, line), []).append(number)
            if line.moves:
                edges[place, line.target] = LIT
                nodes[line.target] = LIT
    lines = {at: evolve(LIT, sign=f"{', '.join(map(str, dict.fromkeys(each)))} ") for at, each in numbers.items()}
    return Overlay(nodes, edges, lines)


def _lines(graph: Graph, taken: Taken) -> Iterator[tuple[str, Line]]:
    """Find the line of a row that was taken, then those of the choices on its way."""
    inside = {str(taken.source), EVERY_NAME, *_blocks(graph, str(taken.source))}
    place, line = next(each for each in graph.lines() if each[1].origin == taken.row and each[0] in inside)
    yield place, line
    yield from _through(graph, line.target, str(taken.target)) or ()


def _blocks(graph: Graph, state: str) -> Iterator[str]:
    return (block.name for block in graph.blocks if state in block.states)


def _through(graph: Graph, name: str, target: str) -> list[tuple[str, Line]] | None:
    """Find the branches that lead from a choice, or through further ones, to a state; None if none do."""
    if name in (target, ""):
        return []
    for diamond in graph.diamonds:
        for line in diamond.lines if diamond.name == name else ():
            rest = _through(graph, line.target, target)
            if rest is not None:
                return [(diamond.name, line), *rest]
    return None
