"""Lint: for each code a table that is wrong in that one way, the line it must name, and that sound tables are clean."""

import inspect
from enum import StrEnum, auto
from functools import cache
from pathlib import Path

import pytest
from attrs import evolve, frozen

from statekit import EVERY, Failure, Kind, Machine, Rows, Signal, System, after, arm, derive, either, timer, wire
from statekit.check.lint import CODES, blank, lint
from statekit.check.model import Overruled
from statekit.check.report import Weight
from statekit.cli.catalogue import exhibits


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    D = auto()


A, B, C, D = State


@frozen
class Go: ...


@frozen
class Back: ...


@frozen
class Answered: ...


@frozen
class Failed: ...


@frozen
class Opened: ...


@frozen
class Frame: ...


@frozen
class Closed: ...


@frozen
class Ask: ...


@frozen
class Dial: ...


@frozen
class Hang: ...


@frozen
class Tell(Signal): ...


@frozen
class Context:
    count: int = 0
    spent: bool = False
    loud: bool = False
    mood: State = A

    @property
    def fine(self):
        return self.spent


def few(context: Context) -> bool:
    return context.count < 3


def fresh(context: Context) -> bool:
    return not context.spent


def fresh_by_property(context: Context) -> bool:
    return context.fine


def spend(context: Context) -> Context:
    return evolve(context, spent=True)


def toggle(context: Context) -> Context:
    return evolve(context, spent=not context.spent)


def delay_if_spent(context: Context) -> float:
    return _seconds(context)


def _seconds(context):
    return next(1.0 for _ in range(2) if context.spent)


def ask(context: Context) -> Ask:
    return Ask()


def failed(_: Failure) -> Failed:
    return Failed()


def failed_wrongly(_: Failure) -> Frame:
    return Frame()


def closed(_: Failure) -> Closed:
    return Closed()


rows = Rows[State, Context, object]()
row, stay, ignore, forbid, postpone, to = rows.row, rows.stay, rows.ignore, rows.forbid, rows.postpone, rows.to
GROUP = rows.group("group", B, C)
HERE = f"{'/'.join(Path(__file__).parts[-2:])}"


def line(back=0):
    return f"{HERE}:{inspect.stack()[1].lineno - back}"


def states(**kinds):
    """Declare A at rest, B busy with a person, C steady and D failed, unless told otherwise."""
    usual = {"A": Kind.REST, "B": Kind.REST, "C": Kind.STEADY, "D": Kind.FAILED} | kinds
    return tuple(rows.state(State[name], kind, f"is {name}") for name, kind in usual.items())


RING = (row(A, Go, B), row(B, Go, C), row(C, Go, D), row(D, Go, A))
"""A way around all four states."""


def built(*table, groups=(GROUP,), answering=(), **kinds):
    return Machine(
        "small",
        initial=A,
        context=Context(),
        states=states(**kinds),
        groups=groups,
        table=table,
        answering=answering,
    )


def found(machine, *, all_of_it=False):
    return [each for each in lint(machine) if all_of_it or each.weight is Weight.ERROR]


def one(machine, code):
    (finding,) = [each for each in lint(machine) if each.code == code]
    return finding


def test_a_sound_table_is_clean():
    assert lint(built(*RING)) == ()


@pytest.mark.parametrize("exhibit", list(exhibits()), ids=lambda each: each.name)
def test_the_shipped_machines_and_their_system_are_clean(exhibit):
    assert not found(exhibit.subject)


@pytest.mark.parametrize("module", ["tcp", "ppp", "diameter"])
def test_the_machines_of_three_standards_are_clean(module, monkeypatch):
    from importlib import import_module

    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "generality"))
    assert not found(getattr(import_module(module), module.upper()))


def test_every_code_says_what_it_is_and_what_to_do():
    for name, code in CODES.items():
        assert (code.name, code.claim[-1], bool(code.advice)) == (name, ".", True)


# --------------------------------------------------------------------------------------------------------------- cells
def test_a_missing_row_names_the_state_the_event_the_file_and_the_fix():
    machine = built(*RING, stay((A, B, C), Back))
    finding = one(machine, "blank")
    assert finding.where == "D on Back"
    assert finding.origin == machine.states[3].origin
    assert finding.origin.startswith(HERE)
    assert finding.sentence == "state D has no answer to Back"
    assert finding.advice == "add row(D, Back, ...) to the table, or ignore(D, Back, because='...')"


