"""What a person reads when something goes wrong: a title, a sentence, perhaps one thing to do.

Keys are the 19 error codes and every reason that a machine of the session gives: for which a connection ends or waits,
a login is asked for, or an operation is kept, undone or given back. The six texts of the seed stand word for word, but
for the title of AUTHENTICATION_FAILED, which said that a session had expired where none had begun (seed defect 28).
No text promises where edits are kept: only the application knows.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import frozen

REFRESH_FAILED: Final = "refresh_failed"
"""The reason of a sign-in prompt after the token could not be refreshed; the seed made an error code of it."""

UNKNOWN: Final = "unknown"
"""The key under which a translation has the text for every code that has none."""


@frozen
class UserMessage:
    """One text for a person, without codes or technical words.

    `action` labels a button; None where there is nothing to do but wait or read.
    """

    title: str
    message: str
    action: str | None


Translate: TypeAlias = Callable[[str], UserMessage | None]
"""What finds a text in another language by its key, and gives None for a key without one: `FRENCH.get`."""

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
_LOGGED_OUT = UserMessage("Logged Out", "You were logged out. Please log in again to continue editing.", "Log In")
_UNDONE = UserMessage(
    "Change Not Saved", "Your last change couldn't be saved and was undone. The rest of your work goes on.", None
)
_LOST = UserMessage("Connection Lost", "We lost the connection to the server.", "Retry Now")

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
    "TOKEN_REVOKED": _LOGGED_OUT,
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

    "circuit_breaker": _UNAVAILABLE,
    "contention": _UNDONE,
    "deleted": _DELETED,
    "document_locked": _LOCKED,
    "ended": UserMessage("Connection Ended", "The server ended the connection.", "Reload"),
    "error_storm": UserMessage(
        "Connection Paused", "Too much went wrong in a short time, so we stopped trying.", "Retry Now"),
    "exhausted": UserMessage("Connection Lost", "We stopped trying to reconnect. Please try again.", "Retry Now"),
    "extension_required": _OUTDATED,
    "hidden": UserMessage("Paused", "We reconnect as soon as you are back.", None),
    "initial": UserMessage("Not Connected", "You are not connected yet.", "Connect"),
    "invalid_payload": _OUTDATED,
    "kicked": UserMessage("Removed From Document", "An administrator removed you from this document.", None),
    "maintenance": _MAINTENANCE,
    "not_found": _NOT_FOUND,
    "offline": UserMessage("No Connection", "You seem to be offline. We reconnect when you are back.", None),
    "permission_denied": _DENIED,
    "poison": _UNDONE,
    "policy_violation": UserMessage("Connection Refused", "The server ended the connection.", "Reload"),
    "protocol_error": _OUTDATED,
    "rate_limited": _SLOW_DOWN,
    "read_only": UserMessage("Read Only", "You may read this document, but not change it.", "Request Access"),
    "reauth": UserMessage("Login Needed", "Please log in to continue editing.", "Log In"),
    REFRESH_FAILED: _EXPIRED,
    "retries": _UNDONE,
    "revoked": _LOGGED_OUT,
    "server_closed": UserMessage("Disconnected", "The server ended the connection.", "Reconnect"),
    "storm": UserMessage(
        "Connection Paused", "Too much went wrong in a short time. Retrying in a moment...", None),
    "tls_failure": UserMessage(
        "No Secure Connection", "We couldn't connect securely. Please check your network.", "Retry Now"),
    "token_rejected": UserMessage("Login Not Accepted", "Please log in again to continue editing.", "Log In"),
    "unavailable": _UNAVAILABLE,
    "unknown_close": _LOST,
    "unknown_status": _LOST,
    "unsupported_data": _OUTDATED,
    "untransformable": UserMessage(
        "Change Set Aside", "Others changed the same place, so your last change could not be kept.", None),
    "upgrade_required": _OUTDATED,
    "user": UserMessage("Disconnected", "You are not connected.", "Connect"),
})
# fmt: on
"""Every text, by error code or reason."""


def user_message(code: str, translate: Translate | None = None) -> UserMessage:
    """The text for an error code or a reason, for every string.

    `translate` has the first word, for codes of a product's own too; then come the texts above. A code that neither
    knows gets the text for `UNKNOWN`, translated or in English. Whatever is translated into something else than a
    `UserMessage` counts as not translated, so no code, be it `__class__`, leads to anything but a text.
    """
    for key in (code, UNKNOWN):
        theirs = None if translate is None else translate(key)
        found = theirs if isinstance(theirs, UserMessage) else USER_MESSAGES.get(key)
        if found is not None:
            return found
    return UNKNOWN_MESSAGE
