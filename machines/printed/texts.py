"""Texts: what a person reads, for every error code and every reason."""

from machines.policy.error_codes import ErrorCode
from machines.policy.user_messages import UNKNOWN, UNKNOWN_MESSAGE, USER_MESSAGES, UserMessage
from machines.printed import seed
from statekit.draw.tables import Table


def code_texts() -> Table:
    """List the texts of the error codes."""
    rows = tuple((*_row(code, USER_MESSAGES[code]), _guide(code)) for code in ErrorCode)
    text = (
        "What `user_message(code)` gives; a translation goes first. The guide has six texts, and the last for all else."
    )
    return Table("User messages", text, ("Code", "Title", "Message", "Action", "The guide"), rows)


def reason_texts() -> Table:
    """List the texts of the reasons that machines give."""
    reasons = {key: text for key, text in USER_MESSAGES.items() if key not in ErrorCode.__members__}
    rows = tuple(_row(key, text) for key, text in {**reasons, UNKNOWN: UNKNOWN_MESSAGE}.items())
    text = (
        "What `user_message(reason)` gives for the reason of a status, of a login prompt or of an operation's end; the "
        "last stands for every key that has no text."
    )
    return Table("User messages for the client's own reasons", text, ("Reason", "Title", "Message", "Action"), rows)


def _row(key: str, text: UserMessage) -> tuple[str, str, str, str]:
    return f"`{key}`", text.title, text.message, text.action or "—"


def _guide(code: ErrorCode) -> str:
    if code not in seed.MESSAGES:
        return "—"
    theirs = UserMessage(*seed.MESSAGES[code])
    return "the same" if theirs == USER_MESSAGES[code] else f"{theirs.title}: {theirs.message}"
