"""Reports: what becomes of an error that the server reports, by the policy of its code.

The table of `router` says in which order; here is what each row asks of an error, and what it makes of it. A limit that
comes as a message of its own is one of them: it means the same as the error.
"""

from typing import TypeVar

from attrs import field, frozen

from machines.link import Blame
from machines.policy.error_codes import ERROR_POLICIES, ErrorCode, ErrorPolicies, ErrorPolicy, Route
from machines.policy.failures import HINT_MAX_SECONDS
from machines.policy.routed import (
    DocumentGone,
    ErrorReported,
    ErrorWeighed,
    LinkEnded,
    LinkFaulty,
    LinkUnwelcome,
    OperationBehind,
    OperationDenied,
    OperationFailed,
    OperationUnsure,
    PermissionsTold,
    RateLimitAsked,
    ServiceFaulty,
    WaitAsked,
)
from machines.wire.messages import URL_DOCUMENT, ErrorMessage, RateLimited

T = TypeVar("T")


# ---------------------------------------------------------------------------------------------------------- context
@frozen
class Context:
    """The error policies in force, over which a product lays its own rows, and whether the server has greeted."""

    policies: ErrorPolicies = field(default=ERROR_POLICIES, repr=False)
    greeted: bool = False


# ------------------------------------------------------------------------------------------------------------ guards
def _policy(context: Context, error: ErrorMessage) -> ErrorPolicy:
    return context.policies.row(error.error_code, recoverable=error.recoverable)


def _operation(error: ErrorMessage) -> str:
    named = None if error.details is None else error.details.get("message_id")
    return named if isinstance(named, str) else ""


def _route(context: Context, error: ErrorMessage) -> Route:
    policy, named = _policy(context, error), bool(_operation(error))
    return policy.route_for(names_operation=named, token_accepted=context.greeted)


def _seconds(milliseconds: float) -> float:
    # Cut before it is divided: JSON's integers have no bound, and a float of them has.
    return min(milliseconds, HINT_MAX_SECONDS * 1000) / 1000


def _hint_seconds(error: ErrorMessage) -> float | None:
    hint = None if error.details is None else error.details.get("retry_after")
    return _seconds(hint) if isinstance(hint, int | float) and not isinstance(hint, bool) and hint >= 0 else None


def refuses_token(context: Context, error: ErrorMessage) -> bool:
    """Is the token refused?"""
    return _route(context, error) is Route.AUTH_REJECTED


def revokes_token(context: Context, error: ErrorMessage) -> bool:
    """Is a refresh useless?"""
    return _route(context, error) is Route.AUTH_REVOKED


def ends_link(context: Context, error: ErrorMessage) -> bool:
    """Is a retry useless?"""
    return _route(context, error) is Route.CONNECTION_TERMINAL and not error.document_id


def is_unwelcome(context: Context, error: ErrorMessage) -> bool:
    """Shall we stay away for a while?"""
    return _route(context, error) is Route.CONNECTION_SLOW


def breaks_link(context: Context, error: ErrorMessage) -> bool:
    """Is the link itself at fault?"""
    return _route(context, error) is Route.CONNECTION_BROKEN


def ends_document(context: Context, error: ErrorMessage) -> bool:
    """Does the document take no operations any more? (What would end the link ends no more than one that is named.)"""
    return _route(context, error) in (Route.DOCUMENT_HALTED, Route.CONNECTION_TERMINAL)


def asks_to_wait(context: Context, error: ErrorMessage) -> bool:
    """Must operations wait?"""
    return _route(context, error) is Route.HELD


def limits_rate(context: Context, error: ErrorMessage) -> bool:
    """Did operations come too fast?"""
    return _route(context, error) is Route.RATE_LIMITED


def is_conflict(context: Context, error: ErrorMessage) -> bool:
    """Was the operation made against a version that the server cannot use?"""
    return _route(context, error) is Route.CONFLICT


def rejects_operation(context: Context, error: ErrorMessage) -> bool:
    """Is the operation refused for good?"""
    return _route(context, error) is Route.OPERATION_REJECTED


