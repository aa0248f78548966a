"""`statekit mutate`: change one thing of a lifecycle at a time, and see whether its checks notice."""

import json
import time
from collections import Counter
from typing import Final

import attrs
import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from statekit.check.killing import Fate, Killing, complaint_of_original, mutants_of, tried
from statekit.check.model import DEFAULT
from statekit.cli import catalogue
from statekit.cli.terminal import console, progress
from statekit.cli.workers import JOBS, spread
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
@JOBS
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
    parts = [(offer.value, thresholds, at) for at in range(len(mutants))]
    found: dict[int, Killing] = {}
    with progress(quiet=as_json) as bar:
        task = bar.add_task(whole.name, total=len(mutants), said="")
        for at, killing in spread(tried_at, parts, jobs, seconds=seconds):
            found[at] = killing
            bar.update(task, completed=len(found), said=f"{len(found)} of {len(mutants)} mutants")
    shown = console()
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


def tried_at(source: str, thresholds: str, at: int) -> Killing:
    """Try one mutant of the model that is loaded from there: one part of a worker's work."""
    model = catalogue.Offer(source, source).model()
    return tried(model, mutants_of(model, thresholds)[at], thresholds)


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
