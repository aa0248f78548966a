"""An independent engine agrees: the primitive against the `transitions` package, event by event.

The oracle below knows nothing of folding and calls nothing of ours that decides: it reads a table as it was written
and adds every row to a `transitions` machine, which then picks, refuses, exits, enters and sets the state by itself.
Groups are the only thing it has no word for; the few lines of `Ordered` add their entry and exit, in our order.
Timers are plain triggers here, since the primitive knows neither tickets nor time.
"""

import inspect
import tomllib
from collections import Counter
from enum import StrEnum, auto
from functools import cache, partial
from pathlib import Path
from random import Random
from types import SimpleNamespace

import pytest
import transitions
from attrs import evolve, frozen

from machines import (
    auth_refresh,
    circuit_breaker,
    conflict_recovery,
    connection,
    document,
    error_storm,
    heartbeat,
    hold,
    rate_limit,
)
from machines.gates import Gate, GatesMoved
from machines.link import (
    Closed,
    FrameArrived,
    FrameInvalid,
    Hello,
    LinkBroken,
    LinkRefused,
    OpenFailed,
    Permitted,
    Report,
    TerminalError,
    TokenReady,
)
from machines.policy import router
from machines.policy.close_codes import CLOSE_POLICIES, HTTP_POLICIES
from machines.policy.error_codes import ERROR_POLICIES, Wait
from machines.policy.retries import RetryOptions
from machines.replica import Replica
from machines.wire import messages
from machines.wire.operations import Delete, Insert
from machines.wire.text import Text
from statekit import (
    EVERY,
    After,
    Broken,
    Choice,
    Fired,
    Forbidden,
    Group,
    Ignored,
    Kind,
    Machine,
    MalformedTable,
    Postponed,
    Refused,
    Rows,
    Taken,
    Timer,
    Unhandled,
    Verb,
    after,
    either,
)
from statekit.interop.expressible import trigger_name
from statekit.interop.transitions import EventForbidden, Model, to_machine
from statekit.testing.passed import lines_of
from statekit.timers import ClockJumped
from statekit.transition import begin, cell_in, decide
from tests.machines.algebras import Stubborn

SHIPPED_EVENTS, TABLES, TABLE_EVENTS = 30_000, 400, 200

"""For each of nine machines; for each of so many drawn tables: 350,000 events together."""


# ----------------------------------------------------------------------------------------------------------- the oracle
class Crashed(Exception):
    """A function of the table raised; the package lets it through."""

    def __init__(self, function, error):
        super().__init__(function)
        self.function = function
        self.error = error


class Ordered(transitions.Transition):
    """A move whose effects, and those of the groups that it leaves and enters, stand between exit and entry."""

    def __init__(self, *args, between, **kwargs):
        super().__init__(*args, **kwargs)
        self.between = between

    def _change_state(self, event_data):
        event_data.machine.get_state(self.source).exit(event_data)
        event_data.machine.callbacks(self.between, event_data)
        event_data.machine.set_state(self.dest, event_data.model)
        event_data.update(event_data.model.state)
        event_data.machine.get_state(self.dest).enter(event_data)


class OrderedMachine(transitions.Machine):
    transition_cls = Ordered


