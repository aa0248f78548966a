from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from machines.policy.close_codes import CLOSE_POLICIES
from machines.policy.error_codes import (
    ERROR_POLICIES,
    UNKNOWN_FINAL,
    UNKNOWN_RECOVERABLE,
    ErrorCode,
    ErrorPolicies,
    ErrorPolicy,
    Route,
    Wait,
    contradicts,
    error_policy,
)

# Typed by hand: code, route, the other columns that most rows share.
SPEC = [
    # code                         route                  W  reason          closes flag
    ("CONNECTION_FAILED", Route.LOCAL, 0, "", False, True),
    ("CONNECTION_TIMEOUT", Route.LOCAL, 0, "", False, True),
    ("CONNECTION_LIMIT_EXCEEDED", Route.CONNECTION_SLOW, 0, "", False, True),
    ("PROTOCOL_ERROR", Route.CONNECTION_BROKEN, 1, "protocol_error", False, None),
    ("AUTHENTICATION_FAILED", Route.AUTH_REJECTED, 0, "", False, None),
    ("TOKEN_EXPIRED", Route.AUTH_REJECTED, 0, "", False, None),
    ("TOKEN_REVOKED", Route.AUTH_REVOKED, 0, "", True, False),
    ("INSUFFICIENT_PERMISSIONS", Route.OPERATION_REJECTED, 1, "permission_denied", False, False),
    ("DOCUMENT_NOT_FOUND", Route.DOCUMENT_HALTED, 0, "not_found", False, False),
    ("DOCUMENT_LOCKED", Route.HELD, 0, "document_locked", False, True),
    ("DOCUMENT_DELETED", Route.DOCUMENT_HALTED, 0, "deleted", True, False),
    ("VERSION_CONFLICT", Route.CONFLICT, 0, "", False, True),
    ("INVALID_OPERATION", Route.OPERATION_REJECTED, 1, "", False, False),
    ("OPERATION_REJECTED", Route.OPERATION_REJECTED, 1, "", False, False),
    ("OPERATION_TIMEOUT", Route.OPERATION_RETRY, 1, "", False, True),
    ("RATE_LIMIT_EXCEEDED", Route.RATE_LIMITED, 0, "", False, True),
    ("INTERNAL_ERROR", Route.OPERATION_RETRY, 1, "", False, True),
    ("SERVICE_UNAVAILABLE", Route.HELD, 1, "", False, True),
    ("MAINTENANCE_MODE", Route.HELD, 0, "", False, True),
]

# What only some rows say; every row not named here says nothing in these columns.
RARE = {
    "waits_for": {
        "DOCUMENT_LOCKED": Wait.LOCK,
        "SERVICE_UNAVAILABLE": Wait.UNAVAILABLE,
        "MAINTENANCE_MODE": Wait.MAINTENANCE,
    },
    "follows_close": {"PROTOCOL_ERROR": 1002, "INTERNAL_ERROR": 1011},
    "weight_added_while_limited": {"RATE_LIMIT_EXCEEDED": 1},
    "route_when_accepted": {"AUTHENTICATION_FAILED": Route.AUTH_REVOKED},
    "read_only": {"INSUFFICIENT_PERMISSIONS": True},
    "blames_service": {"INTERNAL_ERROR": True, "SERVICE_UNAVAILABLE": True},
}

PRODUCT = ErrorPolicy("QUOTA_SPENT", Route.REPORT, 0)


@pytest.mark.parametrize("row", SPEC, ids=[row[0] for row in SPEC])
@pytest.mark.parametrize("recoverable", [True, False])
def test_an_error_code_has_the_row_of_the_specification_whatever_its_flag(row, recoverable):
    code, route, weight, reason, closes, flag = row
    policy = error_policy(code, recoverable)
    assert policy.code == code
    assert (policy.route, policy.storm_weight) == (route, weight)
    assert (policy.terminal_reason, policy.closes) == (reason, closes)
    assert policy.recoverable is flag


@pytest.mark.parametrize("column", RARE)
def test_a_column_that_few_rows_use_is_filled_in_exactly_those(column):
    filled = {str(row.code): getattr(row, column) for row in ERROR_POLICIES.rows if getattr(row, column)}
    assert filled == RARE[column]


def test_there_are_the_nineteen_codes_each_with_one_row():
    assert [row[0] for row in SPEC] == [code.value for code in ErrorCode]
    assert [row.code for row in ERROR_POLICIES.rows] == list(ErrorCode)
    assert len(ErrorCode) == 19


