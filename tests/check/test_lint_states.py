"""What lint finds of states: unreachable ones, traps, and waits that nothing ends."""

import pytest

from statekit import Kind, Machine, after, arm, either, timer
from statekit.check.lint import lint
from tests.check.linted import (
    GROUP,
    RING,
    A,
    Answered,
    Ask,
    B,
    Back,
    C,
    Closed,
    Context,
    D,
    Dial,
    Failed,
    Frame,
    Go,
    Hang,
    Opened,
    built,
    closed,
    failed,
    forbid,
    found,
    one,
    row,
    rows,
    stay,
)


def ask(context: Context) -> Ask:
    return Ask()


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