class Oracle:
    """A table as it was written, as a machine of `transitions`; one event in, one verdict out."""

    def __init__(self, definition):
        self.definition = definition
        self.groups = sorted(definition.folded.groups, key=lambda group: -len(group.states))
        self.place = {each.state: each for each in definition.states}
        self.model = SimpleNamespace(context=definition.context, outbox=[], refused=[], lines=(), verdict=None)
        self.machine = OrderedMachine(
            self.model,
            states=[
                transitions.State(each.state, on_enter=emits(each.entry), on_exit=emits(each.exit))
                for each in definition.states
            ],
            initial=definition.initial,
            auto_transitions=False,
            send_event=True,
        )
        for state, declared in self.place.items():
            if declared.kind is not Kind.ENDED:
                self.add_state(state)

    def around(self, state):
        """Give the groups of a state, outer before inner."""
        return [group for group in self.groups if state in group.states]

    def add_state(self, state):
        """Add the rows that a state sees: its own, its groups' from inner to outer, those of EVERY."""
        for level in (state, *reversed(self.around(state)), EVERY):
            for row in self.definition.table:
                sources = row.source if isinstance(row.source, tuple) else (row.source,)
                if level in sources:
                    self.add_row(row, state, level)

    def add_row(self, row, state, level):
        for name in names_of(row.trigger, state if level == EVERY else level):
            if row.verb not in (Verb.ROW, Verb.STAY, Verb.REENTER):
                self.add(name, state, guards_of(row, level), None, before=[says(row)])
            elif row.verb is Verb.STAY:
                before = [updates((row.update,)), *emits(row.effects), says(row)]
                self.add(name, state, guards_of(row, level), None, before=before)
            else:
                self.add_moves(name, row, state, level)

    def add_moves(self, name, row, state, level):
        target = state if row.verb is Verb.REENTER else row.target
        again = level.states if row.verb is Verb.REENTER and isinstance(level, Group) else ()
        for conditions, changes, effects, dest, lines in paths(target, (row.update,), row.effects):
            here, there = self.around(state), self.around(dest)
            kept = [group for group in here if group in there and not (again and set(group.states) <= set(again))]
            between = [
                *(emit for group in reversed(here) if group not in kept for emit in emits(group.exit)),
                *emits(effects),
                *(emit for group in there if group not in kept for emit in emits(group.entry)),
            ]
            before = [updates(changes), says(row, *lines)]
            self.add(name, state, [*guards_of(row, level), *conditions], dest, before=before, between=between)

    def add(self, name, state, conditions, dest, *, before, between=()):
        self.machine.add_transition(
            name, state.name, dest and dest.name, conditions=conditions, before=before, between=between
        )

    def begin(self, context):
        """Enter the initial state; the package sets it without entering it, so this is by hand."""
        model, initial = self.model, self.definition.initial
        self.go(initial, context)
        model.outbox = []
        for place in (*self.around(initial), self.place[initial]):
            for emit in emits(place.entry):
                emit(SimpleNamespace(model=model, args=(None,)))

    def go(self, state, context):
        """Stand in a place."""
        self.machine.set_state(state, self.model)
        self.model.context = context

    def take(self, name, event):
        """Let the package answer one event; a function that raises leaves everything as it was, by law 7."""
        model = self.model
        before = model.state, model.context
        model.outbox, model.refused, model.lines, model.verdict = [], [], (), None
        if name not in self.machine.events:  # a timer of a group that holds ended states only
            return ("unhandled",)
        try:
            taken = model.trigger(name, event)
        except transitions.MachineError:
            return ("unhandled",)
        except Crashed as crashed:
            model.state, model.context = before
            model.outbox, model.lines = [], ()
            return ("broken", crashed.function, type(crashed.error))
        # A row that forks is asked once for each of its paths.
        refused = tuple(guard for _, _, guard in dict.fromkeys(model.refused))
        if not taken:
            return ("refused", refused)
        row = model.verdict
        if row.verb in (Verb.ROW, Verb.STAY, Verb.REENTER):
            return ("taken", row.origin, before[0], model.state, refused)
        return (row.verb.value, row.because, refused if row.verb is Verb.IGNORE else ())


def names_of(trigger, place):
    """Name the triggers of a row: event classes, or a timer by its id."""
    if isinstance(trigger, Timer):
        return [trigger.name]
    if isinstance(trigger, After):
        return [f"{trigger.label} in {place.name if isinstance(place, Group) else place.value}"]
    return [event.__name__ for event in getattr(trigger, "events", (trigger,))]


def paths(target, changes, effects, lines=()):
    """Give every way to a state below a target: conditions, updates, effects, the state and the branches passed."""
    if not isinstance(target, Choice):
        yield (), changes, effects, target, lines
        return
    for branch in target.branches:
        own = () if branch.guard is None else (partial(holds, branch.guard, changes),)
        below = paths(
            branch.target, (*changes, branch.update), (*effects, *branch.effects), (*lines, branch.origin)
        )  # fmt: skip
        for conditions, *rest in below:
            yield ((*own, *conditions), *rest)


