from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from machines.policy.close_codes import (
    CLOSE_POLICIES,
    HTTP_POLICIES,
    UNKNOWN_CLOSE,
    UNKNOWN_STATUS,
    CloseAct,
    ClosePolicies,
    ClosePolicy,
    CloseSpan,
    OurClose,
    PermitResult,
)

ACTS = {
    "R": CloseAct.BACKOFF,
    "F": CloseAct.AT_ONCE,
    "S": CloseAct.SLOW,
    "A": CloseAct.REFRESH,
    "H": CloseAct.HOLD,
    "X": CloseAct.TERMINAL,
    "-": CloseAct.STOP,
}
BREAKER = {"f": PermitResult.FAIL, "n": PermitResult.NEUTRAL, "f!s": PermitResult.FAIL_UNLESS_STABLE}

# Typed by hand. `X at`: the identical close that is terminal, 0 for never.
# Flags: s spread, q quarantine, t about a suspect token.
SPEC = [
    # code  act  Br     Sess X at flags reason
    (1000, "-", "n", "d", 0, "", "server_closed"),
    (1001, "R", "n", "k", 0, "s", ""),
    (1002, "R", "n", "d", 2, "q", "protocol_error"),
    (1003, "R", "n", "d", 2, "q", "unsupported_data"),
    (1004, "R", "n", "d", 3, "", "unknown_close"),
    (1005, "R", "f!s", "k", 0, "", ""),
    (1006, "R", "f!s", "k", 0, "s", ""),
    (1007, "R", "n", "d", 3, "q", "invalid_payload"),
    (1008, "X", "n", "d", 1, "t", "policy_violation"),
    (1009, "R", "n", "k", 0, "q", ""),
    (1010, "X", "n", "d", 1, "", "extension_required"),
    (1011, "R", "f", "k", 0, "", ""),
    (1012, "R", "n", "k", 0, "s", ""),
    (1013, "S", "f", "k", 0, "", ""),
    (1014, "R", "f", "k", 0, "", ""),
    (1015, "R", "f", "k", 4, "", "tls_failure"),
    (1016, "R", "n", "d", 3, "", "unknown_close"),
    (2999, "R", "n", "d", 3, "", "unknown_close"),
    (3000, "A", "n", "k", 0, "", ""),
    (3001, "R", "n", "d", 3, "", "unknown_close"),
    (3003, "X", "n", "d", 1, "", "permission_denied"),
    (3008, "R", "f", "k", 0, "", ""),
    (4000, "F", "f!s", "k", 0, "", ""),
    (4001, "A", "n", "k", 0, "", ""),
    (4002, "X", "n", "d", 1, "", "permission_denied"),
    (4003, "H", "n", "k", 11, "", "document_locked"),
    (4004, "X", "n", "d", 1, "", "kicked"),
    (4005, "R", "n", "d", 3, "", "unknown_close"),
    (4998, "R", "n", "d", 3, "", "unknown_close"),
    (4999, "S", "n", "k", 3, "", "error_storm"),
]

# The statuses that refuse a handshake.
HTTP_SPEC = [
    (401, "A", "n", "k", 0, "", ""),
    (403, "A", "n", "d", 2, "", "permission_denied"),
    (404, "X", "n", "d", 1, "", "not_found"),
    (408, "R", "f", "k", 0, "", ""),
    (423, "H", "n", "k", 11, "", "document_locked"),
    (426, "X", "n", "d", 1, "", "upgrade_required"),
    (429, "S", "n", "k", 0, "", ""),
    (500, "R", "f", "k", 0, "", ""),
    (503, "R", "f", "k", 0, "", ""),
    (599, "R", "f", "k", 0, "", ""),
]

PRODUCT = ClosePolicy("Product", CloseAct.TERMINAL, PermitResult.NEUTRAL, reason="product")


def says(policy: ClosePolicy) -> tuple[object, ...]:
    flags = "s" * policy.spread + "q" * policy.quarantines + "t" * policy.refresh_if_suspect
    ends_at = next((n for n in range(1, 50) if policy.act_at(n) is CloseAct.TERMINAL), 0)
    return policy.act, policy.breaker, policy.keeps_session, ends_at, flags, policy.reason


