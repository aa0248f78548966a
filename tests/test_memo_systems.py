"""The memo of systems: a transaction that nothing follows is made once, and told as it came."""

import pytest
from attrs import define

from statekit import Stimulus, System, derive
from statekit.transaction import Hop, Ordered
from tests.turner import CALLED, A, Add, B, Go, Note, Rest, State, Tell, Told, Turn, machine, pair, stay, went


@pytest.fixture
def asked():
    """Give the list of the functions that were called, in their order."""
    CALLED.clear()
    return CALLED


def where(view) -> State:
    return view.members[0].state


def turns(_: State) -> Turn:
    return Turn()


def test_a_transaction_that_nothing_follows_is_made_once(asked):
    system, events = pair(), (Go(), Go(), Turn(), Turn())
    begun = system.start()
    plain = went(system, *events, begun=begun)
    first = went(system, *events, begun=begun)
    assert first == plain == went(pair(), *events)
    called = len(asked)
    assert went(system, *events, begun=begun) is first
    assert len(asked) == called
    assert first.path == (Hop("teller", Turn(), first.verdict),)
    assert first.orders == (Ordered("teller", Note("turned")),)


def test_what_changes_nothing_gives_the_snapshot_that_came_in():
    system = pair()
    before = went(system, Go(), Go()).snapshot
    for _ in range(3):
        done = system.step(before, "teller", Stimulus(Rest()))
        assert done.snapshot is before
        assert done.orders == ()


def test_members_with_the_same_memories_are_told_apart():
    system = pair()
    for _ in range(3):
        one, two = went(system, Go(), Go(), Go()), went(system, Go(), Go(), Go(), member="other")
        assert [member.state for member in one.snapshot.members] == [B, A]
        assert [member.state for member in two.snapshot.members] == [A, B]


def test_a_signal_is_sent_each_time():
    system = pair()
    for _ in range(3):
        assert went(system, Go(), Go(), Tell(), Tell()).published == (Told(),)


def test_events_with_fields_stand_in_the_path_as_they_came():
    system = pair()
    for size in (1, 2, 3):
        done = went(system, Go(), Go(), Add(size), Add(size))
        assert done.path == (Hop("teller", Add(size), done.verdict),)
        assert done.orders == (Ordered("teller", Note("sized")),)


def test_a_derived_fact_is_looked_at_whenever_a_member_moves():
    system = pair(derived=(derive(where, machine(name="other"), turns, initially=A),))
    counts = [went(system, *[Go()] * times).snapshot.members[1].context.count for times in (0, 1, 2, 3, 4, 5, 6)]
    assert counts == [0, 1, 2, 0, 1, 2, 0]


def test_a_system_whose_members_forget_forgets_too():
    system = pair()
    for member in system.members:
        member.folded.snapshots.on = False
    assert went(system, Go(), Go(), Turn()) == went(pair(), Go(), Go(), Turn())
    assert len(system.snapshots) == 0


def test_a_system_that_forgets_while_its_members_remember_answers_alike():
    system = pair()
    system.snapshots.on = False
    for _ in range(3):
        assert went(system, Go(), Go(), Turn(), Go()).snapshot.members[0].state is B
    assert len(system.snapshots) == 0


@define
class Base:
    pass


class Derived(Base):
    def __init__(self, size):
        self.size = size


def test_an_event_whose_class_does_not_say_its_fields_stands_in_the_path_itself():
    system = System("alone", (machine(stay(A, Derived)),))
    event, other = Derived(1), Derived(2)
    for each in (event, other, event, other):
        assert went(system, each, member="turner").path[0].event is each
