"""The seed: every row that the published guide "WebSocket Error Handling" 2.0 has, as it has it.

It is the contract that the session keeps where it can, so it stands here as data, and is printed beside what the
session does. Its sample code contradicts its tables here and there; what is ours instead says so in the same line.
"""

from collections.abc import Mapping
from typing import Final

from machines.policy.error_codes import ErrorCode

CLOSES: Final[Mapping[int, tuple[str, str, str]]] = {
    # code: name, description, what its sample does
    1000: ("Normal Closure", "Clean close", "no action"),
    1001: ("Going Away", "Navigation or server shutdown", "reconnect"),
    1002: ("Protocol Error", "Protocol violation", "warn, reconnect"),
    1003: ("Unsupported Data", "Unexpected data type", "warn, reconnect"),
    1006: ("Abnormal Closure", "No close frame received", "reconnect"),
    1011: ("Internal Error", "Server error", "warn, reconnect"),
    4000: ("Heartbeat Timeout", "No pong received", "reconnect immediately"),
    4001: ("Auth Expired", "Token expired", "refresh token first"),
    4002: ("Permission Denied", "Lost access", "notify user"),
    4003: ("Document Locked", "Document unavailable", "show status, try again in 30 s"),
    4004: ("Kicked", "Removed by admin", "don't reconnect"),
    4999: ("Error Storm", "Too many errors", "warn, reconnect"),
}
"""The twelve close codes of its two tables; what its sample does not name it warns of, and reconnects."""

ERRORS: Final[Mapping[ErrorCode, tuple[str, str]]] = {
    # code: description, recovery
    ErrorCode.CONNECTION_FAILED: ("Failed to establish connection", "Retry with backoff"),
    ErrorCode.CONNECTION_TIMEOUT: ("Connection timed out", "Retry with backoff"),
    ErrorCode.CONNECTION_LIMIT_EXCEEDED: ("Max connections reached", "Wait or close other connections"),
    ErrorCode.PROTOCOL_ERROR: ("Invalid WebSocket protocol", "Check client implementation"),
    ErrorCode.AUTHENTICATION_FAILED: ("Invalid or missing token", "Re-authenticate"),
    ErrorCode.TOKEN_EXPIRED: ("JWT token has expired", "Refresh token"),
    ErrorCode.TOKEN_REVOKED: ("Token was revoked", "Re-authenticate"),
    ErrorCode.INSUFFICIENT_PERMISSIONS: ("User lacks required access", "Contact admin"),
    ErrorCode.DOCUMENT_NOT_FOUND: ("Document doesn't exist", "Verify document ID"),
    ErrorCode.DOCUMENT_LOCKED: ("Document is locked", "Wait and retry"),
    ErrorCode.DOCUMENT_DELETED: ("Document was deleted", "Close connection"),
    ErrorCode.VERSION_CONFLICT: ("Operation version mismatch", "Request sync"),
    ErrorCode.INVALID_OPERATION: ("Malformed operation", "Fix operation data"),
    ErrorCode.OPERATION_REJECTED: ("Server rejected operation", "Check permissions"),
    ErrorCode.OPERATION_TIMEOUT: ("Operation timed out", "Retry operation"),
    ErrorCode.RATE_LIMIT_EXCEEDED: ("Too many operations", "Wait and retry"),
    ErrorCode.INTERNAL_ERROR: ("Server error", "Retry with backoff"),
    ErrorCode.SERVICE_UNAVAILABLE: ("Service temporarily down", "Retry later"),
    ErrorCode.MAINTENANCE_MODE: ("Server in maintenance", "Wait for service"),
}
"""The nineteen error codes."""

MESSAGES: Final[Mapping[ErrorCode, tuple[str, str, str | None]]] = {
    # code: title, message, action
    ErrorCode.AUTHENTICATION_FAILED: ("Session Expired", "Please log in again to continue editing.", "Log In"),
    ErrorCode.INSUFFICIENT_PERMISSIONS: (
        "Access Denied",
        "You no longer have permission to edit this document.",
        "Request Access",
    ),
    ErrorCode.DOCUMENT_LOCKED: (
        "Document Locked",
        "This document is temporarily unavailable. Please try again shortly.",
        "Retry",
    ),
    ErrorCode.RATE_LIMIT_EXCEEDED: ("Slow Down", "You're making changes too quickly. Please wait a moment.", None),
    ErrorCode.CONNECTION_FAILED: ("Connection Lost", "Unable to connect to the server. Retrying...", "Retry Now"),
    ErrorCode.INTERNAL_ERROR: (
        "Something Went Wrong",
        "An unexpected error occurred. Our team has been notified.",
        "Reload",
    ),
}
"""The six user messages; every other code has that of INTERNAL_ERROR."""

NUMBERS: Final[Mapping[str, tuple[str, str]]] = {
    # option: the seed's value, and where it stands
    "connection.retry.attempts_max": ("10", "BackoffStrategy maxAttempts"),
    "connection.retry.kind": ("additive, +0 to 1000 ms", "BackoffStrategy jitter"),
    "connection.retry.base_seconds": ("1000 ms", "BackoffStrategy baseDelay"),
    "connection.retry.cap_seconds": ("30000 ms", "BackoffStrategy maxDelay"),
    "connection.retry.hold_seconds": ("30000 ms", "close code 4003"),
    "connection.retry.after_exhaustion": ("fail", "BackoffStrategy shouldRetry"),
    "connection.retry.after_server_close": ("stop", "close code 1000"),
    "auth_refresh.failures_max": ("3", "AuthErrorHandler maxRefreshAttempts"),
    "auth_refresh.retry_seconds": ("1000 ms × attempts", "AuthErrorHandler attemptTokenRefresh"),
    "circuit_breaker.failures_max": ("5", "CircuitBreaker failureThreshold"),
    "circuit_breaker.reset_seconds": ("60000 ms", "CircuitBreaker resetTimeout"),
    "circuit_breaker.probes": ("one test request", "CircuitBreaker canExecute"),
    "conflict_recovery.sync_seconds": ("5000 ms", "ConflictRecoveryHandler requestSync"),
    "conflict_recovery.retries_max": ("5", "WebSocketErrorHandler maxRetries"),
    "rate_limit.limit_seconds": ("1000 ms", "RateLimitHandler retry_after"),
    "error_storm.window_seconds": ("60000 ms", "WebSocketErrorHandler errorWindow"),
    "error_storm.errors_max": ("10", "WebSocketErrorHandler isErrorStorm"),
    "error_storm.count_all": ("every code counts", "WebSocketErrorHandler trackError"),
    "hold.lock_seconds": ("30000 ms", "close code 4003"),
}
"""Every number that its samples have, by the session's option that it became."""
