"""Files: `path/to/file.py:ATTRIBUTE`, as the `module:ATTRIBUTE` that any process can import again."""

import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from statekit.check.model import Model
from statekit.errors import StatekitError
from statekit.machine import Definition
from statekit.system import System

SUFFIX: Final = ".py"


class NoSuchFile(StatekitError):
    """A file that cannot be imported, or one of whose machines, systems and models none was chosen."""

    def __init__(self, file: str, problem: str) -> None:
        """Keep the file and what is in the way."""
        self.file = file
        self.problem = problem
        super().__init__(f"{file} {problem}")


def is_file(name: str) -> bool:
    """Tell whether a name means a file."""
    return name.partition(":")[0].endswith(SUFFIX)


def module_of(given: str) -> str:
    """Name the module that a file is, and let it be found: the folder of its top package comes first on the path.

    Raises `NoSuchFile` also if another module of that name comes first.
    """
    file = Path(given).resolve()
    if not file.is_file():
        raise NoSuchFile(given, "is not there")
    parts, folder = [file.stem], file.parent
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    module = ".".join(parts)
    spec = find_spec(module)
    if spec is None or spec.origin is None or Path(spec.origin).resolve() != file:
        raise NoSuchFile(given, f"cannot be imported: another module is called {module} already")
    return module


def only_one(file: str, module: object, *, models: bool) -> str:
    """Choose the attribute that is meant where none is named: the only model, else the only machine or system.

    A model counts only where `models` are wanted, and a machine not beside the system that it is a member of. Raises
    `NoSuchFile` and says which there are.
    """
    found = list(_named(module, (Model,))) if models else []
    parts = [part for each in vars(module).values() if isinstance(each, System) for part in each.members]
    found = found or [name for name in _named(module, (Definition, System)) if getattr(module, name) not in parts]
    if len(found) != 1:
        which = " or ".join(f"{file}:{name}" for name in found) or "a Machine, a System or a Model is missing"
        raise NoSuchFile(file, f"has {len(found) or 'nothing'} to choose from: {which}")
    return found[0]


def _named(module: object, kinds: tuple[type, ...]) -> Iterable[str]:
    return (name for name, value in vars(module).items() if isinstance(value, kinds))
