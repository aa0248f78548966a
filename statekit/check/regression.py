"""Regression: a way through a model as a test of its own, to be kept with the others once it is green."""

import re
from collections.abc import Iterator

from statekit.check.literals import NoLiteral, Source, quoted, shortened
from statekit.check.properties import Sort
from statekit.check.report import Trace
from statekit.check.seen import Move
from statekit.check.story import AnySeen, Claim, Way, became
from statekit.check.uphold import uphold

NAME_WORDS = 12
"""How many words of its claim a test is named by."""

WIDTH = 110
"""A move that is longer stands on several lines."""


def regression(way: Way, claim: Claim, home: str) -> str:
    """Write a test that goes a way again and asks whether its claim holds: red until the table is mended.

    `home` is the `module:ATTRIBUTE` of the model. The test of a witness is green as long as it is reached. Raises
    `NoLiteral` for an event that cannot be written as source, and for a model that has no home.
    """
    if not home:
        raise NoLiteral(way.trace.subject, "a test imports its Model by module:ATTRIBUTE, and this one has none")
    source = Source()
    model = source.named(*home.split(":", 1))
    trace, asked = source.of(Trace), source.of(uphold)
    moves = "".join(f"        {line}\n" for seen in way.seen for line in _move(source, seen))
    loop = "" if way.trace.loop_from is None else f"    loop_from={way.trace.loop_from},\n"
    loop += f"    start={way.trace.start},\n" if way.trace.start else ""
    code = "" if isinstance(claim, str) else claim.code
    body = (
        f"WAY = {trace}(\n    {quoted(way.trace.subject)},\n    {quoted(way.trace.thresholds)},\n"
        f"    (\n{moves}    ),\n{loop})\n\n\n"
        f"def test_{_name(claim)}() -> None:\n    {asked}({model}, {quoted(code)}, WAY)\n"
    )
    return f'"""{_heading(way, claim)}"""\n\n{source.imports}\n\n{body}'


def _heading(way: Way, claim: Claim) -> str:
    if isinstance(claim, str):
        said, when = f"{way.trace.subject}: {claim}", "Red as long as the table does so on this way."
    else:
        said = f"{claim.code} of {way.trace.subject}: {claim.claim}"
        when = "Red as long as the table breaks the claim on this way."
        if claim.sort is Sort.WITNESS:
            when = "Green as long as this way leads there."
    text = f"{said}\n\n{when}\n"
    return text.replace("\\", "\\\\").replace('"""', "'''")


def _name(claim: Claim) -> str:
    said = claim if isinstance(claim, str) else f"{claim.code} {claim.claim}"
    return "_".join(re.sub(r"\W+", " ", said.lower(), flags=re.ASCII).split()[:NAME_WORDS])


def _move(source: Source, seen: AnySeen) -> Iterator[str]:
    """Write one move, with what became of it above."""
    yield f"# {shortened(became(seen), WIDTH)}"
    move, made = seen.move, source.of(Move)
    told = {"awaited": move.awaited, "key": move.key, "stale": move.stale, "after_seconds": move.after_seconds}
    parts = [quoted(move.member), source.of(move.event)]
    parts += (f"{name}={source.of(value)}" for name, value in told.items() if value != getattr(PLAIN, name))
    line = f"{made}({', '.join(parts)}),"
    if len(line) <= WIDTH:
        yield line
    else:
        yield from (f"{made}(", *(f"    {part}," for part in parts), "),")


PLAIN = Move("", None)
