"""Step: one stimulus in, the next snapshot and the orders out; pure.

Theory. `transition` picks the row; a step adds what makes its answers safe to act on. Whatever starts something that
will come back, a timer or an effect that answers, gets a *ticket*: a number, and the scope (the stay in a state or a
group) that it counts for. Leaving the scope drops the ticket, so an answer or a timer that arrives later names a
ticket that the snapshot no longer holds: it is *Stale*, which is decided before any guard runs, and a resource that it
brought along is disposed of by the orphan effect. Cancelling what a dropped ticket stood for is thus an optimisation.
The counter moves only when a ticket is issued: a machine that awaits nothing has finitely many snapshots.

Order: tickets of the scopes that were left end; timers of the scopes that were entered are armed; then the effects and
the arm and disarm orders as the row lists them; then, after a change of state, the postponed events, oldest first,
from the start again whenever one of them changes the state. In a `System` signals come before the postponed events,
which is why `advance` takes one stimulus and `step` goes on to the queue.
"""

from enum import StrEnum
from typing import Generic, TypeVar, cast

from attrs import evolve, frozen

from statekit.draft import scope_name
from statekit.folded import Clock, Folded
from statekit.machine import Definition, Machine
from statekit.states import Kind
from statekit.timers import Duration, Fired, Jitter, delay_label, is_arm, is_disarm
from statekit.transition import Move, begin, transition
from statekit.verdicts import Broken, Ignored, Postponed, Refused, Stale, Started, Unhandled, Verdict

S = TypeVar("S", bound=StrEnum)
S_co = TypeVar("S_co", bound=StrEnum, covariant=True)
E = TypeVar("E")
E_co = TypeVar("E_co", covariant=True)
C = TypeVar("C")
C_co = TypeVar("C_co", covariant=True)
F = TypeVar("F")
F_co = TypeVar("F_co", covariant=True)


@frozen
class Ticket:
    """What is awaited: a timer by its id or an effect by its class's name, and the scope that it counts for."""

    number: int
    name: str
    scope: str
    key: object = None


@frozen
class Issued(Generic[F_co]):
    """A ticket that a step issued: for an effect that answers, or for a timer with its delay (never both)."""

    ticket: Ticket
    effect: F_co | None = None
    delay: Duration | None = None


@frozen
class Stimulus(Generic[E_co]):
    """What arrives: the event, when (monotonic seconds, stamped by the driver), and the ticket that it answers.

    A timer's event is `Fired`. Events that no effect answers with need no ticket.
    """

    event: E_co
    at_seconds: float = 0.0
    ticket: int | None = None


@frozen
class Snapshot(Generic[S_co, C_co]):
    """Where a machine is: state, context, the tickets that still count, the postponed events, the ticket counter."""

    state: S_co
    context: C_co
    tickets: tuple[Ticket, ...] = ()
    postponed: tuple[object, ...] = ()
    issued: int = 0

    def ticket(self, name: str) -> Ticket | None:
        """Find the live ticket of a timer (by its id) or of an effect (by its class's name)."""
        return next((ticket for ticket in self.tickets if ticket.name == name), None)


@frozen
class Step(Generic[S_co, C_co, F_co]):
    """What one stimulus did.

    `effects` are to be performed in their order, after the snapshot is kept. Those whose class answers stand in
    `issued` again, in the same order, with their tickets; timers stand there with their delays. What `ended` lists
    may be cancelled. With a `Stale` verdict the effects are orphan effects, for the resource of that ticket.
    `moved` tells a change of state or a reenter from a stay.
    `verdict` is the stimulus's own; `path` has one verdict for each event that was worked off, postponed ones included.
    """

    snapshot: Snapshot[S_co, C_co]
    effects: tuple[F_co, ...]
    verdict: Verdict
    path: tuple[Verdict, ...]
    issued: tuple[Issued[F_co], ...] = ()
    ended: tuple[Ticket, ...] = ()
    moved: bool = False


AnySnapshot = Snapshot[StrEnum, object]
AnyStep = Step[StrEnum, object, object]


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
    done = advance(machine, snapshot, stimulus)
    path, at, free = list(done.path), 0, done.moved
    while free and at < len(done.snapshot.postponed):
        tried = retry(machine, done.snapshot, at)
        path.append(tried.verdict)
        at = 0 if tried.moved else at + isinstance(tried.verdict, Postponed)
        done = _joined(done, tried)
    return cast("Step[S, C, F]", evolve(done, path=tuple(path)))


def launch(definition: Definition, context: object) -> AnyStep:
    """Start a machine whose types are forgotten; see `start`."""
    move = begin(definition.folded, context)
    committed = _commit(definition.folded, Snapshot(definition.initial, context), move, Started())
    if isinstance(committed.verdict, Broken):
        raise committed.verdict.exception
    return committed


