"""Memo = plain: what is remembered is what the tables say, over random tables, every shipped lifecycle, the session.

A *forgetful* copy of a machine has its memo switched off. Every walk goes three times over the same stimuli: the first
makes the cells, the second remembers, the third is told what is known. Each time every answer must be the one that the
forgetful copy works out.
"""

from random import Random

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from machines.session import SESSION
from statekit import Fired, Keyed, Kind, Machine, Stimulus, System, SystemSnapshot, derive, keyed, start, step
from statekit.runner import Runner
from statekit.timers import is_arm, is_disarm
from statekit.transition import decide, point_of, transition
from statekit.work import Work
from tests.laws.tables import (
    ANSWERS,
    END,
    EVENTS,
    LASTING,
    A,
    Author,
    C,
    Context,
    Failed,
    Frame,
    Go,
    Note,
    Opened,
    Poke,
    State,
    burst,
    even,
    fragile,
    grow,
    note_n,
    odd_with_event,
    pair,
    rows,
    shrink,
    small,
    started_or_broken,
    stimulus,
)
from tests.laws.test_machines import CHOICES, CONTEXTS, EXAMPLES, Journey, every_machine
from tests.machines.world import World

SEEDS = st.integers(0, 2**32)
DRAWN = settings(max_examples=60, deadline=None)
SHIPPED = settings(max_examples=10, deadline=None)


def drawn_machine(seed):
    """Draw a machine that can start; every other one awaits nothing, so that its snapshots come back."""
    machine = dense(Random(seed)) if seed % 2 else Author(Random(seed)).write()
    return machine if started_or_broken(machine) else drawn_machine(seed + 2)


def dense(chance):
    """Write a table that answers every event and awaits nothing."""
    leaving = chance.choice([(), (), (Note("exit"),), (note_n,)])
    states = [rows.state(each, Kind.ENDED if each is END else Kind.REST, "", exit=leaving) for each in State]
    table = [
        line(chance, state, event, guard)
        for state in LASTING
        for event in (Opened, Failed, Frame, Go, Poke)
        for guard in chance.choice([(None,), (None,), (small, None), (even, None), (odd_with_event, fragile, None)])
    ]
    return Machine("drawn", initial=A, context=Context(), states=states, table=table)


def line(chance, state, event, guard):
    verb, target = chance.choice(["row", "row", "row", "reenter", "stay", "ignore"]), chance.choice(LASTING)
    if verb == "ignore":
        return rows.ignore(state, event, because="drawn", guard=guard)
    orders = chance.sample([Note("row"), Note("more"), note_n, pair], chance.choice([0, 0, 1, 2]))
    given = {"guard": guard, "update": chance.choice([None, None, grow, shrink, burst])}
    if verb != "row" or target is state:
        return getattr(rows, "stay" if verb == "row" else verb)(state, event, *orders, **given)
    inner = rows.choice("drawn", rows.to(A, note_n, guard=even, update=grow), rows.to(C))
    return rows.row(state, event, chance.choice([target, target, inner]), *orders, **given)


def copy(machine, name=None):
    """Build a machine again: nothing is remembered in it yet."""
    return Machine(
        name or machine.name, initial=machine.initial, context=machine.context, states=machine.states,
        groups=machine.folded.groups, table=machine.table, answering=machine.answering,
        postpone_limit=machine.postpone_limit,
    )  # fmt: skip


def forgetful(machine, name=None):
    fresh = copy(machine, name)
    fresh.folded.points.on = fresh.folded.snapshots.on = False
    return fresh


def rebuilt(system, make):
    """Build a system again, each of its machines by `make`, those with an instance for each key as well."""
    members = [
        keyed(make(each.definition), per=each.per, context=each.context) if isinstance(each, Keyed) else make(each)
        for each in system.declared
    ]
    return System(system.name, members, system.wiring, system.derived)


def forgetful_system(system):
    fresh = rebuilt(system, forgetful)
    fresh.snapshots.on = False
    return fresh


def bare(snapshot):
    """Give a snapshot that remembers nothing."""
    if isinstance(snapshot, SystemSnapshot):
        return SystemSnapshot(snapshot.names, tuple(map(bare, snapshot.members)), snapshot.facts, snapshot.seeds)
    return evolve(snapshot)


