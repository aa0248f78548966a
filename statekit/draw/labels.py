"""Labels: how the things of a table read in a picture, and how text gets into HTML and Markdown unharmed.

Code keeps its spelling where a reader may search for it (events, effects), and gets spaces where it reads as words
(states, choices, guards, delays).
"""

import html
from collections.abc import Mapping
from enum import Enum
from typing import cast

from attrs import fields, has

from statekit.folded import Clock
from statekit.timers import delay_label, is_arm, is_disarm

WORDS_WIDTH = 96
RESERVED = frozenset(
    {"start", "state", "note", "end", "class", "classDef", "direction", "as", "style", "default", "click"}
)


def words(name: str) -> str:
    """Spell a name of code as words: `retries_left` becomes `retries left`."""
    return name.replace("_", " ").strip()


def title(name: str) -> str:
    """Spell a state's name as a heading: `BACKING_OFF` becomes `Backing off`."""
    return words(name).lower().capitalize()


def identifier(name: str) -> str:
    """Make a state's or group's name an identifier that DOT and Mermaid accept, a different one for every name."""
    spelled = "".join(each if each.isascii() and each.isalnum() else f"_{ord(each):x}_" for each in name)
    plain = name.isascii() and name.isidentifier() and name not in RESERVED and not name.startswith("s_")
    return name if plain else f"s_{spelled}"


def function(called: object) -> str:
    """Name a function of the table; nothing is the empty string."""
    return "" if called is None else str(getattr(called, "__name__", called))


def effect(order: object) -> str:
    """Write an effect as the table lists it: a constant with its fields, a maker by its name, a timer's order."""
    if is_arm(order) or is_disarm(order):
        return str(order)
    if callable(order):
        return function(order)
    return value(order)


def value(given: object) -> str:
    """Write a constant the same way in every run: sets are sorted, and nothing is written by its address."""
    if isinstance(given, Enum):
        return given.name
    if isinstance(given, (set, frozenset)):
        return "{" + ", ".join(sorted(map(value, cast("set[object]", given)))) + "}"
    if isinstance(given, (tuple, list)):
        return "(" + ", ".join(map(value, cast("tuple[object, ...]", given))) + ")"
    if isinstance(given, Mapping):
        pairs = cast("Mapping[object, object]", given).items()
        return "{" + ", ".join(sorted(f"{value(key)}: {value(each)}" for key, each in pairs)) + "}"
    kind: type = type(given)
    if has(kind):
        shown = [value(getattr(given, each.name)) for each in fields(kind) if each.repr and each.init]
        return kind.__name__ + (f"({', '.join(shown)})" if shown else "")
    return repr(given) if isinstance(given, (str, int, float, bytes, type(None))) else kind.__name__


def lasting(clock: Clock) -> str:
    """Write whose stay a timer counts: `link`, `link, since the last Frame or Pong`, `link, one per document`."""
    since = f", since the last {' or '.join(event.__name__ for event in clock.of)}" if clock.of else ""
    return words(clock.scope) + since + one_per(clock.key and clock.key.name)


def one_per(key: object) -> str:
    """Write for what there is one timer, or one effect under way, each: `, one per document`; nothing without a key."""
    return f", one per {words(function(key))}" if key else ""


def default_delay(delay: object, context: object) -> str:
    """Write what a delay function comes to for the first context; empty for a number, for 0, or if it raises."""
    if not callable(delay):
        return ""
    try:
        label = delay_label(delay(context))
    except Exception:  # noqa: BLE001 - a picture without a default is better than none
        return ""
    # A machine that has not begun often has nothing to wait for yet; 0 would read as if it never waited.
    return "" if label in ("0 s", "0–0 s") else label


def counted(number: int, noun: str) -> str:
    """Write a number of things: `1 row`, `2 rows`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def sentence(doc: str) -> str:
    """Give the first sentence of a text, on one line."""
    text = " ".join(doc.split())
    head, dot, _ = text.partition(". ")
    return head + dot.strip() if dot else text


def wrapped(text: str, width: int = WORDS_WIDTH) -> tuple[str, ...]:
    """Break a text into lines of at most `width` characters, at spaces."""
    lines: list[str] = []
    for word in text.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return tuple(lines)


def escaped(text: str) -> str:
    """Make a text safe inside an HTML label."""
    return html.escape(text, quote=True).replace("\n", "&#10;")


def cell(text: str) -> str:
    """Make a text safe inside a cell of a Markdown table."""
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|").replace("*", "\\*").replace("_", "\\_")


def code(text: str) -> str:
    """Make a text safe as code inside a cell of a Markdown table; empty stays empty."""
    return f"`{' '.join(text.split())}`".replace("|", "\\|") if text else ""
