"""`statekit diff`: what changed from one version of a table to another, in words and as a picture."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
from attrs import asdict
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from statekit.check.diff import Changed, Difference, diff
from statekit.check.sheet import Line, Sheet
from statekit.cli.terminal import WIDEST, console
from statekit.cli.versions import sheets
from statekit.draw.changes import picture_of
from statekit.draw.dot import PLAIN, dot_of
from statekit.draw.labels import words
from statekit.draw.svg import find_layout, png_of, svg_of
from statekit.errors import StatekitError

DIFFERS: Final = 1
NOTHING: Final = Sheet("", "", "", 0, (), (), (), (), (), {})
ADDED, REMOVED, CHANGED = ("+", "green"), ("−", "red"), ("~", "yellow")


class NoPicture(StatekitError):
    """A file name whose ending names no sort of picture."""


@click.command("diff", short_help="What changed between two versions of a table.")
@click.argument("old")
@click.argument("new")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.option(
    "-p",
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw it, as .svg, .png or .dot; of several machines each gets a file of its own.",
)
@click.option("--dot", "program", default="", help="Layout program to use (or STATEKIT_DOT).")
@click.pass_context
def difference(ctx: click.Context, old: str, new: str, *, as_json: bool, picture: Path | None, program: str) -> None:
    """Compare OLD with NEW: rows, what each state does, and which states no row leads to any more.

    Each is a name from `list`, module:ATTRIBUTE, file.py, file.py:ATTRIBUTE, or REV: and one of these, where REV is a
    revision of this git repository: `statekit diff HEAD~3:app/door.py app/door.py`. Exit codes: 0 they are the same, 1
    they differ.
    """
    found = tuple(each for each in _compared(sheets(old), sheets(new)) if each)
    if as_json:
        click.echo(json.dumps([_json(each) for each in found], indent=2, ensure_ascii=False))
    else:
        _tell(console(), found, old, new)
    if picture is not None:
        drawn = [each for each in found if each.new.states or each.old.states]
        for each in drawn:
            name = picture if len(drawn) == 1 else picture.with_stem(f"{picture.stem}.{each.new.name or each.old.name}")
            _draw(each, name, program)
            click.echo(f"drawn {name}", err=True)
    ctx.exit(DIFFERS if found else 0)


def _compared(old: tuple[Sheet, ...], new: tuple[Sheet, ...]) -> Iterator[Difference]:
    """Compare two machines whatever their names, and the parts of systems by theirs."""
    if len(old) == len(new) == 1:
        yield diff(old[0], new[0])
        return
    before, after = ({each.name: each for each in sheets} for sheets in (old, new))
    for name in dict.fromkeys((*before, *after)):
        yield diff(before.get(name, NOTHING), after.get(name, NOTHING))


def _tell(screen: Console, found: tuple[Difference, ...], old: str, new: str) -> None:
    screen.print(Text.assemble((old, "bold"), " → ", (new, "bold")))
    if not found:
        screen.print(Text("no difference", "green"))
    for each in found:
        screen.print()
        screen.print(Text(words(each.new.name or each.old.name).capitalize(), "bold"))
        table = _table(None, 1, None)
        for (mark, style), said, origin in _changes(each):
            table.add_row(Text(mark, style), said, Text(origin, "dim"))
        screen.print(Padding(table, (0, 0, 0, 2)), width=min(screen.width, WIDEST))
        if each.cells:
            screen.print(Padding(_cells(each), (1, 0, 1, 2)), width=min(screen.width, WIDEST))
        screen.print(Text(f"  {_summary(each)}", "dim"))


def _table(*ratios: int | None) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False, header_style="dim", expand=True)
    for ratio in ratios:
        table.add_column(ratio=ratio, no_wrap=ratio is None)
    return table


def _changes(each: Difference) -> Iterator[tuple[tuple[str, str], Text, str]]:
    """Give each change of the rows, and of what is declared beside them, with its mark and its line."""
    for line in each.added:
        yield ADDED, _written(line), line.origin
    for line in each.removed:
        yield REMOVED, _written(line), line.origin
    for changed in each.changed:
        yield CHANGED, _changed(changed), changed.after.origin
    for name, was, now in each.extras:
        said = Text.assemble((name, "bold"), f"  {now or was}")
        if was and now:
            yield CHANGED, said.append(f"  was {was}", "red"), ""
        else:
            yield (ADDED if now else REMOVED), said, ""
    for name in each.unreachable:
        yield ("!", "bold red"), Text.assemble((name, "bold"), "  no row leads there any more"), ""


def _cells(each: Difference) -> Table:
    table = _table(2, 3, 3)
    table.show_header = True
    for column, head in zip(table.columns, ("cells that changed", "now", "was"), strict=True):
        column.header = head
    for cell in each.cells:
        now, was = (", ".join(ways) or "no row" for ways in (cell.after, cell.before))
        table.add_row(Text(f"{cell.state} on {cell.trigger}", "bold"), now, Text(was, "red"))
    return table


def _written(line: Line) -> Text:
    """Write a line as one reads it: the verb, what it waits for where, the condition, where it leads, what it does."""
    text = Text.assemble(f"{line.verb} ", (line.place, "bold"), f" on {line.trigger}" if line.trigger else "")
    text.append(f" [{words(line.guard)}]" if line.guard else "", "italic")
    text.append(f" → {line.target}" if line.target else "", "bold")
    does = ", ".join(filter(None, (line.update, *line.effects)))
    text.append(f" / {does}" if does else "", "dim")
    return text.append(f" because {line.because}" if line.because else "", "dim")


def _changed(changed: Changed) -> Text:
    text = _written(changed.after)
    for part, was, now in changed.parts():
        text.append(f"\n{part} ", "dim").append(now or "none", "green").append(f"  was {was or 'none'}", "red")
    return text


def _summary(each: Difference) -> str:
    retargeted = sum(changed.retargeted for changed in each.changed)
    counts = {
        "added": len(each.added),
        "removed": len(each.removed),
        "retargeted": retargeted,
        "changed otherwise": len(each.changed) - retargeted,
    }
    rows = ", ".join(f"{number} {what}" for what, number in counts.items() if number) or "none changed"
    return f"rows: {rows}; cells that lead elsewhere: {len(each.cells)}"


def _json(each: Difference) -> dict[str, object]:
    return {
        "name": each.new.name or each.old.name,
        "added": [asdict(line) for line in each.added],
        "removed": [asdict(line) for line in each.removed],
        "retargeted": [asdict(changed) for changed in each.changed if changed.retargeted],
        "changed": [asdict(changed) for changed in each.changed if not changed.retargeted],
        "cells": [asdict(cell) for cell in each.cells],
        "unreachable": list(each.unreachable),
        "declared": [{"name": name, "before": was, "after": now} for name, was, now in each.extras],
    }


def _draw(each: Difference, file: Path, program: str) -> None:
    graph, overlay = picture_of(each)
    dot = dot_of(graph, PLAIN, overlay=overlay)
    if file.suffix == ".dot":
        file.write_text(dot, encoding="utf-8", newline="\n")
    elif file.suffix == ".png":
        file.write_bytes(png_of(dot, find_layout(program)))
    elif file.suffix == ".svg":
        label = f"What changed in the {words(graph.name)} lifecycle"
        file.write_text(svg_of(dot, find_layout(program), label, overlay=overlay), encoding="utf-8", newline="\n")
    else:
        raise NoPicture(f"{file} is no picture: its name must end in .svg, .png or .dot")
