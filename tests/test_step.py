"""One stimulus in, the next snapshot and the orders out: from where a machine starts to where it ends."""

from enum import StrEnum, auto

import pytest
from attrs import evolve

from statekit import (
    EVERY,
    Fired,
    ForeignSnapshot,
    Kind,
    Machine,
    Rows,
    Snapshot,
    Stale,
    Started,
    Stimulus,
    System,
    Unhandled,
    after,
    start,
    step,
)
from tests.driven import (
    DIALING,
    END,
    IDLE,
    LINK,
    UP,
    Back,
    CloseLate,
    Context,
    Dial,
    Driven,
    Go,
    Note,
    Opened,
    OpenFailed,
    Stop,
    answering,
    broken_delay,
    build,
    declared,
    dialled,
    group,
    row,
    stay,
)


class Door(StrEnum):
    SHUT = auto()


doors = Rows[Door, Context, object]()
DOOR = Machine(
    "door",
    initial=Door.SHUT,
    context=Context(),
    states=(doors.state(Door.SHUT, Kind.BUSY, "a state"),),
    table=(doors.stay(Door.SHUT, Go), doors.stay(Door.SHUT, after(1.0))),
)


@pytest.mark.parametrize(
    ("event", "ticket", "postponed"),
    [(Go(), None, ()), (Go(), None, (Back(),)), (Fired("after 1 s in shut"), 1, ())],
    ids=["plain", "with a queue", "answering a live ticket"],
)
def test_the_snapshot_of_another_machine_is_refused_with_the_states_of_both(event, ticket, postponed):
    small = build(row(IDLE, Go, DIALING), stay(IDLE, after(1.0)))
    foreign = evolve(start(DOOR).snapshot, postponed=postponed)
    with pytest.raises(ForeignSnapshot, match="small cannot step from the snapshot of another machine") as caught:
        step(small, foreign, Stimulus(event, ticket=ticket))
    assert (caught.value.state, caught.value.known[:2]) == ("Door.SHUT", ("State.IDLE", "State.DIALING"))


@pytest.mark.parametrize(("event", "ticket"), [(Go(), None), (Fired("after 1 s in shut"), 1)])
@pytest.mark.parametrize("postponed", [(), (Back(),)], ids=["an empty queue", "a queue"])
def test_a_system_refuses_a_member_that_is_where_another_machine_is(event, ticket, postponed):
    small = build(row(IDLE, Go, DIALING), stay(IDLE, after(1.0)))
    system, foreign = System("all", (small,)), evolve(start(DOOR).snapshot, postponed=postponed)
    whole = evolve(system.start().snapshot, members=(foreign,))
    with pytest.raises(ForeignSnapshot, match="small cannot step from the snapshot of another machine"):
        system.step(whole, "small", Stimulus(event, ticket=ticket))


def test_a_machine_starts_in_its_initial_state_with_its_own_context():
    begun = start(build(row(IDLE, Go, UP)))
    assert begun.snapshot == Snapshot(IDLE, Context())
    assert begun.verdict == Started()
    assert str(begun.verdict) == "started"


def test_starting_arms_the_timers_and_issues_the_tickets_of_the_initial_state():
    machine = build(
        row(IDLE, after(3.0), UP), row(IDLE, OpenFailed, UP),
        states=declared(entry_idle=(Dial(),)), answering=answering(IDLE),
    )  # fmt: skip
    begun = start(machine, Context(4))
    assert [(each.ticket.name, each.delay, each.effect) for each in begun.issued] == [
        ("after 3 s in idle", 3.0, None),
        ("Dial", None, Dial()),
    ]
    assert begun.snapshot.tickets == tuple(each.ticket for each in begun.issued)
    assert begun.snapshot.context == Context(4)


def test_starting_raises_what_a_delay_of_the_initial_state_raises():
    with pytest.raises(RuntimeError, match="delay"):
        start(build(row(IDLE, after(broken_delay), UP)))


def test_an_initial_state_may_be_an_ended_one():
    machine = build(row(UP, Go, END), stay(EVERY, after(1.0)))
    machine = Machine("small", initial=END, context=Context(), states=machine.states, table=machine.table)
    assert start(machine).snapshot.tickets == ()
    assert Driven(machine).send(Go()).verdict == Unhandled(ended=True)


def test_the_time_of_a_stimulus_decides_nothing():
    machine = build(row(IDLE, Go, UP), row(UP, after(5.0), IDLE))
    snapshot = start(machine).snapshot
    assert step(machine, snapshot, Stimulus(Go(), 1.0)) == step(machine, snapshot, Stimulus(Go(), 1e9))


def test_an_ended_machine_answers_nothing_even_where_every_state_does():
    driven = Driven(build(row(IDLE, Stop, END), stay(EVERY, Go)))
    driven.send(Stop())
    done = driven.send(Go())
    assert done.verdict == Unhandled(ended=True)
    assert str(done.verdict) == "unhandled: the machine has ended"


def test_entering_an_ended_state_ends_every_ticket_even_of_a_group_that_holds_it():
    whole = group("whole", DIALING, UP, END, exit=(Note("left"),))
    driven = Driven(
        build(
            row(IDLE, Go, DIALING, Dial()), row(whole, Stop, END), row(whole, after(9.0), END),
            groups=(whole,), answering=answering(whole),
        )
    )  # fmt: skip
    driven.send(Go())
    done = driven.send(Stop())
    assert [ticket.name for ticket in done.ended] == ["after 9 s in whole", "Dial"]
    assert (done.snapshot.tickets, done.effects) == ((), ())


def test_an_ended_state_starts_no_timer_of_a_group_that_holds_it():
    whole = group("whole", UP, END)
    driven = Driven(build(row(IDLE, Stop, END), row(whole, after(9.0), IDLE), groups=(whole,)))
    done = driven.send(Stop())
    assert (done.issued, done.snapshot.tickets) == ((), ())


def test_an_ended_machine_still_disposes_of_what_opens_late():
    driven = dialled(row(LINK, Stop, END))
    driven.send(Stop())
    done = driven.send(Opened(), 1)
    assert (driven.state, done.verdict, done.effects) == (END, Stale(1), (CloseLate(),))
