"""`statekit list`: the machines and systems that are installed."""

import json

import click
from rich.table import Table
from rich.text import Text

from statekit.cli import catalogue
from statekit.cli.terminal import console
from statekit.draw.gallery import Exhibit
from statekit.draw.labels import counted, sentence
from statekit.system import System

FAILED = 1


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_context
def listing(ctx: click.Context, *, as_json: bool) -> None:
    """List the machines and systems that are installed."""
    found: list[Exhibit] = []
    broken: list[str] = []
    for offer in catalogue.offers(catalogue.SYSTEMS, catalogue.MACHINES):
        try:
            found.append(offer.exhibit())
        except catalogue.CannotLoad as error:
            broken.append(str(error))
    if as_json:
        click.echo(json.dumps([_facts(each) for each in found], indent=2, ensure_ascii=False))
    else:
        _print(found)
    for problem in broken:
        click.echo(f"statekit: {problem}", err=True)
    if broken:
        ctx.exit(FAILED)


def _facts(exhibit: Exhibit) -> dict[str, object]:
    subject = exhibit.subject
    facts: dict[str, object] = {"name": exhibit.name, "file": exhibit.source, "doc": subject.doc}
    if isinstance(subject, System):
        return {**facts, "what": "system", "members": list(subject.names), "wires": len(subject.wiring)}
    return {**facts, "what": "machine", "states": len(subject.states), "rows": len(subject.table)}


def _print(found: list[Exhibit]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for head in ("name", "", "for"):
        table.add_column(head, no_wrap=head != "for")
    for exhibit in found:
        subject = exhibit.subject
        if isinstance(subject, System):
            size = counted(len(subject.members), "machine")
        else:
            size = f"{counted(len(subject.states), 'state')}, {counted(len(subject.table), 'row')}"
        table.add_row(Text(exhibit.name, "bold"), Text(size, "dim"), Text(sentence(exhibit.subject.doc)))
    console().print(table if found else "no machine is installed: try module:ATTRIBUTE with `show`")
