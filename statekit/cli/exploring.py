"""Exploring: the models of `check`, one after the other with a bar each, or several at once in workers.

An exploration holds the properties of its model, which are functions and do not travel; so a worker sends what became
of each, in the model's order.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from attrs import evolve

from statekit.check.explore import explore
from statekit.check.report import Explored, Result, Trace
from statekit.cli.targets import Target, model_at
from statekit.cli.terminal import progress
from statekit.cli.workers import spread
from statekit.errors import StatekitError

Became: TypeAlias = tuple[bool, Trace | None, int | None]
"""What became of a property: the fields of its `Result`."""


def all_explored(chosen: Sequence[tuple[Target, str]], jobs: int) -> Iterator[Explored | str]:
    """Explore targets, each at its thresholds; gives what each came to, or why it could not be done, in their order."""
    if min(jobs, len(chosen)) > 1:
        return _at_once(chosen, jobs)
    return (_with_a_bar(target, thresholds) for target, thresholds in chosen)


def explored_at(source: str, thresholds: str) -> tuple[Explored, tuple[Became, ...]] | str:
    """Explore what is loaded from there: the work of one worker."""
    try:
        found = explore(model_at(source), thresholds)
    except StatekitError as error:
        return str(error)
    return evolve(found, results=()), tuple((each.holds, each.trace, each.figure) for each in found.results)


def _with_a_bar(target: Target, thresholds: str) -> Explored | str:
    """Explore, with a bar on a terminal: how much of what was found so far is worked off."""
    with progress() as bar:
        task = bar.add_task(f"exploring {target.name}", total=None, said="")

        def tick(found: int, done: int) -> None:
            bar.update(task, total=found, completed=done, said=f"{done:,} of {found:,} states")

        try:
            return explore(target.model, thresholds, progress=tick)
        except StatekitError as error:
            return str(error)


def _at_once(chosen: Sequence[tuple[Target, str]], jobs: int) -> Iterator[Explored | str]:
    """Explore in workers, the largest first, so that none is left to end alone; each is given when its turn comes."""
    order = sorted(range(len(chosen)), key=lambda at: chosen[at][0].size, reverse=True)
    work = spread(explored_at, [(chosen[at][0].source, chosen[at][1]) for at in order], jobs)
    came: dict[int, Explored | str] = {}
    for turn in range(len(chosen)):
        # The bar is gone before anybody writes of what was found.
        with progress() as bar:
            task = bar.add_task("exploring", total=len(chosen), said="")
            while turn not in came:
                left = [target.name for at, (target, _) in enumerate(chosen) if at not in came]
                bar.update(task, completed=len(came), said=f"left: {', '.join(left)}")
                place, found = next(work)
                at = order[place]
                came[at] = found if isinstance(found, str) else _whole(chosen[at][0], *found)
        yield came[turn]


def _whole(target: Target, explored: Explored, became: tuple[Became, ...]) -> Explored:
    claims = zip(target.model.properties, became, strict=True)
    return evolve(explored, results=tuple(Result(each, *fields) for each, fields in claims))
