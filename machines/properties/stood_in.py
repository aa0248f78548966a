"""The session as it is explored: with the stand-in of `pipeline` in the place of its documents."""

from collections.abc import Callable
from typing import Final

from attrs import evolve

from machines import facts
from machines.properties.pipeline import PIPELINE
from machines.session import SESSION
from statekit import System, View
from statekit.machine import Definition


def _stood_in(member: Definition) -> Definition:
    return PIPELINE if member.name == PIPELINE.name else member


def _of_one_document(fact: Callable[[View], object]) -> Callable[[View], object]:
    return facts.kept_for_others if fact is facts.operations_kept else fact


STOOD_IN: Final = System(
    SESSION.name,
    members=tuple(_stood_in(each) for each in SESSION.members),
    wiring=tuple(
        evolve(
            each, source=_stood_in(each.source), target=each.target and _stood_in(each.target), key=None, spawns=False
        )
        for each in SESSION.wiring
    ),
    derived=tuple(
        evolve(each, target=_stood_in(each.target), fact=_of_one_document(each.fact)) for each in SESSION.derived
    ),
    doc=SESSION.doc,
)
"""The session with the stand-in in the place of the URL's document, and no other.

So there is no key to be told by, and no other document that could be kept while one is tried alone.
"""
