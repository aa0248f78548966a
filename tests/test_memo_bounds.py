"""The memo's bounds: no more is remembered than the limit, and nothing where contexts never come back."""

import pytest
from attrs import evolve

from statekit import Stimulus, SystemSnapshot
from tests.turner import A, B, Context, Go, Later, Note, Turn, followed, machine, pair, stay, stepped, went


def grow(context: Context) -> Context:
    return evolve(context, count=context.count + 1)


def counter():
    return machine(stay((A, B), Later, Note("counted"), update=grow))


def points(turner):
    return turner.folded.points, lambda count: followed(turner, *[Later()] * count)[0].context.count


def snapshots(turner):
    return turner.folded.snapshots, lambda count: stepped(turner, *[Later()] * count).snapshot.context.count


@pytest.mark.parametrize("side", [points, snapshots])
def test_contexts_without_end_turn_the_memo_off(monkeypatch, side):
    monkeypatch.setattr("statekit.interned.WINDOW", 100)
    interned, count = side(counter())
    assert count(50) == 50
    assert interned.on
    assert count(300) == 300
    assert (interned.on, len(interned)) == (False, 0)
    assert count(300) == 300


@pytest.mark.parametrize("side", [points, snapshots])
def test_no_more_is_remembered_than_the_limit(monkeypatch, side):
    monkeypatch.setattr("statekit.interned.LIMIT", 10)
    interned, count = side(counter())
    sizes = []
    for _ in range(3):
        for far in (5, 12, 25):
            assert count(far) == far
            sizes.append(len(interned))
    assert interned.on
    assert max(sizes) <= 10


@pytest.mark.parametrize("side", [points, snapshots])
def test_a_context_that_cannot_be_hashed_turns_the_memo_off(side):
    turner = machine(stay((A, B), Later, Note("counted"), update=grow), context=Context(seen=["unhashable"]))
    interned, count = side(turner)
    assert count(5) == 5
    assert not interned.on
    assert count(5) == 5


def test_no_more_system_snapshots_are_kept_than_the_limit(monkeypatch):
    monkeypatch.setattr("statekit.interned.LIMIT", 2)
    system = pair()
    for _ in range(3):
        done = went(system, *[Go(), Turn(), Turn()] * 4)
        assert isinstance(done.snapshot, SystemSnapshot)
        assert done.snapshot.members[0].context.count == 2
        assert len(system.snapshots) <= 2


def test_system_snapshots_without_end_turn_the_memo_off(monkeypatch):
    system = pair()
    for _ in range(2):
        went(system, Go(), Turn(), Turn(), Go(), Turn(), Turn())
    monkeypatch.setattr("statekit.interned.WINDOW", 4)
    done = system.start()
    for event in (Go(), Turn(), Go(), Turn()):
        for member in ("teller", "other"):
            done = system.step(done.snapshot, member, Stimulus(event))
    assert not system.snapshots.on
    assert [member.context.count for member in done.snapshot.members] == [2, 2]
