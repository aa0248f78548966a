"""What `statekit.codec` must be told to save and restore the shipped lifecycles: two hooks and a loss.

saved = save_system(SESSION, snapshot, remaining, hooks=HOOKS)
restored = restore_system(SESSION, saved, elapsed_seconds=90.0, policy=Policy.RESUME, hooks=HOOKS, lost=LOST)
"""

from typing import Final

from machines.link import Closed, Dial
from machines.wire.objects import Json, JsonObject, freeze, thaw
from statekit.codec import Hook, Hooks, Losses

HOOKS: Final[Hooks] = {JsonObject: Hook(thaw, JsonObject.of), Json: Hook(thaw, freeze)}
"""JSON that messages carry is saved as the JSON it is."""

LOST: Final[Losses] = {Dial: Closed(1006, "restored")}
"""A link does not survive its process: 1006 is what WebSocket calls a close without a close frame (RFC 6455, 7.1.5)."""
