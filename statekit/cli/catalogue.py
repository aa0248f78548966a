"""The catalogue: the machines, systems and demos that installed packages offer by entry points.

A package offers a machine by an entry point of the group `statekit.machines`, whose value is `module:ATTRIBUTE`; the
groups `statekit.systems`, `statekit.models` (what `check` is told of a machine or a system), `statekit.tables` (what
the gallery says beside the pictures) and `statekit.demos` are alike. The same spelling on the command line needs no
entry point, nor does `file.py:ATTRIBUTE`.
"""

import sys
import traceback
from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from attrs import field, frozen

from statekit.check.model import Model
from statekit.cli.files import is_file, module_of, only_one
from statekit.draw.gallery import Appendix, Exhibit
from statekit.draw.tables import Tables
from statekit.errors import StatekitError
from statekit.machine import Definition
from statekit.system import System

MACHINES = "statekit.machines"
SYSTEMS = "statekit.systems"
MODELS = "statekit.models"
TABLES = "statekit.tables"
DEMOS = "statekit.demos"
LIBRARY = Path(traceback.__file__).parent


class UnknownName(StatekitError):
    """No machine or system bears the name; `known` lists those that exist, `close` those that may be meant."""

    def __init__(self, name: str, known: tuple[str, ...], sought: str = "machine or system") -> None:
        """Keep the name, what exists and what was sought."""
        self.name = name
        self.known = known
        self.close: tuple[str, ...] = tuple(get_close_matches(name, known))
        meant = f"; do you mean {' or '.join(self.close)}?" if self.close else ""
        listed = ", ".join(dict.fromkeys(known)) or "none is installed"
        own = "or name your own: file.py:ATTRIBUTE, module:ATTRIBUTE"
        super().__init__(f"there is no {sought} {name!r}{meant}\nknown: {listed}; {own}")


class CannotLoad(StatekitError):
    """A name that exists, but leads to nothing that could be drawn; `problem` says why."""

    def __init__(self, name: str, value: str, problem: str) -> None:
        """Keep the name, where it leads, and why that failed."""
        self.name = name
        self.value = value
        self.problem = problem
        where = name if name == value else f"{name} ({value})"
        super().__init__(f"{where} cannot be loaded: {problem}")


@frozen
class Offer:
    """A name and where it leads (`module:ATTRIBUTE`), before anything is imported."""

    name: str
    value: str
    group: str = field(default="", kw_only=True)

    def load(self) -> object:
        """Import what is offered; raises `CannotLoad`, whatever the module raises."""
        module, _, attribute = self.value.partition(":")
        try:
            found: object = import_module(module)
        except StatekitError as error:
            raise CannotLoad(self.name, self.value, str(error)) from error
        except ImportError as error:
            raise CannotLoad(self.name, self.value, f"{error}{_place_of(error)}") from error
        except Exception as error:  # the module's own code failed
            raise CannotLoad(self.name, self.value, _raised(error)) from error
        try:
            for part in filter(None, attribute.split(".")):
                found = getattr(found, part)
        except AttributeError as error:
            raise CannotLoad(self.name, self.value, str(error)) from error
        return found

    def exhibit(self) -> Exhibit:
        """Import a machine or a system with the file it stands in; raises `CannotLoad`."""
        found = self.load()
        if not isinstance(found, Definition | System):
            raise CannotLoad(self.name, self.value, f"it is no Machine and no System, but {type(found).__name__}")
        name = self.name if self.group else found.name
        return Exhibit(name, _file_of(self.value.partition(":")[0]), found)

    def model(self) -> Model:
        """Import a model; raises `CannotLoad`."""
        found = self.load()
        if not isinstance(found, Model):
            advice = "wrap it with what is claimed of it, Model(subject, properties), and name that"
            raise CannotLoad(self.name, self.value, f"it is no Model, but {type(found).__name__}: {advice}")
        return found

    def appendix(self) -> Appendix:
        """Import tables with the file they stand in; raises `CannotLoad`."""
        found = self.load()
        if not isinstance(found, Tables):
            raise CannotLoad(self.name, self.value, f"it is no Tables, but {type(found).__name__}")
        return Appendix(self.name, _file_of(self.value.partition(":")[0]), found)


def offers(*groups: str) -> tuple[Offer, ...]:
    """List what installed packages offer in these groups, by name within a group; the first of a name counts."""
    found: dict[tuple[str, str], Offer] = {}
    for group in groups:
        for point in sorted(entry_points(group=group), key=_by_name):
            found.setdefault((group, point.name), Offer(point.name, point.value, group=group))
    return tuple(found.values())


def _by_name(point: EntryPoint) -> str:
    return point.name


def exhibits() -> Iterator[Exhibit]:
    """Load every machine and system that is offered; raises `CannotLoad` for the first that does not load."""
    return (offer.exhibit() for offer in offers(MACHINES, SYSTEMS))


def appendices() -> Iterator[Appendix]:
    """Load all tables that are offered; raises `CannotLoad` for the first that do not load."""
    return (offer.appendix() for offer in offers(TABLES))


def exhibit(name: str) -> Exhibit:
    """Load one machine or system by its name, module or file; raises what `offered` does, or `CannotLoad`."""
    return offered(name, MACHINES, SYSTEMS).exhibit()


def model(name: str) -> Model:
    """Load one model by its name, module or file; raises what `offered` does, or `CannotLoad`."""
    return offered(name, MODELS, sought="model").model()


def offered(name: str, *groups: str, sought: str = "machine or system") -> Offer:
    """Find an offer by its name, or make one of `module:ATTRIBUTE`, `file.py:ATTRIBUTE` or `file.py`.

    A file alone means the one model, machine or system in it. Raises `UnknownName` or `NoSuchFile`.
    """
    if is_file(name):
        return _of_file(name, models=MODELS in groups)
    known = offers(*groups)
    for offer in known:
        if offer.name == name:
            return offer
    if ":" not in name:
        raise UnknownName(name, tuple(offer.name for offer in known), sought)
    # A script that pip installed does not look for modules where it is called; the caller expects it to.
    if "" not in sys.path:
        sys.path.insert(0, "")
    return Offer(name, name)


def _of_file(name: str, *, models: bool) -> Offer:
    file, _, attribute = name.partition(":")
    module = module_of(file)
    chosen = attribute or only_one(file, Offer(file, module).load(), models=models)
    return Offer(f"{file}:{chosen}", f"{module}:{chosen}")


def _raised(error: Exception) -> str:
    """Say what a module raised, and on which line."""
    return f"{type(error).__name__}: {error}{_place_of(error)}"


def _place_of(error: Exception) -> str:
    """Name the line that raised an error while modules were imported: the last that is not the standard library's."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith("<")]
    own = [frame for frame in frames if not Path(frame.filename).is_relative_to(LIBRARY)]
    return f" ({'/'.join(Path(own[-1].filename).parts[-2:])}:{own[-1].lineno})" if own[1:] else ""


def _file_of(module: str) -> str:
    """Name the file of a module, from its top package on, with forward slashes; the module itself if it has none."""
    file = getattr(sys.modules[module], "__file__", None)
    if not file:
        return module
    depth = module.count(".") + 1 + (Path(file).stem == "__init__")
    return "/".join(Path(file).parts[-depth:])