def advance(definition: Definition, snapshot: AnySnapshot, stimulus: Stimulus[object]) -> AnyStep:
    """Answer one stimulus and leave the postponed events alone; see `step`."""
    event, folded = stimulus.event, definition.folded
    key: object = event.name if isinstance(event, Fired) else type(event)
    answered, over = snapshot, False
    if isinstance(event, Fired) or key in folded.answers:
        live = next((ticket for ticket in snapshot.tickets if ticket.number == stimulus.ticket), None)
        if live is None or live.name != _awaited(folded, event):
            return _stale(folded, snapshot, stimulus)
        over = isinstance(event, Fired) or folded.answers[type(event)].finishes(type(event))
        if over:
            answered = evolve(snapshot, tickets=tuple(t for t in snapshot.tickets if t is not live))
    if definition.kind(snapshot.state) is Kind.ENDED:
        return _unmoved(snapshot, Unhandled(ended=True))
    verdict, move = transition(folded, snapshot.state, snapshot.context, key, event)
    if move is not None:
        committed = _commit(folded, answered, move, verdict)
        return committed if not isinstance(committed.verdict, Broken) else _unmoved(snapshot, committed.verdict)
    if isinstance(verdict, Postponed):
        if len(snapshot.postponed) >= definition.postpone_limit:
            return _unmoved(snapshot, Refused((), full=True))
        return _unmoved(evolve(snapshot, postponed=(*snapshot.postponed, event)), verdict)
    return _unmoved(answered if isinstance(verdict, Ignored) else snapshot, verdict)


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
    return Step(snapshot, (), verdict, (verdict,))


def _awaited(folded: Folded, event: object) -> str:
    return event.name if isinstance(event, Fired) else folded.answers[type(event)].effect.__name__


def _stale(folded: Folded, snapshot: AnySnapshot, stimulus: Stimulus[object]) -> AnyStep:
    answering = folded.answers.get(type(stimulus.event))
    late = answering is not None and answering.opens is type(stimulus.event) and answering.orphan is not None
    effects = (answering.orphan,) if late and answering is not None else ()
    verdict = Stale(stimulus.ticket)
    return Step(snapshot, effects, verdict, (verdict,))


def _commit(folded: Folded, snapshot: AnySnapshot, move: Move, verdict: Verdict) -> AnyStep:
    """Make the step of a move: end tickets, arm timers, issue tickets; `Broken` if a delay or a maker is at fault."""
    register = Register(snapshot, move.context, folded.scopes[move.leaf.state])
    register.leave(move.leaf.ended)
    try:
        for clock in move.leaf.armed:
            register.arm(clock)
        for order in move.orders:
            if is_arm(order):
                register.arm(folded.clocks[order.timer.name])
            elif is_disarm(order):
                register.drop(order.timer.name)
            else:
                register.order(order, folded)
    except BrokenOrder as broken:
        return _unmoved(snapshot, Broken(broken.function, broken.error))
    after = Snapshot(move.leaf.state, move.context, tuple(register.live), snapshot.postponed, register.issued)
    kept = {ticket.number for ticket in register.live}
    issued = tuple(each for each in register.new if each.ticket.number in kept)
    effects = tuple(effect for effect, ticket in register.effects if ticket is None or ticket.number in kept)
    ended = tuple(ticket for ticket in register.ended if ticket.number <= snapshot.issued)
    return Step(after, effects, verdict, (verdict,), issued, ended, move.leaf.moved)


class BrokenOrder(Exception):
    """A delay function raised or gave no delay, or a maker made what cannot start in the new state."""

    def __init__(self, function: str, error: Exception) -> None:
        """Keep whose fault it was."""
        super().__init__(function)
        self.function = function
        self.error = error


class Register:
    """The tickets of one step while it is being made."""

    def __init__(self, snapshot: AnySnapshot, context: object, scopes: frozenset[str]) -> None:
        """Begin with the tickets of the snapshot; the new state has its context and lies in these scopes."""
        self.context = context
        self.scopes = scopes
        self.live = list(snapshot.tickets)
        self.issued = snapshot.issued
        self.new: list[Issued[object]] = []
        self.ended: list[Ticket] = []
        self.effects: list[tuple[object, Ticket | None]] = []

    def leave(self, scopes: frozenset[str]) -> None:
        """End every ticket whose scope was left."""
        self.ended += (ticket for ticket in self.live if ticket.scope in scopes)
        self.live = [ticket for ticket in self.live if ticket.scope not in scopes]

    def drop(self, name: str) -> None:
        """End the live ticket of a timer or an effect, if there is one."""
        self.ended += (ticket for ticket in self.live if ticket.name == name)
        self.live = [ticket for ticket in self.live if ticket.name != name]

    def issue(self, name: str, scope: str) -> Ticket:
        """Issue a ticket in place of the one that was live under the same name."""
        self.drop(name)
        self.issued += 1
        ticket = Ticket(self.issued, name, scope)
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
        self.new.append(Issued(self.issue(clock.id, clock.scope), delay=delay))

    def order(self, effect: object, folded: Folded) -> None:
        """Order an effect, with a ticket if it answers."""
        answering = folded.answering.get(type(effect))
        if answering is None:
            self.effects.append((effect, None))
            return
        name, scope = type(effect).__name__, scope_name(answering.scope)
        if scope not in self.scopes:
            raise BrokenOrder(name, ValueError(f"{name} was made outside its scope {scope}: no answer could arrive"))
        ticket = self.issue(name, scope)
        self.effects.append((effect, ticket))
        self.new.append(Issued(ticket, effect=effect))


def _lawful(delay: Duration) -> Duration:
    if isinstance(delay, Jitter) or 0 <= delay < float("inf"):
        return delay
    raise ValueError(f"a delay must be finite and not negative, not {delay!r}")
