"""Options: what is given counts, zero included; what could only stop progress is refused, by name and range."""

import inspect
import math
import pkgutil
from importlib import import_module

import pytest
from attrs import fields, fields_dict, has

import machines
import statekit.transports
from machines import (
    auth_refresh,
    circuit_breaker,
    conflict_recovery,
    connection,
    error_storm,
    heartbeat,
    hold,
    rate_limit,
    session,
)
from machines.demo.server import ServerOptions
from machines.options import option
from machines.policy.close_codes import CLOSE_POLICIES, ClosePolicies
from machines.policy.error_codes import ErrorPolicy, Route
from machines.policy.retries import RetryOptions
from machines.policy.window import WindowOptions
from statekit.transports.dial_options import DialOptions
from statekit.transports.websockets import WebSocketTransport

POSITIVE, ANY_TIME = "a finite number of seconds above 0", "a finite number of seconds of at least 0"
SHARE, FACTOR = "a finite number above 0 and at most 1", "a finite number of at least 0"
NATURAL, COUNT = "a whole number of at least 1", "a whole number of at least 0"
TWICE = "a whole number of at least 2"

OR_NONE = ", or None"

# Every number that an application may set, with its range as the refusal words it.
RANGES = {
    connection.Options: {
        **dict.fromkeys(("dial_seconds", "hello_seconds", "close_seconds", "drain_seconds"), POSITIVE),
        "resumes_max": COUNT,
        "stable_seconds": ANY_TIME,
        "instant_rest_seconds": ANY_TIME,
        "wake_rest_seconds": ANY_TIME,
        "give_up_seconds": POSITIVE,
    },
    RetryOptions: {
        "attempts_max": COUNT,
        "base_seconds": POSITIVE,
        "cap_seconds": POSITIVE,
        "floor_seconds": ANY_TIME,
        "spread_seconds": ANY_TIME,
        "slow_seconds": POSITIVE,
        "slow_cap_seconds": POSITIVE,
        "slow_jitter": FACTOR,
        "hold_seconds": POSITIVE,
    },
    auth_refresh.Options: {
        "failures_max": NATURAL,
        "rejections_max": NATURAL,
        "refresh_seconds": POSITIVE,
        "retry_seconds": POSITIVE,
        "retry_jitter": FACTOR,
        "slow_retry_seconds": POSITIVE,
        "probe_seconds": POSITIVE,
        "rest_seconds": ANY_TIME,
        "lead_fraction": SHARE,
        "lead_min_seconds": ANY_TIME,
        "lead_max_seconds": ANY_TIME,
    },
    circuit_breaker.Options: {
        "failures_max": NATURAL,
        "reset_seconds": POSITIVE,
        "reset_growth": "a finite number of at least 1",
        "reset_cap_seconds": POSITIVE,
        "reset_jitter": FACTOR,
        "lease_seconds": POSITIVE,
        "probes": NATURAL,
        "successes_min": NATURAL,
    },
    WindowOptions: {"calls_max": NATURAL, "calls_min": NATURAL, "failed_share": SHARE, "slow_share": SHARE},
    heartbeat.Options: {"ping_seconds": POSITIVE, "pong_seconds": POSITIVE},
    hold.Options: {
        "maintenance_seconds": POSITIVE,
        "unavailable_seconds": POSITIVE,
        "cap_seconds": POSITIVE,
        "lock_seconds": POSITIVE,
        "locks_max": COUNT,
        "floor_seconds": POSITIVE,
    },
    error_storm.Options: {
        "window_seconds": POSITIVE,
        "errors_max": NATURAL,
        "repeat_seconds": ANY_TIME,
        "cooldown_seconds": POSITIVE,
        "cooldown_cap_seconds": POSITIVE,
        "probation_seconds": ANY_TIME,
        "trips_max": NATURAL,
        "trips_window_seconds": POSITIVE,
    },
    conflict_recovery.Options: {
        **dict.fromkeys(("ack_seconds", "sync_seconds", "sync_wait_seconds", "sync_wait_cap_seconds"), POSITIVE),
        **dict.fromkeys(("syncs_max", "compose_max", "queue_max"), NATURAL),
        "breaks_max": TWICE,
        **dict.fromkeys(("retries_max", "rounds_max"), COUNT),
    },
    rate_limit.Options: {
        "rate_per_second": NATURAL,
        "reserve": "a finite number of at least 0 and at most 0.9",
        "climb_seconds": POSITIVE,
        "limit_seconds": ANY_TIME,
        "limit_cap_seconds": POSITIVE,
        "limits_max": NATURAL,
        "queue_max": NATURAL,
    },
    session.Options: {},
    ServerOptions: {
        "scale": "a finite number above 0",
        "reach_operations": COUNT,
        "refresh_lead_seconds": f"{ANY_TIME}{OR_NONE}",
        "ping_every_seconds": f"{POSITIVE}{OR_NONE}",
        "restart_seconds": ANY_TIME,
        "refusal_seconds": ANY_TIME,
        "retry_hint_seconds": COUNT,
    },
    DialOptions: {
        "open_timeout_seconds": POSITIVE,
        "close_timeout_seconds": POSITIVE,
        "max_size_bytes": f"{NATURAL}{OR_NONE}",
    },
}
CHOICES = {
    RetryOptions: {
        "kind": "'full' or 'equal' or 'decorrelated' or 'additive' or 'none'",
        "after_exhaustion": "'suspend' or 'fail'",
        "after_server_close": "'stop' or 'retry'",
    },
    error_storm.Options: {"count_all": "True or False"},
}
# What holds options of its own, or a table of policies, and of which class.
HOLDS = {
    connection.Options: {"retry": "RetryOptions"},
    RetryOptions: {"close_policies": "ClosePolicies", "http_policies": "ClosePolicies"},
    circuit_breaker.Options: {"window": "WindowOptions, or None"},
    DialOptions: {"tls": "an ssl.SSLContext, or None"},
    session.Options: {
        "connection": "connection.Options",
        "heartbeat": "heartbeat.Options",
        "auth_refresh": "auth_refresh.Options",
        "circuit_breaker": "circuit_breaker.Options",
        "conflict_recovery": "conflict_recovery.Options",
        "rate_limit": "rate_limit.Options",
        "error_storm": "error_storm.Options",
        "hold": "hold.Options",
        "error_policies": "ErrorPolicies",
    },
}
# Free text, and the logger that the transport makes for itself.
FREE = {ServerOptions: {"document_id", "content", "others", "permissions"}, DialOptions: {"logger"}}
# Whose the options are, as the refusal says it.
WHOSE = {
    connection.Options: "connection",
    RetryOptions: "connection.retry",
    auth_refresh.Options: "auth_refresh",
    circuit_breaker.Options: "circuit_breaker",
    WindowOptions: "circuit_breaker.window",
    heartbeat.Options: "heartbeat",
    hold.Options: "hold",
    error_storm.Options: "error_storm",
    conflict_recovery.Options: "conflict_recovery",
    rate_limit.Options: "rate_limit",
    session.Options: "session",
    ServerOptions: "demo server",
    DialOptions: "",
}
# What an application makes them by, if it is not the class itself.
MADE_BY = {DialOptions: WebSocketTransport}
NUMBERS = [
    pytest.param(kind, name, says, id=f"{WHOSE[kind]}.{name}")
    for kind, ranges in RANGES.items()
    for name, says in ranges.items()
]
BAD = {
    POSITIVE: (0, 0.0, -0.5),
    ANY_TIME: (-0.5,),
    SHARE: (0, 0.0, 1.5),
    FACTOR: (-0.5,),
    NATURAL: (0, -1, 1.5, 2.0),
    TWICE: (1, 0, -1, 2.5),
    COUNT: (-1, 0.5),
    "a finite number above 0": (0, -1.0),
    "a finite number of at least 1": (0.99,),
    "a finite number of at least 0 and at most 0.9": (-0.1, 1),
}
NEVER = (math.nan, math.inf, -math.inf, True, False, None, "10", [1])


