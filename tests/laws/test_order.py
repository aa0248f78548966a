"""Laws of order over random tables: postponed events, exits and entries, and what ends a ticket."""

from itertools import dropwhile

from hypothesis import given
from hypothesis import strategies as st

from statekit import Postponed, Taken
from statekit.timers import Disarm
from tests.laws.tables import CAMPAIGN, MACHINES, Note, started_or_broken, walk
from tests.laws.test_machines import CHOICES, Journey, every_machine, walks

SEEDS = st.integers(0, 2**32)


def walked(machine, seed, steps=80):
    return walk(machine, seed, steps) if started_or_broken(machine) else ()


@CAMPAIGN
@given(MACHINES, SEEDS)
def test_postponed_events_keep_their_order(machine, seed):
    """What is left of the queue stands in it as before; only the stimulus itself is added, at the end."""
    for before, arrived, done in walked(machine, seed):
        queue = [*before.postponed, *([arrived.event] if isinstance(done.verdict, Postponed) else [])]
        if isinstance(done.verdict, Postponed):
            assert [*done.snapshot.postponed] == queue
        left = iter(queue)
        assert all(any(event is each for each in left) for event in done.snapshot.postponed)


@CAMPAIGN
@given(MACHINES, SEEDS)
def test_postponed_events_are_touched_by_a_change_of_state_only(machine, seed):
    for before, _, done in walked(machine, seed):
        if not done.moved and not isinstance(done.verdict, Postponed):
            assert done.snapshot.postponed == before.postponed
        assert len(done.path) == 1 or (done.moved and before.postponed)


def moments(done, moment):
    """Give the places whose constant exit or entry effect a step ordered, in the order of the effects."""
    told = [each.text.split(" ", 1) for each in done.effects if isinstance(each, Note)]
    return [words[1] for words in told if words[0] == moment]


@CAMPAIGN
@given(MACHINES, SEEDS)
def test_exits_come_before_entries_and_groups_are_left_from_inside_and_entered_from_outside(machine, seed):
    size = {group.name: len(group.states) for group in machine.folded.groups}
    for _, _, done in walked(machine, seed):
        if len(done.path) > 1 or not isinstance(done.verdict, Taken):
            continue
        told = [each.text.split(" ")[0] for each in done.effects if isinstance(each, Note)]
        told = [word for word in told if word in ("exit", "entry")]
        assert not [*dropwhile(lambda word: word == "entry", dropwhile(lambda word: word == "exit", told))]
        left, entered = ([size.get(name, 0) for name in moments(done, moment)] for moment in ("exit", "entry"))
        assert (left, entered) == (sorted(left), sorted(entered, reverse=True))
        assert done.moved or not told


def assert_tickets_end_for_a_reason(machine, before, arrived, done):
    """Every ticket that is gone was answered, replaced, disarmed, or its stay is over; every new one was issued."""
    after_it, issued = done.snapshot, {each.ticket for each in done.issued}
    assert {*after_it.tickets} - {*before.tickets} == issued
    gone = {*before.tickets} - {*after_it.tickets}
    answered = {ticket for ticket in gone - {*done.ended} if ticket.number == arrived.ticket}
    assert gone == {*done.ended} | answered
    assert len(done.ended) == len({*done.ended})
    disarmed = {order.timer.name for order in orders(machine) if isinstance(order, Disarm)}
    renewed = {(ticket.name, ticket.key) for ticket in issued}
    for ticket in done.ended:
        over = done.moved or ticket.scope not in machine.folded.scopes[after_it.state]
        assert over or (ticket.name, ticket.key) in renewed or ticket.name in disarmed


def orders(machine):
    """Give every constant order of a machine as folded, wherever it is written."""
    goals = [arrow.goal for cells in machine.folded.cells.values() for arrows in cells.values() for arrow in arrows]
    while goals:
        goal = goals.pop()
        if goal is not None and hasattr(goal, "ways"):
            goals += (way.goal for way in goal.ways)
        elif goal is not None:
            yield from goal.orders


@CAMPAIGN
@given(MACHINES, SEEDS)
def test_a_ticket_of_a_drawn_table_ends_for_a_reason(machine, seed):
    for before, arrived, done in walked(machine, seed):
        assert_tickets_end_for_a_reason(machine, before, arrived, done)


@every_machine
@walks
@given(CHOICES)
def test_a_ticket_of_a_shipped_lifecycle_ends_for_a_reason(machine, choices):
    journey = Journey(machine)
    for choice in choices:
        before, arrived = journey.next(choice)
        assert_tickets_end_for_a_reason(machine, before, arrived, journey.walk.done)
