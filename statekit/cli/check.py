"""`statekit check`: look at the tables, explore them, and say what was found, for people or as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from attrs import evolve

from statekit.check.model import DEFAULT
from statekit.cli.account import sum_up, tell
from statekit.cli.checked import Checked, FailOn
from statekit.cli.exploring import all_explored
from statekit.cli.targets import Target, targets
from statekit.cli.terminal import console
from statekit.cli.workers import JOBS
from statekit.draw.gallery import write
from statekit.draw.svg import find_layout
from statekit.errors import StatekitError

FOUND: Final = 1
COULD_NOT: Final = 2


class NothingToCheck(StatekitError):
    """Neither a name nor `--all` was given, or both, or the thresholds are those of no model; the sentence says it."""


@click.command(short_help="Check tables, and explore all that they can come to.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "every", is_flag=True, help="Check every model, machine and system that is installed.")
@click.option(
    "--thresholds", default=DEFAULT, show_default=True, help="How far to explore: a name of the Model's thresholds."
)
@JOBS
@click.option("--no-explore", is_flag=True, help="Look at the tables alone.")
@click.option("--notes", is_flag=True, help="List also what is only worth a look.")
@click.option(
    "--fail-on",
    type=click.Choice([each.value for each in FailOn]),
    default=FailOn.ERROR.value,
    show_default=True,
    help="What counts as found.",
)
@click.option(
    "--artefacts",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write every counterexample to this directory: story, test, trace, diagrams.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON: every finding, property and figure.")
@click.pass_context
def check(
    ctx: click.Context,
    names: tuple[str, ...],
    *,
    every: bool,
    thresholds: str,
    jobs: int,
    no_explore: bool,
    notes: bool,
    fail_on: str,
    artefacts: Path | None,
    as_json: bool,
) -> None:
    """Check each NAME: its table, then everything that it can come to.

    NAME is one from `list`, file.py, file.py:ATTRIBUTE or module:ATTRIBUTE, and means a machine, a system or a Model of
    one with its properties.

    Exit codes: 0 nothing was found, 1 something was, 2 it could not be done. With --fail-on bound it counts too if a
    bound was hit, with --fail-on information also whatever is only worth a look.
    """
    if bool(names) == every:
        raise NothingToCheck("say what to check, or --all: a name from `statekit list`, or file.py")
    screen, done = console(), list[Checked]()
    chosen = [(each, _thresholds(each, thresholds, named=not every)) for each in targets(names)]
    for checked in _checked(chosen, 0 if no_explore else jobs):
        done.append(checked)
        if not as_json:
            tell(screen, checked, notes=notes)
        if artefacts is not None:
            _write(artefacts, checked)
    if not done:
        raise NothingToCheck("nothing is installed that could be checked")
    if as_json:
        click.echo(json.dumps({"checked": [each.json() for each in done]}, indent=2, ensure_ascii=False))
    else:
        sum_up(screen, done)
    on = FailOn(fail_on)
    ctx.exit(COULD_NOT if any(each.problem for each in done) else FOUND if any(each.fails(on) for each in done) else 0)


def _checked(chosen: list[tuple[Target, str]], jobs: int) -> Iterator[Checked]:
    """Look at each table, and explore all that is to be, at its thresholds; without jobs nothing is explored."""
    whole = [(target, thresholds) for target, thresholds in chosen if target.whole and jobs]
    came = all_explored(whole, jobs)
    for target, _ in chosen:
        checked = Checked.linted(target.name, target.model, target.home)
        if target.whole and jobs:
            found = next(came)
            checked = evolve(checked, problem=found) if isinstance(found, str) else checked.with_explored(found)
        yield checked


def _thresholds(target: Target, wanted: str, *, named: bool) -> str:
    """Choose the thresholds; of all models some may lack those that are wanted, and are explored at their default."""
    model = target.model
    if wanted in model.thresholds or not target.whole:
        return wanted
    if named or DEFAULT not in model.thresholds:
        raise NothingToCheck(f"{model.name} has no thresholds {wanted!r}; it has {', '.join(model.thresholds)}")
    return DEFAULT


def _write(directory: Path, checked: Checked) -> None:
    """Write the counterexamples of what was checked, if its model has a name by which a test can import it."""
    if checked.well or checked.explored is None:
        return
    if not checked.home:
        click.echo(f"statekit: {checked.name} has no model, so nothing of it is written to {directory}", err=True)
        return
    for name in write(directory, dict(checked.counterexamples(find_layout()))):
        click.echo(f"written {directory / name}", err=True)
