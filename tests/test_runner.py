"""The runner: one machine sent events without any loop; its timers fall due when somebody says what time it is."""

from enum import StrEnum, auto

import pytest
from attrs import evolve, frozen

from statekit import (
    Broken,
    Fired,
    Forbidden,
    Ignored,
    Jitter,
    Kind,
    Machine,
    Postponed,
    Refused,
    Rejected,
    Rows,
    Stale,
    Taken,
    Unhandled,
    after,
    arm,
    disarm,
    timer,
)
from statekit.runner import Runner, middle


class State(StrEnum):
    IDLE = auto()
    DIALING = auto()
    LINKED = auto()
    RESTING = auto()
    OVER = auto()


IDLE, DIALING, LINKED, RESTING, OVER = State


@frozen
class Go:
    pass


@frozen
class Say:
    text: str


@frozen
class Stop:
    pass


@frozen
class Settle:
    pass


@frozen
class Opened:
    pass


@frozen
class Failed:
    pass


@frozen
class Frame:
    text: str


@frozen
class Closed:
    pass


@frozen
class Dial:
    pass


@frozen
class CloseLate:
    pass


@frozen
class Note:
    text: str


@frozen
class Context:
    said: tuple[str, ...] = ()
    fired: tuple[Fired, ...] = ()
    wait_seconds: float = 5.0


def hear(context: Context, event: Say | Frame) -> Context:
    return evolve(context, said=(*context.said, event.text))


def keep(context: Context, event: Fired) -> Context:
    return evolve(context, fired=(*context.fired, event))


def hush(context: Context) -> bool:
    return not context.said


def has_heard(context: Context) -> bool:
    return bool(context.said)


def loud(_: Context, event: Say) -> bool:
    return event.text.isupper()


def broken(_: Context) -> Context:
    raise RuntimeError("update")


def echo(context: Context) -> Note:
    return Note(context.said[-1])


def wait(context: Context) -> float:
    return context.wait_seconds


def failed(_: object) -> Failed:
    return Failed()


def lost(_: object) -> Closed:
    return Closed()


rows = Rows[State, Context, object]()
row, stay, ignore, forbid, postpone = rows.row, rows.stay, rows.ignore, rows.forbid, rows.postpone
LINK = rows.group("link", DIALING, LINKED)
settle = timer("settle", 2.0, scope=LINKED)
STATES = (
    rows.state(IDLE, Kind.REST, "", entry=(Note("at rest"),)),
    rows.state(DIALING, Kind.BUSY, ""),
    rows.state(LINKED, Kind.STEADY, ""),
    rows.state(RESTING, Kind.WAITING, ""),
    rows.state(OVER, Kind.ENDED, ""),
)
LINE = Machine(
    "line",
    initial=IDLE,
    context=Context(),
    states=STATES,
    groups=(LINK,),
    table=(
        row(IDLE, Go, DIALING, Note("dial"), Dial(), Note("dialled")),
        row(IDLE, Stop, OVER),
        forbid(IDLE, Settle, because="nothing to settle"),
        stay(IDLE, Say, Note("loud"), guard=loud),
        row(DIALING, Opened, LINKED),
        row(DIALING, Failed, RESTING),
        row(DIALING, after(10.0), RESTING, update=keep),
        postpone(DIALING, Say, because="nobody listens yet"),
        stay(LINKED, Frame, echo, update=hear),
        stay(LINKED, Say, Note("sent"), update=hear),
        stay(LINKED, Go, update=broken),
        stay(LINKED, Settle, arm(settle)),
        stay(LINKED, settle, Note("settled"), update=keep),
        row(LINKED, Closed, RESTING),
        row(LINK, Stop, IDLE),
        row(RESTING, after(Jitter(1.0, 3.0)), DIALING, Dial(), update=keep),
        stay(RESTING, after(wait), Note("still resting"), update=keep),
        ignore(RESTING, Say, because="nobody listens"),
        row(RESTING, Stop, IDLE),
    ),
    answering=(
        rows.answering(
            Dial, Failed, opens=Opened, streams=(Frame,), ends=(Closed,), orphan=CloseLate(), scope=LINK, failed=failed,
            lost=lost,
        ),
    ),
)  # fmt: skip


def linked(**options):
    runner = Runner(LINE, **options)
    runner.send(Go())
    runner.answer(Opened())
    runner.effects.clear()
    return runner


def taken(verdicts):
    return [(verdict.source, verdict.target) for verdict in verdicts]


# ----------------------------------------------------------------------------------------------- events and effects
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


# ---------------------------------------------------------------------------------------------------------- rejected
REJECTED = [
    pytest.param((), Say("low"), Refused(("loud",)), id="refused"),
    pytest.param((), Settle(), Forbidden("nothing to settle"), id="forbidden"),
    pytest.param((Go(),), Settle(), Unhandled(), id="unhandled"),
    pytest.param((Stop(),), Go(), Unhandled(ended=True), id="ended"),
]


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


# ------------------------------------------------------------------------------------------------------------ timers
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
