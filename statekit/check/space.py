"""Space: what an exploration walks through: places under numbers, and the moves between them.

A number packs all that a place consists of: what the onlookers remember (see `watch`) and one number for each member's
own place. Every step that is made for real is looked at here: by the onlookers, and for verdicts that no lifecycle may
come to.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Protocol

from statekit.check.covered import Covered
from statekit.check.model import Model
from statekit.check.quantified import Numbers
from statekit.check.report import Finding
from statekit.check.seen import Move, Seen
from statekit.check.watch import Watch
from statekit.machine import Definition
from statekit.origin import defined_at
from statekit.timers import Fired
from statekit.transaction import Hop
from statekit.verdicts import Broken, Forbidden, Refused, Unhandled, Verdict

FAULTY = (Broken, Forbidden, Refused, Unhandled)


class Space(Protocol):
    """What `explore` needs to know of a machine or a system."""

    model: Model
    record: "Record"

    def start(self, contexts: Mapping[str, object]) -> int:
        """Start with these contexts and give the number of the first place."""
        ...

    def edges(self, place: int) -> tuple[list[int], list[int]]:
        """Give where each move from a place leads, and the label of each; moves that change nothing are left out."""
        ...

    def moves(self, place: int) -> Iterator[tuple[Move, int, int]]:
        """Give every move from a place with where it leads and its label, all made by the real step."""
        ...

    def numbers(self, place: int) -> Numbers:
        """Give the ordinals and instants of a place: the members', and those that the onlookers remember."""
        ...

    def judged(self, function: Callable[..., bool], code: str) -> Callable[[int], bool]:
        """Give a property's function as one of places."""
        ...

    def owed(self, place: int) -> frozenset[object]:
        """Give what must come in a fair world: the timers that run, the answers that are awaited."""
        ...

    def findings(self) -> tuple[Finding, ...]:
        """Give what else was noticed on the way."""
        ...


class Labels:
    """What is known of moves beside where they lead: whether they answer, and what they rid a place of that was owed.

    Moves of which the same is known share a number; 0 is for those that answer nothing and rid of nothing.
    """

    def __init__(self) -> None:
        """Begin with 0."""
        self.known: dict[tuple[bool, frozenset[object]], int] = {(False, frozenset()): 0}
        self.all: list[tuple[bool, frozenset[object]]] = [(False, frozenset())]

    def number(self, answers: bool, lost: frozenset[object]) -> int:  # noqa: FBT001 - half of the key
        """Number a label."""
        label = (answers, lost)
        known = self.known.get(label)
        if known is None:
            known = self.known[label] = len(self.all)
            self.all.append(label)
        return known


class Record:
    """What was met on the way: each fault and each refuted property, where it was met first, and counts."""

    def __init__(self, model: Model) -> None:
        """Begin with nothing."""
        self.watch: Watch = Watch(model)
        self.covered: Covered = Covered(model.subject)
        self.labels: Labels = Labels()
        self.faults: dict[str, tuple[int, Move]] = {}
        self.refuted: dict[str, tuple[int, Move]] = {}
        self.edges = 0
        self.steps = 0
        self.verified = 0
        self.cut = False

    def look(self, place: int, seen: Seen[object]) -> list[Hashable]:
        """Let the onlookers look at a step; gives what they remember."""
        after, refuted = self.watch.look(place, seen)
        for each in refuted:
            self.refuted.setdefault(each.code, (place, seen.move))
        return after

    def inspect(self, place: int, move: Move, member: Definition, state: str, hop: Hop) -> None:
        """Note a verdict that no lifecycle may come to."""
        sentence = fault(member, state, hop.event, hop.verdict)
        if sentence:
            self.faults.setdefault(sentence, (place, move))


def fault(member: Definition, state: str, event: object, verdict: Verdict) -> str:
    """Say what is wrong with a verdict, where, and what to do; nothing if it may be."""
    key = event.name if isinstance(event, Fired) else type(event)
    kind = member.key_label(key)
    declared = next(each for each in member.states if each.state.name == state)
    where = f"{member.name}: {kind} in {state}"
    match verdict:
        case Broken():
            places = [defined_at(code) for code, name in member.folded.functions.items() if name == verdict.function]
            at = f" ({places[0]})" if len(places) == 1 else ""
            return f"{where} is {verdict}: mend {verdict.function}{at}, or guard the row"
        case Forbidden():
            return f"{where} can be reached, though it is forbidden: {verdict.because}"
        case Unhandled(ended=False):
            return (
                f"{where} has no row: add row({state}, {kind}, ...) or ignore({state}, {kind}, because=...) to the "
                f"table; {state} is declared at {declared.origin}"
            )
        case Refused(full=False):
            last = member.arrows(declared.state, key)[-1].row.origin if verdict.guards else declared.origin
            return (
                f"{where} is refused by all its guards ({', '.join(verdict.guards)}): after the row at {last} add one "
                f"without a guard, be it ignore({state}, {kind}, because=...)"
            )
        case _:
            return ""
