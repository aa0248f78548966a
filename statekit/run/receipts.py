"""Receipts: the promise of a verdict, and the policy on verdicts that nobody wants."""

from collections.abc import Generator
from enum import StrEnum

import anyio
from anyio.lowlevel import checkpoint

from statekit.errors import Rejected
from statekit.run.errors import Stopped
from statekit.verdicts import Verdict


class Policy(StrEnum):
    """What becomes of an event that was refused, forbidden, unhandled or broken."""

    RAISE = "raise"
    """`await receipt` raises `Rejected`; where nobody waits the driver stops with it (a refusal excepted)."""
    REPORT = "report"
    """`await receipt` returns the verdict; where nobody waits it goes to the logger `statekit`."""


class Receipt:
    """The promise of one event's verdict, kept when its step has committed; made by `Driver.send`.

    Any number of tasks may await it, at any time; cancelling one drops nothing else. Whoever waits, or keeps a receipt
    to wait later, answers for its verdict; an event whose receipt was thrown away, or was waited for by tasks that have
    all been cancelled, is the driver's to look after.
    """

    __slots__ = ("__weakref__", "_awaited", "_error", "_settled", "_verdict", "_waiters")

    def __init__(self) -> None:
        """Begin without a verdict."""
        self._verdict: Verdict | None = None
        self._error: Rejected | Stopped | None = None
        self._settled: anyio.Event | None = None
        self._waiters = 0
        self._awaited = False

    @property
    def heard(self) -> bool:
        """Tell whether somebody waits for the verdict, or may yet begin to; for the driver."""
        # That a receipt is still there says nothing once a wait was cancelled: the traceback of that may hold it.
        return self._waiters > 0 or not self._awaited

    @property
    def verdict_now(self) -> Verdict | None:
        """The verdict, or None until there is one."""
        return self._verdict

    async def verdict(self) -> Verdict:
        """Wait for the verdict.

        Raises `Rejected` if the driver's policy is to raise and the event was refused, forbidden, unhandled or broken,
        and `Stopped` if the driver stopped first.
        """
        if self._verdict is not None or self._error is not None:
            await checkpoint()
        else:
            self._settled = self._settled or anyio.Event()
            self._awaited = True
            self._waiters += 1
            try:
                await self._settled.wait()
            finally:
                self._waiters -= 1
        if self._error is not None:
            raise self._error.with_traceback(None)
        if self._verdict is None:  # pragma: no cover - it is settled with one or the other
            raise AssertionError(self)
        return self._verdict

    def __await__(self) -> Generator[object, None, Verdict]:
        """Wait for the verdict; see `verdict`."""
        return self.verdict().__await__()

    def settle(self, verdict: Verdict | None, error: Rejected | Stopped | None = None) -> None:
        """Keep the promise, or say why it cannot be kept, and wake who waits; for the driver."""
        self._verdict, self._error = verdict, error
        if self._settled is not None:
            self._settled.set()
