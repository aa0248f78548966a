"""Diff: each way in which two versions of a table may differ, and that nothing else is told of."""

import json
from enum import StrEnum, auto

import pytest
from attrs import asdict, frozen

from statekit import EVERY, Failure, Jitter, Kind, Machine, Rows, System, after, arm, either, timer
from statekit.check.diff import diff, reached
from statekit.check.sheet import sheets_from, sheets_of
from statekit.cli.catalogue import exhibits
from statekit.draw.changes import UNREACHED, picture_of
from statekit.draw.dot import dot_of
from statekit.draw.graph import graph_of
from statekit.draw.overlay import ADDED, CHANGED, REMOVED


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()


class Wider(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    D = auto()


A, B, C = State


@frozen
class Go: ...


@frozen
class Back: ...


@frozen
class Done: ...


@frozen
class Work:
    how: State = A


@frozen
class Rest: ...


def few(_: None) -> bool:
    return True


def many(_: None) -> bool:
    return True


def done(_: Failure) -> Done:
    return Done()


def delay(_: None) -> Jitter:
    return Jitter(1, 2)


rows = Rows[State, None, object]()
row, stay, ignore, to, choice = rows.row, rows.stay, rows.ignore, rows.to, rows.choice
RING = (row(A, Go, B), row(B, Go, C), row(C, Go, A))


def sheet(*table, groups=(), answering=(), kind=Kind.REST, states=State, initial=None, name="small"):
    machine = Machine(
        name,
        initial=initial or states.A,
        context=None,
        states=tuple(rows.state(each, kind, f"is {each}") for each in states),
        groups=groups,
        table=table,
        answering=answering,
    )
    return sheets_of(machine)[0]


def named(lines):
    return [(line.place, line.trigger, line.target) for line in lines]


@pytest.mark.parametrize("exhibit", list(exhibits()), ids=lambda each: each.name)
def test_a_table_does_not_differ_from_itself_nor_from_what_another_process_would_write_of_it(exhibit):
    sheets = sheets_of(exhibit.subject)
    written = json.dumps([asdict(each) for each in sheets])
    assert sheets_from(written) == sheets
    assert not any(diff(one, other) for one, other in zip(sheets, sheets_from(written), strict=True))


def test_an_added_row_and_a_removed_one_are_told_with_their_cells():
    more = sheet(*RING, stay(A, Back))
    added, removed = diff(sheet(*RING), more), diff(more, sheet(*RING))
    assert (named(added.added), added.removed, added.changed) == ([("A", "Back", "")], (), ())
    assert [(each.state, each.trigger, each.before, each.after) for each in added.cells] == [
        ("A", "Back", (), ("stay",))
    ]
    assert (named(removed.removed), removed.added) == ([("A", "Back", "")], ())
    assert removed.cells[0].after == ()


def test_a_row_that_leads_elsewhere_is_retargeted():
    found = diff(sheet(*RING), sheet(row(A, Go, C), *RING[1:]))
    (changed,) = found.changed
    assert changed.retargeted
    assert list(changed.parts()) == [("target", "B", "C")]
    assert (found.added, found.removed) == ((), ())
    assert found.unreachable == ("B",)


@pytest.mark.parametrize(
    ("before", "after", "parts", "cells"),
    [
        (row(A, Back, B, guard=few), row(A, Back, B, guard=many), [("guard", "few", "many")], 1),
        (row(A, Back, B), row(A, Back, B, Work(B)), [("effects", "", "Work(how=State.B)")], 0),
        (row(A, Back, B), ignore(A, Back, because="x"), [("verb", "row", "ignore"), ("target", "B", ""),
                                                         ("because", "", "x")], 1),
        (ignore(A, Back, because="x"), ignore(A, Back, because="y"), [("because", "x", "y")], 0),
    ],
    ids=["guard", "effects", "verb", "reason"],
)  # fmt: skip
def test_whatever_part_of_a_row_changes_is_told(before, after, parts, cells):
    found = diff(sheet(*RING, before), sheet(*RING, after))
    assert [list(each.parts()) for each in found.changed] == [parts]
    assert (found.added, found.removed, len(found.cells)) == ((), (), cells)


def test_rows_of_one_trigger_are_known_again_by_their_guards():
    old = sheet(*RING, row(A, Back, B, guard=few), row(A, Back, C, guard=many), stay(A, Back))
    new = sheet(*RING, row(A, Back, C, guard=many), row(A, Back, C, guard=few), stay(A, Back))
    (changed,) = diff(old, new).changed
    assert list(changed.parts()) == [("target", "B", "C")]


def test_rows_in_another_order_change_no_row_and_a_cell():
    old = sheet(*RING, row(A, Back, B, guard=few), row(A, Back, C, guard=many), stay(A, Back))
    new = sheet(*RING, row(A, Back, C, guard=many), row(A, Back, B, guard=few), stay(A, Back))
    found = diff(old, new)
    assert (found.added, found.removed, found.changed) == ((), (), ())
    assert found.cells[0].after == ("→ C if many", "→ B if few", "stay")


def test_a_row_that_moves_from_its_states_to_their_group_changes_no_cell():
    group = rows.group("group", B, C)
    old = sheet(*RING, stay((B, C), Back), groups=(group,))
    new = sheet(*RING, stay(group, Back), groups=(group,))
    found = diff(old, new)
    assert named(found.added) == [("group", "Back", "")]
    assert named(found.removed) == [("B", "Back", ""), ("C", "Back", "")]
    assert found.cells == ()


def test_a_change_of_a_choice_is_told_once_however_many_rows_lead_there():
    def with_choice(*branches):
        which = choice("which", *branches)
        return sheet(*RING, row(A, Back, which), row(B, Back, which), row(C, either(Back, Done), which))

    found = diff(with_choice(to(B, guard=few), to(C)), with_choice(to(B, guard=few), to(A)))
    (changed,) = found.changed
    assert (changed.before.place, changed.retargeted) == ("which?", True)
    assert found.cells == ()


def test_what_is_declared_beside_the_rows_is_compared_too():
    group, other = rows.group("group", B, C), rows.group("group", B, C, entry=(Rest(),))
    nap, longer = timer("nap", 1.0, scope=group), timer("nap", 2.0, scope=other)
    working = rows.answering(Work, Done, scope=B, failed=done)
    asking = rows.answering(Work, Done, scope=other, failed=done)
    old = sheet(row(A, Go, B, arm(nap)), *RING[1:], row(group, nap, A), groups=(group,), answering=(working,))
    new = sheet(
        row(A, Go, B, arm(longer)),
        *RING[1:],
        row(other, longer, A),
        groups=(other,),
        answering=(asking,),
        kind=Kind.STEADY,
        initial=B,
    )
    assert diff(old, new).extras == (
        ("state A", "rest", "steady"),
        ("state B", "rest", "steady"),
        ("state C", "rest", "steady"),
        ("group group", "B C", "B C; entry / Rest()"),
        ("the initial state", "A", "B"),
        ("timer nap", "1 s in group", "2 s in group"),
        ("answers of Work", "Done in b", "Done in group"),
    )


def test_a_state_that_came_or_went_is_told_as_a_state_and_not_cell_by_cell():
    ring = (row(Wider.A, Go, Wider.B), row(Wider.B, Go, Wider.C), row(Wider.C, Go, Wider.D), row(Wider.D, Go, Wider.A))
    found = diff(sheet(*RING), sheet(*ring, states=Wider))
    assert [name for name, _, _ in found.extras] == ["state D"]
    assert [(each.state, each.after) for each in found.cells] == [("C", ("→ D",))]


def test_what_no_way_of_rows_leads_to_is_not_reached():
    assert reached(sheet(*RING)) == {"A", "B", "C"}
    assert reached(sheet(RING[0], stay(B, Go))) == {"A", "B"}


def test_a_system_is_compared_wire_by_wire_and_member_by_member():
    from machines.session import HEARTBEAT, SESSION

    less = System("session", SESSION.declared, SESSION.wiring[:-1] + SESSION.wiring[-2:], SESSION.derived)
    assert [each.name for each in sheets_of(less)] == ["session", *SESSION.names]
    found = diff(sheets_of(SESSION)[0], sheets_of(less)[0])
    assert [line.verb for line in found.added] == ["publish"]
    assert sheets_of(less)[2] == sheets_of(HEARTBEAT)[0]


def test_what_is_no_table_has_no_sheet():
    with pytest.raises(TypeError, match="it is no Machine and no System, but int"):
        sheets_of(3)


# ------------------------------------------------------------------------------------------------------------- pictures
@pytest.mark.parametrize(
    "exhibit", [each for each in exhibits() if not isinstance(each.subject, System)], ids=lambda each: each.name
)
def test_the_picture_of_no_difference_has_every_line_of_the_table_and_no_mark(exhibit):
    (now,) = sheets_of(exhibit.subject)
    graph, overlay = picture_of(diff(now, now))
    assert overlay.marks() == ()
    pictured, drawn = ([(line.verb, line.guard, line.because) for _, line in each.lines()] for each in
                       (graph, graph_of(exhibit.subject)))  # fmt: skip
    assert sorted(pictured) == sorted(drawn)


def test_what_was_added_removed_and_changed_is_marked_in_one_picture():
    old = sheet(*RING, stay(A, Back), row(B, Back, A), row(C, Back, A), row(A, after(delay), B))
    new = sheet(*RING, row(A, Back, C), row(B, Back, C), row(C, Done, A), ignore(EVERY, Back, because="rest"))
    graph, overlay = picture_of(diff(old, new))
    marks = {(place, line.target, line.verb): mark for (place, line), mark in overlay.lines.items()}
    assert marks == {
        ("A", "C", "row"): CHANGED,
        ("A", "", "stay"): REMOVED,
        ("B", "C", "row"): CHANGED,
        ("B", "A", "row"): REMOVED,
        ("C", "A", "row"): marks["C", "A", "row"],
        ("A", "B", "row"): REMOVED,
        ("EVERY", "", "ignore"): ADDED,
    }
    assert {mark for (place, line), mark in overlay.lines.items() if place == "C"} == {ADDED, REMOVED}
    drawn = dot_of(graph, overlay=overlay)
    for mark in (ADDED, REMOVED, CHANGED):
        assert mark.colour.light in drawn
    assert "style=dashed" in drawn


def test_states_that_came_went_or_are_reached_no_more_are_marked():
    ring = (row(Wider.A, Go, Wider.B), row(Wider.B, Go, Wider.A), row(Wider.C, Go, Wider.D), row(Wider.D, Go, Wider.A))
    wider = sheet(*ring, states=Wider)
    assert picture_of(diff(sheet(*RING), wider))[1].nodes == {"C": UNREACHED, "D": ADDED}
    graph, overlay = picture_of(diff(wider, sheet(*RING)))
    assert overlay.nodes == {"D": REMOVED}
    assert [node.name for node in graph.nodes] == ["A", "B", "C", "D"]


def test_a_state_and_a_row_that_changed_where_they_are_are_marked_as_changed():
    old, new = sheet(*RING, row(A, Back, B, guard=few)), sheet(*RING, row(A, Back, B, guard=many), kind=Kind.STEADY)
    _, overlay = picture_of(diff(old, new))
    assert overlay.nodes == dict.fromkeys("ABC", CHANGED)
    assert [(place, line.guard, mark) for (place, line), mark in overlay.lines.items()] == [("A", "many", CHANGED)]
