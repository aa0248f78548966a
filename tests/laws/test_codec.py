"""Laws of save and restore, for every shipped machine, the session, and a table that uses what they do not."""

import json

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from machines.connection import CONNECTION
from machines.session import SESSION
from statekit import step
from statekit.codec import Policy, restore, restore_system, save, save_system
from statekit.testing.walk import Walk
from tests.laws.saved import FORMS, MACHINES, SLOW, remaining, walked, walked_session


def effects_of(machine, snapshot):
    return [each.number for each in snapshot.tickets if each.name not in machine.folded.clocks]


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
@given(data=st.data())
@SLOW
def test_what_is_saved_and_restored_is_what_it_was(machine, data):
    walk = walked(data, machine)
    left = remaining(data, machine, walk.snapshot)
    text = json.dumps(save(machine, walk.snapshot, left, hooks=FORMS), allow_nan=False)
    found = restore(machine, json.loads(text), elapsed_seconds=0, policy=Policy.RESUME, hooks=FORMS)
    assert found.snapshot == walk.snapshot
    assert {due.ticket.number: due.delay for due in found.timers} == left
    assert [due.delay for due in found.timers] == sorted(left.values())
    assert [each.ticket for each in found.lost] == effects_of(machine, walk.snapshot)
    assert not found.table_changed
    assert json.dumps(save(machine, found.snapshot, left, hooks=FORMS), allow_nan=False) == text


@given(data=st.data())
@settings(SLOW, max_examples=40)
def test_a_session_that_is_saved_and_restored_is_what_it_was(data):
    snapshot = walked_session(data).snapshot
    left = {
        (name, number): seconds
        for name, each in zip(snapshot.names, snapshot.members, strict=True)
        for number, seconds in remaining(data, SESSION.plan.definition(name), each).items()
    }
    text = json.dumps(save_system(SESSION, snapshot, left, hooks=FORMS), allow_nan=False)
    found = restore_system(
        SESSION, json.loads(text), elapsed_seconds=0, policy=Policy.RESUME, hooks=FORMS
    )  # fmt: skip
    assert found.snapshot == snapshot
    assert {(name, due.ticket.number): due.delay for name, due in found.timers} == left
    assert not found.table_changed


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
@given(data=st.data())
@SLOW
def test_what_was_lost_is_told_by_an_event_that_the_state_takes(machine, data):
    walk = walked(data, machine)
    saved = save(machine, walk.snapshot, None, hooks=FORMS)
    found = restore(machine, saved, elapsed_seconds=9, policy=Policy.FIRE, hooks=FORMS)
    assert all(due.delay == 0 for due in found.timers)
    for stimulus in found.lost:
        done = step(machine, found.snapshot, stimulus)
        assert type(done.verdict).__name__ in {"Taken", "Ignored"}
        assert stimulus.ticket not in {ticket.number for ticket in done.snapshot.tickets}


def test_a_changed_context_is_not_the_same_snapshot():
    # The laws above compare by ==; they would be empty if that overlooked a field.
    snapshot = Walk(CONNECTION).snapshot
    assert evolve(snapshot, context=evolve(snapshot.context, generation=7)) != snapshot
