"""What `statekit.codec` must be told to save and restore the shipped lifecycles: two hooks.

saved = save_system(SESSION, snapshot, remaining, hooks=HOOKS)
restored = restore_system(SESSION, saved, elapsed_seconds=90.0, policy=Policy.RESUME, hooks=HOOKS)
"""

from typing import Final

from machines.wire.objects import Json, JsonObject, freeze, thaw
from statekit.codec import Hook, Hooks

HOOKS: Final[Hooks] = {JsonObject: Hook(thaw, JsonObject.of), Json: Hook(thaw, freeze)}
"""JSON that messages carry is saved as the JSON it is."""