def test_a_cell_of_guarded_rows_alone_is_blank_and_the_last_of_them_is_named():
    machine = built(*RING, stay(EVERY, Back, guard=few))
    findings = [each for each in lint(machine) if each.code == "blank"]
    assert [each.where for each in findings] == ["A on Back", "B on Back", "C on Back", "D on Back"]
    assert {each.origin for each in findings} == {line(3)}
    assert findings[0].sentence == "state A answers Back only if few; what if not?"
    assert "without a guard" in findings[0].advice


def test_a_blank_timer_is_told_by_its_name():
    nap = timer("nap", 1.0, scope=GROUP)
    machine = built(row(A, Go, B, arm(nap)), row(B, Go, C), row(C, Go, D), row(D, Go, A), row(B, nap, A))
    assert one(machine, "blank").where == "C on nap"
    assert blank(machine, C, "nap").advice.startswith("add row(C, nap, ...)")
    group_timer = built(*RING, row(GROUP, after(1.0), A, guard=few))
    assert "row(B, <the timer 'after 1 s'>, ...)" in one_of(group_timer, "blank").advice


def one_of(machine, code):
    return next(each for each in lint(machine) if each.code == code)


def test_a_row_that_others_precede_everywhere_can_never_be_taken():
    machine = built(*RING, stay((B, C), Back), stay((A, D), Back), ignore(GROUP, Back, because="shadowed"))
    finding = one(machine, "never-taken")
    assert finding.where == "group on Back"
    assert finding.origin == line(3)
    assert "in every state that it means a row that comes first answers it without a guard" in finding.sentence


def test_a_row_that_is_preceded_in_some_states_only_is_well():
    assert not found(built(*RING, stay(B, Back), ignore(EVERY, Back, because="elsewhere")))


def test_a_row_after_one_with_the_same_guard_can_never_be_taken():
    machine = built(*RING, stay(A, Back, guard=few), row(A, Back, B, guard=few), ignore(EVERY, Back, because="rest"))
    assert "there a row that comes first answers it with the same guard few" in one(machine, "never-taken").sentence


def test_a_branch_after_one_with_the_same_guard_can_never_be_taken():
    choice = rows.choice("which", to(B, guard=few), to(C, guard=few), to(D))
    finding = one(built(*RING, row(A, Back, choice), ignore(EVERY, Back, because="rest")), "never-taken")
    assert finding.where == "which if few"
    assert finding.origin == line(3)


def test_an_answer_to_what_is_never_under_way_can_never_be_taken():
    asking = rows.answering(Ask, Answered, Failed, scope=GROUP, failed=failed)
    table = (row(A, Go, B), row(B, Go, C, Ask()), row(C, Go, D), row(D, Go, A))
    answers = (row(C, either(Answered, Failed), D), row(B, Answered, A), ignore(B, Failed, because="never asked"))
    machine = built(*table, *answers, answering=(asking,))
    findings = [each for each in lint(machine) if each.code == "never-taken"]
    assert [each.where for each in findings] == ["B on Answered", "B on Failed"]
    assert "Ask is never under way there, so its answer would be Stale" in findings[0].sentence


def test_a_timer_that_never_runs_in_a_state_is_never_heard_there():
    nap = timer("nap", 1.0, scope=GROUP)
    machine = built(row(A, Go, B), row(B, Go, C, arm(nap)), row(C, Go, D), row(D, Go, A), row(GROUP, nap, A))
    assert not found(machine)
    other = built(row(A, Go, B), row(B, Go, C, arm(nap)), row(C, Go, D), row(D, Go, A), row(C, nap, A), row(B, nap, A))
    assert one(other, "never-taken").sentence.endswith("can never be taken: the timer never runs there")


