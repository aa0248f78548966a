"""A comparison: a server that ends every connection, met by a plain reconnect loop and by this client.

The loop is the one that the library `websockets` documents. It never looks at the close code, and every good handshake
resets its backoff, so it dials as fast as it can. Both dial the same server, over real sockets and at the same time;
the server counts.
"""

from functools import partial

import anyio
from attrs import frozen
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from machines.client.client import Client
from machines.client.vault import AccessToken
from machines.demo.faults import CloseWith
from machines.demo.front import LoopbackFront
from machines.demo.listener import mute
from machines.demo.server import DemoServer
from machines.status import StatusNow

LOOP, CLIENT = "loop", "client"
LIFETIME_SECONDS = 3600.0
MEASURED = ((4004, 1.0), (1013, 10.0), (1011, 1.0))
"""What the command measures: a close code and for how many seconds. Kicked, try again later, internal error."""


@frozen
class Comparison:
    """How often each side dialled a server that accepts and then closes with `code`, in how many seconds."""

    code: int
    seconds: float
    loop_dials: int
    client_dials: int
    client_status: StatusNow

    def __str__(self) -> str:
        """Say it in one line."""
        return (
            f"{self.code}, {self.seconds:g} s: the plain loop dialled {self.loop_dials} times,"
            f" this client {self.client_dials} and is {self.client_status}"
        )


async def compare(code: int, seconds: float = 1.0) -> Comparison:
    """Let both meet that close code for so many (real) seconds, and return what the server counted.

    Runs on asyncio, since that loop does; needs the extras `demo` and `ws`. Raises ValueError for a code that no close
    frame may carry.
    """
    counted: list[Comparison] = []
    async with DemoServer() as server, LoopbackFront(server) as front, anyio.create_task_group() as tasks:
        for client_id in (LOOP, CLIENT):
            server.answer_dials(client_id, CloseWith(code))
        url = front.url(CLIENT, "").partition("?")[0]
        async with Client(url, token=partial(_fetch, server), client_id=CLIENT, transport=front.transport()) as client:
            tasks.start_soon(plain_loop, front.url(LOOP, server.tokens.issue(LOOP, LIFETIME_SECONDS).token))
            await anyio.sleep(seconds)
            dials = server.ledger.dials
            counted.append(Comparison(code, seconds, dials(LOOP), dials(CLIENT), client.status))
        tasks.cancel_scope.cancel()
    return counted[0]


async def plain_loop(url: str) -> None:
    """Reconnect for ever, as the library's documentation shows it; only its logger and its proxy are off."""
    async for websocket in connect(url, proxy=None, logger=mute()):
        try:
            await websocket.recv()
        except ConnectionClosed:
            continue


async def _fetch(server: DemoServer) -> AccessToken:
    issued = server.tokens.issue(CLIENT, LIFETIME_SECONDS)
    return AccessToken(issued.token, issued.expires_in_seconds)


async def _print_all() -> None:
    for code, seconds in MEASURED:
        print(await compare(code, seconds))


if __name__ == "__main__":
    anyio.run(_print_all)
