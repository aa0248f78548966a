"""A document that does not come says which one it is, and why."""

import pytest

from machines.client import NotReady
from statekit.testing.virtual_time import VIRTUAL_BACKENDS


@pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)
async def test_a_document_that_the_server_does_not_have_is_named(world):
    async with world() as here, here.connected() as client:
        notes = client.open("notes")
        with pytest.raises(NotReady, match=r"^the document 'notes' did not arrive: not_found$") as caught:
            await notes.ready()
    assert (caught.value.document_id, caught.value.reason) == ("notes", "not_found")


def test_the_document_of_the_url_has_no_other_name():
    assert str(NotReady("", "closed")) == "the document of the URL did not arrive: closed"
