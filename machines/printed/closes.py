"""Closes: every close code and every refused handshake, beside what the session does about it."""

from collections.abc import Iterator
from typing import Final

from machines.policy.close_codes import CloseAct, ClosePolicies, ClosePolicy, OurClose
from machines.printed import observed, seed
from machines.printed.observed import Observed
from machines.session import Options
from statekit.draw.tables import Table

OURS: Final = {
    OurClose.DONE: "the user or the login is done, the document is gone, or the server wants no link now",
    OurClose.GOING_AWAY: "the server said that it goes away, and everything under way was answered",
    OurClose.BAD_FRAME: "a frame came that is no message, or the server reports an error of the link",
    OurClose.TOO_BIG: "a frame is larger than the transport takes",
    OurClose.PEER_SILENT: "no pong, or no hello, in time",
    OurClose.TOKEN_REJECTED: "the server refuses the token of this link",
    OurClose.STORM: "more errors came than the storm's window may hold",
}
"""When we send which code."""

CLOSES: Final = range(4998, 0, -1)
"""Where to look for a close code that nobody named."""

STATUSES: Final = range(418, 1000)
"""Where to look for a status that nobody named."""


def closes(options: Options) -> Table:
    """List what the session does about a close by the server, with an operation under way on a link not yet stable."""
    policies = options.connection.retry.close_policies
    heads = ("Code", "The guide", "The link", "Shown as", "Operations", "Breaker", "Session", "Besides")
    rows = [
        (_name(label, policy), _guide(code), *_done(observed.closed(code, options)), _besides(policy, options))
        for label, code, policy in _spans(policies, CLOSES)
    ]
    text = (
        "What the session does when the server closes with this code while operations are waiting and the first is "
        'under way, beside what the guide says: the published page "WebSocket Error Handling", version 2.0. The '
        "breaker is told while the link is not yet stable; a stable link has told it of a success."
    )
    return Table("Close codes", text, heads, tuple(rows))


def statuses(options: Options) -> Table:
    """List what the session does about a refused handshake, with operations waiting."""
    policies = options.connection.retry.http_policies
    heads = ("Status", "The link", "Shown as", "Operations", "Breaker", "Session", "Besides")
    rows = [
        (_name(label, policy), *_done(observed.refused(status, options)), _besides(policy, options))
        for label, status, policy in _spans(policies, STATUSES)
    ]
    text = "What the session does when the server answers the handshake with this HTTP status."
    return Table("Refused handshakes", text, heads, tuple(rows))


def ours() -> Table:
    """List the codes that the session sends."""
    rows = tuple((f"`{code.value}`", _guide(code), when) for code, when in OURS.items())
    return Table("Close codes that we send", "", ("Code", "The guide", "When"), rows)


def _spans(policies: ClosePolicies, codes: range) -> Iterator[tuple[str, int, ClosePolicy]]:
    """Give every span of the merged table, a code in it, and its row; whatever of `codes` no span has comes last."""
    for span in policies.spans:
        label = f"`{span.first}`" if span.first == span.last else f"`{span.first}`–`{span.last}`"
        yield label, span.first, span.policy
    named = {code for span in policies.spans for code in range(span.first, span.last + 1)}
    unnamed = next((code for code in codes if code not in named), None)
    if unnamed is not None:
        yield "any other", unnamed, policies.unknown


def _name(label: str, policy: ClosePolicy) -> str:
    return f"{label}\n{policy.name}"


def _guide(code: int) -> str:
    if code not in seed.CLOSES:
        return "—"
    name, description, act = seed.CLOSES[code]
    return f"{name}: {description}; {act}"


def _done(seen: Observed) -> tuple[str, str, str, str, str]:
    return seen.link, seen.shown, seen.operations, seen.breaker, seen.session


def _besides(policy: ClosePolicy, options: Options) -> str:
    rest = options.connection.instant_rest_seconds
    said = [
        f"at once only once in {rest:g} s" if policy.act is CloseAct.AT_ONCE else "",
        "a token that was never accepted is refreshed instead" if policy.refresh_if_suspect else "",
        f"the {_ordinal(policy.tolerated + 1)} in a row fails: {policy.reason}" if policy.tolerated else "",
        policy.note,
    ]
    return "; ".join(filter(None, said))


def _ordinal(number: int) -> str:
    suffix = "th" if number % 100 in range(11, 14) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"
