"""What the type checkers say of a table: every seeded mistake on its own line, and nothing where all is right."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sybil import Document
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).parent.parent
MISTAKES = ROOT / "tests" / "typing" / "mistakes.py.txt"


@pytest.fixture
def copied(tmp_path):
    """Give the mistakes as a Python file of their own, in a folder of their own."""
    return Path(shutil.copyfile(MISTAKES, tmp_path / "mistakes.py"))


def seeded():
    lines = MISTAKES.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if line.endswith("# mistake")}


@pytest.fixture
def door(tmp_path):
    """Give the README's code as a file of its own: a table written where its machine is, and what uses it."""
    readme = Document.parse(str(ROOT / "README.md"), PythonCodeBlockParser())
    blocks = [example.parsed for example in readme.examples()]
    written = tmp_path / "door.py"
    claims = next(number for number, block in enumerate(blocks) if "Model(" in block)
    written.write_text("\n".join(blocks[: claims + 1]), encoding="utf-8")
    return written


def mypy(path):
    return run(
        "mypy", "--strict", "--python-version=3.11", "--config-file=", "--cache-dir=cache", path.name,
        cwd=path.parent, MYPYPATH=str(ROOT),
    )  # fmt: skip


def pyright(path):
    settings = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "extraPaths": [str(ROOT)]}
    (path.parent / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    return json.loads(run("pyright", "--outputjson", "--pythonpath", sys.executable, cwd=path.parent))


def run(*arguments, cwd, **environment):
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300, check=False,
    ).stdout  # fmt: skip


def test_there_are_mistakes_to_find():
    assert len(seeded()) >= 16


def test_mypy_reports_every_mistake_on_its_line_and_nothing_else(copied):
    said = mypy(copied)
    reported = {int(number) for number in re.findall(r"^mistakes\.py:(\d+): error", said, re.MULTILINE)}
    assert "Found" in said, said
    assert reported == seeded(), said


def test_pyright_reports_every_mistake_on_its_line_and_nothing_else(copied):
    found = pyright(copied)["generalDiagnostics"]
    assert {each["range"]["start"]["line"] + 1 for each in found} == seeded(), found


def test_mypy_has_nothing_to_say_of_the_readme(door):
    assert mypy(door).startswith("Success: no issues found in 1 source file")


def test_pyright_has_nothing_to_say_of_the_readme(door):
    said = pyright(door)
    assert (said["generalDiagnostics"], said["summary"]["filesAnalyzed"]) == ([], 1)
