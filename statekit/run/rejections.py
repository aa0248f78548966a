"""Rejections: which hops of a transaction did not get through, who hears of it, and what must not pass unheard."""

import logging
from collections.abc import Iterator, Mapping
from enum import StrEnum

from attrs import frozen

from statekit.errors import Rejected, event_named
from statekit.plan import Plan
from statekit.run.receipts import Policy, Receipt
from statekit.transaction import Hop, SystemSnapshot, Transaction
from statekit.verdicts import REJECTING, Broken, Refused, Started, Taken, Unhandled, Verdict

logger: logging.Logger = logging.getLogger("statekit")


@frozen
class Rejection:
    """A hop that did not get through: its place in the path, the error for it, and what a log may hold of it.

    It is `serious` unless it was refused, or its machine had ended or its instance is not there: no table can answer
    for one that has ended, so an event that comes too late for it is nobody's mistake.
    """

    at: int
    error: Rejected
    words: str
    serious: bool


def rejections(plan: Plan, before: SystemSnapshot | None, transaction: Transaction) -> tuple[Rejection, ...]:
    """List the hops that did not get through, in their order; `before` is None for the start of the system."""
    broken = isinstance(transaction.verdict, Broken)
    if not broken and not any(isinstance(hop.verdict, REJECTING) for hop in transaction.path):
        return ()
    if before is None:
        states = {name: member.initial for name, member in plan.members.items()}
    else:
        states = {name: held.state for name, held in zip(before.names, before.members, strict=True)}
    return tuple(_walk(plan, states, transaction))


def settle(
    plan: Plan, before: SystemSnapshot | None, transaction: Transaction, receipt: Receipt | None, policy: Policy
) -> Rejected | None:
    """Give the stimulus's verdict to who waits for it; return the first rejection that nobody else would hear.

    `before` is as for `rejections`. With `Policy.REPORT` what nobody would hear is logged, and nothing returned.
    """
    found, raises = rejections(plan, before, transaction), policy is Policy.RAISE
    if receipt is not None:
        # What broke on the way undid the stimulus too, so that is the answer to it.
        own = found[-1:] if isinstance(transaction.verdict, Broken) else [each for each in found if each.at == 0]
        receipt.settle(transaction.verdict, own[0].error if raises and own else None)
    heard = 0 if receipt is not None and receipt.heard else None
    unheard = [each for each in found if each.serious and each.at != heard]
    if not raises:
        for each in unheard:
            logger.warning(each.words)
    return unheard[0].error if raises and unheard else None


def _walk(plan: Plan, states: dict[str, StrEnum], transaction: Transaction) -> Iterator[Rejection]:
    """Follow every member's state along the path, since a hop does not hold it."""
    broken = transaction.verdict if isinstance(transaction.verdict, Broken) else None
    last = len(transaction.path) - 1
    for at, hop in enumerate(transaction.path):
        # What breaks in the wiring has no hop of its own: it counts as the fault of the last one, which led to it.
        verdict = broken if broken is not None and at == last else hop.verdict
        if isinstance(verdict, REJECTING):
            yield _rejection(at, hop, verdict, plan, states)
        elif isinstance(verdict, Started):
            states[hop.member] = plan.definition(hop.member).initial
        elif isinstance(verdict, Taken):
            states[hop.member] = verdict.target


def _rejection(at: int, hop: Hop, verdict: Verdict, plan: Plan, states: Mapping[str, StrEnum]) -> Rejection:
    event, words = event_named(hop.event), str(verdict)
    definition = plan.definition(hop.member)
    name, possible = "", tuple[str, ...]()
    if not (isinstance(verdict, Unhandled) and verdict.absent):
        # An instance that breaks as it starts is not there yet.
        state = states.get(hop.member, definition.initial)
        name, possible = state.name, definition.possible(state)
    error = Rejected(hop.member, name, event, verdict, possible)
    if isinstance(verdict, Broken):
        error.__cause__ = verdict.exception
        words = f"broken: {verdict.function} raised {type(verdict.exception).__name__}"
    harmless = isinstance(verdict, Refused) or (isinstance(verdict, Unhandled) and (verdict.ended or verdict.absent))
    place = f"{hop.member}: {event} in {name}" if name else f"{hop.member}: {event}"
    return Rejection(at, error, f"{place}: {words}", not harmless)
