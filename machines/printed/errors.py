"""Errors: every error code, beside what the session does about it and what it counts for."""

from collections.abc import Iterator
from typing import Final

from attrs import frozen

from machines.policy.error_codes import ErrorCode, ErrorPolicy, Route
from machines.printed import observed, seed
from machines.printed.observed import Observed
from machines.session import Options
from statekit.draw.tables import Table

FLAGS: Final = {True: "true", False: "false", None: "either"}
"""What a row expects of `recoverable`, in the wire's own words."""


@frozen
class Case:
    """One way in which an error may come: its row, what it is called, and what a session did about it."""

    policy: ErrorPolicy
    name: str
    seen: Observed


def errors(options: Options) -> Table:
    """List what the session does about every error code, with an operation under way."""
    heads = ("Code", "The guide", "The link", "Shown as", "Operations", "Shut gate")
    rows = [
        (each.name, _guide(each.policy.code), each.seen.link, each.seen.shown, each.seen.operations, _gates(each.seen))
        for each in cases(options)
    ]
    text = "What the session does when the server reports this error about the operation under way, or as is said."
    return Table("Error codes", text, heads, tuple(rows))


def weights(options: Options) -> Table:
    """List what every error code counts for, and who hears of it."""
    heads = ("Code", "Told", "Storm", "Breaker", "Session", "`recoverable`", "Besides")
    rows = [
        (
            each.name,
            "\n".join(each.seen.told),
            _weight(each.policy),
            each.seen.breaker,
            each.seen.session,
            FLAGS[each.policy.recoverable],
            each.policy.note,
        )
        for each in cases(options)
    ]
    text = (
        "Who is told, beside the application, which hears of every error; what the error weighs in a storm; and what "
        "the breaker is told of a link that is not yet stable, at once or when it is. The row counts whatever flag the "
        "server sends; one that contradicts it is reported (`ErrorReported.contradicts`)."
    )
    return Table("What an error counts for", text, heads, tuple(rows))


def cases(options: Options) -> Iterator[Case]:
    """Give every way in which an error may come, the codes in their order and those nobody named last."""
    policies = options.error_policies
    for policy in policies.rows:
        yield from _cases(policy, options)
    for policy, flag in ((policies.unknown_recoverable, True), (policies.unknown_final, False)):
        seen = observed.reported(policy.code, options, recoverable=flag)
        yield Case(policy, f"any other\n`recoverable: {FLAGS[flag]}`", seen)


def _cases(policy: ErrorPolicy, options: Options) -> Iterator[Case]:
    name = f"`{policy.code}`"
    if policy.route is Route.LOCAL:
        yield Case(policy, name, observed.unreachable(options))
        return
    yield Case(policy, name, observed.reported(policy.code, options))
    if policy.route_without_operation is not None:
        seen = observed.reported(policy.code, options, names_operation=False)
        yield Case(policy, f"{name}\nabout no operation", seen)
    if policy.route_when_accepted is not None:
        yield Case(policy, f"{name}\nbefore the greeting", observed.reported(policy.code, options, greeted=False))


def _guide(code: str) -> str:
    return ": ".join(seed.ERRORS[ErrorCode(code)]) if code in ErrorCode.__members__ else "—"


def _gates(seen: Observed) -> str:
    return ", ".join(seen.gates)


def _weight(policy: ErrorPolicy) -> str:
    more = policy.weight_added_while_limited
    return f"{policy.storm_weight}, {policy.storm_weight + more} within a limit" if more else str(policy.storm_weight)
