"""What a beginner writes first: each mistake in a definition is one sentence that says what would be right."""

from datetime import timedelta
from enum import Enum, StrEnum, auto
from pathlib import Path

import pytest
from attrs import frozen

from statekit import Kind, Machine, MalformedTable, Rows, after, either, idle, timer


class State(StrEnum):
    A = auto()
    B = auto()


class Plain(Enum):
    A = 1
    B = 2


A, B = State


@frozen
class Go:
    pass


@frozen
class Told:
    pass


@frozen
class Ask:
    pass


@frozen
class Context:
    pass


def failed(_: object) -> Told:
    return Told()


rows = Rows[State, Context, object]()
row, stay, state, group, to, choice = rows.row, rows.stay, rows.state, rows.group, rows.to, rows.choice
STATES = (state(A, Kind.REST, "a"), state(B, Kind.STEADY, "b"))
LINE = row(A, Go, B)
BOTH = group("both", A, B)
ASKING = rows.answering(Ask, Told, scope=A, failed=failed)


def faults_of(**parts):
    given = {"initial": A, "context": Context(), "states": STATES, "table": (LINE,)} | parts
    with pytest.raises(MalformedTable) as caught:
        Machine(given.pop("name", "small"), **given)
    return caught.value.faults


# ----------------------------------------------------------------------------------------- what the machine is handed
# fmt: off
HANDED = [
    ({"initial": "a"}, "initial='a' is no member of a StrEnum: did you mean State.A?"),
    ({"initial": "red"}, "initial='red' is no member of a StrEnum: name the first state"),
    ({"initial": State}, "initial=State is no member of a StrEnum: name the first state"),
    ({"initial": None}, "initial=None is no member of a StrEnum: name the first state"),
    ({"initial": BOTH}, "initial=group both: name the state in it to begin with"),
    ({"initial": Plain.A, "states": (state(Plain.A, Kind.REST, "a"), state(Plain.B, Kind.REST, "b")), "table": ()},
     "initial=Plain.A is no member of a StrEnum, which states are: write class Plain(StrEnum)"),
    ({"table": LINE}, "table is a Row, and no list of them: write table=(row(...),), with the comma"),
    ({"table": None}, "table is None, and no list of them: write table=(row(...),), with the comma"),
    ({"table": "row"}, "table is 'row', and no list of them: write table=(row(...),), with the comma"),
    ({"table": (LINE, (A, Go, B))}, "table[1] is a tuple; unpack it: table=(*these, *those)"),
    ({"table": [[LINE]]}, "table[0] is a list; unpack it: table=(*these, *those)"),
    ({"table": (LINE, Go)}, "table[1] is Go; one is made by row(...)"),
    ({"table": (STATES[0],)}, "table[0] is a StateRow; one is made by row(...)"),
    ({"states": STATES[0]}, "states is a StateRow, and no list of them: write states=(state(...),), with the comma"),
    ({"groups": BOTH}, "groups is group both, and no list of them: write groups=(group(...),), with the comma"),
    ({"groups": (A,)}, "groups[0] is State.A; one is made by group(...)"),
    ({"answering": ASKING},
     "answering is an Answering, and no list of them: write answering=(answering(...),), with the comma"),
    ({"answering": (Ask,)}, "answering[0] is Ask; one is made by answering(...)"),
]
# fmt: on


@pytest.mark.parametrize(("parts", "sentence"), HANDED, ids=[sentence[:40] for _, sentence in HANDED])
def test_a_part_of_another_kind_is_named_at_the_machine(parts, sentence):
    (fault,) = faults_of(**parts)
    place, said = fault.split(": ", 1)
    path, number = place.rsplit(":", 1)
    assert said == sentence
    assert path.endswith("/test_beginners.py")
    assert Path(__file__).read_text(encoding="utf-8").splitlines()[int(number) - 1].lstrip().startswith("Machine(")


def test_the_enum_itself_is_no_list_of_declarations():
    assert [fault.split(": ", 1)[1] for fault in faults_of(states=State)] == [
        "states[0] is State.A; one is made by state(...)",
        "states[1] is State.B; one is made by state(...)",
    ]


def test_every_part_of_another_kind_is_told_at_once():
    assert len(faults_of(initial="a", table=LINE, groups=(A,))) == 3


def test_rows_may_come_from_anything_that_gives_them_one_by_one():
    for table in ([LINE], (LINE,), iter([LINE]), (each for each in (LINE,)), {LINE: None}):
        assert Machine("small", initial=A, context=Context(), states=iter(STATES), table=table).table == (LINE,)


