"""The table as it is written, and what a machine makes of it: precedence, groups, blanks, effects, origins."""

from enum import StrEnum, auto

import pytest
from attrs import frozen

from statekit import EVERY, Choice, FlatRow, Group, Kind, Machine, MalformedTable, Rows, Verb, after, arm, either, timer
from statekit.errors import Rejected, StatekitError, UnknownMember
from statekit.states import Every


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    END = auto()


A, B, C, END = State


@frozen
class Go:
    pass


@frozen
class Back:
    pass


@frozen
class Answered:
    pass


@frozen
class Note:
    text: str


@frozen
class Ask:
    pass


@frozen
class Undo:
    pass


@frozen
class Context:
    count: int = 0


rows = Rows[State, Context, Note | Ask | Undo]()
row, stay, ignore, to, group = rows.row, rows.stay, rows.ignore, rows.to, rows.group
PING = timer("ping", 5.0, scope=B)
HALT = timer("halt", 5.0, scope=A)
STATES = (
    rows.state(A, Kind.REST, "first"),
    rows.state(B, Kind.BUSY, "second"),
    rows.state(C, Kind.STEADY, "third"),
    rows.state(END, Kind.ENDED, "over"),
)


def positive(context: Context) -> bool:
    return context.count > 0


def grown(context: Context) -> Context:
    return Context(context.count + 1)


def note(context: Context) -> Note:
    return Note(f"{context.count}")


def notes_or_ask(_: Context) -> tuple[Note | Ask, ...]:
    return ()


def maybe_undo(_: Context) -> Undo | None:
    return None


def failed(_: object) -> Answered:
    return Answered()


def build(*table, groups=(), answering=(), states=STATES):
    return Machine(
        "small", initial=A, context=Context(), states=states, groups=groups, table=table, answering=answering
    )


def test_a_row_knows_the_file_and_line_it_was_written_on():
    first = row(A, Go, B)
    second = row(B, Go, C)
    name, line = first.origin.rsplit(":", 1)
    assert name.endswith("/test_table.py")
    assert second.origin == f"{name}:{int(line) + 1}"


def test_verbs_keep_what_was_written():
    written = rows.forbid((A, B), either(Go, Back), because="never")
    assert (written.verb, written.source, written.because) == (Verb.FORBID, (A, B), "never")
    assert rows.reenter(A, Go).verb is Verb.REENTER
    assert rows.postpone(A, Go, because="later").verb is Verb.POSTPONE


def test_a_group_takes_in_the_states_of_the_groups_it_names_each_once():
    inner = group("inner", A, B)
    outer = group("outer", inner, B, C)
    assert outer.states == (A, B, C)
    assert list(outer) == [A, B, C]
    assert B in inner
    assert C not in inner


def test_groups_are_equal_wherever_they_were_written():
    assert group("one", A) == group("one", A)
    assert group("one", A) != group("one", B)


def test_every_reads_as_it_is_written():
    assert str(EVERY) == "EVERY"
    assert Every() == EVERY


def test_arrows_are_tried_state_first_then_inner_group_outer_group_every():
    inner, outer = group("inner", A, B), group("outer", A, B, C)
    machine = build(
        stay(EVERY, Go, guard=positive),
        stay(outer, Go, guard=positive),
        stay(inner, Go, guard=positive),
        stay(A, Go, guard=positive),
        stay((A, C), Go),
        groups=(inner, outer),
    )
    assert [arrow.level for arrow in machine.arrows(A, Go)] == ["a", "a", "inner", "outer", "EVERY"]
    assert [arrow.level for arrow in machine.arrows(C, Go)] == ["c", "outer", "EVERY"]
    assert [arrow.row for arrow in machine.arrows(A, Go)][:2] == [machine.table[3], machine.table[4]]


def test_table_order_within_a_level_holds_whatever_the_verb():
    machine = build(
        ignore(A, Go, because="no", guard=positive),
        row(A, Go, B, guard=positive),
        rows.forbid(A, Go, because="never"),
    )
    assert [arrow.row.verb for arrow in machine.arrows(A, Go)] == [Verb.IGNORE, Verb.ROW, Verb.FORBID]


def test_either_gives_an_arrow_to_each_event():
    machine = build(row(A, either(Go, Back), B))
    assert machine.arrows(A, Go)[0].row is machine.arrows(A, Back)[0].row
    assert machine.folded.events == (Go, Back)


def test_an_ended_state_answers_nothing_even_what_every_state_answers():
    machine = build(row(A, Go, END), stay(EVERY, Back), row(EVERY, after(1.0), END))
    assert machine.possible(END) == ()
    assert machine.possible(B) == ("Back", "after 1 s")


def test_a_cell_whose_rows_are_all_guarded_is_blank():
    machine = build(row(A, Go, B, guard=positive), row(B, Go, C), ignore(C, Go, because="there"))
    assert machine.blanks() == ((A, Go),)


def test_a_cell_without_a_row_is_blank_but_not_in_an_ended_state():
    machine = build(row(A, Go, B))
    assert machine.blanks() == ((B, Go), (C, Go))


def test_answers_and_timers_need_cells_only_inside_their_scope():
    machine = build(
        row(A, Go, B, Ask(), arm(PING)),
        ignore((B, C), Go, because="asked"),
        row(B, Answered, C, guard=positive),
        row(B, after(1.0), A, guard=positive),
        row(B, PING, A, guard=positive),
        answering=(rows.answering(Ask, Answered, scope=B, failed=failed),),
    )
    assert machine.blanks() == ((B, Answered), (B, "after 1 s in b"), (B, "ping"))


