"""Importing: CPU milliseconds of an import in a fresh interpreter, byte code cached, and what it drags in."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ("attrs", "statekit", "transitions", "statemachine", "automat", "automaton.machines", "pygenfsm")
UNWANTED = ("cattrs", "anyio", "asyncio", "graphviz", "transitions")

TIMED = "import sys, time; before = time.process_time_ns(); import {0}; print(time.process_time_ns() - before)"
LOADED = "import sys; import statekit; print(*(name for name in sys.argv[1:] if name in sys.modules))"


def _run(program: str, *arguments: str) -> str:
    cached = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=cached).stdout


def import_times(rounds: int) -> dict[str, float]:
    """Give the CPU milliseconds of importing each module; the minimum of interleaved rounds."""
    best = dict.fromkeys(MODULES, float("inf"))
    for _ in range(rounds + 1):  # the first round writes the byte code
        for module in MODULES:
            best[module] = min(best[module], int(_run(TIMED.format(module))) / 1e6)
    return best


def dragged_in() -> tuple[str, ...]:
    """Name the modules that `import statekit` should not load and does."""
    return tuple(_run(LOADED, *UNWANTED).split())
