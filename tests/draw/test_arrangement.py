"""What becomes an edge, what a row, and where the happy path runs."""

from collections import Counter

import pytest

from statekit.draw.arrangement import Exits, arrange, happy_path
from statekit.draw.graph import graph_of


@pytest.mark.parametrize("exits", list(Exits))
def test_every_line_is_drawn(machines, exits):
    for machine in machines:
        graph = graph_of(machine)
        arranged = arrange(graph, exits)
        rows = Counter((place, id(line)) for place, lines in arranged.rows.items() for line in lines)
        edges = Counter((edge.source, id(line)) for edge in arranged.edges for line in edge.lines)
        wanted = {(place, id(line)) for place, line in graph.lines()}
        assert wanted <= rows.keys() | edges.keys()
        assert not wanted & rows.keys() & edges.keys()
        assert set(rows.values()) | set(edges.values()) == {1}


def test_edges_between_the_same_two_ends_are_one(machines):
    for machine in machines:
        ends = [(edge.source, edge.target) for edge in arrange(graph_of(machine)).edges]
        assert len(ends) == len(set(ends))


def test_the_happy_path_runs_from_the_start_to_the_first_steady_state(machine):
    graph = graph_of(machine)
    assert happy_path(graph) == ("end", "work_ing", "up")
    heavy = [(edge.source, edge.target) for edge in arrange(graph).edges if edge.heavy]
    assert heavy == [("end", "work_ing"), ("work_ing", "up")]


def test_the_happy_path_of_the_connection_is_the_one_a_reader_expects():
    from machines.connection import CONNECTION

    path = happy_path(graph_of(CONNECTION))
    assert path[0] == "idle"
    assert path[-1] == "settling"
    assert [name for name in path if not name.startswith("choice")] == [
        "idle",
        "authorizing",
        "acquiring",
        "dialing",
        "handshaking",
        "settling",
    ]


def test_a_machine_that_begins_steady_has_no_happy_path():
    from machines.circuit_breaker import CIRCUIT_BREAKER

    assert happy_path(graph_of(CIRCUIT_BREAKER)) == ()


def test_a_large_graph_gets_exit_rows_and_a_small_one_does_not(machine):
    from machines.connection import CONNECTION

    small, large = arrange(graph_of(machine)), arrange(graph_of(CONNECTION))
    blocks = {block.name for block in small.graph.blocks}
    assert not [line for place, lines in small.rows.items() for line in lines if line.moves and place not in blocks]
    assert [line for line in large.rows["dialing"] if line.target == "choice_retry"]


def test_asking_for_edges_leaves_no_exit_rows_in_states():
    from machines.connection import CONNECTION

    arranged = arrange(graph_of(CONNECTION), Exits.EDGES)
    states = arranged.graph.kinds()
    assert not [line for place in states for line in arranged.rows.get(place, ()) if line.moves]


def test_no_state_of_a_large_graph_floats():
    from machines.connection import CONNECTION

    arranged = arrange(graph_of(CONNECTION))
    reached = {edge.target for edge in arranged.edges} | {name for _, name in arranged.floating()}
    assert arranged.graph.kinds().keys() - reached == {"idle"}
