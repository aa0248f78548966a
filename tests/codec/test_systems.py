"""A system saved and restored: its members side by side, and the facts that were told."""

import json

import pytest
from attrs import evolve

from machines import session
from machines.auth_refresh import AUTH_REFRESH, Refreshed, RefreshFailed, SignIn, Trouble
from machines.connection import CONNECTION, Connect, State
from machines.facts import gates_moved
from machines.gates import Gate
from machines.link import Closed, FrameArrived, Opened
from machines.saving import HOOKS
from machines.session import SESSION, WIRING
from machines.wire.messages import ConnectionAck
from statekit import Stimulus, System, SystemSnapshot, derive
from statekit.codec import NotSavable, Policy, SnapshotRefused, check_savable, restore_system, save_system
from statekit.testing.system_walk import SystemWalk


def dialled():
    walk = SystemWalk(SESSION, session.contexts("me", session.Options()))
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, Refreshed(60.0))
    walk.send(CONNECTION, Connect())
    return walk


def saved(snapshot, remaining=None, system=SESSION):
    return json.loads(json.dumps(save_system(system, snapshot, remaining, hooks=HOOKS)))


def restored(found, policy=Policy.FIRE, system=SESSION, **options):
    return restore_system(system, found, elapsed_seconds=2.0, policy=policy, **{"hooks": HOOKS} | options)


def refused(found):
    with pytest.raises(SnapshotRefused) as caught:
        restored(found)
    return caught.value.path


def test_members_and_facts_come_back():
    walk = dialled()
    found = restored(saved(walk.snapshot))
    assert found.snapshot == walk.snapshot
    assert found.snapshot.facts[:2] == (frozenset(), "")
    assert not found.table_changed


def test_a_fact_that_was_told_is_not_told_again():
    walk = SystemWalk(SESSION)
    walk.send(AUTH_REFRESH, SignIn())
    walk.answer(AUTH_REFRESH, RefreshFailed(Trouble.REVOKED))
    assert walk.snapshot.facts[:2] == (frozenset({Gate.REAUTH}), "")
    assert saved(walk.snapshot)["facts"][:2] == [["reauth"], ""]
    assert restored(saved(walk.snapshot)).snapshot == walk.snapshot


def test_timers_come_back_with_their_members():
    walk = dialled()
    walk.answer(CONNECTION, Opened())
    walk.answer(CONNECTION, FrameArrived(ConnectionAck("me", "u", ("write",), 0, "now")))
    timers = [
        (name, ticket.number)
        for name, each in zip(walk.snapshot.names, walk.snapshot.members, strict=True)
        for ticket in each.tickets
        if ticket.name in SESSION.plan.definition(name).folded.clocks
    ]
    assert len({number for _, number in timers}) < len(timers), "members number their tickets each by itself"
    remaining = {timer: 10.0 * place for place, timer in enumerate(timers, 1)}
    found = restored(saved(walk.snapshot, remaining), Policy.RESUME)
    assert {(name, due.ticket.number): due.delay + 2.0 for name, due in found.timers} == remaining


def test_a_lost_link_is_told_to_its_member_and_the_session_goes_on():
    walk = dialled()
    walk.answer(CONNECTION, Opened())
    found = restored(saved(walk.snapshot))
    assert [(name, loss.event) for name, loss in found.lost] == [("connection", Closed(1006, "Restored"))]
    name, loss = found.lost[0]
    after = SESSION.step(found.snapshot, name, loss).snapshot
    assert after.of(CONNECTION).state is State.BACKING_OFF


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        (lambda found: found.update(system="other"), "$.system"),
        (lambda found: found.update(facts=[]), "$.facts"),
        (lambda found: found["facts"].__setitem__(0, ["ajar"]), "$.facts[0][0]"),
        (lambda found: found["members"].pop("heartbeat"), "$.members.heartbeat"),
        (lambda found: found["members"].update(other={}), "$.members.other"),
        (lambda found: found.pop("members"), "$.members"),
        (lambda found: found.update(more=1), "$.more"),
        (lambda found: found["members"]["connection"].update(state="lost"), "$.members.connection.state"),
        (lambda found: found["members"]["connection"]["context"]["retries"].update(attempts="5"),
         "$.members.connection.context.retries.attempts"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_its_path(edit, path):
    found = saved(dialled().snapshot)
    edit(found)
    assert refused(found) == path


def test_resuming_without_the_time_that_was_left_names_the_member():
    with pytest.raises(SnapshotRefused) as caught:
        restored(saved(dialled().snapshot), Policy.RESUME)
    assert caught.value.path == "$.members.connection.tickets[0].left_seconds"


def test_a_system_goes_through_its_migrations():
    found = saved(dialled().snapshot)
    del found["members"]["heartbeat"]["context"]["pings"]

    def counted(old):
        old["members"]["heartbeat"]["context"]["pings"] = 0
        return old

    assert restored(found, version=2, migrations={1: counted}).snapshot == dialled().snapshot


def test_a_snapshot_of_another_system_is_not_saved():
    with pytest.raises(NotSavable) as caught:
        save_system(SESSION, SystemSnapshot(("other",), (), ()), None, hooks=HOOKS)
    assert caught.value.path == "$.members"
    begun = SESSION.start().snapshot
    with pytest.raises(NotSavable) as caught:
        save_system(SESSION, evolve(begun, facts=(frozenset(),)), None, hooks=HOOKS)
    assert caught.value.path == "$.facts"


def test_the_session_can_be_saved_with_the_hooks_of_its_machines_and_not_without():
    check_savable(SESSION, hooks=HOOKS)
    with pytest.raises(NotSavable) as caught:
        check_savable(SESSION)
    assert caught.value.path.startswith("$.members.conflict_recovery.context")
    assert "hooks=" in caught.value.problem


def unsaid(_):
    return frozenset()


def test_a_fact_must_say_what_it_is():
    system = System(
        "session", SESSION.declared, WIRING, (derive(unsaid, CONNECTION, gates_moved, initially=frozenset()),)
    )
    with pytest.raises(NotSavable) as caught:
        check_savable(system, hooks=HOOKS)
    assert caught.value.path == "$.facts[0]"
    assert "annotate it" in caught.value.problem


def test_the_stimuli_of_a_restored_session_bear_tickets():
    found = restored(saved(dialled().snapshot))
    assert all(isinstance(loss, Stimulus) and loss.ticket for _, loss in found.lost)
    assert found.lost
