"""Mermaid: a graph as a state diagram for pages that render Mermaid.

Mermaid has no boxes with rows, no colour for an edge and no diamond with a name. So a group is a state of its own that
stands for its members, a choice is a dashed state, and lines that do not move are words in the state's box.
"""

from collections.abc import Iterator, Sequence

from statekit.draw.graph import EVERY_NAME, Block, Graph, Line
from statekit.draw.labels import identifier, words
from statekit.draw.style import BLOCK, CHOICE, INK, LOOKS, RULE
from statekit.row import Verb
from statekit.states import Kind

ENTITIES = str.maketrans({
    "#": "#35;", ";": "#59;", ":": "#colon;", "<": "#lt;", ">": "#gt;", '"': "#quot;", "`": "#96;",
    "{": "#123;", "}": "#125;", "\n": " ", "\r": " ", "%": "#37;",
})  # fmt: skip
"""Each of these would end a statement, a label or a quote, or begin a tag or a comment."""

BREAK = "<br/>"
STAYS = {Verb.STAY: "stays", Verb.REENTER: "re-enters", Verb.POSTPONE: "postponed"}


def text(given: str) -> str:
    """Make a text safe inside a Mermaid label."""
    return given.translate(ENTITIES)


def mermaid_of(graph: Graph, heading: str = "", direction: str = "TB") -> str:
    """Write a graph as a Mermaid state diagram."""
    head = ["---", f"title: {words(graph.name).capitalize()}", "---", *([f"%% {heading}"] if heading else [])]
    body = [
        "stateDiagram-v2",
        f"  direction {direction}",
        *(f"  {line}" for line in _declared(graph)),
        f"  [*] --> {identifier(graph.initial)}",
        *(f"  {line}" for line in _edges(graph)),
        *(f"  {identifier(node.name)} --> [*]" for node in graph.nodes if node.kind is Kind.ENDED),
        *(f"  {line}" for line in _classes(graph)),
    ]
    return "\n".join((*head, *body)) + "\n"


def _group(block: Block) -> str:
    return identifier(f"any_of_{block.name}")


def _shown(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if not line.silent]


def _blocks(graph: Graph) -> list[Block]:
    return [block for block in graph.blocks if _shown(block.lines) or block.entry or block.exit]


def _declared(graph: Graph) -> Iterator[str]:
    titles = graph.titles()
    for node in graph.nodes:
        waits = [f"waits for {words(node.waits_for)}"] if node.waits_for else []
        parts = [node.title, *waits, *_moments(node.entry, node.exit), *_staying(node.lines)]
        yield f'state "{BREAK.join(map(text, parts))}" as {identifier(node.name)}'
    for diamond in graph.diamonds:
        yield f'state "{text(diamond.title)}" as {identifier(diamond.name)}'
    for block in _blocks(graph):
        named = block.title if block.name == EVERY_NAME else f"any of {block.title}"
        members = ", ".join(titles[name] for name in block.states)
        parts = [named, members, *_moments(block.entry, block.exit), *_staying(block.lines)]
        yield f'state "{BREAK.join(map(text, parts))}" as {_group(block)}'


def _moments(entry: Sequence[str], leaving: Sequence[str]) -> Iterator[str]:
    for moment, effects in (("entry", entry), ("exit", leaving)):
        if effects:
            yield f"{moment} / {', '.join(effects)}"


def _staying(lines: Sequence[Line]) -> Iterator[str]:
    for line in _shown(lines):
        if not line.moves:
            yield f"{_label(line)} {STAYS.get(line.verb, line.verb)}"


def _label(line: Line) -> str:
    triggers = ", ".join(f"{each.label} {each.default}".strip() for each in line.triggers)
    guard = f"[{words(line.guard)}]" if line.guard else "" if triggers else "else"
    return f"{triggers} {guard}".strip()


def _edges(graph: Graph) -> Iterator[str]:
    blocks = {block.name: _group(block) for block in graph.blocks}
    merged: dict[tuple[str, str], list[str]] = {}
    for place, line in graph.lines():
        if line.moves:
            pair = (blocks.get(place) or identifier(place), identifier(line.target))
            merged.setdefault(pair, []).append(text(_label(line)))
    for (source, target), labels in merged.items():
        yield f"{source} --> {target} : {BREAK.join(labels)}"


def _classes(graph: Graph) -> Iterator[str]:
    for kind in dict.fromkeys(node.kind for node in graph.nodes):
        look = LOOKS[kind]
        width = ",stroke-width:2px" if kind is Kind.STEADY else ""
        yield f"classDef {kind} fill:{look.fill.light},stroke:{look.line.light},color:{look.text.light}{width}"
    chosen = f"fill:{CHOICE.fill.light},stroke:{CHOICE.line.light},color:{CHOICE.text.light}"
    yield f"classDef choice {chosen},stroke-dasharray:4 3"
    yield f"classDef group fill:{BLOCK.light},stroke:{RULE.light},color:{INK.light}"
    for node in graph.nodes:
        yield f"class {identifier(node.name)} {node.kind}"
    for diamond in graph.diamonds:
        yield f"class {identifier(diamond.name)} choice"
    for block in _blocks(graph):
        yield f"class {_group(block)} group"