def shipped():
    """Give every class of options there is in the packages that an application or a demo sets anything of."""
    for package in (machines, statekit.transports):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            module = import_module(found.name)
            for name, kind in inspect.getmembers(module, inspect.isclass):
                if name.endswith("Options") and has(kind) and kind.__module__ == module.__name__:
                    yield kind


def refused(kind, name, value, says):
    """Tell that options are refused by whose they are, which it is, what it may be, and what it is not."""
    whose = f"{WHOSE[kind]}: " if WHOSE[kind] else ""
    with pytest.raises(ValueError, match="must be") as refusal:
        MADE_BY.get(kind, kind)(**{name: value})
    return str(refusal.value).startswith(f"{whose}{name} must be {says}, not ")


def test_everything_that_can_be_set_stands_in_a_table():
    """An option that is added is one more line above, or this fails."""
    kinds = set(shipped())
    assert kinds == RANGES.keys() == WHOSE.keys()
    for kind in kinds:
        told = [set(table.get(kind, ())) for table in (RANGES, CHOICES, HOLDS, FREE)]
        assert {each.name for each in fields(kind)} == set().union(*told), kind
        assert len(fields(kind)) == sum(map(len, told)), kind


@pytest.mark.parametrize(("kind", "name", "says"), NUMBERS)
def test_a_number_that_could_never_work_is_refused_by_name_and_range(kind, name, says):
    for value in (*BAD[says.removesuffix(OR_NONE)], *NEVER):
        if value is None and says.endswith(OR_NONE):
            assert MADE_BY.get(kind, kind)(**{name: None})
        else:
            assert refused(kind, name, value, says)


CHOSEN = [(kind, name, says) for kind, said in CHOICES.items() for name, says in said.items()]
HELD = [(kind, name, says) for kind, said in HOLDS.items() for name, says in said.items()]


