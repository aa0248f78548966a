"""Tickets: who gets one, how long it lives, and what an answer without a live one is."""

import pytest

from statekit import Broken, Fired, Ignored, Stale, Ticket, after
from tests.driven import (
    DIALING,
    DIALS,
    IDLE,
    LINK,
    UP,
    Back,
    Closed,
    CloseLate,
    Context,
    Dial,
    Driven,
    Frame,
    Go,
    Note,
    Opened,
    OpenFailed,
    Poke,
    answering,
    broken,
    build,
    declared,
    dialled,
    row,
    rows,
    stay,
)


def any_dial(_: Context) -> Dial | Note:
    return Dial("made")


# -------------------------------------------------------------------------------------------------------------- tickets
def test_an_effect_that_answers_gets_a_ticket_and_a_plain_one_does_not():
    driven = Driven(build(row(IDLE, Go, DIALING, Note("x"), Dial()), answering=answering(DIALING)))
    done = driven.send(Go())
    assert done.effects == (Note("x"), Dial())
    assert [(each.ticket, each.effect) for each in done.issued] == [(Ticket(1, "Dial", "dialing"), Dial())]
    assert done.snapshot.tickets == (Ticket(1, "Dial", "dialing"),)


def test_the_counter_moves_only_when_a_ticket_is_issued():
    driven = Driven(build(row(IDLE, Go, DIALING, Dial()), row(DIALING, Back, IDLE), answering=answering(DIALING)))
    assert driven.last.snapshot.issued == 0
    assert driven.send(Go()).snapshot.issued == 1
    assert driven.send(Back()).snapshot.issued == 1
    assert driven.send(Go()).snapshot.tickets == (Ticket(2, "Dial", "dialing"),)


def test_a_machine_that_awaits_nothing_returns_to_an_equal_snapshot():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, Back, IDLE)))
    before = driven.last.snapshot
    driven.send(Go())
    assert driven.send(Back()).snapshot == before


def test_leaving_the_scope_ends_its_tickets_and_says_so():
    driven = Driven(build(row(IDLE, Go, DIALING, Dial()), row(DIALING, Back, IDLE), answering=answering(DIALING)))
    driven.send(Go())
    done = driven.send(Back())
    assert done.ended == (Ticket(1, "Dial", "dialing"),)
    assert done.snapshot.tickets == ()


def test_a_final_outcome_drops_its_ticket_without_ending_it():
    driven = dialled()
    done = driven.send(OpenFailed(), 1)
    assert (done.verdict.target, done.snapshot.tickets, done.ended) == (IDLE, (), ())


def test_the_opening_of_a_stream_keeps_the_ticket_and_so_does_all_that_streams():
    driven = dialled()
    assert driven.send(Opened(), 1).snapshot.tickets == (Ticket(1, "Dial", "link"),)
    assert driven.send(Frame(), 1).effects == (Note("frame"),)
    assert driven.send(Frame(), 1).snapshot.tickets == (Ticket(1, "Dial", "link"),)


def test_the_end_of_a_stream_drops_the_ticket():
    driven = dialled()
    driven.send(Opened(), 1)
    done = driven.send(Closed(), 1)
    assert (done.snapshot.tickets, done.ended) == ((), ())
    assert driven.send(Frame(), 1).verdict == Stale(1)


def test_a_final_outcome_that_is_ignored_still_ends_its_effect():
    driven = Driven(
        build(
            row(IDLE, Go, DIALING, Dial()),
            rows.ignore(DIALING, OpenFailed, because="tried anyway"),
            answering=answering(DIALING),
        )
    )
    driven.send(Go())
    done = driven.send(OpenFailed(), 1)
    assert done.verdict == Ignored("tried anyway")
    assert done.snapshot.tickets == ()


def test_a_group_scoped_effect_lives_through_moves_inside_the_group():
    driven = dialled(row(UP, Poke, DIALING))
    driven.send(Opened(), 1)
    assert driven.send(Poke()).snapshot.tickets == (Ticket(1, "Dial", "link"),)
    assert driven.send(Closed(), 1).verdict.target is IDLE


