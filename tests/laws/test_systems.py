"""Laws of systems: whatever follows from a stimulus, all of it stands or nothing of it happened; and of instances."""

import json
from enum import StrEnum, auto
from random import Random

from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from statekit import (
    EVERY,
    Broken,
    Kind,
    Livelock,
    Machine,
    Rows,
    Signal,
    Snapshot,
    Stale,
    Started,
    Stimulus,
    System,
    Unhandled,
    derive,
    keyed,
    publish,
    spawn,
    wire,
)
from statekit.codec import Policy, restore_system, save_system
from statekit.keyed import key_of, key_order, member_of
from tests.laws.tables import END, Author, Back, Go, Poke, started_or_broken, stimulus


@frozen
class Say(Signal):
    n: int


def say_n(context) -> Say:
    return Say(context.n)


def to_go(signal):
    return Go(signal.n)


def to_back(_):
    return Back()


def to_poke(signal):
    return Poke(1 // signal.n)  # breaks the wiring where nothing is counted yet


def states(view):
    return tuple(member.state for member in view.members)


def fragile_states(view):
    return 1 // (view.members[0].context.n - 3)


def goes(_):
    return Go()


class Speaker(Author):
    """Writes a table whose rows send signals, too."""

    def orders(self):
        return [*super().orders(), *self.chance.sample([Say(0), Say(1), say_n], self.chance.choice([0, 0, 1, 2]))]


def member(name, chance):
    while True:
        drawn = Speaker(chance).write()
        if started_or_broken(drawn):
            return Machine(
                name, initial=drawn.initial, context=drawn.context, states=drawn.states, groups=drawn.folded.groups,
                table=drawn.table, answering=drawn.answering, postpone_limit=3,
            )  # fmt: skip


def by_count(signal) -> int:
    return signal.n % 3


def by_parity(signal) -> str | int:
    return "odd" if signal.n % 2 else 0


def fragile_key(signal) -> int:
    return 1 // signal.n


def with_key(context, key):
    return context


KEYS = (by_count, by_parity, fragile_key)


class Keeping(StrEnum):
    OPEN = auto()


@frozen
class Call:
    pass


@frozen
class Calls:
    n: int = 0


def call_out(calls: Calls) -> Say:
    return Say(calls.n)


def one_more(calls: Calls) -> Calls:
    return Calls(calls.n + 1)


keeping = Rows[Keeping, Calls, Say]()
KEEPER = Machine(
    "keeper", initial=Keeping.OPEN, context=Calls(), states=(keeping.state(Keeping.OPEN, Kind.STEADY, "it calls"),),
    table=(keeping.stay(Keeping.OPEN, Call, call_out, update=one_more),),
)  # fmt: skip


def line(source, target, chance, instances):
    """Draw a wire between two machines; `instances` names those that are keyed."""
    make = chance.choice([to_go, to_back, to_poke])
    if target.name not in instances:
        return wire(source, Say, target, make)
    verb = chance.choice([spawn, spawn, wire])
    return verb(source, Say, target, make, key=chance.choice(KEYS if verb is spawn else (*KEYS, EVERY)))


def drawn_system(seed, *, instances=frozenset()):
    """Draw two or three machines, wired each to any, and keyed where `instances` has their names."""
    chance = Random(seed)
    members = [member(name, chance) for name in ("one", "two", "three")[: chance.randint(2, 3)]]
    wiring = []
    for each in members:
        if Say in each.effects():
            others = chance.sample(members, chance.randint(0, 2))
            wiring += [line(each, other, chance, instances) for other in others]
            wiring += [publish(each, Say)] if not others or chance.random() < 0.5 else []
    # A keyed member must be started by somebody, so there is one who starts each.
    wiring += [spawn(KEEPER, Say, each, to_go, key=by_count) for each in members if each.name in instances]
    derived = [derive(fact, chance.choice(members), goes, initially=None) for fact in (states, fragile_states)]
    declared = [keyed(each, context=with_key) if each.name in instances else each for each in members]
    keeper = (KEEPER,) if instances else ()
    return System(
        "drawn", (*keeper, *declared), tuple(wiring), tuple(chance.sample(derived, chance.choice([0, 0, 1, 2])))
    )


def addressed(chance, system, snapshot):
    """Draw a member, or an instance that is there or not, and a stimulus for it."""
    drawn = chance.choice(system.members)
    name = drawn.name
    if drawn is KEEPER:
        return name, Stimulus(Call())
    if name in system.plan.keyed:
        name = system.address(name, chance.choice([*snapshot.keys(drawn), 0, 1, "odd", "nobody"]))
    held = dict(zip(snapshot.names, snapshot.members, strict=True)).get(name)
    return name, stimulus(chance, drawn, held or Snapshot(drawn.initial, drawn.context))


def transactions(seed, steps=40, *, instances=frozenset()):
    """Give the snapshot before, the stimulus and the transaction of every step that ends."""
    chance, system = Random(seed), drawn_system(seed, instances=instances)
    try:
        snapshot = system.start().snapshot
    except (ArithmeticError, ValueError, TypeError, Livelock):
        return  # what starting raises is raised, as there is nothing yet to leave untouched
    for _ in range(steps):
        name, arrived = addressed(chance, system, snapshot)
        try:
            done = system.step(snapshot, name, arrived)
        except Livelock:
            continue
        assert done == system.step(snapshot, name, arrived), "equal inputs, equal outputs"
        yield system, snapshot, arrived, done
        snapshot = done.snapshot


CAMPAIGN = settings(max_examples=100, deadline=None)
SEEDS = st.integers(0, 2**32)
INSTANCES = st.sampled_from([frozenset[str](), frozenset({"one"}), frozenset({"one", "two"})])


@CAMPAIGN
@given(SEEDS, INSTANCES)
def test_if_anything_breaks_nothing_happened(seed, instances):
    for _, before, _, done in transactions(seed, instances=instances):
        broken = [hop for hop in done.path if isinstance(hop.verdict, Broken)]
        assert broken == [] or isinstance(done.verdict, Broken)
        if isinstance(done.verdict, Broken):
            assert done.snapshot is before
            assert (done.orders, done.published, done.armed, done.ended) == ((), (), (), ())


@CAMPAIGN
@given(SEEDS, INSTANCES)
def test_if_nothing_breaks_every_hop_stands_and_every_ticket_handed_out_is_live(seed, instances):
    for system, before, _, done in transactions(seed, instances=instances):
        if isinstance(done.verdict, Broken):
            continue
        assert done.verdict == done.path[0].verdict
        live = {(name, each) for name, each in tickets(done.snapshot)}
        asked = {(order.member, order.ticket) for order in done.orders if order.started}
        armed = {(each.member, each.issued.ticket) for each in done.armed}
        assert asked | armed == live - {*tickets(before)}
        assert {*done.ended} == {*done.ended} & {*tickets(before)} - live
        stale = [order for order in done.orders if isinstance(order.ticket, int)]
        assert stale == [] or isinstance(done.verdict, Stale)
        assert [type(order.effect) for order in done.orders if isinstance(order.effect, Signal)] == []
        for derived, value in zip(system.derived, done.snapshot.facts, strict=True):
            assert derived.fact(done.snapshot) == value


def tickets(snapshot):
    return [
        (name, each) for name, member in zip(snapshot.names, snapshot.members, strict=True) for each in member.tickets
    ]


def test_such_systems_do_break_and_do_stand_over_several_hops():
    """So that the laws above are not about nothing."""
    done = [done for seed in range(40) for _, _, _, done in transactions(seed)]
    assert sum(isinstance(each.verdict, Broken) and not isinstance(each.path[0].verdict, Broken) for each in done) > 20
    assert sum(len(each.path) > 2 and not isinstance(each.verdict, Broken) for each in done) > 20


# ---------------------------------------------------------------------------------------------------------- instances
KEYED = st.sampled_from([frozenset({"one"}), frozenset({"two"}), frozenset({"one", "two"})])


def instances_in(system, snapshot):
    return {name for name in snapshot.names if key_of(name) is not None}


@CAMPAIGN
@given(SEEDS, KEYED)
def test_an_instance_comes_by_being_started_and_goes_by_ending(seed, instances):
    for system, before, _, done in transactions(seed, instances=instances):
        there = instances_in(system, before)
        for hop in done.path:
            definition = system.plan.definition(hop.member)
            if isinstance(hop.verdict, Started):
                assert hop.member not in there
                there.add(hop.member)
            elif hop.member not in there and key_of(hop.member) is not None:
                assert hop.verdict == Unhandled(absent=True) or isinstance(hop.verdict, (Stale, Broken, Unhandled))
            target = getattr(hop.verdict, "target", None)
            if target is not None and definition.kind(target) is Kind.ENDED:
                there.discard(hop.member)
        if not isinstance(done.verdict, Broken):
            assert instances_in(system, done.snapshot) == there
        for name, each in zip(done.snapshot.names, done.snapshot.members, strict=True):
            assert key_of(name) is None or system.plan.definition(name).kind(each.state) is not Kind.ENDED


@CAMPAIGN
@given(SEEDS, KEYED)
def test_instances_stand_in_the_order_of_their_keys_after_all_other_members(seed, instances):
    for system, _, _, done in transactions(seed, instances=instances):
        names = done.snapshot.names
        single = len(system.plan.names)
        assert names[:single] == system.plan.names
        order = list(system.plan.keyed)
        assert list(names[single:]) == sorted(
            set(names[single:]), key=lambda name: (order.index(member_of(name)), key_order(name))
        )


@CAMPAIGN
@given(SEEDS, KEYED)
def test_no_ticket_is_ever_issued_twice_under_one_address(seed, instances):
    seen = set()
    for _, before, _, done in transactions(seed, instances=instances):
        fresh = {(name, each.number) for name, each in tickets(done.snapshot)} - {
            (name, each.number) for name, each in tickets(before)
        }
        assert not fresh & seen
        seen |= fresh


@CAMPAIGN
@given(SEEDS, KEYED)
def test_a_system_with_instances_is_the_same_after_a_journey_through_json(seed, instances):
    for system, _, _, done in transactions(seed, 8, instances=instances):
        if system.derived:
            return  # these facts have no form: they hold states of several machines
        text = json.dumps(save_system(system, done.snapshot, None))
        found = restore_system(system, json.loads(text), elapsed_seconds=0.0, policy=Policy.FIRE)
        assert found.snapshot == done.snapshot
        assert json.dumps(save_system(system, found.snapshot, None)) == text


def test_such_systems_do_start_and_end_instances():
    """So that the laws above are not about nothing."""
    started = ended = late = 0
    for seed in range(150):
        for _, _, _, done in transactions(seed, instances=frozenset({"one", "two"})):
            for hop in done.path if not isinstance(done.verdict, Broken) else ():
                started += isinstance(hop.verdict, Started)
                ended += key_of(hop.member) is not None and getattr(hop.verdict, "target", None) is END
                late += isinstance(hop.verdict, Stale) and hop.member not in done.snapshot.names
    assert (started > 100, ended > 20, late > 20) == (True, True, True)
