"""Gates: why dialling may be pointless for now, and what a gate that shuts means for a link that is up.

A gate has one owner, which opens it again: nothing else waits for it and no second timer runs for it. Which gates are
shut is one derived fact of the owners' states, told as `GatesMoved`; so no number of wakes can be forgotten.

Any shut gate prevents a dial. A shut gate does not end a link, with two exceptions: STORM closes it with 4999, since
the errors of that very link are what tripped it, and REAUTH with 1000, since the login it was opened with is over.
OFFLINE leaves it alone because platforms are wrong about it (the heartbeat decides), HIDDEN because a person may come
back, MAINTENANCE because a server that wants a link gone closes it.
"""

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final

from attrs import frozen

from machines.policy.close_codes import OurClose


class Gate(StrEnum):
    """Why dialling may be pointless for now, by who opens the gate again."""

    OFFLINE = "offline"
    """The platform says that there is no network; it will say when there is."""
    STORM = "storm"
    """error_storm cools down."""
    MAINTENANCE = "maintenance"
    """The service is in maintenance, for as long as hold waits."""
    HIDDEN = "hidden"
    """Nobody looks at the application; the platform will say when somebody does."""
    REAUTH = "reauth"
    """auth_refresh has no token and needs a login."""


@frozen
class GatesMoved:
    """The set of shut gates has changed (a derived fact)."""

    shut: frozenset[Gate]

    @classmethod
    def samples(cls) -> "tuple[GatesMoved, ...]":
        """Give none, one that only prevents a dial, and those that end a link."""
        return tuple(cls(frozenset(shut)) for shut in ((), (Gate.OFFLINE,), (Gate.STORM,), (Gate.REAUTH,)))


ENDING: Final = {Gate.STORM: OurClose.STORM, Gate.REAUTH: OurClose.DONE}
"""The gates that end a link, with the code it is then closed with; where both are shut the first counts."""


def ending(shut: AbstractSet[Gate]) -> OurClose | None:
    """Give the code that these gates end a link with, or None if they leave it alone."""
    return next((code for gate, code in ENDING.items() if gate in shut), None)
