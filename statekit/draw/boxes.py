"""Boxes: the HTML-like labels that states, groups, choices, edges and the legend are drawn with."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from attrs import frozen

from statekit.draw.arrangement import Arrangement
from statekit.draw.graph import EVERY_NAME, Block, Diamond, Graph, Line, Node
from statekit.draw.labels import counted, escaped, sentence, words, wrapped
from statekit.draw.overlay import NOTHING, Overlay
from statekit.draw.style import BLOCK, CAUSE_WORDS, CAUSES, CHOICE, INK, LOOKS, MONO, MUTED, RULE, Cause, Colour, Look
from statekit.row import Verb
from statekit.states import Kind

TABLE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
STAYS: Mapping[Verb, str] = {Verb.STAY: "stays", Verb.REENTER: "re-enters", Verb.POSTPONE: "postponed"}
BLANK = '<TD COLSPAN="2"></TD>'
SMALL = 9.0
SMALLER = 8.5
TITLE = 13.0
ENTRY_WIDTH = 44
MEMBERS_WIDTH = 56
ORDERS_WIDTH = 32


def font(text: str, colour: Colour, size: float = 0, mark: str = "", face: str = "") -> str:
    """Write a text in a colour; `mark` may be B and I, in that order. No text is nothing: DOT refuses an empty FONT."""
    if not text:
        return ""
    inner = escaped(text)
    for tag in reversed(mark):
        inner = f"<{tag}>{inner}</{tag}>"
    sized = f' POINT-SIZE="{size:g}"' if size else ""
    faced = f' FACE="{face}"' if face else ""
    return f'<FONT COLOR="{colour.light}"{sized}{faced}>{inner}</FONT>'


def across(inner: str) -> str:
    """Write a table row of one cell over both columns."""
    return f'<TR><TD COLSPAN="2">{inner}</TD></TR>'


@frozen
class Pen:
    """Writes the labels of one arrangement."""

    arranged: Arrangement
    titles: Mapping[str, str]
    kinds: Mapping[str, Kind]
    effects: bool = False
    overlay: Overlay = NOTHING

    @classmethod
    def of(cls, arranged: Arrangement, *, effects: bool, overlay: Overlay = NOTHING) -> "Pen":
        """Take up an arrangement."""
        return cls(arranged, arranged.graph.titles(), arranged.graph.kinds(), effects, overlay)

    def look(self, name: str) -> Look:
        """Give the look of a state or choice by its name."""
        return LOOKS[self.kinds[name]] if name in self.kinds else CHOICE

    def node(self, node: Node) -> str:
        """Write a state's box: its title, what holds throughout, and its rows."""
        look = LOOKS[node.kind]
        head = [across(font(node.title, look.text, TITLE, "B"))]
        if node.waits_for:
            head.append(across(font(f"waits for {words(node.waits_for)}", look.text, SMALL)))
        head += map(across, self.moments(node.entry, node.exit, look.text))
        return self.box(head, node.name)

    def shared(self, columns: int) -> str:
        """Write the box of everything that groups share, in columns of about equal length; or nothing.

        All columns are laid in one grid, because a layout program stretches a table within a table.
        """
        sections = [
            self.section(each)
            for each in self.arranged.graph.blocks
            if self.shown(each.name) or each.entry or each.exit
        ]
        total = sum(map(len, sections))
        laid: list[list[str]] = [[] for _ in range(min(columns, len(sections)))]
        before = 0
        for section in sections:
            column = laid[(before + len(section) // 2) * len(laid) // total]
            column += [BLANK, *section] if column else section
            before += len(section)
        grid = zip_longest(*filter(None, laid), fillvalue=BLANK)
        body = "".join(f"<TR>{'<TD>    </TD>'.join(cells)}</TR>" for cells in grid)
        box = f'BORDER="1" STYLE="rounded" COLOR="{RULE.light}" BGCOLOR="{BLOCK.light}" CELLPADDING="9"'
        return f'<<TABLE {box} CELLBORDER="0"><TR><TD>{TABLE}{body}</TABLE></TD></TR></TABLE>>' if body else ""

    def section(self, block: Block) -> list[str]:
        """Write what one group shares as cells, two columns wide: its name and states, entry and exit, its rows."""
        named = font("" if block.name == EVERY_NAME else "any of ", MUTED, SMALL) + font(block.title, INK, 11, "B")
        doc = font(f"  {block.doc}", MUTED, SMALL, "I") if block.doc else ""
        head = [named + doc]
        head += (font(each, MUTED, SMALLER) for each in wrapped(self.members(block), MEMBERS_WIDTH))
        head += self.moments(block.entry, block.exit, INK)
        cells = [f'<TD COLSPAN="2" ALIGN="LEFT">{each}</TD>' for each in head]
        return cells + [self.row(block.name, line) for line in self.shown(block.name)]

    def members(self, block: Block) -> str:
        """Name a group's states, or, where that is shorter, those that are not in it."""
        others = [name for name in self.kinds if name not in block.states]
        if len(others) < len(block.states) - 1:
            but = " · ".join(self.titles[name] for name in others)
            return f"every state but {but}" if but else "every state"
        return " · ".join(self.titles[name] for name in block.states)

    def diamond(self, diamond: Diamond) -> str:
        """Write a choice: a name in a diamond, or a box with its branches."""
        if not self.shown(diamond.name):
            return f"<{font(diamond.title, CHOICE.text, 0, 'B')}>"
        return self.box([across(font(diamond.title, CHOICE.text, 12, "B"))], diamond.name)

    def shown(self, name: str) -> Sequence[Line]:
        """Give the rows drawn in a box; what is ignored or forbidden stands in the tooltip and the matrix."""
        return [line for line in self.arranged.rows.get(name, ()) if not line.silent]

    def box(self, head: Sequence[str], name: str) -> str:
        """Put a box together, with a rule between its head and its rows."""
        body = "".join(f"<TR>{self.row(name, line)}</TR>" for line in self.shown(name))
        return f"<{TABLE}{''.join(head)}{'<HR/>' if body else ''}{body}</TABLE>>"

    def moments(self, entry: Sequence[str], leaving: Sequence[str], colour: Colour) -> Iterator[str]:
        """Write the effects of entering and leaving."""
        for moment, effects in (("entry", entry), ("exit", leaving)):
            for part in wrapped(", ".join(effects), ENTRY_WIDTH) if effects else ():
                yield font(f"{moment} / ", colour, SMALL) + font(part, colour, SMALLER, face=MONO)

    def row(self, place: str, line: Line) -> str:
        """Write one row of a box as its two cells."""
        left, right = self.left(place, line), self.right(place, line)
        return f'<TD ALIGN="LEFT"{self.tooltip(line)}>{left}</TD><TD ALIGN="RIGHT">{right}</TD>'

    def left(self, place: str, line: Line) -> str:
        """Write what a row waits for, and on which condition."""
        parts: list[str] = []
        mark = self.overlay.line(place, line)
        for trigger in line.triggers:
            default = font(f" {trigger.default}", MUTED, SMALL) if trigger.default else ""
            colour = CAUSES[trigger.cause] if mark is None else mark.colour
            parts.append(font(trigger.label, colour, 0, "B") + default)
        text = font(mark.sign, mark.colour, 0, "B") if mark else ""
        text += font(", ", MUTED).join(parts)
        condition = f"[{words(line.guard)}]" if line.guard else "" if parts else "else"
        text += font(f" {condition}" if parts else condition, MUTED, SMALL, "I") if condition else ""
        if self.effects and line.effects:
            text += '<BR ALIGN="LEFT"/>' + font("/ " + ", ".join(line.effects), MUTED, SMALLER, face=MONO)
        return text

    def right(self, place: str, line: Line) -> str:
        """Write where a row leads."""
        if line.moves:
            mark = self.overlay.line(place, line)
            colour = self.look(line.target).mention if mark is None else mark.colour
            return font(f"→ {self.titles[line.target]}", colour, 0, "B")
        if line.verb is Verb.STAY and line.effects and not self.effects:
            # A line that goes nowhere says nothing but what it orders.
            orders = wrapped(", ".join(line.effects), ORDERS_WIDTH)
            lines = (font("/ ", MUTED, SMALL) + font(each, MUTED, SMALLER, face=MONO) for each in orders)
            return '<BR ALIGN="RIGHT"/>'.join(lines)
        return font(STAYS.get(line.verb, line.verb), MUTED, 0, "I")

    def edge(self, source: str, lines: Sequence[Line]) -> str:
        """Write the label of an edge: its lines, one below the other."""
        body = "".join(f'<TR><TD ALIGN="LEFT">&#160;{self.left(source, line)}</TD></TR>' for line in lines)
        return f"<{TABLE}{body}</TABLE>>"

    def tooltip(self, line: Line) -> str:
        """Write the tooltip of a row, if there is anything to tell."""
        text = told(line)
        return f' TITLE="{escaped(text)}"' if text else ""


def told(line: Line) -> str:
    """Say what a line does beside moving: its update and effects, or why nothing happens."""
    update = f"update {line.update}" if line.update else ""
    effects = f"/ {', '.join(line.effects)}" if line.effects else ""
    return "; ".join(part for part in (update, effects, line.because) if part)


def legend(graph: Graph, overlay: Overlay = NOTHING) -> str:
    """Write the heading of a picture: name, size, what it is for, and the meaning of its colours."""
    size = f"   {counted(len(graph.nodes), 'state')}, {counted(graph.rows, 'row')}"
    name = font(words(graph.name).capitalize(), INK, 16, "B")
    lines = [f'<TR><TD ALIGN="LEFT">{name}{font(size, MUTED, 11)}</TD></TR>']
    lines += (f'<TR><TD ALIGN="LEFT">{font(part, MUTED, 10)}</TD></TR>' for part in wrapped(sentence(graph.doc)))
    kinds = [kind for kind in Kind if kind in graph.kinds().values()]
    patches = "".join(
        f'<TD BORDER="1" STYLE="rounded" COLOR="{look.line.light}" BGCOLOR="{look.fill.light}">'
        f"{font(look.word, look.text, SMALL)}</TD>"
        for look in (*(LOOKS[kind] for kind in kinds), *((CHOICE,) if graph.diamonds else ()))
    )
    causes = {trigger.cause for _, line in graph.lines() for trigger in line.triggers}
    named = "   ".join(font(CAUSE_WORDS[cause], CAUSES[cause], SMALL, "B") for cause in Cause if cause in causes)
    guard = font("   [guard]", MUTED, SMALL, "I") if any(line.guard for _, line in graph.lines()) else ""
    marked = "".join(font(f"   {mark.sign}{mark.word}", mark.colour, SMALL, "B") for mark in overlay.marks())
    notes = f"<TD>   {named}{guard}{marked}</TD>"
    key = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="2"><TR>{patches}{notes}</TR></TABLE>'
    return f'<{TABLE}{"".join(lines)}<TR><TD ALIGN="LEFT">{key}</TD></TR></TABLE>>'
