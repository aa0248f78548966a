"""Postponed events: kept in order, tried again after a change of state, and never lost without a verdict."""

import pytest
from attrs import evolve

from statekit import Broken, Forbidden, Postponed, Refused, Snapshot, Taken, Ticket, Unhandled, after, either
from tests.driven import (
    DIALING,
    END,
    IDLE,
    LINK,
    UP,
    Back,
    Context,
    Dial,
    Driven,
    Go,
    Note,
    Poke,
    Stop,
    Work,
    answering,
    broken,
    build,
    counted,
    declared,
    never,
    postpone,
    reenter,
    row,
    rows,
    stay,
)


def seeing(context: Context, event: Work) -> Context:
    return evolve(context, seen=(*context.seen, event.number))


WORKS = (
    row(IDLE, Go, DIALING),
    row(DIALING, Go, UP),
    postpone((IDLE, DIALING), Work, because="not up yet"),
    stay(UP, Work, update=seeing),
)


def test_a_postponed_event_is_kept_and_tried_again_after_a_change_of_state():
    driven = Driven(build(*WORKS))
    done = driven.send(Work(1))
    assert (done.verdict, done.snapshot.postponed) == (Postponed("not up yet"), (Work(1),))
    done = driven.send(Go())
    assert [type(verdict) for verdict in done.path] == [Taken, Postponed]
    assert done.snapshot.postponed == (Work(1),)
    done = driven.send(Go())
    assert [type(verdict) for verdict in done.path] == [Taken, Taken]
    assert done.verdict == done.path[0]
    assert done.snapshot == Snapshot(UP, Context(seen=(1,)))


def test_postponed_events_are_tried_oldest_first():
    driven = Driven(build(*WORKS))
    for number in (1, 2, 3):
        driven.send(Work(number))
    driven.send(Go())
    assert driven.send(Go()).snapshot.context.seen == (1, 2, 3)


def test_those_that_stay_postponed_keep_their_order():
    machine = build(
        row(IDLE, Go, UP), postpone(IDLE, either(Work, Poke), because="later"),
        postpone(UP, Work, because="later still"), stay(UP, Poke, Note("poked")),
    )  # fmt: skip
    driven = Driven(machine)
    for event in (Work(1), Poke(), Work(2), Poke(), Work(3)):
        driven.send(event)
    done = driven.send(Go())
    assert done.snapshot.postponed == (Work(1), Work(2), Work(3))
    assert done.effects == (Note("poked"), Note("poked"))
    assert len(done.path) == 6


def test_a_reenter_sets_postponed_events_free_and_a_stay_does_not():
    def up(context: Context) -> bool:
        return context.count > 0

    machine = build(
        stay(IDLE, Poke, update=counted), reenter(IDLE, Go),
        stay(IDLE, Work, guard=up, update=seeing), postpone(IDLE, Work, because="later"),
    )  # fmt: skip
    driven = Driven(machine)
    driven.send(Work(1))
    done = driven.send(Poke())
    assert (done.snapshot.postponed, len(done.path)) == ((Work(1),), 1)
    done = driven.send(Go())
    assert (done.snapshot.postponed, done.snapshot.context.seen) == ((), (1,))


def test_when_a_postponed_event_changes_the_state_the_oldest_is_tried_first_again():
    machine = build(
        row(IDLE, Go, DIALING),
        postpone((IDLE, DIALING), Work, because="not up yet"),
        postpone(IDLE, Poke, because="later"),
        row(DIALING, Poke, UP),
        stay(UP, Work, update=seeing),
    )
    driven = Driven(machine)
    for event in (Work(1), Work(2), Poke(), Work(3)):
        driven.send(event)
    done = driven.send(Go())
    assert done.snapshot == Snapshot(UP, Context(seen=(1, 2, 3)))
    assert [type(verdict) for verdict in done.path] == [Taken, Postponed, Postponed, Taken, Taken, Taken, Taken]
    assert done.verdict.target is DIALING