def guards_of(row, level):
    def check(data):
        held = bool(call(row.guard, data.model.context, data.args[0]))
        if not held:
            data.model.refused.append((row, level, row.guard.__name__))
        return held

    return [] if row.guard is None else [check]


def holds(guard, changes, data):
    return bool(call(guard, changed(changes, data.model.context, data.args[0]), data.args[0]))


def updates(changes):
    def update(data):
        data.model.context = changed(changes, data.model.context, data.args[0])

    return update


def says(row, *lines):
    def say(data):
        data.model.verdict, data.model.lines = row, (row.origin, *lines)

    return say


def emits(orders):
    """Make one callback for each order."""

    def emit(order, data):
        effect = call(order, data.model.context, data.args[0]) if inspect.isfunction(order) else order
        data.model.outbox += effect if isinstance(effect, tuple) else (effect,)

    return [partial(emit, order) for order in orders]


@cache
def takes_event(function):
    return len(inspect.signature(function).parameters) == 2


def call(function, context, event):
    try:
        return function(context, event) if takes_event(function) else function(context)
    except Exception as error:  # noqa: BLE001 - whatever a function of the table raises
        raise Crashed(function.__name__, error) from None


def changed(changes, context, event):
    for update in changes:
        if update is not None:
            after_it = call(update, context, event)
            if type(after_it) is not type(context):
                raise Crashed(update.__name__, TypeError())
            context = after_it
    return context


# ------------------------------------------------------------------------------------------------------- the comparison
def spelled(verdict):
    """Spell a verdict of ours as the oracle spells its own."""
    match verdict:
        case Taken():
            return ("taken", verdict.row, verdict.source, verdict.target, verdict.refused)
        case Ignored():
            return ("ignore", verdict.because, verdict.refused)
        case Forbidden() | Postponed():
            return ("forbid" if isinstance(verdict, Forbidden) else "postpone", verdict.because, ())
        case Refused():
            return ("refused", verdict.guards)
        case Unhandled():
            return ("unhandled",)
        case Broken():
            return ("broken", verdict.function, type(verdict.exception))


def started(oracle, context):
    """Start both engines, and give where they are."""
    _, _, entered, _ = begin(oracle.definition.folded, context)
    oracle.begin(context)
    model = oracle.model
    initial = oracle.definition.initial
    assert (initial, context, list(entered)) == (model.state, model.context, model.outbox)
    return initial, context


def walked(oracle, at, draw, steps, seen):
    """Drive both engines by the same events from one place; count what became of them, and every line passed.

    From an end it begins again. Gives every place they came to, under the row or branch that led there.
    """
    folded, model = oracle.definition.folded, oracle.model
    state, context = at
    oracle.go(state, context)
    trail = []
    for number in range(steps):
        if not folded.cells[state]:
            state, context = at  # it has ended, and answers nothing any more
            oracle.go(state, context)
        key, event = draw(state, context)
        state, context, orders, motion = decide(folded, state, context, event, cell_in(folded, state, key))
        verdict = motion.verdict
        theirs = oracle.take(key if isinstance(key, str) else key.__name__, event)
        ours = (spelled(verdict), state, context, list(orders))
        assert ours == (theirs, model.state, model.context, model.outbox), f"event {number} from {at}: {event}"
        assert type(state) is type(model.state)
        seen[theirs[0]] += 1
        seen.update(model.lines)
        trail += ((line, (state, context)) for line in model.lines if folded.cells[state])
    return trail


@pytest.fixture(scope="module")
def tally(request):
    """Count what was compared, and say it when all is done."""
    compared = Counter()
    yield compared
    verdicts = ", ".join(f"{compared[each]:,} {each}" for each in VERDICTS)
    total = sum(compared[each] for each in VERDICTS)
    plugins = request.config.pluginmanager
    with plugins.getplugin("capturemanager").global_and_fixture_disabled():
        plugins.getplugin("terminalreporter").write_line(
            f"\nan independent engine was asked about {total:,} events: {verdicts}"
        )


