"""Ways: which states can be reached, what may be under way in each, and which rows may therefore be taken.

Theory. A walk over the folded table that forgets the context: every guard may hold, a choice may take any branch. What
is remembered of each state is the union, over all ways into it, of the timers that may run and the effects that may be
under way there; leaving a scope ends what belongs to it, as a step would. Sets only grow, so the walk ends. It comes
to more than can really happen, never to less: what is not found here cannot happen at all, whatever the functions of
the table do. That some of what is found cannot happen either is for the exploration to show.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeAlias, get_type_hints

from attrs import frozen

from statekit.cells import leaves
from statekit.draft import classes_in, scope_name
from statekit.folded import Arrow, Call, Leaf
from statekit.machine import Definition
from statekit.row import Function
from statekit.timers import is_arm, is_disarm

OPEN = "open"
ASKED = "asked"

Awaited: TypeAlias = tuple[object, str]
"""A timer by its id or an effect by its class, and for an effect whether its outcome is awaited or its stream is open.
"""


@frozen(eq=False)
class Ways:
    """What a walk found; made by `ways_of`.

    `awaited` has the states that can be reached, each with what may be under way in it; `moves` where each leads;
    `taken` the arrows that may be taken, or whose event may arrive and be declined.
    """

    awaited: Mapping[StrEnum, frozenset[Awaited]]
    moves: Mapping[StrEnum, frozenset[StrEnum]]
    taken: frozenset[Arrow]


def ways_of(machine: Definition) -> Ways:
    """Walk a machine's table, whatever its context may hold."""
    walk = _Walk(machine)
    walk.run()
    awaited = {state: frozenset(found) for state, found in walk.awaited.items()}
    moves = {state: frozenset(found) for state, found in walk.moves.items()}
    return Ways(awaited, moves, frozenset(walk.taken))


def distinct(arrows: tuple[Arrow, ...]) -> Iterator[Arrow]:
    """Give the arrows of a cell that may be taken: none after an unguarded one, no guard that has refused before."""
    asked: set[Function] = set()
    for arrow in arrows:
        if arrow.guard is None:
            yield arrow
            return
        if arrow.guard.function not in asked:
            yield arrow
        asked.add(arrow.guard.function)


def made_by(function: Function) -> tuple[type, ...]:
    """Give the classes that a function says it gives, by its return annotation; none if it cannot be understood."""
    try:
        hints = get_type_hints(function)
    except Exception:  # noqa: BLE001 - an annotation may name what exists only for a type checker
        return ()
    return tuple(classes_in(hints.get("return")))


class _Walk:
    """The work of one walk; thrown away once `ways_of` has its result."""

    def __init__(self, machine: Definition) -> None:
        self.folded = machine.folded
        self.initial = machine.initial
        self.awaited: dict[StrEnum, set[Awaited]] = {}
        self.moves: dict[StrEnum, set[StrEnum]] = {}
        self.taken: set[Arrow] = set()
        self.waiting: list[StrEnum] = []
        self.made: dict[Function, tuple[type, ...]] = {}

    def run(self) -> None:
        """Go on until nothing new is found."""
        self.arrive(self.folded.begin, set())
        while self.waiting:
            state = self.waiting.pop()
            for key, arrows in self.folded.cells[state].items():
                if not self.may_come(state, key):
                    continue
                rest = self.answered(state, key)
                for arrow in distinct(arrows):
                    self.taken.add(arrow)
                    for leaf in leaves(arrow.goal):
                        self.moves[state].add(leaf.state)
                        self.arrive(leaf, rest)

    def may_come(self, state: StrEnum, key: object) -> bool:
        """Tell whether an event, or a timer, may arrive in a state and not be Stale."""
        if not isinstance(key, type):
            return (key, ASKED) in self.awaited[state]
        answering = self.folded.answers.get(key)
        if answering is None:
            return True
        return any((answering.effect, phase) in self.awaited[state] for phase in (ASKED, OPEN))

    def answered(self, state: StrEnum, key: object) -> set[Awaited]:
        """Give what may be under way once this has arrived; of a keyed timer or effect others may go on."""
        rest = set(self.awaited[state])
        if not isinstance(key, type):
            clock = self.folded.clocks[str(key)]
            return rest if clock.key else rest - {(key, ASKED)}
        answering = self.folded.answers.get(key)
        if answering is None:
            return rest
        effect = answering.effect
        if key is answering.opens:
            rest.add((effect, OPEN))
        if answering.key is None and (key is answering.opens or answering.finishes(key)):
            rest.discard((effect, ASKED))
            if key is not answering.opens:
                rest.discard((effect, OPEN))
        return rest

    def arrive(self, leaf: Leaf, before: set[Awaited]) -> None:
        """Enter a leaf's state with what is under way after its move."""
        kept = {each for each in before if self.scope(each) not in leaf.ended}
        kept |= {(clock.id, ASKED) for clock in leaf.armed}
        for order in leaf.orders:
            self.order(order, kept)
        kept = {each for each in kept if self.scope(each) in self.folded.scopes[leaf.state]}
        known = self.awaited.get(leaf.state)
        if known is None:
            self.awaited[leaf.state], self.moves[leaf.state] = kept, set()
        elif kept <= known:
            return
        else:
            known |= kept
        self.waiting.append(leaf.state)

    def order(self, order: object, under_way: set[Awaited]) -> None:
        """Do to what is under way what one order does."""
        if is_arm(order):
            under_way.add((order.timer.name, ASKED))
        elif is_disarm(order):
            if order.timer.key is None:
                under_way.discard((order.timer.name, ASKED))
        elif isinstance(order, Call):
            under_way |= {(effect, self.first(effect)) for effect in self.may_make(order.function)}
        elif type(order) in self.folded.answering:
            under_way.add((type(order), self.first(type(order))))

    def first(self, effect: type) -> str:
        """Tell what an effect awaits once it is ordered: one with neither outcome nor opening is a stream at once."""
        answering = self.folded.answering[effect]
        return ASKED if answering.outcomes or answering.opens is not None else OPEN

    def may_make(self, maker: Function) -> Iterator[type]:
        """Give the effects that answer and that a maker may make: all of them, if it does not say."""
        made = self.made.setdefault(maker, made_by(maker))
        return (effect for effect in self.folded.answering if not made or issubclass(effect, made))

    def scope(self, awaited: Awaited) -> str:
        """Name the scope of a timer or an effect."""
        name, _ = awaited
        if isinstance(name, type):
            return scope_name(self.folded.answering[name].scope)
        return self.folded.clocks[str(name)].scope