def arriving(chance, machine, snapshot):
    """Draw what arrives: events without fields rather than others, as they can be remembered by a whole system."""
    return stimulus(chance, machine, snapshot) if machine.answering else Stimulus(chance.choice(ANSWERS * 3 + EVENTS))


def drawn_stimuli(machine, seed, steps=80):
    """Draw stimuli that fit where they arrive, by walking a copy of the machine."""
    chance, walked, drawn = Random(seed), copy(machine), []
    done = start(walked)
    for _ in range(steps):
        drawn.append(arriving(chance, walked, done.snapshot))
        done = step(walked, done.snapshot, drawn[-1])
    return drawn


def shipped_stimuli(machine, choices):
    """Give the stimuli of a walk over a shipped lifecycle."""
    journey = Journey(machine)
    return [journey.next(choice)[1] for choice in choices]


# ------------------------------------------------------------------------------------------------------------- steps
def assert_steps_are_plain(machine, context, stimuli):
    """Walk a new copy of the machine three times; count the answers that were remembered."""
    fresh, plain, remembered = copy(machine), forgetful(machine), 0
    for _ in range(3):
        snapshot = start(fresh, context).snapshot
        for arrived in stimuli:
            remembered += snapshot.memo is not None and type(arrived.event) in snapshot.memo.known
            done = step(fresh, snapshot, arrived)
            assert done == step(plain, bare(snapshot), arrived)
            snapshot = done.snapshot
    return remembered


@DRAWN
@given(SEEDS)
def test_a_step_of_a_drawn_table_is_the_plain_one(seed):
    machine = drawn_machine(seed)
    assert_steps_are_plain(machine, None, drawn_stimuli(machine, seed))


@every_machine
@SHIPPED
@given(CHOICES)
def test_a_step_of_a_shipped_lifecycle_is_the_plain_one(machine, choices):
    assert_steps_are_plain(machine, CONTEXTS.get(machine), shipped_stimuli(machine, choices))


# ------------------------------------------------------------------------------------------------------- transitions
def assert_transitions_are_plain(machine, context, events):
    """As above for the primitive, which knows no tickets: any event may come."""
    fresh, plain, remembered = copy(machine), forgetful(machine), 0
    for _ in range(3):
        point = point_of(fresh.folded, machine.initial, machine.context if context is None else context)
        for event in events:
            remembered += type(event) in point.memo
            after_it, effects, verdict = transition(point, event)
            state, context_after, orders, motion = decide(plain.folded, point.state, point.context, event)
            assert (after_it.state, after_it.context, verdict) == (state, context_after, motion.verdict)
            assert effects == tuple(each for each in orders if not (is_arm(each) or is_disarm(each)))
            point = after_it
    return remembered


def any_events(machine, examples, seed, count=60):
    return Random(seed).choices([*examples, *map(Fired, machine.folded.clocks)], k=count)


@DRAWN
@given(SEEDS)
def test_a_transition_of_a_drawn_table_is_the_plain_one(seed):
    machine = drawn_machine(seed)
    assert_transitions_are_plain(machine, None, any_events(machine, [*EVENTS, *ANSWERS], seed))


@every_machine
@SHIPPED
@given(SEEDS)
def test_a_transition_of_a_shipped_lifecycle_is_the_plain_one(machine, seed):
    assert_transitions_are_plain(machine, CONTEXTS.get(machine), any_events(machine, EXAMPLES[machine], seed))


# ----------------------------------------------------------------------------------------------------------- runners
def told(runner, arrived):
    """Tell a runner of a stimulus, in its own way."""
    if isinstance(arrived.event, Fired):
        return runner.due(runner.next_due or 0.0)
    return runner.send(arrived.event) if arrived.ticket is None else runner.answer(arrived.event)


def assert_runners_are_plain(machine, context, stimuli):
    fresh, plain, remembered = copy(machine), forgetful(machine), 0
    for _ in range(3):
        quick, slow = Runner(fresh, context, report=True), Runner(plain, context, report=True)
        for arrived in stimuli:
            remembered += quick.snapshot.memo is not None and type(arrived.event) in quick.snapshot.memo.known
            assert told(quick, arrived) == told(slow, arrived)
            assert (quick.snapshot, quick.effects) == (slow.snapshot, slow.effects)
            assert quick.next_due == slow.next_due
    return remembered