def test_a_code_with_two_meanings_is_told_apart_by_the_operation_it_names():
    named = {code: error_policy(code, False).route_for(names_operation=True) for code in ErrorCode}
    unnamed = {code: error_policy(code, False).route_for(names_operation=False) for code in ErrorCode}
    assert {code: (named[code], unnamed[code]) for code in ErrorCode if named[code] is not unnamed[code]} == {
        ErrorCode.INSUFFICIENT_PERMISSIONS: (Route.OPERATION_REJECTED, Route.CONNECTION_TERMINAL),
        ErrorCode.INTERNAL_ERROR: (Route.OPERATION_RETRY, Route.CONNECTION_BROKEN),
    }


def test_only_a_failed_authentication_asks_whether_the_token_was_ever_accepted():
    for operation in (True, False):
        routes = {
            code: error_policy(code, False).route_for(names_operation=operation, token_accepted=True)
            for code in ErrorCode
        }
        differing = {
            code: route
            for code, route in routes.items()
            if route is not error_policy(code, False).route_for(names_operation=operation)
        }
        assert differing == {ErrorCode.AUTHENTICATION_FAILED: Route.AUTH_REVOKED}


@pytest.mark.parametrize("code", RARE["follows_close"])
def test_a_close_policy_that_a_row_follows_says_the_same_as_the_row(code):
    row = error_policy(code, False)
    assert row.follows_close is not None
    close = CLOSE_POLICIES.row(row.follows_close)
    assert close.reason == row.terminal_reason


@given(st.text(), st.booleans())
def test_every_string_has_a_row(code, recoverable):
    policy = error_policy(code, recoverable)
    if code not in set(ErrorCode):
        assert policy is (UNKNOWN_RECOVERABLE if recoverable else UNKNOWN_FINAL)


@pytest.mark.parametrize("code", ["", "UNKNOWN", "constructor", "__init__", "token_expired", "TOKEN_EXPIRED "])
def test_a_code_nobody_named_is_never_fatal_to_the_link(code):
    retried, reported = error_policy(code, True), error_policy(code, False)
    assert (retried.route, retried.storm_weight) == (Route.OPERATION_RETRY, 1)
    assert (reported.route, reported.storm_weight) == (Route.REPORT, 1)
    assert not retried.closes
    assert not reported.closes


@pytest.mark.parametrize(
    ("code", "recoverable", "disagrees"),
    [
        ("DOCUMENT_DELETED", True, True),
        ("DOCUMENT_DELETED", False, False),
        ("VERSION_CONFLICT", False, True),
        ("VERSION_CONFLICT", True, False),
        ("TOKEN_EXPIRED", True, False),
        ("TOKEN_EXPIRED", False, False),
        ("NEVER_HEARD_OF", True, False),
        ("NEVER_HEARD_OF", False, False),
    ],
)
def test_a_flag_that_disagrees_with_its_row_is_visible(code, recoverable, disagrees):
    assert contradicts(code, recoverable) is disagrees


def test_a_product_row_wins_over_ours_and_the_rest_stays():
    ours = error_policy("DOCUMENT_LOCKED", True)
    locked = evolve(ours, storm_weight=2)
    table = ERROR_POLICIES.overlay([locked, PRODUCT])
    assert table.row("DOCUMENT_LOCKED", recoverable=True) is locked
    assert table.row("QUOTA_SPENT", recoverable=True) is PRODUCT
    assert table.row("DOCUMENT_DELETED", recoverable=True) is error_policy("DOCUMENT_DELETED", True)
    assert len(table.rows) == 20
    assert error_policy("DOCUMENT_LOCKED", True) is ours


def test_a_code_with_two_rows_is_refused():
    with pytest.raises(ValueError, match="QUOTA_SPENT"):
        ErrorPolicies((PRODUCT, PRODUCT), UNKNOWN_RECOVERABLE, UNKNOWN_FINAL)
    with pytest.raises(ValueError, match="QUOTA_SPENT"):
        ERROR_POLICIES.overlay([PRODUCT, PRODUCT])


@pytest.mark.parametrize(
    ("route", "lacking"),
    [
        (Route.CONNECTION_TERMINAL, "terminal_reason"),
        (Route.DOCUMENT_HALTED, "terminal_reason"),
        (Route.CONNECTION_BROKEN, "follows_close"),
        (Route.HELD, "waits_for"),
    ],
)
def test_a_row_without_what_its_route_needs_is_refused(route, lacking):
    with pytest.raises(ValueError, match=f"needs {lacking}"):
        ErrorPolicy("ODD", route, 0)
    with pytest.raises(ValueError, match=f"needs {lacking}"):
        ErrorPolicy("ODD", Route.REPORT, 0, route_without_operation=route)


def test_the_tables_are_values():
    assert hash(ERROR_POLICIES) == hash(ERROR_POLICIES.overlay([]))
    assert ERROR_POLICIES.overlay([]) == ERROR_POLICIES
    assert ERROR_POLICIES.overlay([PRODUCT]) != ERROR_POLICIES
