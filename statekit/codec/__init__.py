"""Save and restore: snapshots as JSON and back, through cattrs; `import statekit` does not load this.

    saved = save(machine, snapshot, remaining_seconds)
    restored = restore(machine, json.loads(text), elapsed_seconds=90.0, policy=Policy.RESUME)

A saved snapshot is state, context, tickets with the seconds that were left, postponed events and the ticket counter,
with the machine's name, the lifecycle's version and the digest of its table. What does not fit is refused with its
path, and nothing is half restored. No code runs but the machine's own classes, converters and validators.
"""

from statekit.codec.digest import table_digest
from statekit.codec.envelope import Migration
from statekit.codec.errors import NotSavable, SnapshotRefused
from statekit.codec.forms import Forms, Hook, Hooks
from statekit.codec.policy import Due, Policy
from statekit.codec.snapshots import Restored, restore, save
from statekit.codec.systems import Remaining, RestoredSystem, check_savable, restore_system, save_system

__all__ = [
    "Due",
    "Forms",
    "Hook",
    "Hooks",
    "Migration",
    "NotSavable",
    "Policy",
    "Remaining",
    "Restored",
    "RestoredSystem",
    "SnapshotRefused",
    "check_savable",
    "restore",
    "restore_system",
    "save",
    "save_system",
    "table_digest",
]
