"""Origins: the line where a function is written, spelled as the rows of a table spell theirs."""

from typing import Final

UNKNOWN: Final = "somewhere"


def written_in(function: object) -> str:
    """Name the line of a function's `def`, as `folder/file.py:line`; of one that wraps another it is the other's."""
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    if code is None:
        return UNKNOWN
    return f"{'/'.join(code.co_filename.replace(chr(92), '/').split('/')[-2:])}:{code.co_firstlineno}"
