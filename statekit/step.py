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
from types import NoneType
from typing import TypeVar, cast

from attrs import evolve

from statekit.draft import scope_name
from statekit.folded import Clock, Folded, Motion, Outcome
from statekit.interned import Memo
from statekit.machine import Definition, Machine
from statekit.snapshot import (
    SNAPSHOT,
    STEP,
    AnySnapshot,
    AnyStep,
    Issued,
    Snapshot,
    Step,
    Stimulus,
    Ticket,
    snapshot_of,
    step_of,
)
from statekit.table import Function
from statekit.timers import Duration, Fired, Jitter, Key, delay_label, is_arm, is_disarm
from statekit.transition import begin, broken, cell_in, decide
from statekit.verdicts import Broken, Ignored, Postponed, Refused, Stale, Started, Verdict

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
    one that came in. Never raises for what the table's functions do. It ends: each try of a postponed event takes it
    off the queue or goes on to the next, and only taking one off begins again.
    """
    key = stimulus.event.__class__
    folded, memo = machine.folded, snapshot.memo
    if memo is not None and memo.owner is folded and (known := memo.get(key)) is not None:
        return known  # type: ignore[return-value]
    act = folded.quick[snapshot.state].get(key)
    outcome = None
    if act is not None and not snapshot.postponed:
        # The fast path: an event that no ticket guards, and a move that starts nothing. It could be left out.
        try:
            outcome = state, context, orders, motion = act(snapshot.context, stimulus.event)
        except Exception:  # noqa: BLE001, S110 - advance says what it is
            pass
        else:
            if motion.plain and not (snapshot.tickets and motion.ended):
                if folded.snapshots.on and not snapshot.tickets:
                    return _remembered(folded, snapshot, key, outcome)  # type: ignore[return-value]
                after = SNAPSHOT(state, context, snapshot.tickets, (), snapshot.issued, None)
                after.__class__ = Snapshot
                done = STEP(after, orders, motion.verdict, motion.path, (), (), motion.moved)
                done.__class__ = Step
                return done  # type: ignore[return-value]  # pyright: ignore[reportReturnType]
    done = advance(machine, snapshot, stimulus, outcome)
    if not done.snapshot.postponed or not done.moved:
        return done  # type: ignore[return-value]
    path, at = list(done.path), 0
    while at < len(done.snapshot.postponed):
        tried = retry(machine, done.snapshot, at)
        path.append(tried.verdict)
        at = 0 if tried.moved else at + isinstance(tried.verdict, Postponed)
        done = _joined(done, tried)
    return cast("Step[S, C, F]", evolve(done, path=tuple(path)))


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
    folded, verdict = definition.folded, Started()
    nowhere = Snapshot(definition.initial, context, issued=issued)
    motion = Motion(verdict, (verdict,), definition.initial, folded.begin, moved=True, plain=False, ended=frozenset())
    try:
        outcome = definition.initial, context, begin(folded, context), motion
    except Exception as error:  # noqa: BLE001 - it is the answer
        return _unmoved(nowhere, broken(folded, definition.initial, context, error)[3].verdict)
    return _committed(folded, nowhere, outcome, None)


def advance(
    definition: Definition, snapshot: AnySnapshot, stimulus: Stimulus[object], outcome: Outcome | None = None
) -> AnyStep:
    """Answer one stimulus and leave the postponed events alone; see `step`. `outcome` is there if it is known."""
    event, folded = stimulus.event, definition.folded
    if event.__class__ in folded.fenced:
        return _answered(definition, snapshot, stimulus)
    if outcome is None:
        outcome = decide(folded, snapshot.state, snapshot.context, event)
    if outcome[3].leaf is None:
        return _declined(definition, snapshot, snapshot, event, outcome[3])
    return _committed(folded, snapshot, outcome, event)


def _remembered(folded: Folded, snapshot: AnySnapshot, key: type, outcome: Outcome) -> AnyStep:
    """Make the step between two snapshots that await nothing, and keep what can be used again."""
    state, context, orders, motion = outcome
    after = snapshot
    if state is not snapshot.state or context is not snapshot.context:
        fresh = snapshot_of(state, context, (), (), snapshot.issued, Memo(folded))
        kept = folded.snapshots.one(cast("Hashable", (state, context, snapshot.issued)), fresh)
        after = snapshot_of(state, context, (), (), snapshot.issued) if kept is None else cast("AnySnapshot", kept)
    done = step_of(after, orders, motion.verdict, motion.path, (), (), motion.moved)
    memo = snapshot.memo
    if memo is not None and memo.owner is folded and cell_in(folded, snapshot.state, key).blind:
        memo[key] = done
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
    outcome = decide(folded, snapshot.state, snapshot.context, event)
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
        return _unmoved(evolve(snapshot, postponed=(*snapshot.postponed, event)), verdict)
    return step_of(answered if isinstance(verdict, Ignored) else snapshot, (), verdict, motion.path)


def retry(definition: Definition, snapshot: AnySnapshot, at: int) -> AnyStep:
    """Try the postponed event at a place in the queue again; unless it is postponed again it leaves the queue."""
    event, rest = snapshot.postponed[at], (*snapshot.postponed[:at], *snapshot.postponed[at + 1 :])
    done = advance(definition, evolve(snapshot, postponed=()), Stimulus(event))
    if isinstance(done.verdict, Postponed):
        return _unmoved(snapshot, done.verdict)
    return evolve(done, snapshot=evolve(done.snapshot, postponed=rest))


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


class BrokenOrder(Exception):
    """A delay or key function raised or gave none, or a maker made what cannot start in the new state."""

    def __init__(self, function: str, error: Exception) -> None:
        """Keep whose fault it was."""
        super().__init__(function)
        self.function = function
        self.error = error


class Register:
    """The tickets of one step while it is being made."""

    def __init__(self, snapshot: AnySnapshot, context: object, event: object, scopes: frozenset[str]) -> None:
        """Begin with the tickets of the snapshot; the new state has its context and lies in these scopes."""
        self.context = context
        self.event = event
        self.scopes = scopes
        self.live: list[Ticket] = list(snapshot.tickets)
        self.issued: int = snapshot.issued
        self.new: list[Issued[object]] = []
        self.ended: list[Ticket] = []
        self.effects: list[tuple[object, Ticket | None]] = []

    def leave(self, scopes: frozenset[str]) -> None:
        """End every ticket whose scope was left."""
        self.ended += (ticket for ticket in self.live if ticket.scope in scopes)
        self.live = [ticket for ticket in self.live if ticket.scope not in scopes]

    def drop(self, name: str, key: Key) -> None:
        """End the live ticket of a timer or an effect, if there is one."""
        self.ended += (ticket for ticket in self.live if ticket.name == name and ticket.key == key)
        self.live = [ticket for ticket in self.live if ticket.name != name or ticket.key != key]

    def issue(self, name: str, scope: str, key: Key) -> Ticket:
        """Issue a ticket in place of the one that was live under the same name and key."""
        self.drop(name, key)
        self.issued += 1
        ticket = Ticket(self.issued, name, scope, key)
        self.live.append(ticket)
        return ticket

    def arm(self, clock: Clock) -> None:
        """Start a timer; its delay is worked out from the new context."""
        delay = clock.delay
        if callable(delay):
            try:
                delay = _lawful(delay(self.context))
            except Exception as error:
                raise BrokenOrder(delay_label(clock.delay), error) from error
        self.new.append(Issued(self.issue(clock.id, clock.scope, self.key(clock)), delay=delay))

    def disarm(self, clock: Clock) -> None:
        """Stop a timer, if it runs."""
        self.drop(clock.id, self.key(clock))

    def key(self, clock: Clock) -> Key:
        """Work out which of the timers of one name is meant, from the new context and the event."""
        if clock.key is None:
            return None
        given = (self.context, self.event) if clock.key.takes_event else (self.context,)
        return _key(clock.key.function, *given)

    def order(self, effect: object, folded: Folded) -> None:
        """Order an effect, with a ticket if it answers."""
        answering = folded.answering.get(type(effect))
        if answering is None:
            self.effects.append((effect, None))
            return
        name, scope = type(effect).__name__, scope_name(answering.scope)
        if scope not in self.scopes:
            raise BrokenOrder(name, ValueError(f"{name} was made outside its scope {scope}: no answer could arrive"))
        ticket = self.issue(name, scope, None if answering.key is None else _key(answering.key, effect))
        self.effects.append((effect, ticket))
        self.new.append(Issued(ticket, effect=effect))


def _lawful(delay: Duration) -> Duration:
    if isinstance(delay, Jitter) or 0 <= delay < float("inf"):
        return delay
    raise ValueError(f"a delay must be finite and not negative, not {delay!r}")


def _key(function: Function, *given: object) -> Key:
    try:
        key = function(*given)
        # Exactly these, because a key that was saved must be equal when it is read again.
        if type(key) not in {str, int, NoneType}:
            raise TypeError(f"a key must be text, a whole number or None, not {key!r}")
    except Exception as error:
        raise BrokenOrder(function.__name__, error) from error
    return cast("Key", key)