VERDICTS = ("taken", "ignore", "forbid", "postpone", "refused", "unhandled", "broken")


# --------------------------------------------------------------------------------------------------------- drawn tables
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


# --------------------------------------------------------------------------------------------------- shipped lifecycles
CODES = {span.policy.act: span.first for span in CLOSE_POLICIES.spans} | {None: 4321}
STATUSES = {span.policy.act: span.first for span in HTTP_POLICIES.spans} | {None: 418}
ERRORS = [*(row.code for row in ERROR_POLICIES.rows), "NEWS_TO_US"]
CONTEXTS = {
    connection.CONNECTION: (
        connection.Context(connection.Options(RetryOptions(attempts_max=0))),
        connection.Context(
            connection.Options(RetryOptions(attempts_max=1, after_server_close="retry", after_exhaustion="fail"))
        ),
    ),
    auth_refresh.AUTH_REFRESH: (
        auth_refresh.Context(),
        auth_refresh.Context(auth_refresh.Options(failures_max=1, rejections_max=1)),
    ),
    circuit_breaker.CIRCUIT_BREAKER: (
        circuit_breaker.Context(),
        circuit_breaker.Context(circuit_breaker.Options(failures_max=2, probes=2, successes_min=2)),
    ),
    error_storm.ERROR_STORM: (
        error_storm.Context(error_storm.Options(errors_max=2, trips_max=2)),
        error_storm.Context(error_storm.Options(errors_max=3, count_all=True)),
    ),
    hold.HOLD: (hold.Context(), hold.Context(hold.Options(locks_max=1))),
    rate_limit.RATE_LIMIT: (
        rate_limit.Context(rate_limit.Options(limits_max=2, queue_max=2, rate_per_second=5)),
        rate_limit.Context(),
    ),
    heartbeat.HEARTBEAT: (heartbeat.Context(),),
    router.ROUTER: (router.Context(),),
    conflict_recovery.CONFLICT_RECOVERY: (
        conflict_recovery.Context(
            Replica("me"), conflict_recovery.Options(queue_max=2, rounds_max=0, retries_max=0, syncs_max=2)
        ),
        conflict_recovery.Context(Replica("me", algebra=Stubborn())),
    ),
}


def edits(chance, text):
    """Draw an edit that mostly fits a text."""
    at = chance.randint(0, len(text))
    return (Delete(at, 1),) if chance.random() < 0.3 else (Insert(at, chance.choice(["a", "bc"])),)


def document_events(chance, context):
    """Make the events of a document as they are near what its replica knows."""
    replica = context.replica
    version = max(replica.version + chance.choice([0, 1, 1, 1, 2]), 0)
    head = replica.message_id(replica.pending[0].sequence) if replica.pending else "me:1"
    about = chance.choice([head, head, head, "", "other:9"])
    asked = context.sync_id if chance.random() < 0.8 else "me:sync:0"
    author, edit = chance.choice([("you", edits(chance, replica.base)), ("me", ())])
    caught = messages.SyncedOperation(edit, version, author, head if author == "me" else "you:1")
    whole = messages.Document("d", version, chance.choice([replica.base, Text("abc")]))
    return {
        document.Open: (chance.choice(["1st", "2nd"]), chance.random() < 0.5),
        document.Submit: (edits(chance, replica.view), replica.revision - chance.choice([0, 0, 0, 1, 5])),
        document.Acknowledged: (messages.OperationAck(about, version),),
        document.RemoteEdit: (messages.OperationBroadcast(edit, version, author, "you:1"),),
        document.Synced: (
            messages.DocumentSync(whole, chance.choice([(), (caught,)]), message_id=asked),
        ),
        document.Conflict: (about,),
        document.Unsure: (about,),
        document.Refused: (about, "NO", chance.random() < 0.2),
        document.Granted: (head,),
        document.PutBack: (head,),
        document.Halt: ("deleted",),
        document.Hold: (chance.choice([None, False, True]), chance.choice([None, frozenset[str]()])),
        document.Detach: (chance.random() < 0.5,),
    }  # fmt: skip


