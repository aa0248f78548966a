"""Rejections: which hops of a transaction did not get through, and which of those must not pass unheard."""

from collections.abc import Iterator, Mapping
from enum import StrEnum

from attrs import frozen

from statekit.errors import Rejected
from statekit.machine import Definition
from statekit.system import Hop, Transaction
from statekit.verdicts import Broken, Forbidden, Refused, Taken, Unhandled, Verdict

REJECTING = (Refused, Forbidden, Unhandled, Broken)


@frozen
class Rejection:
    """A hop that did not get through: its place in the path, the error for it, and what a log may hold of it.

    It is `serious` unless it was refused, or its machine had ended: no table can answer for an ended machine, so an
    event that comes too late for it is nobody's mistake.
    """

    at: int
    error: Rejected
    words: str
    serious: bool


def rejections(
    members: Mapping[str, Definition], states: Mapping[str, StrEnum], transaction: Transaction
) -> tuple[Rejection, ...]:
    """List the hops that did not get through, in their order; `states` are the members' before the first hop."""
    path, broken = transaction.path, isinstance(transaction.verdict, Broken)
    if not broken and not any(isinstance(hop.verdict, REJECTING) for hop in path):
        return ()
    return tuple(_walk(members, dict(states), transaction))


def _walk(
    members: Mapping[str, Definition], states: dict[str, StrEnum], transaction: Transaction
) -> Iterator[Rejection]:
    broken = transaction.verdict if isinstance(transaction.verdict, Broken) else None
    last = len(transaction.path) - 1
    for at, hop in enumerate(transaction.path):
        # What breaks in the wiring has no hop of its own: it counts as the fault of the last one, which led to it.
        verdict = broken if broken is not None and at == last else hop.verdict
        if isinstance(verdict, REJECTING):
            yield _rejection(at, hop, verdict, members[hop.member], states[hop.member])
        elif isinstance(verdict, Taken):
            states[hop.member] = verdict.target


def _rejection(at: int, hop: Hop, verdict: Verdict, definition: Definition, state: StrEnum) -> Rejection:
    event, words = type(hop.event).__name__, str(verdict)
    error = Rejected(hop.member, state.name, event, verdict, definition.possible(state))
    if isinstance(verdict, Broken):
        error.__cause__ = verdict.exception
        words = f"broken: {verdict.function} raised {type(verdict.exception).__name__}"
    harmless = isinstance(verdict, Refused) or (isinstance(verdict, Unhandled) and verdict.ended)
    return Rejection(at, error, f"{hop.member}: {event} in {state.name}: {words}", not harmless)
