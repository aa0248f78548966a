"""What the tests of every lifecycle share: the proof that they walk through all of its table."""

import inspect

import pytest

from statekit.testing.passed import untaken
from statekit.testing.walk import Walk


@pytest.fixture
def left_untaken(request):
    """Walk a machine through every test of the module that asks for `walk` alone; give the lines none of them takes."""

    def walked(machine, walk=None):
        walk = walk or Walk(machine)
        for name, test in vars(request.module).items():
            if name.startswith("test_") and list(inspect.signature(test).parameters) == ["walk"]:
                walk.begin()
                test(walk)
        return untaken(machine, walk.passed)

    return walked
