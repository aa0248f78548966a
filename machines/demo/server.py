"""The demo server: several clients, a document for each URL and others beside it, honest unless told otherwise.

It is a `Service` of `statekit.transports.memory`: `MemoryFront` puts it behind a network in memory, `LoopbackFront`
behind real sockets. What it does about a message stands in `room`, how a socket is carried in `conversation`; here is
who gets in, for how long, and when a fault strikes.
"""

from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import ClassVar, Final, Self

import anyio
from anyio.abc import TaskGroup
from attrs import field, frozen

from machines.demo.address import Address
from machines.demo.clock import ServerClock
from machines.demo.conversation import Alarm, Conversation
from machines.demo.document import REACH_OPERATIONS, SharedDocument
from machines.demo.doors import Doors
from machines.demo.faults import CloseWith, DialAnswer, Fault, FaultScript, Moment
from machines.demo.gate import Gate
from machines.demo.ledger import Entry, Ledger, What
from machines.demo.room import Room
from machines.demo.tokens import Tokens
from machines.options import number, or_none, seconds, whole
from machines.wire.messages import URL_DOCUMENT, Ping, TokenRefreshRequired
from machines.wire.text import Text
from statekit.transports.memory import ServerSocket

RESTARTED: Final = 1012


@frozen
class ServerOptions:
    """How the server behaves; times are in its own seconds. Raises ValueError for a value that could never work."""

    lifecycle: ClassVar = "demo server"
    scale: float = field(default=1.0, validator=number(above=0))
    """Loop seconds that one of its seconds takes; give the clients' drivers the same."""
    document_id: str = "shared"
    content: str = ""
    """The document's text at version 0."""
    others: Mapping[str, str] = field(factory=dict[str, str])
    """The names of the documents that clients may open beside it, with their texts at version 0."""
    reach_operations: int = field(default=REACH_OPERATIONS, validator=whole(at_least=0))
    """How far behind a client may be and still be caught up operation by operation."""
    permissions: tuple[str, ...] = ("read", "write", "comment")
    refresh_lead_seconds: float | None = field(default=None, validator=or_none(seconds()))
    """How long before its token expires a client is told token_refresh_required; None never."""
    ping_every_seconds: float | None = field(default=None, validator=or_none(seconds(above=0)))
    """How often the server pings each client (30 is usual); None never."""
    restart_seconds: float = field(default=2.0, validator=seconds())
    """How long `SERVER_RESTART` shuts the port."""
    refusal_seconds: float = field(default=5.0, validator=seconds())
    """How long `REFUSED_DIAL` shuts the port when no `Witness` can say that the dial came."""
    retry_hint_seconds: int = field(default=2, validator=whole(at_least=0))
    """What `CLOSED_1013` asks for in its reason, as `retry_after=2`."""


def _tell_nobody(_: Entry) -> None:
    """Observe nothing."""


