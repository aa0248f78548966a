"""Style: the colours of a picture, each once for light and once for dark paper.

A picture is laid out in light colours. `css` maps every one of them to its dark partner, so one SVG serves both and no
element needs a class for its colour.
"""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from attrs import frozen

from statekit.states import Kind

FONT: Final = "Arial"
"""One name, because a list of names falls back to the widths of Times; Helvetica and Liberation Sans are as wide."""

MONO: Final = "Courier New"


@frozen
class Colour:
    """One colour on light paper and its partner on dark paper, as `#rrggbb`."""

    light: str
    dark: str


@frozen
class Look:
    """How a kind of node looks: its fill, its border, its own words, and its name where another node mentions it."""

    fill: Colour
    line: Colour
    text: Colour
    mention: Colour
    word: str


class Cause(StrEnum):
    """Why a trigger arrives: an effect answered, a timer fired, or somebody said so."""

    ANSWER = "answer"
    TIMER = "timer"
    TOLD = "told"


PAPER: Final = Colour("#ffffff", "#0d1117")
INK: Final = Colour("#1e293b", "#e2e8f1")
MUTED: Final = Colour("#5b6980", "#9aa8bc")
RULE: Final = Colour("#cbd5e1", "#334158")
BLOCK: Final = Colour("#fafbfd", "#12181f")

CAUSES: Final[Mapping[Cause, Colour]] = {
    Cause.ANSWER: Colour("#334155", "#dbe3ee"),
    Cause.TIMER: Colour("#9a5604", "#f0b95a"),
    Cause.TOLD: Colour("#6336c4", "#b79bff"),
}
CAUSE_WORDS: Final[Mapping[Cause, str]] = {
    Cause.ANSWER: "Answer to an effect",
    Cause.TIMER: "Timer",
    Cause.TOLD: "Told from outside",
}

LOOKS: Final[Mapping[Kind, Look]] = {
    Kind.REST: Look(
        Colour("#f1f4f8", "#1c2738"),
        Colour("#64748b", "#94a3b8"),
        Colour("#1f2a3d", "#e3e9f1"),
        Colour("#465366", "#cbd5e2"),
        "at rest",
    ),
    Kind.BUSY: Look(
        Colour("#e6efff", "#172a4f"),
        Colour("#2f6fdb", "#6ea0ff"),
        Colour("#123a7c", "#dbe7ff"),
        Colour("#1f57b5", "#8ab4ff"),
        "busy",
    ),
    Kind.STEADY: Look(
        Colour("#dcf5e4", "#0f3322"),
        Colour("#1f8a4c", "#4fd08a"),
        Colour("#0b4a27", "#d3f5e0"),
        Colour("#14693a", "#5bd996"),
        "steady",
    ),
    Kind.WAITING: Look(
        Colour("#fff2cc", "#3a2a07"),
        Colour("#b7791f", "#e0b04a"),
        Colour("#6b4300", "#ffe9b8"),
        Colour("#85550a", "#f2bd5e"),
        "waiting",
    ),
    Kind.ENDED: Look(
        Colour("#e9edf3", "#232d3b"),
        Colour("#475569", "#a3b1c4"),
        Colour("#202b3e", "#e4e9f2"),
        Colour("#445064", "#ccd6e3"),
        "ended",
    ),
    Kind.FAILED: Look(
        Colour("#fde3e3", "#3f1414"),
        Colour("#c53030", "#ff7b7b"),
        Colour("#7b1c1c", "#ffdcdc"),
        Colour("#b02525", "#ff9191"),
        "failed",
    ),
}

CHOICE: Final = Look(
    Colour("#f3effc", "#251c3d"),
    Colour("#8b75c4", "#9d88d8"),
    Colour("#432a86", "#e3dafc"),
    Colour("#5a3fa3", "#c0aef2"),
    "choice",
)


def colours() -> Iterator[Colour]:
    """Give every colour of a picture."""
    yield from (PAPER, INK, MUTED, RULE, BLOCK, *CAUSES.values())
    for look in (*LOOKS.values(), CHOICE):
        yield from (look.fill, look.line, look.text, look.mention)


def css(more: Iterable[Colour] = ()) -> str:
    """Write the style sheet of an SVG: fonts of equal width, and the dark partner of every colour, of `more` too."""
    dark = "".join(
        f'[fill="{each.light}"]{{fill:{each.dark}}}[stroke="{each.light}"]{{stroke:{each.dark}}}'
        for each in (*colours(), *more)
    )
    return (
        f'text{{font-family:{FONT},Helvetica,"Liberation Sans",Arimo,"Nimbus Sans","DejaVu Sans Condensed",sans-serif}}'
        f'text[font-family="{MONO}"]{{font-family:"{MONO}","Liberation Mono",Cousine,monospace}}'
        f".edge:hover path{{stroke-width:3}}"
        f"@media (prefers-color-scheme:dark){{svg{{background:{PAPER.dark}}}{dark}}}"
    )
