"""Answers: effects that acquire without an orphan, answers that nobody waits for, effects that nobody orders."""

from collections.abc import Iterator

from statekit.check.lint.codes import NO_ORPHAN, NO_OUTCOME, UNHEARD, UNORDERED
from statekit.check.lint.ways import made_by
from statekit.check.report import Finding
from statekit.draft import scope_name
from statekit.effects import Answering
from statekit.machine import Definition


def in_answers(machine: Definition) -> Iterator[Finding]:
    """Find what is wrong with the effects of a machine that answer."""
    ordered = machine.effects()
    for answering in machine.answering:
        name = answering.effect.__name__
        if not issubclass(answering.effect, ordered):
            yield UNORDERED.at(name, answering.origin, f"{name} is declared to answer, and no row orders it")
            continue
        if answering.opens is not None and answering.orphan is None:
            sentence = f"{name} acquires something by {answering.opens.__name__}, and has no orphan effect"
            yield NO_ORPHAN.at(name, answering.origin, f"{sentence}: what comes too late stays open")
        for event in answering.events:
            if event not in machine.folded.events:
                yield _unheard(machine, answering, event)
        yield from _failure(answering)


def _unheard(machine: Definition, answering: Answering, event: type) -> Finding:
    name, scope = answering.effect.__name__, scope_name(answering.scope)
    within = next((each.state.name for each in machine.states if str(each.state) == scope), scope)
    return UNHEARD.at(
        event.__name__,
        answering.origin,
        f"{name} may answer {event.__name__}, and no row waits for it",
        f"add row({within}, {event.__name__}, ...), or ignore({within}, {event.__name__}, because='...')",
    )


def _failure(answering: Answering) -> Iterator[Finding]:
    answers = [each for each in (answering.failed, answering.lost) if each is not None]
    for function, event in ((each, event) for each in answers for event in made_by(each)):
        if not answering.finishes(event):
            name, given = answering.effect.__name__, event.__name__
            does = f"{function.__name__} gives {given}, which does not end {name}"
            outcomes = ", ".join(each.__name__ for each in (*answering.outcomes, *answering.ends))
            yield NO_OUTCOME.at(
                name, answering.origin, f"{does}: the wait would go on", f"let it give one of {outcomes}"
            )
