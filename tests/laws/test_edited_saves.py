"""A save that was edited is refused with its place, or is a legal one."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from machines.session import SESSION
from statekit import Fired, Stale, Stimulus, step
from statekit.codec import Policy, SnapshotRefused, restore, restore_system, save, save_system
from tests.codec.values import WORDS
from tests.laws.saved import FORMS, MACHINES, SLOW, remaining, walked, walked_session

JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**20), st.floats(), WORDS, st.sampled_from(["", "__class__", "timer"]),
    st.sampled_from([[], {}, [None], {"class": "os.system"}, {"class": "Leaf", "value": 1}, {"value": 1}, object()]),
)  # fmt: skip


def edited(data, value, depth=0):
    """A copy of a JSON value with one random edit somewhere in it."""
    if not isinstance(value, (dict, list)) or not value or data.draw(st.integers(0, 4)) < 1 <= depth:
        return data.draw(JUNK)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key, other, copy = data.draw(st.sampled_from(keys)), data.draw(st.sampled_from(keys)), value.copy()
    match data.draw(st.sampled_from(["inside"] * 6 + ["drop", "swap", "more"])):
        case "inside":
            copy[key] = edited(data, value[key], depth + 1)
        case "drop":
            del copy[key]
        case "swap":
            copy[key], copy[other] = copy[other], copy[key]
        case "more" if isinstance(copy, dict):
            copy[data.draw(WORDS)] = copy[key]
        case "more":
            copy.append(copy[key])
    return copy


def tried(restoring):
    """What was restored, or None if it was refused with its place."""
    path = ""
    try:
        found = restoring()
    except SnapshotRefused as refusal:
        found, path = None, refusal.path
    event("legal" if found else "refused")
    assert found or path.startswith("$")
    return found


def stimuli_of(found):
    yield from found.lost
    for due in found.timers:
        yield Stimulus(Fired(due.ticket.name, due.ticket.key), ticket=due.ticket.number)


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
@given(data=st.data())
@settings(SLOW, max_examples=150)
def test_an_edited_save_is_refused_with_its_place_or_is_a_legal_one(machine, data):
    walk = walked(data, machine)
    saved = save(machine, walk.snapshot, remaining(data, machine, walk.snapshot), hooks=FORMS)
    for _ in range(data.draw(st.sampled_from([1, 1, 1, 2, 3]))):
        saved = edited(data, saved)
    policy = data.draw(st.sampled_from(Policy))
    found = tried(lambda: restore(machine, saved, elapsed_seconds=1.5, policy=policy, hooks=FORMS))
    if found is None:
        return
    assert found.snapshot.state in machine.folded.cells
    assert type(found.snapshot.state) is type(machine.initial)
    assert all(ticket.scope in machine.folded.scopes[found.snapshot.state] for ticket in found.snapshot.tickets)
    for stimulus in stimuli_of(found):
        assert not isinstance(step(machine, found.snapshot, stimulus).verdict, Stale)
    again = restore(
        machine, save(machine, found.snapshot, None, hooks=FORMS), elapsed_seconds=0, policy=Policy.FIRE, hooks=FORMS,
    )  # fmt: skip
    assert again.snapshot == found.snapshot


@given(data=st.data())
@SLOW
def test_an_edited_session_is_refused_with_its_place_or_is_a_legal_one(data):
    saved = save_system(SESSION, walked_session(data).snapshot, None, hooks=FORMS)
    saved = edited(data, saved)
    found = tried(lambda: restore_system(SESSION, saved, elapsed_seconds=0, policy=Policy.FIRE, hooks=FORMS))
    for name, loss in found.lost if found else ():
        SESSION.step(found.snapshot, name, loss)
