"""Virtual time on asyncio and trio: when nothing can run until a deadline, the clock jumps to it.

An hour's sleep takes no real time, deadlines fire in order, and every run begins at time zero. While a thread started
through anyio works, time stands still. When nothing can ever run again (no deadline, no thread), `VirtualDeadlock` is
raised instead of hanging. Real sockets do not belong here: the clock does not wait for them.

Both backends move the clock in the same way, so the same program reads the same times on both. Trio shuffles the
tasks that are ready at one instant, by design; asyncio runs them in the order in which they became ready.
"""

import asyncio
import math
import selectors
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Literal, NoReturn, TypeVar, TypeVarTuple, cast

import anyio
import anyio.to_thread

from statekit.errors import StatekitError

if TYPE_CHECKING:
    import trio

Backend = Literal["asyncio", "trio"]

PATIENCE_SECONDS = 2.0
"""How long, in real time, nothing may be scheduled and nothing ready before that counts as a deadlock.

Only a thread that anyio did not start, or a file descriptor, could still end the wait; either is given this long.
"""

_Result = TypeVar("_Result")
_Arguments = TypeVarTuple("_Arguments")


class VirtualDeadlock(StatekitError):
    """Under virtual time, every task waits for something that can no longer happen.

    `waiting` names the tasks. Look for an event that nobody sets, or a wait that lacks a deadline.
    """

    def __init__(self, waiting: tuple[str, ...]) -> None:
        """Keep the names of the tasks that wait."""
        self.waiting = waiting
        super().__init__(
            f"no deadline is set, no task can run and no thread works, so nothing will ever happen; "
            f"waiting: {', '.join(waiting) or 'no task'}"
        )


