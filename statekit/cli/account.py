"""The account: what `check` found out, as a person reads it in a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from statekit.check.properties import Sort
from statekit.check.report import Explored, Finding, Result, Trace
from statekit.check.story import became, came, states, way_of
from statekit.cli.checked import Checked
from statekit.cli.terminal import WIDEST
from statekit.draw.labels import counted, words
from statekit.system import System

MEBIBYTE: Final = 1 << 20
GOOD, BAD, MEANT, ASIDE = ("✓", "green"), ("✗", "bold red"), ("~", "yellow"), ("·", "dim")


def tell(screen: Console, checked: Checked, *, notes: bool) -> None:
    """Print one subject's block: its size, what was explored, every property, and what was found."""
    width = min(screen.width, WIDEST)
    for part in (_head(checked), *_body(checked, notes=notes)):
        screen.print(part, width=width)
    screen.print()


def sum_up(screen: Console, all_checked: Iterable[Checked]) -> None:
    """Print the last line: how much was looked at, and what came of it."""
    done = tuple(all_checked)
    found = sum(len(each.errors) for each in done)
    explored = [each.explored for each in done if each.explored]
    wrong = sum(len(each.refuted) for each in done)
    odd = sum(len(each.faults) or len(each.gaps) for each in explored)
    held = sum(len(each.results) for each in explored) - wrong
    line = Text.assemble((f"{len(done)} checked: ", "bold"), _count(found, "finding"), f", {_properties(held)}")
    if wrong:
        line.append(f", {wrong} refuted", BAD[1])
    if odd:
        line.append(f", {counted(odd, 'fault')} on the way", BAD[1])
    if explored:
        edges, seconds = sum(each.edges for each in explored), sum(each.seconds for each in explored)
        line.append(f"; {sum(each.states for each in explored):,} states, {edges:,} edges in {seconds:.1f} s", "dim")
    problems = sum(bool(each.problem) for each in done)
    if problems:
        line.append(f"; {problems} could not be explored", BAD[1])
    screen.print(line, width=min(screen.width, WIDEST))


def _properties(held: int) -> str:
    return f"{counted(held, 'property').replace('propertys', 'properties')} {'holds' if held == 1 else 'hold'}"


def _count(number: int, noun: str) -> Text:
    return Text(counted(number, noun), BAD[1] if number else GOOD[1])


def _head(checked: Checked) -> Text:
    subject = checked.model.subject
    if isinstance(subject, System):
        size = f"system, {counted(len(subject.members), 'machine')}, {counted(len(subject.wiring), 'wire')}"
    else:
        size = f"machine, {counted(len(subject.states), 'state')}, {counted(len(subject.table), 'row')}"
    bound = checked.explored is not None and not checked.explored.exhausted
    mark, style = BAD if checked.problem or not checked.well else MEANT if bound else GOOD
    return Text.assemble((f"{mark} ", style), (words(checked.name).capitalize(), "bold"), (f"  {size}", "dim"))


def _body(checked: Checked, *, notes: bool) -> Iterator[RenderableType]:
    if checked.problem:
        yield _indented(Text(checked.problem, BAD[1]))
    if checked.explored is not None:
        yield _indented(_measured(checked.explored))
        if checked.explored.results:
            yield _indented(_properties_of(checked.explored))
        yield from map(_indented, _ways(checked))
        yield from map(_indented, _gaps(checked.explored))
    listed = [*((each, BAD) for each in checked.errors), *((each, MEANT) for each in checked.overruled)]
    listed += ((each, ASIDE) for each in checked.notes if notes)
    if listed:
        yield _indented(_findings(listed))
    if checked.notes and not notes:
        told = ", ".join(f"{number} {code}" for code, number in Counter(each.code for each in checked.notes).items())
        yield _indented(Text(f"· worth a look: {told} (--notes lists them)", "dim"))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2))


