"""`statekit show`: one machine's folded table in the terminal, state by state; or a system's wiring."""

import json
from collections.abc import Iterator
from typing import cast

import attrs
import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from statekit.cli import catalogue
from statekit.cli.terminal import KINDS, VERBS, console, outcome, triggers
from statekit.draw.graph import EVERY_NAME, Graph, Line, Node, folded_lines, graph_of
from statekit.draw.labels import default_delay, lasting, words
from statekit.draw.wiring import Map, Member, map_of
from statekit.machine import Definition
from statekit.row import Verb
from statekit.system import System
from statekit.timers import delay_label

PRINTED_WIDTH = 100


@click.command()
@click.argument("machine")
@click.option("--json", "as_json", is_flag=True, help="Write JSON: the graph that pictures are made of.")
def show(machine: str, *, as_json: bool) -> None:
    """Print what MACHINE does in every state.

    MACHINE is a name from `list`, file.py, file.py:ATTRIBUTE or module:ATTRIBUTE.
    """
    exhibit = catalogue.exhibit(machine)
    subject = exhibit.subject
    drawn = map_of(subject) if isinstance(subject, System) else graph_of(subject)
    if as_json:
        click.echo(json.dumps(attrs.asdict(drawn), indent=2, ensure_ascii=False))
    elif isinstance(drawn, Map):
        _print_map(console(), drawn)
    else:
        _print_graph(console(), drawn, cast("Definition", subject))


def _print_graph(screen: Console, graph: Graph, machine: Definition) -> None:
    screen.print(Text.assemble((words(graph.name).capitalize(), "bold"), f"  {machine.doc}"))
    titles, kinds = graph.titles(), graph.kinds()
    for node, declared in zip(graph.nodes, machine.states, strict=True):
        screen.print()
        screen.print(_head(graph, node))
        lines = list(folded_lines(machine, declared.state))
        table = _table()
        for level, line in lines:
            if not line.silent:
                origin = "" if level == node.name else "any state" if level == EVERY_NAME else words(level)
                table.add_row(triggers(line), outcome(line, titles, kinds), _does(line), Text(origin, "dim italic"))
        if table.row_count:
            screen.print(table)
        for text in _silent([line for _, line in lines]):
            screen.print(Padding(text, (0, 0, 0, 2)), width=PRINTED_WIDTH)
    for diamond in graph.diamonds:
        screen.print(Text.assemble("\n", (f"◇ {diamond.title}", "bold magenta")))
        table = _table()
        for line in diamond.lines:
            table.add_row(triggers(line), outcome(line, titles, kinds), _does(line), "")
        screen.print(table)
    _print_timers(screen, machine)


def _head(graph: Graph, node: Node) -> Text:
    head = Text.assemble((f"● {node.title}", f"bold {KINDS[node.kind]}"), (f"  {node.kind}", "dim"), f"  {node.doc}")
    head.append("  (initial)" if node.name == graph.initial else "", "dim")
    head.append(f"  waits for {words(node.waits_for)}" if node.waits_for else "", "dim")
    for moment, effects in (("entry", node.entry), ("exit", node.exit)):
        head.append(f"\n  {moment} / {', '.join(effects)}" if effects else "", "dim")
    return head


def _table() -> Table:
    """Make a table of four columns whose edges stand below each other from state to state."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 2), width=PRINTED_WIDTH)
    for ratio in (35, 19, 30, 16):
        table.add_column(ratio=ratio, overflow="fold")
    return table


def _does(line: Line) -> Text:
    return Text(", ".join(filter(None, (line.update, *line.effects))), "dim")


def _silent(lines: list[Line]) -> Iterator[Text]:
    for verb in (Verb.IGNORE, Verb.FORBID):
        names = dict.fromkeys(trigger.label for line in lines if line.verb is verb for trigger in line.triggers)
        if names:
            yield Text(f"{VERBS[verb]}: {', '.join(names)}", "dim")


def _print_timers(screen: Console, machine: Definition) -> None:
    if not machine.folded.clocks:
        return
    screen.print(Text("\n◷ Timers", "bold yellow"))
    table = _table()
    for clock in machine.folded.clocks.values():
        default = default_delay(clock.delay, machine.context) or delay_label(clock.delay)
        table.add_row(Text(words(clock.label), "bold yellow"), default, Text(f"while in {lasting(clock)}", "dim"), "")
    screen.print(table)


def _per(member: Member) -> str:
    return f"  one per {words(member.per)}:" if member.per else ""


def _print_map(screen: Console, drawn: Map) -> None:
    screen.print(Text.assemble((words(drawn.name).capitalize(), "bold"), f"  {drawn.doc}"))
    for member in drawn.members:
        screen.print(
            Text.assemble("\n", (f"● {words(member.name)}", "bold bright_blue"), _per(member), f"  {member.doc}")
        )
        table = _table()
        for source, target, told in drawn.wires:
            if source == member.name:
                for each in told:
                    table.add_row(
                        Text(each.signal, "bold magenta"),
                        f"→ {words(target)}",
                        Text(each.event, "dim"),
                        Text(each.to, "dim italic"),
                    )
        for names, goes_to in ((member.published, "the application"), (member.orders, "the driver")):
            for name in names:
                table.add_row(Text(name, "bold"), Text(f"→ {goes_to}", "dim"), "", "")
        screen.print(table)
    for fact in drawn.facts:
        screen.print(Text.assemble("\n", (f"◇ {words(fact.name)}", "bold magenta"), f"  {fact.doc}"))
        table = _table()
        table.add_row(
            f"from {', '.join(map(words, fact.reads))}", f"→ {words(fact.target)}", Text(fact.event, "dim"), ""
        )
        screen.print(table)
