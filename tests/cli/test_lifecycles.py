"""The shipped lifecycles are to be had by two names, and are the same objects by both."""

import importlib

import pytest

from statekit import lifecycles

SHADOWED = """
import sys
import machines, machines.connection as theirs
from statekit.lifecycles import CONNECTION, SESSION, connection, session
from statekit import lifecycles
import statekit

assert machines.MINE == theirs.MINE == 1
assert connection is not theirs
assert connection.CONNECTION is CONNECTION is session.CONNECTION is SESSION.members[0]
assert lifecycles.connection is connection
assert lifecycles.link.Dial in CONNECTION.effects()
assert statekit.start(CONNECTION).snapshot.state is connection.IDLE
assert "anyio" not in sys.modules
assert lifecycles.Client.__module__.startswith("machines.client")
import machines.connection as again
assert again is theirs and sys.modules["machines"] is machines
print(machines.__file__)
"""


@pytest.fixture
def own_machines(tmp_path):
    folder = tmp_path / "machines"
    folder.mkdir()
    (folder / "__init__.py").write_text("MINE = 1\n")
    (folder / "connection.py").write_text("MINE = 1\n")
    return folder


INSIDE = {"ROUTER": "policy.router", "Client": "client"}


def test_both_import_paths_give_the_same_objects():
    for name in lifecycles.__all__:
        is_module = name.islower()
        module = importlib.import_module(f"machines.{INSIDE.get(name, name.lower())}")
        assert getattr(lifecycles, name) is (module if is_module else getattr(module, name))


def test_both_import_paths_give_the_same_classes():
    from machines.connection import Connect, State
    from statekit.lifecycles import connection

    assert connection.Connect is Connect
    assert connection.State is State


def test_an_application_keeps_its_own_machines(script, own_machines):
    code, out, err = script(SHADOWED)
    assert err == ""
    assert code == 0
    assert out.strip() == str(own_machines / "__init__.py")


def test_asking_for_a_lifecycle_loads_no_event_loop(script):
    code, _, err = script("import sys\nfrom statekit.lifecycles import CONNECTION\nassert 'anyio' not in sys.modules")
    assert (code, err) == (0, "")


def test_a_name_that_is_not_shipped_is_refused_with_those_that_are():
    with pytest.raises(AttributeError, match=r"no attribute 'CONECTION'; it has .*CONNECTION"):
        _ = lifecycles.CONECTION
    assert dir(lifecycles) == sorted(lifecycles.__all__)
