"""Tries: how long the server's answers are waited for, how often an operation is tried, and when it is given up.

Theory. When a link breaks over operations of several documents, one of them at most is to blame, and nobody knows
which. So each is suspect, and from then on they go one by one: while an operation is suspect none of another document
is sent (`facts.operations_kept` sees to that). Whatever else comes of it than another break clears it: its link has
outlived it. So each break in a row but the first is its own doing, and what is given up for two of them is never what
was merely under way when something else broke the link.
"""

from typing import ClassVar

from attrs import evolve, field, frozen

from machines.options import refuse_less, seconds, whole
from machines.policy.backoff import doubled
from statekit import Jitter


@frozen
class Options:
    """Sync timeout and retries are the seed's (5 s, 5); the rest is ours. Times in seconds.

    An operation is given up after `retries_max` resends that came to nothing, after `rounds_max` conflicts, or when the
    link broke over it `breaks_max` times in a row; that is two at least, as another one may be to blame for the first
    (see the theory). One message brings `compose_max` operations at most (ours); 1 keeps each to
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
    breaks_max: int = field(default=2, validator=whole(at_least=2))
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
    """What the head has been through: sends nobody was sure of, conflicts, and links that broke over it, in a row."""

    unsure: int = 0
    rounds: int = 0
    breaks: int = 0

    @property
    def suspect(self) -> bool:
        """Whether the link may have broken over it when it was last sent."""
        return self.breaks > 0

    def cleared(self) -> "Tries":
        """Take suspicion from it: it was sent, and its link is still there."""
        return evolve(self, breaks=0)

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
