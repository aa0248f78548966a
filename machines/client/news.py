"""News: what an application hears from its session, as an async iterator."""

import math
from collections.abc import Callable
from typing import TypeAlias

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from attrs import frozen

from machines.auth_refresh import PromptLogin
from machines.conflict_recovery import OperationEnded, ViewChanged
from machines.policy.router import ErrorReported, MessagePassed
from machines.status import StatusNow
from statekit.errors import StatekitError


@frozen
class StatusChanged:
    """The public status has changed."""

    now: StatusNow


News: TypeAlias = StatusChanged | ViewChanged | OperationEnded | ErrorReported | MessagePassed | PromptLogin
"""What an application hears: of the status, the document, its operations, the server's errors, and of a login."""

BACKLOG_MAX = 10_000
"""How much news may wait for one listener before it is told that it lags."""


class Lagged(StatekitError):
    """A listener left more news waiting than is kept; read `client.document` and `client.status`, then listen anew."""

    def __init__(self, backlog: int) -> None:
        """Keep how much was waiting."""
        self.backlog = backlog
        super().__init__(f"{backlog} pieces of news were waiting to be heard; read the document and listen anew")


class Listener:
    """One application's ear; an async iterator that ends when the client closes."""

    def __init__(self, forget: Callable[["Listener"], None]) -> None:
        """Begin with nothing heard."""
        self._forget = forget
        self._lagged = False
        self._put: MemoryObjectSendStream[News]
        self._take: MemoryObjectReceiveStream[News]
        self._put, self._take = anyio.create_memory_object_stream[News](math.inf)

    def hear(self, news: News) -> None:
        """Note a piece of news; never blocks."""
        if self._take.statistics().current_buffer_used >= BACKLOG_MAX:
            self._lagged = True
            self.close()
        else:
            self._put.send_nowait(news)

    def close(self) -> None:
        """Let the iteration end after what was noted."""
        self._put.close()
        self._forget(self)

    def __aiter__(self) -> "Listener":
        """Iterate over the news."""
        return self

    async def __anext__(self) -> News:
        """Wait for the next piece of news; raises `Lagged` if some of it had to be dropped."""
        try:
            return await self._take.receive()
        except anyio.EndOfStream:
            self._take.close()
            if self._lagged:
                raise Lagged(BACKLOG_MAX) from None
            raise StopAsyncIteration from None
