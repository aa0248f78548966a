"""A world: a part of everything that can happen around a session, small enough to be explored; see `worlds`."""

from typing import Final

from attrs import evolve, field, frozen

from machines import auth_refresh, circuit_breaker, connection, error_storm, heartbeat, hold, rate_limit
from machines.auth_refresh import AUTH_REFRESH
from machines.circuit_breaker import CIRCUIT_BREAKER
from machines.connection import CONNECTION
from machines.error_storm import ERROR_STORM
from machines.heartbeat import HEARTBEAT
from machines.hold import HOLD
from machines.policy import router
from machines.policy.close_codes import CLOSE_POLICIES, ClosePolicies
from machines.policy.error_codes import ERROR_POLICIES, ErrorCode, ErrorPolicies, ErrorPolicy
from machines.policy.retries import RetryOptions
from machines.policy.router import ROUTER
from machines.properties import pipeline
from machines.properties.pipeline import NAMES, PIPELINE
from machines.rate_limit import RATE_LIMIT


@frozen
class World:
    """What happens around a session: which errors its server reports, what else comes, and how soon bounds are reached.

    Everything is bounded by `often` times, as retries are, or failures; `storms` errors are forgiven, or none weighs
    anything; so many `locks` in a row are waited for. With `gives_up` the last attempt of the fast phase is the last of
    all (the seed's stop). With `at_once` a peer that fell silent is dialled again without a pause, as it is by the
    shipped policies. What an operation is called tells it from the one before if there are two `names`.
    """

    errors: tuple[ErrorCode, ...]
    events: tuple[object, ...]
    often: int = field(default=1, kw_only=True)
    gives_up: bool = field(default=False, kw_only=True)
    at_once: bool = field(default=False, kw_only=True)
    storms: int = field(default=0, kw_only=True)
    locks: int = field(default=0, kw_only=True)
    names: tuple[str, ...] = field(default=NAMES[:1], kw_only=True)

    @property
    def policies(self) -> ErrorPolicies:
        """The rows of the errors that its server reports; nobody is told of another."""
        rows = tuple(row for row in ERROR_POLICIES.rows if row.code in self.errors)
        known = evolve(ERROR_POLICIES, rows=rows)
        return known if self.storms else _weightless(known)

    @property
    def closes(self) -> ClosePolicies:
        """The close policies: no first delay is spread, as how long it is matters to no state."""
        away, lost = (evolve(CLOSE_POLICIES.row(code), spread=False) for code in (1001, 1006))
        silent = CLOSE_POLICIES.row(4000) if self.at_once else lost
        locked = evolve(CLOSE_POLICIES.row(4003), tolerated=None, reason="")
        return CLOSE_POLICIES.overlay({1001: away, 1006: lost, 4000: silent, 4003: locked})

    @property
    def contexts(self) -> dict[str, object]:
        """The first contexts of the members whose options differ from their own."""
        often, storms = self.often, max(self.storms, 1)
        retry = evolve(RETRY, attempts_max=often, close_policies=self.closes)
        retry = evolve(retry, after_exhaustion="fail") if self.gives_up else retry
        return {
            CONNECTION.name: connection.Context(connection.Options(retry, resumes_max=0), reason="initial"),
            HEARTBEAT.name: heartbeat.Context(pings=1),
            AUTH_REFRESH.name: auth_refresh.Context(
                auth_refresh.Options(failures_max=often, rejections_max=often, retry_jitter=0.0)
            ),
            CIRCUIT_BREAKER.name: circuit_breaker.Context(circuit_breaker.Options(failures_max=often)),
            ERROR_STORM.name: error_storm.Context(
                error_storm.Options(errors_max=storms, trips_max=2, cooldown_cap_seconds=30.0)
            ),
            HOLD.name: hold.Context(
                hold.Options(maintenance_seconds=60, unavailable_seconds=60, cap_seconds=60, locks_max=self.locks)
            ),
            RATE_LIMIT.name: rate_limit.Context(rate_limit.Options(rate_per_second=1, limits_max=1, queue_max=1)),
            PIPELINE.name: pipeline.Context(names=self.names),
            ROUTER.name: router.Context(self.policies),
        }


def _weightless(policies: ErrorPolicies) -> ErrorPolicies:
    """Give the policies where no error counts towards a storm."""

    def light(row: ErrorPolicy) -> ErrorPolicy:
        return evolve(row, storm_weight=0, weight_added_while_limited=0)

    rows = tuple(map(light, policies.rows))
    return ErrorPolicies(rows, light(policies.unknown_recoverable), light(policies.unknown_final))


RETRY: Final = RetryOptions(
    kind="none",
    base_seconds=1.0,
    cap_seconds=1.0,
    floor_seconds=1.0,
    spread_seconds=1.0,
    slow_seconds=1.0,
    slow_cap_seconds=1.0,
    slow_jitter=0.0,
    hold_seconds=1.0,
)
"""Every delay is a second: how long they are matters to no state."""
