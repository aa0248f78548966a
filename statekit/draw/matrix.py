"""Matrix: a machine as Markdown tables, complete: every state, every cell, every row with its reasons."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from statekit.draft import scope_name
from statekit.draw.graph import EVERY_NAME, Graph, Line, graph_of
from statekit.draw.labels import cell, code, default_delay, effect, lasting, one_per, title, words
from statekit.folded import Arrow
from statekit.machine import Definition
from statekit.row import Verb
from statekit.states import Kind
from statekit.timers import delay_label

STALE = "·"
BLANK = "**blank**"
ANSWERED = {
    Verb.STAY: "stays",
    Verb.REENTER: "re-enters",
    Verb.POSTPONE: "postponed",
    Verb.IGNORE: "ignored",
    Verb.FORBID: "forbidden",
}
KEY = (
    "**→** the next state, after the guards tried in turn. *stays* keeps the state and its timers; *re-enters* "
    "leaves and enters it again. *ignored*, *postponed* and *forbidden* are decisions, with their reasons below. "
    f"`{STALE}` is stale: the effect or timer that would bring it does not count there."
)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table; cells must be escaped already."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def matrix_of(machine: Definition) -> str:
    """Write everything that a machine's table says, as sections of Markdown."""
    graph = graph_of(machine)
    sections = [
        ("States", _states(graph)),
        ("Groups", _groups(graph)),
        ("Rows", f"In the order in which they are tried within a place.\n\n{_rows(graph)}"),
        ("Choices", _choices(graph)),
        ("Timers", _timers(machine)),
        ("Effects that answer", _answering(machine)),
        ("Every cell", f"{KEY}\n\n{_cells(machine)}"),
    ]
    return "\n".join(f"## {head}\n\n{body}" for head, body in sections if body)


def _states(graph: Graph) -> str:
    rows = [
        (
            f"**{cell(node.title)}**" + (" (initial)" if node.name == graph.initial else ""),
            node.kind,
            cell(node.doc),
            cell(words(node.waits_for)),
            _moments(node.entry, node.exit),
        )
        for node in graph.nodes
    ]
    return table(("State", "Kind", "Meaning", "Waits for", "Entry and exit"), rows)


def _groups(graph: Graph) -> str:
    titles = graph.titles()
    rows = [
        (
            f"**{cell(block.title)}**",
            cell(block.doc),
            cell(", ".join(titles[state] for state in block.states)),
            _moments(block.entry, block.exit),
        )
        for block in graph.blocks
        if block.name != EVERY_NAME
    ]
    return table(("Group", "Meaning", "States", "Entry and exit"), rows) if rows else ""


def _moments(entry: Sequence[str], leaving: Sequence[str]) -> str:
    parts = [*(f"entry {code(each)}" for each in entry), *(f"exit {code(each)}" for each in leaving)]
    return "<br>".join(parts)


def _rows(graph: Graph) -> str:
    titles = graph.titles()
    places = {block.name: f"any of *{cell(block.title)}*" for block in graph.blocks}
    places |= {node.name: f"**{cell(node.title)}**" for node in graph.nodes}
    if EVERY_NAME in places:
        places[EVERY_NAME] = "any state"
    rows = [
        (
            places[place],
            cell(", ".join(f"{each.label} {each.default}".strip() for each in line.triggers)),
            code(line.guard),
            _outcome(line, titles),
            ", ".join(filter(None, (code(line.update), *map(code, line.effects)))),
            cell(line.because),
        )
        for place, line in graph.lines()
        if place in places
    ]
    return table(("In", "On", "If", "Then", "Update and effects", "Because"), rows)


def _outcome(line: Line, titles: dict[str, str]) -> str:
    return f"→ {cell(titles[line.target])}" if line.moves else ANSWERED[line.verb]


def _choices(graph: Graph) -> str:
    titles = graph.titles()
    rows = [
        (
            f"**{cell(diamond.title)}**" if index == 0 else "",
            code(line.guard) or "else",
            _outcome(line, titles),
            ", ".join(filter(None, (code(line.update), *map(code, line.effects)))),
        )
        for diamond in graph.diamonds
        for index, line in enumerate(diamond.lines)
    ]
    return table(("Choice", "If", "Then", "Update and effects"), rows) if rows else ""


def _timers(machine: Definition) -> str:
    rows = [
        (
            cell(words(clock.label)),
            cell(lasting(clock)),
            code(delay_label(clock.delay)),
            cell(default_delay(clock.delay, machine.context)),
        )
        for clock in machine.folded.clocks.values()
    ]
    return table(("Timer", "Counts for the stay in", "Delay", "By default"), rows) if rows else ""


def _answering(machine: Definition) -> str:
    rows = [
        (
            code(each.effect.__name__),
            ", ".join(code(event.__name__) for event in each.outcomes),
            _stream(each.opens, each.streams, each.ends),
            cell(words(scope_name(each.scope)) + one_per(each.key)),
            code(effect(each.orphan)) if each.orphan is not None else "",
        )
        for each in machine.answering
    ]
    return table(("Effect", "Outcomes", "Or a stream", "Counts within", "If too late"), rows) if rows else ""


def _stream(opens: type | None, streams: tuple[type, ...], ends: tuple[type, ...]) -> str:
    if opens is None:
        return ""
    parts = (code(opens.__name__), *(f"{code(each.__name__)} …" for each in streams))
    return ", ".join((*parts, *(code(each.__name__) for each in ends)))


def _cells(machine: Definition) -> str:
    states = [declared.state for declared in machine.states if declared.kind is not Kind.ENDED]
    keys: tuple[object, ...] = (*machine.folded.events, *machine.folded.clocks)
    heads = ("", *(cell(title(state.name)) for state in states))
    rows = [
        (f"**{cell(words(machine.key_label(key)))}**", *(_cell(machine, state, key) for state in states))
        for key in keys
    ]
    return table(heads, rows)


def _cell(machine: Definition, state: StrEnum, key: object) -> str:
    if not _counts(machine, state, key):
        return STALE
    return "<br>".join(_arrows(machine.arrows(state, key))) or BLANK


def _counts(machine: Definition, state: StrEnum, key: object) -> bool:
    folded = machine.folded
    scopes = {str(state), *(group.name for group in folded.groups_of[state])}
    if isinstance(key, str):
        return folded.clocks[key].scope in scopes
    answering = folded.answers.get(key) if isinstance(key, type) else None
    return answering is None or scope_name(answering.scope) in scopes


def _arrows(arrows: Sequence[Arrow]) -> Iterator[str]:
    for arrow in arrows:
        guard = f"*{cell(words(arrow.guard.name))}* " if arrow.guard else ""
        target = arrow.row.target
        if target is None:
            yield guard + ANSWERED[arrow.row.verb]
        else:
            named = title(target.name) if isinstance(target, StrEnum) else f"{words(target.name)}?"
            yield f"{guard}**→ {cell(named)}**"
        if arrow.guard is None:
            return
