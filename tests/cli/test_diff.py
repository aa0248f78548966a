"""`statekit diff`: names, files and revisions; text, JSON and pictures; exit codes."""

import json
import subprocess

import pytest

LAMP = """
from enum import StrEnum

from attrs import frozen

from statekit import Kind, Machine, Rows, after


class State(StrEnum):
    OFF = "off"
    ON = "on"


@frozen
class Press: ...


rows = Rows[State, None, object]()

LAMP = Machine(
    "lamp",
    initial=State.OFF,
    context=None,
    states=(rows.state(State.OFF, Kind.REST, "dark"), rows.state(State.ON, Kind.STEADY, "light")),
    table=(
        rows.row(State.OFF, Press, State.ON),
        rows.row(State.ON, Press, State.OFF),
        {more}
    ),
)
print("a module that talks")
"""
OLD = LAMP.format(more="")
NEW = LAMP.format(more="rows.row(State.ON, after(60.0), State.OFF),")
ADDED = "+ row ON on after 1 min → OFF"
PROJECT = """
[project]
name = "home"
[project.entry-points."statekit.machines"]
lamp = "{module}:LAMP"
"""


def git(*arguments):
    subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments], check=True)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Go to a repository with two commits: in the first the lamp stood elsewhere, and never went out by itself."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "trunk")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a_lamp.py").write_text(OLD)
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(module="a_lamp"))
    git("add", ".")
    git("commit", "-q", "-m", "one")
    git("mv", "src/a_lamp.py", "another_lamp.py")
    (tmp_path / "another_lamp.py").write_text(NEW)
    (tmp_path / "pyproject.toml").write_text(PROJECT.format(module="another_lamp"))
    git("add", ".")
    git("commit", "-q", "-m", "two")
    return tmp_path


@pytest.fixture
def lamps(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.py").write_text(OLD)
    (tmp_path / "new.py").write_text(NEW)
    return tmp_path


def said(done):
    return " ".join(done.stdout.split())


def test_a_machine_does_not_differ_from_itself(run):
    done = run("diff", "heartbeat", "machines.heartbeat:HEARTBEAT")
    assert (done.exit_code, said(done)) == (0, "heartbeat → machines.heartbeat:HEARTBEAT no difference")


def test_two_files_are_compared(run, lamps):
    done = run("diff", "old.py", "new.py:LAMP")
    assert done.exit_code == 1
    assert ADDED in said(done)
    assert "ON on after 1 min → OFF no row" in said(done)
    assert "rows: 1 added; cells that lead elsewhere: 1" in said(done)
    assert run("diff", "old.py", "old.py").exit_code == 0


def test_a_machine_is_compared_with_a_file(run, lamps):
    assert run("diff", "old.py", "machines.heartbeat:HEARTBEAT").exit_code == 1


def test_two_revisions_are_compared_each_by_its_own_entry_points_and_folders(run, home, offered):
    offered(machines={"lamp": "nowhere:LAMP"})
    done = run("diff", "HEAD~1:lamp", "trunk:lamp")
    assert done.exit_code == 1
    assert ADDED in said(done)
    assert run("diff", "HEAD~1:lamp", "HEAD~1:a_lamp:LAMP").exit_code == 0


def test_a_file_is_compared_with_what_it_was(run, home):
    done = run("diff", "HEAD~1:src/a_lamp.py", "another_lamp.py")
    assert done.exit_code == 1
    assert ADDED in said(done)
    assert run("diff", "HEAD:another_lamp.py:LAMP", "another_lamp.py").exit_code == 0


def test_nothing_of_a_revision_stays_behind(run, home, offered, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    offered(machines={"lamp": "nowhere:LAMP"})
    assert run("diff", "HEAD~1:lamp", "HEAD:lamp").exit_code == 1
    assert list(temporary.iterdir()) == []


def test_a_system_is_told_member_by_member(run):
    done = run("diff", "heartbeat", "session")
    assert done.exit_code == 1
    assert "Session" in done.stdout
    assert "+ wire connection on LinkUp → heartbeat / begin_listening" in said(done)
    assert "Heartbeat" not in done.stdout


def test_json_has_every_change(run, lamps):
    (found,) = json.loads(run("diff", "old.py", "new.py", "--json").stdout)
    (added,) = found["added"]
    assert (added["place"], added["trigger"], added["target"], added["cause"]) == ("ON", "after 1 min", "OFF", "timer")
    assert found["cells"] == [{"state": "ON", "trigger": "after 1 min", "before": [], "after": ["→ OFF"]}]
    assert (found["removed"], found["retargeted"], found["unreachable"]) == ([], [], [])
    assert json.loads(run("diff", "old.py", "old.py", "--json").stdout) == []


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("dot", b"digraph")])
def test_what_changed_is_drawn(run, lamps, ending, start):
    done = run("diff", "old.py", "new.py", "--picture", f"change.{ending}")
    assert done.exit_code == 1
    assert (lamps / f"change.{ending}").read_bytes().startswith(start)
    assert f"drawn change.{ending}" in done.stderr


def test_of_several_machines_each_gets_a_picture(run, lamps):
    assert run("diff", "heartbeat", "session", "-p", "change.dot").exit_code == 1
    drawn = {path.name for path in lamps.glob("*.dot")}
    assert "change.connection.dot" in drawn
    assert "change.session.dot" not in drawn


@pytest.mark.parametrize(
    ("old", "problem"),
    [
        ("lmp", "there is no machine or system 'lmp'"),
        ("HEAD:nothing:AT_ALL", "HEAD:nothing:AT_ALL cannot be read: ModuleNotFoundError: No module named 'nothing'"),
        ("HEAD~1:another_lamp:LAMP", "No module named 'another_lamp'"),
        ("HEAD~9:lamp", "HEAD~9:lamp cannot be read: HEAD~9 is no revision of a git repository here"),
        ("gone:door.py", "gone:door.py cannot be read: gone is no revision of a git repository here"),
        ("gone.py", "gone.py cannot be read: FileNotFoundError"),
        ("bad.py", "bad.py cannot be read: TypeError: it is no Machine and no System, but int"),
        ("two.py", "two.py has 2 machines and systems: say which, as two.py:ATTRIBUTE"),
        ("none.py", "none.py has 0 machines and systems"),
    ],
)
def test_a_version_that_cannot_be_read_is_told_in_a_line(run, home, old, problem):
    (home / "bad.py").write_text("LAMP = 3\n")
    (home / "two.py").write_text(NEW + "AGAIN = Machine('again', initial=LAMP.initial, context=None,"
                                 " states=LAMP.states, table=LAMP.table)\n")  # fmt: skip
    (home / "none.py").write_text("")
    done = run("diff", "bad.py:LAMP" if old == "bad.py" else old, "heartbeat")
    assert done.exit_code == 2
    assert problem.removeprefix("bad.py") in done.stderr
    assert "Traceback" not in done.stderr


def test_a_picture_of_no_known_sort_is_refused(run, lamps):
    done = run("diff", "old.py", "new.py", "-p", "change.gif")
    assert done.exit_code == 2
    assert "change.gif is no picture: its name must end in .svg, .png or .dot" in done.stderr
