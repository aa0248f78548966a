"""Tasks: the answering effects that are being performed, each in a task of its own and under its ticket."""

import logging
from collections.abc import Callable

import anyio
from anyio.abc import TaskGroup
from attrs import field, frozen

from statekit.effects import Answering, Failure
from statekit.run.clock import Clock
from statekit.run.errors import DriverError
from statekit.run.performers import Performer, Reply

logger: logging.Logger = logging.getLogger("statekit")


@frozen(eq=False)
class Task:
    """One effect under way."""

    effect: object
    answering: Answering
    performer: Performer
    reply: Reply
    scope: anyio.CancelScope = field(factory=anyio.CancelScope)

    @property
    def name(self) -> str:
        """The name of the effect's class."""
        return type(self.effect).__name__

    async def attempt(self) -> str | None:
        """Let the act run; return the class name of what went wrong, or None if it answered."""
        try:
            doing = self.performer.act(self.effect, self.reply)
            if doing is not None:
                await doing
        except Exception as error:  # noqa: BLE001 - whatever it is, it comes back as the effect's outcome
            return type(error).__name__
        return None if self.reply.finished else "NoOutcome"


class Tasks:
    """The effects under way; `fail` is told of what nothing in a table can answer for."""

    def __init__(self, fail: Callable[[BaseException], None]) -> None:
        """Begin with none."""
        self._fail = fail
        self._running: dict[tuple[str, int | None], Task] = {}
        self._quiet: anyio.Event | None = None

    def start(self, group: TaskGroup, task: Task) -> None:
        """Perform an effect in a task of its own."""
        self._running[task.reply.member, task.reply.ticket] = task
        group.start_soon(self._run, task, name=f"{task.reply.member}: {task.name}")

    def end(self, member: str, number: int) -> None:
        """Cancel the effect of a ticket, if it is still under way; what it sends from now on is stale."""
        task = self._running.get((member, number))
        if task is not None:
            task.scope.cancel()

    async def close(self, clock: Clock, close_seconds: float) -> None:
        """Cancel all and wait until they have cleaned up; after `close_seconds` say who is holding things up."""
        for task in self._running.values():
            task.scope.cancel()
        if not self._running:
            return
        self._quiet = anyio.Event()
        with clock.until(clock.now() + close_seconds, shield=True):
            await self._quiet.wait()
        if self._running:
            names = ", ".join(task.name for task in self._running.values())
            logger.warning("still cleaning up after %g s, and not to be interrupted: %s", close_seconds, names)

    async def _run(self, task: Task) -> None:
        """Perform one effect; its ticket's end cancels it, and then it says no more."""
        wrong: str | None = None
        try:
            if not task.scope.cancel_called:
                with task.scope:
                    wrong = await task.attempt()
            if wrong is not None and not task.scope.cancel_called:
                self._failed(task, wrong)
        except anyio.get_cancelled_exc_class():
            # Not by its scope, which would have caught it: an adapter's own future was cancelled, say. It must not
            # leave the machine waiting for ever.
            self._failed(task, "Cancelled")
            raise
        except BaseException as error:  # noqa: BLE001 - the driver raises it, by itself instead of in a group
            self._fail(error)
        finally:
            del self._running[task.reply.member, task.reply.ticket]
            if self._quiet is not None and not self._running:
                self._quiet.set()

    def _failed(self, task: Task, wrong: str) -> None:
        """Answer for an act that did not."""
        if task.reply.finished:
            logger.warning("%s: its act raised %s after the final answer", task.name, wrong)
            return
        raised, event = "", None
        lost = task.answering.lost if task.reply.opened else None
        role, answer = ("failed", task.answering.failed) if lost is None else ("lost", lost)
        try:
            event = answer(Failure(task.name, wrong))
        except Exception as error:  # noqa: BLE001 - a function of the table; reported without its text
            raised = f"raised {type(error).__name__}"
        if event is None or not task.answering.finishes(type(event)):
            did = raised or f"gave {type(event).__name__}, which does not end the effect"
            sentence = (
                f"{task.name} failed with {wrong}, and its `{role}` function {did}; it must give an event that ends it"
            )
            self._fail(DriverError(sentence, effect=task.name, error=wrong))
            return
        task.reply(event)
