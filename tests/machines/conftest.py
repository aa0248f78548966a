"""What the tests of every lifecycle share: the proof that they walk through all of its table."""

from inspect import getmembers, isfunction, signature

import pytest

from statekit.testing.passed import untaken
from statekit.testing.walk import Walk


@pytest.fixture
def left_untaken(request):
    """Walk a machine through every test that asks for `walk` alone; give the lines that none of them takes.

    The tests are those of the module, and of the others that are given.
    """

    def walked(machine, walk=None, more=()):
        walk = walk or Walk(machine)
        for name, test in (each for module in (request.module, *more) for each in getmembers(module, isfunction)):
            if name.startswith("test_") and list(signature(test).parameters) == ["walk"]:
                walk.begin()
                test(walk)
        return untaken(machine, walk.passed)

    return walked
