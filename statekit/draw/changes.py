"""Changes: both versions of a table on one picture: what was added, what was removed, what changed.

The picture is that of the newer version, with what only the older one had put back where it was, and marked so.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final, TypeAlias

from attrs import evolve

from statekit.check.diff import Difference
from statekit.check.sheet import Line as Written
from statekit.check.sheet import Place, Sheet, State
from statekit.draw.graph import EVERY_NAME, Block, Diamond, Graph, Line, Node, Trigger
from statekit.draw.labels import title, words
from statekit.draw.overlay import ADDED, CHANGED, REMOVED, Mark, Overlay
from statekit.draw.style import Cause
from statekit.row import Verb
from statekit.states import Kind

UNREACHED: Final = Mark("reached no more", REMOVED.colour, "! ", stroke="dotted")

Marked: TypeAlias = tuple[Written, Mark | None]


def picture_of(difference: Difference) -> tuple[Graph, Overlay]:
    """Put both versions of a machine's table on one graph, and mark what is not in both."""
    old, new = difference.old, difference.new
    lines: dict[str, tuple[Line, ...]] = {}
    marks: dict[tuple[str, Line], Mark] = {}
    for (mark, _, row), alike in groupby(_marked(difference), key=_one_row):
        line = _line([written for written, _ in alike])
        lines[row.place] = (*lines.get(row.place, ()), line)
        if mark is not None:
            marks[row.place, line] = mark
    states = (*new.states, *(each for each in old.states if each.name not in {state.name for state in new.states}))
    nodes = tuple(_node(each, lines.get(each.name, ())) for each in states)
    blocks = [_block(each, lines.get(each.name, ())) for each in _both(old.groups, new.groups)]
    if EVERY_NAME in lines:
        every = Place(EVERY_NAME, tuple(node.name for node in nodes if node.kind is not Kind.ENDED))
        blocks.append(evolve(_block(every, lines[EVERY_NAME]), title="any state"))
    used = [line.target for each in lines.values() for line in each]
    diamonds = tuple(
        Diamond(each.name, words(each.name), lines.get(each.name, ()), used.count(each.name))
        for each in _both(old.choices, new.choices)
    )
    graph = Graph(new.name, new.doc, new.initial, new.rows, nodes, tuple(blocks), diamonds)
    return graph, Overlay(nodes=dict(_marked_nodes(difference)), lines=marks)


def _marked(difference: Difference) -> Iterator[Marked]:
    """Give every line of both versions, those of the older one last, with its mark."""
    added, changed = set(difference.added), {each.after for each in difference.changed}
    for line in difference.new.lines:
        yield line, ADDED if line in added else CHANGED if line in changed else None
    for line in difference.removed:
        yield line, REMOVED
    for each in difference.changed:
        if each.retargeted:
            yield each.before, REMOVED


def _marked_nodes(difference: Difference) -> Iterator[tuple[str, Mark]]:
    old, new = _by_name(difference.old), _by_name(difference.new)
    for name in dict.fromkeys((*old, *new)):
        if name not in old or name not in new:
            yield name, ADDED if name in new else REMOVED
        elif name in difference.unreachable:
            yield name, UNREACHED
        elif old[name] != new[name]:
            yield name, CHANGED


def _by_name(sheet: Sheet) -> dict[str, State | Place]:
    places: tuple[State | Place, ...] = (*sheet.states, *sheet.choices)
    return {place.name: place for place in places}


def _both(old: tuple[Place, ...], new: tuple[Place, ...]) -> Iterator[Place]:
    yield from {each.name: each for each in (*old, *new)}.values()


def _one_row(marked: Marked) -> tuple[Mark | None, str, Written]:
    """Forget the trigger and why it comes: what is left is the same for the events of one row."""
    written, mark = marked
    return mark, written.origin, evolve(written, trigger="", cause="")


def _line(alike: list[Written]) -> Line:
    first = alike[0]
    return Line(
        verb=Verb(first.verb),
        triggers=tuple(Trigger(words(each.trigger), Cause(each.cause)) for each in alike if each.trigger),
        target=first.target,
        guard=first.guard,
        update=first.update,
        effects=first.effects,
        because=first.because,
        origin=first.origin,
    )


def _node(state: State, lines: tuple[Line, ...]) -> Node:
    return Node(
        name=state.name,
        title=title(state.name),
        kind=Kind(state.kind),
        doc=state.doc,
        waits_for=state.waits_for,
        entry=state.entry,
        exit=state.exit,
        groups=state.groups,
        lines=lines,
    )


def _block(group: Place, lines: tuple[Line, ...]) -> Block:
    return Block(group.name, words(group.name), group.states, group.doc, group.entry, group.exit, lines)