def test_a_forbidden_cell_need_not_be_reached():
    asking = rows.answering(Ask, Answered, Failed, scope=GROUP, failed=failed)
    table = (row(A, Go, B), row(B, Go, C, Ask()), row(C, Go, D), row(D, Go, A), row(C, after(1.0), D))
    answers = (row(C, either(Answered, Failed), D), forbid(B, either(Answered, Failed), because="never asked"))
    assert not found(built(*table, *answers, answering=(asking,)))


def test_what_a_wildcard_fills_is_listed_and_counts_for_nothing():
    machine = built(*RING, stay(A, Back), ignore(EVERY, Back, because="rest"))
    finding = one(machine, "wildcard")
    assert finding.weight is Weight.INFORMATION
    assert finding.sentence == "ignore on Back in EVERY state fills 3 cells: all but A"
    assert finding.origin == line(4)
    two = built(*RING, stay((A, B), Back), ignore(EVERY, Back, because="rest"))
    assert one(two, "wildcard").sentence.endswith("fills 2 cells: C, D")
    assert one(built(*RING, stay(EVERY, Back)), "wildcard").sentence.endswith("fills 4 cells: all")


# -------------------------------------------------------------------------------------------------------------- states
def test_a_state_that_no_row_leads_to_is_unreachable_and_its_rows_are_not_told_of_too():
    machine = built(row(A, Go, B), row(B, Go, C), row(C, Go, A), row(D, Go, A))
    assert [(each.code, each.where) for each in lint(machine)] == [("unreachable", "D")]


def test_a_state_behind_a_stale_answer_is_unreachable():
    asking = rows.answering(Ask, Answered, Failed, scope=GROUP, failed=failed)
    table = (row(A, Go, B, Hang()), row(B, Go, C, Ask()), row(C, Go, A), row(D, Go, A))
    machine = built(*table, row(B, either(Answered, Failed), D), stay(C, either(Answered, Failed)), answering=(asking,))
    assert one(machine, "unreachable").where == "D"


@pytest.mark.parametrize(
    ("table", "kinds", "where", "sentence"),
    [
        (
            (row(A, Go, B), row(B, Back, C), row(C, Back, B), row(A, Back, D), stay(D, either(Go, Back))),
            {"B": Kind.WAITING, "C": Kind.BUSY},
            "B",
            "state B is a trap: it leads to C and to nothing that is steady, at rest, failed or ended",
        ),
        (
            (row(A, Go, B), row(A, Back, C), row(C, Go, D)),
            {"B": Kind.BUSY},
            "B",
            "state B is a dead end: no row leaves it, and it is not steady, at rest, failed or ended",
        ),
    ],
    ids=["trap", "dead end"],
)
def test_a_state_from_which_nothing_is_rested_in_is_a_trap(table, kinds, where, sentence):
    finding = next(each for each in lint(built(*table, **kinds)) if each.code == "trap")
    assert (finding.where, finding.sentence) == (where, sentence)


def test_a_state_that_waits_without_a_deadline_is_found():
    finding = one(built(*RING, B=Kind.BUSY), "no-deadline")
    assert finding.where == "B"
    assert "is of kind busy, and has no deadline" in finding.sentence


def test_a_deadline_may_be_the_groups_or_that_of_a_timer_that_is_armed():
    nap = timer("nap", 1.0, scope=B)
    armed = (row(A, Go, B, arm(nap)), *RING[1:], row(B, nap, A))
    assert not found(built(*RING, row(GROUP, after(1.0), A), B=Kind.BUSY))
    assert not found(built(*armed, B=Kind.BUSY))
    assert one(built(*RING, stay(GROUP, after(1.0)), B=Kind.BUSY), "no-deadline").where == "B"


def test_a_wait_may_be_ended_by_somebody_who_is_named():
    machine = Machine(
        "small",
        initial=A,
        context=Context(),
        states=(
            rows.state(A, Kind.REST, "a"),
            rows.state(B, Kind.BUSY, "b", waits_for="a person"),
            rows.state(C, Kind.STEADY, "c"),
            rows.state(D, Kind.FAILED, "d"),
        ),
        table=RING,
    )
    assert not lint(machine)