@DRAWN
@given(SEEDS)
def test_a_runner_of_a_drawn_table_answers_as_a_plain_one(seed):
    machine = drawn_machine(seed)
    assert_runners_are_plain(machine, None, drawn_stimuli(machine, seed))


@every_machine
@SHIPPED
@given(CHOICES)
def test_a_runner_of_a_shipped_lifecycle_answers_as_a_plain_one(machine, choices):
    assert_runners_are_plain(machine, CONTEXTS.get(machine), shipped_stimuli(machine, choices))


# ----------------------------------------------------------------------------------------------------------- systems
def the_long_way(system, snapshot, member, arrived):
    """Step a system as if there were neither a memo nor a quick way for one member's own affairs."""
    work = Work(system.plan, bare(snapshot))
    return work.run(lambda: work.deliver(member, arrived))


def assert_transactions_are_plain(system, begun, deliveries):
    fresh = rebuilt(system, copy)
    plain, begun, remembered = forgetful_system(system), bare(begun), 0
    for _ in range(3):
        snapshot = begun
        for member, arrived in deliveries:
            remembered += snapshot.memo is not None and (member, type(arrived.event)) in snapshot.memo.known
            done = fresh.step(snapshot, member, arrived)
            assert done == plain.step(bare(snapshot), member, arrived)
            assert done == the_long_way(plain, snapshot, member, arrived)
            snapshot = done.snapshot
    return remembered


def where(view):
    return view.members[0].state


def goes(_):
    return Go()


def drawn_system(seed):
    chance = Random(seed)
    one, two = (copy(drawn_machine(2 * chance.randrange(2**31) + seed % 2), name) for name in ("one", "two"))
    derived = () if seed % 3 else (derive(where, two, goes, initially=one.initial),)
    return System("drawn", (one, two), derived=derived)


def drawn_deliveries(system, seed, steps=120):
    chance, drawn, snapshot = Random(seed), [], system.start().snapshot
    for _ in range(steps):
        at = chance.randrange(len(system.members))
        drawn.append((system.names[at], arriving(chance, system.members[at], snapshot.members[at])))
        snapshot = system.step(snapshot, *drawn[-1]).snapshot
    return drawn


@DRAWN
@given(SEEDS)
def test_a_transaction_of_a_drawn_system_is_the_plain_one(seed):
    system = drawn_system(seed)
    assert_transactions_are_plain(system, system.start().snapshot, drawn_deliveries(system, seed))


def session_deliveries(choices):
    """Give where a session begins in a random world, and what reaches it there."""
    world, heard = World(), []
    begun = world.walk.snapshot
    deliver = world.walk.deliver

    def delivered(machine, arrived, *, key=None):
        heard.append((SESSION.address(machine, key), arrived))
        return deliver(machine, arrived, key=key)

    world.walk.deliver = delivered
    for choice in choices:
        world.next(choice)
    return begun, heard


@SHIPPED
@given(CHOICES)
def test_a_transaction_of_the_session_is_the_plain_one(choices):
    assert_transactions_are_plain(SESSION, *session_deliveries(choices))


# ------------------------------------------------------------------------------------------------------------- at all
@pytest.mark.parametrize(
    ("assert_plain", "stimuli"),
    [
        (assert_steps_are_plain, drawn_stimuli),
        (assert_transitions_are_plain, lambda machine, seed: any_events(machine, [*EVENTS, *ANSWERS], seed)),
        (assert_runners_are_plain, drawn_stimuli),
    ],
)
def test_such_walks_over_drawn_tables_do_remember(assert_plain, stimuli):
    """So that the laws above are not about nothing."""
    machines = [(drawn_machine(seed), seed) for seed in range(30)]
    assert sum(assert_plain(machine, None, stimuli(machine, seed)) for machine, seed in machines) > 100


def test_walks_over_drawn_systems_do_remember():
    systems = [(drawn_system(seed), seed) for seed in range(30)]
    walked = ((each, each.start().snapshot, drawn_deliveries(each, seed)) for each, seed in systems)
    assert sum(assert_transactions_are_plain(*each) for each in walked) > 10
