"""`statekit check`: look at the tables, explore them, and say what was found, for people or as JSON."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from attrs import evolve, frozen
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from statekit.check.explore import explore
from statekit.check.model import DEFAULT, Model
from statekit.cli import catalogue
from statekit.cli.account import sum_up, tell
from statekit.cli.checked import Checked, FailOn
from statekit.cli.terminal import console
from statekit.draw.gallery import write
from statekit.draw.svg import find_layout
from statekit.errors import StatekitError
from statekit.machine import Definition
from statekit.system import System

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
    for target in _targets(names):
        checked = Checked.linted(target.name, target.model, target.home)
        at = _thresholds(target.model, thresholds, named=not every)
        if target.whole and not no_explore:
            checked = _explored(checked, at)
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


@frozen
class Target:
    """A model to check, by its name and its home, and whether it is to be explored."""

    name: str
    model: Model
    home: str = ""
    whole: bool = True


def _targets(names: tuple[str, ...]) -> Iterator[Target]:
    """Give every model to check; without names all that is offered.

    A machine or a system without a model gets one that claims nothing; the members of a system, if they are not checked
    themselves, have their tables looked at.
    """
    chosen = [_target(name) for name in names] if names else list(_offered())
    subjects = [target.model.subject for target in chosen]
    yield from chosen
    known = {id(target.model.subject): target for target in _offered()} if names else {}
    for subject in tuple(subjects):
        for member in subject.members if isinstance(subject, System) else ():
            if member not in subjects:
                subjects.append(member)
                yield evolve(known.get(id(member), Target(member.name, Model(member))), whole=False)


def _offered() -> Iterator[Target]:
    """Give every model that is offered, then every machine and system that has none."""
    models = [Target(offer.name, offer.model(), offer.value) for offer in catalogue.offers(catalogue.MODELS)]
    yield from models
    subjects = [target.model.subject for target in models]
    for exhibit in catalogue.exhibits():
        if exhibit.subject not in subjects:
            yield Target(exhibit.name, Model(exhibit.subject))


def _target(name: str) -> Target:
    """Load what a name means: a model, or a machine or a system without one."""
    groups = (catalogue.MODELS, catalogue.MACHINES, catalogue.SYSTEMS)
    offer = catalogue.offered(name, *groups, sought="model, machine or system")
    found = offer.load()
    if isinstance(found, Definition | System):
        return Target(offer.name if offer.group else found.name, Model(found))
    if not isinstance(found, Model):
        raise catalogue.CannotLoad(name, offer.value, f"it is no Model, Machine or System, but {type(found).__name__}")
    return Target(offer.name if offer.group else found.name, found, offer.value)


def _thresholds(model: Model, wanted: str, *, named: bool) -> str:
    """Choose the thresholds; of all models some may lack those that are wanted, and are explored at their default."""
    if wanted in model.thresholds:
        return wanted
    if named or DEFAULT not in model.thresholds:
        raise NothingToCheck(f"{model.name} has no thresholds {wanted!r}; it has {', '.join(model.thresholds)}")
    return DEFAULT


def _explored(checked: Checked, thresholds: str) -> Checked:
    """Explore, with a bar on a terminal: how much of what was found so far is worked off."""
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as progress:
        task = progress.add_task(f"exploring {checked.name}", total=None, said="")

        def tick(found: int, done: int) -> None:
            progress.update(task, total=found, completed=done, said=f"{done:,} of {found:,} states")

        try:
            return checked.with_explored(explore(checked.model, thresholds, progress=tick))
        except StatekitError as error:
            return evolve(checked, problem=str(error))


def _write(directory: Path, checked: Checked) -> None:
    """Write the counterexamples of what was checked, if its model has a name by which a test can import it."""
    if checked.well or checked.explored is None:
        return
    if not checked.home:
        click.echo(f"statekit: {checked.name} has no model, so nothing of it is written to {directory}", err=True)
        return
    for name in write(directory, dict(checked.counterexamples(find_layout()))):
        click.echo(f"written {directory / name}", err=True)
