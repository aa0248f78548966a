"""Versions that come in events and are kept in contexts, and what an exploration shows of them."""

from enum import StrEnum, auto
from typing import Annotated

from attrs import frozen

from statekit.quantities import Ordinal

Version = Annotated[Ordinal, "version"]


class At(StrEnum):
    A = auto()
    B = auto()
    C = auto()


A, B, C = At


@frozen
class Got:
    version: Version

    @classmethod
    def samples(cls):
        return (cls(1),)
