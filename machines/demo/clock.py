"""The server's clock: the loop's, scaled as the clients' drivers scale theirs. It is virtual where the loop's is."""

import anyio


class ServerClock:
    """Seconds of which each takes `scale` seconds of the loop (0.05: twenty times as fast).

    The same scale makes it read the same as a driver's `LoopClock`, so the two sides' times compare.
    """

    def __init__(self, scale: float) -> None:
        """Keep the scale; raises ValueError for one that does not move forward."""
        if not scale > 0:
            raise ValueError(f"a clock's scale must be above 0; {scale} is not")
        self.scale = scale

    def now(self) -> float:
        """Return the loop's time in these seconds; needs a running loop."""
        return anyio.current_time() / self.scale

    async def sleep(self, seconds: float) -> None:
        """Sleep so many of these seconds."""
        await anyio.sleep(seconds * self.scale)
