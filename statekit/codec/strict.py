"""Plain JSON taken exactly: each function takes its one JSON type, or raises `Misfit`; nothing is converted.

cattrs on its own reads the text "no" as True, "5" as 5 and a string as a list of letters. Both the codec of snapshots
and that of wire messages are built on these. The path of a misfit is put together as it travels up; a misfit never
holds the value.
"""

import json
import math
from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")


class Misfit(Exception):
    """JSON of the wrong shape: `path` says where, below the value that was read, `problem` what would be right."""

    def __init__(self, path: str, problem: str) -> None:
        """Keep the place and the problem, never the value."""
        self.path = path
        self.problem = problem
        super().__init__(f"{path or 'the value'} {problem}")


def placed(path: str, take: Callable[P, T]) -> Callable[P, T]:
    """Give the function with its misfits placed at `path`."""

    def at_path(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return take(*args, **kwargs)
        except Misfit as misfit:
            raise Misfit(path + misfit.path, misfit.problem) from None

    return at_path


def member(name: str) -> str:
    """Write the path of an object's member."""
    return f".{name}" if name.isidentifier() else f"[{name!r}]"


def boolean(value: object) -> bool:
    """Take true or false."""
    if type(value) is not bool:
        raise Misfit("", "must be true or false")
    return value


def whole(value: object) -> int:
    """Take an integer; a boolean is none."""
    if type(value) is not int:
        raise Misfit("", "must be a whole number")
    return value


def number(value: object) -> int | float:
    """Take a finite number that a double can hold, as it stands: JSON itself knows one kind of number."""
    if type(value) in {int, float}:
        found = cast("int | float", value)
        try:
            if math.isfinite(found):
                return found
        except OverflowError:
            pass
    raise Misfit("", "must be a number")


def text(value: object) -> str:
    """Take text."""
    if type(value) is not str:
        raise Misfit("", "must be text")
    return value


def members(value: object) -> dict[str, object]:
    """Take an object."""
    if not isinstance(value, dict):
        raise Misfit("", "must be an object")
    return cast("dict[str, object]", value)


def parsed(line: str) -> dict[str, object]:
    """Take text that is an object's JSON."""
    try:
        found: object = json.loads(line)
    except ValueError:
        problem = "must be JSON"
    except RecursionError:
        problem = "nests too deep"
    else:
        return members(found)
    raise Misfit("", problem)


def items(value: object, take: Callable[[object], T]) -> tuple[T, ...]:
    """Take a list, and each of its items by `take`."""
    if not isinstance(value, list):
        raise Misfit("", "must be a list")
    listed = enumerate(cast("list[object]", value))
    return tuple(placed(f"[{index}]", take)(each) for index, each in listed)


def plain(value: object) -> object:
    """Copy JSON that Python holds (what `json.loads` gives); anything JSON has no word for is a misfit."""
    if value is None or type(value) in {bool, int, str}:
        return value
    if type(value) is float:
        return number(value)
    if isinstance(value, list):
        return list(items(cast("list[object]", value), plain))
    if isinstance(value, dict):
        found = cast("dict[object, object]", value)
        return {text(key): placed(member(text(key)), plain)(each) for key, each in found.items()}
    raise Misfit("", f"must be JSON, and {type(value).__name__} is not")
