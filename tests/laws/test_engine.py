"""Laws of the engine over tables that chance writes; a second interpreter agrees with it."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from statekit import Broken, Fired, Forbidden, NotTabulable, Refused, Stale, Stimulus, Ticket, Unhandled, start, step
from statekit.transition import point_of, transition
from tests.laws.interpreter import Interpreter
from tests.laws.tables import CAMPAIGN, END, MACHINES, CloseLate, Failed, Frame, Opened, started_or_broken, walk


@CAMPAIGN
@given(MACHINES, st.integers(0, 2**32))
def test_equal_inputs_give_equal_outputs(machine, seed):
    for before, arrived, done in walk(machine, seed) if started_or_broken(machine) else ():
        assert step(machine, before, arrived) == done


@CAMPAIGN
@given(MACHINES, st.integers(0, 2**32))
def test_what_is_not_taken_ignored_or_postponed_leaves_the_snapshot_as_it_was(machine, seed):
    for before, _, done in walk(machine, seed) if started_or_broken(machine) else ():
        if isinstance(done.verdict, Refused | Forbidden | Unhandled | Broken | Stale):
            assert done.snapshot == before
            assert (done.issued, done.ended, done.moved) == ((), (), False)
            assert done.effects == () or isinstance(done.verdict, Stale)


@CAMPAIGN
@given(MACHINES, st.integers(0, 2**32))
def test_every_live_ticket_counts_for_a_scope_that_holds_the_state(machine, seed):
    for _, _, done in walk(machine, seed) if started_or_broken(machine) else ():
        after_it = done.snapshot
        holding = {str(after_it.state), *(group.name for group in machine.folded.groups if after_it.state in group)}
        assert {ticket.scope for ticket in after_it.tickets} <= (set() if after_it.state is END else holding)
        assert len({(ticket.name, ticket.key) for ticket in after_it.tickets}) == len(after_it.tickets)
        assert {each.ticket for each in done.issued} <= set(after_it.tickets)


@CAMPAIGN
@given(MACHINES, st.integers(0, 2**32))
def test_a_ticket_that_is_not_live_changes_nothing_ever(machine, seed):
    for _, _, done in walk(machine, seed) if started_or_broken(machine) else ():
        live = {ticket.number for ticket in done.snapshot.tickets}
        for event in (Opened(), Failed(), Frame(), *map(Fired, machine.folded.clocks)):
            for ticket in {None, *range(done.snapshot.issued + 2)} - live:
                late = step(machine, done.snapshot, Stimulus(event, ticket=ticket))
                assert (late.verdict, late.snapshot) == (Stale(ticket), done.snapshot)
                assert late.effects == ((CloseLate(),) if isinstance(event, Opened) else ())


def alike(verdict):
    """Make a verdict comparable: of what raised, only whose fault it was."""
    return Broken(verdict.function, ValueError()) if isinstance(verdict, Broken) else verdict


@settings(CAMPAIGN, max_examples=500)
@given(MACHINES, st.integers(0, 2**32))
def test_the_folded_machine_does_what_the_table_says(machine, seed):
    second = Interpreter(machine)
    if not started_or_broken(machine):
        return
    believed = second.begin()
    assert_alike(start(machine), believed, path=False)
    for _, arrived, done in walk(machine, seed):
        believed = second.take(believed, arrived.event, arrived.ticket)
        assert_alike(done, believed)
        assert done.verdict == done.path[0]


def assert_alike(done, believed, *, path=True):
    snapshot = done.snapshot
    assert (snapshot.state, snapshot.context) == (believed.state, believed.context)
    assert snapshot.tickets == tuple(Ticket(number, *each) for number, each in believed.live.items())
    assert (list(snapshot.postponed), snapshot.issued) == (believed.postponed, believed.counter)
    assert list(done.effects) == [effect for effect, _ in believed.effects]
    tickets = {each.ticket.number: each.delay for each in done.issued if each.delay is not None}
    assert tickets == believed.armed
    asked = [each.ticket.number for each in done.issued if each.effect is not None]
    assert asked == [number for _, number in believed.effects if number is not None]
    assert not path or [alike(verdict) for verdict in done.path] == believed.path


@settings(CAMPAIGN, max_examples=300)
@given(MACHINES, st.integers(0, 2**32))
def test_walking_the_arrays_of_a_finite_machine_is_following_the_primitive(machine, seed):
    try:
        table = machine.tabulate()
    except NotTabulable as refused:
        cell = [line for line in machine.rows if (line.state.name, line.trigger) == refused.cell]
        assert "odd_with_event" in {name for line in cell for name in line.guards}
        return
    chance, at, point = Random(seed), 0, point_of(machine.folded, machine.initial, machine.context)
    for _ in range(40 if table.events else 0):
        column = chance.randrange(len(table.events))
        trigger = table.events[column]
        point, effects, verdict = transition(point, Fired(trigger) if isinstance(trigger, str) else trigger())
        at, found_effects, found_verdict = table.follow(at, column)
        assert table.points[at] == (point.state, point.context)
        assert (found_effects, alike(found_verdict)) == (effects, alike(verdict))
