"""Plan: what is known of the moves of one member, wherever it is in the same place of its own."""

from typing import NamedTuple

from attrs import define, field, frozen

from statekit.check.alphabet import Try
from statekit.check.packing import Field
from statekit.check.reading import TABLE_LIMIT, Remembered


class Made(NamedTuple):
    """What a move comes to: what it adds to the place, and its label."""

    delta: int
    label: int


NOTHING = Made(0, 0)


@frozen(eq=False)
class Outcome:
    """What a transaction that was made for real came to.

    `mask` has the bits of all that it depended on, but for facts that did not change; `touched` those that it changed.
    `loud` says that a fact changed.
    """

    made: Made
    mask: int
    touched: int
    loud: bool


@define(eq=False)
class Known:
    """Outcomes by those bits of a place that they depend on."""

    mask: int = 0
    table: dict[int, Made] = field(factory=dict[int, Made])

    def note(self, place: int, mask: int, made: Made) -> None:
        """Keep one; if it depends on more than those that were known, they are forgotten."""
        if mask | self.mask != self.mask or len(self.table) >= TABLE_LIMIT:
            self.mask |= mask
            self.table.clear()
        self.table[place & self.mask] = made


@define(eq=False)
class Open:
    """A move with all that is known of it: outcomes where no fact changed, and where one did."""

    member: Field
    each: Try
    quiet: Known = field(factory=Known)
    loud: Known = field(factory=Known)
    touched: int = 0
    facts: tuple[Remembered, ...] = ()

    def note(self, place: int, outcome: Outcome) -> None:
        """Keep an outcome."""
        (self.loud if outcome.loud else self.quiet).note(place, outcome.mask, outcome.made)
        self.touched |= outcome.touched

    def known(self, place: int) -> Made | None:
        """Give what the move comes to in a place, if that is known."""
        found = self.quiet.table.get(place & self.quiet.mask)
        if found is not None and self.facts:
            after = place + found.delta
            for fact in self.facts:
                if fact(place) != fact(after):
                    found = None
                    break
        if found is None and self.loud.table:
            return self.loud.table.get(place & self.loud.mask)
        return found


@frozen(eq=False)
class Plan:
    """The moves of a member in a place of its own: what those add in which nobody else has a say, and the others."""

    count: int
    deltas: tuple[int, ...]
    labels: tuple[int, ...]
    settled: tuple[tuple[Open, Made], ...]
    open: tuple[Open, ...]
