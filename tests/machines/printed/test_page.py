"""The printed tables: every row of the guide is there, beside what a session was seen to do."""

from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve

from machines.circuit_breaker import Options as CircuitBreakerOptions
from machines.connection import Options as ConnectionOptions
from machines.error_storm import Options as ErrorStormOptions
from machines.policy.close_codes import CLOSE_POLICIES, CloseAct, ClosePolicy, OurClose, PermitResult
from machines.policy.error_codes import ERROR_POLICIES, ErrorCode, ErrorPolicy, Route
from machines.policy.retries import RetryOptions
from machines.policy.window import WindowOptions
from machines.printed import observed, seed
from machines.printed.closes import OURS, closes, statuses
from machines.printed.errors import cases, errors, weights
from machines.printed.numbers import numbers, settings
from machines.printed.page import POLICIES, policies_of
from machines.printed.texts import code_texts
from machines.session import SESSION, Options
from statekit.draw.tables import markdown_of

SHIPPED = Options()
README = Path(__file__).parents[3] / "diagrams" / "README.md"


def column(table, head):
    """Map the first cell of every row, its first line alone, to the cell under a head; the first of a name counts."""
    place = table.heads.index(head)
    return {row[0].splitlines()[0].strip("`"): row[place] for row in reversed(table.rows)}


def test_the_committed_page_holds_these_tables():
    assert markdown_of(POLICIES, level=3).rstrip() in README.read_text(encoding="utf-8")


def test_every_close_code_of_the_guide_has_its_line_with_the_guide_s_words():
    guide = column(closes(SHIPPED), "The guide")
    for code, words in seed.CLOSES.items():
        assert all(word in guide[str(code)] for word in words)
    assert [each for each in guide.values() if each != "—"] == [guide[str(code)] for code in reversed(seed.CLOSES)]


@pytest.mark.parametrize("table", [errors(SHIPPED), weights(SHIPPED), code_texts()], ids=lambda table: table.title)
def test_every_error_code_has_its_line(table):
    assert list(dict.fromkeys(row[0].splitlines()[0].strip("`") for row in table.rows))[:19] == list(ErrorCode)
    assert Counter(row[0] for row in table.rows).most_common(1)[0][1] == 1


def test_the_guide_s_words_stand_beside_every_error_code():
    guide = column(errors(SHIPPED), "The guide")
    assert {code: guide[code] for code in ErrorCode} == {code: ": ".join(seed.ERRORS[code]) for code in ErrorCode}


def test_five_of_the_guide_s_six_texts_are_ours_and_the_sixth_is_shown():
    guide = column(code_texts(), "The guide")
    told = {code: said for code, said in guide.items() if said != "—"}
    assert told.pop("AUTHENTICATION_FAILED") == "Session Expired: Please log in again to continue editing."
    assert told == dict.fromkeys(seed.MESSAGES.keys() - {"AUTHENTICATION_FAILED"}, "the same")


def in_our_units(words):
    """Read a number of the guide: milliseconds become seconds."""
    number, _, unit = words.partition(" ")
    return float(number) / 1000 if unit.startswith("ms") else float(number)


def test_every_number_of_the_guide_is_the_default_beside_it():
    ours = {each.path: each.value for each in settings(SHIPPED)}
    assert seed.NUMBERS.keys() <= ours.keys()
    kept = {path: words for path, (words, _) in seed.NUMBERS.items() if words[0].isdigit()}
    assert {path: ours[path] for path in kept} == {path: in_our_units(words) for path, words in kept.items()}
    # What is not kept: the jitter that exceeded its cap, the stop after ten attempts, the count of what is no error.
    differing = {path: ours[path] for path in seed.NUMBERS.keys() - kept.keys()}
    assert differing == {
        "connection.retry.kind": "full",
        "connection.retry.after_exhaustion": "suspend",
        "connection.retry.after_server_close": "stop",
        "circuit_breaker.probes": 1,
        "error_storm.count_all": False,
    }


@pytest.mark.parametrize("case", list(cases(SHIPPED)), ids=lambda case: case.name.replace("\n", " "))
def test_every_row_becomes_an_event_that_a_machine_of_the_session_answers(case):
    """Section 11: every row names an existing machine event; but for what this client makes, and what is only told."""
    known = {
        f"{member.name.replace('_', ' ')}: `{event.__name__}`"
        for member in SESSION.members
        for event in member.folded.events
        if isinstance(event, type)
    }
    assert set(case.seen.told) <= known
    assert bool(case.seen.told) == (case.policy.route not in (Route.LOCAL, Route.REPORT))