def leaves_unsure(context: Context, error: ErrorMessage) -> bool:
    """May the operation have been applied, or not?"""
    return _route(context, error) is Route.OPERATION_RETRY


def _given(column: T | None) -> T:
    if column is None:
        raise ValueError("a row whose route needs this column cannot be made without it")
    return column


# ------------------------------------------------------------------------------------------------------------ makers
def pass_limit(context: Context, message: RateLimited) -> RateLimitAsked:
    """Tell of a limit that came as a message of its own: it means the same as the error."""
    policy = context.policies.row(ErrorCode.RATE_LIMIT_EXCEEDED, recoverable=True)
    return _limit(policy, _seconds(message.retry_after_ms), "")


def _limit(policy: ErrorPolicy, seconds: float | None, message_id: str) -> RateLimitAsked:
    return RateLimitAsked(seconds, message_id, str(policy.code), policy.storm_weight, policy.weight_added_while_limited)


def tell(context: Context, error: ErrorMessage) -> ErrorReported:
    """Tell the application of an error, whoever else deals with it."""
    contradicts = _policy(context, error).contradicts(recoverable=error.recoverable)
    return ErrorReported(error.error_code, error.recoverable, contradicts, error.document_id)


def report(context: Context, error: ErrorMessage) -> tuple[ServiceFaulty | ErrorReported | ErrorWeighed, ...]:
    """Tell the application of an error, and what it counts: against the service, and towards a storm."""
    policy = _policy(context, error)
    blamed = (ServiceFaulty(),) if policy.blames_service else ()
    return *blamed, tell(context, error), ErrorWeighed(error.error_code, _operation(error), policy.storm_weight)


def end_link(context: Context, error: ErrorMessage) -> LinkEnded:
    """Say why no retry can help."""
    return LinkEnded(_policy(context, error).terminal_reason)


def stay_away(_: Context, error: ErrorMessage) -> LinkUnwelcome:
    """Say how long the server wants to be left alone."""
    return LinkUnwelcome(_hint_seconds(error))


def break_link(context: Context, error: ErrorMessage) -> LinkFaulty:
    """Name the close policy to follow, and the operation or document that the error is about, if it says one."""
    return LinkFaulty(_given(_policy(context, error).follows_close), Blame(_operation(error), error.document_id))


def end_document(context: Context, error: ErrorMessage) -> tuple[DocumentGone | LinkEnded, ...]:
    """Say why the document is gone; the URL's takes the link with it if it is deleted."""
    policy = _policy(context, error)
    closes = policy.closes and error.document_id == URL_DOCUMENT
    gone = DocumentGone(policy.terminal_reason, closes, error.document_id)
    return (gone, LinkEnded(policy.terminal_reason)) if closes else (gone,)


def ask_to_wait(context: Context, error: ErrorMessage) -> WaitAsked:
    """Say what is to be waited for, and for how long if the server says it."""
    return WaitAsked(_given(_policy(context, error).waits_for), _hint_seconds(error), error.document_id)


def limit_rate(context: Context, error: ErrorMessage) -> RateLimitAsked:
    """Say for how long, and which operation came too fast; the pacer knows what the error weighs."""
    return _limit(_policy(context, error), _hint_seconds(error), _operation(error))


def reject(context: Context, error: ErrorMessage) -> tuple[OperationFailed | OperationDenied | PermissionsTold, ...]:
    """Name the operation that is refused for good, and perhaps every further one: of the document, if it is named."""
    refused = _operation(error), error.error_code, error.document_id
    if not _policy(context, error).read_only:
        return (OperationFailed(*refused),)
    denied = OperationDenied(*refused)
    return (denied, PermissionsTold(may_write=False)) if error.document_id == URL_DOCUMENT else (denied,)


def doubt(_: Context, error: ErrorMessage) -> OperationUnsure:
    """Name the operation that nobody is sure about."""
    return OperationUnsure(_operation(error), error.error_code, error.document_id)


def conflict(_: Context, error: ErrorMessage) -> OperationBehind:
    """Name the operation that is behind."""
    return OperationBehind(_operation(error), error.error_code, error.document_id)
