"""Origins: where a line of a table is written, and a function of it: what every complaint about them names."""

import sys
from functools import lru_cache
from types import CodeType


def written_at() -> str:
    """Name the place that called the caller of this function, as `folder/file.py:line`."""
    # The caller's line is what every complaint about a row must name; inspect.stack would cost milliseconds a row.
    frame = sys._getframe(2)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    # `Machine[S, E, C, F](...)` calls through typing's alias.
    while frame.f_globals.get("__name__") == "typing" and frame.f_back is not None:
        frame = frame.f_back
    return f"{_short(frame.f_code.co_filename)}:{frame.f_lineno}"


def defined_at(code: CodeType) -> str:
    """Name the place where a function is defined, as `folder/file.py:line`."""
    return f"{_short(code.co_filename)}:{code.co_firstlineno}"


@lru_cache(maxsize=16)
def _short(path: str) -> str:
    """Shorten a path to its file and the folder that it is in; a table is written in one file."""
    return "/".join(path.replace("\\", "/").split("/")[-2:])