def meant(act, breaker, session, ends_at, flags, reason) -> tuple[object, ...]:
    return ACTS[act], BREAKER[breaker], session == "k", ends_at, flags, reason


@pytest.mark.parametrize(("code", "columns"), [(row[0], row[1:]) for row in SPEC])
def test_a_close_code_has_the_row_of_the_specification(code, columns):
    assert says(CLOSE_POLICIES.row(code)) == meant(*columns)


@pytest.mark.parametrize(("status", "columns"), [(row[0], row[1:]) for row in HTTP_SPEC])
def test_a_handshake_status_has_the_row_of_the_specification(status, columns):
    assert says(HTTP_POLICIES.row(status)) == meant(*columns)


def test_no_close_code_has_a_row_the_specification_does_not_name():
    reserved = set(range(1016, 3000))
    named = {code for span in CLOSE_POLICIES.spans for code in range(span.first, span.last + 1)}
    from_spec = {code for code, *_, reason in SPEC if reason != "unknown_close"}
    assert named == from_spec | reserved | {1004}


def test_no_status_has_a_row_the_specification_does_not_name():
    named = {code for span in HTTP_POLICIES.spans for code in range(span.first, span.last + 1)}
    assert named == {401, 403, 404, 408, 423, 426, 429, *range(500, 600)}


def test_every_close_code_of_a_frame_has_a_row():
    assert all(isinstance(CLOSE_POLICIES.row(code), ClosePolicy) for code in range(0x10000))


@given(st.integers())
def test_every_int_at_all_has_a_row(code):
    assert isinstance(CLOSE_POLICIES.row(code), ClosePolicy)
    assert isinstance(HTTP_POLICIES.row(code), ClosePolicy)


@given(st.integers(max_value=999) | st.integers(4005, 4998) | st.integers(min_value=5000))
def test_a_close_code_nobody_named_has_the_unknown_row(code):
    assert CLOSE_POLICIES.row(code) is UNKNOWN_CLOSE


@pytest.mark.parametrize("status", [-1, 0, 200, 302, 400, 418, 499, 600, 10**9])
def test_a_status_nobody_named_is_a_failed_dial(status):
    assert HTTP_POLICIES.row(status) is UNKNOWN_STATUS
    assert UNKNOWN_STATUS.breaker is PermitResult.FAIL


@given(st.integers(0, 0xFFFF), st.integers(1, 50), st.booleans())
def test_once_terminal_a_row_stays_terminal(code, identical, suspect):
    policy = CLOSE_POLICIES.row(code)
    if policy.act_at(identical, token_suspect=suspect) is CloseAct.TERMINAL:
        assert policy.act_at(identical + 1, token_suspect=suspect) is CloseAct.TERMINAL


def test_a_policy_close_refreshes_only_a_suspect_token():
    assert CLOSE_POLICIES.row(1008).act_at(1, token_suspect=True) is CloseAct.REFRESH
    assert CLOSE_POLICIES.row(1008).act_at(1, token_suspect=False) is CloseAct.TERMINAL
    assert CLOSE_POLICIES.row(4002).act_at(1, token_suspect=True) is CloseAct.TERMINAL


def test_a_forbidden_handshake_is_refreshed_once():
    assert [HTTP_POLICIES.row(403).act_at(n) for n in (1, 2)] == [CloseAct.REFRESH, CloseAct.TERMINAL]


def test_authentication_and_permission_never_open_the_breaker():
    closes = [CLOSE_POLICIES.row(code) for code in (1008, 3000, 3003, 4001, 4002, 4003, 4004)]
    statuses = [HTTP_POLICIES.row(status) for status in (401, 403, 429)]
    assert {policy.breaker for policy in (*closes, *statuses)} == {PermitResult.NEUTRAL}


def test_a_close_that_ends_the_connection_keeps_no_session():
    ending = [span.policy for span in CLOSE_POLICIES.spans if span.policy.ends_at_once]
    assert ending
    assert not any(policy.keeps_session for policy in ending)


def test_the_codes_we_send_are_codes_an_endpoint_may_send():
    assert {name: int(code) for name, code in OurClose.__members__.items()} == {
        "DONE": 1000,
        "GOING_AWAY": 1001,
        "BAD_FRAME": 1002,
        "TOO_BIG": 1009,
        "PEER_SILENT": 4000,
        "TOKEN_REJECTED": 4001,
        "STORM": 4999,
    }
    assert not set(OurClose) & {1004, 1005, 1006, 1015}


