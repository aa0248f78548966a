"""Quantities: numbers of which only part matters, marked in the types of context and event fields.

The mark changes nothing at run time. It tells the checks that infinitely many values come to finitely many::

    @frozen
    class Context:
        generation: Ordinal = 0
        refused_at_seconds: Instant = 0.0

All ordinals of a model are compared with one another unless they are told apart by a word for their kind, which makes
far fewer snapshots to explore::

    TokenGeneration: TypeAlias = Annotated[Ordinal, "token"]
"""

from enum import Enum
from typing import Annotated, TypeAlias


class Quantity(Enum):
    """What matters about a number."""

    ORDINAL = "ordinal"
    INSTANT = "instant"


Ordinal: TypeAlias = Annotated[int, Quantity.ORDINAL]
"""A number that is only compared with others of its kind, and only made by counting on: generations, sequences.

Zero and what is below stand for none: they are kept as they are.
"""

Instant: TypeAlias = Annotated[float, Quantity.INSTANT]
"""A reading of the monotonic clock, in seconds, of which only the age matters."""
