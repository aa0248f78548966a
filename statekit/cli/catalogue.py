"""The catalogue: the machines, systems and demos that installed packages offer by entry points.

A package offers a machine by an entry point of the group `statekit.machines`, whose value is `module:ATTRIBUTE`; the
groups `statekit.systems`, `statekit.models` (what `check` is told of a machine or a system), `statekit.tables` (what
the gallery says beside the pictures) and `statekit.demos` are alike. The same spelling on the command line needs no
entry point.
"""

import sys
from collections.abc import Iterator
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from attrs import field, frozen

from statekit.check.model import Model
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


class UnknownName(StatekitError):
    """No machine or system bears the name; `known` lists those that exist, `close` those that may be meant."""

    def __init__(self, name: str, known: tuple[str, ...], sought: str = "machine or system") -> None:
        """Keep the name, what exists and what was sought."""
        self.name = name
        self.known = known
        self.close: tuple[str, ...] = tuple(get_close_matches(name, known))
        meant = f"; do you mean {' or '.join(self.close)}?" if self.close else ""
        listed = ", ".join(known) or "none is installed"
        super().__init__(f"there is no {sought} {name!r}{meant}\nknown: {listed}, or module:ATTRIBUTE")


class CannotLoad(StatekitError):
    """A name that exists, but leads to nothing that could be drawn; `problem` says why."""

    def __init__(self, name: str, value: str, problem: str) -> None:
        """Keep the name, where it leads, and why that failed."""
        self.name = name
        self.value = value
        self.problem = problem
        super().__init__(f"{name} ({value}) cannot be loaded: {problem}")


@frozen
class Offer:
    """A name and where it leads (`module:ATTRIBUTE`), before anything is imported."""

    name: str
    value: str
    group: str = field(default="", kw_only=True)

    def load(self) -> object:
        """Import what is offered; raises `CannotLoad`."""
        module, _, attribute = self.value.partition(":")
        try:
            found: object = import_module(module)
            for part in filter(None, attribute.split(".")):
                found = getattr(found, part)
        except (ImportError, AttributeError, StatekitError) as error:
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
            raise CannotLoad(self.name, self.value, f"it is no Model, but {type(found).__name__}")
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
    """Load one machine or system by its name or as `module:ATTRIBUTE`; raises `UnknownName` or `CannotLoad`."""
    return offered(name, MACHINES, SYSTEMS).exhibit()


def model(name: str) -> Model:
    """Load one model by its name or as `module:ATTRIBUTE`; raises `UnknownName` or `CannotLoad`."""
    return offered(name, MODELS, sought="model").model()


def offered(name: str, *groups: str, sought: str = "machine or system") -> Offer:
    """Find an offer by its name, or make one of `module:ATTRIBUTE`; raises `UnknownName`."""
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


def _file_of(module: str) -> str:
    """Name the file of a module, from its top package on, with forward slashes; the module itself if it has none."""
    file = getattr(sys.modules[module], "__file__", None)
    if not file:
        return module
    depth = module.count(".") + 1 + (Path(file).stem == "__init__")
    return "/".join(Path(file).parts[-depth:])
