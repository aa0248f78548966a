"""Defects: what is wrong in the seed's samples, by numbers, and where ours is shown right.

A test bears its numbers in its name, as `defect_7`, or in the id of a case, as `defect-55`, so `pytest -k` finds it in
the files named here; several numbers may share one. What the seed misses whole (67) is shown by the tests of what was
built instead.
"""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent
COUNT = 67
NUMBER = re.compile(r"defect[_-](\d+)")

DEFECTS = {
    #   what the seed does                                                    shown right in
    1: ("`maxRetries || 5` makes 0 impossible, and nobody reads it",      "test_conflict_recovery_tries",
                                                                          "test_options"),
    2: ("the eleventh error throws, since `emit` does not exist",         "test_session_errors"),
    3: ("a listener replaces the one before it, and the policy",          "test_session_errors", "client/test_news"),
    4: ("the storm check swallows a terminal error",                      "test_session_errors"),
    5: ("30 errors close the link 20 times",                              "test_error_storm"),
    6: ("the window outlives the storm",                                  "test_error_storm"),
    7: ("4999 is an unknown code to the seed itself",                     "test_session_errors"),
    8: ("normal editing counts towards a storm",                          "test_error_storm"),
    9: ("a frame without `data` throws",                                  "test_connection_said"),
    10: ("the flag routes, not the code",                                 "test_router"),
    11: ("twelve of nineteen codes have no branch",                       "test_router"),
    12: ("the retry of an operation does not exist, and is blind",        "test_conflict_recovery_objections"),
    13: ("one conflict is handled twice",                                 "test_conflict_recovery_objections"),
    14: ("it sends over a link that is not open",                         "test_conflict_recovery"),
    15: ("an error names no operation",                                   "test_conflict_recovery_objections"),
    16: ("`retry_ready` reaches nobody, and its timer outlives the link", "test_conflict_recovery_questions"),
    17: ("the window goes by the wall clock",                             "test_error_storm"),
    18: ("two refusals start two refreshes and two reconnects",           "test_auth_refresh_refusals"),
    19: ("a refused fresh token is refreshed for ever",                   "test_auth_refresh_refusals"),
    20: ("any success resets the shared counter",                         "test_auth_refresh_failures"),
    21: ("the first failed refresh throws",                               "test_auth_refresh_failures"),
    22: ("three seconds offline log the user out",                        "test_auth_refresh_failures"),
    23: ("a login leaves the counter as it is",                           "test_auth_refresh_logins"),
    24: ("a refresh has no timeout",                                      "test_auth_refresh_failures"),
    25: ("the redirect to the login discards pending operations",         "test_session_tokens"),
    26: ("a refresh that returns after a logout reconnects",              "test_auth_refresh_logins"),
    27: ("REFRESH_FAILED is a twentieth, undocumented code",              "test_auth_refresh_failures"),
    28: ("a first failed login reads as an expired session",              "test_auth_refresh_failures"),
    29: ("a sync timeout leaves its listener behind",                     "test_conflict_recovery_questions"),
    30: ("a late answer satisfies the next question",                     "test_conflict_recovery_questions"),
    31: ("a sync timeout is unhandled, and not tried again",              "test_conflict_recovery_questions"),
    32: ("three conflicts send nine times",                               "test_conflict_recovery_objections"),
    33: ("pending operations are not transformed past each other",        "test_conflict_recovery_questions"),
    34: ("all pending operations are sent at once, with one base",        "test_conflict_recovery"),
    35: ("what was applied is sent again",                                "test_conflict_recovery_questions"),
    36: ("edits during the sync race its answer",                         "test_conflict_recovery", "test_replica"),
    37: ("`details` is optional and destructured",                        "test_router"),
    38: ("there is no way out of what cannot be transformed",             "test_conflict_recovery_tries",
                                                                          "test_replica"),
    39: ("it waits five seconds on a dead socket",                        "test_conflict_recovery_questions"),
    40: ("a shorter limit ends a longer one",                             "test_rate_limit"),
    41: ("a backlog leaves in one tick",                                  "test_rate_limit"),
    42: ("the limited operation is lost",                                 "test_rate_limit",
                                                                          "test_conflict_recovery_turns"),
    43: ("`true` means that nothing was queued, and nobody sends it",     "test_session_limits"),
    44: ("0 becomes a second, and '30' is concatenated",                  "test_rate_limit"),
    45: ("the queue is unbounded",                                        "test_rate_limit"),
    46: ("the unit of `retry_after` is not said",                         "test_rate_limit"),
    47: ("documented codes are unhandled, and reconnect for ever",        "test_connection_closes"),
    48: ("a remote 1000 is a silent death",                               "test_connection_closes"),
    49: ("4000 reconnects at once, unbounded",                            "test_connection_closes"),
    50: ("4003 brings everybody back after exactly 30 s",                 "test_connection_closes"),
    51: ("4002 leaves operations and intent undefined",                   "test_connection_closes"),
    52: ("an error and its close both schedule a dial",                   "test_connection_gates"),
    53: ("a locked document has three reactions",                         "test_session_operations"),
    54: ("`jitter || true` is always true",                               "policy/test_backoff"),
    55: ("the jitter exceeds the cap, and spreads over a second only",    "policy/test_backoff"),
    56: ("`maxAttempts` is not enforced, and cannot be 0",                "test_connection", "test_options"),
    57: ("when the backoff is reset is undefined",                        "test_connection"),
    58: ("after ten attempts there is nothing",                           "test_connection_dials"),
    59: ("each failure while open starts a timer",                        "test_circuit_breaker"),
    60: ("a late success closes an open breaker",                         "test_circuit_breaker"),
    61: ("a stale timer half-opens it again",                             "test_circuit_breaker"),
    62: ("half-open admits everybody",                                    "test_circuit_breaker"),
    63: ("half the calls may fail, and it never opens",                   "test_circuit_breaker_options"),
    64: ("what counts as a failure is undefined",                         "test_circuit_breaker_options"),
    65: ("the breaker is wired to nothing",                               "test_session_breaker"),
    66: ("six of nineteen codes have a text, and 'constructor' another",  "policy/test_user_messages"),
    67: ("what cannot come as a frame is expected as one",                "test_session_errors"),
}  # fmt: skip

