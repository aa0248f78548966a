"""Orders: what a transaction asks of the outside, carried out; and what is owed to it at the end."""

from collections.abc import Callable, Mapping

import anyio
from anyio.abc import TaskGroup
from attrs import define, field

from statekit.plan import Plan
from statekit.run.clock import Clock
from statekit.run.errors import DriverError
from statekit.run.performers import Performer, Reply
from statekit.run.tasks import Task, Tasks
from statekit.snapshot import Ticket
from statekit.transaction import Ordered


@define(eq=False)
class Orders:
    """Has effects performed: plain ones at once, answering ones in tasks, orphan ones for what opened too late.

    `post` takes a member, an event and a ticket's number; `fail` takes an error that stops the driver.
    """

    plan: Plan
    performers: Mapping[type, Performer]
    clock: Clock
    close_seconds: float
    post: Callable[[str, object, int | None], None]
    fail: Callable[[BaseException], None]
    tasks: Tasks = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Begin with nothing under way."""
        self.tasks = Tasks(self.fail)

    def perform(self, ordered: Ordered, group: TaskGroup) -> None:
        """Perform one effect, or start performing it; raises `DriverError` for a plain one that fails."""
        effect, ticket = ordered.effect, ordered.ticket
        performer = self.performers.get(type(effect))
        if performer is None:
            name = type(effect).__name__
            sentence = f"nobody performs {name}, made by a maker of {ordered.member}: name it in its return annotation"
            raise DriverError(sentence, effect=name)
        if isinstance(ticket, Ticket):
            answering = self.plan.definition(ordered.member).folded.answering[type(effect)]
            reply = Reply(ordered.member, ticket.number, answering, self.post, self.closing)
            self.tasks.start(group, Task(effect, answering, performer, reply))
        else:
            performer.perform(effect, Reply(ordered.member, ticket, None, self.post, self.closing))

    def dispose(self, member: str, event: object, ticket: int | None) -> None:
        """Perform the orphan effect for an answer that will not be delivered any more, if it brings a resource."""
        answering = self.plan.definition(member).folded.answers.get(type(event))
        if ticket is None or answering is None or answering.opens is not type(event) or answering.orphan is None:
            return
        orphan = answering.orphan
        try:
            performer = self.performers[type(orphan)]
            performer.perform(orphan, Reply(member, ticket, None, self.post, self.closing))
        except DriverError as error:
            self.fail(error)

    def end(self, member: str, number: int) -> None:
        """Cancel what runs under a ticket."""
        self.tasks.end(member, number)

    async def close(self) -> None:
        """Cancel all that runs and wait until it has cleaned up."""
        await self.tasks.close(self.clock, self.close_seconds)

    def closing(self) -> anyio.CancelScope:
        """Make a scope to clean up in."""
        return self.clock.until(self.clock.now() + self.close_seconds, shield=True)
