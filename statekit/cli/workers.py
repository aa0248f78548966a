"""Workers: processes that share the work of a command; each knows nothing but what it is told, and imports it anew.

A task is a function of a module, called with what can be pickled; what it gives travels back the same way. Machines and
models hold functions and do not travel: a task gets the `module:ATTRIBUTE` that they are loaded from.
"""

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from typing import Any, Final, TypeVar

import click

from statekit.errors import StatekitError

T = TypeVar("T")


class Lost(StatekitError):
    """The work of a worker came to nothing; the sentence says why, and what to do."""


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


JOBS: Final = click.option(
    "--jobs", type=click.IntRange(1), default=cores, show_default="one for each core", help="Processes at work."
)
"""The option by which a command is told how many workers it may have."""


def spread(
    task: Callable[..., T], parts: Sequence[tuple[Any, ...]], jobs: int, *, seconds: float | None = None
) -> Iterator[tuple[int, T]]:
    """Call a task with each of these parts, as many at once as there are jobs; gives the place of each and its result.

    They are begun in the order given, and come in the order in which they are done. After so many seconds no further
    part is begun. With one job, or one part, all is done in this process. Raises `Lost` if a worker ended early, or
    cannot send back what it found; what else a task raises is raised here.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    if min(jobs, len(parts)) > 1:
        return _pooled(task, parts, min(jobs, len(parts)), deadline)
    return _alone(task, parts, deadline)


def _alone(
    task: Callable[..., T], parts: Sequence[tuple[object, ...]], deadline: float | None
) -> Iterator[tuple[int, T]]:
    for at, part in enumerate(parts):
        if deadline is not None and time.monotonic() >= deadline:
            return
        yield at, task(*part)


def _pooled(
    task: Callable[..., T], parts: Sequence[tuple[object, ...]], jobs: int, deadline: float | None
) -> Iterator[tuple[int, T]]:
    """Share the parts among workers; what is under way at the deadline is brought to its end."""
    others = active_children()
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_bind_to_the_command)
    try:
        places = {pool.submit(_sent, task, part): at for at, part in enumerate(parts)}
        waiting: set[Future[bytes]] = set(places)
        while waiting:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                left = None
                waiting = {each for each in waiting if not each.cancel()}
            done, waiting = wait(waiting, left, FIRST_COMPLETED)
            for each in done:
                yield places[each], pickle.loads(each.result())  # noqa: S301 - a worker of our own wrote it
    except BrokenProcessPool:
        raise Lost("a worker ended before its work was done; if memory ran out, give fewer --jobs") from None
    except BaseException:
        # Who is interrupted, or has failed, does not wait for what nobody will read.
        for child in active_children():
            if child not in others:
                child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _bind_to_the_command() -> None:
    """End with the command, however it ends, and not before: an interrupt at the terminal, which all hear, is its."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_the_command, daemon=True).start()


def _end_with_the_command() -> None:
    """Wait for the end of a command that could not say goodbye: it was killed, or memory ran out."""
    if command := parent_process():
        command.join()
        os._exit(1)


def _sent(task: Callable[..., object], part: tuple[object, ...]) -> bytes:
    """Do one part in a worker, and write down what it gives."""
    try:
        found = task(*part)
    except StatekitError as error:
        # Errors that keep facts do not travel between processes; their sentence does.
        raise Lost(str(error)) from None
    try:
        return pickle.dumps(found)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise Lost(f"what a worker found cannot be brought back: {error}; --jobs 1 needs no workers") from None