MISSING_WHOLE = {
    "a heartbeat": ("test_heartbeat", "test_silence_is_asked_about_and_then_told"),
    "a resumed session": ("test_connection_said", "test_a_session_that_the_server_offers_to_resume_is_asked_for"),
    "an order of operations": ("test_conflict_recovery_questions", "test_a_gap_in_the_history_is_asked_about"),
    "an outbox that outlives the program": (
        "client/test_outbox",
        "test_a_later_client_takes_the_outbox_on_under_its_numbers",
    ),
    "a network that goes, a page that hides": (
        "test_session_holds",
        "test_nothing_is_dialled_without_a_network_or_a_viewer",
    ),
    "a user who disconnects": ("test_session_laws", "test_a_disconnect_leaves_nothing_that_could_dial_again"),
}
"""What the seed misses whole (67), by the test of what was built instead."""


def names_in(path):
    """Give the names of the tests of a file, and the ids of their cases."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name
        if isinstance(node, ast.keyword) and node.arg == "id" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


TESTS = {path.relative_to(HERE).with_suffix("").as_posix(): set(names_in(path)) for path in HERE.rglob("test_*.py")}


def numbered():
    """Map every number to the files that have a test or a case named after it."""
    found = defaultdict(set)
    for file, names in TESTS.items():
        for number in (int(each) for name in names for each in NUMBER.findall(name)):
            found[number].add(file)
    return found


def test_every_number_has_a_test_named_after_it_and_no_test_another_number():
    assert set(numbered()) == set(DEFECTS) == set(range(1, COUNT + 1))


@pytest.mark.parametrize("number", DEFECTS)
def test_the_table_names_the_files_that_show_it(number):
    _, *files = DEFECTS[number]
    assert set(files) == numbered()[number]


@pytest.mark.parametrize("what", MISSING_WHOLE)
def test_what_the_seed_misses_whole_is_there(what):
    file, name = MISSING_WHOLE[what]
    assert name in TESTS[file]
