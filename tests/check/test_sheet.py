"""Sheets: what names a machine, in this process and in one that runs another version of it."""

import runpy
import sys

import pytest

from machines.heartbeat import HEARTBEAT
from statekit.check import sheet
from statekit.check.sheet import MARK, named, sheets_from, sheets_of

DOOR = """
from enum import StrEnum
from attrs import frozen
from statekit import Kind, Machine, Rows

class State(StrEnum):
    SHUT = "shut"

@frozen
class Knock: ...

def door(name):
    rows = Rows[State, None, object]()
    states = (rows.state(State.SHUT, Kind.REST, "it is shut"),)
    return Machine(name, initial=State.SHUT, context=None, states=states, table=(rows.stay(State.SHUT, Knock),))

class Doors:
    FRONT = {front}

BACK = door("back")
"""


@pytest.fixture
def doors(tmp_path):
    """Write a module with one machine, and one with two; give their paths."""
    one, two = tmp_path / "door_alone.py", tmp_path / "doors.py"
    one.write_text(DOOR.format(front="None"), encoding="utf-8")
    two.write_text(DOOR.format(front='door("front")') + 'SIDE = door("side")\n', encoding="utf-8")
    yield str(one), str(two)
    sys.modules.pop("sheet_of_a_file", None)


def test_a_machine_is_named_by_its_module_or_its_file_and_its_attribute(doors):
    one, two = doors
    assert named("machines.heartbeat:HEARTBEAT") is HEARTBEAT
    assert [each.name for each in (named(f"{two}:Doors.FRONT"), named(f"{two}:SIDE"), named(f"{one}:BACK"))] == [
        "front",
        "side",
        "back",
    ]


def test_a_file_with_one_machine_names_it(doors):
    one, two = doors
    assert named(one).name == "back"
    with pytest.raises(LookupError, match=r"doors.py has 2 machines and systems: say which, as .*doors.py:ATTRIBUTE"):
        named(two)


def test_read_as_a_script_a_sheet_is_one_line_of_json_behind_its_mark(doors, monkeypatch, capsys):
    one, _ = doors
    monkeypatch.setattr(sys, "argv", ["sheet", one])
    runpy.run_path(sheet.__file__, run_name="__main__")
    said = capsys.readouterr().out
    assert said.startswith(MARK)
    assert sheets_from(said.removeprefix(MARK)) == sheets_of(named(one))
