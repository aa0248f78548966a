"""Ways: how what a search has found was come to, as moves that can be made again."""

from attrs import frozen

from statekit.check.liveness import Lasso
from statekit.check.quantified import Numbers
from statekit.check.replay import concrete
from statekit.check.report import Trace
from statekit.check.search import Search
from statekit.check.seen import Move


@frozen(eq=False)
class Ways:
    """The ways through what one search has found; `thresholds` is their name."""

    search: Search
    thresholds: str

    def to(self, place: int, move: Move | None = None) -> Trace:
        """Show the shortest way to a place, and one move further."""
        search = self.search
        found = at = search.places.index(place)
        way: list[tuple[int, int]] = []
        while search.parents[at] != at:
            way.append((search.parents[at], at))
            at = search.parents[at]
        steps = [(self.numbers(parent), self.move(parent, child)) for parent, child in reversed(way)]
        if move is not None:
            steps.append((self.numbers(found), move))
        return self.trace(steps, search.roots.index(at))

    def around(self, lasso: Lasso) -> Trace:
        """Show a way that goes on for ever."""
        edges = lasso.stem + lasso.loop
        steps = [(self.numbers(edge.at), self.move(edge.at, edge.head, edge.label)) for edge in edges]
        start = self.search.roots.index(edges[0].at if edges else lasso.end)
        return self.trace(steps, start, loop_from=len(lasso.stem))

    def trace(self, steps: list[tuple[Numbers, Move]], start: int, *, loop_from: int | None = None) -> Trace:
        """Write moves, each with the quantities there were before it, for a real run."""
        model, contexts = self.search.model, self.search.bounds.starts[start]
        return Trace(model.name, self.thresholds, concrete(model, contexts, steps), loop_from, start)

    def move(self, at: int, head: int, label: int | None = None) -> Move:
        """Find the first move between two places, with this label if one is given."""
        target = self.search.places[head]
        found = self.search.space.moves(self.search.places[at])
        return next(move for move, to, mark in found if to == target and label in (None, mark))

    def numbers(self, at: int) -> Numbers:
        """Give the quantities in a place."""
        return self.search.space.numbers(self.search.places[at])
