"""Step: one stimulus in, the next snapshot and the orders out; pure.

Theory. `transition` picks the row; a step adds what makes its answers safe to act on. Whatever starts something that
will come back, a timer or an effect that answers, gets a *ticket*: a number, and the scope (the stay in a state or a
group) that it counts for. Leaving the scope drops the ticket, so an answer or a timer that arrives later names a
ticket that the snapshot no longer holds: it is *Stale*, which is decided before any guard runs, and a resource that it
brought along is disposed of by the orphan effect. Cancelling what a dropped ticket stood for is thus an optimisation.
The counter moves only when a ticket is issued: a machine that awaits nothing has finitely many snapshots.

Order: tickets of the scopes that were left end; timers that the event starts afresh are armed, then those of the scopes
that were entered; then the effects and
the arm and disarm orders as the row lists them; then, after a change of state, the postponed events, oldest first,
from the start again whenever one of them changes the state. In a `System` signals come before the postponed events,
which is why `advance` takes one stimulus and `step` goes on to the queue.
"""

from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import TypeVar, cast

from attrs import evolve

from statekit.errors import ForeignSnapshot
from statekit.folded import Folded, Motion, Outcome
from statekit.interned import Memo
from statekit.machine import Definition, Machine
from statekit.register import BrokenOrder, Register
from statekit.snapshot import (
    SNAPSHOT,
    STEP,
    AnySnapshot,
    AnyStep,
    OpenSnapshot,
    Snapshot,
    Step,
    Stimulus,
    snapshot_of,
    step_of,
)
from statekit.timers import Fired, is_arm, is_disarm
from statekit.transition import begin, broken, cell_in, decide
from statekit.verdicts import Broken, Ignored, Postponed, Refused, Stale, Taken, Verdict

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E")
C = TypeVar("C")
F = TypeVar("F")


def start(machine: Machine[S, E, C, F], context: C | None = None) -> Step[S, C, F]:
    """Enter the machine's initial state, with its own context unless another is given.

    Keep the step's snapshot and perform its effects, as after any step.
    """
    return cast("Step[S, C, F]", launch(machine, machine.context if context is None else context))


def step(machine: Machine[S, E, C, F], snapshot: Snapshot[S, C], stimulus: Stimulus[E | Fired]) -> Step[S, C, F]:
    """Answer one stimulus, then the postponed events that it set free.

    Pure: equal inputs give equal outputs. Unless the verdict is `Taken`, `Ignored` or `Postponed` the snapshot is the
    one that came in. Never raises for what the table's functions do; raises `ForeignSnapshot` for another machine's
    snapshot. It ends: each try of a postponed event takes it off the queue or goes on to the next, and only taking one
    off begins again.
    """
    folded, memo = machine.folded, snapshot.memo
    event, state = stimulus.event, snapshot.state
    key = type(event)
    if memo is not None and memo.owner is folded and (known := memo.known.get(key)) is not None:
        return known  # type: ignore[return-value]
    # The fast path: a move that starts and ends nothing that is awaited. It could be left out.
    try:
        move = folded.quick[state].get(key)
    except KeyError:
        raise _foreign(machine, state) from None
    if move is None or snapshot.postponed:
        return _worked_out(machine, snapshot, stimulus)
    context: object = (before := snapshot.context)
    tickets = snapshot.tickets
    try:
        while (guard := move.guard) is not None:
            if guard.function(context, event) if guard.takes_event else guard.function(context):
                break
            move = move.otherwise
        motion, update = move.motion, move.update
        if tickets and motion.ended:
            return _worked_out(machine, snapshot, stimulus)
        if update is not None:
            context = update.function(context, event) if update.takes_event else update.function(context)
    except Exception:  # noqa: BLE001 - it is looked at there
        return _worked_out(machine, snapshot, stimulus)
    after: AnySnapshot | OpenSnapshot = snapshot
    if context is not before or motion.state is not state:
        if context.__class__ is not before.__class__:
            return _worked_out(machine, snapshot, stimulus)
        after = SNAPSHOT()
        after.state, after.context, after.tickets = motion.state, context, tickets
        after.postponed, after.issued, after.memo = (), snapshot.issued, None
        after.__class__ = Snapshot  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    done = STEP()
    done.snapshot, done.effects = after, move.orders
    done.verdict, done.path, done.moved = motion.verdict, motion.path, motion.moved
    done.issued = ()
    done.ended = ()
    done.__class__ = Step  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    if folded.snapshots.on and not tickets:
        return _remembered(folded, snapshot, key, cast("AnyStep", done))  # type: ignore[return-value]
    return done  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def _worked_out(machine: Machine[S, E, C, F], snapshot: Snapshot[S, C], stimulus: Stimulus[E | Fired]) -> Step[S, C, F]:
    """Answer a stimulus the long way; see `step`."""
    done, folded, key = advance(machine, snapshot, stimulus), machine.folded, type(stimulus.event)
    after = done.snapshot
    if not (snapshot.tickets or snapshot.postponed or after.tickets or after.postponed or key in folded.fenced):
        done = _remembered(folded, snapshot, key, done) if folded.snapshots.on else done
    elif after.postponed and done.moved:
        done = _caught_up(machine, done)
    return cast("Step[S, C, F]", done)


