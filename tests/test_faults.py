"""Tables that cannot be built: for each fault the sentence it must produce, and the line that it must name."""

import functools
import inspect
from enum import StrEnum, auto
from pathlib import Path

import pytest
from attrs import frozen

from statekit import EVERY, Fired, Kind, Machine, MalformedTable, Rows, Signal, after, arm, disarm, either, idle, timer
from statekit.table import Choice


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    END = auto()


class Foreign(StrEnum):
    A = auto()
    X = auto()


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
class Opened:
    pass


@frozen
class Ask:
    pass


@frozen
class AskAgain:
    pass


@frozen
class Tell(Signal):
    pass


@frozen
class Context:
    pass


def guard(_: Context) -> bool:
    return True


def update(context: Context) -> Context:
    return context


def failed(_: object) -> Answered:
    return Answered()


def delay(_: Context) -> float:
    return 1.0


def no_argument() -> bool:
    return True


def three(_: Context, event: Go, more: int) -> bool:
    return True


def with_default(_: Context, limit: int = 3) -> bool:
    return True


def with_keyword(_: Context, *, limit: int) -> bool:
    return True


def with_event(_: Context, event: Go) -> bool:
    return True


def delay_of_event(_: Context, event: Go) -> float:
    return 1.0


async def later(_: Context) -> bool:
    return True


def generated(_: Context):
    yield True


async def generated_later(_: Context):
    yield True


def says_nothing(_: Context):
    return Ask()


def makes_nothing(_: Context) -> None:
    return None


rows = Rows[State, Context, object]()
row, stay, postpone, to, group, choice = rows.row, rows.stay, rows.postpone, rows.to, rows.group, rows.choice
STATES = (
    rows.state(A, Kind.REST, "a"),
    rows.state(B, Kind.BUSY, "b"),
    rows.state(C, Kind.STEADY, "c"),
    rows.state(END, Kind.ENDED, "over"),
)


def here(back=0):
    """Name the caller's line, or one some lines above it, as a fault does."""
    caller = inspect.stack()[1]
    return f"{'/'.join(Path(caller.filename).parts[-2:])}:{caller.lineno - back}"


def faults_of(*table, states=STATES, initial=A, groups=(), answering=(), name="small"):
    with pytest.raises(MalformedTable) as caught:
        build(*table, states=states, initial=initial, groups=groups, answering=answering, name=name)
    return caught.value.faults


def build(*table, states=STATES, initial=A, groups=(), answering=(), name="small"):
    return Machine(
        name, initial=initial, context=Context(), states=states, groups=groups, table=table, answering=answering
    )


