"""Idle timers, which every event they name starts afresh."""

from statekit import Fired, Ignored, Stale, Ticket, idle
from tests.driven import (
    BUSY,
    DIALING,
    IDLE,
    UP,
    Closed,
    Dial,
    Driven,
    Frame,
    Go,
    Note,
    Opened,
    OpenFailed,
    Poke,
    answering,
    build,
    choice,
    counted,
    group,
    grown_delay,
    never,
    reenter,
    row,
    rows,
    stay,
    to,
)

WIDE = group("wide", DIALING, UP, BUSY)
QUIET = "idle 30 s of Frame, Poke in wide"
SILENCE = (
    row(IDLE, Go, DIALING, Dial()),
    row(DIALING, Opened, UP),
    row(WIDE, OpenFailed, IDLE),
    row(WIDE, Closed, IDLE),
    stay(WIDE, Frame),
    row(UP, Poke, choice("where", to(DIALING, guard=never), to(BUSY))),
    rows.ignore(DIALING, Poke, because="no sign of life"),
    row(BUSY, Poke, UP),
    stay(WIDE, idle(30.0, of=(Frame, Poke)), Note("quiet")),
)


def listening():
    driven = Driven(build(*SILENCE, groups=(WIDE,), answering=answering(WIDE)))
    driven.send(Go())
    driven.send(Opened(), 2)
    return driven


def test_an_idle_timer_is_armed_by_the_entry_into_its_rows_source():
    driven = listening()
    assert driven.last.issued == ()
    assert driven.last.snapshot.tickets[0] == Ticket(1, QUIET, "wide")
    assert driven.machine.key_label(QUIET) == "idle 30 s"


def test_an_event_it_names_starts_it_afresh_be_it_by_a_stay_or_a_move_inside():
    driven = listening()
    done = driven.send(Frame(), 2)
    assert [(each.ticket, each.delay) for each in done.issued] == [(Ticket(3, QUIET, "wide"), 30.0)]
    assert done.ended == (Ticket(1, QUIET, "wide"),)
    assert not done.moved
    assert driven.send(Poke()).issued[0].ticket.number == 4
    assert driven.state is BUSY
    assert driven.send(Fired(QUIET), 3).verdict == Stale(3)


def test_what_is_ignored_or_of_another_class_does_not_start_it_afresh():
    driven = Driven(build(*SILENCE, groups=(WIDE,), answering=answering(WIDE)))
    driven.send(Go())
    assert isinstance(driven.send(Poke()).verdict, Ignored)
    assert driven.send(Opened(), 2).issued == ()
    assert driven.live == [QUIET, "Dial"]


def test_once_fired_it_rests_until_the_next_event_it_names():
    driven = listening()
    assert driven.fire(QUIET).effects == (Note("quiet"),)
    assert driven.live == ["Dial"]
    assert driven.fire(QUIET).verdict == Stale(None)
    driven.send(Frame(), 2)
    assert driven.live == ["Dial", QUIET]


def test_an_event_that_leaves_and_enters_its_source_arms_it_once():
    driven = Driven(build(reenter(IDLE, Poke), row(IDLE, idle(grown_delay, of=(Poke,)), UP), row(UP, Poke, IDLE)))
    done = driven.send(Poke())
    assert [each.ticket.number for each in done.issued] == [2]
    assert driven.fire("idle grown_delay of Poke in idle").verdict.target is UP
    assert [each.delay for each in driven.send(Poke()).issued] == [10.0]


def test_its_delay_is_worked_out_again_whenever_it_starts_afresh():
    driven = Driven(build(stay(IDLE, Poke, update=counted), row(IDLE, idle(grown_delay, of=(Poke,)), UP)))
    assert driven.send(Poke()).issued[0].delay == 11.0
    assert driven.send(Poke()).issued[0].delay == 12.0


def test_an_event_that_leaves_its_source_ends_it():
    driven = listening()
    done = driven.send(Closed(), 2)
    assert (done.ended, done.issued) == ((Ticket(1, QUIET, "wide"),), ())
