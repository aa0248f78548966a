"""The driver: the loop that owns the clock, the inbox and the effects of one system.

Theory. The core is pure, so somebody must keep its snapshot, tell it the time, and do what it orders. All of that
happens in the one task that runs `Driver.run`: `send`, a reply and a timer only ever put a stimulus where that task
will find it. So no step needs a lock, none runs in its sender, and none is interrupted.

Two queues, both in order of time, are merged: the inbox, stamped when each event was posted, and the heap of timers, by
deadline. Whichever is earlier goes first, a timer before an event of the same moment; hence a timer that is due can
never be overtaken by an event that came after it, however late the loop is, and the stamps of the stimuli never go
back. A delay counts from the step that armed it.

For each stimulus: step; commit; settle the receipt; tell the observer; perform the orders; cancel what ended; publish;
and only then raise, if something in it must not pass unheard. An error anywhere leaves a committed snapshot behind and
stops the driver. What is cancelled may still answer: the core calls it stale, whatever the driver does.

Stopping, whether asked for, by an error or by cancelling `run`, is one path: nothing more is accepted, receipts fail
with `Stopped`, tasks are cancelled and waited for, and a resource that opened meanwhile meets its orphan effect.
"""

import logging
import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast
from weakref import ref

import anyio
from anyio.abc import TaskGroup, TaskStatus
from anyio.lowlevel import checkpoint
from attrs import evolve

from statekit.effects import Signal
from statekit.keyed import InstanceKey
from statekit.machine import Definition
from statekit.run.alarms import Alarm, Alarms
from statekit.run.awaited import Awaited, awaited
from statekit.run.clock import Clock, LoopClock
from statekit.run.errors import DriverError, Stopped
from statekit.run.inbox import Inbox, Posted
from statekit.run.orders import Orders
from statekit.run.performers import Performer, index
from statekit.run.receipts import Policy, Receipt
from statekit.run.record import Record
from statekit.run.rejections import settle
from statekit.run.resumed import resumed
from statekit.snapshot import Stimulus
from statekit.system import System
from statekit.timers import ClockJumped, Fired
from statekit.transaction import SystemSnapshot, Transaction

if TYPE_CHECKING:
    from statekit.codec import Forms, Hooks, RestoredSystem

BATCH = 256
"""How many stimuli are worked off before other tasks get their turn; about 10 ms of steps."""

GAP_SECONDS = 30.0
"""How long the machine must have been away for `ClockJumped` (shorter than most heartbeat timeouts)."""

T = TypeVar("T")

logger: logging.Logger = logging.getLogger("statekit")


