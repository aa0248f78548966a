"""Sequence: a way through a model as a Mermaid sequence diagram: who told whom what, one move below the other.

Members are participants; the environment sends what comes from outside and receives what is ordered, the application
what is published. A transaction does not record who sent a signal, but the wiring knows who may: of several it is the
member that took a row last.
"""

from collections.abc import Iterator
from typing import get_type_hints

from statekit.check.literals import shortened, words
from statekit.check.properties import Property, Sort
from statekit.check.story import AnySeen, Claim, Way, members, ordered, sent, timer_label, verdict_words
from statekit.draft import classes_in
from statekit.draw.labels import identifier, wrapped
from statekit.draw.labels import words as spelled
from statekit.draw.mermaid import BREAK, text
from statekit.keyed import member_of
from statekit.machine import Definition
from statekit.system import System
from statekit.timers import Fired
from statekit.transaction import Hop
from statekit.verdicts import Taken

ENVIRONMENT = "the_environment"
APPLICATION = "the_application"
NOTE_WIDTH = 60
"""How many characters stand on one line of a note."""

SHOWN_MAX = 80
"""How many characters of one event or effect are shown; the story has it whole."""


def mermaid_of_way(way: Way, claim: Claim) -> str:
    """Write a way as a Mermaid sequence diagram."""
    return "\n".join(_Drawing(way).lines(claim)) + "\n"


class _Drawing:
    """The work of drawing one way; thrown away once its lines are there."""

    def __init__(self, way: Way) -> None:
        """Find the members that anything happens to, and all of them if there are few."""
        self.way = way
        subject = way.subject
        self.machines: dict[str, Definition] = way.machines
        touched = {hop.member for seen in way.seen for hop in seen.path} or set(self.machines)
        self.shown = [name for name in self.machines if name in touched]
        self.wiring = subject.wiring if isinstance(subject, System) else ()
        self.derived = subject.derived if isinstance(subject, System) else ()

    def lines(self, claim: Claim) -> Iterator[str]:
        """Write the diagram."""
        yield "sequenceDiagram"
        yield f"  participant {ENVIRONMENT} as the environment"
        yield from (f"  participant {identifier(name)} as {_safe(spelled(name))}" for name in self.shown)
        if any(self.published(seen) for seen in self.way.seen):
            yield f"  participant {APPLICATION} as the application"
        yield self.note(*self.places())
        loop = self.way.trace.loop_from
        for number, seen in enumerate(self.way.seen, 1):
            if loop == number - 1:
                yield "  loop for ever"
            yield from self.move(number, seen)
        if loop is not None:
            yield "  end"
        yield self.note(*self.said(claim))

    def places(self) -> Iterator[str]:
        """Say where the members that matter begin."""
        for name, _, snapshot in members(self.way.subject, self.way.begun):
            if name in self.shown:
                yield f"{spelled(name)} is {snapshot.state.name}"

    def said(self, claim: Claim) -> Iterator[str]:
        """Say what the way is about."""
        said = claim if isinstance(claim, str) else f"{claim.code} {_fate(claim)}: {claim.claim}"
        yield from wrapped(said, NOTE_WIDTH)

    def note(self, *lines: str) -> str:
        """Write a note over everybody."""
        ends = ",".join(dict.fromkeys((identifier(self.shown[0]), identifier(self.shown[-1]))))
        return f"  Note over {ends}: {BREAK.join(map(_safe, lines))}"

    def move(self, number: int, seen: AnySeen) -> Iterator[str]:
        """Write one move: the event, what members then tell each other, what is ordered and published."""
        took: list[str] = []
        for at, hop in enumerate(seen.path):
            sender = self.sender(hop, took) if at else ENVIRONMENT
            label = f"{number}. {self.came(seen)}" if at == 0 else _short(hop.event)
            arrow = "->>" if at or not seen.move.stale else "--x"
            yield f"  {sender}{arrow}{identifier(hop.member)}: {_safe(label)}"
            yield f"  Note over {identifier(hop.member)}: {_safe(shortened(verdict_words(hop.verdict), SHOWN_MAX))}"
            if isinstance(hop.verdict, Taken):
                took.append(hop.member)
        for effect in ordered(seen):
            yield f"  {identifier(self.orderer(effect, seen, took))}-->>{ENVIRONMENT}: {_safe(_short(effect))}"
        for signal in self.published(seen):
            yield f"  {identifier(self.orderer(signal, seen, took))}-->>{APPLICATION}: {_safe(_short(signal))}"

    def came(self, seen: AnySeen) -> str:
        """Say what came from outside."""
        move = seen.move
        late = " (too late)" if move.stale else ""
        if isinstance(move.event, Fired):
            return f"{timer_label(self.way.subject, move)}{late}"
        return f"{_short(move.event)}{late}"

    def sender(self, hop: Hop, took: list[str]) -> str:
        """Name who may have sent what a member received: by a wire or a fact; nobody else is itself, of an event that
        it had postponed.
        """
        event, member = type(hop.event), member_of(hop.member)
        wires = [(line.source.name, line.make) for line in self.wiring if line.target and line.target.name == member]
        sources = {source for source, make in wires if make and event in _made(make)}
        for name in reversed(took):
            if member_of(name) in sources:
                return identifier(name)
        if any(each.target.name == member and event in _made(each.make) for each in self.derived):
            return identifier(took[-1]) if took else ENVIRONMENT
        return identifier(hop.member)

    def published(self, seen: AnySeen) -> tuple[object, ...]:
        """Give the signals that leave the system; those between its members are arrows already."""
        leaving = {line.signal for line in self.wiring if line.target is None}
        alone = not isinstance(self.way.subject, System)
        return tuple(each for each in sent(seen) if alone or type(each) in leaving)

    def orderer(self, effect: object, seen: AnySeen, took: list[str]) -> str:
        """Name the member that ordered an effect: the last that took a row and lists it, else whom it began with."""
        able = [name for name in took if type(effect) in self.machines[name].effects()]
        return able[-1] if able else seen.path[0].member


def _fate(claim: Property) -> str:
    return "is reached" if claim.sort is Sort.WITNESS else "does not hold"


def _made(make: object) -> frozenset[type]:
    return frozenset(classes_in(get_type_hints(make).get("return")))


def _safe(said: str) -> str:
    """Make a text safe in a message; a colon is, and its entity is none outside of HTML."""
    return text(said).replace("#colon;", ":")


def _short(value: object) -> str:
    return shortened(words(value), SHOWN_MAX)
