"""Literals: values as Python source, for a test that is written, and as words, for a person.

A field that its class keeps from its repr is never written. Source that would need one is refused, words leave it out.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from types import FunctionType
from typing import cast

from attrs import Attribute, fields, has

from statekit.errors import StatekitError


class NoLiteral(StatekitError):
    """A value that cannot be written as Python source; the sentence says which, and what would be right."""

    def __init__(self, kind: str, problem: str) -> None:
        """Keep the name of its class and what is in the way."""
        self.kind = kind
        self.problem = problem
        super().__init__(f"{kind} cannot be written as source: {problem}")


def words(value: object) -> str:
    """Write a value for a person: enum members by name, fields by name, nothing by its address."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, tuple):
        return f"({_listed(cast('tuple[object, ...]', value))})"
    if isinstance(value, (frozenset, set)):
        return "{" + ", ".join(sorted(map(words, cast("frozenset[object]", value)))) + "}"
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return "{" + ", ".join(f"{words(key)}: {words(each)}" for key, each in pairs) + "}"
    kind: type = type(value)
    if has(kind):
        shown = (f"{each.name}={words(getattr(value, each.name))}" for each in fields(kind) if each.repr)
        return f"{kind.__name__}({', '.join(shown)})"
    return repr(value) if value is None or isinstance(value, (str, bytes, int, float)) else kind.__name__


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(words, values))


def shortened(text: str, width: int) -> str:
    """Cut a text that is longer than `width`, and show that it was cut."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def quoted(text: str) -> str:
    """Write a text as a literal in double quotes, as formatters want it."""
    single = repr(text)
    return single if single.startswith('"') or '"' in text else f'"{single[1:-1]}"'


class Source:
    """The work of writing values as source: `imports` collects what the text needs, by module."""

    def __init__(self) -> None:
        """Begin with nothing imported."""
        self.names: dict[str, tuple[str, str]] = {}

    @property
    def imports(self) -> str:
        """Write the import statements, sorted."""
        by_module: dict[str, list[str]] = {}
        for alias, (module, name) in sorted(self.names.items()):
            by_module.setdefault(module, []).append(name if alias == name else f"{name} as {alias}")
        return "\n".join(f"from {module} import {', '.join(by_module[module])}" for module in sorted(by_module))

    def named(self, module: str, name: str) -> str:
        """Import a name, and give what it is called here; raises `NoLiteral` for one inside a function."""
        if "<locals>" in name or not module:
            raise NoLiteral(name, "it stands inside a function; define it at the top of its module")
        top, dot, rest = name.partition(".")
        alias, count = top, 1
        while self.names.setdefault(alias, (module, top)) != (module, top):
            count += 1
            alias = f"{top}_{count}"
        return f"{alias}{dot}{rest}"

    def of(self, value: object) -> str:
        """Write a value as an expression; raises `NoLiteral`."""
        if isinstance(value, Enum):
            return f"{self.named(type(value).__module__, type(value).__qualname__)}.{value.name}"
        if type(value) is str:
            return quoted(value)
        if value is None or type(value) in {bool, int, bytes}:
            return repr(value)
        if type(value) is float:
            return repr(value) if value - value == 0 else f'float("{value}")'
        if type(value) is tuple:
            items = [self.of(each) for each in cast("tuple[object, ...]", value)]
            return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
        if type(value) is frozenset:
            members = sorted(self.of(each) for each in cast("frozenset[object]", value))
            return f"frozenset({{{', '.join(members)}}})" if members else "frozenset()"
        if type(value) is dict:
            pairs = cast("dict[object, object]", value).items()
            return f"{{{', '.join(f'{self.of(key)}: {self.of(each)}' for key, each in pairs)}}}"
        if isinstance(value, (type, FunctionType)):
            return self.named(value.__module__, value.__qualname__)
        return self._object(value)

    def _object(self, value: object) -> str:
        kind = type(value)
        if not has(kind):
            if kind.__module__ == "builtins" or vars(kind).get("__slots__", ()) or getattr(value, "__dict__", None):
                raise NoLiteral(kind.__name__, "make it an attrs class, whose fields say how it is made")
            return f"{self.named(kind.__module__, kind.__qualname__)}()"
        given: list[str] = []
        for each in cast("tuple[Attribute[object], ...]", fields(kind)):
            held: object = getattr(value, each.name)
            if not each.init or held == each.default:
                continue
            if each.repr is False:
                raise NoLiteral(kind.__name__, f"{each.name} is kept from the repr, so it may be a secret")
            given.append(f"{each.alias}={self.of(held)}")
        return f"{self.named(kind.__module__, kind.__qualname__)}({', '.join(given)})"
