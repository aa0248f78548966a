"""What a person reads when something goes wrong: a title, a sentence, perhaps one thing to do.

Keys are the 19 error codes, REFRESH_FAILED (a reason of this client, never on the wire) and the reasons for which a
connection ends or waits, or keeps operations. The six texts of the seed stand word for word, but for the title of
AUTHENTICATION_FAILED, which said that a session had expired where none had begun (seed defect 28).
No text promises where edits are kept: only the application knows.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

REFRESH_FAILED: Final = "REFRESH_FAILED"
"""The reason of a sign-in prompt after the token could not be refreshed."""


@frozen
class UserMessage:
    """One text for a person, without codes or technical words.

    `action` labels a button; None where there is nothing to do but wait or read.
    """

    title: str
    message: str
    action: str | None


UNKNOWN_MESSAGE: Final = UserMessage("Something Went Wrong", "An unexpected problem occurred.", "Reload")
"""The text for every code that has none; it claims no team that was told (seed defect 66)."""

_EXPIRED = UserMessage("Session Expired", "Please log in again to continue editing.", "Log In")
_DENIED = UserMessage("Access Denied", "You no longer have permission to edit this document.", "Request Access")
_LOCKED = UserMessage("Document Locked", "This document is temporarily unavailable. Please try again shortly.", "Retry")
_NOT_FOUND = UserMessage(
    "Document Not Found", "We couldn't find this document. Please check the link you followed.", None
)
_DELETED = UserMessage("Document Deleted", "This document was deleted and can no longer be edited.", None)
_OUTDATED = UserMessage(
    "Update Needed",
    "This version of the app and our service don't understand each other. Please reload.",
    "Reload",
)
_SLOW_DOWN = UserMessage("Slow Down", "You're making changes too quickly. Please wait a moment.", None)
_UNAVAILABLE = UserMessage(
    "Temporarily Unavailable", "We can't save changes right now. Retrying shortly...", "Retry Now"
)
_MAINTENANCE = UserMessage("Maintenance", "We're making improvements. Editing resumes when we're done.", None)
_UNREACHABLE = UserMessage("Connection Lost", "We stopped trying to reconnect. Please try again.", "Retry Now")

# fmt: off
USER_MESSAGES: Final[Mapping[str, UserMessage]] = MappingProxyType({
    "CONNECTION_FAILED": UserMessage(
        "Connection Lost", "Unable to connect to the server. Retrying...", "Retry Now"),
    "CONNECTION_TIMEOUT": UserMessage(
        "Connection Lost", "The server is taking too long to answer. Retrying...", "Retry Now"),
    "CONNECTION_LIMIT_EXCEEDED": UserMessage(
        "Too Many Open Windows", "Please close this document in another window or device.", "Retry"),
    "PROTOCOL_ERROR": _OUTDATED,
    "AUTHENTICATION_FAILED": UserMessage(
        "Login Needed", "Please log in again to continue editing.", "Log In"),
    "TOKEN_EXPIRED": _EXPIRED,
    "TOKEN_REVOKED": UserMessage(
        "Logged Out", "You were logged out. Please log in again to continue editing.", "Log In"),
    "INSUFFICIENT_PERMISSIONS": _DENIED,
    "DOCUMENT_NOT_FOUND": _NOT_FOUND,
    "DOCUMENT_LOCKED": _LOCKED,
    "DOCUMENT_DELETED": _DELETED,
    "VERSION_CONFLICT": UserMessage(
        "Catching Up", "Others edited this document too. We're bringing your changes together.", None),
    "INVALID_OPERATION": UserMessage(
        "Change Not Saved", "Your last change couldn't be applied and was undone.", None),
    "OPERATION_REJECTED": UserMessage(
        "Change Not Accepted", "Your last change wasn't accepted and was undone.", None),
    "OPERATION_TIMEOUT": UserMessage(
        "Still Saving", "Saving your change takes longer than usual. Retrying...", None),
    "RATE_LIMIT_EXCEEDED": _SLOW_DOWN,
    "INTERNAL_ERROR": UserMessage(
        "Something Went Wrong", "An unexpected error occurred. Our team has been notified.", "Reload"),
    "SERVICE_UNAVAILABLE": _UNAVAILABLE,
    "MAINTENANCE_MODE": _MAINTENANCE,
    REFRESH_FAILED: _EXPIRED,

    "circuit_breaker": _UNAVAILABLE,
    "deleted": _DELETED,
    "document_locked": _LOCKED,
    "error_storm": UserMessage(
        "Connection Paused", "Too much went wrong in a short time, so we stopped trying.", "Retry Now"),
    "exhausted": _UNREACHABLE,
    "extension_required": _OUTDATED,
    "hidden": UserMessage("Paused", "We reconnect as soon as you are back.", None),
    "invalid_payload": _OUTDATED,
    "kicked": UserMessage("Removed From Document", "An administrator removed you from this document.", None),
    "maintenance": _MAINTENANCE,
    "not_found": _NOT_FOUND,
    "offline": UserMessage("No Connection", "You seem to be offline. We reconnect when you are back.", None),
    "permission_denied": _DENIED,
    "policy_violation": UserMessage("Connection Refused", "The server ended the connection.", "Reload"),
    "protocol_error": _OUTDATED,
    "rate_limited": _SLOW_DOWN,
    "read_only": UserMessage("Read Only", "You may read this document, but not change it.", "Request Access"),
    "reauth": _EXPIRED,
    "server_closed": UserMessage("Disconnected", "The server ended the connection.", "Reconnect"),
    "storm": UserMessage(
        "Connection Paused", "Too much went wrong in a short time. Retrying in a moment...", None),
    "tls_failure": UserMessage(
        "No Secure Connection", "We couldn't connect securely. Please check your network.", "Retry Now"),
    "unavailable": _UNAVAILABLE,
    "unknown_close": _UNREACHABLE,
    "unknown_status": _UNREACHABLE,
    "unsupported_data": _OUTDATED,
    "upgrade_required": _OUTDATED,
})
# fmt: on
"""Every text, by error code or terminal reason."""


def user_message(code: str) -> UserMessage:
    """The text for an error code or a terminal reason, for every string."""
    return USER_MESSAGES.get(code, UNKNOWN_MESSAGE)
