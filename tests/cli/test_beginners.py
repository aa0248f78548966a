"""What a beginner's file is told by `check`: the cause, once, with its file and line, and what would be right."""

import sys

import pytest

LAMP = """\
from enum import StrEnum
from attrs import evolve, frozen
from statekit import Kind, Machine, Rows

class State(StrEnum):
    OFF = "off"
    ON = "on"

@frozen
class Pressed:
    pass
@frozen
class Buzz:
    times: int
@frozen
class Context:
    count: int = 0

def counted(context: Context) -> Context:
    return evolve(context, count=1)

def buzz(context: Context) -> Buzz:
    return Buzz(context.count)

rows = Rows[State, Context, Buzz]()
LAMP = Machine(
    "lamp",
    initial=State.OFF,
    context=Context(),
    states=(rows.state(State.OFF, Kind.REST, "dark"), rows.state(State.ON, Kind.STEADY, "light")),
    table=(
        rows.row(State.OFF, Pressed, State.ON, update=counted),
        rows.row(State.ON, Pressed, State.OFF, buzz),
    ),
)
"""


@pytest.fixture
def check(run, tmp_path, monkeypatch):
    """Check the lamp with one thing changed, in a folder of its own."""

    def check(was="", now="", *options):
        assert LAMP.count(was) == 1 or not was
        (tmp_path / "lamp.py").write_text(LAMP.replace(was, now) if was else LAMP, encoding="utf-8")
        done = run("check", "lamp.py", *options)
        return done.exit_code, " ".join(f"{done.stdout} {done.stderr}".split())

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.delitem(sys.modules, "lamp", raising=False)
    yield check
    sys.modules.pop("lamp", None)


def test_the_lamp_itself_is_sound(check):
    assert check()[0] == 0


def test_a_broken_update_is_told_alone_and_not_what_could_not_be_reached_after_it(check):
    code, said = check("return evolve(context, count=1)", "evolve(context, count=1)")
    assert code == 1
    assert "update counted returned NoneType; it must return Context" in said
    assert "/lamp.py:19), or guard the row" in said
    assert "· 1 way through functions never gone: mend the above first" in said
    assert "no explored step went this way" not in said
    assert "1 fault on the way" in said


def test_a_maker_that_returns_nothing_is_named(check):
    code, said = check("return Buzz(context.count)", "Buzz(context.count)")
    assert code == 1
    assert "maker buzz returned None; it must return an effect, or a tuple of them" in said


def test_an_import_that_fails_is_told_with_its_line(check):
    code, said = check("import evolve, frozen", "import evolve, frozenn")
    assert code == 2
    assert "cannot import name 'frozenn' from 'attrs'" in said
    assert said.endswith("/lamp.py:2)")


def test_a_misspelled_state_is_told_with_its_enum_and_line(check):
    code, said = check("State.OFF, Pressed, State.ON, update", "State.OFF, Pressed, State.ONN, update")
    assert code == 2
    assert "AttributeError" in said
    assert "ONN" in said
    assert "/lamp.py:32)" in said


HOUSE = """\
from lamp import *
from statekit import System

HOUSE = System("house", (LAMP,))
"""


def test_of_a_file_the_system_is_meant_and_not_its_members(run, check, tmp_path):
    assert check()[0] == 0
    (tmp_path / "lit_house.py").write_text(HOUSE, encoding="utf-8")
    assert "House" in run("show", "lit_house.py").stdout
    (tmp_path / "two_houses.py").write_text(HOUSE + "TWIN = System('twin', (LAMP,))\n", encoding="utf-8")
    assert "has 2 to choose from: two_houses.py:HOUSE or two_houses.py:TWIN" in run("show", "two_houses.py").stderr
    for name in ("lit_house", "two_houses"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("command", [("check",), ("show",), ("diagram", "-f", "md")], ids=lambda words: words[0])
def test_no_line_into_a_pipe_ends_in_blanks(run, check, command):
    check()
    said = run(command[0], "lamp.py", *command[1:]).stdout
    assert said
    assert [line for line in said.splitlines() if line != line.rstrip()] == []
