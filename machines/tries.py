"""Tries: how long the server's answers are waited for, how often an operation is tried, and when it is given up."""

from typing import ClassVar

from attrs import field, frozen

from machines.options import refuse_less, seconds, whole
from machines.policy.backoff import doubled
from statekit import Jitter


@frozen
class Options:
    """Sync timeout and retries are the seed's (5 s, 5); the rest is ours. Times in seconds.

    An operation is given up after `retries_max` resends that came to nothing, after `rounds_max` conflicts, or when the
    link broke over it `breaks_max` times. One message brings `compose_max` operations at most (ours); 1 keeps each to
    itself. Raises ValueError for a value that could never work.
    """

    lifecycle: ClassVar = "conflict_recovery"
    ack_seconds: float = field(default=15.0, validator=seconds(above=0))
    sync_seconds: float = field(default=5.0, validator=seconds(above=0))
    syncs_max: int = field(default=3, validator=whole(at_least=1))
    sync_wait_seconds: float = field(default=1.0, validator=seconds(above=0))
    sync_wait_cap_seconds: float = field(default=30.0, validator=seconds(above=0))
    retries_max: int = field(default=5, validator=whole(at_least=0))
    rounds_max: int = field(default=5, validator=whole(at_least=0))
    breaks_max: int = field(default=2, validator=whole(at_least=1))
    compose_max: int = field(default=10, validator=whole(at_least=1))
    queue_max: int = field(default=1000, validator=whole(at_least=1))

    def __attrs_post_init__(self) -> None:
        """Refuse ends in the wrong order."""
        refuse_less(self, "sync_wait_cap_seconds", "sync_wait_seconds")

    def pause_seconds(self, doublings: int) -> float:
        """Give the longest pause before a question that so many came before."""
        return doubled(self.sync_wait_seconds, doublings, self.sync_wait_cap_seconds)


@frozen
class Tries:
    """What the head has been through: sends that nobody was sure of, conflicts, and links that broke over it."""

    unsure: int = 0
    rounds: int = 0
    breaks: int = 0

    def given_up_for(self, options: Options) -> str:
        """Say why it is tried no more, unless the server has it after all; empty as long as it is tried."""
        if self.breaks >= options.breaks_max:
            return "poison"
        if self.rounds > options.rounds_max:
            return "contention"
        return "retries" if self.unsure > options.retries_max else ""

    def pause(self, options: Options, waits: int) -> Jitter:
        """How long to wait before asking again after so many pauses, or before trying again: doubling to its cap."""
        longest = options.pause_seconds(max(waits, self.unsure - 1))
        return Jitter(longest / 2, longest)
