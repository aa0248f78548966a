"""The command: what it prints, and its exit codes."""

import json
import sys

import click
import pytest

from statekit.cli.catalogue import Offer


def test_list_names_every_machine_and_system_with_its_size_and_purpose(run):
    done = run("list")
    assert done.exit_code == 0
    line = next(line for line in done.stdout.splitlines() if line.startswith("connection "))
    assert "13 states" in line
    assert "From wanting a connection" in line
    assert "session " in done.stdout


def test_list_gives_json(run):
    found = {each["name"]: each for each in json.loads(run("list", "--json").stdout)}
    assert found["connection"]["what"] == "machine"
    assert found["connection"]["file"] == "machines/connection.py"
    assert "connection" in found["session"]["members"]


def test_list_tells_what_does_not_load_and_lists_the_rest(run, offered):
    offered(machines={"heartbeat": "machines.heartbeat:HEARTBEAT", "gone": "machines.gone:GONE"})
    done = run("list")
    assert done.exit_code == 1
    assert "heartbeat" in done.stdout
    assert "gone (machines.gone:GONE) cannot be loaded: No module named 'machines.gone'" in done.stderr


def test_show_prints_every_state_with_what_it_answers(run):
    done = run("show", "heartbeat")
    assert done.exit_code == 0
    from machines.heartbeat import HEARTBEAT

    for declared in HEARTBEAT.states:
        assert f"● {declared.state.name.capitalize()}  {declared.kind}  {declared.doc}" in done.stdout
    assert "Timers" in done.stdout


@pytest.mark.parametrize("name", ["connection", "conflict_recovery", "session"])
def test_show_keeps_within_a_hundred_columns(run, name):
    assert max(map(len, run("show", name).stdout.splitlines())) <= 100


def test_show_has_no_colour_where_none_is_wanted(run):
    assert "\x1b" not in run("show", "connection").stdout


def test_show_gives_the_graph_as_json(run):
    found = json.loads(run("show", "heartbeat", "--json").stdout)
    assert found["name"] == "heartbeat"
    assert found["initial"] in {node["name"] for node in found["nodes"]}
    assert json.loads(run("show", "session", "--json").stdout)["members"]


def test_a_machine_may_be_named_by_its_module(run):
    assert run("show", "machines.heartbeat:HEARTBEAT").stdout == run("show", "heartbeat").stdout


def test_an_unknown_name_is_answered_with_what_exists_and_what_may_be_meant(run):
    done = run("show", "conection")
    assert done.exit_code == 2
    assert "no machine or system 'conection'; do you mean connection?" in done.stderr
    assert "heartbeat" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("nowhere:AT_ALL", "No module named 'nowhere'"),
        ("machines.heartbeat:NOTHING", "has no attribute 'NOTHING'"),
        ("machines.heartbeat:State", "it is no Machine and no System"),
    ],
)
def test_a_module_without_a_machine_is_told_in_a_line(run, name, problem):
    done = run("show", name)
    assert done.exit_code == 2
    assert problem in done.stderr


@pytest.mark.parametrize(("form", "start"), [("svg", "<?xml"), ("dot", "//"), ("mermaid", "---"), ("md", "<!--")])
def test_diagram_writes_one_picture_to_standard_output(run, form, start):
    done = run("diagram", "heartbeat", "-f", form)
    assert done.exit_code == 0
    assert done.stdout.startswith(start)


def test_diagram_writes_into_a_folder(run, tmp_path):
    done = run("diagram", "heartbeat", "-f", "png", "-o", str(tmp_path / "new"))
    assert done.exit_code == 0
    assert (tmp_path / "new" / "heartbeat.png").read_bytes().startswith(b"\x89PNG")


def test_diagram_goes_the_way_it_is_told(run):
    assert "rankdir=LR" in run("diagram", "heartbeat", "-f", "dot", "--direction", "LR").stdout


def test_all_pictures_are_checked_against_what_was_drawn(run, offered, tmp_path):
    offered(machines={"heartbeat": "machines.heartbeat:HEARTBEAT"})
    here = str(tmp_path)
    assert run("diagram", "--all", "--check", "-o", here).exit_code == 1
    assert run("diagram", "--all", "-o", here).exit_code == 0
    assert run("diagram", "--all", "--check", "-o", here).exit_code == 0
    (tmp_path / "heartbeat.md").write_text("changed")
    done = run("diagram", "--all", "--check", "-o", here)
    assert done.exit_code == 1
    assert "-changed" in done.stdout
    assert "1 file is out of date: statekit diagram --all" in done.stderr
    assert (tmp_path / "heartbeat.md").read_text() == "changed"


def test_the_tables_that_are_offered_are_checked_with_the_pictures(run, offered, tmp_path):
    offered(
        machines={"heartbeat": "machines.heartbeat:HEARTBEAT"}, tables={"policies": "machines.printed.page:POLICIES"}
    )
    here = str(tmp_path)
    assert run("diagram", "--all", "-o", here).exit_code == 0
    page = (tmp_path / "README.md").read_text()
    assert "## Policies" in page
    (tmp_path / "README.md").write_text(page.replace("Kicked", "Pushed"))
    done = run("diagram", "--all", "--check", "-o", here)
    assert done.exit_code == 1
    assert any(line.startswith("-") and "Pushed" in line for line in done.stdout.splitlines())


def test_what_is_offered_as_tables_and_is_none_is_a_line_and_an_exit_code(run, offered, tmp_path):
    offered(machines={"heartbeat": "machines.heartbeat:HEARTBEAT"}, tables={"odd": "machines.heartbeat:HEARTBEAT"})
    done = run("diagram", "--all", "-o", str(tmp_path))
    assert done.exit_code == 2
    assert "odd (machines.heartbeat:HEARTBEAT) cannot be loaded: it is no Tables, but Machine" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("heartbeat", "--all"), ("heartbeat", "--check")])
