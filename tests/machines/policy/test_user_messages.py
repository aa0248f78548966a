from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from machines.gates import Gate
from machines.policy.error_codes import ErrorCode
from machines.policy.user_messages import (
    UNKNOWN,
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

PURE = [
    path
    for path in sorted((Path(__file__).parents[3] / "machines").rglob("*.py"))
    if not {"client", "demo", "printed", "properties", "wire"} & set(path.parts)
]
NAMES = ("reason", "terminal_reason")


def words_in(node):
    """Give the texts that stand in an expression."""
    return {each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def reasons_given():
    """Collect the reasons that the machines give, from their source.

    A reason is a text in what is handed on under that name: to a parameter or a field so called, by its name or in its
    place; or in what a function returns that is called there.
    """
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in PURE]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    places = {name: [arg.arg for arg in node.args.args] for name, node in functions.items()}
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            places[node.name] = [each.target.id for each in node.body if isinstance(each, ast.AnnAssign)]
    found = set()
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        named = [each.value for each in call.keywords if each.arg in NAMES]
        placed = [each for each, name in zip(call.args, places.get(called, ()), strict=False) if name in NAMES]
        for handed in (*named, *placed):
            found |= words_in(handed)
            inner = {
                getattr(each.func, "attr", getattr(each.func, "id", ""))
                for each in ast.walk(handed)
                if isinstance(each, ast.Call)
            }
            for name in inner & functions.keys():
                returns = [each.value for each in ast.walk(functions[name]) if isinstance(each, ast.Return)]
                found |= set().union(*map(words_in, returns))
    return found - {""}


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


@pytest.mark.parametrize("code", ErrorCode)
def test_defect_66_every_error_code_has_a_text(code):
    """Six of nineteen were mapped; a revoked token, a deleted document and maintenance read as our own failure."""
    text = user_message(code)
    assert text is USER_MESSAGES[code]
    assert text.title != "Something Went Wrong" or code == "INTERNAL_ERROR"


def test_every_reason_that_a_machine_gives_has_a_text_and_every_text_a_use():
    assert set(USER_MESSAGES) == {*ErrorCode, *Gate, *reasons_given()}


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


HOSTILE = ["", "constructor", "__init__", "__class__", "toString", "get", "kicked ", "Kicked"]


@pytest.mark.parametrize("code", HOSTILE)
def test_defect_66_a_code_nobody_named_gets_the_unknown_text(code):
    """`errorMessages['constructor']` found what every object has."""
    assert user_message(code) is UNKNOWN_MESSAGE


FRENCH = {
    "kicked": UserMessage("Exclu du document", "Un administrateur vous a exclu de ce document.", None),
    "QUOTA_SPENT": UserMessage("Quota atteint", "Votre espace est plein.", "Agrandir"),
    UNKNOWN: UserMessage("Un problème est survenu", "Un problème inattendu est survenu.", "Recharger"),
}


def test_a_translation_has_the_first_word_by_the_same_key():
    assert user_message("kicked", FRENCH.get) is FRENCH["kicked"]
    assert user_message("QUOTA_SPENT", FRENCH.get) is FRENCH["QUOTA_SPENT"]


def test_what_is_not_translated_reads_as_it_does_untranslated():
    assert user_message("exhausted", FRENCH.get) is user_message("exhausted")
    assert user_message("exhausted", {}.get) is user_message("exhausted")


@pytest.mark.parametrize("code", HOSTILE)
def test_a_code_nobody_named_gets_the_unknown_text_of_the_translation(code):
    assert user_message(code, FRENCH.get) is FRENCH[UNKNOWN]
    assert user_message(code, {}.get) is UNKNOWN_MESSAGE


@pytest.mark.parametrize("code", [*HOSTILE, "kicked"])
def test_what_translates_into_something_else_than_a_text_is_not_shown(code):
    assert user_message(code, lambda key: getattr(FRENCH, key, None)) is user_message(code)
    assert user_message(code, lambda _: "Traceback (most recent call last)") is user_message(code)


def test_the_texts_cannot_be_changed():
    with pytest.raises(TypeError):
        USER_MESSAGES["kicked"] = UNKNOWN_MESSAGE  # pyright: ignore[reportIndexIssue]
