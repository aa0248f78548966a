"""The oracle: a table on an independent engine, the `transitions` package, asked event by event.

It knows nothing of folding and calls nothing of ours that decides: it reads a table as it was written and adds every
row to a `transitions` machine, which then picks, refuses, exits, enters and sets the state by itself. Groups are the
only thing it has no word for; the few lines of `Ordered` add their entry and exit, in our order. Timers are plain
triggers here, since the primitive knows neither tickets nor time.
"""

import inspect
from functools import cache, partial
from types import SimpleNamespace

import transitions

from statekit import (
    EVERY,
    After,
    Broken,
    Choice,
    Forbidden,
    Group,
    Ignored,
    Kind,
    Postponed,
    Refused,
    Taken,
    Timer,
    Unhandled,
    Verb,
)
from statekit.transition import begin, cell_in, decide


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


VERDICTS = ("taken", "ignore", "forbid", "postpone", "refused", "unhandled", "broken")
