"""The server when nothing goes wrong, and when a client comes or goes the wrong way."""

import anyio
import pytest

from machines.demo.faults import Fault
from machines.demo.ledger import What
from machines.demo.server import DemoServer, ServerOptions
from machines.wire.messages import (
    ErrorMessage,
    Goodbye,
    OperationAck,
    OperationBroadcast,
    Passed,
    Ping,
    Pong,
    TokenRefreshRequired,
)
from machines.wire.operations import Insert
from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.transports.memory import MemoryNetwork
from statekit.transports.socket import DialFailed

pytestmark = [
    pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS),
    pytest.mark.parametrize("front", ["memory"]),
]


async def test_a_client_is_greeted_with_who_it_is_and_where_the_document_stands(world):
    async with world(permissions=("read",)) as here:
        ann = await here.newcomer("ann")
        ack = await ann.connect()
        assert (ack.client_id, ack.user_id, ack.permissions, ack.document_version) == ("ann", "user-ann", ("read",), 0)


async def test_a_ping_comes_back_with_its_own_timestamp(world):
    async with world() as here:
        ann = await here.client("ann")
        await ann.say(Ping(12.5))
        assert (await ann.expect(Pong)).timestamp_ms == 12.5


async def test_the_server_pings_when_told_to(world):
    async with world(ping_every_seconds=30.0) as here:
        ann = await here.client("ann")
        for beat in (1, 2, 3):
            await here.sleep(30)
            assert (await ann.expect(Ping)).timestamp_ms == pytest.approx(beat * 30_000)
            await ann.say(Pong(0))
        assert here.server.ledger.count(What.IGNORED) == 0


@pytest.mark.parametrize("frame", ["", "no json", "[]", '{"type":"system","event":"ping","data":{"timestamp":"now"}}'])
async def test_a_frame_that_is_no_message_closes_with_1002(world, frame):
    async with world() as here:
        ann = await here.client("ann")
        await ann.socket.send(frame)
        assert (await ann.ended()).code == 1002
        assert here.server.ledger.count(What.GARBAGE, "ann") == 1


async def test_an_unknown_event_is_ignored(world):
    async with world() as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        await ann.say(Passed("system", "coffee_ready", {}))
        await ann.say(Ping(1))
        await ann.expect(Pong)
        await bob.say(Ping(1))
        await bob.expect(Pong)
        assert here.server.ledger.count(What.IGNORED, "ann") == 1


async def test_presence_and_comments_go_to_the_others_under_the_speakers_id(world):
    async with world() as here:
        ann, bob = await here.client("ann"), await here.client("bob")
        await ann.say(Passed("presence", "cursor_update", {"position": 3}, client_id="forged"))
        told = await bob.expect(Passed)
        assert (told.type, told.event, told.client_id, dict(told.data)) == (
            "presence",
            "cursor_update",
            "ann",
            {"position": 3},
        )


async def test_a_goodbye_and_a_close_end_the_session_quietly(world):
    async with world() as here:
        ann = await here.client("ann")
        await ann.say(Goodbye("done"))
        await ann.socket.aclose(1000)
        await here.sleep(1)
        ended = here.server.ledger.entries[-1]
        assert (ended.what, ended.code, ended.note) == (What.ENDED, 1000, "by the client or the net")
        assert not here.server.connected("ann")


async def test_a_token_that_runs_out_during_the_session_ends_it(world):
    async with world() as here:
        ann = await here.client("ann", ttl_seconds=60.0)
        await here.sleep(59.9)
        await ann.say(Ping(1))
        await ann.expect(Pong)
        error = await ann.expect(ErrorMessage)
        assert error.error_code == "TOKEN_EXPIRED"
        assert (await ann.ended()).code == 4001
        assert here.server.ledger.entries[-1].at_seconds == pytest.approx(60.0)
        with pytest.raises(DialFailed) as failed:
            await ann.dial()
        assert failed.value.status == 401


async def test_a_refresh_is_asked_for_ahead_of_time_when_told_to(world):
    async with world(refresh_lead_seconds=10.0) as here:
        ann = await here.client("ann", ttl_seconds=60.0)
        await here.sleep(50.0)
        asked = await ann.expect(TokenRefreshRequired)
        assert asked.expires_in_seconds == pytest.approx(10.0)
        assert here.server.ledger.count(What.WARNED, "ann") == 1
        bob = await here.client("bob", ttl_seconds=5.0)
        assert (await bob.expect(TokenRefreshRequired)).expires_in_seconds == pytest.approx(5.0)


