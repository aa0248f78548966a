"""Retries: what a connection remembers of its failures, what the last one calls for, and how long it therefore waits.

Success is late-bound: nothing here is forgotten when a socket opens, only when a link has been stable. So a server
that accepts and then drops the link meets ever longer delays, and never more than ten attempts in the fast phase.
"""

from typing import ClassVar, Final, Literal

from attrs import evolve, field, frozen

from machines.options import number, one_of, refuse_less, seconds, whole
from machines.policy.backoff import DOUBLINGS_MAX, KINDS, Growth, Kind, backoff
from machines.policy.close_codes import CLOSE_POLICIES, HTTP_POLICIES, CloseAct, ClosePolicies
from machines.policy.failures import UNANSWERED, Failure, Loss, Policies
from statekit import Jitter

NO_FAILURE: Final = Failure(UNANSWERED)
"""What stands for the last failure where there is none; nothing reads its row before one has come."""


@frozen
class RetryOptions:
    """How often and how soon to try again; times in seconds. Raises ValueError for a value that could never work.

    Attempts, base and cap are the seed's backoff; kind, floor, spread and the slow tier are lifecycles section 2 (c).
    `spread_seconds` is the widest first delay after a server that went away, for the sake of a whole fleet;
    `slow_jitter` how far slow waits are drawn out: a quarter. `after_exhaustion` says what follows the last attempt of
    the fast phase: "suspend" goes on slowly, "fail" is the seed's literal stop. `after_server_close` says what follows
    a normal close by the server: "stop" (the seed: no action), or "retry".
    """

    lifecycle: ClassVar = "connection.retry"
    attempts_max: int = field(default=10, validator=whole(at_least=0))
    kind: Kind = field(default="full", validator=one_of(*KINDS))
    base_seconds: float = field(default=1.0, validator=seconds(above=0))
    cap_seconds: float = field(default=30.0, validator=seconds(above=0))
    floor_seconds: float = field(default=0.1, validator=seconds())
    spread_seconds: float = field(default=5.0, validator=seconds())
    slow_seconds: float = field(default=30.0, validator=seconds(above=0))
    slow_cap_seconds: float = field(default=300.0, validator=seconds(above=0))
    slow_jitter: float = field(default=0.25, validator=number())
    hold_seconds: float = field(default=30.0, validator=seconds(above=0))
    after_exhaustion: Literal["suspend", "fail"] = field(default="suspend", validator=one_of("suspend", "fail"))
    after_server_close: Literal["stop", "retry"] = field(default="stop", validator=one_of("stop", "retry"))
    close_policies: ClosePolicies = field(default=CLOSE_POLICIES, repr=False)
    http_policies: ClosePolicies = field(default=HTTP_POLICIES, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse ends in the wrong order."""
        refuse_less(self, "cap_seconds", "floor_seconds")
        refuse_less(self, "slow_cap_seconds", "slow_seconds")

    def failure(self, loss: Loss) -> Failure:
        """Look up what a loss calls for."""
        return Policies(self.close_policies, self.http_policies).failure(loss)


@frozen
class Retries:
    """The failures since a link was last stable, and what the last of them calls for.

    `attempts` counts them; `identical` those with `code` in a row; `slow_rounds` the waits of the slow tier that went
    before; `act` is what `last` comes to, all these considered.
    """

    attempts: int = 0
    act: CloseAct = CloseAct.BACKOFF
    last: Failure = NO_FAILURE
    code: int = 0
    identical: int = 0
    slow_rounds: int = 0

    def after(self, options: RetryOptions, failure: Failure, *, token_suspect: bool = False) -> "Retries":
        """Count a failure; an attempt that never came to a code leaves the codes in a row as they are."""
        identical, code = self.identical, self.code
        if failure.code:
            identical, code = self.identical + 1 if failure.code == self.code else 1, failure.code
        act = failure.policy.act_at(max(identical, 1), token_suspect=token_suspect)
        if act is CloseAct.STOP and options.after_server_close == "retry":
            act = CloseAct.BACKOFF
        counted = evolve(self, attempts=self.attempts + 1, act=act, last=failure, code=code, identical=identical)
        grows = self.is_slow(options) and counted.is_slow(options)
        return evolve(counted, slow_rounds=self.slow_rounds + 1 if grows else 0)

    def left(self, options: RetryOptions) -> bool:
        """Tell whether the fast phase has an attempt left."""
        return self.attempts <= options.attempts_max

    def is_slow(self, options: RetryOptions) -> bool:
        """Tell whether the next wait is one of the slow tier: the server asked for it, or the fast phase is over."""
        return self.act is CloseAct.SLOW or not self.left(options)

    def fast_delay(self, options: RetryOptions, paid_seconds: float = 0.0) -> Jitter:
        """The next delay of the fast phase, by the kind of backoff that is set.

        The first after a server that went away is drawn from the wider spread (RFC 6455, 7.2.3), or as wide as its
        hint. `paid_seconds` is the delay before this one.
        """
        doublings = max(self.attempts - 1, 0)
        drawn = backoff(
            options.kind,
            Growth(options.base_seconds, options.cap_seconds, options.floor_seconds, doublings, paid_seconds),
        )
        if not self.last.policy.spread or self.attempts > 1:
            return drawn
        widest = max(options.spread_seconds, self.last.hint_seconds, drawn.high_seconds)
        return Jitter(options.floor_seconds, max(options.floor_seconds, min(widest, options.cap_seconds)))

    def slow_delay(self, options: RetryOptions) -> Jitter:
        """30 s and a quarter of jitter above, doubling to 5 min; a hold does not grow; the server's hint goes first."""
        grown = options.slow_seconds * 2.0 ** min(self.slow_rounds, DOUBLINGS_MAX)
        low = options.hold_seconds if self.act is CloseAct.HOLD else min(grown, options.slow_cap_seconds)
        low = max(low, self.last.hint_seconds)
        return Jitter(low, low * (1 + options.slow_jitter))
