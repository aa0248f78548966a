"""What becomes of one operation that an application hands over."""

import anyio

from machines.document import OperationEnded
from statekit import Verdict
from statekit.errors import StatekitError
from statekit.run.receipts import Receipt
from statekit.verdicts import Taken


class NotAccepted(StatekitError):
    """An operation that was not accepted; nothing of it was kept. `verdict` says why."""

    def __init__(self, verdict: Verdict) -> None:
        """Keep the engine's answer."""
        self.verdict = verdict
        super().__init__(f"the operation was not accepted: {verdict}")


class OperationReceipt:
    """What becomes of one operation: first whether it is accepted, then how it ended."""

    def __init__(self, receipt: Receipt) -> None:
        """Begin with nothing known."""
        self._receipt = receipt
        self._outcome: OperationEnded | None = None
        self._ended = anyio.Event()

    async def verdict(self) -> Verdict:
        """Wait until the operation is accepted or not: `Taken` means accepted, anything else says why not."""
        return await self._receipt

    async def outcome(self) -> OperationEnded:
        """Wait until an accepted operation has ended, in one of the ways of `Outcome`; raises `NotAccepted`."""
        verdict = await self._receipt
        if not isinstance(verdict, Taken):
            raise NotAccepted(verdict)
        await self._ended.wait()
        if self._outcome is None:  # pragma: no cover - settle keeps it before it wakes anybody
            raise AssertionError(self)
        return self._outcome

    @property
    def outcome_now(self) -> OperationEnded | None:
        """How it ended, or None while it has not."""
        return self._outcome

    def settle(self, ended: OperationEnded) -> None:
        """Keep the outcome; for the client."""
        self._outcome = ended
        self._ended.set()
