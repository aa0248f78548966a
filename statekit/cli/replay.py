"""`statekit replay`: go a written way again: a counterexample move by move, or a journal with another table."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final, cast

import click
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from statekit.check.hindsight import Hindsight, Parting, alone, hindsight
from statekit.check.model import Model
from statekit.check.story import AnySeen, Way, Where, came, did, members, states, way_of
from statekit.check.traces import MEMBER, TraceForm
from statekit.check.uphold import claim_named, upheld
from statekit.cli import catalogue
from statekit.cli.files import is_file
from statekit.cli.terminal import KINDS, console
from statekit.codec.forms import Hooks
from statekit.codec.journal import JournalForm
from statekit.errors import StatekitError
from statekit.machine import Definition
from statekit.system import System

DIFFERS: Final = 1
JOURNAL: Final = "journal"


class NothingToReplay(StatekitError):
    """The file is neither a trace nor a journal, or is one and an option belongs to the other; the sentence says it."""


@click.command(short_help="Go a counterexample again, or recorded runs with another table.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--step", is_flag=True, help="Wait for a key after every move of a trace.")
@click.option(
    "--against",
    default="",
    help="A name from `list`, file.py:ATTRIBUTE or module:ATTRIBUTE; by default what FILE names.",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON: of a journal, where each run would part.")
@click.pass_context
def replay(ctx: click.Context, file: Path, *, step: bool, against: str, as_json: bool) -> None:
    """Go through FILE again: a trace that `check --artefacts` wrote, or the journal of runs.

    A trace is told move by move: what came, what became of it, where every machine is and what it awaits; the exit code
    is 1 if its claim does not hold. Of a journal each run is told by the first event at which the table that it is held
    against would have behaved differently; the exit code is 1 if one would.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NothingToReplay(f"{file} holds neither a trace nor a journal: those are UTF-8") from None
    kind, name, home = _named(text, file)
    if kind == JOURNAL and not step:
        ctx.exit(_journal(text, file, name, against, as_json=as_json))
    elif kind == MEMBER and not as_json:
        ctx.exit(_trace(text, against or home or name, step=step))
    raise NothingToReplay("--step goes with a trace, --json with a journal")


def _named(text: str, file: Path) -> tuple[str, str, str]:
    """Tell what a file holds, a trace or a journal, whose by name, and where the model is, if it says so."""
    try:
        found: object = json.loads(text)
    except ValueError:
        try:
            found = json.loads(text.partition("\n")[0])
        except ValueError:
            found = None
    facts = cast("dict[str, object]", found) if isinstance(found, dict) else {}
    for kind in (MEMBER, JOURNAL):
        name = facts.get(kind)
        if isinstance(name, str):
            home = str(facts.get("model") or "")
            # A trace may come from anybody: it leads to modules that can be imported here, not to any file.
            return kind, name, "" if is_file(home) else home
    raise NothingToReplay(f"{file} holds neither a trace nor a journal: those begin with the member trace or journal")


def _trace(text: str, name: str, *, step: bool) -> int:
    model = catalogue.model(name)
    trace, code = TraceForm(model).read(text)
    claim = claim_named(model, code)
    way = way_of(model, trace)
    screen = console()
    said = claim if isinstance(claim, str) else f"{claim.code}: {claim.claim}"
    screen.print(Text.assemble((trace.subject, "bold"), "  ", said))
    screen.print(Text("0. the start", "bold"))
    _place(screen, way, way.begun)
    for number, seen in enumerate(way.seen, 1):
        if step:
            click.pause("")
        if trace.loop_from == number - 1:
            screen.print(Text("   from here it goes round for ever", "magenta"))
        _move(screen, number, way, seen)
    holds = upheld(model, claim, way)
    screen.print(
        Text("it holds along this way" if holds else "it does not hold", "bold green" if holds else "bold red")
    )
    return 0 if holds else DIFFERS


def _move(screen: Console, number: int, way: Way, seen: AnySeen) -> None:
    screen.print(Text(f"{number}. {came(way.subject, seen.move)}", "bold"))
    for line in did(way.subject, seen):
        screen.print(_indented(Text(line, "dim")))
    _place(screen, way, seen.after, seen)


def _place(screen: Console, way: Way, where: Where, seen: AnySeen | None = None) -> None:
    kinds = {snapshot.state.name: machine.kind(snapshot.state) for _, machine, snapshot in members(way.subject, where)}
    for line in states(way.subject, where, seen):
        text = Text(line)
        for name, kind in kinds.items():
            text.highlight_words([name], KINDS[kind])
        screen.print(_indented(text))


def _indented(text: Text) -> Padding:
    return Padding(text, (0, 0, 0, 5))


def _journal(text: str, file: Path, name: str, against: str, *, as_json: bool) -> int:
    system, hooks = _held_against(against or name, name)
    found = tuple(hindsight(JournalForm(system, hooks), text.splitlines()))
    if as_json:
        click.echo(json.dumps([_facts(each) for each in found], indent=2, ensure_ascii=False))
    else:
        screen = console()
        for number, each in enumerate(found, 1):
            screen.print(Text.assemble((f"run {number}", "bold"), f" ({file.name}:{each.line}): {_sentence(each)}"))
            for line in _parting(each.parting):
                screen.print(line)
    return DIFFERS if any(each.parting for each in found) else 0


def _held_against(name: str, recorded: str) -> tuple[System, Hooks | None]:
    """Find a system, and what its codec must be told, by the name of a model, a system or a machine.

    A machine stands for the system of it alone, under the name that the journal has.
    """
    offer = catalogue.offered(name, catalogue.MODELS, catalogue.SYSTEMS, catalogue.MACHINES)
    found = offer.load()
    subject, hooks = (found.subject, found.hooks) if isinstance(found, Model) else (found, None)
    if isinstance(subject, Definition):
        subject = alone(subject, recorded)
    if not isinstance(subject, System):
        raise catalogue.CannotLoad(
            offer.name, offer.value, f"it is no Model, System or Machine: {type(found).__name__}"
        )
    return subject, hooks


def _sentence(found: Hindsight) -> str:
    events = f"{found.events} event{'' if found.events == 1 else 's'}"
    parting = found.parting
    if parting is None:
        return f"behaves alike, {events}"
    where = "the start" if parting.at == 0 else f"event {parting.at} of {events}"
    return f"differs first at {where}, line {parting.line}: {parting.member} gets {parting.event}"


def _parting(parting: Parting | None) -> Iterator[Text]:
    if parting is not None:
        yield from (Text(f"  − {line}", "red") for line in parting.was)
        yield from (Text(f"  + {line}", "green") for line in parting.would)


def _facts(found: Hindsight) -> dict[str, object]:
    parting = found.parting
    facts: dict[str, object] = {"line": found.line, "events": found.events, "alike": parting is None}
    if parting is not None:
        facts |= {
            "at": parting.at,
            "at_line": parting.line,
            "member": parting.member,
            "event": parting.event,
            "was": parting.was,
            "would": parting.would,
        }
    return facts
