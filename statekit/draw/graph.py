"""Graph: everything a machine's table says, as a picture needs it, and nothing about how it is drawn.

A row of a group is kept once, with its group, instead of once for each state. Nothing of the table is lost on the way:
every row, branch, guard, update, effect, timer and reason is found here again, and a test holds that.
"""

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from itertools import chain, count
from typing import TypeAlias, cast

from attrs import evolve, field, frozen

from statekit.draft import AnyGroup, AnyRow, Target, branches_of, events_of, places
from statekit.draw.labels import default_delay, effect, function, title, words
from statekit.draw.style import Cause
from statekit.machine import Definition
from statekit.row import Choice, Verb
from statekit.states import EVERY, Kind, StateRow
from statekit.timers import delay_label, is_named, is_timer

AnyChoice: TypeAlias = Choice[StrEnum, object]
EVERY_NAME = "EVERY"


@frozen
class Trigger:
    """What a line waits for: how it reads, why it arrives, and a timer's default where a function decides it."""

    label: str
    cause: Cause
    default: str = ""


@frozen
class Line:
    """One row as one source has it, or one branch of a choice (which has no triggers).

    `target` is the name of a state or choice, empty if the line does not move; effects are written as in the table.
    """

    verb: Verb
    triggers: tuple[Trigger, ...]
    target: str
    guard: str = ""
    update: str = ""
    effects: tuple[str, ...] = ()
    because: str = ""
    origin: str = field(default="", eq=False)

    @property
    def moves(self) -> bool:
        """Tell whether the line leads to another node."""
        return bool(self.target)

    @property
    def silent(self) -> bool:
        """Tell whether the line only says that nothing happens."""
        return self.verb in (Verb.IGNORE, Verb.FORBID)


@frozen
class Node:
    """A state: what it is like, what entering and leaving it does, whose groups it is in, and its own lines."""

    name: str
    title: str
    kind: Kind
    doc: str
    waits_for: str
    entry: tuple[str, ...]
    exit: tuple[str, ...]
    groups: tuple[str, ...]
    lines: tuple[Line, ...]


@frozen
class Block:
    """A group, or `EVERY`: its states, what entering and leaving it does, and the lines that they share."""

    name: str
    title: str
    states: tuple[str, ...]
    doc: str
    entry: tuple[str, ...]
    exit: tuple[str, ...]
    lines: tuple[Line, ...]


@frozen
class Diamond:
    """A choice: its branches as lines, and how many lines of the graph lead to it."""

    name: str
    title: str
    lines: tuple[Line, ...]
    uses: int


@frozen
class Graph:
    """A machine as a picture needs it; made by `graph_of`."""

    name: str
    doc: str
    initial: str
    rows: int
    nodes: tuple[Node, ...]
    blocks: tuple[Block, ...]
    diamonds: tuple[Diamond, ...]

    def titles(self) -> dict[str, str]:
        """Give the title of every state and choice by its name; a choice's ends with a question mark."""
        choices = {diamond.name: diamond.title for diamond in self.diamonds}
        return {node.name: node.title for node in self.nodes} | choices

    def kinds(self) -> dict[str, Kind]:
        """Give the kind of every state by its name."""
        return {node.name: node.kind for node in self.nodes}

    def lines(self) -> Iterator[tuple[str, Line]]:
        """Give every line with the name of the state, group or choice that it stands in."""
        for places_alike in (self.nodes, self.blocks, self.diamonds):
            for place in places_alike:
                yield from ((place.name, line) for line in place.lines)


def graph_of(machine: Definition) -> Graph:
    """Read a machine's table into a graph."""
    return _Reading(machine).graph()


def folded_lines(machine: Definition, state: StrEnum) -> Iterator[tuple[str, Line]]:
    """Give what one state does with each trigger: lines of one trigger each, with the place that each comes from.

    They stand in the order in which they are tried; those that an unguarded line before them hides are left out.
    """
    reading = _Reading(machine)
    for key, arrows in machine.folded.cells[state].items():
        for arrow in arrows:
            line = reading.line(arrow.row)
            named = tuple(each for each in line.triggers if each.label == words(machine.key_label(key)))
            yield arrow.level, evolve(line, triggers=named or line.triggers)
            if arrow.guard is None:
                break


