"""Two documents over one real socket: two clients edit both, and the server's log shows nothing lost or doubled."""

from itertools import product

import anyio
import pytest

from machines.demo.faults import Fault
from machines.demo.ledger import What
from machines.document import Outcome
from machines.status import Status
from machines.wire.operations import Insert

pytestmark = pytest.mark.net

NAMES = ("ann", "ben")
EDITS = 10


def texts(client):
    return [client.document, client.open("notes").document]


async def test_two_documents_converge_over_one_socket_each_and_each_operation_is_applied_once(world, until):
    async with world(content="shared", others={"notes": "noted"}) as here:
        async with here.client("ann") as ann, here.client("ben") as ben:
            clients = (ann, ben)
            documents = [document for client in clients for document in (client, client.open("notes"))]
            for each in documents:
                await each.ready()
            news, receipts = [aiter(client) for client in clients], []
            for number in range(EDITS):
                receipts += [each.offer(Insert(number % 3, str(number))) for each in documents]
                await receipts[-1].verdict()
                if number == EDITS // 2:
                    here.server.inflict(Fault.LOST_ACK, "ann")
                    here.server.inflict(Fault.RESET_1006, "ben")
            with anyio.fail_after(20):
                ended = [await each.outcome() for each in receipts]
                for client, heard in zip(clients, news, strict=True):
                    await until(client, Status.CONNECTED)
                    while texts(client) != [each.text for each in here.server.documents.values()]:
                        await anext(heard)
        assert {each.outcome for each in ended} == {Outcome.ACKNOWLEDGED}
        assert [sum(each.document_id == name for each in ended) for name in ("", "notes")] == [2 * EDITS] * 2
        ledger = here.server.ledger
        applied = [(each.client_id, each.document_id) for each in ledger.entries if each.what is What.APPLIED]
        assert len(applied) <= 4 * EDITS
        assert set(applied) == set(product(NAMES, ("", "notes")))
        assert (ledger.dials("ann"), ledger.dials("ben")) == (1, 2)
        assert here.server.consistent()