class DemoServer:
    """The server; an async context manager whose task group runs the faults that take time.

    `observe` is told every ledger entry as it is noted. Put the server behind a front, issue tokens with `tokens`, make
    things go wrong with `inflict`, `answer_dials` and `utter`, and read in `ledger` what happened.
    """

    def __init__(self, options: ServerOptions | None = None, observe: Callable[[Entry], None] = _tell_nobody) -> None:
        self.options = options or ServerOptions()
        self.clock = ServerClock(self.options.scale)
        self.tokens = Tokens(self.clock.now)
        self.documents: Mapping[str, SharedDocument] = {
            URL_DOCUMENT: self._document(self.options.document_id, self.options.content),
            **{name: self._document(name, content) for name, content in self.options.others.items()},
        }
        self.ledger = Ledger(self.clock.now, self._noted)
        self.doors = Doors(self.clock, self.ledger)
        self._observe = observe
        self._script = FaultScript(self._happens)
        self._room = Room(self.documents, self.ledger, self._script, self.clock)
        self._gate = Gate(self.options.document_id, self.tokens, self._script, self.ledger)
        self._changed = anyio.Event()
        self._tasks: TaskGroup | None = None

    async def __aenter__(self) -> Self:
        self._tasks = anyio.create_task_group()
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        tasks, self._tasks = self._tasks, None
        if tasks is None:
            raise RuntimeError("this DemoServer is not entered; it is left once for each time it is entered")
        tasks.cancel_scope.cancel()
        return await tasks.__aexit__(kind, error, trace)

    async def admit(self, path: str) -> None:
        """Accept a handshake, or raise `Rejected` with 400, 401, 404, or what `answer_dials` arranged."""
        refusal = self._gate.refusal(path)
        del path
        if refusal is not None:
            raise refusal

    async def serve(self, socket: ServerSocket, path: str) -> None:
        """Talk to one client, whose handshake was accepted, until its socket is gone."""
        address = Address.read(path)
        claims = self.tokens.read(address.token)
        client_id = address.client_id
        del path, address
        conversation = Conversation(socket, client_id, claims)
        self._room.conversations.append(conversation)
        self.ledger.note(What.ADMITTED, client_id, generation=claims.generation)
        try:
            answer = self._script.answer(client_id)
            if isinstance(answer, CloseWith):
                conversation.end(answer.code, answer.reason)
            elif self.doors.bar(client_id):
                conversation.end(RESTARTED, "service restart")
            else:
                self._room.greet(conversation, self.options.permissions)
                self._strike(client_id)
            await conversation.run(self._room.hear, self._alarms(conversation), self.clock.sleep)
        finally:
            self._room.conversations.remove(conversation)
            self._ended(conversation)

    def inflict(self, fault: Fault, client_id: str) -> None:
        """Let a fault happen at that client's next fitting moment (`faults.MOMENT`); twice means twice.

        Raises RuntimeError on a server that isn't entered.
        """
        if self._tasks is None:
            raise RuntimeError("a fault needs a running server; enter it with `async with`")
        options = self.options
        if fault is Fault.SERVER_RESTART:
            self._tasks.start_soon(self.doors.restart, client_id, self._drop_everyone, options.restart_seconds)
        elif fault is Fault.REFUSED_DIAL:
            drop = partial(self._drop, client_id)
            self._tasks.start_soon(self.doors.refuse, client_id, drop, options.refusal_seconds)
        else:
            self._script.arm(fault, client_id)
            self._strike(client_id)

    def answer_dials(self, client_id: str, answer: DialAnswer | None) -> None:
        """Let every dial of that client meet a close or an HTTP status from now on; None lifts it."""
        self._script.answer_dials(client_id, answer)

    def utter(self, client_id: str, frame: str) -> bool:
        """Send a raw frame to that client, for instance `faults.GARBAGE_FRAME`; False when it isn't served."""
        present = self._room.present(client_id)
        if present is None or not present.live:
            return False
        self.ledger.note(What.UTTERED, client_id)
        present.utter(frame)
        return True

    async def happened(self, fault: Fault, times: int = 1, client_id: str | None = None) -> None:
        """Wait until that fault has happened so often, to one client or to all together."""
        while self.ledger.faults(fault, client_id) < times:
            await self._changed.wait()

    def armed(self, client_id: str) -> tuple[Fault, ...]:
        """Return the faults that wait for their moment, but for those that shut the port."""
        return self._script.armed(client_id)

    def connected(self, client_id: str) -> bool:
        """Say whether the client has a socket on which it is heard and answered."""
        present = self._room.present(client_id)
        return present is not None and present.live

    @property
    def document(self) -> SharedDocument:
        """The document of the URL."""
        return self.documents[URL_DOCUMENT]

    def audit(self, client_id: str, content: str, document_id: str = URL_DOCUMENT) -> bool:
        """Compare a client's text with the document's, note the result, and return whether they are equal."""
        document = self.documents[document_id]
        equal = content == document.text.content
        note = "equal" if equal else "different"
        self.ledger.note(What.AUDITED, client_id, version=document.version, note=note, document_id=document_id)
        return equal

    def consistent(self) -> bool:
        """Say whether the ledger, replayed, gives each document, and no message was applied twice.

        Raises `LedgerBroken` where the ledger has no order to replay.
        """
        replayed = (self.ledger.replayed(each.initial, name) == each.text for name, each in self.documents.items())
        return all(replayed) and not self.ledger.duplicates_applied()

    def _document(self, document_id: str, content: str) -> SharedDocument:
        reach = self.options.reach_operations
        return SharedDocument(document_id, Text.of(content), reach_operations=reach)

    def _alarms(self, conversation: Conversation) -> tuple[Alarm, ...]:
        left_seconds = max(0.0, conversation.claims.expires_at_seconds - self.clock.now())
        alarms = [Alarm(left_seconds, partial(self._room.expire, conversation))]
        lead_seconds, ping_seconds = self.options.refresh_lead_seconds, self.options.ping_every_seconds
        if lead_seconds is not None:
            warn_seconds = max(0.0, left_seconds - lead_seconds)
            alarms.append(Alarm(warn_seconds, partial(self._warn, conversation, left_seconds - warn_seconds)))
        if ping_seconds is not None:
            alarms.append(Alarm(ping_seconds, partial(self._ping, conversation), repeats=True))
        return tuple(alarms)

    def _warn(self, conversation: Conversation, left_seconds: float) -> None:
        if conversation.live:
            self.ledger.note(What.WARNED, conversation.client_id, generation=conversation.claims.generation)
            conversation.say(TokenRefreshRequired(left_seconds, "the token expires soon"))

    def _ping(self, conversation: Conversation) -> None:
        conversation.say(Ping(self.clock.now() * 1000))

    def _strike(self, client_id: str) -> None:
        """Let the next fault happen for which this is the moment."""
        present = self._room.present(client_id)
        if present is None:
            return
        if self._script.next_at(Moment.DIAL, client_id) is not None:
            self._drop(client_id)
            return
        fault = self._script.next_at(Moment.SESSION, client_id)
        if fault is None or not present.live:
            return
        if fault is Fault.SILENT_PEER:
            # One at a time: the client may dial again before the socket that it gave up has ended here.
            mine = (each for each in self._room.conversations if each.client_id == client_id)
            present.silent = not any(each.silent for each in mine)
            return
        self._script.play(fault, client_id)
        match fault:
            case Fault.CLOSED_1013:
                present.end(1013, f"retry_after={self.options.retry_hint_seconds}")
            case Fault.CLOSED_1001:
                present.end(1001, "going away")
            case Fault.RESET_1006:
                present.end(1006)
            case Fault.MAINTENANCE:
                self._room.maintain(present)
            case Fault.ERROR_STORM:
                self._room.storm(present)
            case Fault.TOKEN_REVOKED:
                self.tokens.revoke(present.claims.user_id)
                self._room.revoke(present)
            case _:
                self.tokens.expire(present.claims)
                self._room.expire(present)

    def _drop(self, client_id: str) -> None:
        for each in self._room.conversations:
            if each.client_id == client_id:
                each.end(RESTARTED, "dropped", at_once=True)

    def _drop_everyone(self) -> None:
        for each in self._room.conversations:
            each.end(RESTARTED, "service restart", at_once=True)

    def _ended(self, conversation: Conversation) -> None:
        client_id, ending, code = conversation.client_id, conversation.ending, conversation.peer_code
        if conversation.silent and ending is None:
            self._script.play(Fault.SILENT_PEER, client_id)
        if ending is not None:
            self.ledger.note(What.ENDED, client_id, code=ending.code, note="by the server")
        else:
            self.ledger.note(What.ENDED, client_id, code=code, note="by the client or the net")

    def _happens(self, fault: Fault, client_id: str) -> None:
        self.ledger.note(What.FAULT, client_id, fault=fault)

    def _noted(self, entry: Entry) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()
        self._observe(entry)
