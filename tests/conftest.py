"""Every async test runs on both backends; a module under virtual time asks for `VIRTUAL_BACKENDS` instead."""

from pathlib import Path

import pytest

# An assertion in what test files share says no less of its failure than one in a test.
pytest.register_assert_rewrite(*(f"tests.{each.stem}" for each in Path(__file__).parent.iterdir()))


@pytest.fixture(scope="module", params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param
