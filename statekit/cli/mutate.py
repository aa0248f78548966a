"""`statekit mutate`: change one thing of a lifecycle at a time, and see whether its checks notice."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from multiprocessing import get_context
from typing import Final

import attrs
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from statekit.check.killing import Fate, Killing, complaint_of_original, mutants_of, tried
from statekit.check.model import DEFAULT, Model
from statekit.check.mutants import Mutant
from statekit.cli import catalogue
from statekit.cli.terminal import console
from statekit.errors import StatekitError

SURVIVED: Final = 1
BUDGET_SECONDS: Final = 600.0
UNTRIED_LISTED: Final = 20
"""More mutants than these that were not tried are only counted."""

FATES: Final = {
    Fate.KILLED: "green",
    Fate.EQUIVALENT: "bright_black",
    Fate.OVERRULED: "yellow",
    Fate.SURVIVED: "bold red",
    Fate.UNTRIED: "magenta",
}


class NotSound(StatekitError):
    """A model whose mutants tell nothing: the original does not pass, or cannot be explored; the sentence says why."""


@click.command(short_help="Change one thing at a time: do the checks notice?")
@click.argument("model")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, help="Processes; one for each core.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=BUDGET_SECONDS,
    show_default=True,
    help="The budget: no further mutant is begun after it.",
)
@click.option(
    "--thresholds", default=DEFAULT, show_default=True, help="How far to explore: a name of the Model's thresholds."
)
@click.option("--every", is_flag=True, help="List every mutant, not only those that nobody noticed.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_context
def mutate(
    ctx: click.Context, model: str, *, jobs: int, seconds: float, thresholds: str, every: bool, as_json: bool
) -> None:
    """Change one thing of MODEL's table at a time, and see whether its checks notice.

    MODEL is a name, file.py, file.py:ATTRIBUTE or module:ATTRIBUTE, and means a Model: a machine with what is claimed
    of it.

    Exit code 1 if a mutant survived, or if the budget ended before all were tried.
    """
    offer = catalogue.offered(model, catalogue.MODELS, sought="model")
    whole = offer.model()
    began = time.monotonic()
    if fault := complaint_of_original(whole, thresholds):
        raise NotSound(f"{whole.name} does not pass its own checks, so every mutant would be noticed: {fault}")
    mutants = mutants_of(whole, thresholds)
    if jobs > 1:
        work = _pooled(offer.value, len(mutants), thresholds, jobs, seconds)
    else:
        work = _alone(whole, mutants, thresholds, seconds)
    found: dict[int, Killing] = {}
    shown = console()
    with _progress(shown, quiet=as_json) as progress:
        task = progress.add_task(whole.name, total=len(mutants))
        for at, killing in work:
            found[at] = killing
            progress.advance(task)
    untried = (Killing(each.name, each.origin, Fate.UNTRIED) for each in mutants)
    killings = [found.get(at, each) for at, each in enumerate(untried)]
    took = time.monotonic() - began
    if as_json:
        facts = {"name": whole.name, "seconds": round(took, 3), "budget_seconds": seconds, **_facts(killings)}
        click.echo(json.dumps(facts, indent=2, ensure_ascii=False))
    else:
        _print(shown, killings, every=every)
        counted = Text(", ").join(_counts(killings))
        tail = f" of {len(killings)} mutants, in {took:.1f} s of {seconds:g} s"
        shown.print(Text.assemble((f"{whole.name}: ", "bold"), counted, tail))
        _advise(shown, killings)
    ctx.exit(SURVIVED if any(each.fate in (Fate.SURVIVED, Fate.UNTRIED) for each in killings) else 0)


def _alone(model: Model, mutants: tuple[Mutant, ...], thresholds: str, seconds: float) -> Iterator[tuple[int, Killing]]:
    """Try one mutant after the other in this process, until the budget ends."""
    deadline = time.monotonic() + seconds
    for at, mutant in enumerate(mutants):
        if time.monotonic() >= deadline:
            return
        yield at, tried(model, mutant, thresholds)


def _pooled(home: str, count: int, thresholds: str, jobs: int, seconds: float) -> Iterator[tuple[int, Killing]]:
    """Try mutants in processes of their own, each of which loads the model anew, until the budget ends.

    What is under way then is brought to its end.
    """
    deadline = time.monotonic() + seconds
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        places = {pool.submit(try_one, home, tuple(sys.path), thresholds, at): at for at in range(count)}
        waiting: set[Future[Killing]] = set(places)
        while waiting:
            left = deadline - time.monotonic()
            if left <= 0:
                waiting = {each for each in waiting if not each.cancel()}
            done, waiting = wait(waiting, max(left, 0) or None, FIRST_COMPLETED)
            yield from ((places[each], each.result()) for each in done)


def try_one(home: str, path: tuple[str, ...], thresholds: str, at: int) -> Killing:
    """Try one mutant in a process that knows nothing yet but where to look for modules."""
    sys.path[:] = path
    try:
        model = catalogue.Offer(home, home).model()
        return tried(model, mutants_of(model, thresholds)[at], thresholds)
    except StatekitError as error:
        # Errors that keep facts do not travel between processes; their sentence does.
        raise NotSound(str(error)) from None


def _progress(screen: Console, *, quiet: bool) -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=screen, transient=True, disable=quiet or not screen.is_terminal)


def _facts(killings: list[Killing]) -> dict[str, object]:
    counted = Counter(each.fate for each in killings)
    return {**{fate.value: counted[fate] for fate in Fate}, "mutants": [attrs.asdict(each) for each in killings]}


def _counts(killings: list[Killing]) -> list[Text]:
    counted = Counter(each.fate for each in killings)
    return [Text(f"{counted[fate]} {fate}", FATES[fate]) for fate in Fate if counted[fate]]


def _print(screen: Console, killings: list[Killing], *, every: bool) -> None:
    """List the mutants that somebody must look at, or every one."""
    told = [Fate.SURVIVED, Fate.OVERRULED]
    if every:
        told = list(Fate)
    elif sum(each.fate is Fate.UNTRIED for each in killings) <= UNTRIED_LISTED:
        told.append(Fate.UNTRIED)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for killing in killings:
        if killing.fate in told:
            where = Text(killing.origin, "dim")
            table.add_row(Text(killing.fate, FATES[killing.fate]), Text(killing.name), where, Text(killing.by, "dim"))
    if table.row_count:
        screen.print(table)


def _advise(screen: Console, killings: list[Killing]) -> None:
    """Say what to do about mutants that nobody noticed, or that nobody tried."""
    fates = {each.fate for each in killings}
    if Fate.SURVIVED in fates:
        screen.print(
            "A mutant survived: no check noticed the change. Claim what it breaks as a property, or take the row away; "
            "if it is meant to be so, say why in the model: Overruled('mutant', its name, because).",
            style="dim",
        )
    if Fate.UNTRIED in fates:
        screen.print("The budget ended: give more --seconds, or more --jobs.", style="dim")