# ----------------------------------------------------------------------------------------------- one row, one sentence
# Each case is a row that is wrong by itself; its line is read off the row that this file wrote.
ROWS = [
    (row(Foreign.X, Go, B), "the source <Foreign.X: 'x'> is no state or group of small"),
    (row(Foreign.A, Go, B), "the source <Foreign.A: 'a'> is no state or group of small"),
    (row("a", Go, B), "the source 'a' is no state or group of small"),
    (row((A, Foreign.X), Go, B), "the source <Foreign.X: 'x'> is no state or group of small"),
    (row(A, Go, Foreign.X), "the target <Foreign.X: 'x'> is no state of small: name one of A, B, C, END"),
    (row(B, Go, Foreign.A), "the target <Foreign.A: 'a'> is no state of small: name one of A, B, C, END"),
    (row(A, Go, None), "the target None is no state of small: name one of A, B, C, END"),
    (row(END, Go, B), "END is of kind ended and absorbing; it can have no row"),
    (row(A, Go, A), "row(A, ..., A) is unclear: say stay (no exit, no entry) or reenter (both)"),
    (row((B, A), Go, A), "row(A, ..., A) is unclear: say stay (no exit, no entry) or reenter (both)"),
    (row(A, (Go, Back), B), "a trigger cannot be a tuple (type checkers lose the events): write either(A, B)"),
    (row(A, Go(), B), "the trigger Go() is no event class, either(...), after(...), idle(...) or timer(...)"),
    (row(A, Fired, B),
     "Fired is the event of every timer: name the one that is meant by after(...), idle(...) or timer(...)"),
    (row(A, either(Go, Fired), B),
     "Fired is the event of every timer: name the one that is meant by after(...), idle(...) or timer(...)"),
    (postpone(A, after(1.0), because="x"), "a timer cannot be postponed: it is due now or not at all"),
    (rows.ignore(A, Go, because=""), "ignore must say why: because='...'"),
    (rows.forbid(A, Go, because=" "), "forbid must say why: because='...'"),
    (postpone(A, Go, because=""), "postpone must say why: because='...'"),
    (row(A, after(-1.0), B), "a delay must be finite and not negative, not -1.0"),
    (row(A, after(float("nan")), B), "a delay must be finite and not negative, not nan"),
    (row(A, after(float("inf")), B), "a delay must be finite and not negative, not inf"),
    (row(A, after(delay_of_event), B), "the delay delay_of_event must take (context)"),
    (row(A, after(later), B), "the delay later is async or a generator; the core is pure: ask by an effect instead"),
    (row(A, Go, B, guard=no_argument), "the guard no_argument must take (context) or (context, event)"),
    (row(A, Go, B, guard=three), "the guard three must take (context) or (context, event)"),
    (row(A, Go, B, guard=with_default), "the guard with_default must take (context) or (context, event)"),
    (row(A, Go, B, guard=with_keyword), "the guard with_keyword must take (context) or (context, event)"),
    (row(A, Go, B, guard=later),
     "the guard later is async or a generator; the core is pure: ask by an effect instead"),
    (row(A, Go, B, guard=generated),
     "the guard generated is async or a generator; the core is pure: ask by an effect instead"),
    (row(A, Go, B, guard=generated_later),
     "the guard generated_later is async or a generator; the core is pure: ask by an effect instead"),
    (row(A, Go, B, update=three), "the update three must take (context) or (context, event)"),
    (row(A, Go, B, three), "the maker three must take (context) or (context, event)"),
    (row(A, Go, B, says_nothing), "the maker says_nothing does not say what it makes: annotate what it returns"),
    (row(A, Go, B, makes_nothing), "the maker makes_nothing does not say what it makes: annotate what it returns"),
    (row(A, Go, B, Ask), "the effect Ask is a class: list an instance, Ask(...), or a maker of one"),
    (row(A, Go, B, after(2.0)), "the timer 'after 2 s' stands among the effects: say arm(...) or disarm(...)"),
    (stay(A, Go, timer("t", 1.0, scope=A)), "the timer 't' stands among the effects: say arm(...) or disarm(...)"),
    (stay(A, timer("t", 1.0, scope=Foreign.A)), "the scope <Foreign.A: 'a'> is no state or group of small"),
    (stay(A, timer("t", 1.0, scope="nowhere")), "the scope 'nowhere' is no state or group of small"),
    (stay(A, Go, disarm(timer("t", -1.0, scope=A))), "a delay must be finite and not negative, not -1.0"),
    (stay(A, Go, disarm(timer("t", delay_of_event, scope=A))), "the delay delay_of_event must take (context)"),
    (stay(A, idle(-1.0, of=(Go,))), "a delay must be finite and not negative, not -1.0"),
    (stay(A, idle(delay_of_event, of=(Go,))), "the delay delay_of_event must take (context)"),
    (stay(A, idle(1.0, of=())), "idle needs the event classes that start it afresh: of=(FrameArrived, Pong), not ()"),
    (stay(A, idle(1.0, of="Go")),
     "idle needs the event classes that start it afresh: of=(FrameArrived, Pong), not 'Go'"),
    (stay(A, idle(1.0, of=Go)),
     f"idle needs the event classes that start it afresh: of=(FrameArrived, Pong), not {Go!r}"),
    (stay(A, idle(1.0, of=(Go, after(2.0)))),
     f"idle starts afresh at event classes: {after(2.0)!r} in of=(...) is none"),
    (stay(A, idle(1.0, of=(Fired,))),
     "Fired is the event of every timer, and no sign of life: leave it out of of=(...)"),
    (postpone(A, idle(1.0, of=(Go,)), because="x"), "a timer cannot be postponed: it is due now or not at all"),
    (stay(A, timer("t", 1.0, scope=A, key=three)), "the key three must take (context) or (context, event)"),
    (stay(A, timer("t", 1.0, scope=A, key="document")),
     "the key 'document' has no name to draw: define it with def (no lambda, partial or method)"),
    (stay(A, Go, disarm(timer("t", 1.0, scope=A, key=later))),
     "the key later is async or a generator; the core is pure: ask by an effect instead"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "sentence"), ROWS, ids=[sentence[:40] for _, sentence in ROWS])
