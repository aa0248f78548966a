"""The README's code is run as it stands there, and so are the commands whose output it shows."""

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sybil import Document
from sybil.parsers.markdown import PythonCodeBlockParser

from machines.connection import CONNECTION
from machines.demo.faults import Fault
from machines.demo.front import LoopbackFront
from machines.demo.server import DemoServer, ServerOptions
from machines.heartbeat import HEARTBEAT
from machines.session import SESSION
from statekit import Stimulus, System
from statekit.cli.command import statekit
from statekit.codec.journal import JournalForm
from statekit.testing.system_walk import SystemWalk

README = Path(__file__).parent.parent / "README.md"


def readme() -> Document:
    return Document.parse(str(README), PythonCodeBlockParser())


@pytest.mark.net
async def test_the_embedding_code_of_the_readme_edits_a_document(capsys: pytest.CaptureFixture[str]) -> None:
    document = readme()
    next(
        example for example in document.examples() if "class" not in example.parsed and "Client(" in example.parsed
    ).evaluate()
    async with DemoServer(ServerOptions(content="world")) as server, LoopbackFront(server) as front:

        async def fetch_token() -> str:
            return server.tokens.issue("reader", 60.0).token

        await document.namespace["edit"](front.url("reader", "").partition("?")[0], fetch_token)
        assert server.document.text.content == "hello world"
    said = capsys.readouterr().out
    assert said.startswith("acknowledged hello world\nconnected\n")
    assert "heartbeat is LISTENING, awaits after ping_delay in" in said


def door(*, claimed: bool = True) -> str:
    """The file `door.py` of the README: the machine, and below it what is claimed."""
    blocks = [example.parsed for example in readme().examples()]
    parts = [next(block for block in blocks if "Machine[" in block)]
    if claimed:
        parts.append(next(block for block in blocks if "Model(" in block))
    return "\n".join(parts)


MENDED = (
    ("after(30.0), SHUT)", "after(30.0), SHUT, update=forget)"),
    ("rows = Rows[", "def forget(context: Context) -> Context:\n    return evolve(context, wrong=0)\n\nrows = Rows["),
)
"""What the README tells the reader to change."""


@pytest.fixture
def door_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    mended = door()
    for was, now in MENDED:
        assert mended.count(was) == 1
        mended = mended.replace(was, now)
    for name, text in (("door", door()), ("mended", mended)):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NO_COLOR", "1")
    # The commands import by name: neither name may outlive the test, nor the folder on the path.
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name in ("door", "mended"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def spoken(text: str) -> list[str]:
    """Give what a command said, without blank lines and without what each machine measures for itself."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return [re.sub(r"[\d.,]+ (s\b|(?:edges|steps)/s|MiB)", r"# \1", line) for line in lines]


SHOWN = re.findall(r"```text\n\$ statekit (.*)\n([^`]*)```", README.read_text(encoding="utf-8"))


def test_the_readme_shows_what_commands_print() -> None:
    assert [command.split()[0] for command, _ in SHOWN] == ["check", "mutate"]


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_a_command_of_the_readme_prints_what_stands_below_it(door_files: Path, command: str, output: str) -> None:
    done = CliRunner().invoke(statekit, command.split())
    assert done.exit_code == 1, done.output
    shown = spoken(output)
    assert spoken(done.stdout)[: len(shown)] == shown


def test_the_counterexample_of_the_readme_is_written_replayed_and_compared(door_files: Path) -> None:
    run = CliRunner().invoke
    assert run(statekit, ["check", "door.py", "--artefacts", "out"]).exit_code == 1
    replayed = run(statekit, ["replay", "out/door_d1.json"])
    assert (replayed.exit_code, replayed.stdout.splitlines()[-1]) == (1, "it does not hold")
    assert run(statekit, ["replay", "out/door_d1.json", "--against", "mended.py"]).exit_code == 0
    told = run(statekit, ["diff", "door.py", "mended.py", "-p", "change.svg"])
    assert "update forget  was none" in told.stdout
    assert (door_files / "change.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert run(statekit, ["check", "mended.py"]).exit_code == 0


def test_the_door_of_the_readme_runs_as_it_says() -> None:
    document = readme()
    asserting = [example for example in document.examples() if "assert" in example.parsed]
    assert len(asserting) == 1
    for example in document.examples():
        if "Machine[" in example.parsed or example in asserting:
            example.evaluate()


async def test_the_door_of_the_readme_is_saved_and_restored(capsys: pytest.CaptureFixture[str]) -> None:
    document = readme()
    for example in document.examples():
        if "Machine[" in example.parsed or "HOUSE" in example.parsed:
            example.evaluate()
    await document.namespace["three_wrong_codes"]()
    assert capsys.readouterr().out.splitlines() == ["SHUT → LOCKED_OUT", "locked_out"]


def test_a_journal_of_the_readme_is_judged_by_the_mended_table(door_files: Path) -> None:
    document = readme()
    for example in document.examples():
        if "Machine[" in example.parsed:
            example.evaluate()
    names = document.namespace
    system = System("house", (names["DOOR"],))
    walk, form = SystemWalk(system), JournalForm(system)
    lines = [form.head()]
    for right in (False, False, True):
        stimulus = Stimulus(names["Tried"](right))
        walk.deliver(names["DOOR"], stimulus)
        lines.append(form.entry("door", stimulus, walk.done))
    (door_files / "runs.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = CliRunner().invoke(statekit, ["replay", "runs.jsonl", "--against", "mended.py"])
    assert done.stdout == "run 1 (runs.jsonl:1): behaves alike, 3 events\n"


def test_the_figures_of_the_readme_are_those_of_the_tables() -> None:
    text = README.read_text(encoding="utf-8")
    assert f"*connection*\n({len(CONNECTION.states)} states)" in text
    assert (len(HEARTBEAT.states), len(HEARTBEAT.table)) == (3, 12)
    assert "three states and twelve rows" in text
    assert len(SESSION.members) == 9
    assert "nine machines of a session" in text
    assert len(list((README.parent / "diagrams").glob("*.svg"))) == 10
    assert "All ten pictures" in text
    assert len(Fault) == 16
    assert "sixteen faults" in text
