"""Nothing but interop loads the package it is for."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_nothing_but_interop_imports_the_package():
    for folder in ("statekit", "machines"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
                if "interop" not in path.parts:
                    assert "transitions" not in {name.split(".")[0] for name in names}, path
                    assert not any(name.startswith("statekit.interop") for name in names), path


def test_asking_for_interop_alone_loads_no_package():
    code = """
import sys
import machines.session, statekit, statekit.interop
assert "transitions" not in sys.modules
import statekit.interop.transitions
assert "transitions" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=120)