def test_a_row_that_is_wrong_by_itself_is_named_with_its_line(line, sentence):
    assert faults_of(line) == (f"{line.origin}: {sentence}",)


def test_the_cases_above_stand_on_the_lines_they_say():
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    for line, _ in ROWS:
        path, number = line.origin.rsplit(":", 1)
        assert path.endswith("/test_faults.py")
        assert lines[int(number) - 1].lstrip().startswith(("(row(", "(stay(", "(postpone(", "(rows."))


def shown(function):
    """A lambda is told without its address, which says nothing to a reader."""
    return repr(function) if getattr(function, "__name__", "") != "<lambda>" else "<lambda>"


@pytest.mark.parametrize("role", ["guard", "update"])
def test_functions_without_a_name_to_draw_are_refused(role):
    class Holder:
        def method(self, context):
            return context

    for function in (lambda context: context, functools.partial(three, more=1), Holder().method, Holder):
        line = row(A, Go, B, **{role: function})
        assert faults_of(line) == (
            (
                f"{line.origin}: the {role} {shown(function)} has no name to draw: "
                f"define it with def (no lambda, partial or method)"
            ),
        )


def test_makers_and_delays_without_a_name_are_refused():
    unnamed = lambda context: 1.0  # noqa: E731
    line = row(A, Go, B, unnamed)
    sentence = "<lambda> has no name to draw: define it with def (no lambda, partial or method)"
    assert f"{line.origin}: the maker {sentence}" in faults_of(line)
    line = row(A, after(unnamed), B)
    assert faults_of(line) == (f"{line.origin}: the delay {sentence}",)
    partial = functools.partial(three, more=1)
    line = row(A, Go, B, partial)
    assert faults_of(line) == (
        f"{line.origin}: the maker {partial!r} has no name to draw: define it with def (no lambda, partial or method)",
    )


# ------------------------------------------------------------------------------------------- the machine and its states
def test_a_name_that_is_no_identifier_is_refused_where_the_machine_is_built():
    found = faults_of(name="not a name")
    number = found[0].split(": ", 1)[0].rsplit(":", 1)[1]
    assert found[0].endswith(": a machine's name must be an identifier such as circuit_breaker, not 'not a name'")
    assert Path(__file__).read_text(encoding="utf-8").splitlines()[int(number) - 1] == "    return Machine("


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
            f"{declared.origin}: {declared.state!r} is no member of State, as the initial is",
        )


# ------------------------------------------------------------------------------------------------------------- groups
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


@pytest.mark.parametrize("state", [Foreign.X, Foreign.A, "a"])
def test_a_group_may_only_name_states_of_its_machine(state):
    odd = group("odd", state, B)
    assert faults_of(groups=(odd,)) == (f"{odd.origin}: group odd names {state!r}, which is no state of small",)


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


# ------------------------------------------------------------------------------------------------------------ choices
def test_a_choice_needs_a_last_branch_without_a_guard():
    guarded = choice("picked", to(A, guard=guard), to(B, guard=guard))
    sentence = "choice 'picked' needs a last branch without a guard: else no way out"
    assert faults_of(row(C, Go, guarded)) == (f"{guarded.origin}: {sentence}",)
    empty = Choice("picked", (), here())
    assert faults_of(row(C, Go, empty)) == (f"{empty.origin}: {sentence}",)


