"""Wiring: the picture of a system: its members, who tells whom what, and what leaves it.

An edge is everything that one member tells another, a line for each signal with the event it becomes. What goes to the
driver or to the application are rows of the member that sends it; a derived fact is a node between the members it
reads and the one it is told to. A member with an instance for each key has a double frame and says what a key is; a
line that leads to it says which instance is meant.
"""

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import get_type_hints

from attrs import frozen
from graphviz import escape

from statekit.draft import classes_in
from statekit.draw.boxes import MEMBERS_WIDTH, SMALL, TABLE, TITLE, across, font
from statekit.draw.dot import Canvas, Direction, sheet
from statekit.draw.labels import cell, code, counted, function, identifier, sentence, words, wrapped
from statekit.draw.matrix import table
from statekit.draw.mermaid import BREAK, text
from statekit.draw.style import CAUSES, CHOICE, INK, LOOKS, MUTED, Cause
from statekit.effects import Signal
from statekit.machine import Definition
from statekit.states import Every, Kind
from statekit.system import System
from statekit.wiring import Derived, Wire

NAMED_EVENTS = 2
"""An event made as one of more classes than this is named by its maker instead."""

MEMBER = LOOKS[Kind.BUSY]


@frozen
class Told:
    """One line of the wiring as drawn: a signal, and what it becomes for the member that receives it.

    `to` says which instance of a keyed member that is: `by document_of`, `every document`.
    """

    signal: str
    event: str
    maker: str
    to: str = ""


@frozen
class Member:
    """A machine of the system: its size, what it asks of the driver and what it tells the application.

    `per` says of a keyed one what a key stands for.
    """

    name: str
    doc: str
    states: int
    rows: int
    orders: tuple[str, ...]
    published: tuple[str, ...]
    per: str = ""


@frozen
class Fact:
    """A derived fact: the members it reads, the one it is told to, and the event it becomes."""

    name: str
    doc: str
    reads: tuple[str, ...]
    target: str
    event: str


@frozen
class Map:
    """A system as a picture needs it; made by `map_of`. `wires` are merged by their two ends."""

    name: str
    doc: str
    members: tuple[Member, ...]
    wires: tuple[tuple[str, str, tuple[Told, ...]], ...]
    facts: tuple[Fact, ...]


def map_of(system: System) -> Map:
    """Read a system's wiring."""
    wires: dict[tuple[str, str], list[Told]] = {}
    for line in system.wiring:
        if line.target is not None and line.make is not None:
            told = Told(line.signal.__name__, event_of(line.make), function(line.make), _which(line, system))
            wires.setdefault((line.source.name, line.target.name), []).append(told)
    return Map(
        system.name,
        system.doc,
        tuple(_member(member, system) for member in system.members),
        tuple((source, target, tuple(told)) for (source, target), told in wires.items()),
        tuple(_fact(derived, system) for derived in system.derived),
    )


def event_of(make: Callable[..., object]) -> str:
    """Name the event that a maker makes, by its return annotation; one of many by the maker's own name."""
    classes = tuple(dict.fromkeys(classes_in(get_type_hints(make).get("return"))))
    if 0 < len(classes) <= NAMED_EVENTS:
        return " | ".join(each.__name__ for each in classes)
    return words(function(make))


def _which(line: Wire, system: System) -> str:
    """Say to which instances a wire leads."""
    if isinstance(line.key, Every) and line.target is not None:
        return f"every {system.plan.keyed[line.target.name].per}"
    by = f"by {function(line.key)}" if line.key is not None else ""
    return f"started {by}" if line.spawns else by


def _member(member: Definition, system: System) -> Member:
    effects = member.effects()
    orders = tuple(each.__name__ for each in effects if not issubclass(each, Signal))
    published = tuple(line.signal.__name__ for line in system.wiring if line.target is None and line.source is member)
    keyed = system.plan.keyed.get(member.name)
    per = "" if keyed is None else keyed.per
    return Member(member.name, member.doc, len(member.states), len(member.table), orders, published, per)


def _fact(derived: Derived, system: System) -> Fact:
    reads = tuple(member.name for member in system.members if member in set(_read(derived.fact, set())))
    doc = sentence(derived.fact.__doc__ or "")
    return Fact(derived.fact.__name__, doc, reads, derived.target.name, event_of(derived.make))


def _read(called: object, seen: set[object]) -> Iterator[Definition]:
    """Give the machines that a function, or one it calls, names: a fact asks the view for a machine by name."""
    if not isinstance(called, FunctionType) or called in seen:
        return
    seen.add(called)
    for name in called.__code__.co_names:
        found: object = called.__globals__.get(name)
        if isinstance(found, Definition):
            yield found
        elif isinstance(found, FunctionType) and found.__module__ == called.__module__:
            yield from _read(found, seen)


def dot_of_map(drawn: Map, direction: Direction = Direction.RIGHT, heading: str = "") -> str:
    """Write a system's picture as DOT."""
    dot = sheet(drawn.name, heading, _legend(drawn), direction)
    for member in drawn.members:
        dot.node(
            member.name,
            label=_member_label(member),
            tooltip=escape(member.doc),
            fillcolor=MEMBER.fill.light,
            color=MEMBER.line.light,
            penwidth="1.4",
            **({"peripheries": "2"} if member.per else {}),
            _attributes={"class": "member", "id": escape(f"{drawn.name}-member-{member.name}")},
        )
    for source, target, told in drawn.wires:
        rows = "".join(f'<TR><TD ALIGN="LEFT">&#160;{_told_label(each)}</TD></TR>' for each in told)
        attributes = {"class": "edge", "id": escape(f"{drawn.name}-wire-{source}-{target}")}
        dot.edge(source, target, label=f"<{TABLE}{rows}</TABLE>>", color=MEMBER.line.light, _attributes=attributes)
    for fact in drawn.facts:
        _draw_fact(dot, drawn.name, fact)
    return dot.source


