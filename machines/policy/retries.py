"""Retries: what a connection remembers of its failures, what the last one calls for, and how long it therefore waits.

Success is late-bound: nothing here is forgotten when a socket opens, only when a link has been stable. So a server
that accepts and then drops the link meets ever longer delays, and never more than ten attempts in the fast phase.
"""

from typing import ClassVar, Literal

from attrs import evolve, field, frozen

from machines.link import Blame
from machines.options import number, of_kind, one_of, refuse_less, seconds, whole
from machines.policy.backoff import DOUBLINGS_MAX, KINDS, Growth, Kind, backoff
from machines.policy.close_codes import CLOSE_POLICIES, HTTP_POLICIES, CloseAct, ClosePolicies
from machines.policy.failures import Failure, Loss, Policies
from statekit import Jitter


@frozen(cache_hash=True)
class RetryOptions:
    """How often and how soon to try again; times in seconds. Raises ValueError for a value that could never work.

    Attempts, base and cap are the seed's backoff; kind, floor, spread and the slow tier are ours.
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
    close_policies: ClosePolicies = field(default=CLOSE_POLICIES, validator=of_kind(ClosePolicies), repr=False)
    http_policies: ClosePolicies = field(default=HTTP_POLICIES, validator=of_kind(ClosePolicies), repr=False)

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

    `attempts` counts them, `identical` those in a row with a `code` whose policy sets a limit to that, `slow_rounds`
    the waits of the slow tier in a row: each as far as it makes a difference. `act` is what the last of them comes to,
    all these considered; `spread` is of its row, `blame` says which operation in flight may be its cause, and
    `hint_seconds` is what the server wished.
    """

    attempts: int = 0
    act: CloseAct = CloseAct.BACKOFF
    spread: bool = False
    blame: Blame | None = None
    hint_seconds: float = 0.0
    code: int = 0
    identical: int = 0
    slow_rounds: int = 0

    def after(self, options: RetryOptions, failure: Failure, *, token_suspect: bool = False) -> "Retries":
        """Count a failure; an attempt that never came to a code leaves the codes in a row as they are."""
        policy, code, identical = failure.policy, self.code, self.identical
        if failure.code and policy.tolerated is None:
            code, identical = 0, 0
        elif failure.code:
            again = self.identical if failure.code == self.code else 0
            code, identical = failure.code, min(again, policy.tolerated or 0) + 1
        act = policy.act_at(max(identical, 1), token_suspect=token_suspect)
        if act is CloseAct.STOP and options.after_server_close == "retry":
            act = CloseAct.BACKOFF
        attempts = min(self.attempts, max(options.attempts_max, 1)) + 1
        hint = failure.hint_seconds
        counted = Retries(attempts, act, policy.spread, failure.blame, hint, code, identical, self.slow_rounds)
        if not counted.is_slow(options):
            return evolve(counted, slow_rounds=0)
        capped = self.slow_rounds > 0 and self.grown_seconds(options) >= options.slow_cap_seconds
        return counted if capped else evolve(counted, slow_rounds=self.slow_rounds + 1)

    def greeted(self) -> "Retries":
        """The server said hello: the failure before is counted, but is no part of this link."""
        return evolve(self, act=CloseAct.BACKOFF, spread=False, blame=None, hint_seconds=0.0)

    def left(self, options: RetryOptions) -> bool:
        """Tell whether the fast phase has an attempt left."""
        return self.attempts <= options.attempts_max

    def is_slow(self, options: RetryOptions) -> bool:
        """Tell whether the next wait is one of the slow tier: the server asked for it, or the fast phase is over."""
        return self.act is CloseAct.SLOW or not self.left(options)

    def grown_seconds(self, options: RetryOptions) -> float:
        """How long the slow tier would wait if it had no cap: 30 s, doubled with every round but the first."""
        return options.slow_seconds * 2.0 ** min(max(self.slow_rounds - 1, 0), DOUBLINGS_MAX)

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
        if not self.spread or self.attempts > 1:
            return drawn
        widest = max(options.spread_seconds, self.hint_seconds, drawn.high_seconds)
        return Jitter(options.floor_seconds, max(options.floor_seconds, min(widest, options.cap_seconds)))

    def slow_delay(self, options: RetryOptions) -> Jitter:
        """30 s and a quarter of jitter above, doubling to 5 min; a hold does not grow; the server's hint goes first."""
        grown = min(self.grown_seconds(options), options.slow_cap_seconds)
        low = options.hold_seconds if self.act is CloseAct.HOLD else grown
        low = max(low, self.hint_seconds)
        return Jitter(low, low * (1 + options.slow_jitter))
