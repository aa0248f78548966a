"""Regression: a way through a model as a test of its own, to be kept with the others once it is green."""

import re

from statekit.check.literals import Source
from statekit.check.properties import Sort
from statekit.check.report import Trace
from statekit.check.story import Claim, Way, came
from statekit.check.uphold import uphold

NAME_WORDS = 12
"""How many words of its claim a test is named by."""


def regression(way: Way, claim: Claim, home: str) -> str:
    """Write a test that goes a way again and asks whether its claim holds: red until the table is mended.

    `home` is the `module:ATTRIBUTE` of the model. The test of a witness is green as long as it is reached. Raises
    `NoLiteral` for an event that cannot be written as source.
    """
    source = Source()
    model = source.named(*home.split(":", 1))
    trace, asked = source.of(Trace), source.of(uphold)
    moves = "".join(f"        # {came(way.subject, each.move)}\n        {source.of(each.move)},\n" for each in way.seen)
    loop = "" if way.trace.loop_from is None else f"    loop_from={way.trace.loop_from},\n"
    code = "" if isinstance(claim, str) else claim.code
    head = f'''"""{_heading(way, claim)}"""'''
    body = (
        f"WAY = {trace}(\n    {way.trace.subject!r},\n    {way.trace.thresholds!r},\n    (\n{moves}    ),\n{loop})\n\n\n"
        f"def test_{_name(claim)}() -> None:\n    {asked}({model}, {code!r}, WAY)\n"
    )
    return f"{head}\n\n{source.imports}\n\n{body}"


def _heading(way: Way, claim: Claim) -> str:
    if isinstance(claim, str):
        return f"{way.trace.subject}: {claim}\n\nRed as long as the table does so on this way.\n"
    said = f"{claim.code} of {way.trace.subject}: {claim.claim}"
    if claim.sort is Sort.WITNESS:
        return f"{said}\n\nGreen as long as this way leads there.\n"
    return f"{said}\n\nRed as long as the table breaks the claim on this way.\n"


def _name(claim: Claim) -> str:
    said = claim if isinstance(claim, str) else f"{claim.code} {claim.claim}"
    return "_".join(re.sub(r"\W+", " ", said.lower(), flags=re.ASCII).split()[:NAME_WORDS])
