"""The import contracts: one direction through the engine, no cycle, no event loop below the driver."""

import ast
import importlib
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

import statekit

ROOT = Path(__file__).parent.parent
# Files of the core, each after all that it may import; those on one line are not for each other.
CORE = (
    ("errors", "value", "origin"),
    ("states", "quantities", "row"),
    ("timers",),
    ("effects",),
    ("table",),
    ("draft",),
    ("parts",),
    ("verdicts", "interned", "layout"),
    ("folded",),
    ("faults", "fold", "cells", "flat"),
    ("acts",),
    ("transition",),
    ("tabulated",),
    ("machine",),
    ("snapshot",),
    ("register",),
    ("step",),
    ("runner",),
    ("keyed",),
    ("wiring",),
    ("transaction",),
    ("plan",),
    ("work",),
    ("system",),
    ("__init__",),
)
OUTER = ("codec", "check", "draw", "run", "transports", "interop", "testing", "live", "cli", "lifecycles")
ORDER = {name: rank for rank, names in enumerate((*CORE, *((name,) for name in OUTER))) for name in names}
EVENT_LOOPS = {"anyio", "asyncio", "trio", "sniffio"}
MAY_HOLD_A_LOOP = ("run", "transports", "testing", "live", "cli", "interop")


def modules_of(package):
    """Map the dotted name of every module of a package to its file."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = {**modules_of("statekit"), **modules_of("machines")}


def imported_by(module):
    """Give the dotted names that a module imports anywhere, a name of a package as the module that it is."""
    path = MODULES[module]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = module if path.name == "__init__.py" else module.rpartition(".")[0]
                base = ".".join(filter(None, [*package.split(".")[: len(package.split(".")) - node.level + 1], base]))
            submodules = [f"{base}.{each.name}" for each in node.names if f"{base}.{each.name}" in MODULES]
            yield from submodules
            if len(submodules) < len(node.names):
                yield base


def part(module):
    """Name the layer of a module of statekit: a file of the core, or a folder above it."""
    return module.split(".")[1] if "." in module else "__init__"


ENGINE = [module for module in MODULES if module.split(".")[0] == "statekit"]
LIFECYCLES = [module for module in MODULES if module.split(".")[0] == "machines"]


def test_every_part_of_the_engine_has_its_place_in_the_order():
    assert {part(module) for module in ENGINE} <= ORDER.keys()
    assert {name for names in CORE for name in names} <= {part(module) for module in ENGINE}


@pytest.mark.parametrize("module", ENGINE)
def test_a_file_of_the_engine_imports_only_what_stands_before_it(module):
    own = ORDER[part(module)]
    for name in imported_by(module):
        if name.split(".")[0] == "statekit":
            same_folder = part(name) == part(module) and part(module) in OUTER
            assert ORDER[part(name)] < own or same_folder, f"{module} imports {name}"


@pytest.mark.parametrize("module", ENGINE)
def test_the_engine_knows_no_lifecycle_of_ours(module):
    if part(module) != "lifecycles":
        assert not [name for name in imported_by(module) if name.split(".")[0] == "machines"]


@pytest.mark.parametrize("module", [module for module in ENGINE if part(module) not in OUTER])
def test_the_core_stands_on_the_standard_library_and_attrs_alone(module):
    outside = {name.split(".")[0] for name in imported_by(module)} - {"statekit", "attrs"}
    assert outside <= sys.stdlib_module_names


@pytest.mark.parametrize("module", sorted(MODULES))
def test_only_the_driver_and_what_stands_on_it_imports_an_event_loop(module):
    folder = module.split(".")[1] if "." in module else ""
    allowed = folder in (MAY_HOLD_A_LOOP if module in ENGINE else ("client", "demo"))
    loops = {name.split(".")[0] for name in imported_by(module)} & EVENT_LOOPS
    assert allowed or not loops, f"{module} imports {loops}"


def test_no_modules_import_each_other_in_a_circle():
    graph = {module: {name for name in imported_by(module) if name in MODULES and name != module} for module in MODULES}
    # A package's `__init__` re-exports what is in its folder, and a file in there means the folder's name only.
    assert list(TopologicalSorter(graph).static_order())


PURE = ["statekit", *(module for module in LIFECYCLES if not module.startswith(("machines.client", "machines.demo")))]


def test_importing_the_engine_and_the_lifecycles_loads_no_event_loop():
    said = """
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module)
    loaded = {"anyio", "asyncio", "trio"} & sys.modules.keys()
    if loaded:
        sys.exit(f"importing {module} loaded {sorted(loaded)}")
"""
    ran = subprocess.run(
        [sys.executable, "-c", said, *PURE], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert len(PURE) > 10


def test_what_a_machine_does_not_need_is_loaded_by_those_who_name_it():
    said = "import sys, statekit; print(*sorted(name for name in sys.modules if name.startswith('statekit.')))"
    ran = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    on_use = {"flat", "quantities", "tabulated", "system", "transaction", "wiring", "work"}
    assert not {f"statekit.{name}" for name in on_use} & set(ran.stdout.split())
    assert all(getattr(statekit, name) is not None for name in statekit.__all__)
    assert statekit.FlatRow.__module__ == "statekit.flat"
    with pytest.raises(AttributeError, match="module 'statekit' has no attribute 'Nothing'"):
        _ = statekit.Nothing


def test_no_public_name_is_taken_for_the_module_of_that_name():
    # A module that is loaded becomes an attribute of its package, in the place of a name that was to be loaded on use.
    for path in (ROOT / "statekit").glob("*.py"):
        importlib.import_module(f"statekit.{path.stem}")
    modules = [name for name in statekit.__all__ if isinstance(getattr(statekit, name), ModuleType)]
    assert modules == []
