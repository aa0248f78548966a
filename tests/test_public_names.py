"""The names of the package, as a person finds them at a prompt: all of `__all__`, also what is not loaded yet."""

import statekit


def test_every_public_name_is_listed_and_there():
    assert set(statekit.__all__) <= set(dir(statekit))
    assert dir(statekit) == sorted(dir(statekit))
    assert all(getattr(statekit, name) is not None for name in statekit.__all__)
