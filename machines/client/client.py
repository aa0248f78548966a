"""Client: what an application embeds.

    async with Client(url, token=refresh_function) as client:
        outcome = await client.submit(Insert(0, "hello"))

Everything it does stands in the tables of `machines.session`; this class only carries: operations in, news out.
"""

import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self
from uuid import uuid4
from weakref import WeakSet

import anyio
from anyio.abc import TaskGroup

from machines.auth_refresh import AUTH_REFRESH, Login, Logout, SignIn
from machines.client.address import Address
from machines.client.course import Course
from machines.client.documents import Documents, several
from machines.client.line import Line
from machines.client.news import Listener, News, StatusChanged
from machines.client.opened import OpenedDocument
from machines.client.operation import OperationReceipt
from machines.client.vault import AccessToken, RefreshFunction, Vault
from machines.connection import CLOSING, CONNECTION, Connect, Disconnect, ReconnectNow
from machines.document import OperationEnded, Outcome, SaveOutbox, Submit
from machines.hold import HOLD, CameOnline, Hid, Shown, WentOffline
from machines.policy.router import OpenDocument
from machines.replica import Replica
from machines.session import SESSION, Options, contexts
from machines.status import Status, StatusNow, public_status
from machines.wire.objects import is_unicode
from machines.wire.operations import Edit, Operation
from machines.wire.text import Text
from statekit import Signal
from statekit.keyed import key_of
from statekit.run.awaited import Awaited
from statekit.run.clock import Clock
from statekit.run.driver import Driver
from statekit.run.errors import Stopped
from statekit.run.performers import performs
from statekit.run.receipts import Policy, Receipt
from statekit.run.record import Record
from statekit.transports.socket import Transport
from statekit.transports.websockets import WebSocketTransport


def _keep_nothing(_: Replica) -> None:
    """Let what was not sent end with the program."""


