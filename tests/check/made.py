"""A mutant made by its name, and what the machines that are mutated here are made of."""

from enum import StrEnum

from attrs import frozen

from statekit import Signal
from statekit.check.mutants import mutants
from tests.check.breakers import MENDED, Reported

BREAKER = MENDED.subject


class Place(StrEnum):
    HERE = "here"
    THERE = "there"


def made(name, subject=BREAKER):
    (mutant,) = [each for each in mutants(subject) if each.name == name]
    return mutant.make()


FAIL = Reported(1, good=False)
TO_OPEN = (FAIL, FAIL, FAIL)


@frozen
class Go:
    pass


@frozen
class Said(Signal):
    pass