def _measured(explored: Explored) -> Text:
    ended = (
        (f"exhausted at the thresholds {explored.thresholds}", GOOD[1])
        if explored.exhausted
        else (f"not exhausted at the thresholds {explored.thresholds}: {explored.bound}", "bold yellow")
    )
    rate = f", {explored.edges / explored.seconds:,.0f} edges/s" if explored.seconds > 0 else ""
    real = f", {explored.steps:,} by the real step" if explored.steps else ""
    real += f" ({explored.steps / explored.seconds:,.0f} steps/s)" if explored.steps and explored.seconds > 0 else ""
    return Text.assemble(
        f"{counted_in(explored.states, 'state')}, {counted_in(explored.edges, 'edge')}, depth {explored.depth}: ",
        ended,
        (f"\n{explored.seconds:.2f} s{rate}{real}, {explored.peak_bytes / MEBIBYTE:,.0f} MiB at most", "dim"),
    )


def counted_in(number: int, noun: str) -> str:
    """Write a large number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _properties_of(explored: Explored) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    for ratio in (None, None, None, 1, None):
        table.add_column(ratio=ratio, no_wrap=ratio is None, justify="left")
    for result in explored.results:
        mark, style = GOOD if result.holds else BAD
        claim = Text(result.property.claim, "" if result.holds else "bold")
        sort = Text(result.property.sort, "dim")
        table.add_row(Text(mark, style), result.property.code, sort, claim, Text(_figure(result), "dim"))
    return table


def _figure(result: Result) -> str:
    """Say what was measured: how often a witness was met, how long the longest way to a settled state is."""
    if result.figure is None:
        return ""
    return f"{result.figure:,} ×" if result.property.sort is Sort.WITNESS else f"≤ {counted_in(result.figure, 'move')}"


def _ways(checked: Checked) -> Iterator[RenderableType]:
    """Tell how each property that does not hold is refuted, and how each fault is come to."""
    for result in checked.refuted:
        said = Text.assemble((f"{BAD[0]} {result.property.code}  ", BAD[1]), (result.property.claim, "bold"))
        yield Group(said, *(_story(checked, result.trace) if result.trace else [Text("    it is never reached")]))
    for sentence, trace in checked.explored.faults if checked.explored else ():
        yield Group(Text.assemble((f"{BAD[0]} ", BAD[1]), sentence), *_story(checked, trace))


def _story(checked: Checked, trace: Trace) -> Iterator[RenderableType]:
    """Tell a way move by move, what became of each beside it, and where everything is in the end."""
    way = way_of(checked.model, trace)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for number, seen in enumerate(way.seen, 1):
        if trace.loop_from == number - 1:
            table.add_row(Text("from here it goes round for ever", "yellow"), "")
        table.add_row(f"{number}. {came(way.subject, seen.move)}", Text(became(seen), "dim"))
    yield Padding(table, (0, 0, 0, 4))
    yield from (Text(f"    {line}", "dim") for line in states(way.subject, way.places[-1]))


def _gaps(explored: Explored) -> Iterator[Text]:
    """Tell which ways through functions were never gone; where a fault may be why, only how many."""
    if explored.faults and explored.gaps:
        yield Text(f"· {counted(len(explored.gaps), 'way')} through functions never gone: mend the above first", "dim")
        return
    for gap in explored.gaps:
        yield Text.assemble(
            (f"{BAD[0]} ", BAD[1]),
            f"no explored step went this way: {gap.line}, in {gap.function}",
            ("\n    add samples to the events that it reads", "dim"),
            (f"  {gap.origin}", "dim"),
        )


def _findings(listed: list[tuple[Finding, tuple[str, str]]]) -> Table:
    """List findings with their lines; what to do is said once for those of a code that want the same."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
    for ratio in (None, None, 1, None):
        table.add_column(ratio=ratio, no_wrap=ratio is None, justify="left")
    after = [(finding.code, _advised(finding)) for finding, _ in listed[1:]]
    for (finding, (mark, style)), following in zip_longest(listed, after):
        said = Text(finding.sentence)
        if following != (finding.code, _advised(finding)):
            said.append(
                f"\n{_advised(finding)}", "yellow" if finding.because else "dim" if mark == ASIDE[0] else "cyan"
            )
        table.add_row(Text(mark, style), Text(finding.code, style), said, Text(finding.origin, "dim"))
    return table


def _advised(finding: Finding) -> str:
    return f"meant to be so: {finding.because}" if finding.because else f"→ {finding.advice}"
