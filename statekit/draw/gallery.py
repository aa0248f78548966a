"""Gallery: the files of every picture, the page that shows them, and whether what is committed is still true."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from attrs import frozen

from statekit.draw.dot import PLAIN, Direction, Options, dot_of
from statekit.draw.graph import graph_of
from statekit.draw.labels import cell, words
from statekit.draw.matrix import matrix_of
from statekit.draw.mermaid import mermaid_of
from statekit.draw.style import CAUSE_WORDS, CHOICE, LOOKS
from statekit.draw.svg import Layout, svg_of
from statekit.draw.tables import Tables, markdown_of
from statekit.draw.wiring import dot_of_map, map_of, mermaid_of_map, tables_of
from statekit.machine import Definition
from statekit.system import System

INDEX: Final = "README.md"
SUFFIXES: Final = frozenset({".dot", ".mmd", ".md", ".svg"})
MARK: Final = "by `statekit diagram`; do not edit"
DIFF_LINES: Final = 60


@frozen
class Exhibit:
    """A machine or a system with the name it is known by and the file it stands in (`machines/connection.py`)."""

    name: str
    source: str
    subject: Definition | System

    @property
    def heading(self) -> str:
        """What every generated file says of itself."""
        return f"generated from {self.source} {MARK}"


@frozen
class Appendix:
    """Tables with the name they are known by and the file they stand in; the page of the gallery ends with them."""

    name: str
    source: str
    tables: Tables


@frozen
class Difference:
    """A file that is not what it would be if it were generated now; `diff` shows how, at most 60 lines of it."""

    file: str
    diff: str


def dot_text(exhibit: Exhibit, options: Options = PLAIN) -> str:
    """Write an exhibit as DOT."""
    subject = exhibit.subject
    if isinstance(subject, System):
        return dot_of_map(map_of(subject), options.direction or Direction.RIGHT, exhibit.heading)
    return dot_of(graph_of(subject), options, exhibit.heading)


def mermaid_text(exhibit: Exhibit, options: Options = PLAIN) -> str:
    """Write an exhibit as Mermaid."""
    subject = exhibit.subject
    if isinstance(subject, System):
        return mermaid_of_map(map_of(subject), exhibit.heading, options.direction or Direction.RIGHT)
    return mermaid_of(graph_of(subject), exhibit.heading, options.direction or Direction.DOWN)


def svg_text(exhibit: Exhibit, layout: Layout, options: Options = PLAIN) -> str:
    """Draw an exhibit as SVG; raises `LayoutFailed`."""
    what = "wiring" if isinstance(exhibit.subject, System) else "lifecycle"
    label = f"The {words(exhibit.subject.name)} {what}: {exhibit.subject.doc}"
    return svg_of(dot_text(exhibit, options), layout, label, exhibit.heading)


def markdown_text(exhibit: Exhibit, picture: str = "") -> str:
    """Write an exhibit as Markdown tables, with a picture at their head if one is named."""
    subject = exhibit.subject
    body = tables_of(map_of(subject)) if isinstance(subject, System) else matrix_of(subject)
    shown = f"![{cell(words(subject.name))}]({picture})\n\n" if picture else ""
    title = words(subject.name).capitalize()
    return f"<!-- {exhibit.heading} -->\n\n# {title}\n\n{cell(subject.doc)}\n\n{shown}{body}"


def files_of(exhibit: Exhibit, layout: Layout, options: Options = PLAIN) -> dict[str, str]:
    """Make every file of one exhibit, by name; raises `LayoutFailed`."""
    return {
        f"{exhibit.name}.dot": dot_text(exhibit, options),
        f"{exhibit.name}.mmd": mermaid_text(exhibit, options),
        f"{exhibit.name}.svg": svg_text(exhibit, layout, options),
        f"{exhibit.name}.md": markdown_text(exhibit, f"{exhibit.name}.svg"),
    }


def gallery_of(
    exhibits: Sequence[Exhibit], layout: Layout, options: Options = PLAIN, appendices: Sequence[Appendix] = ()
) -> dict[str, str]:
    """Make every file of the gallery, the page included, by name; raises `LayoutFailed`."""
    files = {name: text for exhibit in exhibits for name, text in files_of(exhibit, layout, options).items()}
    return {INDEX: index_of(exhibits, appendices), **files}


def index_of(exhibits: Sequence[Exhibit], appendices: Sequence[Appendix] = ()) -> str:
    """Write the page of the gallery: systems first, each with its picture and where to read on, and tables last."""
    ordered = sorted(exhibits, key=lambda each: (not isinstance(each.subject, System), each.name))
    sources = ", ".join(dict.fromkeys((*(each.source for each in ordered), *(each.source for each in appendices))))
    parts = [f"<!-- generated from {sources} {MARK} -->", "# Lifecycles", _how_to_read()]
    contents = [
        *((each.name, each.subject.doc) for each in ordered),
        *((each.name, each.tables.doc) for each in appendices),
    ]
    parts.append("\n".join(f"- [{_heading(name)}](#{_anchor(name)}): {cell(doc)}" for name, doc in contents))
    for each in ordered:
        links = (
            f"[every row and cell]({each.name}.md) · {_link(each.source)} · "
            f"[DOT]({each.name}.dot) · [Mermaid]({each.name}.mmd)"
        )
        picture = f"![{cell(words(each.name))}]({each.name}.svg)"
        parts += [f"## {_heading(each.name)}", cell(each.subject.doc), links, picture]
    for appendix in appendices:
        tables = markdown_of(appendix.tables, level=3).rstrip()
        parts += [f"## {_heading(appendix.name)}", cell(appendix.tables.doc), _link(appendix.source), tables]
    return "\n\n".join(part for part in parts if part) + "\n"


def _link(source: str) -> str:
    return f"[{source}](../{source})" if source.endswith(".py") else f"`{source}`"


def _heading(name: str) -> str:
    return words(name).capitalize()


def _anchor(name: str) -> str:
    return words(name).lower().replace(" ", "-")


def _how_to_read() -> str:
    kinds = ", ".join(f"*{look.word}*" for look in LOOKS.values())
    causes = "; ".join(word[0].lower() + word[1:] for word in CAUSE_WORDS.values())
    return (
        f"A box is a state, coloured by what a stay in it is like ({kinds}); a diamond, or a box in violet, is a "
        f"*{CHOICE.word}*: the first branch whose [guard] holds is taken. A bold name is what a line waits for, "
        f"coloured by why it comes ({causes}); the small figure beside a timer is its default. A row in a box leads "
        "where its arrow says, and a row in the frame below a picture holds in every state that it names. The heavy "
        "line is the shortest way to where the purpose is served. What is ignored or forbidden, with the reasons, is "
        "in the tables, and in the tooltips of a picture that is opened by itself."
    )


def write(directory: Path, files: Mapping[str, str]) -> tuple[str, ...]:
    """Write files that are not yet as they should be; give the names of those that were written."""
    directory.mkdir(parents=True, exist_ok=True)
    changed: list[str] = []
    for name, text in files.items():
        if _read(directory / name) != text:
            (directory / name).write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    return tuple(changed)


def differences(directory: Path, files: Mapping[str, str], *, pinned: bool) -> Iterator[Difference]:
    """Compare a directory with what its files would be now.

    Text is always compared; an SVG's bytes only if the layout program is the pinned one, since others place things
    differently. A generated file that no exhibit has any more is a difference too.
    """
    for name, text in files.items():
        there = _read(directory / name)
        if there is None:
            yield Difference(name, f"{name} is missing")
        elif there != text and (pinned or not name.endswith(".svg")):
            yield Difference(name, _diff(name, there, text))
    for path in sorted(directory.glob("*")):
        if path.suffix in SUFFIXES and path.name not in files and MARK in (_read(path) or ""):
            yield Difference(path.name, f"{path.name} belongs to nothing any more: delete it")


def _read(path: Path) -> str | None:
    return path.read_bytes().decode("utf-8", errors="replace") if path.is_file() else None


def _diff(name: str, there: str, wanted: str) -> str:
    lines: Iterable[str] = difflib.unified_diff(
        there.splitlines(), wanted.splitlines(), f"{name} (as it is)", f"{name} (as it would be)", lineterm=""
    )
    shown = list(lines)
    more = [f"… {len(shown) - DIFF_LINES} more lines"] if len(shown) > DIFF_LINES else []
    return "\n".join((*shown[:DIFF_LINES], *more))