@pytest.mark.parametrize("name", [None, 3, b"small"])
def test_a_name_is_text(name):
    (fault,) = faults_of(name=name)
    assert fault.endswith(f": a machine's name must be an identifier such as circuit_breaker, not {name!r}")


# ------------------------------------------------------------------------------------------------- what is declared
def declared(kind=Kind.REST, **more):
    return state(A, kind, "a", **more)


COMMA = "and no tuple: write {0}=(..., ), with the comma"
KINDS = "say Kind.REST, Kind.BUSY, Kind.STEADY, Kind.WAITING, Kind.ENDED, Kind.FAILED"
# fmt: off
DECLARED = [
    ("states", declared("rest"), f"the kind of state State.A is 'rest': {KINDS}"),
    ("states", declared("ended"), f"the kind of state State.A is 'ended': {KINDS}"),
    ("states", declared(Kind), f"the kind of state State.A is {Kind!r}: {KINDS}"),
    ("states", declared(entry=Ask()), f"the entry of state State.A is Ask(), {COMMA.format('entry')}"),
    ("states", declared(exit=[Ask()]), f"the exit of state State.A is a list, {COMMA.format('exit')}"),
    ("groups", group("g", A, entry=Ask()), f"the entry of group g is Ask(), {COMMA.format('entry')}"),
    ("groups", group("g", A, exit=Ask()), f"the exit of group g is Ask(), {COMMA.format('exit')}"),
    ("answering", rows.answering(Ask(), Told, scope=A, failed=failed),
     "answering(Ask(), ...) takes classes: Ask() is none; say Ask"),
    ("answering", rows.answering(Ask, Told(), scope=A, failed=failed),
     "answering(Ask, ...) takes classes: Told() is none; say Told"),
    ("answering", rows.answering(Ask, Told, scope=A, failed=failed, streams=Go),
     f"the streams of answering(Ask, ...) is Go, {COMMA.format('streams')}"),
    ("answering", rows.answering(Ask, Told, scope=A, failed=failed, ends=Go),
     f"the ends of answering(Ask, ...) is Go, {COMMA.format('ends')}"),
]
# fmt: on


@pytest.mark.parametrize(("word", "part", "sentence"), DECLARED, ids=[sentence[:50] for _, _, sentence in DECLARED])
def test_a_declaration_that_cannot_be_read_is_named_with_its_line(word, part, sentence):
    parts = (part, STATES[1]) if word == "states" else (part,)
    assert faults_of(**{word: parts}) == (f"{part.origin}: {sentence}",)


def test_a_choice_has_a_name():
    nameless = choice(to(A), to(B))
    assert faults_of(table=(row(A, Go, nameless),)) == (
        f"{nameless.origin}: a choice has a name to draw: choice('retry', to(...), to(...))",
    )


def test_the_branches_of_a_choice_are_made_by_to():
    inner = choice("inner", B)
    sentence = f"{inner.origin}: a branch of choice 'inner' is State.B; one is made by to(...)"
    assert faults_of(table=(row(A, Go, inner), row(A, Told, choice("outer", to(inner))))) == (sentence,)


# ----------------------------------------------------------------------------------------------------- what a row says


def delay_fault(given):
    return f"a delay is a number of seconds, a Jitter or a function of the context that gives one, not {given!r}"


# fmt: off
SAID = [
    (row(A, after("5"), B), delay_fault("5")),
    (row(A, after(None), B), delay_fault(None)),
    (row(A, after(True), B), delay_fault(True)),
    (row(A, after(timedelta(seconds=5)), B), delay_fault(timedelta(seconds=5))),
    (stay(A, idle("5", of=(Go,))), delay_fault("5")),
    (row(A, timer("ping", "5", scope=A), B), delay_fault("5")),
    (row(A, Go, BOTH), "the target is the group both: name the state in it to go to"),
    (row(A, either(Go, Told()), B), "either(...) takes event classes: Told() is none"),
    (rows.ignore(A, Told, because=None), "ignore must say why: because='...'"),
    (rows.forbid(A, Told, because=Told), "forbid must say why: because='...'"),
]
# fmt: on


@pytest.mark.parametrize(("line", "sentence"), SAID, ids=[sentence[-40:] for _, sentence in SAID])
def test_a_row_that_says_something_else_is_named_with_its_line(line, sentence):
    assert faults_of(table=(line, stay(B, Go), stay(A, Go)), groups=(BOTH,)) == (f"{line.origin}: {sentence}",)


def test_every_fault_stands_in_the_error_that_is_raised():
    with pytest.raises(MalformedTable, match=r"^small cannot be built:\n  .*initial='a'.*State\.A\?$") as caught:
        Machine("small", initial="a", context=Context(), states=STATES, table=(LINE,))
    assert caught.value.name == "small"
