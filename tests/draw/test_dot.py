"""DOT: complete, quoted, and the same in every run."""

import hashlib
import html
import os
import re
import subprocess
import sys
from enum import StrEnum

import pytest
from attrs import frozen

from statekit import Kind, Machine, Rows
from statekit.draw.arrangement import Exits
from statekit.draw.dot import Direction, Options, dot_of
from statekit.draw.graph import graph_of
from statekit.draw.labels import words
from statekit.draw.svg import find_layout, svg_of

HASHED = """
import hashlib
from statekit.cli.catalogue import exhibits
from statekit.draw.gallery import dot_text, index_of, markdown_text, mermaid_text
found = tuple(exhibits())
texts = [write(each) for each in found for write in (dot_text, mermaid_text, markdown_text)]
print(hashlib.sha256("".join([*texts, index_of(found)]).encode()).hexdigest())
"""


def shown(dot):
    """The words a reader sees: what is between tags, unescaped."""
    return html.unescape(re.sub(r"<[^<>]*>", " ", dot))


def test_every_line_that_does_something_can_be_read_in_the_picture(machines):
    for machine in machines:
        graph = graph_of(machine)
        text = shown(dot_of(graph))
        for _, line in graph.lines():
            if not line.silent:
                assert all(trigger.label in text for trigger in line.triggers)
                assert not line.guard or f"[{words(line.guard)}]" in text
                assert not line.moves or graph.titles()[line.target] in text


def test_what_is_ignored_or_forbidden_in_a_state_is_in_its_tooltip():
    from machines.connection import CONNECTION

    assert "forbid FrameArrived, FrameInvalid, Closed: nothing comes before the open" in dot_of(graph_of(CONNECTION))


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("exits", list(Exits))
@pytest.mark.parametrize("effects", [False, True])
def test_unkind_names_survive_the_layout(machine, direction, exits, effects):
    svg = svg_of(dot_of(graph_of(machine), Options(direction, exits, effects)), find_layout(), "x")
    assert "waits for some body" in svg
    assert "Work ing" in svg
    assert ("Say(&#39;first&#39;)" in svg) or not effects


def test_effects_are_shown_when_asked_for(machine):
    graph = graph_of(machine)
    written = "/ Say(&#x27;first&#x27;)</FONT>"
    assert written in dot_of(graph, Options(effects=True))
    assert written not in dot_of(graph)


def test_ids_begin_with_the_machines_name(machine):
    dot = dot_of(graph_of(machine))
    assert 'id="everything-state-work_ing"' in dot
    assert 'id="everything-edge-end-work_ing"' in dot
    assert 'class="state kind-busy"' in dot


def test_texts_do_not_depend_on_the_hash_seed():
    seen = {
        subprocess.run(
            [sys.executable, "-c", HASHED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(seen) == 1
    assert len(seen.pop().strip()) == len(hashlib.sha256().hexdigest())


class Odd(StrEnum):
    START = "start"
    PORT = "a:b"
    GRAPH = "graph"
    CHOICE = "choice_pick"
    QUOTE = 'x"y\\'


@frozen
class Go: ...


def yes(context: int) -> bool:
    return True


def test_names_that_mean_something_to_dot_are_only_names():
    rows = Rows[Odd, int, object]()
    pick = rows.choice("pick", rows.to(Odd.GRAPH, guard=yes), rows.to(Odd.QUOTE))
    table = [rows.row(Odd.START, Go, Odd.PORT), rows.row(Odd.PORT, Go, pick), rows.row(Odd.GRAPH, Go, Odd.CHOICE)]
    states = [rows.state(state, Kind.REST, "odd") for state in Odd]
    graph = graph_of(Machine("odd", initial=Odd.START, context=0, states=states, table=table))
    assert [diamond.name for diamond in graph.diamonds] == ["choice_pick_2"]
    svg = svg_of(dot_of(graph), find_layout(), "odd")
    assert svg.count('class="node state') == len(Odd)
    assert svg.count('class="node choice') == 1
    assert svg.count('class="node start') == 1
