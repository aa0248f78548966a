"""Faults of effects that answer, by sentence and line."""

import functools

from attrs import frozen

from statekit import EVERY, Kind, Signal, either
from tests.faulty import (
    END,
    STATES,
    A,
    Answered,
    Ask,
    B,
    C,
    Foreign,
    Go,
    build,
    choice,
    failed,
    faults_of,
    group,
    guard,
    postpone,
    row,
    rows,
    to,
    with_event,
)


@frozen
class Opened:
    pass


@frozen
class AskAgain:
    pass


@frozen
class Tell(Signal):
    pass


def test_the_scope_of_an_effect_is_a_state_or_group_of_the_machine():
    declared = rows.answering(Ask, Answered, scope=Foreign.A, failed=failed)
    assert faults_of(answering=(declared,)) == (
        f"{declared.origin}: the scope Foreign.A is no state or group of small",
    )


def test_an_effect_is_declared_once():
    first = rows.answering(Ask, Answered, scope=A, failed=failed)
    second = rows.answering(Ask, Opened, scope=B, failed=failed)
    assert faults_of(answering=(first, second)) == (
        f"{second.origin}: an effect Ask is declared above: declare it once, or rename one of them",
    )


def test_an_event_answers_one_effect_in_one_way():
    first = rows.answering(Ask, Answered, scope=A, failed=failed)
    second = rows.answering(AskAgain, Answered, scope=B, failed=failed)
    sentence = "Answered is an answer already: an event answers one effect, in one way"
    assert faults_of(answering=(first, second)) == (f"{second.origin}: {sentence}",)
    both = rows.answering(Ask, Answered, scope=A, failed=failed, opens=Opened, ends=(Answered,), lost=failed)
    assert faults_of(answering=(both,)) == (f"{both.origin}: {sentence}",)


def test_a_stream_says_how_its_loss_reads():
    silent = rows.answering(Ask, Answered, scope=A, failed=failed, opens=Opened, ends=(AskAgain, Tell))
    assert faults_of(answering=(silent,)) == (
        f"{silent.origin}: Ask opens a stream: say by lost= how its loss reads, a function that gives AskAgain or Tell",
    )
    nothing = "Ask opens no stream that ends: lost= has nothing to say, take it away"
    for parts in ({"opens": Opened}, {"ends": (AskAgain,)}, {}):
        idle = rows.answering(Ask, Answered, scope=A, failed=failed, lost=failed, **parts)
        assert faults_of(answering=(idle,)) == (f"{idle.origin}: {nothing}",)
    unnamed = rows.answering(
        Ask, Answered, scope=A, failed=failed, opens=Opened, ends=(AskAgain,), lost=lambda failure: AskAgain()
    )
    assert "has no name to draw" in faults_of(answering=(unnamed,))[0]


def test_a_signal_cannot_answer():
    declared = rows.answering(Tell, Answered, scope=A, failed=failed)
    assert faults_of(answering=(declared,)) == (
        f"{declared.origin}: Tell is a signal, which cannot answer: wire an event back instead",
    )


def test_an_orphan_effect_is_an_instance_that_does_not_answer():
    declared = rows.answering(Ask, Answered, scope=A, failed=failed, opens=Opened, orphan=Ask())
    assert faults_of(answering=(declared,)) == (
        f"{declared.origin}: the orphan effect Ask answers, and nobody could hear it",
    )
    declared = rows.answering(Ask, Answered, scope=A, failed=failed, opens=Opened, orphan=AskAgain)
    assert faults_of(answering=(declared,)) == (
        f"{declared.origin}: the effect AskAgain is a class: list an instance, AskAgain(...), or a maker of one",
    )


def test_the_key_of_an_effect_is_a_named_function_of_it():
    declared = rows.answering(Ask, Answered, scope=A, failed=failed, key=with_event)
    assert faults_of(answering=(declared,)) == (f"{declared.origin}: the key with_event must take (effect)",)
    declared = rows.answering(Ask, Answered, scope=A, failed=failed, key=functools.partial(guard))
    assert "has no name to draw" in faults_of(answering=(declared,))[0]


def test_the_outcome_of_an_effect_cannot_be_postponed():
    line = postpone(A, either(Go, Answered), because="later")
    declared = rows.answering(Ask, Answered, scope=A, failed=failed)
    assert faults_of(line, answering=(declared,)) == (
        f"{line.origin}: the outcome of an effect cannot be postponed: its scope may be over by then",
    )


def test_an_effect_is_started_inside_its_scope():
    declared = rows.answering(Ask, Answered, scope=B, failed=failed)
    line = row(A, Go, choice("picked", to(B, guard=guard), to(C)), Ask())
    assert faults_of(line, answering=(declared,)) == (
        f"{line.origin}: Ask would start in C, outside its scope b: its answers could never arrive",
    )


def test_an_effect_of_the_initial_states_entry_is_started_inside_its_scope():
    entering = rows.state(A, Kind.REST, "a", entry=(Ask(),))
    declared = rows.answering(Ask, Answered, scope=B, failed=failed)
    assert faults_of(row(A, Go, B), states=(entering, *STATES[1:]), answering=(declared,)) == (
        f"{entering.origin}: Ask would start in A, outside its scope b: its answers could never arrive",
    )


def test_nothing_that_comes_back_is_started_in_an_ended_state():
    whole = group("whole", A, END)
    declared = rows.answering(Ask, Answered, scope=whole, failed=failed)
    line = row(A, Go, END, Ask())
    assert faults_of(line, groups=(whole,), answering=(declared,)) == (
        f"{line.origin}: Ask would start in END, outside its scope whole: its answers could never arrive",
    )


def test_a_row_for_an_answer_outside_its_scope_can_never_be_taken():
    declared = rows.answering(Ask, Answered, scope=B, failed=failed)
    line = row(A, Answered, C)
    assert faults_of(line, row(A, Go, B, Ask()), answering=(declared,)) == (
        (
            f"{line.origin}: Answered answers Ask, whose scope b does not hold A: there it is Stale, "
            f"and this row can never be taken"
        ),
    )


def test_wildcards_may_answer_outside_the_scope_since_they_mean_where_it_counts():
    declared = rows.answering(Ask, Answered, scope=B, failed=failed)
    build(row(A, Go, B, Ask()), row(EVERY, Answered, C), answering=(declared,))