class Driver:
    """Runs one system, once.

    `performers` do what it orders: one for each effect class, by `performs`. `contexts` replace members' first contexts
    by name. `restored` is what `statekit.codec.restore_system` gave, to go on from instead of a start: its timers run
    from the begin of `run`, and before anything else its members are told what was lost. `chance` gives numbers in
    [0, 1) to draw jitter from. `published` gets the signals that are wired to the application, `observe` a `Record` for
    every stimulus; both are plain functions that do not block, may send and stop, and whose errors stop the driver
    (under `Policy.REPORT` they are logged). `close_seconds` (of the clock) bounds the cleaning up of effects that were
    cancelled.

    Raises `MalformedDriver`, TypeError for what is no system, `UnknownMember` for a context of nobody, ValueError for
    what is restored with contexts or is no snapshot of this system, and what starting the system raises.
    """

    _group: TaskGroup
    """Where answering effects run; there once `run` has begun, and no order is performed before."""

    def __init__(
        self,
        system: System,
        performers: Iterable[Performer],
        *,
        contexts: Mapping[str, object] | None = None,
        restored: "RestoredSystem | None" = None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
        policy: Policy = Policy.RAISE,
        published: Callable[[Signal], None] | None = None,
        observe: Callable[[Record], None] | None = None,
        close_seconds: float = 5.0,
    ) -> None:
        """Check the performers and start the system on paper; nothing is performed before `run`."""
        if not isinstance(cast("object", system), System):
            raise TypeError(f"a Driver runs a System, not a {type(system).__name__}: write System('house', (MACHINE,))")
        self._system = system
        performing = index(system, performers)
        self._clock: Clock = LoopClock() if clock is None else clock
        self._chance = chance
        self._policy = policy
        self._published = published
        self._observe = observe
        self._lost = () if restored is None else restored.lost
        self._begun = system.start(contexts) if restored is None else resumed(system, restored, contexts)
        self._snapshot = self._begun.snapshot
        self._inbox = Inbox()
        self._alarms = Alarms()
        self._orders = Orders(system.plan, performing, self._clock, close_seconds, self._answer, self._fail)
        self._counts: Counter[type] = Counter()
        self._running = False
        self._used = False
        self._stopping = False
        self._left: Mapping[tuple[str, int], float] | None = None
        self._failure: BaseException | None = None

    def __repr__(self) -> str:
        """Say what runs, and where its members are."""
        held = zip(self._snapshot.names, self._snapshot.members, strict=True)
        return f"<Driver of {self._system.name}: {', '.join(f'{name} {member.state.name}' for name, member in held)}>"

    @property
    def snapshot(self) -> SystemSnapshot:
        """Where the system is: from the construction on, and after the end."""
        return self._snapshot

    @property
    def counts(self) -> Mapping[str, int]:
        """How many events got each verdict, by the verdict's class name."""
        return {verdict.__name__: count for verdict, count in self._counts.items()}

    def explain(self) -> tuple[Awaited, ...]:
        """Tell what every member waits for, and until when."""
        return awaited(self._system, self._snapshot, self._alarms, self._clock.now)

    def save(self, *, version: int = 1, hooks: "Hooks | Forms | None" = None) -> dict[str, object]:
        """Give the system as plain JSON, with what each timer still has; see `statekit.codec.save_system`.

        While it runs, or of the moment when it ended. Events that were posted and have not arrived are not in it,
        effects under way will be told as lost, and a timer that fired and was not taken is due again. Raises
        `DriverError` if `run` has not begun, and `NotSavable`.
        """
        from statekit.codec import save_system

        if not self._running:
            raise DriverError(f"{self._system.name} does not run yet: until then there is nothing to save")
        left = self._alarms.remaining(self._clock.now()) if self._left is None else self._left
        return save_system(self._system, self._snapshot, left, version=version, hooks=hooks)

    def send(self, member: Definition | str, event: object, *, key: InstanceKey | None = None) -> Receipt:
        """Post an event to a member and return at once; call it in the loop's own thread, from anywhere there.

        For a keyed member `key` says which instance it is for; if there is none when it arrives, the verdict is
        `Unhandled(absent=True)`. What is sent before `run` arrives when it begins; what is sent after the stop has a
        receipt that raises `Stopped`. Raises `UnknownMember`.
        """
        name = self._system.address(member, key)
        receipt = Receipt()
        if self._stopping:
            receipt.settle(None, Stopped(self._system.name, name, type(event).__name__))
        else:
            at_seconds = self._clock.now() if self._running else 0.0
            self._inbox.post(Posted(name, Stimulus(event, at_seconds), ref(receipt)))
        return receipt

    def stop(self) -> None:
        """Let `run` end after the step it is at; call it in the loop's own thread, from anywhere there."""
        self._stopping = True
        self._inbox.wake()

    async def run(self, *, task_status: TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Perform what starting ordered, report `started`, and work until `stop()`, an error or a cancellation.

        Raises `Rejected` for what must not pass unheard, `DriverError`, `Livelock`, or what `observe` or `published`
        raised; never a group of one.
        """
        if self._used:
            raise DriverError(f"the driver of {self._system.name} has run; make another, from its snapshot's contexts")
        self._used = True
        try:
            async with anyio.create_task_group() as group:
                await self._run(group, task_status)
        except anyio.get_cancelled_exc_class():
            if self._failure is not None:  # the cancellation leaves in its place
                name = type(self._failure).__name__
                logger.warning("%s: failed with %s while it was being cancelled", self._system.name, name)
            raise
        if self._failure is not None:
            raise self._failure

    async def _run(self, group: TaskGroup, task_status: TaskStatus[None]) -> None:
        try:
            self._begin(group)
            task_status.started()
            await self._work()
        except anyio.get_cancelled_exc_class():
            raise
        except BaseException as error:  # noqa: BLE001 - raised by `run`, where the task group cannot wrap it
            self._fail(error)
        finally:
            await self._close()

    def _begin(self, group: TaskGroup) -> None:
        """Take in what starting the system did."""
        if self._stopping:
            return
        self._group, self._running = group, True
        self._clock.gap_seconds()
        now = self._clock.now()
        self._inbox.restamp(now)
        self._carry_out(self._begun, now)
        for member, stimulus in self._lost:
            if not self._stopping:
                self._deliver(Posted(member, evolve(stimulus, at_seconds=self._earliest(now))), now)

    async def _work(self) -> None:
        """Deliver whatever is next until told to stop."""
        while not self._stopping:
            self._look_at_the_clock()
            if self._drain():
                await self._inbox.sleep(self._clock.until(self._alarms.next_seconds()))
            else:
                await checkpoint()

    def _drain(self) -> bool:
        """Work off a batch; True if nothing is left and the driver may sleep."""
        for _ in range(BATCH):
            if self._stopping:
                return False
            if not self._next():
                return True
        return False

    def _look_at_the_clock(self) -> None:
        """Tell whoever wants to know that the machine was away."""
        gap_seconds = self._clock.gap_seconds()
        if gap_seconds > GAP_SECONDS:
            for name in self._snapshot.names:
                if ClockJumped in self._system.plan.definition(name).folded.events and not self._stopping:
                    now = self._clock.now()
                    self._deliver(Posted(name, Stimulus(ClockJumped(gap_seconds), self._earliest(now))), now)

    def _earliest(self, now: float) -> float:
        """Give the stamp of what goes before all that is due or waits already: it may not be later than theirs."""
        head = self._inbox.head_seconds()
        return min(now, self._alarms.next_seconds(), now if head is None else head)

    def _next(self) -> bool:
        """Deliver the timer or the event whose turn it is; False if there is neither."""
        now, head = self._clock.now(), self._inbox.head_seconds()
        alarm = self._alarms.take(now if head is None else head)
        if alarm is not None:
            late = max(0.0, now - alarm.deadline_seconds)
            fired = Fired(alarm.name, alarm.key, alarm.delay_seconds, late)
            self._deliver(Posted(alarm.member, Stimulus(fired, alarm.deadline_seconds, alarm.number)), now)
        elif head is not None:
            self._deliver(self._inbox.take(), now)
        return alarm is not None or head is not None

    def _deliver(self, posted: Posted, now: float) -> None:
        """Let the system answer one stimulus, and carry it out."""
        try:
            transaction = self._system.step(self._snapshot, posted.member, posted.stimulus)
        except BaseException:
            self._refuse(posted)
            raise
        self._carry_out(transaction, now, posted)

    def _carry_out(self, transaction: Transaction, now: float, posted: Posted | None = None) -> None:
        """Commit a transaction, then do what follows from it in the order that the module's docstring gives."""
        before, self._snapshot = self._snapshot, transaction.snapshot
        for hop in transaction.path:
            self._counts[type(hop.verdict)] += 1
        for member, ticket in transaction.ended:
            self._alarms.drop(member, ticket.number)
        if self._alarms.fired:
            self._alarms.look(before, self._snapshot, now)
        for armed in transaction.armed:
            self._alarms.arm(Alarm.of(armed, now, self._chance))
        receipt = None if posted is None else posted.held_receipt()
        unheard = settle(self._system.plan, before if posted else None, transaction, receipt, self._policy)
        if posted is not None and self._observe is not None:
            self._tell(self._observe, Record(now, posted.member, posted.stimulus, transaction))
        for ordered in transaction.orders:
            self._orders.perform(ordered, self._group)
        for member, ticket in transaction.ended:
            self._orders.end(member, ticket.number)
        if self._published is not None:
            for signal in transaction.published:
                self._tell(self._published, signal)
        if unheard is not None:
            raise unheard

    def _tell(self, listener: Callable[[T], None], news: T) -> None:
        """Call the application; what it raises is the application's own error."""
        try:
            listener(news)
        except Exception as error:
            if self._policy is Policy.RAISE:
                raise
            logger.warning("%s: telling of %s raised %s", self._system.name, type(news).__name__, type(error).__name__)

    def _answer(self, member: str, event: object, ticket: int | None) -> None:
        """Post what an act sent; once the driver stops, only a resource that opened still counts."""
        if self._stopping:
            self._orders.dispose(member, event, ticket)
        else:
            self._inbox.post(Posted(member, Stimulus(event, self._clock.now(), ticket)))

    def _fail(self, error: BaseException) -> None:
        """Stop because of an error outside the loop; the first one leaves `run`."""
        if self._failure is None:
            self._failure = error
        else:
            logger.warning("%s: also failed with %s", self._system.name, type(error).__name__)
        self.stop()

    def _refuse(self, posted: Posted) -> None:
        """Say of a stimulus that it will not be answered."""
        event, receipt = posted.stimulus.event, posted.held_receipt()
        if receipt is not None:
            receipt.settle(None, Stopped(self._system.name, posted.member, type(event).__name__))
        self._orders.dispose(posted.member, event, posted.stimulus.ticket)

    async def _close(self) -> None:
        """Accept no more, and let everything that runs come to its end."""
        self._stopping = True
        self._left = self._alarms.remaining(self._clock.now())
        self._alarms.clear()
        for posted in self._inbox.drain():
            self._refuse(posted)
        await self._orders.close()
