"""Timers of states and groups, which run for as long as the stay does."""

from statekit import EVERY, Fired, Jitter, Stale, Ticket, after
from tests.driven import (
    BUSY,
    DIALING,
    END,
    IDLE,
    UP,
    Back,
    Context,
    Driven,
    Go,
    Note,
    Poke,
    Stop,
    build,
    counted,
    group,
    grown_delay,
    never,
    reenter,
    row,
    stay,
)


def drawn_delay(_: Context) -> Jitter:
    return Jitter(1.0, 2.0)


def test_a_timer_lives_for_the_stay_in_its_source():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(5.0), IDLE), row(UP, Back, IDLE)))
    done = driven.send(Go())
    assert [(each.ticket, each.delay) for each in done.issued] == [(Ticket(1, "after 5 s in up", "up"), 5.0)]
    assert driven.send(Back()).ended == (Ticket(1, "after 5 s in up", "up"),)
    assert driven.send(Fired("after 5 s in up"), 1).verdict == Stale(1)


def test_a_timer_that_fires_takes_its_row_and_its_ticket_is_over():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(5.0), IDLE)))
    driven.send(Go())
    done = driven.fire("after 5 s in up")
    assert (driven.state, done.snapshot.tickets, done.ended) == (IDLE, (), ())


def test_a_stay_neither_restarts_nor_ends_the_timers():
    driven = Driven(build(row(IDLE, Go, UP), stay(UP, Poke), row(UP, after(5.0), IDLE)))
    before = driven.send(Go()).snapshot
    done = driven.send(Poke())
    assert done.snapshot == before
    assert not done.moved


def test_a_reenter_starts_the_timers_afresh():
    driven = Driven(build(row(IDLE, Go, UP), reenter(UP, Poke), row(UP, after(5.0), IDLE)))
    driven.send(Go())
    done = driven.send(Poke())
    assert done.moved
    assert done.ended == (Ticket(1, "after 5 s in up", "up"),)
    assert [each.ticket for each in done.issued] == [Ticket(2, "after 5 s in up", "up")]
    assert driven.send(Fired("after 5 s in up"), 1).verdict == Stale(1)


def test_a_timer_that_is_answered_by_a_stay_does_not_run_again():
    driven = Driven(build(row(IDLE, Go, UP), stay(UP, after(5.0), Note("due"))))
    driven.send(Go())
    assert driven.fire("after 5 s in up").effects == (Note("due"),)
    assert driven.live == []


def test_rows_of_one_source_with_the_same_delay_wait_for_the_same_timer():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(5.0), END, guard=never), row(UP, after(5.0), IDLE)))
    assert len(driven.send(Go()).issued) == 1
    assert driven.fire("after 5 s in up").verdict.refused == ("never",)
    assert driven.state is IDLE


def test_one_row_with_several_sources_has_a_timer_for_each():
    driven = Driven(build(row((IDLE, UP), after(5.0), BUSY), row(IDLE, Go, UP)))
    assert driven.live == ["after 5 s in idle"]
    driven.send(Go())
    assert driven.live == ["after 5 s in up"]


def test_a_timer_of_every_state_counts_each_stay_by_itself_and_never_an_ended_one():
    driven = Driven(build(row(EVERY, after(5.0), END), row(IDLE, Go, UP)))
    driven.send(Go())
    assert driven.live == ["after 5 s in up"]
    driven.fire("after 5 s in up")
    assert (driven.state, driven.live) == (END, [])


def test_a_delay_is_worked_out_from_the_new_context():
    driven = Driven(build(row(IDLE, Go, UP, update=counted), row(UP, after(grown_delay), IDLE)))
    assert driven.send(Go()).issued[0].delay == 11.0


def test_a_drawn_delay_is_handed_out_as_a_description():
    driven = Driven(build(row(IDLE, Go, UP), row(UP, after(drawn_delay), IDLE), row(UP, after(Jitter(3, 4)), IDLE)))
    assert [each.delay for each in driven.send(Go()).issued] == [Jitter(1.0, 2.0), Jitter(3, 4)]


OUTER, INNER = group("outer", DIALING, UP, BUSY), group("inner", UP, BUSY)
GROUPED = (
    row(IDLE, Go, DIALING),
    row(DIALING, Go, UP),
    row(UP, Go, BUSY),
    row(OUTER, Back, IDLE),
    row(OUTER, after(50.0), IDLE),
    row(INNER, after(30.0), IDLE),
)


def test_a_groups_timer_is_not_armed_again_by_moves_inside_the_group():
    driven = Driven(build(*GROUPED, groups=(OUTER, INNER)))
    assert [each.ticket.scope for each in driven.send(Go()).issued] == ["outer"]
    assert [each.ticket.scope for each in driven.send(Go()).issued] == ["inner"]
    done = driven.send(Go())
    assert (done.issued, done.ended) == ((), ())
    assert driven.live == ["after 50 s in outer", "after 30 s in inner"]


def test_leaving_a_group_ends_its_timers_and_those_of_the_groups_inside():
    driven = Driven(build(*GROUPED, groups=(OUTER, INNER)))
    driven.send(Go())
    driven.send(Go())
    assert [ticket.scope for ticket in driven.send(Back()).ended] == ["outer", "inner"]


def test_a_groups_timer_fires_wherever_in_the_group_one_is():
    driven = Driven(build(*GROUPED, groups=(OUTER, INNER)))
    for _ in range(3):
        driven.send(Go())
    assert driven.fire("after 50 s in outer").verdict.source is BUSY
    assert driven.state is IDLE


def test_leaving_an_inner_group_leaves_the_outer_ones_timer_running():
    driven = Driven(build(*GROUPED, row(BUSY, Poke, DIALING), groups=(OUTER, INNER)))
    for _ in range(3):
        driven.send(Go())
    driven.send(Poke())
    assert driven.live == ["after 50 s in outer"]


def test_a_reenter_of_a_group_starts_its_timers_afresh_and_a_reenter_of_a_state_in_it_does_not():
    whole, single = reenter(INNER, Poke), reenter(UP, Stop)
    driven = Driven(build(*GROUPED, whole, single, groups=(OUTER, INNER)))
    driven.send(Go())
    driven.send(Go())
    assert driven.send(Stop()).issued == ()
    done = driven.send(Poke())
    assert [ticket.scope for ticket in done.ended] == ["inner"]
    assert [each.ticket.scope for each in done.issued] == ["inner"]
