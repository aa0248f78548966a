"""Overlap: guarded rows of one cell that were found to hold both, so that their order decides."""

from enum import StrEnum

from statekit.check.lint.codes import OVERLAP
from statekit.check.report import Finding
from statekit.folded import Arrow, Call
from statekit.machine import Definition

ASKED_MAX = 20_000
"""How often the guards of one cell are asked at most; what overlaps at all shows long before."""


class Overlaps:
    """The cells of a machine with several guarded rows of one level, and the pairs of rows that both held."""

    def __init__(self, definition: Definition) -> None:
        """Begin with none found."""
        self.definition = definition
        self.asked: dict[tuple[StrEnum, object], int] = {}
        self.rivals: dict[tuple[StrEnum, object], list[Arrow]] = {}
        self.found: dict[tuple[str, str], Finding] = {}
        for state, cells in definition.folded.cells.items():
            for key, arrows in cells.items():
                guarded = [arrow for arrow in arrows if arrow.guard is not None]
                rivals = [each for each in guarded if sum(each.level == other.level for other in guarded) > 1]
                if rivals:
                    self.rivals[state, key] = rivals

    def look(self, key: tuple[StrEnum, object], context: object, event: object) -> None:
        """Ask all the guards of a cell that has rivals still."""
        rivals = self.rivals[key]
        asked = self.asked[key] = self.asked.get(key, 0) + 1
        if asked > ASKED_MAX:
            del self.rivals[key]
        holding = [arrow for arrow in rivals if arrow.guard is not None and _holds(arrow.guard, context, event)]
        for first in holding[:1]:
            for second in holding[1:]:
                self.note(first, second, *key)

    def note(self, first: Arrow, second: Arrow, state: StrEnum, key: object) -> None:
        """Keep a pair of rows, with the first state in which both held."""
        pair = first.row.origin, second.row.origin
        if pair not in self.found and first.level == second.level and first.guard and second.guard:
            self.found[pair] = OVERLAP.at(
                f"{state.name} {self.definition.key_label(key)}",
                second.row.origin,
                f"{first.guard.name} and {second.guard.name} can both hold; the row at {first.row.origin} comes first",
            )


def _holds(guard: Call, context: object, event: object) -> bool:
    try:
        return bool(guard.function(context, event) if guard.takes_event else guard.function(context))
    except Exception:  # noqa: BLE001 - a step that asks it is a fault by itself
        return False
