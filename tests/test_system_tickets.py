"""What a transaction hands out: effects and timers with their tickets, and what has ended."""

from attrs import frozen

from statekit import Fired, Machine, Stale, Stimulus, System, SystemSnapshot, Ticket, after, publish, start, step, wire
from statekit.transaction import Armed, Ordered
from tests.listeners import (
    IDLE,
    LISTENER,
    ON,
    STATES,
    Answered,
    Back,
    Context,
    Dial,
    Go,
    Note,
    Say,
    failed,
    go,
    machine,
    row,
    rows,
    stay,
)


@frozen
class Opened:
    pass


@frozen
class CloseLate:
    pass


DIALER = machine(
    "dialer",
    row(IDLE, Go, ON, Note("before"), Dial(), Note("after"), Say("dialing")),
    row(ON, Back, IDLE),
    row(ON, after(8.0), IDLE),
    row(ON, Answered, IDLE),
    stay(ON, Opened, Note("open")),
    answering=(rows.answering(Dial, Answered, opens=Opened, orphan=CloseLate(), scope=ON, failed=failed),),
)


def back(_: Say) -> Back:
    return Back()


def test_an_effect_that_answers_is_handed_out_with_its_ticket_and_a_timer_with_its_delay():
    system = System("pair", (DIALER, LISTENER), (publish(DIALER, Say),))
    done = go(system, "dialer", Go())
    ticket = Ticket(2, "Dial", "on")
    assert done.orders == (
        Ordered("dialer", Note("before")),
        Ordered("dialer", Dial(), ticket),
        Ordered("dialer", Note("after")),
    )
    assert [order.started for order in done.orders] == [False, True, False]
    assert [(type(each), each.issued.ticket.number, each.issued.delay) for each in done.armed] == [(Armed, 1, 8.0)]


def test_a_ticket_issued_and_dropped_in_the_same_transaction_is_not_handed_out():
    system = System("pair", (DIALER, LISTENER), (wire(DIALER, Say, DIALER, back),))
    done = go(system, "dialer", Go())
    assert done.snapshot.of(DIALER).state is IDLE
    assert [order.effect for order in done.orders] == [Note("before"), Note("after")]
    assert (done.armed, done.ended) == ((), ())


def test_what_ended_is_listed_by_member_but_not_what_came_to_its_end_by_itself():
    system = System("pair", (DIALER, LISTENER), (publish(DIALER, Say),))
    before = go(system, "dialer", Go()).snapshot
    timer, dial = before.of(DIALER).tickets
    assert go(system, "dialer", Back(), before).ended == (("dialer", timer), ("dialer", dial))
    assert go(system, "dialer", Answered(), before, ticket=2).ended == (("dialer", timer),)
    assert go(system, "dialer", Fired(timer.name), before, ticket=1).ended == (("dialer", dial),)


def test_only_an_orphan_effect_carries_the_stale_ticket():
    system = System("pair", (DIALER, LISTENER), (publish(DIALER, Say),))
    before = go(system, "dialer", Go()).snapshot
    assert go(system, "dialer", Opened(), before, ticket=2).orders == (Ordered("dialer", Note("open")),)
    gone = go(system, "dialer", Back(), before).snapshot
    done = go(system, "dialer", Opened(), gone, ticket=2)
    assert (done.verdict, done.snapshot) == (Stale(2), gone)
    assert done.orders == (Ordered("dialer", CloseLate(), 2),)
    assert not done.orders[0].started


def test_a_system_of_one_machine_does_what_the_machine_does():
    silent = Machine(
        "silent", initial=IDLE, context=Context(), states=STATES, answering=DIALER.answering,
        table=(row(IDLE, Go, ON, Note("x"), Dial()), *DIALER.table[1:]),
    )  # fmt: skip
    system = System("alone", (silent,))
    one, many = start(silent), system.start()
    for event, ticket in ((Go(), None), (Opened(), 2), (Back(), None), (Opened(), 2), (Go(), None), (Answered(), 4)):
        one = step(silent, one.snapshot, Stimulus(event, ticket=ticket))
        many = system.step(many.snapshot, "silent", Stimulus(event, ticket=ticket))
        assert many.snapshot == SystemSnapshot(("silent",), (one.snapshot,))
        assert many.verdict == one.verdict
        assert tuple(order.effect for order in many.orders) == one.effects
        assert tuple(ticket for _, ticket in many.ended) == one.ended
        assert {each.issued for each in many.armed} <= set(one.issued)