class Client:
    """One user's connection to a document; an async context manager, and an async iterator of its news.

    `url` is the document's `ws:` or `wss:` URL without a token; raises `BadAddress` if it cannot be dialled. `token` is
    asked for a token whenever one is needed (see `RefreshFunction`). Times are those of `options`, on `clock`. More
    documents can be opened over the same connection, see `open`.

    `keep` gets what the server does not have before a login is asked for, and before it is given back, of each document
    by itself: it may save it (`machines.saving.save_outbox`), and a later client takes it as its `outbox`, or several
    of them, which brings the client id with it and has those documents open. Raises ValueError for outboxes of several
    clients, or two of one document.

    On leaving the context the connection is closed, and operations that have not reached the server end as `EXPORTED`;
    their receipts, and `exported`, hold them. An error in the body leaves as itself; so does one that stopped the
    session (`DriverError`, or under `Policy.RAISE` what must not pass unheard), which cancels the body first.
    """

    def __init__(
        self,
        url: str,
        *,
        token: RefreshFunction,
        client_id: str | None = None,
        outbox: Replica | Iterable[Replica] | None = None,
        keep: Callable[[Replica], None] = _keep_nothing,
        options: Options | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
        chance: Callable[[], float] = random.random,
        policy: Policy = Policy.REPORT,
        observe: Callable[[Record], None] | None = None,
    ) -> None:
        """Check the URL and put the session together; nothing happens before the context is entered."""
        outboxes = several(outbox)
        self.client_id = outboxes[0].client_id if outboxes else client_id or uuid4().hex
        self.exported: list[OperationEnded] = []
        self._vault = Vault(token)
        self._address = Address.of(url, self.client_id)
        if not callable(token):
            raise TypeError(f"token must be an async function that returns a token, not {type(token).__name__}")
        line = Line(transport or WebSocketTransport(), self._address, self._vault)
        self._observe = observe
        self._driver = Driver(
            SESSION,
            (*line.performers(), *self._vault.performers(), performs(SaveOutbox, lambda order, _: keep(order.replica))),
            contexts=contexts(self.client_id, options or Options(), *outboxes),
            clock=clock,
            chance=chance,
            policy=policy,
            published=self._published,
            observe=self._observed,
        )
        self._course = Course()
        begun = {each.document_id: each for each in (Replica(self.client_id), *outboxes)}
        self._documents = Documents(self._driver, self._course, begun.values())
        self._listeners: WeakSet[Listener] = WeakSet()
        self._status = public_status(self._driver.snapshot)
        self._failure: Exception | None = None
        self._group: TaskGroup

    # ------------------------------------------------------------------------------------------------ the context
    async def __aenter__(self) -> Self:
        """Start the session and begin to connect; returns at once, connected or not.

        Raises RuntimeError if it was entered before.
        """
        if self._course.entered:
            raise RuntimeError("this Client was entered before, and a session runs once; make another")
        self._course.entered = True
        self._group = anyio.create_task_group()
        await self._group.__aenter__()
        self._group.start_soon(self._run)
        self._driver.send(AUTH_REFRESH, SignIn())
        self._driver.send(CONNECTION, Connect())
        return self

    async def ready(self) -> None:
        """Wait until the document of the URL is here, see `OpenedDocument.ready`."""
        await self._documents.home.ready()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection, give back what was not sent, and stop."""
        with anyio.CancelScope(shield=True):
            await self._close()
        await self._leave(kind, error, trace)

    async def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the task group, and let an error out as itself instead of in a group of one."""
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup:  # of the body's error alone: the only task in there keeps its own
            if not isinstance(error, Exception | KeyboardInterrupt | SystemExit):
                raise
        if self._failure is not None:  # it was what cancelled the body, if anything in here did
            raise self._failure

    async def _run(self) -> None:
        try:
            # What cancels the body does not cancel the session, which would cut the connection: leaving stops it.
            with anyio.CancelScope(shield=True):
                await self._driver.run()
        except Exception as error:  # noqa: BLE001 - raised when the context is left, where no group wraps it
            self._failure = error
            self._group.cancel_scope.cancel()
        finally:
            self._end()

    async def _close(self) -> None:
        left = self._driver.send(CONNECTION, Disconnect())
        halted = self._documents.halt()
        with suppress(Stopped):  # the driver may be over already, and then nothing is left to close
            for each in (left, *halted):
                await each
            # In any other state it is closed, or somebody has connected again, which must not keep us here.
            while not self._course.over and self._driver.snapshot.of(CONNECTION).state is CLOSING:
                await self._course.changes()
        self._driver.stop()

    def _end(self) -> None:
        """Nothing goes on: give back what a stop left open, and let the news end."""
        self._course.over = True
        self._course.given_up = self._status.reason or "closed"
        for left in tuple(self._documents.left()):
            self._published(left)
        for listener in tuple(self._listeners):
            listener.close()
        self._course.wake()

    # -------------------------------------------------------------------------------------------------- documents
    def open(self, document_id: str) -> OpenedDocument:
        """Open another document over this connection, or give it as it is open already; returns at once.

        Raises ValueError for a name that is none, or is that of the URL's document, which this client is itself.
        """
        self._course.must_be_entered()
        if not document_id or not is_unicode(document_id):
            raise ValueError("a document's name must be text of at least one character, without lone surrogates")
        if self._address.is_of(document_id):
            raise ValueError(f"{document_id!r} is the document of the URL: its operations are the client's own")
        return self._documents.open(Replica(self.client_id, document_id=document_id, opening=uuid4().hex))

    def offer(self, operation: Operation | Edit) -> OperationReceipt:
        """Hand over an operation on the document of the URL, see `OpenedDocument.offer`."""
        return self._documents.home.offer(operation)

    async def submit(self, operation: Operation | Edit) -> OperationEnded:
        """Hand over an operation on the document of the URL, and wait for how it ends; see `OpenedDocument.submit`."""
        return await self._documents.home.submit(operation)

    @property
    def document(self) -> Text:
        """The document of the URL as the user sees it: the server's, and what was accepted here since."""
        return self._documents.home.document

    # ------------------------------------------------------------------------------------------------- the session
    @property
    def status(self) -> StatusNow:
        """What to show the user."""
        return self._status

    def explain(self) -> tuple[Awaited, ...]:
        """Tell what every lifecycle waits for, and for how long still."""
        return self._driver.explain()

    def login(self, token: str, lifetime_seconds: float | None = None) -> Receipt:
        """Present a token that the user's login brought, from now on; raises ValueError for one that cannot be."""
        self._vault.bring(AccessToken(token, lifetime_seconds))
        return self._driver.send(AUTH_REFRESH, Login(lifetime_seconds))

    def logout(self) -> Receipt:
        """Forget every token; the connection waits for a login."""
        return self._driver.send(AUTH_REFRESH, Logout())

    def connect(self) -> Receipt:
        """Try again after `failed`, or after `disconnect`."""
        return self._driver.send(CONNECTION, Connect())

    def disconnect(self) -> Receipt:
        """Close the connection and stay away; operations are kept."""
        return self._driver.send(CONNECTION, Disconnect())

    def reconnect_now(self) -> Receipt:
        """Do not wait for the next attempt."""
        return self._driver.send(CONNECTION, ReconnectNow())

    def network(self, *, there: bool) -> Receipt:
        """Say whether the platform has a network: without one nothing is dialled; an open link is left to itself."""
        return self._driver.send(HOLD, CameOnline() if there else WentOffline())

    def visible(self, *, to_user: bool) -> Receipt:
        """Say whether anybody sees the application: while nobody does nothing is dialled; an open link stays."""
        return self._driver.send(HOLD, Shown() if to_user else Hid())

    # -------------------------------------------------------------------------------------------------------- news
    def __aiter__(self) -> Listener:
        """Listen from now on, until the client closes; see `News`."""
        listener = Listener()
        if self._course.over:
            listener.close()
        else:
            self._listeners.add(listener)
        return listener

    def _tell(self, news: News) -> None:
        for listener in tuple(self._listeners):
            listener.hear(news)

    def _published(self, signal: Signal) -> None:
        if isinstance(signal, OperationEnded):
            if not self._documents.now(signal.document_id).ends(signal):
                return  # it was told already
            if signal.outcome is Outcome.EXPORTED:
                self.exported.append(signal)
        if isinstance(signal, News):
            self._tell(signal)

    def _observed(self, record: Record) -> None:
        event = record.stimulus.event
        if isinstance(event, Submit):
            self._documents.now(str(key_of(record.member))).answered(event, record.transaction.verdict)
        elif isinstance(event, OpenDocument):
            self._documents.begun(event)
        now = public_status(record.transaction.snapshot)
        if now != self._status:
            self._status = now
            self._tell(StatusChanged(now))
            self._course.given_up = (now.reason or "closed") if now.status is Status.FAILED else ""
        self._course.wake()
        if self._observe is not None:  # last, since it may raise
            self._observe(record)
