"""What the codec refuses: something that cannot be saved, or a saved thing that cannot be restored."""

from collections.abc import Generator
from contextlib import contextmanager

from statekit.codec.strict import Misfit
from statekit.errors import StatekitError


class NotSavable(StatekitError, TypeError):
    """A machine or a snapshot that has no form in JSON: `path` says where, `problem` what would be right.

    Mend the annotation that is named there, or pass `hooks=` with a `Hook` for its class.
    """

    def __init__(self, name: str, path: str, problem: str) -> None:
        """Keep the machine's name, the place and the problem."""
        self.name = name
        self.path = path
        self.problem = problem
        super().__init__(f"{name} cannot be saved: {path} {problem}")


class SnapshotRefused(StatekitError, ValueError):
    """A saved snapshot that does not fit its machine: `path` says where, `problem` what would be right.

    Nothing was restored: start afresh, or mend what was saved by a migration.
    """

    def __init__(self, name: str, path: str, problem: str) -> None:
        """Keep the machine's name, the place and the problem."""
        self.name = name
        self.path = path
        self.problem = problem
        super().__init__(f"{name} cannot be restored: {path} {problem}")


@contextmanager
def saving(name: str) -> Generator[None]:
    """Turn what does not fit into `NotSavable`."""
    try:
        yield
    except Misfit as misfit:
        raise NotSavable(name, "$" + misfit.path, misfit.problem) from None
    except RecursionError:
        raise NotSavable(name, "$", "nests too deep") from None


@contextmanager
def restoring(name: str) -> Generator[None]:
    """Turn what does not fit into `SnapshotRefused`."""
    try:
        yield
    except Misfit as misfit:
        raise SnapshotRefused(name, "$" + misfit.path, misfit.problem) from None
    except RecursionError:
        raise SnapshotRefused(name, "$", "nests too deep") from None