def test_a_product_row_wins_over_ours_and_the_rest_stays():
    table = CLOSE_POLICIES.overlay({4004: PRODUCT, 4100: PRODUCT})
    assert table.row(4004) is PRODUCT
    assert table.row(4100) is PRODUCT
    assert [table.row(code) for code in (4003, 4101)] == [CLOSE_POLICIES.row(4003), UNKNOWN_CLOSE]
    assert CLOSE_POLICIES.row(4004).reason == "kicked"


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_an_overlaid_range_changes_its_own_codes_and_no_other(one, other, code):
    codes = range(min(one, other), max(one, other) + 1)
    expected = PRODUCT if code in codes else CLOSE_POLICIES.row(code)
    assert CLOSE_POLICIES.overlay({codes: PRODUCT}).row(code) == expected


def test_a_single_code_wins_over_a_range_in_either_order():
    whole = evolve(PRODUCT, name="Whole range")
    for rows in ({4150: PRODUCT, range(4100, 4200): whole}, {range(4100, 4200): whole, 4150: PRODUCT}):
        table = CLOSE_POLICIES.overlay(rows)
        assert [table.row(code) for code in (4149, 4150, 4151)] == [whole, PRODUCT, whole]


@pytest.mark.parametrize("key", [-1, 65536, range(5, 5), range(65000, 70000), range(-2, 3)])
def test_a_row_over_no_code_or_an_impossible_code_is_refused(key):
    with pytest.raises(ValueError, match="codes are 0 to 65535"):
        CLOSE_POLICIES.overlay({key: PRODUCT})


def test_the_same_rows_make_the_same_table():
    again = CLOSE_POLICIES.overlay({4004: CLOSE_POLICIES.row(4004)})
    assert again == CLOSE_POLICIES
    assert hash(again) == hash(CLOSE_POLICIES)
    assert CLOSE_POLICIES.overlay({4004: PRODUCT}) != CLOSE_POLICIES


def test_the_merged_table_shows_neighbours_with_one_row_as_one_span():
    spans = CLOSE_POLICIES.overlay({4100: PRODUCT, range(4101, 4200): PRODUCT}).spans
    assert CloseSpan(4100, 4199, PRODUCT) in spans
    assert [span.first for span in spans] == sorted(span.first for span in spans)


def test_spans_that_overlap_are_refused():
    with pytest.raises(ValueError, match="starts before"):
        ClosePolicies(UNKNOWN_CLOSE, (CloseSpan(1, 5, PRODUCT), CloseSpan(5, 6, PRODUCT)))


@pytest.mark.parametrize(("first", "last"), [(5, 4), (-1, 4), (0, 65536)])
def test_a_span_that_holds_no_code_or_an_impossible_one_is_refused(first, last):
    with pytest.raises(ValueError, match="within 0 to 65535"):
        CloseSpan(first, last, PRODUCT)


@pytest.mark.parametrize(
    ("act", "extra", "problem"),
    [
        (CloseAct.TERMINAL, {}, "gives no reason"),
        (CloseAct.STOP, {}, "gives no reason"),
        (CloseAct.BACKOFF, {"tolerated": 1}, "gives no reason"),
        (CloseAct.BACKOFF, {"reason": "why"}, "never ends"),
        (CloseAct.BACKOFF, {"tolerated": 0, "reason": "why"}, "at least 1"),
        (CloseAct.TERMINAL, {"tolerated": 2, "reason": "why"}, "left out on one that ends"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(act, extra, problem):
    with pytest.raises(ValueError, match=problem):
        ClosePolicy("Odd", act, PermitResult.NEUTRAL, **extra)


def test_a_row_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        UNKNOWN_CLOSE.reason = "other"  # pyright: ignore[reportAttributeAccessIssue]


def test_the_policy_tables_load_no_event_loop():
    code = (
        "import sys; before = set(sys.modules)\n"
        "import machines.policy.close_codes, machines.policy.error_codes, machines.policy.user_messages\n"
        "print(sorted({'anyio', 'asyncio', 'trio'} & (set(sys.modules) - before)))"
    )
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, check=False, text=True, timeout=60
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
