"""The ways in, and the two faults that shut them: a restart, and a dial that must be refused."""

from collections.abc import Callable
from typing import Protocol

import anyio

from machines.demo.clock import ServerClock
from machines.demo.faults import Fault
from machines.demo.ledger import Ledger, What


class Door(Protocol):
    """A way in that can be shut: new dials are refused, open connections go on."""

    async def shut(self) -> None:
        """Refuse new dials from now on."""
        ...

    async def open(self) -> None:
        """Accept them again, at the same address."""
        ...


class Doors:
    """All ways in. One fault at a time shuts them; the next one waits.

    No server sees a dial that its closed port refused. Where a `Witness` watches the clients' transports, a refusal
    lasts until the client has run into it; without one it lasts a while and is taken to have happened.
    """

    def __init__(self, clock: ServerClock, ledger: Ledger) -> None:
        self._clock = clock
        self._ledger = ledger
        self._doors: list[Door] = []
        self._turn = anyio.Lock()
        self._witnessed = False
        self._awaited: tuple[str, anyio.Event] | None = None
        self._restarting = False

    def attach(self, door: Door) -> None:
        """Add a way in."""
        self._doors.append(door)

    def detach(self, door: Door) -> None:
        """Forget a way in that is no more."""
        self._doors.remove(door)

    def witness(self) -> None:
        """Learn that refused dials will be reported from now on."""
        self._witnessed = True

    def dial_refused(self, client_id: str) -> None:
        """Learn that a dial of that client met a closed port."""
        self._ledger.note(What.REFUSED, client_id)
        if self._awaited is not None and self._awaited[0] == client_id:
            self._awaited[1].set()

    def bar(self, client_id: str) -> bool:
        """Say whether a client that was on its way in when the doors were shut must go again."""
        return self._restarting or (self._awaited is not None and self._awaited[0] == client_id)

    async def refuse(self, client_id: str, drop: Callable[[], None], unseen_seconds: float) -> None:
        """Shut until a dial of that client was refused; `drop` takes its connection from it, once all is shut."""
        async with self._turn:
            refused = anyio.Event()
            self._awaited = client_id, refused
            await self._shut()
            drop()
            if self._witnessed:
                await refused.wait()
            else:
                await self._clock.sleep(unseen_seconds)
            self._awaited = None
            note = "" if self._witnessed else "not seen by the server"
            self._ledger.note(What.FAULT, client_id, fault=Fault.REFUSED_DIAL, note=note)
            await self._open()

    async def restart(self, client_id: str, drop: Callable[[], None], shut_seconds: float) -> None:
        """Shut, `drop` everyone's connection, and open again after a while."""
        async with self._turn:
            self._restarting = True
            await self._shut()
            drop()
            self._ledger.note(What.FAULT, client_id, fault=Fault.SERVER_RESTART)
            await self._clock.sleep(shut_seconds)
            self._restarting = False
            await self._open()

    async def _shut(self) -> None:
        self._ledger.note(What.SHUT)
        for door in tuple(self._doors):
            await door.shut()

    async def _open(self) -> None:
        for door in tuple(self._doors):
            await door.open()
        self._ledger.note(What.OPENED)