@pytest.mark.parametrize("order", [Ask(), ask], ids=["constant", "maker"])
def test_whoever_awaits_an_answer_waits_whatever_the_kind(order):
    asking = rows.answering(Ask, Answered, Failed, scope=C, failed=failed)
    answers = stay(C, either(Answered, Failed))
    table = (row(A, Go, B), row(B, Go, C, order), row(C, Go, D), row(D, Go, A), answers)
    assert "state C awaits what Ask will answer" in one(built(*table, answering=(asking,)), "no-deadline").sentence
    assert not found(built(*table, row(C, after(1.0), D), answering=(asking,)))


def test_an_open_stream_is_not_waited_for():
    dialling = rows.answering(
        Dial,
        Failed,
        opens=Opened,
        streams=(Frame,),
        ends=(Closed,),
        orphan=Hang(),
        scope=GROUP,
        failed=failed,
        lost=closed,
    )
    table = (
        row(A, Go, B, Dial()),
        row(B, Opened, C),
        row(B, Failed, A),
        row(B, after(1.0), A),
        row(C, Closed, D),
        stay(C, Frame),
        stay(C, Go),
        row(D, Go, A),
        stay(B, Go),
        forbid(B, either(Frame, Closed), because="not yet open"),
        forbid(C, either(Opened, Failed), because="it came"),
    )
    assert not found(built(*table, answering=(dialling,)))


# ------------------------------------------------------------------------------------------------------------- effects
def dialling(*outcomes, orphan=None, failing=closed, losing=closed, order=Dial()):
    table = [
        row(A, Go, B, order),
        row(B, Go, A),
        row(B, Opened, C),
        row(B, after(1.0), D),
        row(C, Closed, D),
        row(D, Go, A),
        stay(C, Go),
        forbid(C, Opened, because="it came"),
        forbid(B, Closed, because="not yet open"),
    ]
    effect = rows.answering(
        Dial, *outcomes, opens=Opened, ends=(Closed,), orphan=orphan, scope=GROUP, failed=failing, lost=losing
    )
    return built(*table, answering=(effect,))


def test_what_acquires_without_an_orphan_is_found():
    finding = one(dialling(), "no-orphan")
    assert finding.where == "Dial"
    assert finding.sentence.startswith("Dial acquires something by Opened, and has no orphan effect")
    assert not found(dialling(orphan=Hang()))


def test_an_answer_that_no_row_waits_for_is_found():
    finding = one(dialling(Failed, orphan=Hang()), "unheard")
    assert finding.where == "Failed"
    assert finding.sentence == "Dial may answer Failed, and no row waits for it"
    assert finding.advice.startswith("add row(group, Failed, ...)")


def test_a_failure_that_is_no_outcome_is_found():
    for wrong in ({"failing": failed_wrongly}, {"losing": failed_wrongly}):
        assert "failed_wrongly gives Frame" in one(dialling(orphan=Hang(), **wrong), "no-outcome").sentence


def test_an_effect_that_answers_and_that_nothing_orders_is_found():
    assert one(dialling(order=Hang()), "unordered").where == "Dial"


# --------------------------------------------------------------------------------------------------------------- flags
def flagged(*more):
    table = (*RING, stay(EVERY, Back, update=spend), stay(A, Frame, guard=fresh), *more)
    machine = built(*table, ignore(EVERY, Frame, because="not fresh"))
    return [each.where for each in lint(machine) if each.code == "hidden-state"]


def test_a_flag_that_only_guards_read_is_a_hidden_state():
    assert flagged() == ["spent"]
    assert flagged(stay(B, Frame, guard=fresh_by_property)) == ["spent"]


@pytest.mark.parametrize(
    "reading",
    [stay(B, Closed, update=toggle), row(B, after(delay_if_spent), A)],
    ids=["an update", "a delay, through a function and a generator"],
)
def test_a_flag_that_something_else_reads_is_none(reading):
    assert flagged(reading) == []


@frozen
class Loose:
    spent: bool = False
    other: "Whatever" = None  # noqa: F821 - only a type checker would know it


def unspent(loose: Loose) -> bool:
    return not loose.spent


def test_of_a_context_whose_annotations_cannot_be_understood_no_flag_is_told():
    loose = Rows[State, Loose, object]()
    table = (*RING, loose.stay(EVERY, Frame, guard=unspent), loose.ignore(EVERY, Frame, because="spent"))
    machine = Machine("loose", initial=A, context=Loose(), states=states(), table=table)
    assert [each.code for each in lint(machine) if each.code == "hidden-state"] == []