def link_events(chance, _context):
    """Make the events of a connection."""
    gates = [gate for gate in Gate if chance.random() < 0.2]
    return {
        OpenFailed: ("refused", chance.choice([None, *STATUSES.values()]), chance.choice([None, 0.5, 120.0])),
        FrameArrived: (messages.Pong(timestamp_ms=1),),
        FrameInvalid: ("no JSON",),
        Closed: (chance.choice(list(CODES.values())),),
        Hello: (3, chance.random() < 0.5, chance.random() < 0.5),
        ClockJumped: (60.0,),
        TerminalError: ("gone",),
        LinkRefused: (chance.choice([None, 40.0]),),
        LinkBroken: (chance.choice(list(CODES.values())),),
        TokenReady: (chance.randint(1, 9),),
        GatesMoved: (frozenset(gates),),
        Permitted: (chance.randint(1, 9),),
    }


def token_events(chance, context):
    """Make the events of a token about the generation that is out, or one beside it."""
    generation = context.generation - chance.choice([0, 0, 1, -1])
    lifetime = chance.choice([None, 0.0, -1.0, 30.0, 3600.0, float("inf")])
    return {
        auth_refresh.Login: (lifetime,),
        auth_refresh.Refreshed: (lifetime,),
        auth_refresh.Rejected: (generation,),
        auth_refresh.Accepted: (generation,),
        ClockJumped: (chance.choice([31.0, 3600.0]),),
        auth_refresh.RefreshFailed: (chance.choice(list(auth_refresh.Trouble)),),
    }


def heart_events(chance, _context):
    """Make the events of a heartbeat."""
    return {heartbeat.Begin: (chance.choice([None, 0.0, 9.0]),), ClockJumped: (60.0,)}


def breaker_events(chance, context):
    """Make the events of a breaker, some about a permit of old."""
    permit = chance.choice([context.permit, *context.out, context.permit - 1])
    return {circuit_breaker.Reported: (permit, chance.choice(list(Report)))}


def server_messages(chance, _context):
    """Make what a server says."""
    details = chance.choice([None, {"message_id": "me:1"}, {"retry_after": 2500}, {"retry_after": True}])
    return {
        messages.ConnectionAck: ("me", "user", ("read",), 3, "now"),
        messages.Ping: (7,),
        messages.Pong: (7,),
        messages.DocumentSync: (messages.Document("d", 1, Text("abc")),),
        messages.ErrorMessage: (
            chance.choice(ERRORS),
            "words",
            chance.random() < 0.5,
            "now",
            details,
            chance.choice(["", "other"]),
        ),
        router.OpenDocument: ("other", "1st"),
        messages.RateLimited: (2500,),
        messages.TokenRefreshRequired: (30,),
        messages.PermissionChange: (("read",),),
        messages.OperationAck: ("me:1", 4),
        messages.OperationBroadcast: ((), 4, "you", "you:1"),
        messages.Passed: ("presence", "joined"),
    }


def storm_events(chance, context):
    """Make the errors of a storm, and the firings that forget one of them or a trip."""
    places = [each.place for each in context.counted]
    said = (chance.choice("abcdefgh"), chance.choice("xy"), chance.choice([0, 1, 1, 1, 2]))
    return {
        error_storm.ErrorSeen: said,
        "error_forgotten": (chance.choice([*places, 99]),),
        "repeat_heard": (chance.choice([*places, 99]),),
        "trip_forgotten": (chance.choice([*context.trips, 99]),),
    }


def hold_events(chance, _context):
    """Make what a server and its links say of waiting, and the firing that ends a wait."""
    return {
        hold.ToldToWait: (chance.choice(list(Wait)), chance.choice([None, 0.0, 7.5])),
        hold.PermissionsCame: (chance.random() < 0.5,),
        "waited": (chance.choice([each.value for each in Wait]),),
    }


