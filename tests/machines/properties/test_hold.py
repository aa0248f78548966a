"""What is claimed of the holds holds, and every claim notices a mistake."""

import pytest
from attrs import evolve

from machines.hold import Told, note_wait, patience
from machines.properties.hold import MODEL
from statekit import Jitter
from tests.machines.properties.refuting import claims_of, refuted, shown


def impatience(context):
    """Half as long as the wait is said to last."""
    delay = patience(context)
    return Jitter(delay.low_seconds / 2, delay.high_seconds / 2)


def note_first_wait(context, event):
    """Every wait is a first one."""
    return note_wait(context.telling(event.wait, evolve(Told(), running=context.told(event.wait).running)), event)


KILLS = (
    ("W1", "choice gravest to UNAVAILABLE if is_unavailable: dropped"),
    ("W2", "timer waited: dropped"),
    ("W2 apart", "row OFFLINE CameOnline: dropped"),
    ("W3", "timer waited: dropped"),
    ("W3 hint", "option floor_seconds read as +1"),
    ("W4", "option lock_seconds read as +1"),
    ("W4 end", {"patience": impatience}),
    ("W5", "option locks_max read as -1"),
    ("W6", "row EVERY ToldToWait if locked_too_often: dropped"),
    ("W7", "row EVERY ToldToWait if locked_too_often: without give_back"),
    ("W7 network", "row OFFLINE CameOnline: without BackOnline"),
    ("W8", "timer waited: dropped"),
    ("OFFLINE", "choice gravest to OFFLINE if is_offline: dropped"),
    ("HIDDEN", "choice gravest to HIDDEN if is_hidden: dropped"),
    ("MAINTENANCE", "choice gravest to MAINTENANCE if is_maintained: dropped"),
    ("UNAVAILABLE", "choice gravest to UNAVAILABLE if is_unavailable: dropped"),
    ("LOCKED", "choice gravest to LOCKED if is_locked: dropped"),
    ("READ_ONLY", "choice gravest to READ_ONLY if is_read_only: dropped"),
    ("all at once", "row EVERY PermissionsCame: dropped"),
    ("grown", {"note_wait": note_first_wait}),
)


def test_all_that_is_claimed_holds_everywhere():
    assert shown(MODEL) == []


def test_every_claim_has_a_mistake_that_it_notices():
    assert sorted(code for code, _ in KILLS) == claims_of(MODEL)


@pytest.mark.deep
@pytest.mark.parametrize(("code", "mutation"), KILLS, ids=[code for code, _ in KILLS])
def test_a_claim_notices_a_mistake(code, mutation):
    assert refuted(MODEL, code, mutation)
