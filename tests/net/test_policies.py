"""The close policies on real sockets: how often the client dials, by the server's own count, and when."""

import anyio
import pytest

from machines.connection import CONNECTION, State
from machines.demo.comparison import compare
from machines.demo.faults import CloseWith
from machines.demo.ledger import What
from machines.link import Closed
from machines.status import Status, StatusNow
from statekit.timers import Fired

pytestmark = pytest.mark.net

UNSCALED = 1.0
ONLY_ASYNCIO = pytest.mark.parametrize("anyio_backend", ["asyncio"])  # the plain loop knows nothing else


async def test_who_was_kicked_dials_once(world):
    async with world(UNSCALED) as here:
        here.server.answer_dials("ann", CloseWith(4004))
        async with here.client() as client:
            await anyio.sleep(1)
            assert here.server.ledger.dials("ann") == 1
            assert client.status == StatusNow(Status.FAILED, "kicked")


@ONLY_ASYNCIO
async def test_a_plain_loop_dials_a_server_that_kicked_it_again_and_again(record_property):
    found = await compare(4004, 1.0)
    print(found)
    record_property("plain_loop_dials", found.loop_dials)
    assert found.client_dials == 1
    assert found.client_status == StatusNow(Status.FAILED, "kicked")
    assert found.loop_dials > 20


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_who_is_told_to_try_again_later_dials_once_in_ten_seconds(world):
    async with world(UNSCALED) as here:
        here.server.answer_dials("ann", CloseWith(1013))
        async with here.client() as client:
            await anyio.sleep(10)
            assert here.server.ledger.dials("ann") == 1
            assert client.status.status is Status.RECONNECTING


@ONLY_ASYNCIO
async def test_a_plain_loop_does_not_hear_that_it_should_try_again_later(record_property):
    found = await compare(1013, 10.0)
    print(found)
    record_property("plain_loop_dials", found.loop_dials)
    assert found.client_dials == 1
    assert found.client_status.status is Status.RECONNECTING
    assert found.loop_dials > 20


CHANCES = (0.9, 0.6, 0.4, 0.2)
DRAWN_SECONDS = tuple(0.1 + (cap - 0.1) * chance for cap, chance in zip((1, 2, 4, 8), CHANCES, strict=True))
SCALE = 0.3
TOLERANCE_SECONDS = 0.2
"""Of real time, for what lies between a timer's deadline and the server's entry about the dial: the loop's own
lateness, a TCP connect and the request that upgrades it. On an idle machine they take 3 ms; the rest is for a busy one.
"""


class Attempts:
    """What the observe hook says of the connection: when each link closed, each backoff that passed, the attempts."""

    def __init__(self):
        self.closed_seconds = []
        self.backoffs = []
        self.counts = [0]
        self.fifth_closed = anyio.Event()

    def __call__(self, record):
        held = record.transaction.snapshot.of(CONNECTION)
        if not self.fifth_closed.is_set():  # who disconnects afterwards is done with its failures
            self.counts.append(held.context.retries.attempts)
        if record.member != CONNECTION.name:
            return
        event = record.stimulus.event
        if isinstance(event, Closed):
            self.closed_seconds.append(record.at_seconds)
            if len(self.closed_seconds) == 5:
                self.fifth_closed.set()
        elif isinstance(event, Fired) and held.state is not State.STABLE:
            self.backoffs.append(event)


async def test_after_an_internal_error_the_dials_come_when_the_drawn_delays_say(world):
    async with world(SCALE) as here:
        here.server.answer_dials("ann", CloseWith(1011))
        attempts, chances = Attempts(), iter(CHANCES)
        client = here.client(chance=lambda: next(chances, 1.0), observe=attempts)
        async with client:
            zero_seconds = anyio.current_time() / SCALE - here.server.clock.now()
            with anyio.fail_after(10):
                await attempts.fifth_closed.wait()
        dialled = [each.at_seconds for each in here.server.ledger.entries if each.what is What.DIALLED]
        assert len(dialled) == 5
        assert [each.delay_seconds for each in attempts.backoffs] == pytest.approx(DRAWN_SECONDS)
        for dial, closed, drawn in zip(dialled[1:], attempts.closed_seconds, DRAWN_SECONDS, strict=False):
            late_seconds = (zero_seconds + dial - closed - drawn) * SCALE
            assert -1e-6 < late_seconds < TOLERANCE_SECONDS
        assert attempts.counts == sorted(attempts.counts), "an early drop forgives nothing"
        assert attempts.counts[-1] == 5


@ONLY_ASYNCIO
async def test_a_plain_loop_dials_a_server_in_trouble_without_a_pause(record_property):
    found = await compare(1011, 2.0)
    print(found)
    record_property("plain_loop_dials", found.loop_dials)
    assert found.client_dials <= 5
    assert found.loop_dials > 20
