"""The story: two clients edit two documents while everything goes wrong that the server can make go wrong.

Each client has one connection, whose URL names the first document; it opens the other over the same.

Every fault strikes once, in an order and at a client that the seed decides, while both clients keep typing; the story
goes on to the next when both are connected again and everything typed so far has been acknowledged, or was given back
to who typed it. Where only a person can help, there is one: who was kicked connects again, who was logged out logs in.
What is counted at the end comes from the server's log.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from random import Random
from typing import Protocol

import anyio
from attrs import field, frozen

from machines.client import AccessToken, Client, OperationReceipt
from machines.conflict_recovery import Options as RecoveryOptions
from machines.demo.faults import Fault
from machines.demo.ledger import What
from machines.demo.server import DemoServer
from machines.document import Outcome
from machines.session import Options
from machines.status import Status
from machines.wire.messages import URL_DOCUMENT
from machines.wire.operations import Delete, Insert, Operation
from machines.wire.text import Text
from statekit.run.clock import LoopClock
from statekit.run.receipts import Policy
from statekit.run.record import Record
from statekit.transports.socket import Transport
from statekit.verdicts import Taken

NAMES = ("ann", "ben")
BESIDE = "notes"
"""The document that both open beside that of their URL; the server must have it among its others."""
WORDS = ("table ", "state ", "event ", "guard ", "timer ", "effect ", "ticket ", "scope ", "verdict ", "signal ")
LINE_WORDS = 16
TOKEN_SECONDS = 60.0
APART = Options(conflict_recovery=RecoveryOptions(compose_max=1))
"""Each operation is a message of its own, so that those typed can be counted against the server's log."""
FAULT_LIMIT_SECONDS = 600.0
"""How long a fault may take to strike and to be recovered from before the story says that something hangs."""


class Paper(Protocol):
    """A document that a client has open, be it the client's own or another."""

    @property
    def document(self) -> Text:
        """What it reads."""
        ...

    def offer(self, operation: Operation) -> OperationReceipt:
        """Write on it."""
        ...


class Front(Protocol):
    """Where the server can be reached."""

    def transport(self) -> Transport:
        """What clients dial with."""
        ...

    def url(self, client_id: str, token: str) -> str:
        """What they dial."""
        ...


@frozen
class Report:
    """What came of a story; `faults`, `dials`, `duplicates` and `documents_equal` are counted by the server's log."""

    seed: int
    faults: Mapping[str, int]
    operations_accepted: int
    operations_acknowledged: int
    operations_given_back: int
    operations_applied: int
    duplicates: int
    documents_equal: bool
    dials: int
    seconds: float
    document: str = field(repr=False)
    beside: str = field(repr=False)

    @property
    def good(self) -> bool:
        """Tell whether every fault happened and nothing was lost, doubled or different."""
        ended = self.operations_acknowledged + self.operations_given_back
        kept = self.operations_accepted == ended and self.operations_acknowledged == self.operations_applied
        return all(self.faults.values()) and kept and not self.duplicates and self.documents_equal


@frozen
class Told:
    """Something for the timeline: whose it is (a client, or the server) and what happened."""

    at_seconds: float
    who: str
    what: object


def _tell_nobody(_: Told) -> None:
    """Tell nobody."""