@pytest.mark.parametrize("line", [row(UP, Work, IDLE, guard=never), rows.forbid(UP, Work, because="no")])
def test_a_postponed_event_that_is_not_taken_leaves_the_queue_with_its_verdict_in_the_path(line):
    driven = Driven(build(row(IDLE, Go, UP), postpone(IDLE, Work, because="later"), line))
    driven.send(Work(1))
    done = driven.send(Go())
    assert done.snapshot == Snapshot(UP, Context())
    assert type(done.path[1]) in (Refused, Forbidden)
    assert isinstance(done.verdict, Taken)


def test_a_postponed_event_that_breaks_leaves_the_queue_and_the_move_stands():
    driven = Driven(build(row(IDLE, Go, UP), postpone(IDLE, Work, because="later"), row(UP, Work, IDLE, guard=broken)))
    driven.send(Work(1))
    done = driven.send(Go())
    assert done.snapshot == Snapshot(UP, Context())
    assert [type(verdict) for verdict in done.path] == [Taken, Broken]


def test_a_postponed_event_left_at_an_ended_state_is_unhandled():
    driven = Driven(build(row(IDLE, Stop, END), postpone(IDLE, Work, because="later")))
    driven.send(Work(1))
    done = driven.send(Stop())
    assert done.path[1] == Unhandled(ended=True)
    assert done.snapshot == Snapshot(END, Context())


def test_a_full_queue_refuses_the_event_and_keeps_what_it_has():
    driven = Driven(build(*WORKS, postpone_limit=2))
    for number in (1, 2):
        driven.send(Work(number))
    before = driven.last.snapshot
    done = driven.send(Work(3))
    assert done.verdict == Refused((), full=True)
    assert str(done.verdict) == "refused: too many postponed events"
    assert done.snapshot == before


def test_a_full_queue_is_worked_off_in_one_step():
    driven = Driven(build(*WORKS))
    driven.send(Go())
    for number in range(1000):
        assert isinstance(driven.send(Work(number)).verdict, Postponed)
    assert driven.send(Work(1000)).verdict == Refused((), full=True)
    assert driven.send(Go()).snapshot.context.seen == tuple(range(1000))


def test_an_effect_that_a_postponed_event_ends_is_not_asked_for_at_all():
    machine = build(
        row(IDLE, Go, DIALING, Note("before"), Dial(), Note("after")),
        postpone(IDLE, Back, because="later"),
        row(DIALING, Back, IDLE),
        row(DIALING, after(9.0), IDLE),
        answering=answering(DIALING),
    )
    driven = Driven(machine)
    driven.send(Back())
    done = driven.send(Go())
    assert done.snapshot == Snapshot(IDLE, Context(), issued=2)
    assert done.effects == (Note("before"), Note("after"))
    assert (done.issued, done.ended) == ((), ())


def test_a_postponed_event_may_start_the_same_effect_again():
    machine = build(
        row(IDLE, Go, DIALING),
        postpone(IDLE, Poke, because="later"),
        reenter(DIALING, Poke),
        states=declared(entry_dialing=(Dial(),)),
        answering=answering(DIALING),
    )
    driven = Driven(machine)
    driven.send(Poke())
    driven.send(Poke())
    done = driven.send(Go())
    assert done.effects == (Dial(),)
    assert [each.ticket.number for each in done.issued] == [3]
    assert done.snapshot.tickets == (Ticket(3, "Dial", "dialing"),)


def test_a_ticket_from_before_that_a_postponed_event_ends_is_listed_as_ended():
    machine = build(
        row(IDLE, Go, DIALING, Dial()),
        row(DIALING, Go, UP),
        postpone(DIALING, Back, because="later"),
        row(UP, Back, IDLE),
        groups=(LINK,),
        answering=answering(LINK),
    )
    driven = Driven(machine)
    driven.send(Go())
    driven.send(Back())
    done = driven.send(Go())
    assert driven.state is IDLE
    assert done.ended == (Ticket(1, "Dial", "link"),)
