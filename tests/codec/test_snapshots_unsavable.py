"""What cannot be restored is not saved, and that is told before anything is."""

from enum import StrEnum

import pytest
from attrs import frozen

from statekit import Snapshot, Ticket
from statekit.codec import NotSavable, check_savable, save
from statekit.testing.walk import Walk
from tests.codec.trip import AWAY, HOME, TRIP, Later, Memory, Retries, Told, restored, rows, saved, trip


class Other(StrEnum):
    HOME = "home"


@frozen
class Holding:
    call: object = None
    inner: "Callable" = print  # noqa: F821


@frozen
class Listing:
    found: list = ()


@pytest.mark.parametrize(
    ("machine", "path", "word"),
    [
        (trip(context=Listing()), "$.context.found", "hooks={list: Hook(save, restore)}"),
        (trip(context=Holding()), "$.context.inner", "cannot be resolved"),
        (trip(context=print), "$.context", "has no form in JSON"),
        (trip(table=(rows.postpone(AWAY, Listing, because="no"), rows.ignore(HOME, Listing, because="no"))),
         "$.postponed: Listing.found", "has no form in JSON"),
    ],
)  # fmt: skip
def test_a_machine_that_cannot_be_saved_is_told_before_anything_is(machine, path, word):
    for attempt in (
        lambda: check_savable(machine),
        lambda: save(machine, Walk(machine).snapshot, None),
        lambda: restored(saved(), machine),
    ):
        with pytest.raises(NotSavable) as caught:
            attempt()
        assert caught.value.path == path
        assert word in caught.value.problem


def test_an_event_that_no_row_postpones_needs_no_form():
    check_savable(trip(table=(rows.ignore(HOME, Listing, because="no"),)))


@pytest.mark.parametrize(
    ("snapshot", "path"),
    [
        (Snapshot(Other.HOME, Memory()), "$.state"),
        (Snapshot(HOME, Retries()), "$.context"),
        (Snapshot(HOME, Memory(pause_seconds=float("inf"))), "$.context.pause_seconds"),
        (Snapshot(HOME, Memory(Retries("two"))), "$.context.retries.attempts"),
        (Snapshot(AWAY, Memory(), (Ticket(1, "other", "away"),), issued=1), "$.tickets[0].name"),
        (Snapshot(AWAY, Memory(), (Ticket(1, "again", "away", key=1.5),), issued=1), "$.tickets[0].key"),
        (Snapshot(AWAY, Memory(), postponed=(Told(),)), "$.postponed[0]"),
        (Snapshot(AWAY, Memory(), postponed=(Later(7),)), "$.postponed[0].note"),
    ],
)
def test_a_snapshot_that_is_none_of_the_machines_is_not_saved(snapshot, path):
    with pytest.raises(NotSavable) as caught:
        save(TRIP, snapshot, None)
    assert caught.value.path == path
