"""What becomes of the timers and the effects that were under way when a snapshot was saved."""

import math
from collections.abc import Callable, Iterator
from enum import StrEnum

from attrs import frozen

from statekit.codec.layout import Revived
from statekit.codec.strict import Misfit
from statekit.effects import Answering, Failure
from statekit.machine import Definition
from statekit.snapshot import AnySnapshot, Stimulus, Ticket
from statekit.step import advance
from statekit.timers import Duration, Jitter
from statekit.verdicts import Ignored, Taken

RESTORED = "Restored"
"""The error's name in the `Failure` of an effect that ended with the process that performed it."""


class Policy(StrEnum):
    """How timers go on after the time in which nobody kept them."""

    RESUME = "resume"
    """Each has what it had left, less the time that went by; what is then 0 or less is due now."""
    RESTART = "restart"
    """Each begins again, with the delay that its table gives for the restored context."""
    FIRE = "fire"
    """Each is due now."""


@frozen
class Due:
    """A timer to run: its ticket and its delay from now, in seconds or as a `Jitter` to draw from.

    Zero or less is due now; a negative delay says how long ago it was due.
    """

    ticket: Ticket
    delay: Duration


def check_elapsed(elapsed_seconds: float) -> None:
    """Raise ValueError for a time that cannot have gone by."""
    if not 0 <= elapsed_seconds < math.inf:
        raise ValueError(f"elapsed_seconds must be finite and not negative, not {elapsed_seconds!r}")


def timers(definition: Definition, revived: Revived, elapsed_seconds: float, policy: Policy) -> tuple[Due, ...]:
    """Give the timers to run, in the order they are due as far as that is known; raises `Misfit`."""
    found: list[tuple[float, Due]] = []
    for index, ticket in enumerate(revived.snapshot.tickets):
        clock = definition.folded.clocks.get(ticket.name)
        if clock is None:
            continue
        left = revived.left_seconds[ticket.number]
        delay: Duration = 0.0
        if policy is Policy.RESTART:
            delay = _afresh(clock.delay, revived.snapshot.context, index)
        elif policy is Policy.RESUME:
            if left is None:
                raise Misfit(f".tickets[{index}].left_seconds", "is not known: restart the timers, or fire them")
            delay = left - elapsed_seconds
        ranked = math.inf if left is None or policy is Policy.RESTART else left
        found.append((ranked, Due(ticket, delay)))
    return tuple(due for _, due in sorted(found, key=lambda each: each[0]))


def _afresh(delay: object, context: object, index: int) -> Duration:
    if not callable(delay):
        return _lawful(delay)
    name = str(getattr(delay, "__name__", delay))
    try:
        return _lawful(delay(context))
    except Exception as error:  # noqa: BLE001 - a function of the table, over a context that was read
        problem = f"cannot be armed afresh: {name} raised {type(error).__name__}: {error}"
    raise Misfit(f".tickets[{index}]", problem)


def _lawful(delay: object) -> Duration:
    if isinstance(delay, Jitter) or (isinstance(delay, (int, float)) and 0 <= delay < math.inf):
        return delay
    raise ValueError(f"a delay must be finite and not negative, not {delay!r}")


def told(definition: Definition, snapshot: AnySnapshot) -> Iterator[Stimulus[object]]:
    """Give, for every effect that was under way, the answer that says that it is lost; raises `Misfit`.

    The snapshot does not say whether a stream had opened, but the table does: of the stream's loss and the effect's
    failure the one is delivered that a row of the present state takes.
    """
    by_name = {effect.__name__: answering for effect, answering in definition.folded.answering.items()}
    for index, ticket in enumerate(snapshot.tickets):
        answering = by_name.get(ticket.name)
        if answering is not None:
            functions = [each for each in (answering.lost, answering.failed) if each is not None]
            stimuli = [Stimulus(_answer(answering, each, index), ticket=ticket.number) for each in functions]
            yield min(stimuli, key=lambda stimulus: _reluctance(definition, snapshot, stimulus))


def _reluctance(definition: Definition, snapshot: AnySnapshot, stimulus: Stimulus[object]) -> int:
    verdict = advance(definition, snapshot, stimulus).verdict
    return 0 if isinstance(verdict, Taken) else 1 if isinstance(verdict, Ignored) else 2


def _answer(answering: Answering, function: Callable[[Failure], object], index: int) -> object:
    try:
        event = function(Failure(answering.effect.__name__, RESTORED))
        if answering.finishes(type(event)):
            return event
        did = f"gave {type(event).__name__}, which does not end the effect"
    except Exception as error:  # noqa: BLE001 - a function of the table
        did = f"raised {type(error).__name__}"
    role = "lost" if function is answering.lost else "failed"
    raise Misfit(f".tickets[{index}]", f"has no answer: the `{role}` function of {answering.effect.__name__} {did}")
