"""What lint finds in cells: answers that are missing, and rows that can never be taken."""

from statekit import EVERY, after, arm, either, timer
from statekit.check.lint import blank, lint
from statekit.check.report import Weight
from tests.check.linted import (
    GROUP,
    RING,
    A,
    Answered,
    Ask,
    B,
    Back,
    C,
    Context,
    D,
    Failed,
    Go,
    built,
    failed,
    forbid,
    found,
    ignore,
    one,
    row,
    rows,
    stay,
    to,
)
from tests.here import here


def few(context: Context) -> bool:
    return context.count < 3


def test_a_missing_row_names_the_state_the_event_the_file_and_the_fix():
    machine = built(*RING, stay((A, B, C), Back))
    finding = one(machine, "blank")
    assert finding.where == "D on Back"
    assert finding.origin == machine.states[3].origin
    assert finding.origin.startswith("check/linted.py:")
    assert finding.sentence == "state D has no answer to Back"
    assert finding.advice == "add row(D, Back, ...) to the table, or ignore(D, Back, because='...')"


def test_a_cell_of_guarded_rows_alone_is_blank_and_the_last_of_them_is_named():
    machine = built(*RING, stay(EVERY, Back, guard=few))
    findings = [each for each in lint(machine) if each.code == "blank"]
    assert [each.where for each in findings] == ["A on Back", "B on Back", "C on Back", "D on Back"]
    assert {each.origin for each in findings} == {here(3)}
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
    assert finding.origin == here(3)
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
    assert finding.origin == here(3)


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
    assert finding.origin == here(4)
    two = built(*RING, stay((A, B), Back), ignore(EVERY, Back, because="rest"))
    assert one(two, "wildcard").sentence.endswith("fills 2 cells: C, D")
    assert one(built(*RING, stay(EVERY, Back)), "wildcard").sentence.endswith("fills 4 cells: all")
