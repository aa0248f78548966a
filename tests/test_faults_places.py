"""Faults of a machine's name, states and groups, by sentence and line."""

import pytest

from statekit import EVERY, Kind, Machine, MalformedTable, timer
from tests.faulty import (
    STATES,
    A,
    Answered,
    Ask,
    B,
    Back,
    C,
    Context,
    Foreign,
    Go,
    State,
    build,
    failed,
    faults_of,
    group,
    row,
    rows,
    stay,
)
from tests.here import here


# ------------------------------------------------------------------------------------------- the machine and its states
def test_a_name_that_is_no_identifier_is_refused_where_the_machine_is_built():
    with pytest.raises(MalformedTable) as caught:
        Machine("not a name", initial=A, context=Context(), states=STATES, table=())
    sentence = "a machine's name must be an identifier such as circuit_breaker, not 'not a name'"
    assert caught.value.faults == (f"{here(2)}: {sentence}",)


def test_a_machine_whose_types_are_written_out_is_named_by_the_same_line():
    with pytest.raises(MalformedTable) as caught:
        Machine[State, object, Context, object]("no name", initial=A, context=Context(), states=STATES, table=())
    assert caught.value.faults[0].startswith(f"{here(1)}: a machine's name")


def test_a_state_that_is_declared_twice_is_refused_at_the_second_place():
    again = rows.state(A, Kind.REST, "again")
    assert faults_of(states=(*STATES, again)) == (f"{again.origin}: state A is declared twice; keep one declaration",)


def test_every_state_of_the_enum_must_be_declared_the_initial_one_too():
    assert [each.split(": ", 1)[1] for each in faults_of(states=STATES[1:3])] == [
        "state A of State is not declared; add state(A, ...)",
        "state END of State is not declared; add state(END, ...)",
    ]


def test_a_state_of_another_enum_is_refused_even_if_it_reads_alike():
    foreign = rows.state(Foreign.X, Kind.REST, "x")
    alike = rows.state(Foreign.A, Kind.REST, "a")
    for declared in (foreign, alike):
        assert faults_of(states=(*STATES, declared)) == (
            f"{declared.origin}: Foreign.{declared.state.name} is no member of State, as the initial is",
        )


# --------------------------------------------------------------------------------------------------------------- groups
def test_a_group_must_be_listed_by_the_machine_that_uses_it():
    used = group("used", A, B)
    sentence = f"{used.origin}: group used is used but not listed: add it to groups=(...)"
    assert faults_of(row(used, Go, C)) == (sentence,)
    assert sentence in faults_of(row(A, timer("t", 1.0, scope=used), B))
    assert faults_of(answering=(rows.answering(Ask, Answered, scope=used, failed=failed),)) == (sentence,)


def test_a_group_needs_states():
    empty = group("empty")
    assert faults_of(groups=(empty,)) == (f"{empty.origin}: group empty has no states",)


def test_a_group_may_not_bear_the_name_of_a_state_or_of_another_group():
    clash = group("b", A)
    assert faults_of(groups=(clash,)) == (f"{clash.origin}: group b bears the name of a state; give it another",)
    first, second = (
        group("one", A),
        group("one", B),
    )
    assert faults_of(groups=(first, second)) == (
        f"{second.origin}: group one is listed twice; give one of them another name",
    )
    assert first.origin != second.origin


@pytest.mark.parametrize(
    ("state", "named"), [(Foreign.X, "Foreign.X"), (Foreign.A, "Foreign.A"), ("a", "'a'")], ids=str
)
def test_a_group_may_only_name_states_of_its_machine(state, named):
    odd = group("odd", state, B)
    assert faults_of(groups=(odd,)) == (f"{odd.origin}: group odd names {named}, which is no state of small",)


def test_groups_that_overlap_may_not_answer_the_same_trigger_in_the_same_state():
    one, two = group("one", A, B), group("two", B, C)
    first, second = (
        row(one, Go, C),
        row(two, Go, A),
    )
    assert faults_of(first, second, groups=(one, two)) == (
        (
            f"{first.origin}: groups two and one both answer it in B; neither contains the other: "
            f"name the states in one of the rows"
        ),
    )


def test_groups_of_the_same_states_may_not_answer_the_same_trigger_either():
    one, two = group("one", A, B), group("two", A, B)
    first, second = row(one, Go, C), row(two, Go, C)
    found = faults_of(first, second, groups=(one, two))
    assert [fault.split(": ")[1].split(";")[0] for fault in found] == [
        "groups two and one both answer it in A",
        "groups two and one both answer it in B",
    ]


def test_groups_that_overlap_may_answer_the_same_trigger_where_they_do_not():
    one, two = group("one", A, B), group("two", B, C)
    build(row(one, Go, C), row(two, Back, A), stay(EVERY, Go), groups=(one, two))