def _caught_up(definition: Definition, done: AnyStep) -> AnyStep:
    """Try the postponed events that a step set free."""
    path, at = list(done.path), 0
    while at < len(done.snapshot.postponed):
        tried = retry(definition, done.snapshot, at)
        path.append(tried.verdict)
        at = 0 if tried.moved else at + isinstance(tried.verdict, Postponed)
        done = _joined(done, tried)
    return evolve(done, path=tuple(path))


stepped: Callable[[Definition, AnySnapshot, Stimulus[object]], AnyStep] = cast(
    "Callable[[Definition, AnySnapshot, Stimulus[object]], AnyStep]", step
)
"""`step`, its types forgotten."""


def launch(definition: Definition, context: object) -> AnyStep:
    """Start a machine whose types are forgotten; see `start`."""
    started = launched(definition, context)
    if isinstance(started.verdict, Broken):
        raise started.verdict.exception
    return started


def launched(definition: Definition, context: object, issued: int = 0) -> AnyStep:
    """Start a machine whose tickets are numbered on from `issued`; what raises makes the verdict `Broken`."""
    folded, first = definition.folded, snapshot_of(definition.initial, context, (), (), issued)
    try:
        _, _, orders, motion = outcome = begin(folded, context)
    except Exception as error:  # noqa: BLE001 - it is the answer
        return _unmoved(first, broken(folded, definition.initial, context, error)[3].verdict)
    if motion.plain:
        return step_of(first, orders, motion.verdict, motion.path, moved=True)
    return _committed(folded, first, outcome, None)


def advance(definition: Definition, snapshot: AnySnapshot, stimulus: Stimulus[object]) -> AnyStep:
    """Answer one stimulus and leave the postponed events alone; see `step`."""
    event, folded = stimulus.event, definition.folded
    if event.__class__ in folded.fenced:
        return _answered(definition, snapshot, stimulus)
    try:
        outcome = decide(folded, snapshot.state, snapshot.context, event)
    except KeyError:
        raise _foreign(definition, snapshot.state) from None
    if outcome[3].leaf is None:
        return _declined(definition, snapshot, snapshot, event, outcome[3])
    return _committed(folded, snapshot, outcome, event)


def _foreign(definition: Definition, state: object) -> ForeignSnapshot:
    where = f"{type(state).__qualname__}.{getattr(state, 'name', state)}"
    known = [f"{type(each.state).__qualname__}.{each.state.name}" for each in definition.states]
    return ForeignSnapshot(definition.name, where, known)


def _remembered(folded: Folded, snapshot: AnySnapshot, key: type, done: AnyStep) -> AnyStep:
    """Make the step one between snapshots that are kept, as nothing is awaited, and keep it if it can be used again."""
    memo, after = snapshot.memo, done.snapshot
    if type(done.verdict) is not Taken and type(done.verdict) is not Ignored:
        return done
    owned = memo is not None and memo.owner is folded
    if after is not snapshot or not owned:
        fresh = snapshot_of(after.state, after.context, (), (), after.issued, Memo(folded))
        kept = folded.snapshots.one(cast("Hashable", (after.state, after.context, after.issued)), fresh)
        if kept is not None:
            kept = cast("AnySnapshot", kept)
            done = step_of(kept, done.effects, done.verdict, done.path, moved=done.moved)
    if memo is not None and owned and cell_in(folded, snapshot.state, key).repeats:
        memo.known[key] = done
    return done


def _answered(definition: Definition, snapshot: AnySnapshot, stimulus: Stimulus[object]) -> AnyStep:
    """Answer a timer's event or an effect's answer: it counts only if its ticket is live."""
    event, folded = stimulus.event, definition.folded
    live = next((ticket for ticket in snapshot.tickets if ticket.number == stimulus.ticket), None)
    if live is None or live.name != _awaited(folded, event) or (isinstance(event, Fired) and event.key != live.key):
        return _stale(folded, snapshot, stimulus)
    answered = snapshot
    if isinstance(event, Fired) or folded.answers[event.__class__].finishes(event.__class__):
        tickets = tuple(ticket for ticket in snapshot.tickets if ticket is not live)
        answered = snapshot_of(snapshot.state, snapshot.context, tickets, snapshot.postponed, snapshot.issued)
    try:
        outcome = decide(folded, snapshot.state, snapshot.context, event)
    except KeyError:
        raise _foreign(definition, snapshot.state) from None
    if outcome[3].leaf is None:
        return _declined(definition, snapshot, answered, event, outcome[3])
    done = _committed(folded, answered, outcome, event)
    return _unmoved(snapshot, done.verdict) if isinstance(done.verdict, Broken) else done


