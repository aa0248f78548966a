"""The report: RESULTS.md, in a layout that changes only where a figure does."""

import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version

from benchmarks import ours, peers
from benchmarks.growth import ENGINES as GROWN
from benchmarks.growth import GENERATED, SIZES
from benchmarks.measured import ENGINES, LOOP, Measured
from benchmarks.nesting import ENGINES as NESTED
from benchmarks.targets import WHY, Target, targets

PACKAGES = ("attrs", "transitions", "python-statemachine", "Automat", "automaton", "pygenfsm")

METHOD = """\
CPU time of one process (`time.process_time_ns`), jobs interleaved, the minimum of {rounds} rounds, garbage collector as
it is. Only ratios of one run travel. H is a hand-written mutating class with `__slots__`: if/elif over the state, then
over the class of the same typed attrs events. Before anything is measured every engine shows, over three cycles of the
script, that the state, the data and the effects of each event are those of H. Events, stimuli, triggers and event
names are made beforehand for every engine; effects are constants; engines that collect effects in a list do so, ours
hand them out (`Runner` collects). `step` and System are measured on events that arm nothing, an event of a System of 4
is one transaction of one member. "Memoised" means warm, with finite data and functions that take no event; everything
else of ours runs with the memo off.

Loop and call are part of every figure: an empty method costs {loop}.

† has no guards: every guard of the script was decided beforehand, in its favour."""


def report(measured: Measured, rounds: int) -> str:
    """Write the whole report."""
    return "\n".join(
        (*_head(measured, rounds), *_targets(measured), *_workloads(measured), *_shapes(measured), *_once(measured))
    )


def number(value: float) -> str:
    """Write a figure with three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lay out a table, its figures to the right."""
    yield "| " + " | ".join(head) + " |"
    yield "|---|" + "---:|" * (len(head) - 1)
    for line in lines:
        yield "| " + " | ".join(line) + " |"
    yield ""


def _head(measured: Measured, rounds: int) -> Iterator[str]:
    loops = [each[LOOP] for each in measured.events.values()]
    h = [each[LOOP] / each[peers.H.name] for each in measured.events.values()]
    yield "# Benchmark results"
    yield ""
    yield "Written by `make bench`; run it again to write it again (`python -m benchmarks --quick` only prints)."
    yield ""
    packages = " · ".join(f"{name} {version(name)}" for name in PACKAGES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    yield f"{python} on {platform.machine()}, {os.cpu_count()} cores. {packages}."
    yield ""
    loop = f"{min(loops):.0f} to {max(loops):.0f} ns, {min(h):.2f} to {max(h):.2f} of H"
    yield METHOD.format(rounds=rounds, loop=loop)
    yield ""


def _targets(measured: Measured) -> Iterator[str]:
    yield "## Targets"
    yield ""
    yield "The connection workload unless another is named."
    yield ""
    found = targets(measured)
    yield from table(("measure", "target", "measured", ""), (_line(each) for each in found))
    missed = [each for each in found if "missed" in each.outcome and each.measure in WHY]
    for each in missed:
        yield f"- *{each.measure}*: {WHY[each.measure]}"
    if missed:
        yield ""


def _line(target: Target) -> tuple[str, str, str, str]:
    unit = f" {target.unit}" if target.unit else ""
    sign = "≥" if target.at_least else "≤"
    figure = "" if target.found is None else f"{_figure(target.found, target.unit)}{unit}"
    return target.measure, f"{sign} {target.bound:g}{unit}", figure, target.outcome


def _figure(value: float, unit: str) -> str:
    return number(value) if unit in {"×", "ms"} else f"{value:.0f}"


def _workloads(measured: Measured) -> Iterator[str]:
    for name, spent in measured.events.items():
        yield f"## Workload: {name}"
        yield ""
        h, transitions = spent[peers.H.name], spent[peers.TRANSITIONS.name]
        lines = []
        for engine in ENGINES:
            each = spent.get(engine.name)
            mine = f"**{engine.label}**" if engine in ours.ENGINES else engine.label
            figures = ("not yet", "") if each is None else (f"{number(each / h)} ×", f"{number(transitions / each)} ×")
            lines.append((mine, *figures))
        yield from table(("engine", "time, of H", "faster than transitions"), lines)


def _shapes(measured: Measured) -> Iterator[str]:
    yield "## Growth"
    yield ""
    yield "Time of an event, as a multiple of the same engine's with 10 rows. A ring has a state a row, a hub just one."
    yield ""
    head = ("engine", *(f"{shape}, {size:,} rows" for shape in ("ring", "hub") for size in SIZES[1:]))
    lines = []
    for name in (*(engine.name for engine in GROWN), GENERATED):
        cells: list[str] = []
        for shape in ("ring", "hub"):
            each = measured.growth[name, shape]
            cells += ["not yet"] * (len(SIZES) - 1) if each is None else [f"{number(ratio)} ×" for ratio in each[1:]]
        lines.append((name, *cells))
    yield from table(head, lines)
    yield "## Three nested groups with entry and exit effects"
    yield ""
    lines = [(engine.name, _ratio(measured.nesting[engine.name])) for engine in NESTED]
    yield from table(("engine", "nested, of flat"), lines)


def _ratio(value: float | None) -> str:
    return "not yet" if value is None else f"{number(value)} ×"


def _once(measured: Measured) -> Iterator[str]:
    yield "## Definition: 50 states, 200 rows"
    yield ""
    yield "CPU time from the first row to the machine; statekit's static checks are in it."
    yield ""
    yield from table(("library", "ms"), ((name, number(each)) for name, each in measured.definition.items()))
    yield "## Import"
    yield ""
    attrs = measured.imports["attrs"]
    yield "CPU time in a fresh interpreter with byte code cached."
    yield f"`import statekit` loads of what it should not: {', '.join(measured.dragged_in) or 'nothing'}."
    yield ""
    lines = ((name, number(each), f"{each - attrs:+.1f}") for name, each in measured.imports.items())
    yield from table(("module", "ms", "against attrs"), lines)
    yield "## One live connection"
    yield ""
    lines = ((name, f"{size:.0f}", f"{number(measured.creation[name])} ×") for name, size in measured.live.items())
    yield from table(("instance", "bytes", "made in, of H"), lines)
