"""What is marked is drawn so: edges, rows in boxes, states; and a picture with nothing marked is as it was."""

import pytest

from machines.connection import CONNECTION
from statekit.draw.arrangement import arrange
from statekit.draw.dot import dot_of
from statekit.draw.graph import graph_of
from statekit.draw.overlay import ADDED, CHANGED, LIT, REMOVED, Overlay
from statekit.draw.svg import find_layout, svg_of


@pytest.fixture(scope="module")
def graph():
    return graph_of(CONNECTION)


def test_nothing_marked_is_the_same_picture(graph):
    assert dot_of(graph, overlay=Overlay()) == dot_of(graph)


@pytest.mark.parametrize("mark", [LIT, ADDED, REMOVED, CHANGED], ids=lambda mark: mark.word)
def test_every_line_can_be_marked_wherever_it_is_drawn(graph, mark):
    for place, line in graph.lines():
        if line.moves:
            drawn = dot_of(graph, overlay=Overlay(edges={(place, line.target): mark}))
            assert mark.colour.light in drawn.split("cluster_body", 1)[1]
            assert f"{mark.sign}{mark.word}" in drawn


def test_a_marked_state_has_the_border_of_its_mark(graph):
    drawn = dot_of(graph, overlay=Overlay(nodes={"parked": REMOVED}))
    (node,) = [line for line in drawn.split("\n\t\t") if line.startswith("parked [")]
    assert f'color="{REMOVED.colour.light}"' in node
    assert 'style="rounded,filled,dashed"' in node


def test_an_edge_whose_lines_differ_has_changed(graph):
    edge = next(edge for edge in arrange(graph).edges if len(edge.lines) > 1)
    first, second = edge.lines[:2]
    both = Overlay(lines={(edge.source, line): ADDED for line in edge.lines})
    one = Overlay(lines={(edge.source, first): ADDED})
    assert both.edge(edge.source, edge.target, edge.lines) is ADDED
    assert one.edge(edge.source, edge.target, edge.lines) is CHANGED
    assert one.line(edge.source, second) is None
    assert one.edge("idle", "idle", ()) is None


def test_a_line_has_the_mark_of_its_edge_unless_it_has_its_own(graph):
    place, line = next((place, line) for place, line in graph.lines() if line.moves)
    edges = {(place, line.target): LIT}
    assert Overlay(edges=edges).line(place, line) is LIT
    assert Overlay(edges=edges, lines={(place, line): ADDED}).line(place, line) is ADDED


def test_the_colours_of_marks_have_their_partner_on_dark_paper(graph):
    overlay = Overlay(nodes={"parked": ADDED})
    drawn = svg_of(dot_of(graph, overlay=overlay), find_layout(), "a picture", overlay=overlay)
    assert f"stroke:{ADDED.colour.dark}" in drawn
    assert f"stroke:{LIT.colour.dark}" not in drawn