def test_the_session_reports_to_the_breaker_what_the_row_says():
    said = column(closes(SHIPPED), "Breaker")
    for span in CLOSE_POLICIES.spans:
        neutral = span.policy.breaker is PermitResult.NEUTRAL
        assert said[f"{span.first}" if span.first == span.last else f"{span.first}`–`{span.last}"] == (
            "neutral" if neutral else "fail"
        )


def test_authentication_permission_limits_and_documents_never_count_against_the_service():
    """B7."""
    failing = {case.policy.code for case in cases(SHIPPED) if case.seen.breaker == "fail"}
    assert failing == {"CONNECTION_FAILED", "CONNECTION_TIMEOUT", "INTERNAL_ERROR", "SERVICE_UNAVAILABLE"}


@pytest.mark.parametrize("code", [1000, 1001, 1006, 1011, 4000, 4001, 4002, 4003, 4004, 4999])
def test_what_the_guide_wants_of_a_close_is_what_is_seen(code):
    seen = observed.closed(code, SHIPPED)
    wanted = {
        1000: "stops",
        1001: "dials in 0.1–5 s",
        1006: "dials in 0.1–5 s",
        1011: "dials in 0.1–1 s",
        4000: "dials at once",
        4001: "refreshes the token",
        4002: "fails",
        4003: "dials in 30–37.5 s",
        4004: "fails",
        4999: "dials in 30–37.5 s",
    }
    assert seen.link == wanted[code]
    assert seen.operations == ("given back" if seen.link == "fails" else "kept")


def test_every_code_that_we_send_is_listed_with_its_reason():
    assert list(OURS) == list(OurClose)


# ----------------------------------------------------------------------------------------------------------- products
BANNED = ClosePolicy("Banned", CloseAct.TERMINAL, PermitResult.NEUTRAL, reason="banned")
QUOTA = ErrorPolicy("QUOTA_SPENT", Route.AUTH_REVOKED, 0)
PRODUCT = evolve(
    SHIPPED,
    connection=ConnectionOptions(
        RetryOptions(base_seconds=2.0, close_policies=CLOSE_POLICIES.overlay({4100: BANNED, range(4200, 4300): BANNED}))
    ),
    circuit_breaker=CircuitBreakerOptions(window=WindowOptions(calls_max=50)),
    error_storm=ErrorStormOptions(count_all=True),
    error_policies=ERROR_POLICIES.overlay([QUOTA]),
)


def test_a_product_s_rows_are_printed_in_their_place():
    link, shown = column(closes(PRODUCT), "The link"), column(closes(PRODUCT), "Shown as")
    assert (link["4100"], shown["4200`–`4299"]) == ("fails", "failed (banned)")
    assert link["1011"] == "dials in 0.1–2 s"
    assert column(errors(PRODUCT), "Shut gate")["QUOTA_SPENT"] == "reauth"
    assert column(errors(PRODUCT), "The guide")["QUOTA_SPENT"] == "—"


def test_a_product_s_numbers_are_printed_as_they_are_set():
    ours, shipped = column(numbers(PRODUCT), "Set to"), column(numbers(SHIPPED), "Set to")
    assert {path: value for path, value in ours.items() if value != shipped[path]} == {
        "connection.retry.base_seconds": "2",
        "circuit_breaker.window.calls_max": "50",
        "error_storm.count_all": "True",
    }
    assert shipped["circuit_breaker.window"] == "not set"
    assert "circuit_breaker.window" not in ours


def test_a_table_that_names_every_code_has_no_line_for_others():
    every = evolve(PRODUCT.connection.retry, close_policies=CLOSE_POLICIES.overlay({range(0x10000): BANNED}))
    table = closes(evolve(PRODUCT, connection=ConnectionOptions(every)))
    assert [row[0] for row in table.rows] == ["`0`–`65535`\nBanned"]


def test_what_nobody_named_is_the_last_line():
    assert closes(SHIPPED).rows[-1][0] == "any other\nUnknown"
    assert statuses(SHIPPED).rows[-1][0] == "any other\nUnknown Status"


def test_the_tables_of_a_product_are_those_of_the_page():
    assert [each.title for each in policies_of(PRODUCT).tables] == [each.title for each in POLICIES.tables]