def test_a_branch_without_a_guard_may_only_come_last():
    early = to(A)
    picked = choice("picked", early, to(B))
    assert faults_of(row(C, Go, picked)) == (
        f"{early.origin}: choice 'picked': a branch without a guard hides those after it",
    )


def test_a_fault_in_a_choice_is_told_once_however_many_rows_lead_there():
    branch = to(Foreign.X)
    picked = choice("picked", branch)
    found = faults_of(row(C, Go, picked), row(B, Go, choice("outer", to(picked))))
    assert found == (f"{branch.origin}: the target <Foreign.X: 'x'> is no state of small: name one of A, B, C, END",)


@pytest.mark.parametrize("role", ["guard", "update"])
def test_the_functions_of_a_branch_take_the_context_only(role):
    branch = to(A, **{role: with_event})
    last = to(B)
    found = faults_of(row(C, Go, choice("picked", *((branch, last) if role == "guard" else (branch,)))))
    assert found == (f"{branch.origin}: the {role} with_event must take (context)",)


def test_an_effect_of_a_branch_is_named_with_the_branchs_line():
    branch = to(A, Ask)
    assert faults_of(row(C, Go, choice("picked", branch))) == (
        f"{branch.origin}: the effect Ask is a class: list an instance, Ask(...), or a maker of one",
    )


@pytest.mark.parametrize("moment", ["entry", "exit"])
def test_an_effect_of_entry_or_exit_is_named_with_the_places_line(moment):
    declared = rows.state(A, Kind.REST, "a", **{moment: (Ask,)})
    sentence = "the effect Ask is a class: list an instance, Ask(...), or a maker of one"
    assert faults_of(states=(declared, *STATES[1:])) == (f"{declared.origin}: {sentence}",)
    listed = group("listed", A, **{moment: (Ask,)})
    assert faults_of(groups=(listed,)) == (f"{listed.origin}: {sentence}",)


# ------------------------------------------------------------------------------------------- rows that are never taken
def test_a_row_after_an_unguarded_one_of_its_level_can_never_be_taken():
    first = row(A, Go, B)
    second = row(A, Go, C, guard=guard)
    third = row(A, Go, C)
    assert faults_of(first, second, third) == tuple(
        f"{hidden.origin}: can never be taken: the row at {first.origin} comes first and has no guard"
        for hidden in (second, third)
    )


def test_a_row_that_only_an_inner_level_hides_is_allowed():
    whole = group("whole", A, B)
    build(row(A, Go, B), row(whole, Go, C), stay(EVERY, Go), groups=(whole,))


# ------------------------------------------------------------------------------------------------------------ timers
def test_a_timer_that_is_armed_needs_a_row_that_waits_for_it():
    line = stay(A, Go, arm(timer("ping", 1.0, scope=A)))
    assert faults_of(line) == (f"{line.origin}: timer 'ping' is armed, but no row waits for it in a",)


def test_a_timer_that_is_waited_for_needs_an_effect_that_arms_it():
    line = stay(A, timer("ping", 1.0, scope=A))
    assert faults_of(line) == (f"{line.origin}: nothing arms timer 'ping': list arm(...) among some row's effects",)


def test_a_timer_that_is_disarmed_needs_an_effect_that_arms_it_too():
    line = stay(A, Go, disarm(timer("ping", 1.0, scope=A)))
    assert faults_of(line) == (f"{line.origin}: timer 'ping' is disarmed, but nothing arms it",)


def test_two_timers_may_not_read_alike():
    ping, other = timer("ping", 1.0, scope=A), timer("ping", 2.0, scope=A)
    waits, arms = stay(A, ping), stay(A, Go, arm(other))
    sentence = "another timer reads 'ping' too, with another delay, scope or key: rename one"
    assert faults_of(waits, arms) == (f"{arms.origin}: {sentence}",)

    def twin():
        def delay(_: Context) -> float:
            return 2.0

        return delay

    first, second = row(A, after(delay), B), row(B, after(twin()), C)
    assert faults_of(first, second) == (
        f"{second.origin}: another timer reads 'after delay' too, with another delay, scope or key: rename one",
    )


