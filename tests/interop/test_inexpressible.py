"""What cannot be said in the `transitions` package is refused, all of it at once and by name."""

import pytest

from machines.connection import CONNECTION
from statekit import after, arm, disarm, timer
from statekit.interop.transitions import Model, NotExpressible, to_machine
from tests.interop.door import AJAR, PASSABLE, SHUT, Push, door, rows


def test_everything_that_cannot_be_said_there_is_listed_at_once():
    limit = timer("limit", 5.0, scope=SHUT)
    table = (
        rows.row(SHUT, after(10.0), AJAR),
        rows.stay(SHUT, limit),
        rows.stay(SHUT, Push, arm(limit), disarm(limit)),
        rows.postpone(AJAR, Push, because="later"),
    )
    with pytest.raises(NotExpressible) as caught:
        to_machine(door(*table), Model())
    here = [f"{row.origin}: " for row in table]
    assert [reason.split("; ")[0] for reason in caught.value.reasons] == [
        here[0] + "waits for after 10 s: there are no timers",
        here[1] + "waits for limit: there are no timers",
        here[3] + "postpones its event: there no event is kept for later",
        here[2] + "orders arm limit: there are no timers",
        here[2] + "orders disarm limit: there are no timers",
    ]
    assert str(caught.value).startswith("door cannot be a machine of the transitions package:\n  interop/")


def test_a_lifecycle_with_timers_and_answers_is_refused_by_name():
    with pytest.raises(NotExpressible, match=r"waits for after dial_seconds") as caught:
        to_machine(CONNECTION, Model())
    assert any("Dial answers within socket" in reason for reason in caught.value.reasons)
    assert not any("overlap" in reason for reason in caught.value.reasons)


def test_groups_that_overlap_do_not_nest():
    other = rows.group("other", SHUT, AJAR)
    machine = door(rows.row(SHUT, Push, AJAR), groups=(PASSABLE, other))
    to_machine(machine, Model())
    with pytest.raises(NotExpressible, match="groups passable and other overlap: leave nested=True out"):
        to_machine(machine, Model(), nested=True)


def test_a_group_named_as_a_path_does_not_nest():
    dotted = rows.group("a.b", SHUT, AJAR)
    with pytest.raises(NotExpressible, match=r"group 'a\.b' holds '\.', which parts nested names: rename it"):
        to_machine(door(rows.row(SHUT, Push, AJAR), groups=(dotted,)), Model(), nested=True)


def test_triggers_that_would_hide_one_another_are_refused():
    class Trigger:
        pass

    class PushIt:
        pass

    class Push_it:  # noqa: N801 - two names that read alike
        pass

    class MayPush:
        pass

    made = [rows.row(SHUT, event, AJAR) for event in (Trigger, PushIt, Push_it, MayPush)]
    with pytest.raises(NotExpressible) as caught:
        to_machine(door(*made), Model())
    said = [reason.split("<locals>.")[1] for reason in caught.value.reasons]
    assert [reason.split(": ")[0] for reason in said] == ["Trigger", "Push_it", "MayPush"]
