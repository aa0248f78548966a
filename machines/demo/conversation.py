"""One socket, from the handshake's end to the socket's: what is heard goes to the server, what is said waits its turn.

Saying is plain appending to an outbox which one task sends, so the server never waits for a slow client, and each
client hears things in the order in which they happened.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

import anyio
from attrs import frozen

from machines.demo.tokens import Claims
from machines.wire.codec import encode
from machines.wire.messages import URL_DOCUMENT, Inbound
from statekit.transports.memory import ServerSocket
from statekit.transports.socket import NO_CLOSE_FRAME, SocketClosed


@runtime_checkable
class Resets(Protocol):
    """A socket that can break off in the middle of a frame."""

    async def reset(self, frame: str) -> None:
        """Send the first half of a frame, then reset the connection (TCP RST)."""
        ...


@frozen
class Ending:
    """How this side ends a socket; 1006 stands for breaking it off."""

    code: int
    reason: str = ""


@frozen
class Alarm:
    """A plain function to be called after a delay on the server's clock, once or again and again."""

    delay_seconds: float
    act: Callable[[], None]
    repeats: bool = False


class Conversation:
    """What the server knows of one socket, and its two directions.

    `ending` is set once this side has decided to end it; from then on what the client sends is not heard. A `silent`
    one neither says nor hears, and does not end by itself.
    """

    def __init__(self, socket: ServerSocket, client_id: str, claims: Claims) -> None:
        self.client_id = client_id
        self.claims = claims
        self.documents = {URL_DOCUMENT}
        """Which documents the client has open."""
        self.silent = False
        self.ending: Ending | None = None
        self.peer_code: int | None = None
        """The code with which the other side, or the net, ended it."""
        self._socket = socket
        self._outbox: deque[str] = deque()
        self._changed = anyio.Event()

    @property
    def over(self) -> bool:
        """Whether either side has ended it."""
        return self.ending is not None or self.peer_code is not None

    @property
    def live(self) -> bool:
        """Whether the client is still spoken and listened to."""
        return not self.silent and not self.over

    def say(self, message: Inbound) -> None:
        """Send a message, unless the conversation is over or silent."""
        if self.live:
            self.utter(encode(message))

    def utter(self, frame: str) -> None:
        """Send a frame as it is, unless the conversation is over or silent."""
        if self.live:
            self._outbox.append(frame)
            self._changed.set()

    def end(self, code: int, reason: str = "", *, at_once: bool = False) -> None:
        """End the socket after what was said before, or `at_once`, in which case that is lost; the first end stands."""
        if self.over:
            return
        if at_once:
            self._outbox.clear()
        self.ending = Ending(code, reason)
        self._changed.set()

    async def run(
        self,
        hear: Callable[["Conversation", str | bytes], None],
        alarms: tuple[Alarm, ...],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        """Carry both directions until the socket is gone."""
        async with anyio.create_task_group() as tasks:
            for alarm in alarms:
                tasks.start_soon(_later, alarm, sleep)
            tasks.start_soon(self._listen, hear, tasks.cancel_scope)
            await self._speak()
            tasks.cancel_scope.cancel()

    async def _listen(self, hear: Callable[["Conversation", str | bytes], None], scope: anyio.CancelScope) -> None:
        try:
            while True:
                frame = await self._socket.receive()
                if self.live:
                    hear(self, frame)
        except SocketClosed as closed:
            if self.ending is None:
                self.peer_code = closed.code
                scope.cancel()

    async def _speak(self) -> None:
        while True:
            self._changed = anyio.Event()
            try:
                while self._outbox:
                    await self._socket.send(self._outbox.popleft())
            except SocketClosed as closed:
                self.peer_code = closed.code
                return
            if self.ending is not None:
                await self._end(self.ending)
                return
            if not self._outbox:
                await self._changed.wait()

    async def _end(self, ending: Ending) -> None:
        if ending.code != NO_CLOSE_FRAME:
            await self._socket.aclose(ending.code, ending.reason)
        elif isinstance(self._socket, Resets):
            await self._socket.reset(_HALF_SAID)
        else:
            await self._socket.abort()


_HALF_SAID = '{"type":"system","event":"ping","data":{"timestamp":0}}'


async def _later(alarm: Alarm, sleep: Callable[[float], Awaitable[None]]) -> None:
    await sleep(alarm.delay_seconds)
    alarm.act()
    while alarm.repeats:
        await sleep(alarm.delay_seconds)
        alarm.act()
