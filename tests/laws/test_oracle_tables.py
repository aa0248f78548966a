"""An independent engine agrees on tables drawn by chance, and so does a table made a machine of its own kind."""

from collections import Counter
from enum import StrEnum, auto
from random import Random

import pytest
import transitions
from attrs import evolve, frozen

from statekit import (
    EVERY,
    Broken,
    Fired,
    Forbidden,
    Ignored,
    Kind,
    Machine,
    MalformedTable,
    Refused,
    Rows,
    Taken,
    Unhandled,
    after,
    either,
)
from statekit.interop.expressible import trigger_name
from statekit.interop.transitions import EventForbidden, Model, to_machine
from statekit.transition import begin, cell_in, decide
from tests.laws.oracle import VERDICTS, Oracle, started, walked

TABLES, TABLE_EVENTS = 400, 200


class State(StrEnum):
    A = auto()
    B = auto()
    C = auto()
    D = auto()
    END = auto()


A, B, C, D, END = State


@frozen
class Go:
    n: int = 0


@frozen
class Back:
    n: int = 0


@frozen
class OnAndOn:
    n: int = 0


@frozen
class Note:
    text: str


@frozen
class Context:
    n: int = 0


def small(context: Context) -> bool:
    return context.n < 3


def even(context: Context) -> bool:
    return context.n % 2 == 0


def odd_together(context: Context, event: Go) -> bool:
    return (context.n + event.n) % 2 == 1  # a timer's event has no n: that row breaks


def fragile(context: Context) -> bool:
    return 10 // (context.n - 3) > 0


def grow(context: Context) -> Context:
    return Context((context.n + 1) % 6)


def add(context: Context, event: Go) -> Context:
    return Context((context.n + event.n) % 6)


