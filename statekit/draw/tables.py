"""Tables: what a package wants said beside its pictures, as plain values that the gallery writes as Markdown.

A package offers one by an entry point of the group `statekit.tables`. Its cells are made of the very constants that the
machines are configured with, so that a number in the documentation is the number that counts.
"""

from typing import Final

from attrs import frozen

from statekit.draw.labels import cell, code
from statekit.draw.matrix import table

BREAK: Final = "<br>"


@frozen
class Table:
    """One table under a title, with a few words before it.

    A cell is plain text: whatever Markdown or HTML would take for its own is escaped. What stands between backticks is
    shown as code, and a line break is kept. Raises ValueError for a row that has not a cell for every head.
    """

    title: str
    text: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __attrs_post_init__(self) -> None:
        """Refuse a row that is too long or too short."""
        for row in self.rows:
            if len(row) != len(self.heads):
                raise ValueError(f"table {self.title!r} has {len(self.heads)} columns, not {len(row)}: {row}")


@frozen
class Tables:
    """Tables that belong together, and in a sentence what they tell."""

    doc: str
    tables: tuple[Table, ...]


def markdown_of(tables: Tables, level: int = 1) -> str:
    """Write tables as Markdown, each under a heading of this level."""
    return "\n".join(_section(each, level) for each in tables.tables)


def _section(each: Table, level: int) -> str:
    text = f"{_written(each.text)}\n\n" if each.text else ""
    rows = [[_written(part) for part in row] for row in each.rows]
    return f"{'#' * level} {cell(each.title)}\n\n{text}{table([cell(head) for head in each.heads], rows)}"


def _written(text: str) -> str:
    """Escape a text line by line, leaving out what is code."""
    return BREAK.join(_line(line) for line in text.splitlines())


def _line(line: str) -> str:
    spans = line.split("`")
    return "".join(code(span) if odd % 2 else _spaced(span) for odd, span in enumerate(spans))


def _spaced(span: str) -> str:
    """Escape a span; a blank at its ends parts it from the code beside it, and so is kept."""
    if not span.strip():
        return span
    lead, trail = " " * span[0].isspace(), " " * span[-1].isspace()
    return f"{lead}{cell(span)}{trail}"
