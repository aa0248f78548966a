"""What `statekit.codec` must be told to save and restore the shipped lifecycles, and the outbox on its own.

saved = save_system(SESSION, snapshot, remaining, hooks=HOOKS)
restored = restore_system(SESSION, saved, elapsed_seconds=90.0, policy=Policy.RESUME, hooks=HOOKS)

An outbox outlives its program: `{"outbox": 1, "replica": …}` is JSON to be kept by whoever `SaveOutbox` was handed to.
Restore it once: a client that went on after it was saved has given the numbers that follow to other operations.
"""

from typing import Final

from attrs import evolve

from machines.algebra import Algebra
from machines.replica import Replica
from machines.text import TEXT
from machines.wire.objects import Json, JsonObject, freeze, thaw
from machines.wire.operations import Edit
from machines.wire.text import Text
from statekit.codec import Forms, Hook, Hooks
from statekit.codec.errors import restoring, saving
from statekit.codec.strict import Misfit, members, placed

OUTBOX_VERSION: Final = 1


def _named(name: object) -> Algebra[Text, Edit]:
    if name != TEXT.name:
        raise ValueError(f"the type of the document must be {TEXT.name!r}, or be told by a hook of your own")
    return TEXT


HOOKS: Final[Hooks] = {
    JsonObject: Hook(thaw, JsonObject.of),
    Json: Hook(thaw, freeze),
    Algebra[Text, Edit]: Hook[Algebra[Text, Edit]](lambda algebra: algebra.name, _named),
}
"""JSON that messages carry is saved as the JSON it is, and a type of documents by its name.

For a type of your own replace the hook of `Algebra[Text, Edit]`, and those of `Text` and `Edit`, which stand for its
documents and its operations wherever they are annotated.
"""


def save_outbox(replica: Replica, hooks: Hooks = HOOKS) -> dict[str, object]:
    """Give as JSON what the server does not have yet, its numbers and the document that it was made on.

    Raises `NotSavable` for a type of documents that the hooks do not know.
    """
    with saving("outbox"):
        return {
            "outbox": OUTBOX_VERSION,
            "replica": Forms(hooks).of(Replica).write(evolve(replica, recent=(), lost=())),
        }


def restore_outbox(saved: object, hooks: Hooks = HOOKS) -> Replica:
    """Make the replica again, for `Client(outbox=…)`.

    Raises `SnapshotRefused` for what is no outbox of this version.
    """
    with restoring("outbox"):
        found = members(saved)
        if found.get("outbox") != OUTBOX_VERSION:
            raise Misfit(".outbox", f"must be {OUTBOX_VERSION}, the layout that this version reads")
        replica = placed(".replica", Forms(hooks).of(Replica).read)(found.get("replica"))
        if not isinstance(replica, Replica):  # pragma: no cover - the form of a class reads its instances
            raise TypeError(replica)
        return replica