def burst(context: Context) -> Context:
    return Context(context.n + 1 - 4 // (4 - context.n))


def wrong(context: Context) -> Context:
    return context if context.n != 5 else 5  # type: ignore[return-value]


def note_n(context: Context) -> Note:
    return Note(f"n is {context.n}")


def note_event(context: Context, event: Go) -> Note:
    return Note(f"{event} at {context.n}")


def pair(context: Context) -> tuple[Note, ...]:
    return Note("first"), Note(f"{1 // (5 - context.n)}")


rows = Rows[State, Context, Note]()
GUARDS = [None, None, None, small, even, odd_together, fragile]
UPDATES = [None, grow, grow, add, add, burst, wrong]
VERBS = ["row"] * 8 + ["stay"] * 2 + ["reenter"] * 2 + ["ignore", "forbid", "postpone"]
LASTING, ANY = [A, B, C, D], [A, B, C, D] * 8 + [END]


class Author:
    """Writes a table by chance.

    `plain` leaves out what `transitions` has no word for; `nested` draws each group inside the last.
    """

    def __init__(self, seed, *, plain=False, nested=False):
        self.chance = Random(seed)
        self.verbs = [verb for verb in VERBS if verb != "postpone"] if plain else VERBS
        self.triggers = [Go, Go, Back, OnAndOn, either(Go, Back)] + ([] if plain else [after(1.0), after(2.0)])
        self.nested, self.groups, whole = nested, [], list(State)
        for at in range(self.chance.randint(0, 3)):
            if len(whole) > 1:
                inside = self.chance.sample(whole, self.chance.randint(1, len(whole) - 1))
                self.groups.append(rows.group(f"g{at}", *sorted(inside), **self.moments(f"g{at}")))
                whole = inside if nested else list(State)

    def write(self):
        """Write the table, and build it without the rows that a fault names."""
        states = [
            rows.state(state, Kind.ENDED if state is END else Kind.BUSY, "", **self.moments(state)) for state in State
        ]
        table = []
        for at in range(self.chance.randint(10, 40)):
            self.origin = f"row:{at}"
            table.append(evolve(self.row(), origin=self.origin))
        while True:
            try:
                return Machine(
                    "drawn", initial=A, context=Context(), states=states, groups=self.groups, table=table
                )  # fmt: skip
            except MalformedTable as malformed:
                named = {fault.split(": ")[0] for fault in malformed.faults}
                kept = [line for line in table if line.origin not in named]
                if len(kept) == len(table) or (self.nested and "both answer it" in str(malformed)):
                    raise  # of groups that nest, the inner one answers: never a fault
                table = kept

    def moments(self, name):
        """Draw entry and exit effects of a place."""
        some = [Note(f"in or out of {name}"), note_n]
        return {moment: tuple(self.chance.sample(some, self.chance.randint(0, 2))) for moment in ("entry", "exit")}

    def effects(self, *more):
        return self.chance.sample([Note(self.origin), note_n, pair, *more], self.chance.choice([0, 1, 1, 2]))

    def row(self):
        chance, verb = self.chance, self.chance.choice(self.verbs)
        source = chance.choice([*LASTING, *LASTING, *self.groups, *self.groups, EVERY, (A, B), (C, D)])
        trigger, guard = chance.choice(self.triggers), chance.choice(GUARDS)
        if verb in ("ignore", "forbid", "postpone"):
            return getattr(rows, verb)(source, trigger, because=self.origin, guard=guard)
        target = (chance.choice([self.choice(), *ANY]),) if verb == "row" else ()
        effects = self.effects(note_event)
        return getattr(rows, verb)(source, trigger, *target, *effects, guard=guard, update=chance.choice(UPDATES))

    def choice(self, depth=2):
        """Draw a choice, perhaps with another inside."""
        branches = []
        for guard in (*self.chance.sample([small, even, fragile], self.chance.randint(0, 2)), None):
            target = self.choice(depth - 1) if depth and self.chance.random() < 0.4 else self.chance.choice(ANY)
            branch = rows.to(target, *self.effects(), guard=guard, update=self.chance.choice([None, grow, burst]))
            branches.append(evolve(branch, origin=f"{self.origin} branch {len(branches)}"))
        return rows.choice("drawn", *branches)


def drawn_events(machine, chance):
    """Draw a trigger of a table, mostly one that the state answers; a timer's event has no fields of its own."""
    keys = [*machine.folded.events, *machine.folded.clocks] or [Go]

    def draw(state, _context):
        answered = list(machine.folded.cells[state])
        key = chance.choice(answered if answered and chance.random() < 0.8 else keys)
        return key, Fired(key) if isinstance(key, str) else key(chance.randint(0, 3))

    return draw


def test_an_independent_engine_agrees_on_drawn_tables(tally):
    seen = Counter()
    for seed in range(TABLES):
        machine = Author(seed, nested=bool(seed % 2)).write()
        chance = Random(-seed)
        oracle, draw = Oracle(machine), drawn_events(machine, chance)
        # An ended state answers nothing more, so a table is walked in short runs from contexts of its own.
        for n in range(0, TABLE_EVENTS, 20):
            walked(oracle, started(oracle, Context(n // 20 % 3)), draw, 20, seen)
    tally.update({each: seen[each] for each in VERDICTS})
    assert all(seen[each] > 500 for each in VERDICTS), seen
    assert sum(seen[each] for each in VERDICTS) == TABLES * TABLE_EVENTS


def exported(model, name, event):
    """Say what an exported machine makes of an event, in its own words."""
    before, model.outbox = (model.state, model.context), []
    try:
        said = model.trigger(name, event)
    except (transitions.MachineError, AttributeError, ZeroDivisionError, TypeError) as error:
        said = type(error)
    if said is not True:
        assert (model.state, model.context, model.outbox) == (*before, [])
    return said, model.state, model.context, model.outbox


def promised(verdict, *, known):
    """What `to_machine` promises for a verdict of ours."""
    match verdict:
        case Broken():
            return type(verdict.exception)
        case Forbidden():
            return EventForbidden
        case Unhandled():
            return transitions.MachineError if known else AttributeError
    return isinstance(verdict, Taken)


@pytest.mark.parametrize("nested", [False, True])
def test_a_table_made_a_transitions_machine_does_what_it_did(nested):
    seen = Counter()
    for seed in range(TABLES // 4):
        machine, chance = Author(seed, plain=True, nested=nested).write(), Random(-seed)
        draw, folded = drawn_events(machine, chance), machine.folded
        for first in map(Context, range(4)):
            model = Model()
            live = to_machine(machine, model, context=first, nested=nested)
            _, _, entered, _ = begin(folded, first)
            state, context = machine.initial, first
            assert (model.state, model.context, model.outbox) == (state, context, list(entered))
            for _ in range(15):
                key, event = draw(state, context)
                state, context, orders, motion = decide(folded, state, context, event, cell_in(folded, state, key))
                verdict = motion.verdict
                known = trigger_name(key) in live.events
                if not isinstance(verdict, Broken):
                    assert model.may_trigger(trigger_name(key), event) is isinstance(verdict, Taken)
                ours = (promised(verdict, known=known), state, context, list(orders))
                assert ours == exported(model, key.__name__, event)
                seen[type(verdict)] += 1
    assert all(seen[each] > 100 for each in (Taken, Ignored, Forbidden, Refused, Unhandled, Broken)), seen
