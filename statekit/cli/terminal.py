"""The terminal: colours by kind and cause, and a console that keeps to the reader's wishes (NO_COLOR, width)."""

import re
import sys
from collections.abc import Mapping
from io import TextIOBase
from typing import IO, Final, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from statekit.draw.graph import Line
from statekit.draw.labels import words
from statekit.draw.style import Cause
from statekit.row import Verb
from statekit.states import Kind

PIPED_WIDTH: Final = 100
WIDEST: Final = 132
"""Lines longer than this are hard to read, however wide the terminal is."""

KINDS: Final[Mapping[Kind, str]] = {
    Kind.REST: "white",
    Kind.BUSY: "bright_blue",
    Kind.STEADY: "green",
    Kind.WAITING: "yellow",
    Kind.ENDED: "bright_black",
    Kind.FAILED: "red",
}
CAUSES: Final[Mapping[Cause, str]] = {Cause.ANSWER: "bold", Cause.TIMER: "bold yellow", Cause.TOLD: "bold magenta"}
VERBS: Final[Mapping[Verb, str]] = {
    Verb.STAY: "stays",
    Verb.REENTER: "re-enters",
    Verb.POSTPONE: "postponed",
    Verb.IGNORE: "ignored",
    Verb.FORBID: "forbidden",
}


class Unpadded(TextIOBase):
    """Standard output without the blanks that fill the lines of a table: a file or a page has no use for them."""

    def write(self, text: str) -> int:
        """Write a whole print's lines."""
        return sys.stdout.write(re.sub(" +$", "", text, flags=re.MULTILINE))

    def flush(self) -> None:
        """Flush what is behind it."""
        sys.stdout.flush()


def console() -> Console:
    """Make a console; into a pipe it is 100 columns wide, so that tables do not fold at 80."""
    made = Console(highlight=False)
    if not made.is_terminal:
        made = Console(highlight=False, width=PIPED_WIDTH, file=cast("IO[str]", Unpadded()))
    return made


def progress(*, quiet: bool = False) -> Progress:
    """Make a bar that is gone when the work is done; its tasks have a field `said`. Only on a terminal, and stderr."""
    screen = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    return Progress(*columns, console=screen, transient=True, disable=quiet or not screen.is_terminal)


def triggers(line: Line) -> Text:
    """Write what a line waits for, and on which condition."""
    text = Text()
    for index, trigger in enumerate(line.triggers):
        text.append(", " if index else "").append(trigger.label, CAUSES[trigger.cause])
        text.append(f" {trigger.default}" if trigger.default else "", "dim")
    condition = f"[{words(line.guard)}]" if line.guard else "" if line.triggers else "else"
    return text.append(f" {condition}" if line.triggers and condition else condition, "italic dim")


def outcome(line: Line, titles: Mapping[str, str], kinds: Mapping[str, Kind]) -> Text:
    """Write where a line leads."""
    if not line.moves:
        return Text(VERBS[line.verb], "dim")
    return Text(f"→ {titles[line.target]}", KINDS[kinds[line.target]] if line.target in kinds else "magenta")