class Story:
    """One run over a server that is up and a front that leads to it; `scale` as the server's."""

    def __init__(
        self, server: DemoServer, front: Front, seed: int, tell: Callable[[Told], None] = _tell_nobody
    ) -> None:
        """Prepare the run; the same seed gives the same faults, victims, delays and words."""
        self._server = server
        self._front = front
        self._seed = seed
        self._tell = tell
        self._random = Random(seed)
        self._clock = LoopClock(server.options.scale)
        self._receipts: list[OperationReceipt] = []
        self._writing = True

    async def play(self) -> Report:
        """Let it happen; raises TimeoutError if a fault does not strike, or is not recovered from, in time."""
        ann, ben = (self._client(name) for name in NAMES)
        began, late = self._clock.now(), None
        async with ann, ben:
            async with anyio.create_task_group() as writers:
                for client in (ann, ben):
                    writers.start_soon(self._write, client, Random(f"{self._seed} {client.client_id}"))
                try:
                    await self._faults((ann, ben))
                except TimeoutError as error:  # raised below, where the task group cannot wrap it
                    late = error
                self._writing = False
            if late is not None:
                raise late
            await self._settle((ann, ben))
            equal = [
                self._server.audit(client.client_id, paper.document.content, name)
                for client in (ann, ben)
                for name, paper in _papers(client).items()
            ]
            return await self._report(all(equal), self._clock.now() - began)

    def _client(self, name: str) -> Client:
        async def token() -> AccessToken:
            return self._token(name)

        def observe(record: Record) -> None:
            self._tell(Told(record.at_seconds, name, record))

        return Client(
            self._front.url(name, "").partition("?")[0],
            token=token,
            client_id=name,
            options=APART,
            transport=self._front.transport(),
            clock=self._clock,
            chance=Random(f"{self._seed} chance {name}").random,
            policy=Policy.RAISE,
            observe=observe,
        )

    def _token(self, name: str) -> AccessToken:
        return AccessToken(self._server.tokens.issue(name, TOKEN_SECONDS).token, TOKEN_SECONDS)

    async def _faults(self, clients: tuple[Client, ...]) -> None:
        faults = list(Fault)
        self._random.shuffle(faults)
        await self._settle(clients)
        for fault in faults:
            client = self._random.choice(clients)
            victim = client.client_id
            await self._pause(self._random.uniform(1.0, 4.0))
            self._tell(Told(self._clock.now(), victim, fault))
            self._server.inflict(fault, victim)
            with self._limit():
                await self._server.happened(fault)
            await self._pause(0.5)  # until it is felt
            await self._help(client, fault)
            await self._settle(clients)

    async def _help(self, client: Client, fault: Fault) -> None:
        """Do what only a person can do."""
        with self._limit():
            if fault is Fault.KICKED:
                await _until(client, Status.FAILED)
                await client.connect()
            elif fault is Fault.TOKEN_REVOKED:
                await _until(client, Status.WAITING)
                token = self._token(client.client_id)
                await client.login(token.value, token.lifetime_seconds)

    async def _settle(self, clients: tuple[Client, ...]) -> None:
        typed = tuple(self._receipts)
        with self._limit():
            for client in clients:
                await _until(client, Status.CONNECTED)
            for receipt in typed:
                if isinstance(await receipt.verdict(), Taken):
                    await receipt.outcome()
            while not self._writing and not all(map(self._agrees, clients)):
                await self._pause(0.5)
        self._tell(Told(self._clock.now(), "both", len(typed)))

    def _agrees(self, client: Client) -> bool:
        texts = {name: each.text for name, each in self._server.documents.items()}
        return {name: each.document for name, each in _papers(client).items()} == texts

    async def _write(self, client: Client, random: Random) -> None:
        papers = list(_papers(client).values())
        while self._writing:
            await self._pause(random.uniform(0.2, 2.0))
            paper = random.choice(papers)
            self._receipts.append(paper.offer(_typed(paper.document.content, random)))

    async def _pause(self, seconds: float) -> None:
        await anyio.sleep(seconds * self._server.options.scale)

    def _limit(self) -> AbstractContextManager[anyio.CancelScope]:
        return anyio.fail_after(FAULT_LIMIT_SECONDS * self._server.options.scale)

    async def _report(self, equal: bool, seconds: float) -> Report:  # noqa: FBT001 - the one fact it is told
        verdicts = [await receipt.verdict() for receipt in self._receipts]
        ended = Counter(each.outcome_now.outcome for each in self._receipts if each.outcome_now is not None)
        ledger = self._server.ledger
        return Report(
            seed=self._seed,
            faults={fault.value: ledger.faults(fault) for fault in Fault},
            operations_accepted=sum(isinstance(verdict, Taken) for verdict in verdicts),
            operations_acknowledged=ended[Outcome.ACKNOWLEDGED],
            operations_given_back=ended[Outcome.EXPORTED],
            operations_applied=ledger.count(What.APPLIED),
            duplicates=len(ledger.duplicates_applied()),
            documents_equal=equal and self._server.consistent(),
            dials=ledger.dials(),
            seconds=seconds,
            document=self._server.document.text.content,
            beside=self._server.documents[BESIDE].text.content,
        )


def _papers(client: Client) -> dict[str, Paper]:
    """Give the documents that a client edits, by the names under which the server has them."""
    return {URL_DOCUMENT: client, BESIDE: client.open(BESIDE)}


async def _until(client: Client, status: Status) -> None:
    """Wait until the client has that status."""
    news = aiter(client)
    while client.status.status is not status:
        await anext(news)


def _typed(text: str, random: Random) -> Operation:
    """Put a word between two words, or take one away when the text has grown to a line or two."""
    starts = [0, *(index + 1 for index, character in enumerate(text) if character == " ")]
    if len(starts) > LINE_WORDS and random.random() < 0.6:
        at = random.randrange(len(starts) - 1)
        return Delete(starts[at], starts[at + 1] - starts[at])
    return Insert(random.choice(starts), random.choice(WORDS))
