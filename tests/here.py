"""Where a test stands, in the words of a fault or finding."""

import inspect
from pathlib import Path


def here(back=0):
    """Name the caller's line, or one some lines above it."""
    caller = inspect.stack()[1]
    return f"{'/'.join(Path(caller.filename).parts[-2:])}:{caller.lineno - back}"
