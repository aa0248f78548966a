"""What the client does when a link closes, by close code or by the HTTP status that refused the handshake.

A machine asks for the row and reads its columns; the code itself goes no further. What the seed
says of a code stands beside ours in the printed tables (`machines.printed.closes`).

Surprising rows: a remote 1000 stops the client (it is the peer who was done, not we); 1002 and 1003 are retried once,
since the operation in flight may be what the peer could not read, and 1007 once more, since after two that operation
is set aside; 1008 is about the token only while the token is suspect; 4999 from the peer costs the same slow waits as
our own storm.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from itertools import groupby
from typing import Final

from attrs import field, frozen


class CloseAct(StrEnum):
    """What the connection does about a close; each has a letter for short."""

    BACKOFF = "backoff"
    """R: try again after the next backoff delay."""
    AT_ONCE = "at_once"
    """F: try again at once, at most once per 60 s (the connection counts), otherwise as BACKOFF."""
    SLOW = "slow"
    """S: try again on the slow tier, 30 s growing to 5 min."""
    REFRESH = "refresh"
    """A: ask for a newer token, then try again."""
    HOLD = "hold"
    """H: hold the document for 30 s, then try again."""
    TERMINAL = "terminal"
    """X: fail with the row's reason; only the user connects again."""
    STOP = "stop"
    """The peer was done: be idle, and say so."""


class PermitResult(StrEnum):
    """What an attempt that still holds its breaker permit reports, when this close ends it."""

    FAIL = "fail"
    NEUTRAL = "neutral"
    FAIL_UNLESS_STABLE = "fail_unless_stable"
    """Fail when the link had not become stable; a stable link's loss says nothing about the service."""


class OurClose(IntEnum):
    """The codes this client sends, by what it means to say."""

    DONE = 1000
    """The user closed, the document is gone, or a socket opened too late to be wanted."""
    GOING_AWAY = 1001
    """The page or process ends."""
    BAD_FRAME = 1002
    TOO_BIG = 1009
    PEER_SILENT = 4000
    """No pong, or no hello in time. Not 1000 or 1001: those make some servers drop the session."""
    TOKEN_REJECTED = 4001
    STORM = 4999