def test_starting_an_effect_again_replaces_it_and_the_old_ticket_is_stale():
    driven = dialled(stay(DIALING, Poke, Dial("again")))
    done = driven.send(Poke())
    assert done.snapshot.tickets == (Ticket(2, "Dial", "link"),)
    assert done.ended == (Ticket(1, "Dial", "link"),)
    assert driven.send(OpenFailed(), 1).verdict == Stale(1)
    assert driven.send(OpenFailed(), 2).verdict.target is IDLE


def test_an_effect_started_twice_in_one_move_is_performed_once_the_last_time():
    machine = build(
        row(IDLE, Go, DIALING, Dial("row"), Note("between")),
        states=declared(entry_dialing=(Dial("entry"),)),
        answering=answering(DIALING),
    )
    done = Driven(machine).send(Go())
    assert done.effects == (Note("between"), Dial("entry"))
    assert [(each.ticket.number, each.effect) for each in done.issued] == [(2, Dial("entry"))]
    assert done.ended == ()


def test_a_maker_that_starts_an_effect_outside_its_scope_is_broken():
    driven = Driven(build(row(IDLE, Go, UP, any_dial), answering=answering(DIALING)))
    before = driven.last.snapshot
    done = driven.send(Go())
    assert done.verdict.function == "Dial"
    assert "outside its scope dialing" in str(done.verdict.exception)
    assert done.snapshot == before
    assert done.effects == ()


def test_a_snapshot_finds_a_live_ticket_by_name():
    driven = dialled()
    assert driven.last.snapshot.ticket("Dial") == Ticket(1, "Dial", "link")
    assert driven.last.snapshot.ticket("ping") is None


# ---------------------------------------------------------------------------------------------------------------- stale
@pytest.mark.parametrize("ticket", [None, 0, 2])
def test_an_answer_with_no_ticket_or_a_wrong_one_is_stale(ticket):
    driven = dialled()
    before = driven.last.snapshot
    done = driven.send(OpenFailed(), ticket)
    assert done.verdict == Stale(ticket)
    assert done.path == (Stale(ticket),)
    assert done.snapshot == before
    assert str(Stale(None)) == "stale: no ticket"
    assert str(Stale(2)) == "stale: ticket 2 is over"


def test_an_answer_with_a_live_ticket_of_something_else_is_stale():
    driven = dialled(row(DIALING, after(9.0), IDLE))
    number = driven.last.snapshot.ticket("after 9 s in dialing").number
    assert driven.send(OpenFailed(), number).verdict == Stale(number)
    assert driven.send(Fired("after 9 s in dialing"), 2).verdict == Stale(2)


def test_stale_is_decided_before_any_guard_runs():
    driven = dialled(row(DIALING, OpenFailed, IDLE, guard=broken))
    assert driven.send(OpenFailed(), 7).verdict == Stale(7)
    assert isinstance(driven.send(OpenFailed(), 1).verdict, Broken)


def test_a_late_answer_is_stale_even_where_its_event_has_a_row():
    driven = dialled()
    driven.send(Back())
    driven.send(Go())
    assert driven.state is DIALING
    assert driven.send(OpenFailed(), 1).verdict == Stale(1)
    assert driven.send(OpenFailed(), 2).verdict.target is IDLE


def test_an_answer_after_its_final_outcome_is_stale():
    driven = dialled()
    driven.send(OpenFailed(), 1)
    assert driven.send(OpenFailed(), 1).verdict == Stale(1)


def test_a_resource_that_opens_too_late_is_disposed_of():
    driven = dialled()
    driven.send(Back())
    before = driven.last.snapshot
    done = driven.send(Opened(), 1)
    assert (done.verdict, done.effects, done.snapshot) == (Stale(1), (CloseLate(),), before)
    assert done.issued == ()


@pytest.mark.parametrize("event", [OpenFailed(), Frame(), Closed(), Fired("ping")])
def test_only_what_opens_a_resource_has_an_orphan(event):
    driven = dialled()
    driven.send(Back())
    assert driven.send(event, 1).effects == ()


def test_without_an_orphan_effect_a_late_opening_asks_for_nothing():
    driven = Driven(build(*DIALS, groups=(LINK,), answering=answering(LINK, orphan=None)))
    driven.send(Go())
    driven.send(Back())
    done = driven.send(Opened(), 1)
    assert (done.verdict, done.effects) == (Stale(1), ())


def test_an_event_that_no_effect_answers_with_needs_no_ticket():
    assert Driven(build(row(IDLE, Go, UP))).send(Go(), 99).verdict.target is UP
