from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.policy.close_codes import CLOSE_POLICIES, HTTP_POLICIES
from machines.policy.error_codes import ERROR_POLICIES, ErrorCode
from machines.policy.user_messages import (
    REFRESH_FAILED,
    UNKNOWN_MESSAGE,
    USER_MESSAGES,
    UserMessage,
    user_message,
)

# Typed from the seed. AUTHENTICATION_FAILED differs in its title alone (seed defect 28).
SEED = {
    "INSUFFICIENT_PERMISSIONS": (
        "Access Denied",
        "You no longer have permission to edit this document.",
        "Request Access",
    ),
    "DOCUMENT_LOCKED": (
        "Document Locked",
        "This document is temporarily unavailable. Please try again shortly.",
        "Retry",
    ),
    "RATE_LIMIT_EXCEEDED": ("Slow Down", "You're making changes too quickly. Please wait a moment.", None),
    "CONNECTION_FAILED": ("Connection Lost", "Unable to connect to the server. Retrying...", "Retry Now"),
    "INTERNAL_ERROR": (
        "Something Went Wrong",
        "An unexpected error occurred. Our team has been notified.",
        "Reload",
    ),
}

CLOSES = (CLOSE_POLICIES, HTTP_POLICIES)
REASONS = {
    "exhausted",  # lifecycles section 2: given up after 24 h
    *(policy.reason for table in CLOSES for policy in (table.unknown, *(span.policy for span in table.spans))),
    *(row.terminal_reason for row in ERROR_POLICIES.rows),
} - {""}
WAITS = {
    "circuit_breaker",
    "hidden",
    "maintenance",
    "offline",
    "rate_limited",
    "read_only",
    "reauth",
    "storm",
    "unavailable",
}
"""What a session waits for, or keeps operations for; see `status`."""
ALL = {**USER_MESSAGES, "(unknown)": UNKNOWN_MESSAGE}
JARGON = re.compile(
    r"web ?socket|socket|token|jwt|exception|protocol|handshake|http|tls|frame|payload|json|null|undefined|"
    r"timed? ?out|timeout|circuit|breaker|backoff|storm|heartbeat|retry-after|stack|invalid|operation|"
    r"conflict|authenticat|[0-9_{}]",
    re.IGNORECASE,
)


@pytest.mark.parametrize("code", SEED)
def test_a_text_of_the_seed_stands_word_for_word(code):
    assert user_message(code) == UserMessage(*SEED[code])


def test_a_failed_login_does_not_claim_that_a_session_expired():
    text = user_message("AUTHENTICATION_FAILED")
    assert (text.message, text.action) == ("Please log in again to continue editing.", "Log In")
    assert "expired" not in f"{text.title} {text.message}".lower()
    assert user_message("TOKEN_EXPIRED").title == "Session Expired"


@pytest.mark.parametrize("code", [*ErrorCode, REFRESH_FAILED])
def test_every_error_code_has_a_text_of_its_own(code):
    assert code in USER_MESSAGES


def test_every_reason_to_end_has_a_text_and_every_text_a_use():
    assert set(USER_MESSAGES) == {*(code.value for code in ErrorCode), REFRESH_FAILED, *REASONS, *WAITS}


def test_only_an_internal_error_says_that_the_team_was_told():
    assert [code for code, text in ALL.items() if "team" in text.message] == ["INTERNAL_ERROR"]


@pytest.mark.parametrize("code", ALL)
def test_a_text_holds_no_technical_detail(code):
    text = ALL[code]
    words = f"{text.title} {text.message} {text.action or ''}"
    assert JARGON.search(words) is None


@pytest.mark.parametrize("code", ALL)
def test_a_text_is_a_short_title_and_a_whole_sentence(code):
    text = ALL[code]
    assert 0 < len(text.title) <= 30
    assert not text.title.endswith(".")
    assert text.message[0].isupper()
    assert text.message.endswith(".")
    assert text.action is None or 0 < len(text.action) <= 20


@given(st.text())
def test_every_string_has_a_text(code):
    assert isinstance(user_message(code), UserMessage)


@pytest.mark.parametrize("code", ["", "constructor", "__init__", "__class__", "toString", "get", "kicked ", "Kicked"])
def test_a_code_nobody_named_gets_the_unknown_text(code):
    assert user_message(code) is UNKNOWN_MESSAGE


def test_the_texts_cannot_be_changed():
    with pytest.raises(TypeError):
        USER_MESSAGES["kicked"] = UNKNOWN_MESSAGE  # pyright: ignore[reportIndexIssue]
