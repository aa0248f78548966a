"""Timers that a row arms and disarms by name."""

from statekit import Fired, Stale, Taken, Ticket, arm, disarm, timer
from tests.driven import (
    BUSY,
    DIALING,
    IDLE,
    LINK,
    UP,
    Back,
    Driven,
    Go,
    Note,
    Poke,
    Work,
    build,
    counted,
    grown_delay,
    row,
    stay,
)

PING = timer("ping", 20.0, scope=LINK)
SHORT = timer("short", grown_delay, scope=IDLE)
PINGS = (
    row(IDLE, Go, DIALING),
    row(DIALING, Go, UP, arm(PING)),
    stay(UP, Poke, arm(PING)),
    stay(UP, Work, disarm(PING)),
    row(UP, PING, BUSY),
    stay(DIALING, PING, Note("ping")),
    row(UP, Go, DIALING),
    row(LINK, Back, IDLE),
)


def pinged():
    driven = Driven(build(*PINGS, groups=(LINK,)))
    driven.send(Go())
    driven.send(Go())
    return driven


def test_a_named_timer_is_armed_by_its_order_only():
    driven = Driven(build(*PINGS, groups=(LINK,)))
    assert driven.send(Go()).issued == ()
    done = driven.send(Go())
    assert [(each.ticket, each.delay) for each in done.issued] == [(Ticket(1, "ping", "link"), 20.0)]
    assert done.effects == ()


def test_arming_again_replaces_the_timer_and_the_old_ticket_is_stale():
    driven = pinged()
    done = driven.send(Poke())
    assert (done.ended, done.snapshot.tickets) == ((Ticket(1, "ping", "link"),), (Ticket(2, "ping", "link"),))
    assert driven.send(Fired("ping"), 1).verdict == Stale(1)
    assert driven.send(Fired("ping"), 2).verdict.target is BUSY


def test_disarming_ends_the_timer_and_does_nothing_if_it_does_not_run():
    driven = pinged()
    assert driven.send(Work(1)).ended == (Ticket(1, "ping", "link"),)
    assert driven.send(Fired("ping"), 1).verdict == Stale(1)
    done = driven.send(Work(1))
    assert (done.ended, type(done.verdict)) == ((), Taken)


def test_a_named_timer_lives_for_the_stay_in_its_scope():
    driven = pinged()
    driven.send(Go())
    assert (driven.state, driven.live) == (DIALING, ["ping"])
    assert driven.fire("ping").effects == (Note("ping"),)
    driven = pinged()
    assert driven.send(Back()).ended == (Ticket(1, "ping", "link"),)


def test_a_timer_armed_and_disarmed_in_one_row_is_never_handed_out():
    table = (stay(IDLE, Go, arm(SHORT), disarm(SHORT)), stay(IDLE, Poke, arm(SHORT)), stay(IDLE, SHORT))
    done = Driven(build(*table)).send(Go())
    assert (done.issued, done.ended, done.snapshot.tickets) == ((), (), ())


def test_a_named_timers_delay_is_worked_out_when_it_is_armed():
    driven = Driven(build(stay(IDLE, Go, arm(SHORT), update=counted), stay(IDLE, SHORT)))
    assert driven.send(Go()).issued[0].delay == 11.0
    assert driven.send(Go()).issued[0].delay == 12.0


def test_orders_of_one_move_follow_the_row():
    driven = Driven(build(row(IDLE, Go, UP, Note("a"), arm(PING), Note("b")), stay(UP, PING), groups=(LINK,)))
    done = driven.send(Go())
    assert done.effects == (Note("a"), Note("b"))
    assert [each.ticket.name for each in done.issued] == ["ping"]