class VirtualBackend(tuple[str, dict[str, object]]):
    """A backend's name and options, as anyio's `anyio_backend` fixture wants them.

    `__name__` is where pytest looks for the name of a parameter.
    """

    __slots__ = ()

    @property
    def __name__(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        """`asyncio-virtual` or `trio-virtual`."""
        return f"{self[0]}-virtual"


def virtual_backend(name: Backend) -> VirtualBackend:
    """Return the backend of that name with a virtual clock; raises ValueError for another name."""
    options: dict[str, object]
    if name == "asyncio":
        options = {"loop_factory": VirtualLoop}
    elif name == "trio":
        options = _trio_options()
    else:
        raise ValueError(f"{name!r} is no backend; asyncio and trio are")
    return VirtualBackend((name, options))


def run_virtual(
    function: Callable[[*_Arguments], Awaitable[_Result]], *args: *_Arguments, backend: Backend = "asyncio"
) -> _Result:
    """Run one async function under virtual time, from sync code, and return what it returns.

    Raises what it raises, or `VirtualDeadlock`.
    """
    name, options = virtual_backend(backend)
    deadlock: VirtualDeadlock
    try:
        return anyio.run(function, *args, backend=name, backend_options=options)
    except Exception as error:
        found = _deadlock_in(error)
        if found is None:
            raise
        deadlock = found
    raise deadlock


class VirtualLoop(asyncio.SelectorEventLoop):
    """An asyncio event loop whose clock starts at zero and jumps to the next timer when nothing is ready."""

    def __init__(self) -> None:
        super().__init__(_JumpingSelector(self))
        self._set_time(0.0)

    def time(self) -> float:
        """Return the virtual time in seconds."""
        return self._now_seconds

    def jump(self) -> bool:
        """Move the clock to the first timer; False where there is none (a sleep for ever has one, at infinity).

        Called when the loop is about to wait, when it has dropped cancelled timers from the head of its heap.
        """
        timers = cast("list[asyncio.TimerHandle]", vars(self)["_scheduled"])
        deadline_seconds = timers[0].when() if timers else math.inf
        if math.isinf(deadline_seconds):
            return False
        while self._now_seconds < deadline_seconds:  # in floats, a + (b - a) may fall short of b
            self._set_time(self._now_seconds + (deadline_seconds - self._now_seconds))
        return True

    def _set_time(self, now_seconds: float) -> None:
        """Set the clock, and how early a timer may fire: not at all.

        asyncio allows itself a nanosecond, which is early for us, and from 2**23 seconds on less than one step of the
        float, so that a timer due now would never fire.
        """
        self._now_seconds = now_seconds
        vars(self)["_clock_resolution"] = math.ulp(now_seconds)


class _JumpingSelector(selectors.DefaultSelector):
    """A selector that moves the clock instead of sleeping."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if _asyncio_threads_work():
            return super().select(None)
        if self._loop.jump():
            return ready
        ready = super().select(PATIENCE_SECONDS)
        if not ready:
            raise VirtualDeadlock(tuple(sorted(task.get_name() for task in asyncio.all_tasks(self._loop))))
        return ready


def _asyncio_threads_work() -> bool:
    try:
        return anyio.to_thread.current_default_thread_limiter().borrowed_tokens > 0
    except RuntimeError:  # the loop was not started by anyio, so no thread was either
        return False


def _trio_options() -> dict[str, object]:
    from trio.testing import MockClock

    clock = MockClock(autojump_threshold=0)
    return {"clock": clock, "instruments": [_TrioWatch(clock)]}


class _TrioWatch:
    """An instrument of trio (which asks for no base class): it resets, stops and doubts the clock."""

    def __init__(self, clock: "trio.testing.MockClock") -> None:
        self._clock = clock
        self._idle_since_seconds: float | None = None

    def before_run(self) -> None:
        """Begin at zero, though pytest runs many tests with one clock, which has no other way back."""
        type(self._clock).__init__(self._clock, autojump_threshold=0)

    def after_task_step(self, task: object) -> None:
        """Stop the clock while a thread works."""
        from trio.to_thread import current_default_thread_limiter

        self._idle_since_seconds = None
        threshold = math.inf if current_default_thread_limiter().borrowed_tokens else 0.0
        if self._clock.autojump_threshold != threshold:
            self._clock.autojump_threshold = threshold

    def before_io_wait(self, timeout: float) -> None:
        """Crash the run, by a system task that raises, once nothing could happen for the time of our patience."""
        from trio.lowlevel import current_statistics, spawn_system_task

        if self._clock.autojump_threshold or current_statistics().seconds_to_next_deadline < math.inf:
            return
        now_seconds = time.monotonic()
        if self._idle_since_seconds is None:
            self._idle_since_seconds = now_seconds
        elif now_seconds - self._idle_since_seconds > PATIENCE_SECONDS:
            spawn_system_task(_raise, VirtualDeadlock(_trio_tasks()))


async def _raise(error: Exception) -> NoReturn:
    raise error


def _trio_tasks() -> tuple[str, ...]:
    """Name every task but trio's own."""
    from trio.lowlevel import current_root_task

    root = current_root_task()
    found, names = [root] if root else [], list[str]()
    while found:
        task = found.pop()
        found += [child for nursery in task.child_nurseries for child in nursery.child_tasks]
        if not task.name.startswith("<"):
            names.append(task.name)
    return tuple(sorted(names))


def _deadlock_in(error: BaseException) -> VirtualDeadlock | None:
    """Look where trio keeps what crashed a run: in the cause of its internal error, in groups."""
    if isinstance(error, VirtualDeadlock):
        return error
    inner: Iterable[BaseException | None] = (error.__cause__,)
    if isinstance(error, BaseExceptionGroup):
        inner = cast("BaseExceptionGroup[BaseException]", error).exceptions
    return next((found for each in inner if each and (found := _deadlock_in(each))), None)


VIRTUAL_BACKENDS = (virtual_backend("asyncio"), virtual_backend("trio"))
"""For `pytestmark = pytest.mark.parametrize("anyio_backend", VIRTUAL_BACKENDS)`: every async test runs on both."""
