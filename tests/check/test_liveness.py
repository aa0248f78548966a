"""The graph's own work, compared with networkx on graphs that chance made."""

import random

import networkx as nx
import pytest

from statekit.check.liveness import Graph, components, distances, unfair
from statekit.check.space import Labels

SEEDS = range(60)


def chance_graph(seed):
    """Make a graph, the same as one of networkx, some edges being answers."""
    chance = random.Random(seed)
    size = chance.randint(1, 14)
    labels = Labels()
    answer = labels.number(True, frozenset())
    graph, plain = Graph(labels, lambda _: frozenset({"owed"}), [0]), nx.MultiDiGraph()
    plain.add_nodes_from(range(size))
    for at in range(size):
        heads = [chance.randrange(size) for _ in range(chance.randint(0, 3))]
        marks = [chance.choice((0, answer)) for _ in heads]
        graph.add(heads, marks)
        plain.add_edges_from((at, head, {"answers": mark == answer}) for head, mark in zip(heads, marks, strict=True))
    return graph, plain, size, chance


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_are_those_of_networkx(seed):
    graph, plain, size, chance = chance_graph(seed)
    inside = bytearray(chance.choice((0, 1, 1)) for _ in range(size))
    places = [at for at in range(size) if inside[at]]
    found = sorted(sorted(part) for part in components(graph, places, inside))
    assert found == sorted(sorted(part) for part in nx.strongly_connected_components(plain.subgraph(places)))


@pytest.mark.parametrize("seed", SEEDS)
def test_distances_are_those_of_networkx(seed):
    graph, plain, size, chance = chance_graph(seed)
    goals = bytearray(chance.choice((0, 0, 1)) for _ in range(size))
    answers = nx.DiGraph((at, head) for at, head, each in plain.edges(data=True) if each["answers"])
    answers.add_nodes_from((*range(size), "goal"))
    answers.add_edges_from((at, "goal") for at in range(size) if goals[at])
    lengths = nx.single_target_shortest_path_length(answers, "goal")
    assert list(distances(graph, goals)) == [dict(lengths).get(at, 0) - 1 for at in range(size)]


@pytest.mark.parametrize("seed", SEEDS)
def test_where_something_is_owed_that_nothing_rids_of_no_way_is_fair(seed):
    graph, _, size, _ = chance_graph(seed)
    everywhere = bytearray([1]) * size
    assert unfair(graph, everywhere, everywhere) is None


def ring(lost, owed):
    """Make a ring of three places, the edges of which rid of these things, and in which these are owed."""
    labels = Labels()
    graph = Graph(labels, lambda at: frozenset(owed[at]), [0])
    for at, each in enumerate(lost):
        graph.add([(at + 1) % 3], [labels.number(False, frozenset(each))])
    return graph


# what each edge rids of, what is owed in each place, how many edges the loop has (None: no fair way)
RINGS = [
    (("", "", ""), ("a", "a", "a"), None),
    (("a", "", ""), ("a", "a", "a"), 3),
    (("a", "", "b"), ("ab", "ab", "ab"), 3),
    (("a", "", ""), ("ab", "ab", "ab"), None),
    (("", "", ""), ("a", "", "a"), 0),
]


@pytest.mark.parametrize(("lost", "owed", "length"), RINGS)
def test_a_ring_is_fair_if_all_that_is_owed_is_rid_of_somewhere(lost, owed, length):
    everywhere = bytearray([1, 1, 1])
    lasso = unfair(ring(lost, owed), everywhere, everywhere)
    assert (None if lasso is None else len(lasso.loop)) == length
    if lasso is not None and lasso.loop:
        assert lasso.loop[-1].head == lasso.loop[0].at == lasso.end
