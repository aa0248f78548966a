"""What lint finds of effects that answer, and of flags that only guards read."""

import pytest
from attrs import evolve, frozen

from statekit import EVERY, Failure, Machine, Rows, after
from statekit.check.lint import lint
from tests.check.linted import (
    GROUP,
    RING,
    A,
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
    State,
    built,
    closed,
    forbid,
    found,
    ignore,
    one,
    row,
    rows,
    states,
    stay,
)


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


def failed_wrongly(_: Failure) -> Frame:
    return Frame()


def dialling(*outcomes, orphan=None, failing=closed, losing=closed, order=None):
    table = [
        row(A, Go, B, order or Dial()),
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


# -------------------------------------------------------------------------------------------------------------- effects
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


def flagged(*more):
    table = (*RING, stay(EVERY, Back, update=spend), stay(A, Frame, guard=fresh), *more)
    machine = built(*table, ignore(EVERY, Frame, because="not fresh"))
    return [each.where for each in lint(machine) if each.code == "hidden-state"]


# ---------------------------------------------------------------------------------------------------------------- flags
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
