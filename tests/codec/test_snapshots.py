"""A machine saved and restored: what a save reads like, and how an earlier version leads on."""

import subprocess
import sys
from copy import deepcopy

import pytest
from attrs import evolve

from machines.saving import HOOKS
from statekit import Kind, Machine, Ticket, arm, timer
from statekit.codec import Due, Forms, Policy, save, table_digest
from statekit.testing.walk import Walk
from tests.codec.trip import (
    AWAY,
    HOME,
    LEFT,
    MEMORY,
    OVER,
    TRIP,
    Go,
    Memory,
    Retries,
    gone,
    refused,
    restored,
    rows,
    saved,
)


def test_a_save_reads_like_this():
    tickets = {ticket.name: ticket.number for ticket in gone().tickets}
    assert tickets == {"after pause in away": 1, "Ask": 2, "again": 3}
    assert saved(left={1: 4.0, 3: 3}) == {
        "statekit": 1,
        "machine": "trip",
        "version": 1,
        "table": table_digest(TRIP),
        "state": "away",
        "context": {"retries": {"attempts": 0}, "pause_seconds": 5.0},
        "tickets": [
            {"number": 1, "name": "after pause in away", "scope": "away", "key": None, "kind": "timer",
             "left_seconds": 4.0},
            {"number": 2, "name": "Ask", "scope": "away", "key": None, "kind": "effect", "left_seconds": None},
            {"number": 3, "name": "again", "scope": "away", "key": None, "kind": "timer", "left_seconds": 3},
        ],
        "postponed": [{"event": "Later", "data": {"note": "a"}}],
        "issued": 3,
    }  # fmt: skip


def test_importing_the_engine_does_not_load_cattrs():
    said = "import statekit, sys; sys.exit('cattrs' in sys.modules or 'statekit.codec' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", said], timeout=60, check=False).returncode == 0


def once_more(memory: Memory) -> Memory:
    return evolve(memory, retries=Retries(memory.retries.attempts + 1))


def each_pause(memory: Memory) -> int:
    return memory.retries.attempts


def test_the_keys_of_timers_are_kept():
    keyed = timer("keyed", 9.0, scope=HOME, key=each_pause)
    machine = Machine(
        "keyed", initial=HOME, context=MEMORY,
        states=(rows.state(HOME, Kind.REST, ""), rows.state(AWAY, Kind.REST, ""), rows.state(OVER, Kind.ENDED, "")),
        table=(rows.stay(HOME, Go, arm(keyed), update=once_more), rows.row(HOME, keyed, AWAY)),
    )  # fmt: skip
    walk = Walk(machine)
    walk.send(Go(), Go())
    found = restored(saved(machine, walk.snapshot), machine, policy=Policy.RESTART)
    assert found.snapshot == walk.snapshot
    assert found.timers == (Due(Ticket(1, "keyed", "home", 1), 9.0), Due(Ticket(2, "keyed", "home", 2), 9.0))


def test_a_save_of_an_earlier_version_goes_through_every_migration():
    found = saved(left=LEFT)
    del found["context"]["retries"]
    found["context"]["pause"] = found["context"].pop("pause_seconds")
    before = deepcopy(found)

    def renamed(old):
        old["context"]["pause_seconds"] = old["context"].pop("pause")
        return old

    def added(old):
        return old | {"context": old["context"] | {"retries": {"attempts": 2}}, "table": "none of ours"}

    result = restored(found, version=3, migrations={1: renamed, 2: added})
    assert result.snapshot == evolve(gone(), context=Memory(Retries(2)))
    assert found == before


@pytest.mark.parametrize(
    ("at", "version", "migrations", "word"),
    [
        (1, 2, {}, "give a migration for 1"),
        (1, 3, {1: dict}, "give a migration for 2"),
        (2, 1, {}, "by a later version"),
        (1, 2, {1: lambda old: old["nothing"]}, "raised KeyError"),
        (1, 2, {1: lambda _: None}, "must be an object"),
        (1, 2, {1: lambda old: old | {"state": {1}}}, "set is not; so the migration from 1"),
        (True, 1, {}, "must be a whole number"),
        ("1", 1, {}, "must be a whole number"),
    ],
)
def test_a_version_that_nothing_leads_on_from_is_refused(at, version, migrations, word):
    assert word in refused(saved() | {"version": at}, version=version, migrations=migrations).problem


def test_a_table_that_changed_under_the_same_version_is_told():
    assert not restored(saved(left=LEFT)).table_changed
    assert restored(saved(left=LEFT) | {"table": "sha256:0"}).table_changed


def test_forms_that_are_kept_serve_as_hooks():
    forms = Forms(HOOKS)
    assert save(TRIP, gone(), LEFT, hooks=forms) == save(TRIP, gone(), LEFT, hooks=forms) == save(TRIP, gone(), LEFT)
