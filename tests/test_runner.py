"""The runner: one machine sent events without any loop, and what it makes of those that are rejected."""

import pytest

from statekit import Broken, Forbidden, Ignored, Postponed, Refused, Rejected, Stale, Taken, Unhandled
from statekit.runner import Runner
from tests.line import (
    DIALING,
    IDLE,
    LINE,
    LINKED,
    RESTING,
    Closed,
    CloseLate,
    Context,
    Dial,
    Failed,
    Frame,
    Go,
    Note,
    Opened,
    Say,
    Settle,
    Stop,
    linked,
    taken,
)


# --------------------------------------------------------------------------------------------------- events and effects
def test_a_runner_starts_its_machine_with_the_machines_context_or_another():
    runner = Runner(LINE)
    assert (runner.state, runner.context, runner.effects) == (IDLE, Context(), [Note("at rest")])
    assert Runner(LINE, Context(("before",))).context == Context(("before",))


def test_what_is_sent_has_its_verdict_and_its_effects_in_their_order():
    runner = Runner(LINE)
    verdict = runner.send(Go())
    assert isinstance(verdict, Taken)
    assert taken([verdict]) == [(IDLE, DIALING)]
    assert runner.state is DIALING
    assert runner.effects == [Note("at rest"), Note("dial"), Dial(), Note("dialled")]


def test_effects_are_collected_until_they_are_cleared_and_after():
    runner = linked()
    effects = runner.effects
    runner.send(Say("a"))
    effects.clear()
    runner.send(Say("b"))
    assert runner.effects is effects
    assert effects == [Note("sent")]


def test_an_answer_finds_the_live_effect_by_itself():
    runner = linked()
    assert taken([runner.answer(Frame("x")), runner.answer(Frame("y"))]) == [(LINKED, LINKED)] * 2
    assert runner.effects == [Note("x"), Note("y")]
    assert taken([runner.answer(Closed())]) == [(LINKED, RESTING)]


def test_an_answer_to_nothing_is_stale_and_what_opened_too_late_is_closed():
    runner = Runner(LINE)
    runner.send(Go())
    runner.send(Stop())
    runner.effects.clear()
    before = runner.snapshot
    assert runner.answer(Failed()) == Stale(None)
    assert runner.effects == []
    assert runner.answer(Opened()) == Stale(None)
    assert runner.effects == [CloseLate()]
    assert runner.snapshot == before


def test_an_answer_that_is_sent_instead_is_stale_even_while_it_is_awaited():
    runner = linked()
    assert runner.send(Frame("x")) == Stale(None)
    assert runner.context == Context()


def test_an_event_that_no_effect_answers_with_may_come_either_way():
    runner = linked()
    assert taken([runner.answer(Say("x"))]) == [(LINKED, LINKED)]


def test_postponed_events_follow_the_change_of_state_that_frees_them():
    runner = Runner(LINE)
    runner.send(Go())
    assert runner.send(Say("one")) == Postponed("nobody listens yet")
    runner.send(Say("two"))
    runner.effects.clear()
    runner.answer(Opened())
    assert runner.context.said == ("one", "two")
    assert runner.effects == [Note("sent"), Note("sent")]


REJECTED = [
    pytest.param((), Say("low"), Refused(("loud",)), id="refused"),
    pytest.param((), Settle(), Forbidden("nothing to settle"), id="forbidden"),
    pytest.param((Go(),), Settle(), Unhandled(), id="unhandled"),
    pytest.param((Stop(),), Go(), Unhandled(ended=True), id="ended"),
]


# ------------------------------------------------------------------------------------------------------------- rejected
@pytest.mark.parametrize(("before", "event", "verdict"), REJECTED)
def test_what_is_not_accepted_is_raised_with_its_facts(before, event, verdict):
    runner = Runner(LINE)
    for each in before:
        runner.send(each)
    snapshot, effects = runner.snapshot, list(runner.effects)
    with pytest.raises(Rejected) as raised:
        runner.send(event)
    error = raised.value
    assert (error.machine, error.state, error.event) == ("line", runner.state.name, type(event).__name__)
    assert error.verdict == verdict
    assert error.possible == LINE.possible(runner.state)
    assert (runner.snapshot, runner.effects) == (snapshot, effects)


@pytest.mark.parametrize(("before", "event", "verdict"), REJECTED)
def test_under_report_what_is_not_accepted_is_a_verdict_like_any_other(before, event, verdict):
    runner = Runner(LINE, report=True)
    for each in before:
        runner.send(each)
    snapshot, effects = runner.snapshot, list(runner.effects)
    assert runner.send(event) == verdict
    assert (runner.snapshot, runner.effects) == (snapshot, effects)


def test_a_function_that_breaks_is_raised_or_reported_and_the_runner_goes_on():
    runner = linked()
    with pytest.raises(Rejected, match="Go in LINKED: broken: broken raised RuntimeError") as raised:
        runner.send(Go())
    assert raised.value.verdict == Broken("broken", RuntimeError("update"))
    assert taken([runner.send(Say("x"))]) == [(LINKED, LINKED)]
    assert linked(report=True).send(Go()) == Broken("broken", RuntimeError("update"))


def test_what_is_ignored_postponed_or_stale_is_never_raised():
    runner = linked()
    runner.answer(Closed())
    assert runner.send(Say("x")) == Ignored("nobody listens")
    assert runner.answer(Closed()) == Stale(None)