def test_diagram_wants_one_machine_or_all(run, arguments):
    done = run("diagram", *arguments)
    assert done.exit_code == 2
    assert "say which machine to draw, or --all" in done.stderr


def test_a_missing_layout_program_is_a_line_and_an_exit_code(run):
    done = run("diagram", "heartbeat", "--dot", "nosuchdot")
    assert done.exit_code == 2
    assert done.stderr.splitlines() == ['statekit: no layout program (nosuchdot): pip install "statekit[diagrams]"']


def test_text_forms_need_no_layout_program(run, monkeypatch):
    monkeypatch.setenv("STATEKIT_DOT", "nosuchdot")
    for form in ("dot", "mermaid", "md"):
        assert run("diagram", "heartbeat", "-f", form).exit_code == 0


@click.command()
@click.option("--loud", is_flag=True)
def shout(*, loud):
    """Shout."""
    click.echo("HO" if loud else "ho")


def test_the_only_demo_is_the_command_demo(run, offered, monkeypatch):
    offered(demos={"one": "any:where"})
    monkeypatch.setattr(Offer, "load", lambda self: shout)
    assert "demo" in run("--help").stdout
    assert run("demo", "--loud").stdout == "HO\n"


def test_several_demos_are_subcommands(run, offered, monkeypatch):
    offered(demos={"one": "any:where", "two": "any:else"})
    monkeypatch.setattr(Offer, "load", lambda self: shout)
    assert run("demo", "two", "--loud").stdout == "HO\n"


def test_a_demo_that_does_not_load_leaves_the_other_commands_alone(run, offered):
    offered(demos={"one": "nowhere:demo"}, machines={"heartbeat": "machines.heartbeat:HEARTBEAT"})
    assert run("--help").exit_code == 0
    assert run("list").exit_code == 0
    done = run("demo", "--loud")
    assert done.exit_code == 2
    assert "one (nowhere:demo) cannot be loaded" in done.stderr


def test_without_demos_there_is_no_such_command(run, offered):
    offered()
    assert run("demo").exit_code == 2
    assert "demo" not in run("--help").stdout


LAMP = """
from enum import StrEnum
from attrs import frozen
from statekit import Kind, Machine, Rows
from statekit.check.model import Model

class State(StrEnum):
    OFF = "off"
    ON = "on"

@frozen
class Press:
    pass

rows = Rows[State, None, object]()
LAMP = Machine(
    "lamp",
    initial=State.OFF,
    context=None,
    states=(rows.state(State.OFF, Kind.REST, "dark"), rows.state(State.ON, Kind.STEADY, "light")),
    table=(rows.row(State.OFF, Press, State.ON), rows.row(State.ON, Press, State.OFF)),
)
"""


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a module beside the reader, whose name and folder nobody knows afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)

    def written(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return str(file)

    yield written
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def test_a_machine_may_be_named_by_its_file(run, written):
    written("lamp_by_file.py", LAMP)
    shown = run("show", "lamp_by_file:LAMP").stdout
    assert "● Off" in shown
    assert run("show", "lamp_by_file.py:LAMP").stdout == run("show", "lamp_by_file.py").stdout == shown


def test_a_file_in_a_package_is_imported_as_part_of_it(run, written):
    written("house_pkg/__init__.py", "")
    written("house_pkg/rooms/__init__.py", "")
    named = written("house_pkg/rooms/lamp.py", LAMP + "from house_pkg import rooms\n")
    assert "house_pkg" in run("diagram", named, "-f", "dot").stdout.splitlines()[0]


def test_of_a_file_the_model_is_meant_where_there_is_one_to_check(run, written):
    written("lamp_with_model.py", LAMP + "MODEL = Model(LAMP)\n")
    assert run("check", "lamp_with_model.py").exit_code == 0
    assert run("mutate", "lamp_with_model.py", "--jobs", "1").exit_code == 1
    assert "● Off" in run("show", "lamp_with_model.py").stdout


# fmt: off
UNCLEAR = [
    ("x = 1\n", "has nothing to choose from: a Machine, a System or a Model is missing"),
    (LAMP + "TWIN = LAMP\n", "has 2 to choose from: unclear.py:LAMP or unclear.py:TWIN"),
    (LAMP + "\nState.DIM\n", "cannot be loaded: AttributeError: DIM ("),
    ("x = (\n", "cannot be loaded: SyntaxError: '(' was never closed (unclear.py, line 1)"),
]
# fmt: on


@pytest.mark.parametrize(("text", "problem"), UNCLEAR, ids=[problem[:30] for _, problem in UNCLEAR])
def test_a_file_that_cannot_be_shown_is_told_in_a_line(run, written, text, problem):
    written("unclear.py", text)
    done = run("show", "unclear.py")
    assert done.exit_code == 2
    assert problem in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_a_module_raises_is_told_with_its_line(run, written):
    written("raising.py", LAMP + "State.DIM\n")
    place = f"/raising.py:{len(LAMP.splitlines()) + 1})"
    assert run("show", "raising:LAMP").stderr.rstrip().endswith(place)


def test_a_file_that_is_not_there_or_hidden_by_another_module_is_told(run, written):
    assert run("show", "gone_away.py").stderr == "statekit: gone_away.py is not there\n"
    written("attrs.py", LAMP)
    hidden = "statekit: attrs.py cannot be imported: another module is called attrs already\n"
    assert run("show", "attrs.py").stderr == hidden