def _draw_fact(dot: Canvas, name: str, fact: Fact) -> None:
    node = f"fact_{fact.name}"
    dot.node(
        node,
        label=f"<{font(words(fact.name), CHOICE.text, 0, 'B')}>",
        shape="note",
        style="filled",
        tooltip=escape(fact.doc),
        fillcolor=CHOICE.fill.light,
        color=CHOICE.line.light,
        _attributes={"class": "fact", "id": escape(f"{name}-{node}")},
    )
    for member in fact.reads:
        dot.edge(member, node, style="dashed", arrowhead="none", color=CHOICE.line.light, _attributes={"class": "edge"})
    told = f"<{font(f' {fact.event}', CAUSES[Cause.TOLD], 0, 'B')}>"
    dot.edge(node, fact.target, label=told, color=CHOICE.line.light, _attributes={"class": "edge"})


def _member_label(member: Member) -> str:
    head = across(font(words(member.name).capitalize(), MEMBER.text, TITLE, "B"))
    size = f"{counted(member.states, 'state')}, {counted(member.rows, 'row')}"
    head += across(font(f"one per {member.per}: {size}" if member.per else size, MUTED, SMALL))
    rows = ""
    for names, goes_to in ((member.orders, "driver"), (member.published, "application")):
        for part in wrapped(", ".join(names), MEMBERS_WIDTH // 2) if names else ():
            left = f'<TD ALIGN="LEFT">{font(part, INK, SMALL)}</TD>'
            rows += f'<TR>{left}<TD ALIGN="RIGHT">{font(f"→ {goes_to}", MUTED, SMALL, "I")}</TD></TR>'
    return f"<{TABLE}{head}{'<HR/>' if rows else ''}{rows}</TABLE>>"


def _told_label(told: Told) -> str:
    became = "" if told.event == told.signal else font(f" → {told.event}", MUTED, SMALL)
    became += font(f", {told.to}", MUTED, SMALL, "I") if told.to else ""
    return font(told.signal, CAUSES[Cause.TOLD], 0, "B") + became


def _legend(drawn: Map) -> str:
    size = f"   {counted(len(drawn.members), 'machine')}"
    lines = [font(words(drawn.name).capitalize(), INK, 16, "B") + font(size, MUTED, 11)]
    lines += (font(part, MUTED, 10) for part in wrapped(sentence(drawn.doc)))
    key = font("Signal", CAUSES[Cause.TOLD], SMALL, "B") + font(" → the event it becomes", MUTED, SMALL)
    key += font(
        "      a dashed line leads to a fact derived from the states of the machine it comes from", MUTED, SMALL
    )
    body = "".join(f'<TR><TD ALIGN="LEFT">{each}</TD></TR>' for each in (*lines, key))
    return f"<{TABLE}{body}</TABLE>>"


def mermaid_of_map(drawn: Map, heading: str = "", direction: str = "LR") -> str:
    """Write a system's picture as a Mermaid flowchart."""
    lines = ["---", f"title: {words(drawn.name).capitalize()}", "---", *([f"%% {heading}"] if heading else [])]
    lines.append(f"flowchart {direction}")
    for member in drawn.members:
        name = text(words(member.name))
        boxed = f'[["{name}{BREAK}one per {text(words(member.per))}"]]' if member.per else f'["{name}"]'
        lines.append(f"  {identifier(member.name)}{boxed}")
    for source, target, told in drawn.wires:
        label = BREAK.join(text(f"{each.signal} → {each.event}{each.to and f', {each.to}'}") for each in told)
        lines.append(f'  {identifier(source)} -->|"{label}"| {identifier(target)}')
    for fact in drawn.facts:
        node = identifier(f"fact_{fact.name}")
        lines.append(f'  {node}(["{text(words(fact.name))}"])')
        lines += (f"  {identifier(member)} -.- {node}" for member in fact.reads)
        lines.append(f'  {node} -->|"{text(fact.event)}"| {identifier(fact.target)}')
    for member in drawn.members:
        name = identifier(member.name)
        for names, goes_to in ((member.orders, "driver"), (member.published, "application")):
            if names:
                lines.append(f'  {name} -.->|"{BREAK.join(map(text, names))}"| the_{goes_to}(["the {goes_to}"])')
    return "\n".join(lines) + "\n"


def tables_of(drawn: Map) -> str:
    """Write a system's wiring as sections of Markdown."""
    members = table(
        ("Machine", "For", "Asks of the driver", "Tells the application"),
        (
            (
                f"[{cell(words(member.name))}]({member.name}.md)",
                cell(f"one per {words(member.per)}: {sentence(member.doc)}" if member.per else sentence(member.doc)),
                ", ".join(map(code, member.orders)),
                ", ".join(map(code, member.published)),
            )
            for member in drawn.members
        ),
    )
    wires = table(
        ("From", "Signal", "To", "As", "Made by"),
        (
            (
                cell(words(source)),
                code(each.signal),
                cell(f"{words(target)}, {each.to}" if each.to else words(target)),
                code(each.event),
                code(each.maker),
            )
            for source, target, told in drawn.wires
            for each in told
        ),
    )
    facts = table(
        ("Fact", "Meaning", "Read from", "Told to", "As"),
        (
            (
                code(fact.name),
                cell(fact.doc),
                cell(", ".join(map(words, fact.reads))),
                cell(words(fact.target)),
                code(fact.event),
            )
            for fact in drawn.facts
        ),
    )
    sections = [("Machines", members), ("Wires", wires), *([("Derived facts", facts)] if drawn.facts else [])]
    return "\n".join(f"## {head}\n\n{body}" for head, body in sections)
