"""Versions: a table as it is now, as a file has it, or as it was at a revision of a git repository.

What is written elsewhere is read by an interpreter of its own, with the other version first on its path: two versions
of one module cannot live in one process. Reading a revision runs its code, as importing it would.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import Final, cast

from statekit.check import sheet
from statekit.check.sheet import Sheet, sheets_from, sheets_of
from statekit.cli import catalogue
from statekit.errors import StatekitError

SOURCES: Final = ("src", ".")
TIMEOUT_SECONDS: Final = 120.0
GROUPS: Final = (catalogue.MACHINES, catalogue.SYSTEMS)


class NoSuchVersion(StatekitError):
    """A version that cannot be read: no such revision, no such name in it, or its code does not run."""

    def __init__(self, version: str, problem: str) -> None:
        """Keep what was asked for and what is in the way."""
        self.version = version
        self.problem = problem
        super().__init__(f"{version} cannot be read: {problem}")


def sheets(version: str) -> tuple[Sheet, ...]:
    """Read a version: NAME, module:ATTRIBUTE, file.py, file.py:ATTRIBUTE, or REV: and one of the former.

    Raises `NoSuchVersion`, `UnknownName` or `CannotLoad`.
    """
    if version.partition(":")[0].endswith(".py"):
        return _elsewhere(version, version, Path.cwd())
    revision, colon, name = version.partition(":")
    alone = ":" in name or name.endswith(".py")
    if colon and _is_revision(revision) and (alone or name in _known()):
        return _at(version, revision, name)
    if colon and (alone or not all(part.isidentifier() for part in revision.split("."))):
        raise NoSuchVersion(version, f"{revision} is no revision of a git repository here")
    return sheets_of(catalogue.exhibit(version).subject)


def _known() -> set[str]:
    return {offer.name for offer in catalogue.offers(*GROUPS)}


def _is_revision(name: str) -> bool:
    return bool(_git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"))


def _at(version: str, revision: str, name: str) -> tuple[Sheet, ...]:
    top = _git("rev-parse", "--show-toplevel")
    with tempfile.TemporaryDirectory(prefix="statekit-") as folder:
        tree, packed = Path(folder, "tree"), Path(folder, "tree.zip")
        _git("-C", top, "archive", "--format=zip", "-o", str(packed), revision)
        with zipfile.ZipFile(packed) as archive:
            archive.extractall(tree)
        return _elsewhere(version, _offered(tree, name), tree)


def _offered(tree: Path, name: str) -> str:
    """Find where a name led at a revision, or leads now, if the entry points are not declared in its pyproject.toml."""
    if ":" in name or name.endswith(".py"):
        return name
    declared = tree / "pyproject.toml"
    text = declared.read_text(encoding="utf-8") if declared.exists() else ""
    project = cast("dict[str, object]", tomllib.loads(text).get("project", {}))
    points = cast("dict[str, dict[str, str]]", project.get("entry-points", {}))
    for group in GROUPS:
        if name in points.get(group, {}):
            return points[group][name]
    return catalogue.offered(name, *GROUPS).value


def _elsewhere(version: str, value: str, folder: Path) -> tuple[Sheet, ...]:
    """Read a version in another process, which looks for modules in a folder first; raises `NoSuchVersion`."""
    paths = os.pathsep.join(str((folder / each).resolve()) for each in SOURCES)
    done = subprocess.run(  # noqa: S603 - this interpreter, and a script of ours
        [sys.executable, "-", value],
        input=Path(sheet.__file__).read_text(encoding="utf-8"),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith(sheet.MARK)]
    if done.returncode or not said:
        lines = done.stderr.strip().splitlines()
        raise NoSuchVersion(version, lines[-1] if lines else "it said nothing")
    return sheets_from(said[-1].removeprefix(sheet.MARK))


def _git(*arguments: str) -> str:
    """Ask git; empty if there is none, or if it does not know."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)  # noqa: S603, S607
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
