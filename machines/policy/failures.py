"""Failures: what each way in which an attempt or a link can end calls for, read from the policy tables.

A close code and an HTTP status have a row of their own; what a machine or the server itself said stands for the row of
the code that we close with, or for a row below. So every failure, whatever brought it, is the same few columns, and
no machine knows a code.
"""

from typing import Final, TypeAlias

from attrs import evolve, frozen

from machines.link import (
    Blame,
    Closed,
    FrameInvalid,
    GoAway,
    LinkBroken,
    LinkRefused,
    OpenFailed,
    PeerSilent,
    TerminalError,
    TokenRefused,
)
from machines.policy.close_codes import CloseAct, ClosePolicies, ClosePolicy, OurClose, PermitResult
from statekit import Fired

HINT_MAX_SECONDS: Final = 86_400.0
"""A server's wish counts for a day at most (ours): then the connection gives up anyway."""

Loss: TypeAlias = (
    Closed | OpenFailed | Fired | FrameInvalid | PeerSilent | GoAway | TokenRefused | TerminalError | LinkRefused
    | LinkBroken
)  # fmt: skip
"""Everything that ends an attempt or a link, but the user and the gates; `Fired` stands for nobody's answer in time."""

UNANSWERED: Final = ClosePolicy("Unanswered", CloseAct.BACKOFF, PermitResult.FAIL, keeps_session=True)
"""The row of an attempt to which nobody answered."""

REFUSED_TOKEN: Final = ClosePolicy("Token Refused", CloseAct.REFRESH, PermitResult.NEUTRAL, keeps_session=True)
"""The row of an error that blames the token: as 4001, and by the same close."""

UNWELCOME: Final = ClosePolicy("Unwelcome", CloseAct.SLOW, PermitResult.NEUTRAL, keeps_session=True)
"""The row of CONNECTION_LIMIT_EXCEEDED: the session is kept, the slow tier waits."""


@frozen
class Failure:
    """One failure: its policy row, the code it came with (0: none), the reason to show, and the server's own wish.

    `named` is whom the server names as the cause, if it names anybody.
    """

    policy: ClosePolicy
    code: int = 0
    reason: str = ""
    hint_seconds: float = 0.0
    named: Blame = Blame()

    @property
    def blame(self) -> Blame | None:
        """Who may have broken the link; None if no operation is to blame."""
        return self.named if self.policy.quarantines else None

    @property
    def blames_service(self) -> bool:
        """Whether a breaker counts it: a permit that is still held was never stable."""
        return self.policy.breaker is not PermitResult.NEUTRAL


@frozen
class Policies:
    """The two tables that failures are looked up in."""

    closes: ClosePolicies
    statuses: ClosePolicies

    def failure(self, loss: Loss) -> Failure:
        """Look up what a loss calls for."""
        match loss:
            case Closed(code, _, hint):
                return self._closed(code, hint)
            case LinkBroken(code, named):
                return evolve(self._closed(code), named=named)
            case FrameInvalid():
                return self._closed(OurClose.BAD_FRAME)
            case PeerSilent():
                return self._closed(OurClose.PEER_SILENT)
            case GoAway():
                return self._closed(OurClose.GOING_AWAY)
            case OpenFailed(_, int(status), hint):
                policy = self.statuses.row(status)
                return Failure(policy, status, policy.reason, heeded(hint))
            case TokenRefused():
                return Failure(REFUSED_TOKEN)
            case LinkRefused(hint):
                return Failure(UNWELCOME, hint_seconds=heeded(hint))
            case TerminalError(reason):
                ended = ClosePolicy("Terminal Error", CloseAct.TERMINAL, PermitResult.NEUTRAL, reason=reason or "ended")
                return Failure(ended, reason=ended.reason)
            case OpenFailed() | Fired():
                return Failure(UNANSWERED)

    def _closed(self, code: int, hint_seconds: float | None = None) -> Failure:
        policy = self.closes.row(code)
        return Failure(policy, code, policy.reason, heeded(hint_seconds))


def heeded(seconds: float | None) -> float:
    """Give as much of a server's wish as counts: no less than nothing, no more than a day; NaN is no wish."""
    return min(max(0.0, seconds or 0.0), HINT_MAX_SECONDS)
