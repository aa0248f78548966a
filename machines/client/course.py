"""The course of a client's life: whether it has begun, whether it is over, and what wakes those who wait."""

import anyio


class Course:
    """What a client and its documents know of one another's life; `given_up` says why nothing will arrive any more."""

    def __init__(self) -> None:
        """Begin before the beginning."""
        self.entered = False
        self.over = False
        self.given_up = ""
        self._changed = anyio.Event()

    def must_be_entered(self) -> None:
        """Refuse what would be waited for in vain; raises RuntimeError."""
        if not self.entered:
            raise RuntimeError(
                "this Client is not entered, so nothing would happen: `async with Client(...) as client`"
            )

    async def changes(self) -> None:
        """Wait until something has happened."""
        await self._changed.wait()

    def wake(self) -> None:
        """Let who waits look again."""
        changed, self._changed = self._changed, anyio.Event()
        changed.set()
