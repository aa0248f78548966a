"""Every async test runs on both backends; a module under virtual time asks for `VIRTUAL_BACKENDS` instead."""

import pytest


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param
