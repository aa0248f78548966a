"""The graph loses nothing of the table."""

from collections import Counter

from statekit import Kind, Machine, Rows
from statekit.draft import branches_of
from statekit.draw.graph import EVERY_NAME, folded_lines, graph_of
from statekit.draw.labels import effect, words
from statekit.draw.style import Cause
from statekit.row import Choice, Either
from statekit.states import Every, Group
from statekit.timers import After, Timer
from tests.draw.conftest import Context, Done, S, is_first, more_left


def placed(source):
    """Name the places of a source, written anew so that it can disagree with the reader under test."""
    if isinstance(source, tuple):
        return [name for each in source for name in placed(each)]
    if isinstance(source, Every):
        return [EVERY_NAME]
    return [source.name if isinstance(source, Group) else source.value]


def waited(trigger):
    if isinstance(trigger, Either):
        return tuple(each.__name__ for each in trigger.events)
    if isinstance(trigger, After | Timer):
        return (words(trigger.label),)
    return (trigger.__name__,)


def named(target):
    if target is None:
        return ""
    return (
        f"{words(target.name)}?" if isinstance(target, Choice) else target.name.replace("_", " ").lower().capitalize()
    )


def name_of(called):
    return called.__name__ if called else ""


def facts(line, titles):
    return (line.verb, line.guard, line.update, line.effects, titles.get(line.target, ""), line.because, line.origin)


def expected(verb, each, because=""):
    effects = tuple(effect(order) for order in each.effects)
    return (verb, name_of(each.guard), name_of(each.update), effects, named(each.target), because, each.origin)


def test_every_row_is_in_the_graph_once_for_each_place_that_it_names(machines):
    for machine in machines:
        graph = graph_of(machine)
        titles = graph.titles()
        choices = {diamond.name for diamond in graph.diamonds}
        drawn = Counter(
            (place, tuple(each.label for each in line.triggers), *facts(line, titles))
            for place, line in graph.lines()
            if place not in choices
        )
        written = Counter(
            (place, waited(row.trigger), *expected(row.verb, row, row.because))
            for row in machine.table
            for place in placed(row.source)
        )
        assert drawn == written


def test_every_branch_of_every_choice_is_in_the_graph(machines):
    for machine in machines:
        graph = graph_of(machine)
        titles = graph.titles()
        drawn = {facts(line, titles) for diamond in graph.diamonds for line in diamond.lines}
        written = {expected("row", branch) for row in machine.table for branch in branches_of(row.target)}
        assert drawn == written


def test_states_and_groups_keep_what_they_declare(machine):
    graph = graph_of(machine)
    nodes = {node.name: node for node in graph.nodes}
    assert [node.name for node in graph.nodes] == ["end", "work_ing", "up", "slow", "over", "lost"]
    assert graph.initial == "end"
    assert nodes["work_ing"].entry == ("Ask({'a', 'b', 'c'})",)
    assert nodes["work_ing"].exit == ("say",)
    assert nodes["up"].waits_for == "some_body"
    assert nodes["slow"].groups == ("alive", "quiet")
    blocks = {block.name: block for block in graph.blocks}
    assert blocks["alive"].states == ("work_ing", "up", "slow")
    assert blocks["alive"].entry == ("Shout(True)",)
    assert blocks["alive"].exit == ("say", "Shout(False)")


def test_a_trigger_knows_why_it_comes_and_a_timer_its_default(machine):
    causes = {each.label: each for _, line in graph_of(machine).lines() for each in line.triggers}
    assert causes["Done"].cause is Cause.ANSWER
    assert causes["Go"].cause is Cause.TOLD
    assert causes["nap over"].cause is Cause.TIMER
    assert causes["nap over"].default == "5 s"
    assert causes["after wait delay"].default == "1–2 s"
    assert causes["after 10 s"].default == ""


def test_the_lines_of_a_state_are_what_it_really_tries(machines):
    for machine in machines:
        for declared in machine.states:
            cells = machine.folded.cells[declared.state]
            lines = list(folded_lines(machine, declared.state))
            assert all(len(line.triggers) == 1 for _, line in lines)
            assert {line.triggers[0].label for _, line in lines} == {words(machine.key_label(key)) for key in cells}
            for key, arrows in cells.items():
                label = words(machine.key_label(key))
                tried = [line.origin for _, line in lines if line.triggers[0].label == label]
                assert tried[0] == arrows[0].row.origin


def test_of_a_cell_without_an_unguarded_row_every_line_is_given():
    rows = Rows[S, Context, object]()
    half = Machine(
        "half",
        initial=S.END,
        context=Context(),
        states=tuple(rows.state(each, Kind.REST, "so") for each in S),
        table=(rows.stay(S.END, Done, guard=is_first), rows.stay(S.END, Done, guard=more_left)),
    )
    assert [(place, line.guard) for place, line in folded_lines(half, S.END)] == [
        ("end", "is_first"),
        ("end", "more_left"),
    ]
