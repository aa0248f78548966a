"""What a connection remembers of its failures, and how long it therefore waits.

Success is late-bound: nothing here is forgotten when a socket opens, only when a link has been stable. So a server
that accepts and then drops the link meets ever longer delays, and never more than ten attempts in the fast phase.
"""

from attrs import evolve, field, frozen
from attrs.validators import ge, gt

from machines.policy.close_codes import (
    CLOSE_POLICIES,
    HTTP_POLICIES,
    CloseAct,
    ClosePolicies,
    ClosePolicy,
    PermitResult,
)
from statekit import Jitter

DOUBLINGS_MAX = 30
"""2^30 s is beyond every cap; a larger power could overflow."""

HINT_MAX_SECONDS = 86_400.0
"""A server's wish counts for a day at most (ours): then the connection gives up anyway."""


@frozen
class RetryOptions:
    """How often and how soon to try again; times in seconds. Raises ValueError for a value that could never work.

    Attempts, base and cap are the seed's backoff; jitter, floor, spread and the slow tier are lifecycles section 2 (c).
    """

    attempts_max: int = field(default=10, validator=ge(0))
    base_seconds: float = field(default=1.0, validator=gt(0))
    cap_seconds: float = field(default=30.0, validator=gt(0))
    floor_seconds: float = field(default=0.1, validator=ge(0))
    spread_seconds: float = field(default=5.0, validator=ge(0))
    slow_seconds: float = field(default=30.0, validator=gt(0))
    slow_cap_seconds: float = field(default=300.0, validator=gt(0))
    hold_seconds: float = field(default=30.0, validator=gt(0))
    reconnect_after_normal_close: bool = False
    close_policies: ClosePolicies = field(default=CLOSE_POLICIES, repr=False)
    http_policies: ClosePolicies = field(default=HTTP_POLICIES, repr=False)


@frozen
class Retries:
    """The failures since a link was last stable, and what the last of them calls for.

    `attempts` counts them; `identical` those with `code` in a row; `slow_rounds` the waits of the slow tier that went
    before; `hint_seconds` is the server's own wish; `blames_service` says how a breaker should count the attempt.
    """

    attempts: int = 0
    act: CloseAct = CloseAct.BACKOFF
    code: int = 0
    identical: int = 0
    spread: bool = False
    slow_rounds: int = 0
    hint_seconds: float = 0.0
    blames_service: bool = False
    reason: str = ""

    def closed(self, options: RetryOptions, code: int, *, token_suspect: bool = False) -> "Retries":
        """Count a link that closed with this code."""
        return self._failed(options, options.close_policies.row(code), code, token_suspect=token_suspect)

    def refused(self, options: RetryOptions, status: int, retry_after_seconds: float | None) -> "Retries":
        """Count a handshake that was answered with this HTTP status."""
        failed = self._failed(options, options.http_policies.row(status), status)
        return evolve(failed, hint_seconds=_heeded(retry_after_seconds))

    def unanswered(self, options: RetryOptions) -> "Retries":
        """Count an attempt to which nobody answered."""
        counted = self._counted(options, CloseAct.BACKOFF)
        return evolve(counted, spread=False, blames_service=True, reason="")

    def told(
        self, options: RetryOptions, act: CloseAct, *, reason: str = "", hint_seconds: float | None = None
    ) -> "Retries":
        """Count a link on which the server itself said what it calls for; that says nothing about the service."""
        counted = self._counted(options, act)
        return evolve(counted, spread=False, blames_service=False, reason=reason, hint_seconds=_heeded(hint_seconds))

    def _failed(
        self, options: RetryOptions, policy: ClosePolicy, code: int, *, token_suspect: bool = False
    ) -> "Retries":
        identical = self.identical + 1 if code == self.code else 1
        act = policy.act_at(identical, token_suspect=token_suspect)
        if act is CloseAct.STOP and options.reconnect_after_normal_close:
            act = CloseAct.BACKOFF
        return evolve(
            self._counted(options, act),
            code=code,
            identical=identical,
            spread=policy.spread,
            blames_service=policy.breaker is not PermitResult.NEUTRAL,
            reason=policy.reason,
        )

    def _counted(self, options: RetryOptions, act: CloseAct) -> "Retries":
        counted = evolve(self, attempts=self.attempts + 1, act=act, hint_seconds=0.0)
        grows = self.is_slow(options) and counted.is_slow(options)
        return evolve(counted, slow_rounds=self.slow_rounds + 1 if grows else 0)

    def is_slow(self, options: RetryOptions) -> bool:
        """Tell whether the next wait is one of the slow tier: the server asked for it, or the fast phase is over."""
        return self.act is CloseAct.SLOW or not self.left(options)

    def left(self, options: RetryOptions) -> bool:
        """Tell whether the fast phase has an attempt left."""
        return self.attempts <= options.attempts_max

    def fast_delay(self, options: RetryOptions) -> Jitter:
        """Full jitter below base · 2^k, capped; after a server that went away a wider first spread."""
        doubled = options.base_seconds * 2.0 ** min(max(self.attempts - 1, 0), DOUBLINGS_MAX)
        high = min(options.cap_seconds, doubled)
        if self.spread and self.attempts <= 1:
            high = max(high, options.spread_seconds)
        return Jitter(min(options.floor_seconds, high), high)

    def slow_delay(self, options: RetryOptions) -> Jitter:
        """A quarter of jitter above 30 s, doubling to 5 min; a hold does not grow; the server's hint goes first."""
        grown = options.slow_seconds * 2.0 ** min(self.slow_rounds, DOUBLINGS_MAX)
        low = options.hold_seconds if self.act is CloseAct.HOLD else min(grown, options.slow_cap_seconds)
        low = max(low, self.hint_seconds)
        return Jitter(low, low * 1.25)


def _heeded(seconds: float | None) -> float:
    return min(max(seconds or 0.0, 0.0), HINT_MAX_SECONDS)
