"""A machine and a system walked by hand: what is asked, what is told, and which lines of the table were passed."""

from enum import StrEnum

import pytest
from attrs import evolve, frozen

from statekit import (
    EVERY,
    Broken,
    Fired,
    Ignored,
    Jitter,
    Kind,
    Machine,
    Rows,
    Stale,
    Stimulus,
    System,
    Taken,
    after,
    publish,
)
from statekit.check.hindsight import alone
from statekit.testing.passed import lines_of, untaken
from statekit.testing.system_walk import SystemWalk
from statekit.testing.walk import Walk
from tests.check import jobs, rooms, small
from tests.check.jobs import DESK, JOB, OFFICE, Job
from tests.check.rooms import LAMPS, METER, ROOM, Lamp
from tests.check.small import DIALER, DIALING, IDLE, TALKING, WAITING


@pytest.fixture
def walk():
    return Walk(DIALER)


# ---------------------------------------------------------------------------------------------------------- one machine
def test_a_walk_starts_the_machine_with_its_own_context_or_another(walk):
    assert (walk.state, walk.context, walk.effects) == (IDLE, small.Tries(), ())
    assert Walk(DIALER, small.Tries(most=7)).context.most == 7


def test_events_are_sent_one_after_the_other_and_the_last_verdict_is_given(walk):
    verdict = walk.send(small.Call(), small.Call())
    assert verdict == walk.verdict == Ignored("a call is wanted already")
    assert (walk.state, walk.effects) == (DIALING, ())
    assert isinstance(walk.send(small.HangUp(), small.Call()), Taken)
    assert walk.effects == (small.Dial(),)


def test_a_live_effect_is_answered_first_by_what_opens_it_then_by_what_streams(walk):
    walk.send(small.Call())
    assert set(walk.answerable) == {small.Answered, small.Busy}
    walk.answer(small.Answered())
    assert walk.state is TALKING
    assert walk.answerable == dict.fromkeys((small.Word, small.Gone), walk.ticket(small.Dial))
    walk.answer(small.Gone())
    assert (walk.state, walk.answerable) == (IDLE, {})


def test_an_answer_under_a_ticket_that_was_kept_may_come_too_late(walk):
    walk.send(small.Call())
    late = walk.ticket(small.Dial)
    walk.send(small.HangUp())
    assert walk.answer(small.Answered(), ticket=late) == Stale(late)
    assert walk.effects == (small.Drop(),)


def test_a_timer_fires_by_its_label_and_says_how_late_it_is(walk):
    walk.send(small.Call())
    assert walk.timers == {"after 20 s": 20.0}
    kept = walk.ticket("after 20 s")
    walk.fire("after 20 s", late_by_seconds=0.5)
    assert (walk.state, walk.context.made, walk.timers) == (WAITING, 1, {"after 1 min": 60.0})
    assert isinstance(walk.fire("after 20 s", ticket=kept), Stale)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda walk: walk.ticket("after 20 s"), "dialer in IDLE does not await 'after 20 s'; it awaits nothing"),
        (lambda walk: walk.fire("after 20 s"), "dialer in IDLE does not await 'after 20 s'"),
        (lambda walk: walk.answer(small.Busy()), "dialer in IDLE does not await 'Dial'"),
        (lambda walk: walk.answer(small.Call()), "Call answers no effect of dialer: send it instead of answering"),
        (lambda walk: walk.send(small.Call()) and walk.ticket("nap"), "it awaits after 20 s, Dial"),
    ],
)
def test_what_is_not_awaited_is_named_with_what_is(walk, ask, words):
    with pytest.raises(LookupError) as caught:
        ask(walk)
    assert words in str(caught.value)


class Bed(StrEnum):
    AWAKE = "awake"
    ASLEEP = "asleep"


@frozen
class Sleeper:
    woken: float = 0.0


@frozen
class Shout: ...


@frozen
class Ask: ...


@frozen
class Told: ...


def heard(sleeper: Sleeper, event: Fired) -> Sleeper:
    return evolve(sleeper, woken=event.delay_seconds)


def has_overslept(sleeper: Sleeper) -> bool:
    return sleeper.woken > 8.0


def oops(_: Sleeper) -> Sleeper:
    raise ZeroDivisionError("oops")


def untold(_: object) -> Told:
    return Told()


