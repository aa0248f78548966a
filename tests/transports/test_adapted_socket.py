"""What an adapter does by itself, over a connection that does as it is told, under virtual time."""

import anyio
import pytest
from websockets.protocol import State

from statekit.testing.virtual_time import VIRTUAL_BACKENDS
from statekit.transports.adapted_socket import AdaptedSocket

pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)


class Told:
    """A connection that says nothing until it is asked for the third time."""

    state = State.OPEN

    def __init__(self):
        self.asked = 0

    async def recv(self):
        self.asked += 1
        if self.asked < 3:
            await anyio.sleep_forever()
        return "at last"


class Bare(AdaptedSocket):
    async def abort(self):
        pytest.fail("nothing has ended")

    async def _close(self, code, reason):
        pytest.fail("nobody closes")


async def test_a_silence_longer_than_the_close_timeout_ends_nothing_while_the_connection_is_open():
    connection = Told()
    assert await Bare(connection, 5.0).receive() == "at last"
    assert (connection.asked, anyio.current_time()) == (3, 10.0)