# -------------------------------------------------------------------------------------------------------------- systems
def go(_: Tell) -> Go:
    return Go()


def say_back(_: Tell) -> Back:
    return Back()


def say_frame(_: Tell) -> Frame:
    return Frame()


def answer(_: Tell) -> Answered:
    return Answered()


def either_of(_: Tell) -> Go | Back:
    return Go()


def fact(_: object) -> int:
    return 1


def fact_of(_: int) -> Back:
    return Back()


def teller(name):
    return Machine(
        name,
        initial=A,
        context=Context(),
        states=states(),
        table=(row(A, Go, B, Tell()), *RING[1:]),
    )


def listener():
    asking = rows.answering(Ask, Answered, Failed, scope=B, failed=failed)
    answers = (row(B, either(Answered, Failed), A), row(B, after(1.0), D))
    table = (row(A, Go, B, Ask()), *RING[1:], *answers, ignore(EVERY, Back, because="rest"))
    return Machine("listener", initial=A, context=Context(), states=states(), table=table, answering=(asking,))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (say_back, "listener is sent Back, and ignores it in every state"),
        (say_frame, "listener is sent Frame, which its table does not know"),
        (answer, "listener is sent Answered, which answers its effect Ask: without a ticket it is Stale"),
    ],
)
def test_what_a_machine_is_told_in_vain_is_found(make, sentence):
    told, telling = listener(), teller("teller")
    (finding,) = lint(System("both", (telling, told), (wire(telling, Tell, told, make),)))
    assert (finding.code, finding.where, finding.sentence) == ("deaf", "teller Tell → listener", sentence)
    assert finding.origin == f"{HERE}:{make.__code__.co_firstlineno}"


@pytest.mark.parametrize("make", [go, either_of])
def test_what_is_heard_in_one_state_is_not_in_vain(make):
    told, telling = listener(), teller("teller")
    assert lint(System("both", (telling, told), (wire(telling, Tell, told, make),))) == ()


def test_a_fact_that_nobody_heeds_is_found():
    told = listener()
    (finding,) = lint(System("one", (told,), derived=(derive(fact, told, fact_of, initially=0),)))
    assert finding.where == "fact → listener"


@cache
def say_back_again(_: Tell) -> Back:
    return Back()


class Compiled:
    """A function as a compiler for Python may make it: it has a name and annotations, and no code to look at."""

    __name__ = "compiled"
    __annotations__ = {"return": Back}

    def __call__(self, _: Tell) -> Back:
        return Back()


@pytest.mark.parametrize(
    ("make", "origin"),
    [(say_back_again, f"{HERE}:{say_back_again.__wrapped__.__code__.co_firstlineno}"), (Compiled(), "somewhere")],
    ids=["a cached one", "one without code"],
)
def test_a_maker_is_told_with_the_line_where_it_is_written_if_that_is_known(make, origin):
    told, telling = listener(), teller("teller")
    (finding,) = lint(System("both", (telling, told), (wire(telling, Tell, told, make),)))
    assert (finding.code, finding.origin) == ("deaf", origin)


def say_what(_: Tell) -> "Whatever":  # noqa: F821 - only a type checker would know it
    return Frame()


def test_of_a_maker_whose_annotation_cannot_be_understood_nothing_is_said():
    told, telling = listener(), teller("teller")
    assert lint(System("both", (telling, told), (wire(telling, Tell, told, say_what),))) == ()


# ------------------------------------------------------------------------------------------------------------ overruled
def test_what_is_overruled_keeps_its_place_and_has_the_reason():
    machine = built(*RING, B=Kind.BUSY)
    (finding,) = lint(machine, (Overruled("no-deadline", "B", "a test ends it"),))
    assert finding.because == "a test ends it"


def test_an_overruled_finding_that_is_not_found_is_one():
    findings = lint(built(*RING), (Overruled("blank", "A on Go", "once it was"), Overruled("P7", "x", "not lint's")))
    assert [(each.code, each.where) for each in findings] == [("not-found", "blank A on Go")]