@frozen
class ClosePolicy:
    """One row: everything a machine may want to know about one way in which a link closed.

    `tolerated` is how many identical closes in a row, with no stable link between, are answered by `act`; the
    next one is terminal. None means that the row sets no such limit (the connection's attempts and the auth
    machine's rejections are bounded elsewhere). Read it through `act_at`, which also knows the suspect token.

    `reason` is what `failed(reason)` says and what `user_message` takes; empty where the row can never end
    the connection. `spread` asks for the longer first delay that keeps a fleet from dialling in one moment.
    `keeps_session` says that the resume state survives.
    `quarantines` asks that the operation in flight be set aside: it may be what broke the link.
    Raises ValueError for a row that contradicts itself.
    """

    name: str
    act: CloseAct
    breaker: PermitResult
    keeps_session: bool = field(default=False, kw_only=True)
    spread: bool = field(default=False, kw_only=True)
    tolerated: int | None = field(default=None, kw_only=True)
    quarantines: bool = field(default=False, kw_only=True)
    refresh_if_suspect: bool = field(default=False, kw_only=True)
    reason: str = field(default="", kw_only=True)
    note: str = field(default="", kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.tolerated is not None and (self.ends_at_once or self.tolerated < 1):
            msg = (
                f"close policy {self.name!r}: act {self.act} with tolerated={self.tolerated}; "
                "tolerated is at least 1 on a row that tries again, and left out on one that ends"
            )
            raise ValueError(msg)
        if self.may_end != bool(self.reason):
            problem = "may end the connection and gives no reason" if self.may_end else "never ends, yet gives a reason"
            msg = f"close policy {self.name!r} {problem}; a reason belongs to exactly the rows that may end it"
            raise ValueError(msg)

    @property
    def ends_at_once(self) -> bool:
        """Whether the first such close already ends the connection."""
        return self.act in (CloseAct.TERMINAL, CloseAct.STOP)

    @property
    def may_end(self) -> bool:
        """Whether the connection can end on this row, at once or after the tolerated closes."""
        return self.ends_at_once or self.tolerated is not None

    def act_at(self, identical: int = 1, *, token_suspect: bool = False) -> CloseAct:
        """The act for this close.

        `identical` counts the closes with this one's code in a row since the link was last stable, from 1.
        `token_suspect` says that the token presented was never accepted by the server.
        """
        if self.refresh_if_suspect and token_suspect:
            return CloseAct.REFRESH
        if self.tolerated is not None and identical > self.tolerated:
            return CloseAct.TERMINAL
        return self.act


@frozen
class CloseSpan:
    """The codes from `first` to `last`, both included, that share a row.

    Raises ValueError unless 0 <= first <= last <= 65535, the codes a close frame can carry.
    """

    first: int
    last: int
    policy: ClosePolicy

    def __attrs_post_init__(self) -> None:
        if not 0 <= self.first <= self.last <= 0xFFFF:
            msg = f"codes {self.first} to {self.last}: a span goes upwards and stays within 0 to 65535"
            raise ValueError(msg)


@frozen(cache_hash=True)
class ClosePolicies:
    """A total table of close policies: `row` answers for every int, by `unknown` where no span has the code.

    A value: it can be compared, hashed and kept in a machine's options. `spans` is the merged table, in
    ascending order, for docs to print.
    Raises ValueError when spans overlap or are out of order.
    """

    unknown: ClosePolicy
    spans: tuple[CloseSpan, ...] = ()

    def __attrs_post_init__(self) -> None:
        for lower, upper in zip(self.spans, self.spans[1:], strict=False):
            if upper.first <= lower.last:
                msg = f"the span from {upper.first} starts before the one to {lower.last} ends; spans ascend"
                raise ValueError(msg)

    def row(self, code: int) -> ClosePolicy:
        """The policy for this code."""
        return next((span.policy for span in self.spans if span.first <= code <= span.last), self.unknown)

    def overlay(self, rows: Mapping[int | range, ClosePolicy]) -> "ClosePolicies":
        """This table with a product's rows laid over it.

        A key is one code or a range of codes; where a range and a single code meet, the single code wins.
        Raises ValueError for an empty range or a code outside 0 to 65535.
        """
        laid = {code: span.policy for span in self.spans for code in range(span.first, span.last + 1)}
        for key in sorted(rows, key=lambda key: isinstance(key, int)):
            laid.update(dict.fromkeys(_codes(key), rows[key]))
        return ClosePolicies(self.unknown, _merged(laid))


def _codes(key: int | range) -> range:
    codes = range(key, key + 1) if isinstance(key, int) else key
    if not codes or min(codes) < 0 or max(codes) > 0xFFFF:
        msg = f"close codes {key}: a row is laid over at least one code, and codes are 0 to 65535"
        raise ValueError(msg)
    return codes


def _merged(by_code: Mapping[int, ClosePolicy]) -> tuple[CloseSpan, ...]:
    # Code minus rank is constant along neighbouring codes, so the key changes exactly where a span must end.
    ranked = enumerate(sorted(by_code))
    runs = [[code for _, code in run] for _, run in groupby(ranked, lambda at: (at[1] - at[0], by_code[at[1]]))]
    return tuple(CloseSpan(run[0], run[-1], by_code[run[0]]) for run in runs)


_BACKOFF, _AT_ONCE, _SLOW = CloseAct.BACKOFF, CloseAct.AT_ONCE, CloseAct.SLOW
_REFRESH, _HOLD, _TERMINAL, _STOP = CloseAct.REFRESH, CloseAct.HOLD, CloseAct.TERMINAL, CloseAct.STOP
_FAIL, _NEUTRAL, _UNLESS_STABLE = PermitResult.FAIL, PermitResult.NEUTRAL, PermitResult.FAIL_UNLESS_STABLE


UNKNOWN_CLOSE: Final = ClosePolicy(
    "Unknown",
    _BACKOFF,
    _NEUTRAL,
    tolerated=2,
    reason="unknown_close",
)
"""The row of every code nobody named: 0 to 999, 3xxx without a product row, 4005 to 4998, 5000 and above."""

_RESERVED = ClosePolicy("Reserved", _BACKOFF, _NEUTRAL, tolerated=2, reason="unknown_close")

# fmt: off
CLOSE_POLICIES: Final = ClosePolicies(UNKNOWN_CLOSE).overlay({
    1000: ClosePolicy("Normal", _STOP, _NEUTRAL, reason="server_closed"),
    1001: ClosePolicy("Going Away", _BACKOFF, _NEUTRAL, keeps_session=True, spread=True,
                      note="goaway, server restart or deploy"),
    1002: ClosePolicy("Protocol Error", _BACKOFF, _NEUTRAL, tolerated=1, quarantines=True,
                      reason="protocol_error"),
    1003: ClosePolicy("Unsupported Data", _BACKOFF, _NEUTRAL, tolerated=1, quarantines=True,
                      reason="unsupported_data", note="a bug of this client"),
    1004: _RESERVED,
    1005: ClosePolicy("No Status", _BACKOFF, _UNLESS_STABLE, keeps_session=True,
                      note="local only, never sent"),
    1006: ClosePolicy("Abnormal", _BACKOFF, _UNLESS_STABLE, keeps_session=True, spread=True,
                      note="local only, never sent"),
    1007: ClosePolicy("Invalid Payload", _BACKOFF, _NEUTRAL, tolerated=2, quarantines=True,
                      reason="invalid_payload", note="the second sets the operation aside; then once more"),
    1008: ClosePolicy("Policy", _TERMINAL, _NEUTRAL, refresh_if_suspect=True, reason="policy_violation",
                      note="servers use it for authentication and for limits"),
    1009: ClosePolicy("Too Big", _BACKOFF, _NEUTRAL, keeps_session=True, quarantines=True,
                      note="sending the operation again would loop"),
    1010: ClosePolicy("Extension Required", _TERMINAL, _NEUTRAL, reason="extension_required",
                      note="only a client sends it"),
    1011: ClosePolicy("Internal", _BACKOFF, _FAIL, keeps_session=True),
    1012: ClosePolicy("Service Restart", _BACKOFF, _NEUTRAL, keeps_session=True, spread=True,
                      note="a hint widens the spread"),
    1013: ClosePolicy("Try Again Later", _SLOW, _FAIL, keeps_session=True,
                      note="the close reason may hold a retry hint"),
    1014: ClosePolicy("Bad Gateway", _BACKOFF, _FAIL, keeps_session=True),
    1015: ClosePolicy("TLS Failure", _BACKOFF, _FAIL, keeps_session=True, tolerated=3, reason="tls_failure",
                      note="local only, never sent"),
    range(1016, 3000): _RESERVED,
    3000: ClosePolicy("Unauthorized", _REFRESH, _NEUTRAL, keeps_session=True),
    3003: ClosePolicy("Forbidden", _TERMINAL, _NEUTRAL, reason="permission_denied"),
    3008: ClosePolicy("Timeout", _BACKOFF, _FAIL, keeps_session=True),
    4000: ClosePolicy("Heartbeat Timeout", _AT_ONCE, _UNLESS_STABLE, keeps_session=True,
                      note="also what we send to a silent peer"),
    4001: ClosePolicy("Auth Expired", _REFRESH, _NEUTRAL, keeps_session=True,
                      note="one refresh together with TOKEN_EXPIRED"),
    4002: ClosePolicy("Permission Denied", _TERMINAL, _NEUTRAL, reason="permission_denied",
                      note="the user may connect again after a grant"),
    4003: ClosePolicy("Document Locked", _HOLD, _NEUTRAL, keeps_session=True, tolerated=10,
                      reason="document_locked"),
    4004: ClosePolicy("Kicked", _TERMINAL, _NEUTRAL, reason="kicked"),
    4999: ClosePolicy("Error Storm", _SLOW, _NEUTRAL, keeps_session=True, tolerated=2, reason="error_storm",
                      note="the same waits as after our own storm"),
})
# fmt: on
"""Every close code; `overlay` it with a product's own rows."""

UNKNOWN_STATUS: Final = ClosePolicy(
    "Unknown Status",
    _BACKOFF,
    _FAIL,
    tolerated=2,
    reason="unknown_status",
)
"""The row of a handshake status that no table names: a failed dial, and terminal as an unknown close is."""

_OVERLOADED = ClosePolicy("Server Error", _BACKOFF, _FAIL, keeps_session=True)

# fmt: off
HTTP_POLICIES: Final = ClosePolicies(UNKNOWN_STATUS).overlay({
    401: ClosePolicy("Unauthorized", _REFRESH, _NEUTRAL, keeps_session=True),
    403: ClosePolicy("Forbidden", _REFRESH, _NEUTRAL, tolerated=1, reason="permission_denied",
                     note="one refresh, since some servers say 403 for a stale token"),
    404: ClosePolicy("Not Found", _TERMINAL, _NEUTRAL, reason="not_found"),
    408: ClosePolicy("Request Timeout", _BACKOFF, _FAIL, keeps_session=True),
    423: ClosePolicy("Locked", _HOLD, _NEUTRAL, keeps_session=True, tolerated=10, reason="document_locked",
                     note="as 4003"),
    426: ClosePolicy("Upgrade Required", _TERMINAL, _NEUTRAL, reason="upgrade_required"),
    429: ClosePolicy("Too Many Requests", _SLOW, _NEUTRAL, keeps_session=True, note="honours Retry-After"),
    range(500, 600): _OVERLOADED,
})
# fmt: on
"""The HTTP statuses that refuse a handshake, with the same row class and the same totality."""
