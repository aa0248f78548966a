"""Snapshots of one machine, saved and restored."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar, cast

from attrs import frozen

from statekit.codec.digest import table_digest
from statekit.codec.envelope import Migration, current, opened, sealed
from statekit.codec.errors import restoring, saving
from statekit.codec.forms import Forms, Hooks
from statekit.codec.layout import checked
from statekit.codec.policy import Due, Policy, check_elapsed, timers, told
from statekit.machine import Machine
from statekit.snapshot import Snapshot, Stimulus

S = TypeVar("S", bound=StrEnum)
S_co = TypeVar("S_co", bound=StrEnum, covariant=True)
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
F = TypeVar("F")


@frozen
class Restored(Generic[S_co, C_co, E_co]):
    """A machine as it was saved: go on from `snapshot`, run `timers`, and deliver `lost` before anything else.

    `lost` tells, under their tickets, of the effects that were under way: their answers cannot come any more. Those
    that the first of them makes obsolete will be Stale. `table_changed` warns that the table is not the one that the
    snapshot was saved with, though its version is.
    """

    snapshot: Snapshot[S_co, C_co]
    timers: tuple[Due, ...]
    lost: tuple[Stimulus[E_co], ...]
    table_changed: bool = False


def save(
    machine: Machine[S, E, C, F],
    snapshot: Snapshot[S, C],
    remaining_seconds: Mapping[int, float] | None,
    *,
    version: int = 1,
    hooks: Hooks | Forms | None = None,
) -> dict[str, object]:
    """Give a snapshot as plain JSON, for `json.dumps`.

    `remaining_seconds` says by ticket number how long each timer still has; without it the timers can be restarted or
    fired, but not resumed. `version` is that of the lifecycle: raise it when what is saved changes, and give `restore`
    a migration. Raises `NotSavable`.
    """
    with saving(machine.name):
        body = checked(machine, hooks).write(snapshot, remaining_seconds or {})
        return sealed("machine", machine.name, version, table_digest(machine), body)


def restore(
    machine: Machine[S, E, C, F],
    saved: object,
    *,
    elapsed_seconds: float,
    policy: Policy,
    version: int = 1,
    migrations: Mapping[int, Migration] | None = None,
    hooks: Hooks | Forms | None = None,
) -> Restored[S, C, E]:
    """Read what `save` gave, or one of an earlier version by way of the `migrations`, keyed by where each begins.

    `elapsed_seconds` is how long ago it was saved, as far as anybody can tell; `policy` says what that means for the
    timers. Raises `SnapshotRefused` for a saved thing that does not fit, and restores nothing then; `NotSavable` and
    ValueError for a call that could never work.
    """
    with saving(machine.name):
        layout = checked(machine, hooks)
    check_elapsed(elapsed_seconds)
    with restoring(machine.name):
        body, digest = opened(current(saved, version, migrations or {}), "machine", machine.name)
        revived = layout.read(body)
        due = timers(machine, revived, elapsed_seconds, policy)
        stimuli = tuple(told(machine, revived.snapshot))
        restored = Restored(revived.snapshot, due, stimuli, digest != table_digest(machine))
    return cast("Restored[S, C, E]", restored)
