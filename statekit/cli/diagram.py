"""`statekit diagram`: draw one machine or system, or every one that is installed; or check what is committed."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import click

from statekit.cli import catalogue
from statekit.draw.arrangement import Exits
from statekit.draw.dot import Direction, Options
from statekit.draw.gallery import (
    Exhibit,
    differences,
    dot_text,
    gallery_of,
    markdown_text,
    mermaid_text,
    svg_text,
    write,
)
from statekit.draw.svg import Layout, find_layout, png_of
from statekit.errors import StatekitError

DIFFERS: Final = 1
DIRECTORY: Final = Path("diagrams")
TEXTS: Final[Mapping[str, Callable[[Exhibit, Options], str]]] = {
    "dot": dot_text,
    "mermaid": mermaid_text,
    "md": lambda exhibit, _: markdown_text(exhibit),
}
SUFFIXES: Final[Mapping[str, str]] = {"svg": "svg", "png": "png", "dot": "dot", "mermaid": "mmd", "md": "md"}


class NothingToDraw(StatekitError):
    """Neither a machine nor `--all` was named, or both, or nothing is installed; the sentence says which."""


@click.command()
@click.argument("machine", required=False, default="")
@click.option(
    "--all", "every", is_flag=True, help="Draw every installed machine and system, with a page that shows them."
)
@click.option(
    "--check", is_flag=True, help="With --all: write nothing; exit 1 and show a diff if a file is out of date."
)
@click.option("-f", "--format", "form", type=click.Choice(list(SUFFIXES)), default="svg", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path, file_okay=False), help="Directory to write to.")
@click.option(
    "--direction",
    type=click.Choice([each.value for each in Direction]),
    help="Down or to the right; by default a machine runs down and a system to the right.",
)
@click.option(
    "--exits",
    type=click.Choice([each.value for each in Exits]),
    default="auto",
    show_default=True,
    help="Lesser ways out: as lines of text in their state, as arrows, or whichever fits.",
)
@click.option("--effects", is_flag=True, help="Show the effects of every row.")
@click.option("--dot", "program", default="", help="Layout program to use (or STATEKIT_DOT).")
@click.pass_context
def diagram(
    ctx: click.Context,
    machine: str,
    *,
    every: bool,
    check: bool,
    form: str,
    output: Path | None,
    direction: str | None,
    exits: str,
    effects: bool,
    program: str,
) -> None:
    """Draw MACHINE, to standard output unless -o names a directory.

    MACHINE is a name from `list`, file.py, file.py:ATTRIBUTE or module:ATTRIBUTE.

    With --all every picture is written to diagrams/: DOT, Mermaid, SVG, Markdown and a README that shows them,
    with the tables that packages offer at its end.
    """
    if bool(machine) == every or (check and not every):
        raise NothingToDraw("say which machine to draw, or --all; --check goes with --all")
    options = Options(Direction(direction) if direction else None, Exits(exits), effects)
    if not every:
        _draw_one(catalogue.exhibit(machine), options, form, output, program)
        return
    exhibits = tuple(catalogue.exhibits())
    if not exhibits:
        raise NothingToDraw("no machine is installed")
    layout = find_layout(program)
    files = gallery_of(exhibits, layout, options, tuple(catalogue.appendices()))
    if check:
        ctx.exit(_check(output or DIRECTORY, files, layout))
    for name in write(output or DIRECTORY, files):
        click.echo(f"drawn {(output or DIRECTORY) / name}")


def _draw_one(exhibit: Exhibit, options: Options, form: str, output: Path | None, program: str) -> None:
    content = _content(exhibit, options, form, program)
    if output is None:
        click.echo(content, nl=False)
        return
    output.mkdir(parents=True, exist_ok=True)
    path = output / f"{exhibit.name}.{SUFFIXES[form]}"
    path.write_bytes(content)
    click.echo(f"drawn {path}")


def _content(exhibit: Exhibit, options: Options, form: str, program: str) -> bytes:
    if form in TEXTS:
        return TEXTS[form](exhibit, options).encode()
    layout = find_layout(program)
    if form == "png":
        return png_of(dot_text(exhibit, options), layout)
    return svg_text(exhibit, layout, options).encode()


def _check(directory: Path, files: Mapping[str, str], layout: Layout) -> int:
    found = tuple(differences(directory, files, pinned=layout.pinned))
    for each in found:
        click.echo(each.diff)
    if not layout.pinned:
        click.echo("statekit: the bytes of SVG were not compared: that needs the pinned graphviz-pure", err=True)
    if found:
        said = "1 file is" if len(found) == 1 else f"{len(found)} files are"
        click.echo(f"statekit: {said} out of date: statekit diagram --all", err=True)
    return DIFFERS if found else 0