def test_one_timer_has_one_key_where_it_is_disarmed_too():
    keyed, other = timer("ping", 1.0, scope=A, key=delay), timer("ping", 1.0, scope=A)
    stops = stay(A, Back, disarm(other))
    assert faults_of(stay(A, keyed), stay(A, Go, arm(keyed)), stops) == (
        f"{stops.origin}: another timer reads 'ping' too, with another delay, scope or key: rename one",
    )


def test_idle_timers_of_other_events_may_stand_side_by_side():
    taken = (row(A, Go, B), row(A, Back, B), stay(B, Go), stay(B, Back))
    build(*taken, stay(A, idle(1.0, of=(Go,))), stay(A, idle(1.0, of=(Back,))), stay(B, idle(1.0, of=(Back,))))


def test_an_event_that_starts_a_timer_afresh_is_taken_somewhere_in_its_stay():
    whole = group("whole", A, B)
    line = stay(whole, idle(1.0, of=(Go, Back)))
    ignored = rows.ignore(whole, Back, because="no sign of life")
    assert faults_of(line, stay(B, Go), ignored, row(C, Back, A), groups=(whole,)) == (
        (
            f"{line.origin}: 'idle 1 s' starts afresh at Back, but no row takes it in whole: "
            f"leave it out of of=(...), or say stay"
        ),
    )


def test_an_idle_timer_of_every_state_need_not_start_afresh_in_each():
    build(row(A, Go, B), stay(EVERY, idle(1.0, of=(Go,))))


def test_an_idle_timer_of_a_group_that_is_over_counts_for_nothing():
    build(row(A, Go, END), stay(group("gone", END), idle(1.0, of=(Go,))), groups=(group("gone", END),))


def test_a_timer_may_not_bear_the_name_of_an_effect_that_answers():
    ask = timer("Ask", 1.0, scope=A)
    line = stay(A, ask)
    found = faults_of(line, stay(A, Go, arm(ask)), answering=(rows.answering(Ask, Answered, scope=A, failed=failed),))
    assert found[0] == f"{line.origin}: timer 'Ask' bears the name of an effect that answers: rename it"


def test_a_timer_is_armed_inside_its_scope():
    ping = timer("ping", 1.0, scope=B)
    line = stay(A, Go, arm(ping))
    assert faults_of(line, stay(B, ping)) == (f"{line.origin}: timer 'ping' would be armed in A, outside its scope",)


def test_a_row_that_waits_for_a_timer_outside_its_scope_can_never_be_taken():
    ping = timer("ping", 1.0, scope=B)
    line = stay(A, ping)
    assert faults_of(line, stay(B, Go, arm(ping)), stay(B, ping)) == (
        (
            f"{line.origin}: the scope b of timer 'ping' does not hold A: there it is Stale, "
            f"and this row can never be taken"
        ),
    )


# ------------------------------------------------------------------------------------------------- effects that answer
def test_the_scope_of_an_effect_is_a_state_or_group_of_the_machine():
    declared = rows.answering(Ask, Answered, scope=Foreign.A, failed=failed)
    assert faults_of(answering=(declared,)) == (
        f"{declared.origin}: the scope <Foreign.A: 'a'> is no state or group of small",
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


def test_wildcards_may_wait_for_a_timer_outside_its_scope_too():
    ping = timer("ping", 1.0, scope=B)
    build(row(EVERY, ping, C), stay(B, Go, arm(ping)))


def test_all_faults_are_told_at_once():
    lines = (row(A, Go, A), row(END, Go, A), rows.ignore(A, Back, because=""))
    assert [fault.split(": ")[0] for fault in faults_of(*lines)] == [line.origin for line in lines]