def test_the_effects_of_a_table_are_read_from_constants_and_return_annotations():
    machine = build(
        row(A, Go, B, Note("x"), arm(PING)),
        row(B, PING, C, notes_or_ask),
        stay(B, Go, maybe_undo),
        answering=(rows.answering(Ask, Answered, scope=C, failed=failed, orphan=Undo()),),
    )
    assert machine.effects() == (Note, Ask, Undo)


def test_the_effects_of_a_table_include_entry_exit_branches_and_orphans():
    picked = rows.choice("picked", to(B, Note("x"), guard=positive), to(rows.choice("inner", to(C, Undo()))))
    inner = group("inner", A, exit=(Ask(),))
    machine = build(
        row(inner, Go, picked),
        groups=(inner,),
    )
    assert set(machine.effects()) == {Note, Ask, Undo}


def test_triggers_are_named_as_they_are_written():
    machine = build(row(A, after(90.0), B), row(A, Go, B, arm(PING)), row(B, PING, C))
    assert machine.key_label("after 90 s in a") == "after 90 s"
    assert machine.key_label("ping") == "ping"
    assert machine.key_label("no timer") == "no timer"
    assert machine.key_label(Go) == "Go"


# ------------------------------------------------------------------------------------------------------ the flat table
def test_a_flat_row_says_all_that_a_row_does_in_a_state_and_where_it_is_written():
    inner = group("inner", B, C, entry=(Note("in"),), exit=(Undo(),))
    line = row(inner, Go, A, note, arm(HALT), guard=positive)
    halted = ignore(A, HALT, because="whatever comes")
    machine = build(row(A, Back, B), line, halted, groups=(inner,))
    flat_row = next(each for each in machine.rows if each.state is C)
    assert flat_row == FlatRow(
        state=C, trigger="Go", verb=Verb.ROW, target=A, choices=(), guards=("positive",), updates=(),
        effects=("Undo", "note", "arm halt"), because="", level="inner", origin=line.origin,
    )  # fmt: skip
    assert str(flat_row) == f"row C on Go → A if positive order Undo, note, arm halt ({line.origin})"
    assert str(machine.rows[1]) == f"ignore A on halt because whatever comes ({halted.origin})"
    assert [each.target for each in machine.rows] == [B, None, A, A]


def test_a_choice_is_flattened_into_its_ways():
    deeper = rows.choice("deeper", to(C, Undo(), guard=positive), to(END, update=grown))
    picked = rows.choice("picked", to(B, guard=positive, update=grown), to(deeper))
    machine = build(row(A, Go, picked, note, guard=positive, update=grown))
    assert [(each.target, each.choices, each.guards, each.updates, each.effects) for each in machine.rows] == [
        (B, ("picked",), ("positive", "positive"), ("grown", "grown"), ("note",)),
        (C, ("picked", "deeper"), ("positive", "positive"), ("grown",), ("note", "Undo")),
        (END, ("picked", "deeper"), ("positive",), ("grown", "grown"), ("note",)),
    ]
    assert "row A on Go → C via picked via deeper if positive, positive update grown" in str(machine.rows[1])


def test_the_flat_table_goes_by_state_and_precedence_and_leaves_out_what_is_hidden():
    outer = group("outer", A, B)
    hidden = row(outer, Go, C)
    table = (hidden, row(A, Go, B, guard=positive), stay(A, Go), row(B, after(2.0), C), rows.reenter(B, Back))
    machine = build(*table, groups=(outer,))
    assert [(each.state, each.trigger, each.verb, each.target, each.level) for each in machine.rows] == [
        (A, "Go", Verb.ROW, B, "a"),
        (A, "Go", Verb.STAY, A, "a"),
        (B, "Go", Verb.ROW, C, "outer"),
        (B, "Back", Verb.REENTER, B, "b"),
        (B, "after 2 s", Verb.ROW, C, "b"),
    ]
    assert str(machine.rows[3]).startswith("reenter B on Back (")


def test_a_machine_tells_the_kind_of_a_state():
    assert build(row(A, Go, B)).kind(END) is Kind.ENDED


def test_a_choice_and_its_branches_know_where_they_are_written():
    branch = to(B)
    choice = rows.choice("picked", branch)
    assert isinstance(choice, Choice)
    assert int(choice.origin.rsplit(":", 1)[1]) == int(branch.origin.rsplit(":", 1)[1]) + 1


def test_a_malformed_table_lists_every_fault_with_the_machines_name():
    with pytest.raises(MalformedTable) as caught:
        build(row(A, Go, A), row(END, Go, A))
    assert caught.value.name == "small"
    assert len(caught.value.faults) == 2
    assert str(caught.value).startswith("small cannot be built:\n  ")
    assert all(fault in str(caught.value) for fault in caught.value.faults)


def test_errors_say_their_facts_in_a_sentence():
    rejected = Rejected("m", "a", "Go", "refused by positive", ())
    assert str(rejected) == "m: Go in a: refused by positive; events with a row here: none"
    assert "events with a row here: Go, Back" in str(Rejected("m", "a", "Go", "x", ("Go", "Back")))
    unknown = UnknownMember("s", "x", ("a", "b"))
    assert str(unknown) == "s has no member 'x'; its members are a, b"
    assert isinstance(unknown, KeyError)
    assert isinstance(unknown, StatekitError)


def test_a_group_is_a_value_with_its_documentation():
    made = group("inner", A, doc="first ones", entry=(Note("x"),))
    assert isinstance(made, Group)
    assert (made.doc, made.entry, made.exit) == ("first ones", (Note("x"),), ())
