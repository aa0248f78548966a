"""The way of a counterexample on the picture of each machine that takes a row on it."""

from attrs import evolve

from statekit.check.model import Model
from statekit.check.report import Trace
from statekit.check.seen import Move
from statekit.check.story import way_of
from statekit.draw.dot import dot_of
from statekit.draw.graph import graph_of
from statekit.draw.lit import lit
from statekit.draw.overlay import LIT
from tests.check.breakers import BROKEN, NAME, WAY
from tests.check.clients import CLIENT, DIALLED
from tests.draw.conftest import Broke, Context, Done, Go, Stop, everything


def signs(overlay):
    """Say which lines are lit, and by which numbers."""
    return {(place, line.target, line.guard): mark.sign for (place, line), mark in overlay.lines.items()}


def test_states_edges_and_lines_of_a_way_are_lit_and_numbered():
    overlay = lit(way_of(BROKEN, WAY))[NAME]
    assert set(overlay.nodes) == {"closed", "open", "half_open"}
    assert overlay.edges == {("closed", "open"): LIT, ("open", "half_open"): LIT}
    assert signs(overlay) == {
        ("closed", "", ""): "1 ",
        ("closed", "open", "is_last_straw"): "2 ",
        ("open", "half_open", ""): "3 ",
        ("half_open", "", ""): "4, 5 ",
    }


def test_every_mark_is_seen_in_the_picture_and_named_once():
    overlay = lit(way_of(BROKEN, WAY))[NAME]
    drawn = dot_of(graph_of(BROKEN.subject), overlay=overlay)
    for number in ("1 ", "2 ", "3 ", "4, 5 "):
        assert f'<FONT COLOR="{LIT.colour.light}"><B>{number}</B></FONT>' in drawn
    assert drawn.count(LIT.word) == 1


def test_a_line_that_was_not_taken_is_not_lit_though_its_edge_is():
    reset = evolve(WAY, moves=(*WAY.moves[:3], Move(NAME, type(WAY.moves[0].event)(3, good=False))))
    overlay = lit(way_of(BROKEN, reset))[NAME]
    graph = graph_of(BROKEN.subject)
    lines = [line for place, line in graph.lines() if place == "half_open" and line.target == "open"]
    assert [bool(overlay.line("half_open", line)) for line in lines] == [True, False]
    assert overlay.edge("half_open", "open", lines) is LIT


def moved(*moves, context=None):
    model = Model(everything())
    if context is not None:
        thresholds = evolve(model.thresholds["default"], contexts={"everything": context})
        model = Model(everything(), thresholds={"default": thresholds})
    trace = Trace("everything", "default", tuple(Move("everything", *each) for each in moves))
    return signs(lit(way_of(model, trace))["everything"])


def test_a_way_through_a_choice_lights_the_branch_that_it_took():
    assert moved((Go(),), (Broke(), "Ask")) == {
        ("end", "work_ing", ""): "1 ",
        ("work_ing", "choice_inner", ""): "2 ",
        ("choice_inner", "slow", "more_left"): "2 ",
    }


def test_a_way_through_a_choice_in_a_choice_lights_both():
    assert moved((Go(),), (Done(), "Ask"), context=Context(3)) == {
        ("end", "work_ing", ""): "1 ",
        ("work_ing", "choice_the_outer", ""): "2 ",
        ("choice_the_outer", "choice_inner", ""): "2 ",
        ("choice_inner", "lost", ""): "2 ",
    }


def test_the_row_of_a_group_is_lit_where_it_stands():
    assert moved((Go(),), (Stop(),)) == {("end", "work_ing", ""): "1 ", ("alive", "over", ""): "2 "}


def test_of_a_system_only_the_machines_that_took_a_row_are_lit():
    assert list(lit(way_of(CLIENT, DIALLED))) == ["connection", "auth_refresh", "circuit_breaker"]
    assert lit(way_of(CLIENT, Trace("session", "default", ()))) == {}
