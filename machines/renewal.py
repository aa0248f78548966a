"""Renewal: how long a token is good, and when the next one is asked for: before it dies, and if a refresh has failed.

The table of `auth_refresh` says what follows; here is what is remembered of the token, and how long everything takes.
"""

from typing import ClassVar

from attrs import field, frozen

from machines.link import Generation
from machines.options import number, refuse_less, seconds, whole
from statekit import Jitter


# ---------------------------------------------------------------------------------------------------------- options
@frozen
class Options:
    """Attempts and the first waits are the seed's (3; 1 s, 2 s); the rest is ours. Seconds.

    A failed refresh is tried again after `retry_seconds` times the failures, drawn out by the share `retry_jitter`, or
    after `slow_retry_seconds` when the attempts are used up but the token is good; `probe_seconds` is how often to look
    whether anybody can be reached. A token is renewed ahead of its expiry by `lead_fraction` of its life, within
    `lead_min_seconds` and `lead_max_seconds`, and no sooner than `rest_seconds` after it came.
    """

    lifecycle: ClassVar = "auth_refresh"
    failures_max: int = field(default=3, validator=whole(at_least=1))
    rejections_max: int = field(default=3, validator=whole(at_least=1))
    refresh_seconds: float = field(default=10.0, validator=seconds(above=0))
    retry_seconds: float = field(default=1.0, validator=seconds(above=0))
    retry_jitter: float = field(default=0.25, validator=number())
    slow_retry_seconds: float = field(default=60.0, validator=seconds(above=0))
    probe_seconds: float = field(default=30.0, validator=seconds(above=0))
    rest_seconds: float = field(default=5.0, validator=seconds())
    lead_fraction: float = field(default=0.2, validator=number(above=0, at_most=1))
    lead_min_seconds: float = field(default=10.0, validator=seconds())
    lead_max_seconds: float = field(default=300.0, validator=seconds())

    def __attrs_post_init__(self) -> None:
        """Refuse ends in the wrong order."""
        refuse_less(self, "lead_max_seconds", "lead_min_seconds")


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """Generations of the newest and of the newest refused token; may it be replaced yet; the two counters."""

    options: Options = Options()
    generation: Generation = 0
    rejected: Generation = 0
    lifetime_seconds: float | None = None
    expired: bool = False
    rested: bool = True
    failures: int = 0
    rejections: int = 0


# ----------------------------------------------------------------------------------------------------------- delays
def retry_delay(context: Context) -> Jitter:
    """1 s, then 2 s (seed: 1000 · n ms), a quarter of jitter above; slow when all are used up, or a token just came."""
    options = context.options
    used_up = context.failures >= options.failures_max
    low = options.slow_retry_seconds if used_up else options.retry_seconds * max(context.failures, 1)
    low = low if context.rested else max(low, options.rest_seconds)
    return Jitter(low, low * (1 + options.retry_jitter))


def expiry_delay(context: Context) -> float:
    """When the token dies, counted from when it was received; the wall clock has no say."""
    return max(context.lifetime_seconds or 0.0, 0.0)


def refresh_due_delay(context: Context) -> float:
    """When to refresh ahead of the expiry: a fifth of its life, 10 s to 5 min, but never before half of it."""
    options, lifetime = context.options, expiry_delay(context)
    lead = min(max(lifetime * options.lead_fraction, options.lead_min_seconds), options.lead_max_seconds)
    return lifetime - min(lead, lifetime / 2)