class _Reading:
    """The work of reading one machine; thrown away once the graph is made."""

    def __init__(self, machine: Definition) -> None:
        """Name the choices, in the order in which the table mentions them."""
        self.machine = machine
        self.choices: dict[AnyChoice, str] = {}
        for row in machine.table:
            for target in (row.target, *(branch.target for branch in branches_of(row.target))):
                if isinstance(target, Choice) and target not in self.choices:
                    self.choices[target] = self.free_name(f"choice_{target.name.replace(' ', '_')}")

    def free_name(self, wanted: str) -> str:
        """Give a name that no state and no other choice bears."""
        taken = {*self.choices.values(), *(str(declared.state) for declared in self.machine.states)}
        names = chain((wanted,), (f"{wanted}_{number}" for number in count(2)))
        return next(name for name in names if name not in taken)

    def graph(self) -> Graph:
        """Put the parts together."""
        machine = self.machine
        nodes = tuple(self.node(declared) for declared in machine.states)
        blocks = tuple(self.block(group) for group in machine.folded.groups)
        blocks += (self.every(),) if self.lines_of(EVERY) else ()
        branches = {name: self.branches(choice) for choice, name in self.choices.items()}
        lines = (*(node.lines for node in nodes), *(block.lines for block in blocks), *branches.values())
        used = Counter(line.target for each in lines for line in each)
        diamonds = tuple(
            Diamond(name, f"{words(choice.name)}?", branches[name], used[name]) for choice, name in self.choices.items()
        )
        return Graph(machine.name, machine.doc, str(machine.initial), len(machine.table), nodes, blocks, diamonds)

    def node(self, declared: StateRow[StrEnum]) -> Node:
        """Read one state."""
        return Node(
            name=str(declared.state),
            title=title(declared.state.name),
            kind=declared.kind,
            doc=declared.doc,
            waits_for=declared.waits_for,
            entry=tuple(map(effect, declared.entry)),
            exit=tuple(map(effect, declared.exit)),
            groups=tuple(group.name for group in self.machine.folded.groups_of[declared.state]),
            lines=self.lines_of(declared.state),
        )

    def block(self, group: AnyGroup) -> Block:
        """Read one group."""
        entry, leaving = tuple(map(effect, group.entry)), tuple(map(effect, group.exit))
        states = tuple(str(state) for state in group.states)
        return Block(group.name, words(group.name), states, group.doc, entry, leaving, self.lines_of(group))

    def every(self) -> Block:
        """Read the rows of `EVERY`."""
        states = tuple(str(declared.state) for declared in self.machine.states if declared.kind is not Kind.ENDED)
        return Block(EVERY_NAME, "any state", states, "what has no answer of its own", (), (), self.lines_of(EVERY))

    def lines_of(self, place: object) -> tuple[Line, ...]:
        """Collect the lines of a state, a group or `EVERY`, in the order of the table."""
        return tuple(self.line(row) for row in self.machine.table for each in places(row.source) if each == place)

    def line(self, row: AnyRow) -> Line:
        """Read one row."""
        return Line(
            verb=row.verb,
            triggers=tuple(self.triggers(row)),
            target=self.target(row.target),
            guard=function(row.guard),
            update=function(row.update),
            effects=tuple(map(effect, row.effects)),
            because=row.because,
            origin=row.origin,
        )

    def branches(self, choice: AnyChoice) -> tuple[Line, ...]:
        """Read the branches of a choice."""
        return tuple(
            Line(
                verb=Verb.ROW,
                triggers=(),
                target=self.target(branch.target),
                guard=function(branch.guard),
                update=function(branch.update),
                effects=tuple(map(effect, branch.effects)),
                origin=branch.origin,
            )
            for branch in choice.branches
        )

    def target(self, target: Target | None) -> str:
        """Name a target; nowhere is the empty string."""
        if isinstance(target, Choice):
            return self.choices[target]
        return "" if target is None else str(target)

    def triggers(self, row: AnyRow) -> Iterator[Trigger]:
        """Read what a row waits for: a timer, or its events."""
        if is_timer(row.trigger):
            delay = cast("object", row.trigger.delay)
            default = default_delay(delay, self.machine.context)
            if is_named(row.trigger) and not callable(delay):
                default = delay_label(delay)
            yield Trigger(words(row.trigger.label), Cause.TIMER, default)
        answers = self.machine.folded.answers
        for event in events_of(row.trigger):
            yield Trigger(event.__name__, Cause.ANSWER if event in answers else Cause.TOLD)