def pacer_events(chance, context):
    """Make offers and limits, and the firing that ends one."""
    places = [each.place for each in context.limits]
    limit = (chance.choice([None, 0.0, 2.5, 90.0]), chance.choice(["", "a", "b"]), "LIMIT", 0, 1)
    return {
        rate_limit.Offered: (chance.choice("abcd"), chance.choice(list(rate_limit.Lane))),
        rate_limit.Limited: limit,
        "limit_over": (chance.choice([*places, 99]),),
    }


FIELDS = {
    auth_refresh.AUTH_REFRESH: token_events,
    circuit_breaker.CIRCUIT_BREAKER: breaker_events,
    conflict_recovery.CONFLICT_RECOVERY: document_events,
    connection.CONNECTION: link_events,
    error_storm.ERROR_STORM: storm_events,
    hold.HOLD: hold_events,
    rate_limit.RATE_LIMIT: pacer_events,
    heartbeat.HEARTBEAT: heart_events,
    router.ROUTER: server_messages,
}


def test_no_shipped_lifecycle_is_left_out():
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert set(project["entry-points"]["statekit.machines"]) == {machine.name for machine in FIELDS}


def lines_below(line):
    """Give where a row is written, and every branch that it may lead through."""
    yield line.origin
    for branch in line.target.branches if isinstance(line.target, Choice) else ():
        yield from lines_below(branch)


def shipped_events(machine, chance, seen, aimed):
    """Draw any trigger of a machine, well typed: the one aimed at, or mostly one with a line seldom come to.

    One that was often asked in vain is asked less often: its context is never the one that the line wants.
    """
    keys = [*machine.folded.events, *machine.folded.clocks]
    asked = Counter()
    lines = {
        state: {key: [at for arrow in arrows for at in lines_below(arrow.row)] for key, arrows in cells.items()}
        for state, cells in machine.folded.cells.items()
    }

    def draw(state, context):
        if aimed:
            key = aimed.pop()
        elif chance.random() < 0.2:
            key = chance.choice(keys)
        else:
            weights = [
                sum(1 / (1 + seen[line]) for line in origins) / (1 + asked[state, each])
                for each, origins in lines[state].items()
            ]
            (key,) = chance.choices(list(lines[state]), weights)
        asked[state, key] += 1
        if isinstance(key, str):
            keyed = FIELDS[machine](chance, context).get(key, (None,))
            return key, Fired(key, *keyed, delay_seconds=chance.choice([0.1, 2.5, 60.0]))
        return key, key(*FIELDS[machine](chance, context).get(key, ()))

    return draw


def aims_of(machine):
    """Give each line with each state and trigger by which it may be come to."""
    return [
        (line, state, key)
        for state, cells in machine.folded.cells.items()
        for key, arrows in cells.items()
        for arrow in arrows
        for line in lines_below(arrow.row)
    ]


@pytest.mark.parametrize("machine", FIELDS, ids=lambda machine: machine.name)
def test_an_independent_engine_agrees_on_every_shipped_lifecycle(machine, tally):
    seen, chance, steps, aimed = Counter(), Random(machine.name), 10, []
    oracle, draw = Oracle(machine), shipped_events(machine, chance, seen, aimed)
    lines = aims_of(machine)
    for first in CONTEXTS[machine]:
        state, context = started(oracle, first)
        reached = {state: [(state, context)]}
        for _ in range(SHIPPED_EVENTS // len(CONTEXTS[machine]) // steps):
            # Each walk goes on from where an earlier one came to, and mostly aims at a line seldom come to.
            aims = [each for each in lines if each[1] in reached]
            ((_, state, key),) = chance.choices(aims, [1 / (1 + seen[line]) ** 2 for line, *_ in aims])
            if chance.random() < 0.8:
                aimed.append(key)
            for _, (at, context) in walked(oracle, chance.choice(reached[state]), draw, steps, seen):
                known = reached.setdefault(at, [])
                known.insert(chance.randint(0, len(known)), (at, context))
                del known[500:]
    tally.update({each: seen[each] for each in VERDICTS})
    assert sum(seen[each] for each in VERDICTS) == SHIPPED_EVENTS
    # Agreement means little for a line that neither engine came to.
    missed = [f"{at} {words}" for at, words in lines_of(machine).items() if at not in seen]
    assert not missed
