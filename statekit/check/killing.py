"""Killing: whether the checks of a model notice a mutant, and by what; the first complaint is enough.

A mutant is *equivalent* if every step of the original, from every place that was explored, is a step of the mutant too:
the same snapshot, orders, timers and kind of verdict. By induction it then never does anything else. What is neither
that nor complained of has survived: the properties are too weak, or the row is not needed. A model may overrule a
survivor by the code `mutant` and the mutant's name, with the reason.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import cast

from attrs import evolve, frozen

from statekit.check.explore import explore
from statekit.check.lint import lint
from statekit.check.model import DEFAULT, Model, Subject
from statekit.check.mutants import Mutant, mutants
from statekit.check.properties import Sort, on_step
from statekit.check.replay import ticket_for
from statekit.check.report import Explored, Finding, Weight
from statekit.check.seen import Move, Seen
from statekit.errors import Livelock, MalformedTable
from statekit.snapshot import AnySnapshot, Stimulus
from statekit.step import launch, stepped
from statekit.system import System
from statekit.transaction import SystemSnapshot
from statekit.wiring import View

CODE = "mutant"
"""The code by which a model overrules a survivor."""

BROKEN_AT_ONCE = (Sort.INVARIANT, Sort.STEP, Sort.SEQUENCE)


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    EQUIVALENT = "equivalent"
    OVERRULED = "overruled"
    SURVIVED = "survived"
    UNTRIED = "untried"


@frozen
class Killing:
    """What became of one mutant: killed by what, or overruled why; both in words."""

    name: str
    origin: str
    fate: Fate
    by: str = ""


def mutants_of(model: Model, thresholds: str = DEFAULT) -> tuple[Mutant, ...]:
    """List the mutants of a model's subject, its options as they are at these thresholds."""
    starts = model.thresholds[thresholds].starts
    return mutants(model.subject, [start[model.name] for start in starts if model.name in start])


def tried(model: Model, mutant: Mutant, thresholds: str = DEFAULT) -> Killing:
    """Let the checks loose on one mutant; stops at the first complaint."""

    def became(fate: Fate, by: str = "") -> Killing:
        return Killing(mutant.name, mutant.origin, fate, by)

    try:
        made = mutant.make()
    except (MalformedTable, ValueError) as error:
        return became(
            Fate.KILLED, f"cannot be built: {error.faults[0] if isinstance(error, MalformedTable) else error}"
        )
    if by := _complaint_of_table(model, made):
        return became(Fate.KILLED, by)
    # Most mutants show within a few steps that they differ; of one that does not, nothing else needs to be explored.
    if _equivalent(model, made, thresholds):
        return became(Fate.EQUIVALENT)
    if by := _complaint(evolve(model, subject=made), thresholds):
        return became(Fate.KILLED, by)
    reason = next((each.because for each in model.overruled if (each.code, each.where) == (CODE, mutant.name)), "")
    return became(Fate.OVERRULED if reason else Fate.SURVIVED, reason)


def complaint_of_original(model: Model, thresholds: str = DEFAULT) -> str:
    """Give what the checks say against the original, or nothing: only then do complaints of mutants tell anything."""
    return next(_refuted(explore(model, thresholds)), "")


def _complaint_of_table(model: Model, made: Subject) -> str:
    """Give the first thing that is wrong with a mutant's table, and not with the original's."""
    unheard = sorted(_heard(model.subject) - _heard(made))
    if unheard:
        return f"nothing answers {', '.join(unheard)} any more"
    was = {(each.code, each.where) for each in _errors(model, model.subject)}
    new = (each for each in _errors(model, made) if (each.code, each.where) not in was)
    return next((f"{each.code}: {each.sentence}" for each in new), "")


def _complaint(model: Model, thresholds: str) -> str:
    """Give the first thing that an exploration says against a model, or nothing."""
    try:
        return next(_refuted(explore(model, thresholds, stop_at_first=True)), "")
    except Livelock as endless:
        return str(endless)


def _heard(subject: Subject) -> set[str]:
    """Give the events that rows mention: of what none does, an exploration tries nothing."""
    members = subject.members if isinstance(subject, System) else (subject,)
    return {f"{event.__name__} of {member.name}" for member in members for event in member.folded.events}


def _errors(model: Model, subject: Subject) -> Iterator[Finding]:
    for each in lint(subject, model.overruled):
        if each.weight is Weight.ERROR and not each.because:
            yield each


def _refuted(explored: Explored) -> Iterator[str]:
    yield from (sentence for sentence, _ in explored.faults)
    # An exploration that was stopped has not looked for what is to be reached: what is broken stands first.
    for each in sorted(explored.results, key=lambda each: each.property.sort not in BROKEN_AT_ONCE):
        if not each.holds:
            yield f"{each.property.code}: {each.property.claim}"
    yield from (f"not all of {gap.function} is gone through any more: {gap.line}" for gap in explored.gaps)


def _equivalent(model: Model, made: Subject, thresholds: str) -> bool:
    """Tell whether every step of the original is one of the mutant too."""

    def same(seen: Seen[AnySnapshot | View]) -> bool:
        """Original and mutant take the same step."""
        return _step(model.subject, seen.before, seen.move) == _step(made, seen.before, seen.move)

    if not _begin_alike(model, made, thresholds):
        return False
    alone = evolve(model, properties=(on_step("same", same),))
    explored = explore(alone, thresholds, stop_at_first=True)
    return explored.exhausted and all(each.holds for each in explored.results)


def _begin_alike(model: Model, made: Subject, thresholds: str) -> bool:
    def begun(subject: Subject, contexts: Mapping[str, object]) -> object:
        if isinstance(subject, System):
            return subject.start(contexts)
        return launch(subject, contexts.get(subject.name, subject.context))

    try:
        return all(begun(model.subject, each) == begun(made, each) for each in model.thresholds[thresholds].starts)
    except Livelock:
        return False


def _step(subject: Subject, where: AnySnapshot | View, move: Move) -> object:
    """Make a move and give what it comes to, without the lines of the table and the words of its reasons."""
    if isinstance(subject, System):
        view = cast("View", where)
        snapshot = view if isinstance(view, SystemSnapshot) else _whole(view)
        member = next(each for name, each in zip(snapshot.names, snapshot.members, strict=True) if name == move.member)
        stimulus = _stimulus(member, move)
        try:
            done = subject.step(snapshot, move.member, stimulus)
        except Livelock as endless:
            return endless
        hops = [(hop.member, hop.event, type(hop.verdict)) for hop in done.path]
        return done.snapshot, hops, done.orders, done.published, done.armed, done.ended
    alone = cast("AnySnapshot", where)
    step = stepped(subject, alone, _stimulus(alone, move))
    return step.snapshot, [type(each) for each in step.path], step.effects, step.issued, step.ended, step.moved


def _whole(view: View) -> SystemSnapshot:
    """Make the snapshot that an exploration shows by a view: all of it, its facts included."""
    facts: tuple[object, ...] = getattr(view, "facts", ())
    return SystemSnapshot(view.names, tuple(view.members), facts, view.seeds)


def _stimulus(snapshot: AnySnapshot, move: Move) -> Stimulus[object]:
    return Stimulus(move.event, ticket=ticket_for(move, snapshot, {}))
