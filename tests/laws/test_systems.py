"""A law of systems: whatever follows from a stimulus, all of it stands or nothing of it happened."""

from random import Random

from attrs import frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from statekit import Broken, Livelock, Machine, Signal, Stale, System, derive, publish, wire
from tests.laws.test_engine import Author, Back, Go, Poke, started_or_broken, stimulus


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


def drawn_system(seed):
    """Draw two or three machines, wired each to any."""
    chance = Random(seed)
    members = [member(name, chance) for name in ("one", "two", "three")[: chance.randint(2, 3)]]
    wiring = []
    for each in members:
        if Say in each.effects():
            others = chance.sample(members, chance.randint(0, 2))
            wiring += [wire(each, Say, other, chance.choice([to_go, to_back, to_poke])) for other in others]
            wiring += [publish(each, Say)] if not others or chance.random() < 0.5 else []
    derived = [derive(fact, chance.choice(members), goes, initially=None) for fact in (states, fragile_states)]
    return System("drawn", tuple(members), tuple(wiring), tuple(chance.sample(derived, chance.choice([0, 0, 1, 2]))))


def transactions(seed, steps=40):
    """Give the snapshot before, the stimulus and the transaction of every step that ends."""
    chance, system = Random(seed), drawn_system(seed)
    try:
        snapshot = system.start().snapshot
    except (ArithmeticError, ValueError, TypeError, Livelock):
        return  # what starting raises is raised, as there is nothing yet to leave untouched
    for _ in range(steps):
        at = chance.randrange(len(system.members))
        arrived = stimulus(chance, system.members[at], snapshot.members[at])
        try:
            done = system.step(snapshot, system.names[at], arrived)
        except Livelock:
            continue
        assert done == system.step(snapshot, system.names[at], arrived), "equal inputs, equal outputs"
        yield system, snapshot, arrived, done
        snapshot = done.snapshot


CAMPAIGN = settings(max_examples=100, deadline=None)
SEEDS = st.integers(0, 2**32)


@CAMPAIGN
@given(SEEDS)
def test_if_anything_breaks_nothing_happened(seed):
    for _, before, _, done in transactions(seed):
        broken = [hop for hop in done.path if isinstance(hop.verdict, Broken)]
        assert broken == [] or isinstance(done.verdict, Broken)
        if isinstance(done.verdict, Broken):
            assert done.snapshot is before
            assert (done.orders, done.published, done.armed, done.ended) == ((), (), (), ())


@CAMPAIGN
@given(SEEDS)
def test_if_nothing_breaks_every_hop_stands_and_every_ticket_handed_out_is_live(seed):
    for system, before, _, done in transactions(seed):
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
