"""Counterexample: everything that can be made of a way through a model, as files: to read, to look at, and to run."""

from collections.abc import Mapping
from typing import Final

from statekit.check.literals import NoLiteral
from statekit.check.model import Model
from statekit.check.regression import regression
from statekit.check.report import Trace
from statekit.check.story import Claim, Way, story, way_of
from statekit.check.traces import TraceForm
from statekit.codec.errors import NotSavable
from statekit.draw.dot import dot_of
from statekit.draw.graph import graph_of
from statekit.draw.labels import identifier, words
from statekit.draw.lit import lit
from statekit.draw.sequence import mermaid_of_way
from statekit.draw.svg import Layout, svg_of

WENT_WRONG: Final = "fault"
"""What the files of a way are called that breaks no property, but meets a fault."""


def artefacts(model: Model, trace: Trace, claim: Claim, home: str, layout: Layout) -> dict[str, str]:
    """Make every file of a counterexample, or of a witness's way, by name.

    `claim` is the property that the way is about, or a sentence that says what went wrong; `home` is the
    `module:ATTRIBUTE` of the model, which the test imports. Story, sequence diagram and pictures are always made. A
    test, or a trace as JSON, that would have to hold a value which cannot be written is left out, and the story says
    why. Raises `LayoutFailed`.
    """
    way = way_of(model, trace)
    code = WENT_WRONG if isinstance(claim, str) else identifier(claim.code)
    name = f"{model.name}_{code}".lower()
    files: dict[str, str] = {}
    missing: list[str] = []
    try:
        files[f"test_{name}.py"] = regression(way, claim, home)
    except NoLiteral as error:
        missing.append(f"No test: {error}.")
    try:
        files[f"{name}.json"] = TraceForm(model).write(trace, "" if isinstance(claim, str) else claim.code, home)
    except NotSavable as error:
        missing.append(f"No trace to replay: {error}.")
    told = story(way, claim) + "".join(f"\n{each}\n" for each in missing)
    return {f"{name}.txt": told, f"{name}.mmd": mermaid_of_way(way, claim), **files, **_pictures(way, name, layout)}


def _pictures(way: Way, name: str, layout: Layout) -> Mapping[str, str]:
    """Draw every machine that takes a row on the way, with the way lit up."""
    overlays = lit(way)
    found: dict[str, str] = {}
    for whose, machine in way.machines.items():
        if whose in overlays:
            overlay = overlays[whose]
            dot = dot_of(graph_of(machine), overlay=overlay)
            part = "" if machine is way.subject else f"_{identifier(whose)}"
            label = f"The {words(machine.name)} lifecycle with the way lit up"
            found[f"{name}{part}.svg"] = svg_of(dot, layout, label, overlay=overlay)
    return found