bed = Rows[Bed, Sleeper, Ask]()
RISE = bed.choice(
    "rise",
    bed.to(Bed.AWAKE, guard=has_overslept),
    bed.to(Bed.AWAKE),
)
SLEEPER = Machine(
    "sleeper",
    initial=Bed.ASLEEP,
    context=Sleeper(),
    states=tuple(bed.state(each, Kind.REST, "so", waits_for="a person") for each in Bed),
    table=(
        bed.row(Bed.ASLEEP, after(Jitter(5.0, 9.0)), RISE, update=heard),
        bed.stay(Bed.AWAKE, Shout, update=oops),
        bed.row(Bed.ASLEEP, Shout, Bed.AWAKE, Ask()),
        bed.stay(Bed.AWAKE, Told),
    ),
    answering=(bed.answering(Ask, Told, scope=Bed.AWAKE, failed=untold),),
)


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 5.0), (0.5, 7.0), (1.0, 9.0)])
def test_a_jittered_timer_fires_where_chance_says(chance, seconds):
    walk = Walk(SLEEPER)
    assert walk.timers == {"after 5–9 s": Jitter(5.0, 9.0)}
    walk.fire("after 5–9 s", chance=chance)
    assert walk.context.woken == seconds


def test_an_effect_that_opens_nothing_is_answered_by_its_outcomes():
    walk = Walk(SLEEPER)
    walk.send(Shout())
    assert walk.answerable == {Told: walk.ticket(Ask)}
    assert isinstance(walk.answer(Told()), Taken)


def test_lines_are_passed_by_what_comes_in_time_and_does_not_break():
    walk = Walk(SLEEPER)
    lines = lines_of(SLEEPER)
    assert list(lines.values()) == [
        "stay AWAKE Shout",
        "stay AWAKE Told",
        "row ASLEEP after 5–9 s",
        "choice rise → AWAKE if has_overslept",
        "choice rise → AWAKE",
        "row ASLEEP Shout",
    ]
    walk.fire("after 5–9 s", chance=0.0)
    assert isinstance(walk.send(Shout()), Broken)
    walk.begin()
    walk.fire("after 5–9 s", chance=1.0)
    assert isinstance(walk.deliver(Stimulus(Told(), ticket=9)), Stale)
    left = [each.split(": ", 1)[1] for each in untaken(SLEEPER, walk.passed)]
    assert left == ["stay AWAKE Shout", "stay AWAKE Told", "row ASLEEP Shout"]
    assert untaken(SLEEPER, lines) == ()


def test_a_cell_of_which_every_guard_refuses_passes_no_line():
    rows = Rows[Bed, Sleeper, object]()
    states = tuple(rows.state(each, Kind.REST, "so") for each in Bed)
    table = (
        rows.row(Bed.ASLEEP, after(5.0), Bed.AWAKE, guard=has_overslept),
        rows.ignore(EVERY, Shout, because="deaf"),
    )
    walk = Walk(Machine("deaf", initial=Bed.ASLEEP, context=Sleeper(), states=states, table=table))
    walk.fire("after 5 s")
    assert list(walk.passed) == []
    walk.send(Shout())
    assert len(walk.passed) == 1


# -------------------------------------------------------------------------------------------------------------- systems
def test_a_system_is_walked_member_by_member():
    walk = SystemWalk(ROOM)
    assert isinstance(walk.send(LAMPS[0], rooms.Press(), rooms.Press()), Taken)
    assert (walk.state(LAMPS[0]), walk.of(METER).context.lamps) == (Lamp.OFF, 0)
    assert SystemWalk(ROOM, {"meter": rooms.Meter(lamps=3)}).of(METER).context.lamps == 3
    assert (walk.effects, walk.published) == ((), ())


def test_the_timers_of_an_instance_fire_by_its_key():
    walk = SystemWalk(OFFICE)
    assert walk.timers(JOB, "a") == {}
    walk.send(DESK, jobs.Take("a"))
    assert walk.timers(JOB, "a") == {"after 1 s": 1.0}
    late = walk.ticket(JOB, "after 1 s", "a")
    walk.fire(JOB, "after 1 s", key="a")
    assert walk.state(JOB, "a") is Job.RUNNING
    assert isinstance(walk.fire(JOB, "after 1 s", ticket=late, key="a"), Stale)
    walk.fire(JOB, "after 10 s", key="a")
    assert walk.snapshot.keys(JOB) == ()


def test_an_effect_of_a_member_is_answered_and_what_leaves_the_system_is_seen():
    walk = SystemWalk(alone(DIALER))
    walk.send(DIALER, small.Call())
    assert walk.effects == (small.Dial(),)
    assert set(walk.answerable(DIALER)) == {small.Answered, small.Busy}
    late = walk.ticket(DIALER, small.Dial)
    walk.answer(DIALER, small.Busy())
    assert walk.state(DIALER) is WAITING
    assert walk.answer(DIALER, small.Answered(), ticket=late) == walk.verdict == Stale(late)
    told = SystemWalk(System("lamp", (LAMPS[0],), publish(LAMPS[0], rooms.Lit, rooms.Unlit)))
    told.send(LAMPS[0], rooms.Press())
    assert told.published == (rooms.Lit(),)
