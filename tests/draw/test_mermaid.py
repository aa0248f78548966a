"""Mermaid: read by Mermaid itself, whatever the names are."""

import mermaidx
import pytest

from statekit.draw.gallery import mermaid_text
from statekit.draw.graph import graph_of
from statekit.draw.labels import identifier
from statekit.draw.mermaid import mermaid_of, text


def test_unkind_names_are_read_by_mermaid(machine):
    svg = mermaidx.render(mermaid_of(graph_of(machine), "generated")).svg()
    assert "Work ing" in svg


def test_every_installed_machine_and_system_is_read_by_mermaid(gallery):
    assert gallery
    for exhibit in gallery:
        assert "<svg" in mermaidx.render(mermaid_text(exhibit)).svg()


def test_mermaid_would_complain_of_a_bad_file():
    with pytest.raises(RuntimeError, match="Parse error"):
        mermaidx.render("stateDiagram-v2\n a --> : x; <<").svg()


def test_what_ends_a_statement_or_begins_a_tag_is_written_as_an_entity():
    assert text('a;b<c>d:e#f"g\nh') == "a#59;b#lt;c#gt;d#colon;e#35;f#quot;g h"


def test_identifiers_stay_apart():
    names = ["end", "state", "s_end", "a b", "a_b", "a-b", "a.b", "é", "up", "note", "s_a_20_b"]
    made = [identifier(name) for name in names]
    assert len(set(made)) == len(names)
    assert all(each.isascii() and each.isidentifier() for each in made)
    assert identifier("up") == "up"
    assert identifier("end") != "end"


def test_every_moving_line_is_an_edge(machines):
    for machine in machines:
        graph = graph_of(machine)
        written = mermaid_of(graph)
        ends = {(place, line.target) for place, line in graph.lines() if line.moves}
        initial_and_ended = 1 + sum(node.kind == "ended" for node in graph.nodes)
        assert written.count(" --> ") == len(ends) + initial_and_ended
