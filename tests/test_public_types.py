"""The public API as another package's type checker sees it: every name in it has a type."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Ask pyright about the installed package; it takes the Python that comes first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    asked = [sys.executable, "-m", "pyright", "--verifytypes", "statekit", "--ignoreexternal", "--outputjson"]
    said = subprocess.run(
        asked, cwd=tmp_path_factory.mktemp("elsewhere"), env={**os.environ, "PATH": path},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    return json.loads(said.stdout)["typeCompleteness"]


def test_the_package_says_that_it_is_typed(report):
    assert Path(report["pyTypedPath"]).parent.name == "statekit"
    assert {"statekit", "statekit.runner", "statekit.codec", "statekit.run"} <= {
        each["name"] for each in report["modules"]
    }


def test_every_public_name_has_a_known_type(report):
    untyped = [
        (each["name"], [found["message"] for found in each["diagnostics"]])
        for each in report["symbols"]
        if each["isExported"] and (not each["isTypeKnown"] or each["isTypeAmbiguous"])
    ]
    assert untyped == []
    assert report["completenessScore"] == 1


def test_every_public_function_says_what_it_does(report):
    assert report["missingFunctionDocStringCount"] == 0