def _declined(
    definition: Definition, snapshot: AnySnapshot, answered: AnySnapshot, event: object, motion: Motion
) -> AnyStep:
    """Make the step of an event that takes no row."""
    verdict = motion.verdict
    if isinstance(verdict, Postponed):
        if len(snapshot.postponed) >= definition.postpone_limit:
            return _unmoved(snapshot, Refused((), full=True))
        return _unmoved(_queued(snapshot, (*snapshot.postponed, event)), verdict)
    return step_of(answered if isinstance(verdict, Ignored) else snapshot, (), verdict, motion.path)


def retry(definition: Definition, snapshot: AnySnapshot, at: int) -> AnyStep:
    """Try the postponed event at a place in the queue again; unless it is postponed again it leaves the queue."""
    event, rest = snapshot.postponed[at], (*snapshot.postponed[:at], *snapshot.postponed[at + 1 :])
    done = advance(definition, _queued(snapshot, ()), Stimulus(event))
    if isinstance(done.verdict, Postponed):
        return _unmoved(snapshot, done.verdict)
    return evolve(done, snapshot=_queued(done.snapshot, rest))


def _queued(snapshot: AnySnapshot, postponed: tuple[object, ...]) -> AnySnapshot:
    """Give the same snapshot with other postponed events."""
    return snapshot_of(snapshot.state, snapshot.context, snapshot.tickets, postponed, snapshot.issued)


def _joined(done: AnyStep, tried: AnyStep) -> AnyStep:
    over = {ticket.number for ticket in tried.ended}
    fresh = {each.ticket.number for each in done.issued}
    unasked = {id(each.effect) for each in done.issued if each.effect is not None and each.ticket.number in over}
    return Step(
        tried.snapshot,
        (*(effect for effect in done.effects if id(effect) not in unasked), *tried.effects),
        done.verdict,
        done.path,
        (*(each for each in done.issued if each.ticket.number not in over), *tried.issued),
        (*done.ended, *(ticket for ticket in tried.ended if ticket.number not in fresh)),
        done.moved,
    )


def _unmoved(snapshot: AnySnapshot, verdict: Verdict) -> AnyStep:
    return step_of(snapshot, (), verdict, (verdict,))


def _awaited(folded: Folded, event: object) -> str:
    return event.name if isinstance(event, Fired) else folded.answers[type(event)].effect.__name__


def _stale(folded: Folded, snapshot: AnySnapshot, stimulus: Stimulus[object]) -> AnyStep:
    answering = folded.answers.get(type(stimulus.event))
    late = answering is not None and answering.opens is type(stimulus.event) and answering.orphan is not None
    effects = (answering.orphan,) if late and answering is not None else ()
    verdict = Stale(stimulus.ticket)
    return Step(snapshot, effects, verdict, (verdict,))


def _committed(folded: Folded, snapshot: AnySnapshot, outcome: Outcome, event: object) -> AnyStep:
    """Make the step of a move: end tickets, arm timers, issue tickets; `Broken` if a function of these is at fault."""
    state, context, orders, motion = outcome
    if motion.plain and not (snapshot.tickets and motion.ended):
        after = snapshot_of(state, context, snapshot.tickets, snapshot.postponed, snapshot.issued)
        return step_of(after, orders, motion.verdict, motion.path, moved=motion.moved)
    register = Register(snapshot, context, event, folded.scopes[state])
    register.leave(motion.ended)
    try:
        for clock in motion.leaf.armed if motion.leaf else ():
            register.arm(clock)
        for order in orders:
            if is_arm(order):
                register.arm(folded.clocks[order.timer.name])
            elif is_disarm(order):
                register.disarm(folded.clocks[order.timer.name])
            else:
                register.order(order, folded)
    except BrokenOrder as broken:
        return _unmoved(snapshot, Broken(broken.function, broken.error))
    after = snapshot_of(state, context, tuple(register.live), snapshot.postponed, register.issued)
    kept = {ticket.number for ticket in register.live}
    issued = tuple(each for each in register.new if each.ticket.number in kept)
    effects = orders
    if not motion.plain:
        effects = tuple(effect for effect, ticket in register.effects if ticket is None or ticket.number in kept)
    ended = tuple(ticket for ticket in register.ended if ticket.number <= snapshot.issued)
    return step_of(after, effects, motion.verdict, motion.path, issued, ended, motion.moved)
