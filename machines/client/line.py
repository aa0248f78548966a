"""The line: carries out what the connection orders, over whatever transport it is given.

One task per dial, under the dial's ticket: it opens the socket, reads it until the end, and writes what was handed
over, in order. `Close` only says with which code; the writer closes once everything before it is sent. When the ticket
ends first, the task is cancelled; the writer is shielded from that, since half a close is none, and the clean-up waits
for its close, or drops the socket if none was ordered.
"""

import logging
from collections import deque
from collections.abc import Iterator
from typing import cast

import anyio

from machines.client.address import Address
from machines.client.vault import Vault
from machines.link import (
    Abandon,
    Close,
    Closed,
    Dial,
    FrameArrived,
    FrameInvalid,
    Opened,
    OpenFailed,
    SayGoodbye,
    Send,
)
from machines.policy.close_codes import OurClose
from machines.wire.codec import FrameInvalid as NotAMessage
from machines.wire.codec import decode, encode
from machines.wire.messages import DocumentClose, DocumentEdit, Goodbye, Message, SyncRequest
from statekit.run.performers import Performer, Reply, performs
from statekit.transports.socket import NO_CLOSE_FRAME, DialFailed, Socket, SocketClosed, Transport

logger = logging.getLogger("statekit")


class OpenLine:
    """One open socket, what is to be sent over it, and the code to close it with."""

    def __init__(self, socket: Socket) -> None:
        """Begin with nothing to send."""
        self.socket = socket
        self.queue: deque[str] = deque()
        self.closing: int | None = None
        self._changed = anyio.Event()
        self._written = anyio.Event()
        self._writing = anyio.CancelScope(shield=True)

    def put(self, message: Message) -> None:
        """Hand a message over; nothing follows a close."""
        if self.closing is None:
            self.queue.append(encode(message))
            self._changed.set()

    def close(self, code: int) -> None:
        """Close once everything handed over is sent; the first code counts."""
        if self.closing is None:
            self.closing = code
            self._changed.set()

    async def write(self) -> None:
        """Send what is handed over until told to close, then close."""
        try:
            with self._writing:
                await self._write()
        except SocketClosed:
            pass  # the reader tells
        finally:
            self._written.set()

    async def _write(self) -> None:
        while True:
            while self.queue:
                await self.socket.send(self.queue.popleft())
            if self.closing is not None:
                await self.socket.aclose(self.closing)
                return
            self._changed = anyio.Event()
            await self._changed.wait()

    async def finish(self) -> None:
        """Wait for the close, if one was ordered, and leave no socket behind."""
        try:
            if self.closing is not None:
                await self._written.wait()
        finally:
            self._writing.cancel()
            await self.socket.abort()


class Line:
    """Performs the connection's effects; at most one open line is current."""

    def __init__(self, transport: Transport, address: Address, vault: Vault) -> None:
        """Begin without a socket."""
        self._transport = transport
        self._address = address
        self._vault = vault
        self._current: OpenLine | None = None
        self._lines: dict[int, OpenLine] = {}

    def performers(self) -> tuple[Performer, ...]:
        """Say which effects the line performs."""
        return (
            performs(Dial, self._dial),
            performs(Send, self._send),
            performs(Close, self._close),
            performs(SayGoodbye, self._say_goodbye),
            performs(Abandon, self._abandon),
        )

    async def _dial(self, effect: Dial, reply: Reply) -> None:
        try:
            socket = await self._transport.dial(self._address.with_token(self._vault.token(effect.generation)))
        except DialFailed as failed:
            reply(OpenFailed(failed.cause, failed.status, failed.retry_after_seconds))
            return
        line = self._current = self._lines[reply.ticket or 0] = OpenLine(socket)
        try:
            await self._carry(line, reply)
        except Exception as error:  # noqa: BLE001 - a socket that breaks its promise is a lost one
            logger.warning("the socket failed with %s", ", ".join(_names(error)))
            reply(Closed(NO_CLOSE_FRAME))
        finally:
            self._lines.pop(reply.ticket or 0, None)

    async def _carry(self, line: OpenLine, reply: Reply) -> None:
        """Carry both directions until the link is gone."""
        async with anyio.create_task_group() as group:
            try:
                reply(Opened())
                group.start_soon(line.write)
                await _read(line.socket, reply)
            finally:
                if self._current is line:
                    self._current = None
                with reply.cleanup():
                    await line.finish()

    def _send(self, effect: Send, _: Reply) -> None:
        if self._current is not None:
            self._current.put(effect.message)

    def _close(self, effect: Close, _: Reply) -> None:
        if self._current is not None:
            self._current.close(effect.code)

    def _say_goodbye(self, _: SayGoodbye, __: Reply) -> None:
        if self._current is not None:
            self._current.put(Goodbye("user"))

    def _abandon(self, _: Abandon, reply: Reply) -> None:
        line = self._lines.get(reply.ticket or 0)
        if line is not None:
            line.close(OurClose.DONE)


def _names(error: BaseException) -> Iterator[str]:
    """Say what went wrong by its classes; the words may hold a URL."""
    if isinstance(error, BaseExceptionGroup):
        for each in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            yield from _names(each)
    else:
        yield type(error).__name__


async def _read(socket: Socket, reply: Reply) -> None:
    """Tell of every frame, and at last of the close."""
    while True:
        try:
            frame = await socket.receive()
        except SocketClosed as closed:
            reply(Closed(closed.code, closed.reason))
            return
        try:
            message = decode(frame)
        except NotAMessage as invalid:
            reply(FrameInvalid(str(invalid)))
            continue
        if isinstance(message, Goodbye | DocumentEdit | DocumentClose | SyncRequest):
            reply(FrameInvalid(f"{type(message).__name__} is for the server, not from it"))
        else:
            reply(FrameArrived(message))
