"""What a user is shown in each phase of a session, and why."""

import anyio
import pytest

from machines.client import LoginRequired
from machines.connection import CONNECTION
from machines.demo.faults import CloseWith, Fault, HttpStatus
from machines.demo.ledger import What
from machines.status import Status
from statekit.testing.virtual_time import VIRTUAL_BACKENDS

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


@pytest.mark.parametrize(
    ("answer", "status", "reason", "dials"),
    [
        (CloseWith(1000), Status.OFFLINE, "server_closed", 1),
        (CloseWith(1002), Status.FAILED, "protocol_error", 2),
        (CloseWith(1008), Status.WAITING, "reauth", 4),
        (CloseWith(1011), Status.WAITING, "circuit_breaker", 5),
        (CloseWith(1013), Status.RECONNECTING, "", 1),
        (CloseWith(3003), Status.FAILED, "permission_denied", 1),
        (CloseWith(3500), Status.FAILED, "unknown_close", 3),
        (CloseWith(4001), Status.WAITING, "reauth", 4),
        (CloseWith(4002), Status.FAILED, "permission_denied", 1),
        (CloseWith(4003), Status.RECONNECTING, "document_locked", 1),
        (CloseWith(4004), Status.FAILED, "kicked", 1),
        (HttpStatus(401), Status.WAITING, "reauth", 4),
        (HttpStatus(403), Status.FAILED, "permission_denied", 2),
        (HttpStatus(404), Status.FAILED, "not_found", 1),
        (HttpStatus(423), Status.RECONNECTING, "document_locked", 1),
        (HttpStatus(429, retry_after_seconds=100), Status.RECONNECTING, "", 1),
        (HttpStatus(503), Status.WAITING, "circuit_breaker", 5),
    ],
    ids=str,
)
async def test_what_a_server_answers_to_every_dial_ends_in_its_documented_status(world, answer, status, reason, dials):
    async with world() as here:
        here.server.answer_dials("ann", answer)
        async with here.client() as client:
            await anyio.sleep(29)
            assert (client.status.status, client.status.reason) == (status, reason)
            assert here.server.ledger.dials("ann") == dials


async def test_each_phase_of_getting_connected_and_of_leaving_has_its_status(world, until):
    phases = []

    def note(record):
        phase = f"{record.transaction.snapshot.of(CONNECTION).state}: {client.status}"
        if phase not in phases[-1:]:
            phases.append(phase)

    async with world(latency_seconds=0.5) as here:
        client = here.client(observe=note)
        phases.append(f"idle: {client.status}")
        async with client:
            await until(client, Status.CONNECTED)
            await anyio.sleep(10)
            here.server.inflict(Fault.CLOSED_1001, "ann")
            await until(client, Status.RECONNECTING)
    assert phases == [
        "idle: offline (initial)",
        "authorizing: connecting",
        "dialing: connecting",
        "handshaking: connecting",
        "settling: connected",
        "stable: connected",
        "backing_off: reconnecting",
        "idle: offline (user)",
    ]


async def test_a_shut_gate_is_named_while_it_keeps_the_client_waiting(world, until):
    async with world() as here, here.client(token=here.refresh(script=[LoginRequired()])) as client:
        await until(client, Status.WAITING)
        assert str(client.status) == "waiting (reauth)"


async def test_the_platform_says_whether_there_is_a_network_and_a_viewer(world, until):
    """pinchy #915, Fluid #10325: no attempt is made that cannot succeed, and the next is made at once."""
    async with world() as here, here.client() as client:
        await until(client, Status.CONNECTED)
        for say, reason in (
            (lambda there: client.network(there=there), "offline"),
            (lambda there: client.visible(to_user=there), "hidden"),
        ):
            await say(False)
            assert client.status.status is Status.CONNECTED
            here.server.inflict(Fault.RESET_1006, "ann")
            await until(client, Status.WAITING, reason)
            await anyio.sleep(1000)
            dials = here.server.ledger.dials("ann")
            await say(True)
            await until(client, Status.CONNECTED, within_seconds=1)
            assert here.server.ledger.dials("ann") == dials + 1


async def test_a_storm_of_errors_is_left_alone_for_half_a_minute(world, until):
    async with world() as here, here.client() as client:
        await until(client, Status.CONNECTED)
        here.server.inflict(Fault.ERROR_STORM, "ann")
        await until(client, Status.WAITING, "storm")
        waits = {(each.member, each.what) for each in client.explain()}
        assert ("error_storm", "after cooldown") in waits
        await until(client, Status.CONNECTED, within_seconds=40)
        ended = [each.code for each in here.server.ledger.entries if each.what is What.ENDED]
        assert ended == [4999]


async def test_a_breaker_that_opened_lets_one_attempt_through_a_minute_later(world, until):
    async with world() as here:
        here.server.answer_dials("ann", CloseWith(1011))
        async with here.client() as client:
            await until(client, Status.WAITING, "circuit_breaker")
            here.server.answer_dials("ann", None)
            await until(client, Status.CONNECTED)
        dialled = [each.at_seconds for each in here.server.ledger.entries if each.what is What.DIALLED]
        assert len(dialled) == 6
        assert dialled[5] - dialled[4] == pytest.approx(60)