async def test_the_scale_shortens_the_servers_seconds(world):
    async with world(scale=0.05) as here:
        started = anyio.current_time()
        ann = await here.client("ann", ttl_seconds=60.0)
        await ann.expect(ErrorMessage)
        assert anyio.current_time() - started == pytest.approx(3.0)
        assert here.server.clock.now() == pytest.approx(60.0)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (("client_id=ann", "client_id="), 400),
        (("token=", "nothing="), 401),
        (("token=", "token=x"), 401),
        (("documents/shared", "documents/other"), 404),
        (("/v1/", "/v2/"), 404),
    ],
)
async def test_a_dial_to_the_wrong_place_or_without_its_papers_is_rejected(world, change, status):
    async with world() as here:
        ann = await here.newcomer("ann")
        url = here.front.url("ann", ann.token)
        assert change[0] in url
        with pytest.raises(DialFailed) as failed:
            await here.transport.dial(url.replace(*change))
        assert (failed.value.cause, failed.value.status) == ("rejected", status)
        rejected = here.server.ledger.entries[-1]
        assert (rejected.what, rejected.code) == (What.REJECTED, status)
        assert here.server.ledger.count(What.DIALLED) == 1


async def test_a_revoked_token_opens_nothing(world):
    async with world() as here:
        ann = await here.newcomer("ann")
        here.server.tokens.revoke("user-ann")
        with pytest.raises(DialFailed) as failed:
            await ann.dial()
        assert failed.value.status == 401


async def test_a_second_socket_of_one_client_hears_what_others_do_and_not_itself(world):
    async with world() as here:
        old, new, bob = await here.client("ann"), await here.client("ann"), await here.client("bob")
        await new.edit(Insert(0, "x"), base_version=0)
        await new.expect(OperationAck)
        await bob.expect(OperationBroadcast)
        await bob.edit(Insert(0, "y"), base_version=1)
        assert (await old.expect(OperationBroadcast)).client_id == "bob"
        assert (await new.expect(OperationBroadcast)).client_id == "bob"


async def test_nothing_of_a_token_is_in_the_ledger(world):
    async with world() as here:
        ann = await here.client("ann")
        with pytest.raises(DialFailed):
            await here.transport.dial(here.front.url("ann", "canary-token"))
        shown = repr(here.server.ledger.entries)
        assert ann.token not in shown
        assert "canary" not in shown


async def test_a_connection_that_breaks_leaves_nothing_behind(world):
    async with world() as here:
        ann = await here.client("ann")
        await ann.socket.abort()
        await here.sleep(1)
        assert here.front.network.open_links == 0
        assert here.server.ledger.entries[-1].code == 1006


async def test_every_entry_is_told_as_it_is_noted(world):
    told = []
    async with DemoServer(ServerOptions(), observe=told.append) as server:
        server.audit("ann", "")
        assert tuple(told) == server.ledger.entries


class SlowToAccept:
    """A server that takes a second between accepting a handshake and serving the socket."""

    def __init__(self, server):
        self.server = server
        self.serve = server.serve

    async def admit(self, path):
        await self.server.admit(path)
        await self.server.clock.sleep(1)


@pytest.mark.parametrize("fault", [Fault.SERVER_RESTART, Fault.REFUSED_DIAL])
async def test_a_client_on_its_way_in_when_the_port_is_shut_has_to_go_again(world, fault):
    async with world() as here, MemoryNetwork(SlowToAccept(here.server)) as slow, anyio.create_task_group() as tasks:
        ann = await here.newcomer("ann")
        here.transport = slow.transport()
        tasks.start_soon(ann.dial)
        await here.sleep(0.5)
        here.server.inflict(fault, "ann")
        await here.sleep(1)
        assert (await ann.ended()).code == 1012


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
async def test_a_scale_that_does_not_move_forward_is_refused(world, scale):
    with pytest.raises(ValueError, match="above 0"):
        DemoServer(ServerOptions(scale=scale))