@pytest.mark.parametrize(("kind", "name", "says"), CHOSEN)
def test_a_word_that_is_no_choice_is_refused_by_name_and_choice(kind, name, says):
    for value in ("", "no", "Full", None, 0, 1, [], 1.0):
        assert refused(kind, name, value, says)


@pytest.mark.parametrize(("kind", "name", "says"), HELD)
def test_what_is_no_such_options_is_refused_by_name_and_class(kind, name, says):
    wrong = 0, False, "", {}, heartbeat.Context(), heartbeat.Options, *(() if says.endswith("None") else (None,))
    for value in wrong:
        assert refused(kind, name, value, says)


@pytest.mark.parametrize(
    ("kind", "falsy"),
    [
        pytest.param(RetryOptions, {"attempts_max": 0, "floor_seconds": 0, "spread_seconds": 0.0}, id="defect-56"),
        (RetryOptions, {"slow_jitter": 0}),
        (connection.Options, {"stable_seconds": 0, "instant_rest_seconds": 0, "wake_rest_seconds": 0.0}),
        (auth_refresh.Options, {"rest_seconds": 0, "retry_jitter": 0, "lead_min_seconds": 0, "lead_max_seconds": 0}),
        (circuit_breaker.Options, {"reset_jitter": 0.0}),
        pytest.param(conflict_recovery.Options, {"retries_max": 0, "rounds_max": 0}, id="defect-1"),
        (error_storm.Options, {"repeat_seconds": 0, "probation_seconds": 0.0, "count_all": False}),
        (hold.Options, {"locks_max": 0}),
        (rate_limit.Options, {"limit_seconds": 0, "reserve": 0}),
    ],
)
def test_a_zero_that_means_something_is_honoured(kind, falsy):
    """`options.x || default` took every zero for a missing value."""
    options = kind(**falsy)
    assert {name: getattr(options, name) for name in falsy} == falsy


@pytest.mark.parametrize(
    ("kind", "wrong", "says"),
    [
        (
            RetryOptions,
            {"cap_seconds": 0.05},
            "connection.retry: cap_seconds must be at least floor_seconds, which is 0.1",
        ),
        (RetryOptions, {"slow_seconds": 600.0}, "slow_cap_seconds must be at least slow_seconds, which is 600.0"),
        (auth_refresh.Options, {"lead_max_seconds": 5.0}, "must be at least lead_min_seconds, which is 10.0, not 5.0"),
        (circuit_breaker.Options, {"reset_seconds": 700.0}, "reset_cap_seconds must be at least reset_seconds"),
        (error_storm.Options, {"cooldown_seconds": 400.0}, "cooldown_cap_seconds must be at least cooldown_seconds"),
        (hold.Options, {"maintenance_seconds": 400.0}, "hold: cap_seconds must be at least maintenance_seconds"),
        (hold.Options, {"unavailable_seconds": 400.0}, "hold: cap_seconds must be at least unavailable_seconds"),
        (
            conflict_recovery.Options,
            {"sync_wait_cap_seconds": 0.5},
            "conflict_recovery: sync_wait_cap_seconds must be at least sync_wait_seconds, which is 1.0, not 0.5",
        ),
        (
            WindowOptions,
            {"calls_max": 10},
            "circuit_breaker.window: calls_max must be at least calls_min, which is 20, not 10",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(kind, wrong, says):
    with pytest.raises(ValueError, match=says):
        kind(**wrong)


def test_an_option_read_as_a_delay_bears_its_own_name():
    delay = option(heartbeat.Options, "pong_seconds")
    assert (delay.__name__, delay(heartbeat.Context(heartbeat.Options(pong_seconds=3.0)))) == ("pong_seconds", 3.0)
    with pytest.raises(KeyError, match="pong_second"):
        option(heartbeat.Options, "pong_second")


def test_every_time_and_size_bears_its_unit_in_its_name():
    for kind, ranges in RANGES.items():
        for name, says in ranges.items():
            whole_seconds = name == "retry_hint_seconds"  # as the wire's header has it
            assert name.endswith("_seconds") == ("seconds" in says or whole_seconds), f"{kind.__module__}.{name}"
            assert "size" not in name or name.endswith("_bytes")
        assert set(ranges) <= set(fields_dict(kind))


@pytest.mark.parametrize("column", ["storm_weight", "weight_added_while_limited"])
def test_what_an_error_weighs_is_no_less_than_nothing(column):
    for value in (-1, 0.5, True, None):
        with pytest.raises(ValueError, match=f"{column} must be a whole number of at least 0, not {value!r}"):
            ErrorPolicy(**{"code": "NEW", "route": Route.REPORT, "storm_weight": 1} | {column: value})


def test_a_product_s_own_table_of_policies_is_one():
    options = RetryOptions(close_policies=CLOSE_POLICIES.overlay({}))
    assert isinstance(options.close_policies, ClosePolicies)
