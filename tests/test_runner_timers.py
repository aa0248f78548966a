"""A runner's timers fall due when somebody says what time it is."""

import pytest

from statekit import Fired, Jitter, Machine, Refused, Rejected, after, arm, disarm
from statekit.runner import Runner, middle
from tests.line import (
    DIALING,
    IDLE,
    LINE,
    LINKED,
    RESTING,
    STATES,
    Context,
    Failed,
    Go,
    Note,
    Opened,
    Say,
    Settle,
    Stop,
    hear,
    linked,
    loud,
    row,
    settle,
    stay,
    taken,
)


def hush(context: Context) -> bool:
    return not context.said


def has_heard(context: Context) -> bool:
    return bool(context.said)


def test_without_a_timer_nothing_is_ever_due():
    runner = Runner(LINE)
    assert runner.next_due is None
    assert runner.due(1e9) == ()


def test_a_timer_is_due_at_its_deadline_and_not_before():
    runner = Runner(LINE, now=100.0)
    runner.send(Go())
    assert runner.next_due == 110.0
    assert runner.due(109.99) == ()
    assert taken(runner.due(110.0)) == [(DIALING, RESTING)]
    assert runner.due(110.0) == ()


def test_a_timer_counts_from_the_time_that_was_last_told():
    runner = Runner(LINE, now=100.0)
    runner.due(107.0)
    runner.send(Go())
    assert runner.next_due == 117.0


def test_a_timers_event_says_what_it_was_armed_for_and_how_late_it_is():
    runner = Runner(LINE)
    runner.send(Go())
    runner.due(10.5)
    assert runner.context.fired == (Fired("after 10 s in dialing", None, 10.0, 0.5),)


def test_several_timers_fire_in_the_order_of_their_deadlines():
    runner = Runner(LINE, Context(wait_seconds=1.5))
    runner.send(Go())
    runner.answer(Failed())
    assert runner.next_due == 1.5
    assert taken(runner.due(60.0)[:2]) == [(RESTING, RESTING), (RESTING, DIALING)]
    assert [each.name for each in runner.context.fired[:2]] == ["after wait in resting", "after 1–3 s in resting"]


def test_timers_of_one_deadline_fire_in_the_order_of_their_arming():
    runner = Runner(LINE, Context(wait_seconds=2.0))
    runner.send(Go())
    runner.answer(Failed())
    runner.due(2.0)
    assert runner.state is DIALING
    assert [each.name for each in runner.context.fired] == ["after 1–3 s in resting"]


def test_a_timer_that_a_late_timer_arms_counts_from_the_step_that_arms_it():
    runner = Runner(LINE)
    runner.send(Go())
    assert taken(runner.due(500.0)) == [(DIALING, RESTING)]
    assert [(each.delay_seconds, each.late_by_seconds) for each in runner.context.fired] == [(10.0, 490.0)]
    assert runner.next_due == 502.0
    assert taken(runner.due(502.5)) == [(RESTING, DIALING)]
    assert runner.next_due == 512.5


def test_a_jittered_delay_is_drawn_by_chance_and_without_one_in_the_middle():
    def deadline(**options):
        runner = Runner(LINE, Context(wait_seconds=60.0), **options)
        runner.send(Go())
        runner.answer(Failed())
        return runner.next_due

    asked = []
    assert deadline() == 2.0
    assert deadline(chance=lambda jitter: asked.append(jitter) or 0.25) == 1.5
    assert asked == [Jitter(1.0, 3.0)]
    assert middle(Jitter(0.0, 8.0)) == 0.5


def test_a_timer_whose_stay_is_over_is_never_due():
    runner = Runner(LINE)
    runner.send(Go())
    runner.answer(Opened())
    assert runner.next_due is None
    assert runner.due(1e9) == ()


def test_a_named_timer_that_is_armed_again_is_due_later_and_once():
    runner = linked()
    runner.send(Settle())
    runner.due(1.0)
    runner.send(Settle())
    assert runner.next_due == 3.0
    assert len(runner.due(10.0)) == 1
    assert runner.effects == [Note("settled")]


def test_a_timer_that_is_disarmed_is_never_due():
    machine = Machine(
        "calm", initial=LINKED, context=Context(), states=STATES,
        table=(stay(LINKED, Settle, arm(settle)), stay(LINKED, Stop, disarm(settle)), stay(LINKED, settle)),
    )  # fmt: skip
    runner = Runner(machine)
    runner.send(Settle())
    runner.send(Stop())
    assert runner.next_due is None


def test_a_delay_of_nothing_is_due_at_once():
    runner = Runner(LINE, Context(wait_seconds=0.0))
    runner.send(Go())
    runner.answer(Failed())
    assert taken(runner.due(0.0)) == [(RESTING, RESTING)]


def test_a_timer_that_is_rejected_is_not_due_while_nothing_changes_and_the_others_are():
    machine = Machine(
        "picky", initial=IDLE, context=Context(("said",)), states=STATES,
        table=(stay(IDLE, after(1.0), guard=hush), stay(IDLE, after(2.0), Note("due"))),
    )  # fmt: skip
    runner = Runner(machine)
    with pytest.raises(Rejected, match=r"Fired in IDLE: refused by hush; events with a row here: after 1 s, after 2 s"):
        runner.due(5.0)
    assert taken(runner.due(5.0)) == [(IDLE, IDLE)]
    assert runner.effects == [Note("at rest"), Note("due")]


def test_a_timer_that_was_refused_is_due_again_when_its_guard_may_say_otherwise():
    machine = Machine(
        "shy", initial=IDLE, context=Context(), states=STATES,
        table=(
            row(IDLE, after(1.0), LINKED, guard=has_heard),
            stay(IDLE, Say, guard=loud, update=hear),
            row(IDLE, Go, RESTING),
        ),
    )  # fmt: skip
    runner = Runner(machine, report=True)
    assert runner.due(1.0) == (Refused(("has_heard",)),)
    runner.send(Say("low"))
    assert (runner.next_due, runner.due(2.0)) == (None, ())
    runner.send(Say("LOUD"))
    assert runner.next_due == 2.0
    assert taken(runner.due(3.0)) == [(IDLE, LINKED)]
    assert (runner.next_due, runner.due(9.0)) == (None, ())


def test_a_timer_that_was_refused_is_not_due_after_its_stay():
    machine = Machine(
        "shy", initial=IDLE, context=Context(), states=STATES,
        table=(stay(IDLE, after(1.0), guard=has_heard), row(IDLE, Go, RESTING)),
    )  # fmt: skip
    runner = Runner(machine, report=True)
    runner.due(1.0)
    runner.send(Go())
    assert (runner.next_due, runner.due(9.0)) == (None, ())
