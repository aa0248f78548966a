"""Postponed events in a system: after the signals they may concern, and in their order."""

import pytest

from statekit import Livelock, Postponed, System, Taken, derive, wire
from statekit.work import HOP_BOUND
from tests.listeners import (
    IDLE,
    ON,
    WATCHER,
    WORKER,
    Back,
    Context,
    Go,
    Heard,
    Job,
    Say,
    Shout,
    Told,
    go,
    hear,
    heard,
    hops,
    how_many_on,
    keep,
    machine,
    postpone,
    row,
    stay,
)


def jobs(_: Say) -> Job:
    return Job(0)


def test_signals_come_before_the_postponed_events_they_may_concern():
    system = System("alone", (WORKER,), (wire(WORKER, Say, WORKER, heard),))
    snapshot = system.start().snapshot
    for number in (1, 2):
        done = go(system, "worker", Job(number), snapshot)
        assert isinstance(done.verdict, Postponed)
        snapshot = done.snapshot
    done = go(system, "worker", Go(), snapshot)
    assert done.snapshot.of(WORKER).context.heard == ("starting", "job 1", "did one", "job 2", "did one")
    assert done.snapshot.of(WORKER).postponed == ()


def test_only_a_change_of_state_sets_postponed_events_free_in_a_system_too():
    system = System("alone", (WORKER,), (wire(WORKER, Say, WORKER, heard),))
    before = go(system, "worker", Job(1)).snapshot
    assert hops(go(system, "worker", Heard("x"), before)) == [("worker", Heard("x"))]


def has_heard(context: Context) -> bool:
    return bool(context.heard)


def test_what_is_postponed_after_a_change_of_state_waits_for_the_next_one():
    late = machine(
        "late", row(IDLE, Go, ON, Say("job"), Shout("tale")), row(ON, Back, IDLE), stay(ON, Heard, update=hear),
        stay((IDLE, ON), Job, guard=has_heard, update=keep), postpone((IDLE, ON), Job, because="nothing was heard"),
    )  # fmt: skip
    system = System("alone", (late,), (wire(late, Say, late, jobs), wire(late, Shout, late, heard)))
    before = go(system, "late", Job(1)).snapshot
    done = go(system, "late", Go(), before)
    assert hops(done) == [("late", each) for each in (Go(), Job(0), Heard("tale"), Job(1))]
    assert done.snapshot.of(late).postponed == (Job(0),)
    done = go(system, "late", Back(), done.snapshot)
    assert done.snapshot.of(late).context.heard == ("tale", "job 1", "job 0")


def test_postponed_events_come_before_derived_facts():
    jobless = machine("jobless", row(IDLE, Go, ON), postpone(IDLE, Job, because="off"), row(ON, Job, IDLE))
    system = System("pair", (jobless, WATCHER), derived=(derive(how_many_on, WATCHER, Told, initially=0),))
    before = go(system, "jobless", Job(1)).snapshot
    assert hops(go(system, "jobless", Go(), before)) == [("jobless", Go()), ("jobless", Job(1))]


def test_what_stays_postponed_keeps_its_order_in_a_system_too():
    stubborn = machine(
        "stubborn", row(IDLE, Go, ON), postpone(IDLE, (Job), because="off"), postpone(ON, Job, because="still"),
        postpone(IDLE, Heard, because="off"), row(ON, Heard, IDLE, update=hear),
    )  # fmt: skip
    system = System("alone", (stubborn,))
    snapshot = system.start().snapshot
    for event in (Job(1), Heard("x"), Job(2)):
        snapshot = go(system, "stubborn", event, snapshot).snapshot
    done = go(system, "stubborn", Go(), snapshot)
    assert done.snapshot.of(stubborn).postponed == (Job(1), Job(2))
    assert [type(hop.verdict) for hop in done.path] == [Taken, Postponed, Taken, Postponed, Postponed]


def test_a_long_queue_of_postponed_events_is_no_livelock():
    system = System("alone", (WORKER,), (wire(WORKER, Say, WORKER, heard),))
    snapshot = system.start().snapshot
    for number in range(HOP_BOUND - 1):
        snapshot = go(system, "worker", Job(number), snapshot).snapshot
    done = go(system, "worker", Go(), snapshot)
    assert len(done.snapshot.of(WORKER).context.heard) == 2 * HOP_BOUND - 1


def test_postponed_events_that_signals_bring_back_without_end_are_a_livelock():
    loop = machine(
        "loop", postpone(IDLE, Job, because="off"), row(IDLE, Go, ON), row(ON, Job, IDLE, Say("again")),
        row(IDLE, Heard, ON),
    )  # fmt: skip
    system = System("alone", (loop,), (wire(loop, Say, loop, jobs), wire(loop, Say, loop, heard)))
    before = go(system, "loop", Job(0)).snapshot
    with pytest.raises(Livelock):
        go(system, "loop", Go(), before)
