"""News: what an application hears from its session, as an async iterator."""

from collections import deque
from typing import TypeAlias

import anyio
from attrs import frozen

from machines.auth_refresh import PromptLogin
from machines.document import OperationEnded, ViewChanged
from machines.error_storm import StormBegan
from machines.policy.routed import ErrorReported, MessagePassed
from machines.rate_limit import LimitHeard
from machines.status import StatusNow
from statekit.errors import StatekitError


@frozen
class StatusChanged:
    """The public status has changed."""

    now: StatusNow


News: TypeAlias = (
    StatusChanged | ViewChanged | OperationEnded | ErrorReported | MessagePassed | PromptLogin | LimitHeard | StormBegan
)
"""What an application hears: of the status, the document, its operations, the server's errors and limits, a login."""

BACKLOG_MAX = 10_000
"""How much news may wait for one listener before it is told that it lags."""


class Lagged(StatekitError):
    """A listener left more news waiting than is kept; read `client.document` and `client.status`, then listen anew."""

    def __init__(self, backlog: int) -> None:
        """Keep how much was waiting."""
        self.backlog = backlog
        super().__init__(f"{backlog} pieces of news were waiting to be heard; read the document and listen anew")


class Listener:
    """One application's ear: an async iterator that ends when the client closes.

    One task iterates it. Throwing it away is enough to stop listening.
    """

    def __init__(self) -> None:
        """Begin with nothing heard."""
        self._news: deque[News] = deque()
        self._heard = anyio.Event()
        self._closed = False
        self._lagged = False

    def hear(self, news: News) -> None:
        """Note a piece of news; never blocks. For the client."""
        if self._closed:
            return
        if len(self._news) >= BACKLOG_MAX:
            self._lagged = True
            self.close()
            return
        self._news.append(news)
        self._heard.set()

    def close(self) -> None:
        """Let the iteration end after what was noted. For the client."""
        self._closed = True
        self._heard.set()

    def __aiter__(self) -> "Listener":
        """Iterate over the news."""
        return self

    async def __anext__(self) -> News:
        """Wait for the next piece of news; raises `Lagged`, after what was noted, if some had to be dropped."""
        while not self._news:
            if self._lagged:
                raise Lagged(BACKLOG_MAX)
            if self._closed:
                raise StopAsyncIteration
            self._heard = anyio.Event()
            await self._heard.wait()
        return self._news.popleft()
